/* SPDX-License-Identifier: ISC */
/* packing.h: compresses a document in pieces: gzip always; br and zstd where the build found their libraries.
 *
 *     packing = packing_new(coding, bytes);
 *     while ((result = packing_step(packing)) == 1)
 *             ... another turn of the loop ...
 *     if (result == 0)
 *             packed = packing_take(packing, &len);
 *     packing_free(packing);
 *
 * A step takes about two milliseconds. The compressed form is smaller than the document, or there is none. */
#ifndef SITREP_PUBLISH_PACKING_H
#define SITREP_PUBLISH_PACKING_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/str.h"

/* In the order of preference: zstd at its level makes the smallest form in the shortest time. */
enum packing_coding { PACKING_ZSTD, PACKING_BROTLI, PACKING_GZIP };
enum { PACKING_CODINGS = PACKING_GZIP + 1 };

/* A smaller document fits one packet anyway. */
enum { PACKING_LEAST = 512 };

struct packing;

/* False for a coding whose library the build has not found. */
bool packing_is_known(enum packing_coding c);
const char *packing_name(enum packing_coding c);   /* as in Accept-Encoding: "zstd", "br", "gzip" */
const char *packing_suffix(enum packing_coding c); /* of files: "zst", "br", "gz" */

/* document is borrowed until packing_free().  NULL without memory, or for a coding that is not known. */
struct packing *packing_new(enum packing_coding c, struct str document);
/* 1: there is more to do; 0: done; -ENOSPC: the form is no smaller than the document; or another negative code. */
int packing_step(struct packing *p);
/* The form, malloc'ed, after a step that returned 0. */
char *packing_take(struct packing *p, size_t *len);
void packing_free(struct packing *p); /* NULL is fine */

#endif
