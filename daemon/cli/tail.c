/* SPDX-License-Identifier: ISC */
/* sitrep tail: the stream, for people and for pipes.
 *
 * With --state the cursor is kept in a file, and the next run continues there. It is written after its event was
 * written to standard output: after a crash an event may come twice, but none is lost. When the daemon goes away, tail
 * waits for it and continues at its cursor. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/buf.h"

enum { RECONNECT_FIRST_S = 1, RECONNECT_LONGEST_S = 60 };

struct tail {
	struct client_options options;
	char *socket_path; /* of the daemon that answered first; NULL until then */
	bool json;
	const char *state_path;
	char cursor[CURSOR_TEXT_MAX]; /* "" until the first event */
	bool cursor_fresh;            /* not written to the state file yet */
	json_t *request;
};

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
	(void)number;
	ending = 1;
}

static void catch_signals(void)
{
	/* Without SA_RESTART, so that a signal ends a waiting read. */
	struct sigaction action = {.sa_handler = on_signal};

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

/* ---- following ---- */

/* Writes the cursor to the --state file if it has changed. */
static int save_state(struct tail *t, struct error *err)
{
	int result = t->state_path != NULL && t->cursor_fresh ? cursor_file_save(t->state_path, t->cursor, err) : 0;

	t->cursor_fresh = t->cursor_fresh && result != 0;
	return result;
}

static void note_cursor(struct tail *t, const json_t *event, const char *member)
{
	const char *cursor = json_string_value(json_object_get(event, member));
	char next[CURSOR_TEXT_MAX];

	if (cursor == NULL || cursor_read(str_from(cursor), next) != 0 || next[0] == '\0' ||
		strcmp(next, t->cursor) == 0)
		return;
	memcpy(t->cursor, next, sizeof(next));
	t->cursor_fresh = true;
}

static int take_line(struct tail *t, struct str line, struct error *err)
{
	json_t *event = json_loadb(line.data, line.len, 0, NULL);
	const char *kind = json_string_value(json_object_get(event, "event"));
	int result = 0;

	if (kind == NULL) {
		result = error_set(err, -EPROTO, "the daemon sent something that is no event");
	} else if (strcmp(kind, "error") == 0) {
		const char *reason = json_string_value(json_object_get(event, "reason"));

		result = error_set(err, -EINVAL, "%s", reason != NULL ? reason : "the daemon refused");
	} else if (strcmp(kind, "hello") != 0) {
		if (t->json && strcmp(kind, "subscribed") != 0 && strcmp(kind, "heartbeat") != 0) {
			(void)fwrite(line.data, 1, line.len, stdout);
			(void)putchar('\n');
		} else if (!t->json) {
			event_print(event, kind);
		}
		note_cursor(t, event, strcmp(kind, "subscribed") == 0 ? "since" : "cursor");
	}
	json_decref(event);
	return result;
}

/* Prints events until the connection ends, then returns 0. */
static int follow(struct tail *t, struct connection *c, struct error *err)
{
	struct str line;

	if (t->cursor[0] != '\0' && json_object_set_new(t->request, "since", json_string(t->cursor)) != 0)
		return error_sys(err, -ENOMEM, "cannot subscribe");
	if (connection_send(c, t->request, err) != 0)
		return 0;
	while (!ending && connection_receive(c, &line, err) > 0) {
		int result = take_line(t, line, err);

		if (result != 0)
			return result;
		if (connection_has_line(c))
			continue;
		if (fflush(stdout) != 0)
			return error_sys(err, -errno, "cannot write");
		result = save_state(t, err);
		if (result != 0)
			return result;
	}
	return 0;
}

/* A cursor belongs to one daemon, so later connections go to the same socket. */
static int stay_with(struct tail *t, const struct connection *c, struct error *err)
{
	if (t->socket_path != NULL)
		return 0;
	t->socket_path = strdup(connection_path(c));
	t->options.socket_path = t->socket_path;
	return t->socket_path != NULL ? 0 : error_sys(err, -ENOMEM, "cannot follow");
}

static int tail_forever(struct tail *t, struct error *err)
{
	unsigned wait_s = RECONNECT_FIRST_S;
	bool connected_once = false;

	while (!ending) {
		struct connection *c = connection_open(&t->options, CONNECTION_STREAM, err);
		int result;

		if (c == NULL && !connected_once)
			return err->code;
		if (c != NULL) {
			connected_once = true;
			result = stay_with(t, c, err);
			wait_s = RECONNECT_FIRST_S;
			if (result == 0)
				result = follow(t, c, err);
			connection_close(c);
			if (result != 0)
				return result;
		}
		if (!ending)
			(void)sleep(wait_s);
		wait_s = wait_s * 2 > RECONNECT_LONGEST_S ? RECONNECT_LONGEST_S : wait_s * 2;
	}
	if (fflush(stdout) != 0)
		return error_sys(err, -errno, "cannot write");
	return save_state(t, err);
}

static int add_name(json_t *request, const char *member, const char *name)
{
	json_t *list = json_object_get(request, member);

	if (list == NULL) {
		list = json_array();
		if (json_object_set_new(request, member, list) != 0)
			return -ENOMEM;
	}
	return json_array_append_new(list, json_string(name));
}

enum tail_option { TAIL_JSON, TAIL_SINCE, TAIL_STATE, TAIL_EVENT, TAIL_MATCH, TAIL_CATEGORY, TAIL_FEED, TAIL_OPTIONS };

static const struct argument_option options_of_tail[TAIL_OPTIONS + 1] = {
	[TAIL_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "lines as they come from the daemon, see sitrep-stream(7)"},
	[TAIL_SINCE] = {"since", '\0', "CURSOR", ARGUMENT_TEXT,
		"begin after this cursor; 0: with the oldest event kept"},
	[TAIL_STATE] = {"state", '\0', "FILE", ARGUMENT_FILE, "keep the cursor in FILE and go on there next time"},
	[TAIL_EVENT] = {"event", 'e', "NAME", ARGUMENT_EVENT, "only this event; may be given again"},
	[TAIL_MATCH] = {"match", 'm', "RULE", ARGUMENT_TEXT, "only items that the rule matches"},
	[TAIL_CATEGORY] = {"category", '\0', "NAME", ARGUMENT_TEXT, "only this category; may be given again"},
	[TAIL_FEED] = {"feed", 'f', "NAME", ARGUMENT_FEED, "only this feed; may be given again"},
};

/* 0 or -ENOMEM. */
static int take_option(struct tail *t, enum tail_option option)
{
	switch (option) {
	case TAIL_JSON:
		t->json = true;
		return 0;
	case TAIL_SINCE:
		return json_object_set_new(t->request, "since", json_string(optarg)) == 0 ? 0 : -ENOMEM;
	case TAIL_STATE:
		t->state_path = optarg;
		return 0;
	case TAIL_EVENT:
		return add_name(t->request, "events", optarg) == 0 ? 0 : -ENOMEM;
	case TAIL_MATCH:
		return json_object_set_new(t->request, "match", json_string(optarg)) == 0 ? 0 : -ENOMEM;
	case TAIL_CATEGORY:
		return add_name(t->request, "categories", optarg) == 0 ? 0 : -ENOMEM;
	case TAIL_FEED:
		return add_name(t->request, "feeds", optarg) == 0 ? 0 : -ENOMEM;
	case TAIL_OPTIONS:
		break;
	}
	return 0;
}

static int run(const struct client_options *options, int argc, char **argv)
{
	struct tail t = {.options = *options, .request = json_object()};
	struct error err = {0};
	int result = json_object_set_new(t.request, "op", json_string("subscribe"));
	int option, status = -1;

	while (result == 0 && (option = command_next(&command_tail, argc, argv, &status)) >= 0)
		result = take_option(&t, (enum tail_option)option);
	if (result != 0)
		(void)error_sys(&err, -ENOMEM, "cannot subscribe");
	if (result == 0 && status < 0) {
		catch_signals();
		if (t.state_path != NULL)
			result = cursor_file_load(t.state_path, t.cursor, &err);
		if (result == 0)
			result = tail_forever(&t, &err);
	}
	json_decref(t.request);
	free(t.socket_path);
	if (result != 0)
		return command_fail(&command_tail, err.text);
	return status >= 0 ? status : EXIT_DONE;
}

const struct command command_tail = {
	.name = "tail",
	.options = options_of_tail,
	.arguments = "",
	.kind = ARGUMENT_NONE,
	.least = 0,
	.most = 0,
	.summary = "Follow new items, copies, updates and alerts",
	.help = "",
	.run = run,
};
