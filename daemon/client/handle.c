/* SPDX-License-Identifier: ISC */
/* A handle, and its connection. */
#include "handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_socket.h"
#include "member.h"

enum { TEXTS_MAX = 8 * STREAM_LINE_MAX };

struct sitrep *sitrep_new(void)
{
	struct sitrep *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->lines = LINES_CLOSED;
	s->patience_ms = PATIENCE_MS;
	buf_init(&s->subscribed, STREAM_LINE_MAX);
	arena_init(&s->texts, TEXTS_MAX);
	return s;
}

void sitrep_close(struct sitrep *s)
{
	if (s == NULL)
		return;
	lines_release(&s->lines);
	s->event = (struct sitrep_event){.json = NULL};
	s->instance[0] = '\0';
}

void sitrep_free(struct sitrep *s)
{
	if (s == NULL)
		return;
	sitrep_close(s);
	buf_release(&s->subscribed);
	arena_release(&s->texts);
	free(s->path);
	free(s->preferred);
	free(s);
}

const char *sitrep_error(const struct sitrep *s)
{
	return s != NULL ? s->error.text : "out of memory";
}

const char *sitrep_path(const struct sitrep *s)
{
	return s != NULL ? s->path : NULL;
}

int sitrep_fd(const struct sitrep *s)
{
	return s != NULL ? s->lines.fd : -1;
}

int sitrep_prefer(struct sitrep *s, const char *path)
{
	char *copy = path != NULL ? strdup(path) : NULL;

	if (s == NULL || (path != NULL && copy == NULL)) {
		free(copy);
		return s != NULL ? error_sys(&s->error, -ENOMEM, "cannot connect") : -ENOMEM;
	}
	free(s->preferred);
	s->preferred = copy;
	return 0;
}

void sitrep_patience(struct sitrep *s, int timeout_ms)
{
	if (s != NULL)
		s->patience_ms = timeout_ms;
}

int handle_open(struct sitrep *s, bool control, const char *path)
{
	const char *last = control == s->is_control ? s->path : NULL;
	const struct daemon_socket_wanted wanted = {.control = control,
		.path = path != NULL ? path : last,
		.preferred = s->preferred,
		.patience_ms = s->patience_ms};
	char *found = NULL;
	int fd = -1, result;

	sitrep_close(s);
	result = daemon_socket_connect(&wanted, &fd, &found, &s->error);
	if (result != 0)
		return result;
	free(s->path);
	s->path = found;
	s->is_control = control;
	lines_init(&s->lines, fd, control ? CONTROL_LINE_MAX : STREAM_LINE_MAX);
	return 0;
}

void handle_read(struct str line, const char *member, char *text, size_t size)
{
	struct buf value = BUF_INIT(size - 1);

	text[0] = '\0';
	if (member_as_text(member_find(line, member), &value) == 0 && value.len > 0)
		memcpy(text, value.data, value.len + 1);
	buf_release(&value);
}

int handle_refused(struct sitrep *s, struct str line, const char *member)
{
	struct buf sentence = BUF_INIT(STREAM_LINE_MAX);
	struct str value = member_find(line, member);

	if (str_starts(value, STR("\"")))
		member_as_text(value, &sentence);
	error_set(&s->error, -EINVAL, "%s", sentence.len > 0 ? sentence.data : "the daemon refused");
	buf_release(&sentence);
	return -EINVAL;
}

/* ---- the control socket ---- */

int sitrep_control(struct sitrep *s, const char *path)
{
	return s != NULL ? handle_open(s, true, path) : -ENOMEM;
}

int sitrep_ask(struct sitrep *s, const char *request)
{
	if (s == NULL)
		return -ENOMEM;
	if (s->lines.fd < 0)
		return error_set(&s->error, -ENOTCONN, "there is no connection to the daemon");
	return lines_send(&s->lines, str_from(request), lines_deadline(s->patience_ms), &s->error);
}

int sitrep_answer(struct sitrep *s, int timeout_ms, const char **json, size_t *length)
{
	struct str line = STR_NONE;
	int result;

	if (s == NULL)
		return -ENOMEM;
	result = lines_receive(&s->lines, lines_deadline(timeout_ms), &line, &s->error);
	if (result == 0)
		return error_set(&s->error, -ETIMEDOUT, "the daemon does not answer");
	if (result < 0)
		return result;
	if (!member_is_object(line))
		return error_set(&s->error, -EPROTO, "the daemon sent a line that is not JSON");
	if (member_find(line, "event").data != NULL)
		return error_set(&s->error, -EPROTO, "%s is the stream of sitrepd, not its control socket", s->path);
	if (member_find(line, "error").data != NULL)
		return handle_refused(s, line, "error");
	if (member_find(line, "done").data != NULL)
		return 0;
	*json = line.data;
	*length = line.len;
	return 1;
}
