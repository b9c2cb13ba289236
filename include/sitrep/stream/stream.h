/* SPDX-License-Identifier: ISC */
/* stream.h: the live stream of committed events on a Unix socket; see sitrep-stream(7).
 *
 * A subscriber is a cursor into the log in the database.  Each connection holds one bounded output buffer; when it is
 * full, no event is read from the log for it until it drains; events that wait in it go back to the log. So a
 * subscriber that never reads costs its cursor alone, and misses no event that retention still keeps. Subscribers that
 * ask for the same share one filter, which judges an event once, and all that take an event share its line. A turn of
 * the loop never sends more than the limits below.
 *
 * When the log cannot be read, a subscriber's next try comes later and later. After four tries it gets a gap and
 * continues behind the unreadable events; when no event can be read, it gets an error and its connection ends. */
#ifndef SITREP_STREAM_STREAM_H
#define SITREP_STREAM_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/histogram.h"
#include "sitrep/base/listener.h"

struct event_base;
struct stream;

struct stream_options {
	const char *state_dir;
	unsigned max_connections;
	int64_t heartbeat_ms;
	/* Names or numbers of the users and groups that may subscribe; both empty: all that can open the socket. */
	const char *const *allow_users, *const *allow_groups;
	size_t allow_user_count, allow_group_count;
};

struct stream *stream_new(struct event_base *base, const struct stream_options *options, struct error *err);
int stream_listen(struct stream *s, struct listener *l, struct error *err); /* l is borrowed and must outlive s */
/* Where pages are served, without a slash at the end, for the events' links to them; NULL: nowhere. It is borrowed
 * until the next call. */
void stream_set_base_url(struct stream *s, const char *base_url);
/* Events up to this cursor are committed. */
void stream_wake(struct stream *s, int64_t newest_cursor);

/* The limits of one turn of the loop; the rest follows in the next turn. The bytes may be exceeded by one line, the
 * processor time by one event. */
enum {
	STREAM_TURN_EVENTS = 64,       /* read from the log */
	STREAM_TURN_SUBSCRIBERS = 512, /* sent to */
	STREAM_TURN_LINES = 4096,
	STREAM_TURN_BYTES = 2 * 1024 * 1024,
	STREAM_TURN_US = 3000, /* of processor time */
};

struct stream_stats {
	size_t clients;
	size_t queued_bytes; /* output that the kernel has not taken, of all clients */
	uint64_t turns, lines;
	uint64_t events; /* read from the log: once for all subscribers that are near one another */
	/* Events that a filter looked at: once for all subscribers with the same filter. Lines that were made: once for
	 * all that take them. Both again after a commit, which may have changed the items. */
	uint64_t judgments, lines_made;
	uint64_t scans;        /* of an event's words, each by many of the filters' rules */
	struct histogram lags; /* from an event to its line for an up-to-date subscriber; of work */
	uint64_t read_errors;  /* of the log */
	int64_t read_error_ms; /* the last of them, monotonic; 0: none */
	/* The most that one turn took since the start. */
	size_t turn_events_max, turn_subscribers_max, turn_lines_max, turn_bytes_max;
	int64_t turn_us_max;
};
void stream_get_stats(const struct stream *s, struct stream_stats *stats);
void stream_free(struct stream *s);

#endif
