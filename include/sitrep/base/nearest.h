/* SPDX-License-Identifier: ISC */
/* nearest.h: finds the name that a misspelt one was meant to be: "jsn" is near "json". */
#ifndef SITREP_BASE_NEAREST_H
#define SITREP_BASE_NEAREST_H

#include <stddef.h>

#include "sitrep/base/str.h"

/* Call it for each name that exists, first with *best = SIZE_MAX and so_far = NULL, then with the result so far.
 * Returns known, which must be NUL-terminated, when it is nearer to name than *best edits, and sets *best; else
 * so_far.  A name is near when at most one letter in three was edited. */
const char *nearest_name(struct str name, struct str known, size_t *best, const char *so_far);

#endif
