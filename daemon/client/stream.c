/* SPDX-License-Identifier: ISC */
/* The stream: greeting, subscription, events, and the place in the event log. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "handle.h"
#include "member.h"
#include "request.h"

enum { REQUEST_MAX = 256 * 1024 };

/* Receives the next line as lines_receive() does, and puts its kind into s->kind. */
static int receive(struct sitrep *s, int64_t deadline, struct str *line)
{
	int result = lines_receive(&s->lines, deadline, line, &s->error);

	if (result <= 0)
		return result;
	handle_read(*line, "event", s->kind, sizeof(s->kind));
	if (s->kind[0] == '\0' || !member_is_object(*line))
		return error_set(&s->error, -EPROTO, "the daemon sent a line that is not an event");
	return 1;
}

/* Receives a line that must come: 0, or a negative code, -ETIMEDOUT among them. */
static int await(struct sitrep *s, int64_t deadline, struct str *line)
{
	int result = receive(s, deadline, line);

	if (result == 0)
		return error_set(&s->error, -ETIMEDOUT, "the daemon does not answer");
	return result < 0 ? result : 0;
}

int sitrep_connect(struct sitrep *s, const char *path)
{
	struct str line = STR_NONE;
	int result;

	if (s == NULL)
		return -ENOMEM;
	result = handle_open(s, false, path);
	if (result == 0)
		result = await(s, lines_deadline(s->patience_ms), &line);
	if (result == -ETIMEDOUT)
		error_set(&s->error, result, "the daemon does not answer; is %s its stream socket?", s->path);
	if (result == 0 && strcmp(s->kind, "error") == 0)
		result = handle_refused(s, line, "reason");
	if (result == 0 && strcmp(s->kind, "hello") != 0)
		result = error_set(
			&s->error, -EPROTO, "%s is not the stream of sitrepd: it does not say hello", s->path);
	if (result == 0)
		handle_read(line, "instance", s->instance, sizeof(s->instance));
	else
		sitrep_close(s);
	return result;
}

/* ---- the place ---- */

static bool is_cursor(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

static void note_place(struct sitrep *s, const char *cursor)
{
	if (cursor[0] == '\0' || !is_cursor(cursor))
		return;
	memcpy(s->cursor, cursor, strlen(cursor) + 1);
	memcpy(s->cursor_instance, s->instance, sizeof(s->instance));
}

int sitrep_resume(struct sitrep *s, const char *cursor, const char *instance)
{
	struct str place = str_from(cursor), of = str_from(instance);

	if (s == NULL)
		return -ENOMEM;
	if (place.len >= CURSOR_MAX || of.len >= INSTANCE_MAX || (place.len > 0 && !is_cursor(cursor)))
		return error_set(&s->error, -EINVAL, "the place to continue from is not a cursor and its instance");
	memset(s->cursor, 0, sizeof(s->cursor));
	memset(s->cursor_instance, 0, sizeof(s->cursor_instance));
	if (place.len > 0)
		memcpy(s->cursor, place.data, place.len);
	if (place.len > 0 && of.len > 0)
		memcpy(s->cursor_instance, of.data, of.len);
	return 0;
}

const char *sitrep_cursor(const struct sitrep *s)
{
	return s != NULL ? s->cursor : "";
}

const char *sitrep_instance(const struct sitrep *s)
{
	return s != NULL ? s->cursor_instance : "";
}

/* ---- subscribing ---- */

const char *sitrep_subscribed(const struct sitrep *s)
{
	return s != NULL && s->subscribed.len > 0 ? s->subscribed.data : NULL;
}

static int keep_answer(struct sitrep *s, struct str line)
{
	char since[CURSOR_MAX];

	buf_clear(&s->subscribed);
	if (buf_add(&s->subscribed, line) != 0)
		return error_sys(&s->error, s->subscribed.failed, "cannot subscribe");
	handle_read(line, "since", since, sizeof(since));
	note_place(s, since);
	return 0;
}

/* Events before the answer belong to no subscription of this handle, or come again after it. */
static int await_answer(struct sitrep *s)
{
	int64_t deadline = lines_deadline(s->patience_ms);
	bool is_reset = false;

	for (;;) {
		struct str line = STR_NONE;
		int result = await(s, deadline, &line);

		if (result != 0)
			return result;
		if (strcmp(s->kind, "error") == 0)
			return handle_refused(s, line, "reason");
		if (strcmp(s->kind, "reset") == 0) {
			is_reset = true;
			sitrep_resume(s, NULL, NULL);
		}
		if (strcmp(s->kind, "subscribed") == 0) {
			result = keep_answer(s, line);
			return result != 0 ? result : is_reset ? SITREP_RESET : 0;
		}
	}
}

int sitrep_subscribe_json(struct sitrep *s, const char *filter)
{
	struct buf request = BUF_INIT(REQUEST_MAX);
	int result;

	if (s == NULL)
		return -ENOMEM;
	s->event = (struct sitrep_event){.json = NULL};
	result = request_subscribe(&request, str_from(filter), s->cursor, s->cursor_instance);
	if (result == -EINVAL)
		error_set(&s->error, result, "the filter is not one line with a JSON object");
	else if (result != 0)
		error_sys(&s->error, result, "cannot subscribe");
	if (result == 0)
		result = sitrep_ask(s, request.data);
	if (result == 0)
		result = await_answer(s);
	buf_release(&request);
	return result;
}

int sitrep_subscribe(struct sitrep *s, const struct sitrep_filter *filter)
{
	struct sitrep_filter wanted = {.size = sizeof(wanted)};
	struct buf text = BUF_INIT(REQUEST_MAX);
	int result;

	if (s == NULL)
		return -ENOMEM;
	if (filter != NULL && filter->size == 0)
		return error_set(&s->error, -EINVAL, "the member size of the filter is not set");
	/* A program of an older version has a shorter filter, one of a newer version members that are not known here.
	 */
	if (filter != NULL)
		memcpy(&wanted, filter, filter->size < sizeof(wanted) ? filter->size : sizeof(wanted));
	result = request_filter(&text, &wanted);
	if (result != 0)
		error_sys(&s->error, result, "cannot subscribe");
	else
		result = sitrep_subscribe_json(s, text.data);
	buf_release(&text);
	return result;
}

/* ---- events ---- */

int sitrep_next(struct sitrep *s, int timeout_ms, const struct sitrep_event **event)
{
	struct str line = STR_NONE;
	int result;

	if (s == NULL)
		return -ENOMEM;
	s->event = (struct sitrep_event){.json = NULL};
	arena_clear(&s->texts);
	result = receive(s, lines_deadline(timeout_ms), &line);
	if (result <= 0)
		return result;
	if (strcmp(s->kind, "error") == 0)
		return handle_refused(s, line, "reason");
	handle_read(line, "cursor", s->event_cursor, sizeof(s->event_cursor));
	note_place(s, s->event_cursor);
	s->event = (struct sitrep_event){
		.kind = s->kind, .cursor = s->event_cursor, .json = line.data, .length = line.len};
	*event = &s->event;
	return 1;
}

const char *sitrep_member(struct sitrep *s, const char *path)
{
	struct buf text = BUF_INIT(STREAM_LINE_MAX);
	const char *kept = NULL;

	if (s == NULL || s->event.json == NULL)
		return NULL;
	if (member_as_text(member_find(str_make(s->event.json, s->event.length), path), &text) == 0)
		kept = arena_cstr(&s->texts, buf_str(&text));
	buf_release(&text);
	return kept;
}
