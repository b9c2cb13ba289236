/* SPDX-License-Identifier: ISC */
/* sitrep forget: takes a removed feed's items out of the outputs, after a question. */
#include <getopt.h>
#include <unistd.h>

#include "client.h"

enum forget_option { FORGET_YES, FORGET_JSON, FORGET_OPTIONS };

static const struct argument_option options_of_forget[FORGET_OPTIONS + 1] = {
	[FORGET_YES] = {"yes", 'y', NULL, ARGUMENT_NONE, "do not ask"},
	[FORGET_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "print JSON"},
};

struct forget {
	bool json, sure;
	long long items; /* that the feed has */
};

static int show_forgotten(void *arg, const json_t *answer)
{
	const json_t *counts = json_object_get(answer, "forget");
	struct forget *f = arg;

	f->items = member_whole(counts, "items");
	if (f->json && f->sure)
		return print_json(counts);
	if (f->sure) {
		printf("%lld items removed\n", f->items);
		return 0;
	}
	print_text(stderr, counts, "feed");
	fprintf(stderr, ": items %lld; stories that go with them %lld, stories that stay with other reports %lld\n",
		f->items, member_whole(counts, "own_stories"), member_whole(counts, "kept_stories"));
	return 0;
}

static bool is_confirmed(void)
{
	char line[16];

	fputs("Remove these items for good? [y/N] ", stderr);
	return fgets(line, sizeof(line), stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static int ask_to_forget(const struct client_options *options, const char *feed, struct forget *f)
{
	return command_ask(
		options, json_pack("{s:s,s:s,s:b}", "op", "forget", "feed", feed, "sure", f->sure), show_forgotten, f);
}

static int run_forget(const struct client_options *options)
{
	struct forget f = {0};
	bool yes = false;
	int status = -1, option;

	while ((option = command_next(options, &status)) >= 0) {
		yes = yes || option == FORGET_YES;
		f.json = f.json || option == FORGET_JSON;
	}
	if (status >= 0)
		return status;
	if (!yes) {
		status = ask_to_forget(options, command_argument(options, 0), &f);
		if (status != EXIT_DONE || f.items == 0)
			return status;
		if (isatty(STDIN_FILENO) == 0)
			return command_fail(
				&command_forget, "nothing is removed without --yes, or an answer at a terminal");
		if (!is_confirmed())
			return command_fail(&command_forget, "nothing was removed");
	}
	f.sure = true;
	return ask_to_forget(options, command_argument(options, 0), &f);
}

const struct command command_forget = {
	.name = "forget",
	.options = options_of_forget,
	.arguments = "FEED",
	.kind = ARGUMENT_TEXT,
	.least = 1,
	.most = 1,
	.summary = "Remove the items of a feed that has left the configuration",
	.help = "Counts them, asks, and removes them from all outputs, for good.\n",
	.run = run_forget,
};
