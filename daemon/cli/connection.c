/* SPDX-License-Identifier: ISC */
/* Finds the daemon's sockets and talks to it, by libsitrep. The configuration names the sockets; where it does not, the
 * library's usual places are tried in turn. */
#include <errno.h>
#include <poll.h>
#include <sitrep.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/paths.h"
#include "sitrep/config/config.h"

/* After this time a person is told that the daemon has not answered yet. */
enum { WAIT_TOLD_AFTER_MS = 5000 };

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

/* -1: no end. */
static int patience_ms(const struct client_options *options)
{
	return options->patience_s > 0 ? (int)options->patience_s * 1000 : -1;
}

static int connect_by_config(struct sitrep *s, const struct client_options *options, enum connection_kind kind)
{
	int (*connect)(struct sitrep *, const char *) = kind == CONNECTION_STREAM ? sitrep_connect : sitrep_control;
	struct config *c = NULL;
	char *configured = NULL;
	int result = 0;

	if (options->patience_s > 0)
		sitrep_patience(s, patience_ms(options));
	if (options->socket_path == NULL) {
		c = client_config(options);
		result = configured_socket(c, kind, &configured);
	}
	if (result != 0)
		goto out;
	if (options->socket_path != NULL) {
		result = connect(s, options->socket_path);
	} else if (configured != NULL && options->config_path != NULL) {
		/* With --config only the daemon of that configuration is meant. */
		result = connect(s, configured);
	} else {
		result = sitrep_prefer(s, configured);
		if (result == 0)
			result = connect(s, NULL);
	}
out:
	config_free(c);
	free(configured);
	return result;
}

struct sitrep *connection_open(const struct client_options *options, enum connection_kind kind, struct error *err)
{
	struct sitrep *s = sitrep_new();
	int result = s == NULL ? -ENOMEM : connect_by_config(s, options, kind);

	if (result == 0)
		return s;
	if (s == NULL || sitrep_error(s)[0] == '\0')
		error_sys(err, -ENOMEM, "cannot connect");
	else
		error_set(err, result, "%s", sitrep_error(s));
	sitrep_free(s);
	return NULL;
}

/* Calls fn for each answer line up to the last. */
static int read_answers(
	struct sitrep *s, int timeout_ms, int (*fn)(void *arg, const json_t *answer), void *arg, struct error *err)
{
	const char *text;
	size_t length;
	int got;

	while ((got = sitrep_answer(s, timeout_ms, &text, &length)) > 0) {
		json_t *answer = json_loadb(text, length, 0, NULL);
		int result;

		if (answer == NULL)
			return error_set(err, -EPROTO, "the daemon sent a line that is not JSON");
		result = fn(arg, answer);
		json_decref(answer);
		if (result < 0)
			error_sys(err, result, "cannot show the answer");
		if (result != 0)
			return result;
	}
	return got == 0 ? 0 : error_set(err, got, "%s", sitrep_error(s));
}

/* A socket unit accepts connections even for a service that does not start, so the answer may never come. */
static void report_wait(const struct sitrep *s)
{
	struct pollfd answer = {.fd = sitrep_fd(s), .events = POLLIN};

	if (isatty(STDERR_FILENO) && poll(&answer, 1, WAIT_TOLD_AFTER_MS) == 0)
		fputs("sitrep: waiting for the daemon; \"systemctl status sitrepd\" tells whether it runs\n", stderr);
}

int control_ask(const struct client_options *options, json_t *request, int (*fn)(void *arg, const json_t *answer),
	void *arg, struct error *err)
{
	struct sitrep *s = connection_open(options, CONNECTION_CONTROL, err);
	char *text = json_dumps(request, JSON_COMPACT);
	int result = s == NULL ? err->code : 0;

	if (result == 0 && text == NULL)
		result = error_sys(err, -ENOMEM, "cannot ask the daemon");
	if (result == 0) {
		result = sitrep_ask(s, text);
		if (result != 0)
			error_set(err, result, "%s", sitrep_error(s));
	}
	if (result == 0)
		report_wait(s);
	if (result == 0)
		result = read_answers(s, patience_ms(options), fn, arg, err);
	sitrep_free(s);
	free(text);
	return result;
}
