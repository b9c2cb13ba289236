/* SPDX-License-Identifier: ISC */
/* steps.h: a drawing of when each outlet joined a story, one step up for each. */
#ifndef PAGES_STEPS_H
#define PAGES_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"

/* <figure> with the drawing and its axis.  times_ms are in order; those before now_ms - span_ms stand at the left edge.
 * count is at least 1. */
void steps_write(struct buf *out, const int64_t *times_ms, size_t count, int64_t span_ms, int64_t now_ms);

#endif
