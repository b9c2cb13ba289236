/* SPDX-License-Identifier: ISC */
/* event_lines.h: the lines of the events under way, each made once for all subscribers that take it.  Subscribers with
 * a rule have lines with the terms that it found: one for all whose rules found the same terms.
 *
 * The newest events of a delivery are kept, since thousands of subscribers take several turns of the loop.  The lines
 * show items and stories as they are now: the owner clears them when something was committed. */
#ifndef SITREP_STREAM_EVENT_LINES_H
#define SITREP_STREAM_EVENT_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/store/event_json.h"
#include "sitrep/store/reader.h"

/* Events whose lines are kept, and bytes of lines beyond which all are made anew. */
enum { EVENT_LINES_KEPT = 64, EVENT_LINES_BYTES = 1024 * 1024 };

struct event_lines {
	struct event_lines_slot {
		int64_t cursor;
		struct buf text[2]; /* without and with the item's text */
	} slots[EVENT_LINES_KEPT];
	struct event_lines_matched {
		int64_t cursor;
		bool full;
		struct buf terms; /* each with a newline behind it */
		struct buf text;
	} matched[EVENT_LINES_KEPT];
	size_t bytes;
	uint64_t made; /* since the start, of both */
};

/* The line with its newline, valid until the next call; or the failure of event_write_json(). */
int event_lines_get(
	struct event_lines *l, const struct event_record *e, const struct event_view *view, struct str *line);
/* Puts the line of event_lines_get() with the terms and their places (event_places.h) into line, valid as long; as it
 * is when they do not fit. 0 or -ENOMEM. */
int event_lines_add_terms(
	struct event_lines *l, int64_t cursor, bool full, const struct str *terms, size_t count, struct str *line);
/* Frees all lines. */
void event_lines_clear(struct event_lines *l);

#endif
