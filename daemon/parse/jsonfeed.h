/* SPDX-License-Identifier: ISC */
/* jsonfeed.h: JSON Feed (jsonfeed.org, versions 1 and 1.1) to a document. */
#ifndef SITREP_PARSE_JSONFEED_H
#define SITREP_PARSE_JSONFEED_H

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* Fills d, which is initialised here; its text lives in a.  text is UTF-8; base resolves relative
 * addresses.  A fault in the JSON costs the value that it is in, or at the end of a text that was cut the last item;
 * d->wellformed and d->truncated tell.  -EBADMSG with a sentence when text is no JSON or no feed, -ENOMEM. */
int jsonfeed_read(struct str text, struct str base, struct arena *a, struct document *d, struct error *err);

#endif
