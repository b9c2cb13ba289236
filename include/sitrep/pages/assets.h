/* SPDX-License-Identifier: ISC */
/* assets.h: the sheet, the script and the icon of all pages.
 *
 * They are files beside daemon/pages/assets.c, which the build puts into the program.  A digest of the bytes stands in
 * the address, so a browser may keep them for as long as it likes. */
#ifndef SITREP_PAGES_ASSETS_H
#define SITREP_PAGES_ASSETS_H

#include <stdbool.h>

#include "sitrep/base/str.h"

enum asset { ASSET_STYLE, ASSET_SCRIPT, ASSET_ICON };
enum { ASSET_COUNT = ASSET_ICON + 1 };

/* "style.5f0c….css", relative to the river's address. */
const char *asset_path(enum asset asset);
struct str asset_bytes(enum asset asset);
const char *asset_content_type(enum asset asset); /* a literal */
/* True and *asset: the path, with its slash, is that of an asset. */
bool asset_find(struct str path, enum asset *asset);

#endif
