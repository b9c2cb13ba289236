/* The live stream.  The log in the database is the only queue: a subscriber is a cursor into it.  After a
 * commit the new events are read once, their lines made once, and given to everyone who stands right before
 * them; whoever stands further back reads the log by itself in small steps, whenever its output has
 * drained.  So the cost of a slow or late subscriber is its own, and bounded. */
#include "sitrep/stream.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/clock.h"
#include "sitrep/jsonw.h"
#include "sitrep/limits.h"
#include "sitrep/line_peer.h"
#include "sitrep/log.h"
#include "sitrep/reader.h"
#include "sitrep/subscription.h"

enum {
	/* Output waiting for a subscriber past which nothing more is read from the log for it. */
	QUEUED_MAX = LIMIT_STREAM_LINE,
	/* That, the line that passed it, and the daemon's own short lines. */
	OUTPUT_MAX = 2 * LIMIT_STREAM_LINE + 64 * 1024,
	/* Events read in one step, so that one far behind does not own the loop. */
	STEP_EVENTS = 64,
	/* How often silence is looked for, as a part of the heartbeat. */
	HEARTBEAT_CHECKS = 4,
};

struct subscriber {
	struct stream *stream;
	struct line_peer *peer;
	struct subscription *scope;
	uint64_t number;
	int64_t cursor; /* the last event that was passed, wanted or not */
	int64_t last_said_ms;
	struct subscriber *next; /* in stream->subscribers */
};

struct stream {
	struct event_base *base;
	struct reader *reader;
	struct identity *identity;
	struct event *deliver; /* fires once a turn, however often it was asked for */
	struct event *silence;
	int64_t heartbeat_ms;
	size_t max_connections;
	struct listener *listener;
	struct subscriber *subscribers;
	size_t count;
	uint64_t connections; /* ever */
	int64_t newest;
};

/* ---- saying things ---- */

static void say(struct subscriber *s, struct str line)
{
	struct buf *out = line_peer_output(s->peer);

	(void)buf_add(out, line);
	(void)buf_putc(out, '\n');
	s->last_said_ms = clock_mono_ms();
}

static void say_cursor(struct jsonw *w, const char *key, int64_t cursor)
{
	char digits[24];

	jsonw_kv_cstr(w, key, log_number(digits, cursor));
}

static void begin(struct jsonw *w, struct buf *line, const char *event)
{
	*line = BUF_INIT(LIMIT_STREAM_LINE);
	jsonw_init(w, line);
	jsonw_object(w);
	jsonw_kv_cstr(w, "event", event);
}

static void end(struct subscriber *s, struct jsonw *w, struct buf *line)
{
	jsonw_object_end(w);
	if (!buf_failed(line))
		say(s, buf_str(line));
	buf_release(line);
}

static void say_hello(struct subscriber *s, int64_t oldest)
{
	struct jsonw w;
	struct buf line;

	begin(&w, &line, "hello");
	jsonw_kv_int(&w, "protocol", 1);
	jsonw_kv_cstr(&w, "server", "sitrepd/" SITREP_VERSION);
	say_cursor(&w, "cursor", s->cursor);
	say_cursor(&w, "oldest", oldest);
	end(s, &w, &line);
}

static void say_subscribed(struct subscriber *s)
{
	struct jsonw w;
	struct buf line;

	begin(&w, &line, "subscribed");
	say_cursor(&w, "since", s->cursor);
	say_cursor(&w, "id", (int64_t)s->number);
	end(s, &w, &line);
}

static void say_gap(struct subscriber *s, int64_t oldest)
{
	struct jsonw w;
	struct buf line;

	begin(&w, &line, "gap");
	say_cursor(&w, "from", s->cursor);
	say_cursor(&w, "to", oldest - 1);
	end(s, &w, &line);
	s->cursor = oldest - 1;
}

static void say_heartbeat(struct subscriber *s)
{
	struct jsonw w;
	struct buf line;

	begin(&w, &line, "heartbeat");
	say_cursor(&w, "cursor", s->cursor);
	end(s, &w, &line);
}

static void say_error(struct subscriber *s, const char *reason)
{
	struct jsonw w;
	struct buf line;

	begin(&w, &line, "error");
	jsonw_kv_cstr(&w, "reason", reason);
	end(s, &w, &line);
}

/* ---- delivery ---- */

static bool has_room(const struct subscriber *s)
{
	return line_peer_queued(s->peer) < QUEUED_MAX;
}

/* One step through the log for those who stand at from: all of them when only is NULL. */
struct step {
	struct stream *stream;
	struct subscriber *only;
	int64_t from;
};

static void give(struct subscriber *s, const struct event_record *e, struct event_words *words, struct buf *line)
{
	if (e->cursor <= s->cursor)
		return;
	s->cursor = e->cursor;
	if (!subscription_wants(s->scope, e, words))
		return;
	if (line->len == 0 && event_write_json(line, e) != 0)
		return;
	say(s, buf_str(line));
}

/* Has the subscriber kept up with this step: did it stand where the step began, or get all of it since. */
static bool in_step(const struct step *step, const struct subscriber *s)
{
	return step->only != NULL ? s == step->only : s->cursor >= step->from && has_room(s);
}

static int give_event(void *arg, const struct event_record *e)
{
	struct step *step = arg;
	struct event_words words = {.identity = step->stream->identity};
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE);
	int stop = 0;

	for (struct subscriber *s = step->stream->subscribers; s != NULL; s = s->next)
		if (in_step(step, s))
			give(s, e, &words, &line);
	if (step->only != NULL)
		stop = !has_room(step->only);
	else
		step->from = e->cursor;
	event_words_release(&words);
	buf_release(&line);
	return stop;
}

static int walk(struct step *step, int64_t *last)
{
	struct error err = {0};
	int result = reader_events(step->stream->reader, step->from, STEP_EVENTS, last, give_event, step, &err);

	if (result < 0)
		log_emit(LOG_LEVEL_ERROR, "cannot read the event log", "reason", err.text, NULL);
	return result;
}

/* The step for everybody who is up to date but for the newest events. */
static void walk_together(struct stream *st, int64_t from)
{
	struct step step = {.stream = st, .from = from};
	int64_t last = from;

	if (walk(&step, &last) != 0)
		return;
	/* Cursors whose events are gone by now are passed too. */
	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next)
		if (s->cursor >= step.from && s->cursor < last && has_room(s))
			s->cursor = last;
}

static void walk_alone(struct subscriber *s)
{
	struct step step = {.stream = s->stream, .only = s, .from = s->cursor};
	int64_t last = s->cursor;

	if (walk(&step, &last) == 0 && s->cursor < last)
		s->cursor = last;
}

static bool is_behind(const struct subscriber *s)
{
	return s->cursor < s->stream->newest && has_room(s);
}

/* Where most stand: the highest cursor of those who are behind. */
static int64_t front(const struct stream *st, size_t *standing)
{
	int64_t cursor = -1;

	*standing = 0;
	for (const struct subscriber *s = st->subscribers; s != NULL; s = s->next) {
		if (!is_behind(s))
			continue;
		if (s->cursor > cursor)
			*standing = 0;
		if (s->cursor >= cursor) {
			cursor = s->cursor;
			(*standing)++;
		}
	}
	return cursor;
}

static void check_gap(struct stream *st, struct subscriber *s)
{
	int64_t oldest, newest;
	struct error err = {0};

	if (reader_cursors(st->reader, &oldest, &newest, &err) == 0 && s->cursor + 1 < oldest)
		say_gap(s, oldest);
}

static void on_deliver(evutil_socket_t fd, short what, void *arg)
{
	struct stream *st = arg;
	size_t standing;
	int64_t from = front(st, &standing);
	bool again = false;

	(void)fd;
	(void)what;
	if (standing > 0)
		walk_together(st, from);
	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next) {
		if (is_behind(s) && s->cursor < from) {
			check_gap(st, s);
			walk_alone(s);
		}
	}
	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next) {
		again = again || is_behind(s);
		line_peer_flush(s->peer);
	}
	if (again)
		event_active(st->deliver, EV_TIMEOUT, 0);
}

void stream_wake(struct stream *st, int64_t newest_cursor)
{
	if (newest_cursor <= st->newest)
		return;
	st->newest = newest_cursor;
	if (st->subscribers != NULL)
		event_active(st->deliver, EV_TIMEOUT, 0);
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
	struct stream *st = arg;
	int64_t now_ms = clock_mono_ms();

	(void)fd;
	(void)what;
	for (struct subscriber *s = st->subscribers; s != NULL; s = s->next) {
		if (now_ms - s->last_said_ms < st->heartbeat_ms || line_peer_queued(s->peer) > 0)
			continue;
		say_heartbeat(s);
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
		say_error(s, err.text);
		return;
	}
	/* A cursor from the future belongs to another database; there is nothing after it here. */
	s->cursor = since < 0 || since > newest ? newest : since;
	if (newest > st->newest)
		st->newest = newest;
	say_subscribed(s);
	if (s->cursor + 1 < oldest)
		say_gap(s, oldest);
	event_active(st->deliver, EV_TIMEOUT, 0);
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
		say_error(s, "not a JSON object on one line");
	else if (op == NULL)
		say_error(s, "\"op\" is missing, expected \"subscribe\"");
	else if (strcmp(op, "subscribe") == 0)
		subscribe(s, request);
	else
		say_error(s, "unknown \"op\", expected \"subscribe\"");
	json_decref(request);
	line_peer_flush(s->peer);
}

static void on_drained(void *arg)
{
	struct subscriber *s = arg;

	if (is_behind(s))
		event_active(s->stream->deliver, EV_TIMEOUT, 0);
}

/* ---- connections ---- */

static void unlink_subscriber(struct subscriber *s)
{
	struct subscriber **at = &s->stream->subscribers;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->stream->count--;
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
	if (st->count >= st->max_connections || reader_cursors(st->reader, &oldest, &newest, &err) != 0 ||
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
	st->count++;
	say_hello(s, oldest);
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
	st->reader = reader_new(options->state_dir, err);
	st->deliver = event_new(base, -1, 0, on_deliver, st);
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

size_t stream_clients(const struct stream *st)
{
	return st->count;
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
	identity_free(st->identity);
	free(st);
}
