/* SPDX-License-Identifier: ISC */
/* The last events, for sitrep tail -n.  The daemon is asked for the events of the last hour, then of longer times,
 * until enough of them pass the filter.  The subscription then begins before the first of the N last. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tail.h"

struct last {
	long long *ring; /* cursors; count may be greater than max: the oldest ones are overwritten */
	size_t max, count;
	struct cursor_place end;
};

static bool is_logged(const struct sitrep_event *event)
{
	return strcmp(event->kind, "subscribed") != 0 && strcmp(event->kind, "heartbeat") != 0 &&
	       strcmp(event->kind, "gap") != 0;
}

/* Reads the events that answer a poll, up to the end of the connection. */
static int read_all(struct sitrep *s, struct last *l, struct error *err)
{
	const struct sitrep_event *event;
	int got;

	while ((got = sitrep_next(s, -1, &event)) != -EPIPE) {
		if (got < 0)
			return error_set(err, got, "%s", sitrep_error(s));
		if (is_logged(event) && l->max > 0)
			str_to_int(str_from(event->cursor), &l->ring[l->count++ % l->max]);
	}
	return cursor_place_set(&l->end, sitrep_cursor(s), sitrep_instance(s));
}

static int poll_since(const struct tail *t, const char *path, const char *since, struct last *l, struct error *err)
{
	struct sitrep *s = sitrep_new();
	json_t *request = json_copy(t->request);
	char *text = NULL;
	int result = sitrep_connect(s, path);

	if (result == 0 && json_object_set_new(request, "op", json_string("poll")) == 0 &&
		json_object_set_new(request, "since", json_string(since)) == 0)
		text = json_dumps(request, JSON_COMPACT);
	if (result == 0)
		result = text != NULL ? sitrep_ask(s, text) : -ENOMEM;
	if (result != 0)
		error_set(err, result, "%s", sitrep_error(s));
	else
		result = read_all(s, l, err);
	free(text);
	json_decref(request);
	sitrep_free(s);
	return result;
}

/* Sets the handle's place before the first of the events. */
static int resume_before(struct sitrep *s, const struct last *l)
{
	long long first = l->ring[l->count > l->max ? l->count % l->max : 0];
	char before[CURSOR_TEXT_MAX];

	snprintf(before, sizeof(before), "%lld", first > 0 ? first - 1 : 0);
	return sitrep_resume(s, l->count > 0 ? before : l->end.cursor, l->end.instance);
}

int tail_last(struct tail *t, struct sitrep *s, struct error *err)
{
	static const char *const spans[] = {"1h", "8h", "3d", "oldest"};
	struct last l = {.max = (size_t)t->last};
	int result = 0;

	l.ring = calloc(l.max + 1, sizeof(*l.ring));
	if (l.ring == NULL)
		return error_sys(err, -ENOMEM, "cannot show the last events");
	for (size_t i = 0; result == 0 && i < sizeof(spans) / sizeof(spans[0]); i++) {
		l.count = 0;
		result = poll_since(t, sitrep_path(s), spans[i], &l, err);
		if (l.count >= l.max)
			break;
	}
	if (result == 0)
		result = resume_before(s, &l);
	free(l.ring);
	return result;
}
