/* SPDX-License-Identifier: ISC */
/* stream.h: the live stream of committed events on a Unix socket; see sitrep-stream(7).
 *
 * A subscriber is a cursor into the log in the database.  Each connection holds one bounded output
 * buffer; when it is full, no event is read from the log for it until it drains. So a slow reader costs no more memory
 * than a fast one, and misses no event that retention still keeps. Lines of fresh events are made once for all
 * subscribers that are up to date. A turn of the loop never sends more than the limits below.
 *
 * When the log cannot be read, a subscriber's next try comes later and later. After four tries it gets a gap and
 * continues behind the unreadable events; when no event can be read, it gets an error and its connection ends. */
#ifndef SITREP_STREAM_STREAM_H
#define SITREP_STREAM_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/listener.h"

struct event_base;
struct stream;

struct stream_options {
	const char *state_dir;
	unsigned max_connections;
	int64_t heartbeat_ms;
};

struct stream *stream_new(struct event_base *base, const struct stream_options *options, struct error *err);
int stream_listen(struct stream *s, struct listener *l, struct error *err); /* l is borrowed and must outlive s */
/* Events up to this cursor are committed. */
void stream_wake(struct stream *s, int64_t newest_cursor);

/* The limits of one turn of the loop; the rest follows in the next turn. The bytes may be exceeded by one line, the
 * processor time by one event. */
enum {
	STREAM_TURN_EVENTS = 64,       /* read from the log */
	STREAM_TURN_SUBSCRIBERS = 512, /* served */
	STREAM_TURN_LINES = 4096,
	STREAM_TURN_BYTES = 2 * 1024 * 1024,
	STREAM_TURN_US = 3000, /* of processor time */
};

struct stream_stats {
	size_t clients;
	uint64_t turns, lines;
	uint64_t read_errors;  /* of the log */
	int64_t read_error_ms; /* the last of them, monotonic; 0: none */
	/* The most that one turn took since the start. */
	size_t turn_events_max, turn_subscribers_max, turn_lines_max, turn_bytes_max;
	int64_t turn_us_max;
};
void stream_get_stats(const struct stream *s, struct stream_stats *stats);
void stream_free(struct stream *s);

#endif
