/* SPDX-License-Identifier: ISC */
/* compression.h: compresses a document in pieces: gzip always; br and zstd where the build found their libraries.
 *
 *     compression = compression_new(coding, bytes);
 *     while ((result = compression_step(compression)) == 1)
 *             ... another turn of the loop ...
 *     if (result == 0)
 *             packed = compression_take(compression, &len);
 *     compression_free(compression);
 *
 * A step takes about two milliseconds. The compressed form is smaller than the document, or there is none. */
#ifndef SITREP_PUBLISH_COMPRESSION_H
#define SITREP_PUBLISH_COMPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/str.h"

/* In the order of preference: zstd at its level makes the smallest form in the shortest time. */
enum compression_coding { COMPRESSION_ZSTD, COMPRESSION_BROTLI, COMPRESSION_GZIP };
enum { COMPRESSION_CODINGS = COMPRESSION_GZIP + 1 };

/* A smaller document fits one packet anyway. */
enum { COMPRESSION_LEAST = 512 };

struct compression;

/* False for a coding whose library the build has not found. */
bool compression_is_known(enum compression_coding c);
const char *compression_name(enum compression_coding c);   /* as in Accept-Encoding: "zstd", "br", "gzip" */
const char *compression_suffix(enum compression_coding c); /* of files: "zst", "br", "gz" */

/* document is borrowed until compression_free().  NULL without memory, or for a coding that is not known. */
struct compression *compression_new(enum compression_coding c, struct str document);
/* 1: there is more to do; 0: done; -ENOSPC: the form is no smaller than the document; or another negative code. */
int compression_step(struct compression *p);
/* The form, malloc'ed, after a step that returned 0. */
char *compression_take(struct compression *p, size_t *len);
void compression_free(struct compression *p); /* NULL is fine */

#endif
