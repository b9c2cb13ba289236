/* SPDX-License-Identifier: ISC */
/* The live stream: connections, their requests, and heartbeats. stream_deliver.c sends the events. */
#include "sitrep/stream/stream.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "stream_internal.h"

enum {
	/* Room for two of the longest lines and the daemon's own short ones. */
	OUTPUT_MAX = 2 * LIMIT_STREAM_LINE + 64 * 1024,
	/* Checks for silent connections in one heartbeat interval. */
	HEARTBEAT_CHECKS = 4,
};

void stream_wake(struct stream *st, int64_t newest_cursor)
{
	if (newest_cursor <= st->newest)
		return;
	st->newest = newest_cursor;
	if (st->subscribers != NULL)
		stream_deliver_soon(st);
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
	struct stream *st = arg;
	int64_t now_ms = clock_mono_ms();

	(void)fd;
	(void)what;
	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next) {
		if (now_ms - s->last_said_ms < st->heartbeat_ms || line_peer_queued(s->peer) > 0 || s->leaving)
			continue;
		stream_say_heartbeat(s);
		line_peer_flush(s->peer);
	}
}

/* ---- requests ---- */

static void subscribe(struct subscriber *s, const json_t *request)
{
	struct stream *st = s->stream;
	struct error err = {0};
	int64_t since, oldest, newest;

	if (subscription_read(request, &s->scope, &since, &err) != 0 ||
		reader_cursors(st->reader, &oldest, &newest, &err) != 0) {
		stream_say_error(s, err.text);
		return;
	}
	/* A cursor beyond the newest event belongs to another database; delivery then begins with the next event. */
	s->cursor = since < 0 || since > newest ? newest : since;
	if (newest > st->newest)
		st->newest = newest;
	stream_say_subscribed(s);
	if (s->cursor + 1 < oldest)
		stream_say_gap(s, oldest - 1);
	s->failures = 0;
	s->skip = s->retry_ms = 0;
	stream_deliver_soon(st);
}

static void on_line(void *arg, struct str line)
{
	struct subscriber *s = arg;
	json_error_t reason;
	json_t *request;
	const char *op;

	if (str_empty(str_trim(line)))
		return;
	request = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, &reason);
	op = json_string_value(json_object_get(request, "op"));
	if (request == NULL)
		stream_say_error(s, "not a JSON object on one line");
	else if (op == NULL)
		stream_say_error(s, "\"op\" is missing, expected \"subscribe\"");
	else if (strcmp(op, "subscribe") == 0)
		subscribe(s, request);
	else
		stream_say_error(s, "unknown \"op\", expected \"subscribe\"");
	json_decref(request);
	line_peer_flush(s->peer);
}

static void on_drained(void *arg)
{
	struct subscriber *s = arg;

	if (s->cursor < s->stream->newest)
		stream_deliver_soon(s->stream);
}

/* ---- connections ---- */

static void unlink_subscriber(struct subscriber *s)
{
	struct subscriber **at = &s->stream->subscribers;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->stream->stats.clients--;
	subscription_free(s->scope);
	free(s);
}

static void on_closed(void *arg)
{
	unlink_subscriber(arg);
}

static const struct line_peer_callbacks callbacks = {.line = on_line, .drained = on_drained, .closed = on_closed};

static void on_accept(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len)
{
	struct stream *st = arg;
	struct subscriber *s;
	struct error err = {0};
	int64_t oldest, newest;

	(void)peer;
	(void)peer_len;
	if (st->stats.clients >= st->max_connections || reader_cursors(st->reader, &oldest, &newest, &err) != 0 ||
		(s = calloc(1, sizeof(*s))) == NULL) {
		(void)evutil_closesocket(fd);
		return;
	}
	s->stream = st;
	s->number = ++st->connections;
	s->cursor = newest;
	if (newest > st->newest)
		st->newest = newest;
	s->scope = subscription_new();
	s->peer = line_peer_new(st->base, fd, OUTPUT_MAX, &callbacks, s);
	if (s->peer == NULL || s->scope == NULL) {
		line_peer_close(s->peer);
		subscription_free(s->scope);
		free(s);
		return;
	}
	s->next = st->subscribers;
	st->subscribers = s;
	st->stats.clients++;
	stream_say_hello(s, oldest);
	line_peer_flush(s->peer);
}

struct stream *stream_new(struct event_base *base, const struct stream_options *options, struct error *err)
{
	struct stream *st = calloc(1, sizeof(*st));
	int64_t check_ms = options->heartbeat_ms / HEARTBEAT_CHECKS;
	struct timeval interval = {.tv_sec = check_ms / 1000, .tv_usec = (suseconds_t)(check_ms % 1000) * 1000};

	if (st == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot open the stream");
		return NULL;
	}
	st->base = base;
	st->heartbeat_ms = options->heartbeat_ms;
	st->max_connections = options->max_connections;
	st->identity = identity_new(err);
	st->words.identity = st->identity;
	st->reader = reader_new(options->state_dir, err);
	st->deliver = evtimer_new(base, stream_on_deliver, st);
	st->silence = event_new(base, -1, EV_PERSIST, on_silence, st);
	if (st->identity == NULL || st->reader == NULL)
		goto failed;
	if (st->deliver == NULL || st->silence == NULL || event_add(st->silence, &interval) != 0) {
		(void)error_set(err, -ENOMEM, "cannot open the stream");
		goto failed;
	}
	return st;

failed:
	stream_free(st);
	return NULL;
}

int stream_listen(struct stream *st, struct listener *l, struct error *err)
{
	st->listener = l;
	return listener_start(l, st->base, on_accept, st, err);
}

void stream_get_stats(const struct stream *st, struct stream_stats *stats)
{
	*stats = st->stats;
}

void stream_free(struct stream *st)
{
	if (st == NULL)
		return;
	if (st->listener != NULL)
		listener_stop(st->listener);
	while (st->subscribers != NULL) {
		struct line_peer *peer = st->subscribers->peer;

		unlink_subscriber(st->subscribers);
		line_peer_close(peer);
	}
	if (st->deliver != NULL)
		event_free(st->deliver);
	if (st->silence != NULL)
		event_free(st->silence);
	reader_free(st->reader);
	event_words_release(&st->words);
	identity_free(st->identity);
	free(st);
}
