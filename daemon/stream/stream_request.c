/* SPDX-License-Identifier: ISC */
/* Requests of the stream's clients; see sitrep-stream(7). */
#include <jansson.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "stream_internal.h"

static bool is_of_another_instance(const struct stream *st, const struct since *since)
{
	return since->instance != NULL && st->instance[0] != '\0' && strcmp(since->instance, st->instance) != 0;
}

static bool is_foreign(const struct stream *st, const struct since *since, int64_t newest)
{
	return since->kind == SINCE_CURSOR && (since->value > newest || is_of_another_instance(st, since));
}

/* The cursor after which the events begin. */
static int find_start(struct stream *st, const struct since *since, int64_t oldest, int64_t newest, int64_t *cursor,
	struct error *err)
{
	switch (since->kind) {
	case SINCE_CURSOR:
		*cursor = is_foreign(st, since, newest) ? newest : since->value;
		return 0;
	case SINCE_OLDEST:
		*cursor = oldest - 1;
		return 0;
	case SINCE_TIME:
		return reader_cursor_before(st->reader, since->value, cursor, err);
	case SINCE_NOW:
		break;
	}
	*cursor = newest;
	return 0;
}

static void subscribe(struct subscriber *s, const json_t *request, bool is_poll)
{
	struct stream *st = s->stream;
	struct error err = {0};
	struct since since = {0};
	int64_t cursor, oldest, newest;
	struct subscription *filter = subscription_read(request, &since, &err);
	struct shared_filter *shared = filter != NULL ? shared_filter_join(&st->filters, filter, &err) : NULL;

	if (is_poll && since.kind == SINCE_NOW)
		since.kind = SINCE_OLDEST;
	if (shared == NULL || subscription_check(shared->filter, st->reader, &err) != 0 ||
		reader_cursors(st->reader, &oldest, &newest, &err) != 0 ||
		find_start(st, &since, oldest, newest, &cursor, &err) != 0) {
		shared_filter_leave(&st->filters, shared);
		/* A client whose first request is wrong gets no events that it did not ask for. */
		s->mute = s->mute || clock_mono_ms() < s->settle_ms;
		stream_say_error(s, err.text);
		return;
	}
	shared_filter_leave(&st->filters, s->shared);
	s->shared = shared;
	s->cursor = cursor;
	stream_note_newest(st, newest);
	if (is_foreign(st, &since, newest))
		stream_say_reset(s, since.value, !is_of_another_instance(st, &since), oldest, newest);
	stream_say_subscribed(s);
	if (cursor + 1 < oldest)
		stream_say_gap(s, oldest - 1);
	s->settle_ms = 0;
	s->mute = false;
	s->polls = is_poll;
	s->until = newest;
	s->failures = 0;
	s->skip = s->retry_ms = 0;
	stream_deliver_soon(st);
}

static void carry_out(struct subscriber *s, const char *op, const json_t *request)
{
	if (strcmp(op, "subscribe") == 0 || strcmp(op, "poll") == 0) {
		subscribe(s, request, strcmp(op, "poll") == 0);
	} else if (strcmp(op, "unsubscribe") == 0) {
		s->mute = true;
		s->polls = false;
		stream_say_place(s, EVENT_UNSUBSCRIBED);
	} else if (strcmp(op, "ping") == 0) {
		stream_say_place(s, EVENT_PONG);
	} else {
		stream_say_error(s, "unknown \"op\", expected subscribe, unsubscribe, poll or ping");
	}
}

void stream_on_request(struct subscriber *s, struct str line)
{
	json_error_t reason;
	json_t *request;
	const char *op;

	if (str_empty(str_trim(line)) || s->leaving)
		return;
	request = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, &reason);
	op = json_string_value(json_object_get(request, "op"));
	if (request == NULL)
		stream_say_error(s, "not a JSON object on one line");
	else if (op == NULL)
		stream_say_error(s, "\"op\" is missing, expected subscribe, unsubscribe, poll or ping");
	else
		carry_out(s, op, request);
	json_decref(request);
	line_peer_flush(s->peer);
}
