/* SPDX-License-Identifier: ISC */
/* The live stream: connections and heartbeats.  stream_request.c handles requests, stream_deliver.c sends the events.
 */
#include "sitrep/stream/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer_access.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/base/turn.h"
#include "stream_internal.h"

enum {
	/* Room for two of the longest lines and the daemon's own short ones. */
	OUTPUT_MAX = 2 * LIMIT_STREAM_LINE + 64 * 1024,
	/* Checks for silent connections in one heartbeat interval. */
	HEARTBEAT_CHECKS = 4,
	/* After an hour without news all connections are silent at the same time. */
	HEARTBEATS_A_TURN = 512,
	/* A client that says nothing for this long after connecting gets all events. */
	SETTLE_MS = 200,
	REFUSED_LOG_MS = 60 * 1000,
};

void stream_wake(struct stream *st, int64_t newest_cursor)
{
	if (newest_cursor <= st->newest)
		return;
	stream_note_newest(st, newest_cursor);
	if (st->subscribers != NULL)
		stream_deliver_soon(st);
}

static void on_silence(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct stream *st = arg;
	int64_t now_ms = clock_mono_ms(), wait_ms = st->heartbeat_ms / HEARTBEAT_CHECKS;
	struct timeval wait;
	int said = 0;

	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next) {
		if (now_ms - s->last_said_ms < st->heartbeat_ms || line_peer_queued(s->peer) > 0 ||
			line_peer_is_waiting(s->peer) || s->polls || s->leaving)
			continue;
		if (said == HEARTBEATS_A_TURN) {
			wait_ms = 0;
			break;
		}
		said++;
		stream_say_place(s, EVENT_HEARTBEAT);
		line_peer_flush(s->peer);
	}
	wait = clock_timeval(wait_ms);
	event_add(st->silence, &wait);
	turn_yield(st->base);
}

static void on_line(void *arg, struct str line)
{
	stream_on_request(arg, line);
}

static void on_stalled(void *arg)
{
	stream_on_stalled(arg);
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
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	s->stream->stats.clients--;
	shared_filter_leave(&s->stream->filters, s->shared);
	free(s);
}

static void on_closed(void *arg)
{
	unlink_subscriber(arg);
}

static const struct line_peer_callbacks callbacks = {
	.line = on_line, .drained = on_drained, .stalled = on_stalled, .closed = on_closed, .may_stop_sending = true};

/* The refusal is told to the client, and logged once a minute. */
static void refuse(struct subscriber *s, const struct ucred *who)
{
	struct stream *st = s->stream;
	int64_t now_ms = clock_mono_ms();

	if (st->refused_logged_ms == 0 || now_ms - st->refused_logged_ms >= REFUSED_LOG_MS) {
		st->refused_logged_ms = now_ms;
		log_emit(LOG_LEVEL_NOTICE, "stream: a client is refused by allow-uid and allow-gid", "uid",
			who != NULL ? LOG_NUM(who->uid) : "unknown", "pid", who != NULL ? LOG_NUM(who->pid) : "unknown",
			NULL);
	}
	s->leaving = true;
	stream_say_error(s, "this user may not subscribe: see allow-uid and allow-gid in [stream] of sitrepd.conf");
	line_peer_finish(s->peer);
}

/* As refuse(), without keeping anything for the client. */
static void refuse_for_room(struct stream *st, int fd)
{
	char line[256];
	int64_t now_ms = clock_mono_ms();
	int len = snprintf(line, sizeof(line),
		"{\"event\":\"error\",\"reason\":\"no room: %u clients are the most, see connections in [stream] of "
		"sitrepd.conf\"}\n",
		st->max_connections);

	if (st->full_logged_ms == 0 || now_ms - st->full_logged_ms >= REFUSED_LOG_MS) {
		st->full_logged_ms = now_ms;
		log_emit(LOG_LEVEL_WARNING, "stream: no room for another client, see connections in [stream]",
			"clients", LOG_NUM(st->stats.clients), NULL);
	}
	send(fd, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
	evutil_closesocket(fd);
}

/* The filter that passes all events. */
static struct shared_filter *join_everything(struct stream *st)
{
	struct subscription *filter = subscription_new();
	struct error err;

	return filter != NULL ? shared_filter_join(&st->filters, filter, &err) : NULL;
}

static void on_accept(void *arg, int fd, const struct sockaddr *peer UNUSED, socklen_t peer_len UNUSED)
{
	struct stream *st = arg;
	struct subscriber *s;
	struct error err = {0};
	struct ucred user, *who = line_peer_user(fd, &user) ? &user : NULL;
	bool is_allowed = peer_access_allows(st->access, fd, who);
	int64_t oldest, newest;

	if (st->stats.clients >= st->max_connections) {
		refuse_for_room(st, fd);
		return;
	}
	if (reader_cursors(st->reader, &oldest, &newest, &err) != 0 || (s = calloc(1, sizeof(*s))) == NULL) {
		evutil_closesocket(fd);
		return;
	}
	s->stream = st;
	s->number = ++st->connections;
	s->cursor = newest;
	stream_note_newest(st, newest);
	s->settle_ms = s->retry_ms = clock_mono_ms() + SETTLE_MS;
	s->shared = join_everything(st);
	s->peer = line_peer_new(st->base, fd, OUTPUT_MAX, &callbacks, s);
	if (s->peer == NULL || s->shared == NULL) {
		line_peer_close(s->peer);
		shared_filter_leave(&st->filters, s->shared);
		free(s);
		return;
	}
	line_peer_limit_kernel(s->peer);
	s->next = st->subscribers;
	s->link = &st->subscribers;
	if (s->next != NULL)
		s->next->link = &s->next;
	st->subscribers = s;
	st->stats.clients++;
	if (!is_allowed) {
		refuse(s, who);
		return;
	}
	if (who != NULL)
		log_emit(LOG_LEVEL_INFO, "stream: a client is connected", "id", LOG_NUM(s->number), "uid",
			LOG_NUM(who->uid), "pid", LOG_NUM(who->pid), NULL);
	stream_say_hello(s, oldest);
	line_peer_flush(s->peer);
}

struct stream *stream_new(struct event_base *base, const struct stream_options *options, struct error *err)
{
	struct stream *st = calloc(1, sizeof(*st));
	int64_t check_ms = options->heartbeat_ms / HEARTBEAT_CHECKS;
	struct timeval interval = clock_timeval(check_ms);

	if (st == NULL)
		return error_sys_null(err, -ENOMEM, "cannot open the stream");
	st->base = base;
	st->heartbeat_ms = options->heartbeat_ms;
	st->max_connections = options->max_connections;
	st->identity = identity_new(err);
	st->reader = reader_new(options->state_dir, err);
	st->access = peer_access_new(options, err);
	st->deliver = evtimer_new(base, stream_on_deliver, st);
	st->silence = evtimer_new(base, on_silence, st);
	if (st->identity == NULL || st->reader == NULL || st->access == NULL ||
		reader_instance(st->reader, st->instance, err) != 0)
		goto failed;
	if (shared_filters_init(&st->filters, st->identity) != 0 || st->deliver == NULL || st->silence == NULL ||
		event_add(st->silence, &interval) != 0) {
		error_set(err, -ENOMEM, "cannot open the stream");
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

void stream_set_base_url(struct stream *st, const char *base_url)
{
	st->base_url = base_url;
	event_lines_clear(&st->lines);
}

void stream_get_stats(const struct stream *st, struct stream_stats *stats)
{
	*stats = st->stats;
	stats->judgments = st->filters.judgments;
	stats->scans = st->filters.rules.scans;
	stats->lines_made = st->lines.made;
	stats->queued_bytes = 0;
	for (const struct subscriber *s = st->subscribers; s != NULL; s = s->next)
		stats->queued_bytes += line_peer_queued(s->peer);
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
	event_lines_clear(&st->lines);
	shared_filters_release(&st->filters);
	identity_free(st->identity);
	peer_access_free(st->access);
	free(st->members);
	free(st);
}
