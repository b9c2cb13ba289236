/* SPDX-License-Identifier: ISC */
/* Shared by the stream's files only. */
#ifndef SITREP_STREAM_STREAM_INTERNAL_H
#define SITREP_STREAM_STREAM_INTERNAL_H

#include <event2/event.h>
#include <stdbool.h>

#include "event_lines.h"
#include "line_peer.h"
#include "shared_filter.h"
#include "sitrep/store/reader.h"
#include "sitrep/stream/stream.h"

struct subscriber {
	struct stream *stream;
	struct line_peer *peer;
	struct shared_filter *shared;
	uint64_t number;
	int64_t cursor; /* its cursor: the last event that was sent or did not match */
	int64_t last_said_ms;
	uint64_t served;   /* the turn in which it last went on, or tried to */
	uint64_t heard;    /* the number of the turn, from 1, that last had output for it; 0: none */
	unsigned failures; /* failed tries in a row to read past its cursor */
	int64_t skip;      /* number of events that the next try skips */
	int64_t retry_ms;  /* monotonic; the time of the next try */
	int64_t until;     /* with polls: the connection ends when its cursor is there */
	bool polls;
	int64_t settle_ms;               /* monotonic; it gets all events if it has not subscribed until then */
	bool mute;                       /* it gets no events until it subscribes */
	bool leaving;                    /* its last line was sent */
	struct subscriber *next, **link; /* in stream->subscribers */
};

struct stream {
	struct event_base *base;
	struct reader *reader;
	struct identity *identity;
	struct peer_access *access;
	int64_t refused_logged_ms, full_logged_ms; /* monotonic; 0: never */
	const char *base_url;                      /* borrowed; NULL: there are no pages */
	struct event *deliver;                     /* a timer: the next turn of delivery */
	struct event *silence;
	int64_t heartbeat_ms;
	unsigned max_connections;
	struct listener *listener;
	struct subscriber *subscribers;
	struct subscriber **members; /* room for those of one step */
	size_t members_max;
	char instance[INSTANCE_TEXT_MAX];
	uint64_t connections; /* since the start */
	int64_t newest;
	int64_t newest_before; /* the commit before the last one: who has come that far lacks the last news alone */
	struct shared_filters filters;
	struct event_lines lines;
	int64_t error_logged_ms;
	struct stream_stats stats;
};

/* stream_deliver.c: events up to this cursor are committed, and lines and verdicts of an earlier state are void. */
void stream_note_newest(struct stream *st, int64_t newest);

/* stream_message.c: one line each, sent with the next line_peer_flush(). */
void stream_say_hello(struct subscriber *s, int64_t oldest);
void stream_say_subscribed(struct subscriber *s);
/* is_beyond: the cursor is beyond the newest event; else it is of another instance. */
void stream_say_reset(struct subscriber *s, int64_t since, bool is_beyond, int64_t oldest, int64_t newest);
/* Events up to that cursor are passed over. */
void stream_say_gap(struct subscriber *s, int64_t to);
/* The event has no member but the cursor: heartbeat, pong, unsubscribed. */
void stream_say_place(struct subscriber *s, enum event_kind kind);
void stream_say_error(struct subscriber *s, const char *reason);

/* stream_request.c: a line from the subscriber. */
void stream_on_request(struct subscriber *s, struct str line);

/* stream_stalled.c */
void stream_on_stalled(struct subscriber *s);

/* stream_deliver.c */
void stream_on_deliver(evutil_socket_t fd, short what, void *arg);
/* Delivers in the next turn of the loop. */
void stream_deliver_soon(struct stream *st);

#endif
