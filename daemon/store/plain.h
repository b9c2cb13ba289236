/* plain.h: one line of plain text out of a sanitised text. */
#ifndef SITREP_STORE_PLAIN_H
#define SITREP_STORE_PLAIN_H

#include "sitrep/buf.h"
#include "sitrep/document.h"

/* Appends t as one line without markup.  0 or the buffer's failure. */
int plain_text(struct buf *out, const struct text *t);

#endif
