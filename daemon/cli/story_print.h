/* SPDX-License-Identifier: ISC */
/* story_print.h: stories of the daemon's database on the screen, and as JSON. */
#ifndef SITREP_CLI_STORY_PRINT_H
#define SITREP_CLI_STORY_PRINT_H

#include "sitrep/base/buf.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/store/reader.h"

/* "2026-11-23 11:52  3 outlets  Title", then the first outlet, the id and the link. */
void story_print_row(const struct story *s);
/* The same as members of an open object: story, time, title, sources, reports, source, feed, link. */
void story_write_members(struct jsonw *w, const struct story *s);
/* Prints the line and empties out. 0 or -ENOMEM. */
int story_print_line(struct buf *out);

#endif
