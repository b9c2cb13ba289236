/* SPDX-License-Identifier: ISC */
/* Finds the daemon's sockets and exchanges lines with it. The configuration names the sockets; where it does not, the
 * usual folders are tried in turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/paths.h"
#include "sitrep/base/utf8.h"
#include "sitrep/config/config.h"

enum {
	READ_CHUNK = 64 * 1024,
	/* The longest answer that the daemon makes (ANSWER_MAX in control.c). */
	LINE_MAX_LEN = 64 * 1024 * 1024,
	SEARCH_TEXT_MAX = 16 * 1024,
};

struct connection {
	int fd;
	char *path;
	struct buf in;
	size_t taken; /* bytes of in that the line given out last takes */
};

struct config *client_config(const struct client_options *options)
{
	struct config_mistakes mistakes;
	char *path = paths_config(options->config_path);
	struct config *c = NULL;

	config_mistakes_init(&mistakes);
	if (path != NULL && access(path, R_OK) == 0)
		c = config_load(path, &mistakes, NULL);
	config_mistakes_release(&mistakes);
	free(path);
	return c;
}

/* Sets *path to the socket in the configuration, or NULL when it names no socket. 0 or -ENOMEM. */
static int configured_socket(const struct config *c, enum connection_kind kind, char **path)
{
	*path = NULL;
	if (c == NULL)
		return 0;
	if (kind == CONNECTION_STREAM && c->stream_path != NULL)
		*path = strdup(c->stream_path);
	else if (kind == CONNECTION_CONTROL && (c->control_path != NULL || c->stream_path != NULL))
		*path = paths_control_socket(c->control_path, c->stream_path);
	else
		return 0;
	return *path != NULL ? 0 : -ENOMEM;
}

/* ---- looking for the daemon ---- */

struct search {
	struct connection *found;
	struct buf looked; /* "PATH (what is wrong there), PATH (...)" */
	int failure;       /* the failure that is reported; a refusal (-EACCES) is preferred to a missing socket */
	size_t places;
};

/* 0 and an open descriptor, or a negative code. */
static int connect_to(const char *path, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int result = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return -errno;
	if (connect(*fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		result = -errno;
		(void)close(*fd);
		*fd = -1;
	}
	return result;
}

static const char *describe_failure(int failure)
{
	switch (failure) {
	case -ENOENT:
	case -ENOTDIR:
		return "no socket";
	case -ECONNREFUSED:
		return "no daemon listens";
	case -EACCES:
	case -EPERM:
		return "no permission";
	default:
		return strerror(-failure);
	}
}

/* Tries one socket unless the daemon is already found. Takes path over; NULL means no memory. 0 or -ENOMEM. */
static int search_at(struct search *s, char *path)
{
	int result = path == NULL ? -ENOMEM : 0;
	int failure, fd = -1;

	if (result != 0 || s->found != NULL)
		goto out;
	failure = connect_to(path, &fd);
	s->places++;
	if (failure != 0) {
		if (s->failure == 0 || s->failure == -ENOENT || failure == -EACCES)
			s->failure = failure;
		result = buf_printf(
			&s->looked, "%s%s (%s)", s->looked.len > 0 ? ", " : "", path, describe_failure(failure));
		goto out;
	}
	s->found = calloc(1, sizeof(*s->found));
	if (s->found == NULL) {
		(void)close(fd);
		result = -ENOMEM;
		goto out;
	}
	s->found->fd = fd;
	s->found->path = path;
	path = NULL;
	buf_init(&s->found->in, LINE_MAX_LEN);
out:
	free(path);
	return result;
}

static int search_places(struct search *s, enum connection_kind kind)
{
	struct paths_places places;
	int result = paths_places_init(&places, true);

	for (size_t i = 0; result == 0 && i < places.count; i++) {
		char *stream = paths_stream_socket(NULL, places.folders[i]);

		if (kind == CONNECTION_CONTROL && stream != NULL) {
			char *control = paths_control_socket(NULL, stream);

			free(stream);
			stream = control;
		}
		result = search_at(s, stream);
	}
	paths_places_release(&places);
	return result;
}

static int search_daemon(struct search *s, const struct client_options *options, enum connection_kind kind)
{
	struct config *c;
	char *configured;
	bool named;
	int result;

	if (options->socket_path != NULL)
		return search_at(s, strdup(options->socket_path));
	c = client_config(options);
	result = configured_socket(c, kind, &configured);
	named = configured != NULL;
	if (named)
		result = search_at(s, configured);
	/* With --config only the daemon of that configuration is meant. */
	if (result == 0 && (!named || options->config_path == NULL))
		result = search_places(s, kind);
	config_free(c);
	return result;
}

static int tell_failure(const struct search *s, const struct client_options *options, struct error *err)
{
	const char *looked = s->looked.data != NULL ? s->looked.data : "";

	if (s->failure == -EACCES || s->failure == -EPERM)
		return error_set(err, s->failure,
			"not permitted to talk to the daemon; become root or join the socket's group; looked at %s",
			looked);
	if (options->socket_path != NULL || s->places == 1)
		return error_set(err, s->failure, "cannot connect to the daemon at %s", looked);
	return error_set(err, s->failure, "no daemon is running; looked at %s", looked);
}

struct connection *connection_open(const struct client_options *options, enum connection_kind kind, struct error *err)
{
	struct search s = {.looked = BUF_INIT(SEARCH_TEXT_MAX)};
	int result = search_daemon(&s, options, kind);

	if (result != 0)
		(void)error_sys(err, result, "cannot connect");
	else if (s.found == NULL)
		(void)tell_failure(&s, options, err);
	buf_release(&s.looked);
	return s.found;
}

const char *connection_path(const struct connection *c)
{
	return c->path;
}

void connection_close(struct connection *c)
{
	if (c == NULL)
		return;
	(void)close(c->fd);
	buf_release(&c->in);
	free(c->path);
	free(c);
}

int connection_send(struct connection *c, const json_t *message, struct error *err)
{
	char *text = json_dumps(message, JSON_COMPACT);
	size_t len = text != NULL ? strlen(text) : 0;
	int result = 0;

	if (text == NULL)
		return error_sys(err, -ENOMEM, "cannot ask the daemon");
	text[len++] = '\n'; /* in place of the NUL */
	for (size_t sent = 0; sent < len && result == 0;) {
		ssize_t n = send(c->fd, text + sent, len - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (errno != EINTR)
			result = error_sys(err, -errno, "cannot ask the daemon");
	}
	free(text);
	return result;
}

bool connection_has_line(const struct connection *c)
{
	return str_find_char(buf_str(&c->in), '\n', c->taken) != STR_NPOS;
}

int connection_receive(struct connection *c, struct str *line, struct error *err)
{
	size_t end, looked = 0;

	buf_consume(&c->in, c->taken);
	c->taken = 0;
	while ((end = str_find_char(buf_str(&c->in), '\n', looked)) == STR_NPOS) {
		ssize_t n;

		looked = c->in.len;
		if (buf_reserve(&c->in, READ_CHUNK) != 0)
			return error_set(err, -EPROTO, "the daemon sent a line that is too long");
		n = read(c->fd, c->in.data + c->in.len, READ_CHUNK);
		if (n == 0)
			return 0;
		if (n < 0)
			return error_sys(err, -errno, "cannot read from the daemon");
		c->in.len += (size_t)n;
		c->in.data[c->in.len] = '\0';
	}
	*line = str_slice(buf_str(&c->in), 0, end);
	c->taken = end + 1;
	return 1;
}

int control_ask(const struct client_options *options, json_t *request, int (*fn)(void *arg, const json_t *answer),
	void *arg, struct error *err)
{
	struct connection *c = connection_open(options, CONNECTION_CONTROL, err);
	int result = c == NULL ? err->code : connection_send(c, request, err);
	struct str line;

	while (result == 0) {
		json_t *answer;
		int got = connection_receive(c, &line, err);

		if (got <= 0) {
			result = got < 0 ? got : error_set(err, -EPIPE, "the daemon ended the conversation");
			break;
		}
		answer = json_loadb(line.data, line.len, 0, NULL);
		if (answer == NULL) {
			result = error_set(err, -EPROTO, "the daemon sent something that is no JSON");
		} else if (json_object_get(answer, "error") != NULL) {
			const char *reason = json_string_value(json_object_get(answer, "error"));

			result = error_set(err, -EINVAL, "%s", reason != NULL ? reason : "the daemon refused");
		} else if (json_object_get(answer, "done") != NULL) {
			json_decref(answer);
			break;
		} else {
			result = fn(arg, answer);
		}
		json_decref(answer);
	}
	connection_close(c);
	return result;
}

void print_value(FILE *out, const json_t *value)
{
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE);

	if (!json_is_string(value))
		return;
	if (utf8_one_line(&line, str_make(json_string_value(value), json_string_length(value))) == 0)
		(void)fwrite(line.data != NULL ? line.data : "", 1, line.len, out);
	buf_release(&line);
}

void print_text(FILE *out, const json_t *object, const char *member)
{
	print_value(out, json_object_get(object, member));
}
