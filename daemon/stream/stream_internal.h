/* SPDX-License-Identifier: ISC */
/* Shared by stream.c, stream_message.c and stream_deliver.c only. */
#ifndef SITREP_STREAM_STREAM_INTERNAL_H
#define SITREP_STREAM_STREAM_INTERNAL_H

#include <event2/event.h>
#include <stdbool.h>

#include "line_peer.h"
#include "sitrep/store/reader.h"
#include "sitrep/stream/stream.h"
#include "subscription.h"

struct subscriber {
	struct stream *stream;
	struct line_peer *peer;
	struct subscription *scope;
	uint64_t number;
	int64_t cursor; /* its cursor: the last event that was sent or did not match */
	int64_t last_said_ms;
	uint64_t served;         /* the turn that last gave it something, or tried to */
	unsigned failures;       /* failed tries in a row to read past its cursor */
	int64_t skip;            /* number of events that the next try skips */
	int64_t retry_ms;        /* monotonic; the time of the next try */
	bool leaving;            /* its last line was sent */
	struct subscriber *next; /* in stream->subscribers */
};

struct stream {
	struct event_base *base;
	struct reader *reader;
	struct identity *identity;
	struct event *deliver; /* a timer: the next turn of delivery */
	struct event *silence;
	int64_t heartbeat_ms;
	size_t max_connections;
	struct listener *listener;
	struct subscriber *subscribers;
	uint64_t connections; /* since the start */
	int64_t newest;
	/* The words of one event's text, kept over turns, since an event with many subscribers takes several. */
	struct event_words words;
	int64_t words_cursor;
	int64_t error_logged_ms;
	struct stream_stats stats;
};

/* stream_message.c: one line each, sent with the next line_peer_flush(). */
void stream_say(struct subscriber *s, struct str line);
void stream_say_hello(struct subscriber *s, int64_t oldest);
void stream_say_subscribed(struct subscriber *s);
/* Events up to that cursor are passed over. */
void stream_say_gap(struct subscriber *s, int64_t to);
void stream_say_heartbeat(struct subscriber *s);
void stream_say_error(struct subscriber *s, const char *reason);

/* stream_deliver.c */
void stream_on_deliver(evutil_socket_t fd, short what, void *arg);
/* Delivers in the next turn of the loop. */
void stream_deliver_soon(struct stream *st);

#endif
