/* SPDX-License-Identifier: ISC */
/* event_json.h: the lines of the stream (sitrep-stream(7)): their kinds, and an event of the log (reader.h) as one line
 * of JSON.
 *
 * The names of a line's members stand in event_member.h. */
#ifndef SITREP_STORE_EVENT_JSON_H
#define SITREP_STORE_EVENT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/store/reader.h"

const char *event_kind_name(enum event_kind k); /* "new", "copy" ... */
/* The kind of that name; 0 when it is no event of the log. */
enum event_kind event_kind_parse(struct str name);
/* True for an event about no item: its line consists of its detail. */
bool event_kind_is_bare(enum event_kind k);
/* True for an event about no single feed. */
bool event_kind_is_general(enum event_kind k);
/* The name of each line and a sentence for the manual page; false after the last one. */
bool event_kind_at(size_t i, const char **name, const char **help);

/* What a line has beside the event itself. */
struct event_view {
	const char *base_url; /* a story's page is at this and "/story/ID"; NULL: there are no pages */
	bool full;            /* with the item's text and HTML */
};

/* Appends the event's line as in the protocol, without the newline; lists and texts that would make it longer than
 * LIMIT_STREAM_LINE are cut.  0 or the buffer's failure. */
int event_write_json(struct buf *out, const struct event_record *e, const struct event_view *view);

#endif
