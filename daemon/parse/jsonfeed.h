/* SPDX-License-Identifier: ISC */
/* jsonfeed.h: JSON Feed (jsonfeed.org, versions 1 and 1.1) to a document. */
#ifndef SITREP_PARSE_JSONFEED_H
#define SITREP_PARSE_JSONFEED_H

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* Initialises and fills d; its text lives in a.  text is UTF-8; relative addresses are resolved against base.  A
 * mistake in the JSON loses only the value that it is in and clears d->wellformed; a text that was cut loses its last
 * item and sets d->truncated.  0, -EBADMSG with a sentence when text is not JSON or not a feed, or -ENOMEM. */
int jsonfeed_read(struct str text, struct str base, struct arena *a, struct document *d, struct error *err);

#endif
