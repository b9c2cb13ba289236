/* SPDX-License-Identifier: ISC */
/* sitrep split and join: the operator corrects a grouping. */
#include <getopt.h>

#include "client.h"

static int show_said(void *arg, const json_t *answer)
{
	const json_t *said = json_object_get(answer, "split");

	(void)arg;
	if (said == NULL)
		said = json_object_get(answer, "join");
	if (!json_is_true(json_object_get(said, "changed"))) {
		(void)puts("nothing to do: so it is already");
		return 0;
	}
	(void)fputs("story ", stdout);
	print_text(stdout, said, "story");
	(void)printf(": reports %lld, sources %lld; before in story ",
		(long long)json_integer_value(json_object_get(said, "reports")),
		(long long)json_integer_value(json_object_get(said, "sources")));
	print_text(stdout, said, "former");
	(void)putchar('\n');
	return 0;
}

static int run_split(const struct client_options *options, int argc, char **argv)
{
	int status = command_json(&command_split, argc, argv, NULL);

	if (status >= 0)
		return status;
	return command_ask(
		&command_split, options, json_pack("{s:s,s:s}", "op", "split", "item", argv[optind]), show_said, NULL);
}

const struct command command_split = {
	.name = "split",
	.options = command_no_options,
	.arguments = "ITEM",
	.kind = ARGUMENT_TEXT,
	.least = 1,
	.most = 1,
	.summary = "Take an item out of its story, for good",
	.help = "It becomes a story of its own. An item is named by its id or its link.\n",
	.run = run_split,
};

static int run_join(const struct client_options *options, int argc, char **argv)
{
	int status = command_json(&command_join, argc, argv, NULL);

	if (status >= 0)
		return status;
	return command_ask(&command_join, options,
		json_pack("{s:s,s:s,s:s}", "op", "join", "item", argv[optind], "other", argv[optind + 1]), show_said,
		NULL);
}

const struct command command_join = {
	.name = "join",
	.options = command_no_options,
	.arguments = "ITEM ITEM|STORY",
	.kind = ARGUMENT_TEXT,
	.least = 2,
	.most = 2,
	.summary = "Make the stories of two items one, for good",
	.help = "The older story's id stays. Items and stories are named by their ids, items also by their links.\n",
	.run = run_join,
};
