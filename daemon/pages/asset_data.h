/* SPDX-License-Identifier: ISC */
/* asset_data.h: the bytes of style.css, sitrepd.js and icon.svg; the build makes their source (scripts/embed). */
#ifndef PAGES_ASSET_DATA_H
#define PAGES_ASSET_DATA_H

#include <stddef.h>

extern const unsigned char asset_style[], asset_script[], asset_icon[];
extern const size_t asset_style_len, asset_script_len, asset_icon_len;

#endif
