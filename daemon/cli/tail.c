/* SPDX-License-Identifier: ISC */
/* sitrep tail: the stream, for people, for pipes, and for other programs.
 *
 * With --state the place in the stream is kept in a file, and the next run continues there.  The place is saved after
 * its event was printed or delivered: after a crash an event may come twice, but none is lost. */
#include "tail.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "courier_webhook.h"
#include "sitrep/store/event_json.h"

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

enum tail_option {
	TAIL_JSON,
	TAIL_FORMAT,
	TAIL_LAST,
	TAIL_SINCE,
	TAIL_STATE,
	TAIL_EVENT,
	TAIL_MUTED,
	TAIL_MATCH,
	TAIL_CATEGORY,
	TAIL_FEED,
	TAIL_EXEC,
	TAIL_WEBHOOK,
	TAIL_JOBS,
	TAIL_SECRET,
	TAIL_HEADERS,
	TAIL_OPTIONS
};

static const struct argument_option options_of_tail[TAIL_OPTIONS + 1] = {
	[TAIL_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "lines as they come from the daemon, see sitrep-stream(7)"},
	[TAIL_FORMAT] = {"format", '\0', "FORM", ARGUMENT_TEXT,
		"json, alertmanager, ntfy, or a template: '{source}: {title} {url}'"},
	[TAIL_LAST] = {"last", 'n', "N", ARGUMENT_TEXT, "begin with the last N events"},
	[TAIL_SINCE] = {"since", '\0', "PLACE", ARGUMENT_TEXT,
		"begin after this cursor, at a time (2026-11-23T10:52:35Z), so long ago (1h), or with all that is kept "
		"(oldest)"},
	[TAIL_STATE] = {"state", '\0', "FILE", ARGUMENT_FILE, "keep the cursor in FILE and continue there next time"},
	[TAIL_EVENT] = {"event", 'e', "NAME", ARGUMENT_EVENT, "only this event; may be given again"},
	[TAIL_MUTED] = {"muted", '\0', NULL, ARGUMENT_NONE, "also alerts that are muted or held back, see silence"},
	[TAIL_MATCH] = {"match", 'm', "RULE", ARGUMENT_TEXT, "only items that the rule matches"},
	[TAIL_CATEGORY] = {"category", '\0', "NAME", ARGUMENT_TEXT, "only this category; may be given again"},
	[TAIL_FEED] = {"feed", 'f', "NAME", ARGUMENT_FEED, "only this feed; may be given again"},
	[TAIL_EXEC] = {"exec", '\0', "COMMAND", ARGUMENT_TEXT,
		"run COMMAND for each event, with the event on its standard input, until it succeeds"},
	[TAIL_WEBHOOK] = {"webhook", '\0', "URL", ARGUMENT_TEXT, "post each event to URL, until it succeeds"},
	[TAIL_JOBS] = {"jobs", '\0', "N", ARGUMENT_TEXT, "deliver N events at once, those of one story in order"},
	[TAIL_SECRET] = {"secret-file", '\0', "FILE", ARGUMENT_FILE, "sign posts with the secret in FILE"},
	[TAIL_HEADERS] = {"header-file", '\0', "FILE", ARGUMENT_FILE, "add the lines \"Name: value\" of FILE to posts"},
};

static bool read_number(const char *text, long long least, long long most, long long *number)
{
	return str_to_int(str_from(text), number) && *number >= least && *number <= most;
}

/* Shows the place of a mistake in text from the command line. */
static void show_place(const char *text, const struct error *err)
{
	if (text != NULL)
		command_show_place(str_from(text), str_from(err->text));
}

/* -1, or the exit status. */
static int read_format(struct tail *t, const char *text)
{
	struct error err = {0};

	if (event_format_read(&t->format, text, &err) == 0)
		return -1;
	command_wrong(&command_tail, "--format: %s", err.text);
	show_place(text, &err);
	return EXIT_USAGE;
}

/* The event muted is sent only to subscriptions that name it; a subscription that names one event must name all. */
static int add_muted(struct tail *t)
{
	int result = 0;

	if (json_object_get(t->request, "events") != NULL)
		return add_name(t->request, "events", event_kind_name(EVENT_MUTED));
	for (int kind = EVENT_NEW; kind < EVENT_LOGGED_END && result == 0; kind++)
		result = add_name(t->request, "events", event_kind_name((enum event_kind)kind));
	return result;
}

/* Adds an option to the request, or sets a member of t.  0 or -ENOMEM. */
static int read_option(struct tail *t, enum tail_option option, int *status)
{
	long long number;

	switch (option) {
	case TAIL_JSON:
		t->format = (struct event_format){.form = FORM_JSON};
		return 0;
	case TAIL_FORMAT:
		*status = read_format(t, optarg);
		return 0;
	case TAIL_LAST:
		if (!read_number(optarg, 0, TAIL_LAST_MAX, &t->last))
			*status = command_wrong(&command_tail, "-n: expected 0 to %d", TAIL_LAST_MAX);
		return 0;
	case TAIL_SINCE:
		return json_object_set_new(t->request, "since", json_string(optarg)) == 0 ? 0 : -ENOMEM;
	case TAIL_STATE:
		t->state_path = optarg;
		if (optarg[0] == '\0')
			*status = command_wrong(&command_tail, "--state: expected a file");
		return 0;
	case TAIL_EVENT:
		return add_name(t->request, "events", optarg) == 0 ? 0 : -ENOMEM;
	case TAIL_MUTED:
		t->muted = true;
		return 0;
	case TAIL_MATCH:
		t->match = optarg;
		return json_object_set_new(t->request, "match", json_string(optarg)) == 0 ? 0 : -ENOMEM;
	case TAIL_CATEGORY:
		return add_name(t->request, "categories", optarg) == 0 ? 0 : -ENOMEM;
	case TAIL_FEED:
		return add_name(t->request, "feeds", optarg) == 0 ? 0 : -ENOMEM;
	case TAIL_EXEC:
		t->courier.command = optarg;
		return 0;
	case TAIL_WEBHOOK:
		t->courier.url = optarg;
		return 0;
	case TAIL_JOBS:
		if (read_number(optarg, 1, COURIER_AT_ONCE_MAX, &number))
			t->courier.at_once = (size_t)number;
		else
			*status = command_wrong(&command_tail, "--jobs: expected 1 to %d", COURIER_AT_ONCE_MAX);
		return 0;
	case TAIL_SECRET:
		t->courier.secret_file = optarg;
		return 0;
	case TAIL_HEADERS:
		t->courier.header_file = optarg;
		return 0;
	case TAIL_OPTIONS:
		break;
	}
	return 0;
}

/* Options that need or exclude each other: -1, or the exit status. */
static int check_options(const struct tail *t)
{
	const struct courier_options *c = &t->courier;

	if (c->command != NULL && c->url != NULL)
		return command_wrong(&command_tail, "--exec and --webhook are given, expected one of them");
	if (c->command == NULL && c->url == NULL && c->at_once != 1)
		return command_wrong(&command_tail, "--jobs needs --exec or --webhook");
	if (c->command != NULL && c->command[0] == '\0')
		return command_wrong(&command_tail, "--exec: expected a command");
	if (c->url == NULL && (c->secret_file != NULL || c->header_file != NULL))
		return command_wrong(&command_tail, "--secret-file and --header-file need --webhook");
	if (c->url == NULL && t->format.form == FORM_NTFY)
		return command_wrong(&command_tail, "--format ntfy needs --webhook https://SERVER/TOPIC");
	if (c->url != NULL && !get_is_url(c->url))
		return command_wrong(
			&command_tail, "--webhook: expected an address that begins with https:// or http://");
	if (c->url != NULL && courier_webhook_mistake(c->url) != NULL)
		return command_wrong(
			&command_tail, "--webhook: the address is wrong: %s", courier_webhook_mistake(c->url));
	if (t->last >= 0 && json_object_get(t->request, "since") != NULL)
		return command_wrong(&command_tail, "-n and --since are given, expected one of them");
	return -1;
}

/* Sets what --format decides: the server's address for ntfy, the events for Alertmanager, the type of bodies. */
static int prepare_delivery(struct tail *t, struct error *err)
{
	int result = 0;

	if (t->courier.url != NULL) {
		/* one byte more: the topic moves one place on, after the end of the server's address */
		t->url = calloc(1, strlen(t->courier.url) + 2);
		if (t->url == NULL)
			return error_sys(err, -ENOMEM, "cannot subscribe");
		memcpy(t->url, t->courier.url, strlen(t->courier.url));
		t->courier.url = t->url;
		if (t->format.form == FORM_NTFY)
			result = event_format_take_topic(&t->format, t->url, err);
	}
	t->courier.content_type = event_format_type(&t->format);
	if (result == 0 && event_format_is_of_alerts(&t->format) && json_object_get(t->request, "events") == NULL &&
		add_name(t->request, "events", "alert") != 0)
		result = error_sys(err, -ENOMEM, "cannot subscribe");
	return result;
}

/* Connects, and begins at the place in the state file, if there is one. */
static int start_tail(struct tail *t, struct error *err)
{
	struct sitrep *s = NULL;
	int result = prepare_delivery(t, err);

	if (result == 0 && t->state_path != NULL)
		result = cursor_file_load(t->state_path, &t->saved, err);
	if (result == 0) {
		s = connection_open(&t->options, CONNECTION_STREAM, err);
		result = s == NULL ? err->code : sitrep_resume(s, t->saved.cursor, t->saved.instance);
	}
	if (result == 0)
		result = t->courier.command != NULL || t->courier.url != NULL ? tail_deliver(t, s, err)
									      : tail_follow(t, s, err);
	sitrep_free(s);
	return result;
}

static int run_tail(const struct client_options *options)
{
	struct tail t = {.options = *options, .request = json_object(), .last = -1, .courier = {.at_once = 1}};
	struct error err = {0};
	int result = t.request == NULL ? -ENOMEM : 0;
	int option, status = -1;

	while (result == 0 && status < 0 && (option = command_next(options, &status)) >= 0)
		result = read_option(&t, (enum tail_option)option, &status);
	if (result == 0 && t.muted)
		result = add_muted(&t);
	if (result != 0)
		result = command_refuse_arguments(options, &err);
	if (result == 0 && status < 0)
		status = check_options(&t);
	if (result == 0 && status < 0)
		result = start_tail(&t, &err);
	json_decref(t.request);
	free(t.url);
	if (result < 0) {
		status = command_fail(&command_tail, err.text);
		show_place(t.match, &err);
		return status;
	}
	return status >= 0 ? status : EXIT_DONE;
}

const struct command command_tail = {
	.name = "tail",
	.options = options_of_tail,
	.arguments = "",
	.summary = "Follow new items, copies, updates and alerts",
	.run = run_tail,
};
