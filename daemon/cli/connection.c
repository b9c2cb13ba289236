/* Finding the daemon's sockets and speaking lines with it.  The configuration says where they are; without
 * one that can be read, the places where they usually are. */
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
	/* The health table of 100,000 feeds is one line. */
	LINE_MAX_LEN = 64 * 1024 * 1024,
};

struct connection {
	int fd;
	struct buf in;
	size_t taken; /* of in, by the line given out last */
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

static char *path_from_config(const struct client_options *options, enum connection_kind kind)
{
	char *state_dir = paths_state_dir(NULL);
	char *runtime_dir = state_dir != NULL ? paths_runtime_dir(state_dir) : NULL;
	struct config *c = client_config(options);
	char *stream = NULL, *control;

	if (runtime_dir != NULL)
		stream = paths_stream_socket(c != NULL ? c->stream_path : NULL, runtime_dir);
	if (stream != NULL && kind == CONNECTION_CONTROL) {
		control = paths_control_socket(c != NULL ? c->control_path : NULL, stream);
		free(stream);
		stream = control;
	}
	config_free(c);
	free(runtime_dir);
	free(state_dir);
	return stream;
}

struct connection *connection_open(const struct client_options *options, enum connection_kind kind, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char *path = options->socket_path != NULL ? strdup(options->socket_path) : path_from_config(options, kind);
	struct connection *c = calloc(1, sizeof(*c));

	if (path == NULL || c == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot connect");
		goto failed;
	}
	if (strlen(path) >= sizeof(address.sun_path)) {
		(void)error_set(err, -ENAMETOOLONG, "cannot connect to %s: the path is too long", path);
		goto failed;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	buf_init(&c->in, LINE_MAX_LEN);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)error_sys(err, -errno, "cannot connect to the daemon at %s", path);
		if (c->fd >= 0)
			(void)close(c->fd);
		goto failed;
	}
	free(path);
	return c;

failed:
	free(path);
	free(c);
	return NULL;
}

void connection_close(struct connection *c)
{
	if (c == NULL)
		return;
	(void)close(c->fd);
	buf_release(&c->in);
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
