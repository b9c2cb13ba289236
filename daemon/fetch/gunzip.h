/* SPDX-License-Identifier: ISC */
/* gunzip.h: unpacks a gzip stream piece by piece.
 *
 * Output goes to a function in pieces of a few KiB.  The function may end the work, so that its limit holds against a
 * decompression bomb.  Several members make one text (RFC 1952, 2.2); bytes after the last member are ignored. */
#ifndef SITREP_FETCH_GUNZIP_H
#define SITREP_FETCH_GUNZIP_H

#include <stdbool.h>

#include "sitrep/base/str.h"

struct gunzip;

/* Whether the bytes begin a gzip stream; at least GUNZIP_MAGIC_LEN of them decide. */
enum { GUNZIP_MAGIC_LEN = 3 };
bool gunzip_is_magic(struct str bytes);

/* Takes a piece of the text.  0, or a negative code that ends the work. */
typedef int gunzip_sink_fn(void *arg, struct str piece);

struct gunzip *gunzip_new(void); /* NULL without memory */
void gunzip_free(struct gunzip *g);
/* 0; -EBADMSG when the stream is damaged; -ENOMEM; or the sink's code. */
int gunzip_write(struct gunzip *g, struct str packed, gunzip_sink_fn *sink, void *arg);

#endif
