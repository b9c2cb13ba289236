/* SPDX-License-Identifier: ISC */
/* sitrep silence: mutes alerts for a time, lists the silences, and ends one. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

enum silence_option { SILENCE_WHY, SILENCE_LIST, SILENCE_END, SILENCE_JSON, SILENCE_OPTIONS };

static const struct argument_option options_of_silence[SILENCE_OPTIONS + 1] = {
	[SILENCE_WHY] = {"why", 'w', "TEXT", ARGUMENT_TEXT, "the reason, which --list shows"},
	[SILENCE_LIST] = {"list", 'l', NULL, ARGUMENT_NONE, "list the silences, and those that ended in the last week"},
	[SILENCE_END] = {"end", '\0', "ID", ARGUMENT_TEXT, "end a silence now"},
	[SILENCE_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "print JSON"},
};

struct silence_options {
	bool json, list;
	const char *why, *end;
};

static void print_silence(const json_t *silence)
{
	struct buf line = BUF_INIT(64 * 1024);
	char until[TIME_TEXT_MAX];
	bool ended = member_is_true(silence, "ended");

	buf_printf(&line, "%-4lld %s %s  ", member_whole(silence, "id"), ended ? "ended" : "until",
		local_time(until, json_string_value(json_object_get(silence, "until"))));
	put_member(&line, silence, "match");
	if (json_object_get(silence, "why") != NULL) {
		buf_puts(&line, "  (");
		put_member(&line, silence, "why");
		buf_puts(&line, ")");
	}
	screen_wrap(buf_str(&line), 0, 5);
	buf_release(&line);
}

static int show_silences(void *arg, const json_t *answer)
{
	const struct silence_options *s = arg;
	const json_t *all = json_object_get(answer, "silences"), *silence;
	size_t i;

	if (s->json)
		return print_json(all);
	json_array_foreach(all, i, silence) if (s->list || !member_is_true(silence, "ended")) print_silence(silence);
	if (json_array_size(all) == 0)
		puts("no silences");
	return 0;
}

/* The request of a command line; NULL: it is wrong, and *status is set. */
static json_t *make_request(const struct silence_options *s, const struct client_options *options, int *status)
{
	const char *matcher = command_argument(options, 0), *duration = command_argument(options, 1);
	char *rest = NULL;
	long long id;

	if (s->list + (s->end != NULL) + (matcher != NULL) != 1) {
		*status = command_wrong(&command_silence, "expected MATCHER and DURATION, or --list, or --end");
		return NULL;
	}
	if (s->list)
		return json_pack("{s:s}", "op", "silences");
	if (s->end != NULL) {
		id = strtoll(s->end, &rest, 10);
		if (id > 0 && *rest == '\0')
			return json_pack("{s:s,s:I}", "op", "unsilence", "id", (json_int_t)id);
		*status = command_wrong(&command_silence, "--end %s: expected the number of a silence", s->end);
		return NULL;
	}
	if (duration == NULL) {
		*status = command_wrong(&command_silence, "DURATION is missing");
		return NULL;
	}
	return json_pack("{s:s,s:s,s:s,s:s*}", "op", "silence", "match", matcher, "for", duration, "why", s->why);
}

static int run_silence(const struct client_options *options)
{
	struct silence_options s = {0};
	int status = -1, option;
	json_t *request;

	while ((option = command_next(options, &status)) >= 0) {
		s.list = s.list || option == SILENCE_LIST;
		s.json = s.json || option == SILENCE_JSON;
		if (option == SILENCE_WHY)
			s.why = optarg;
		if (option == SILENCE_END)
			s.end = optarg;
	}
	if (status >= 0)
		return status;
	request = make_request(&s, options, &status);
	return status >= 0 ? status : command_ask(options, request, show_silences, &s);
}

const struct command command_silence = {
	.name = "silence",
	.options = options_of_silence,
	.arguments = "[MATCHER DURATION]",
	.kind = ARGUMENT_TEXT,
	.most = 2,
	.summary = "Mute alerts for a time",
	.help = "MATCHER is a rule that the item of an alert matches, or alert:NAME. Muted alerts are sent as\n"
		"events `muted` to subscribers that ask for these.\n",
	.run = run_silence,
};
