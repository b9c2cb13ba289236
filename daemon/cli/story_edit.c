/* SPDX-License-Identifier: ISC */
/* sitrep split and join: the operator corrects a grouping. */

#include "client.h"

static int show_edit(void *arg UNUSED, const json_t *answer)
{
	const json_t *edit = json_object_get(answer, "split");

	if (edit == NULL)
		edit = json_object_get(answer, "join");
	if (!member_is_true(edit, "changed")) {
		puts("nothing to do: already in that state");
		return 0;
	}
	fputs("story ", stdout);
	print_text(stdout, edit, "story");
	printf(": reports %lld, sources %lld; before in story ", member_whole(edit, "reports"),
		member_whole(edit, "sources"));
	print_text(stdout, edit, "former");
	putchar('\n');
	return 0;
}

static int run_split(const struct client_options *options)
{
	return command_ask(
		options, json_pack("{s:s,s:s}", "op", "split", "item", command_argument(options, 0)), show_edit, NULL);
}

const struct command command_split = {
	.name = "split",
	.options = command_no_options,
	.arguments = "ITEM",
	.kind = ARGUMENT_TEXT,
	.least = 1,
	.most = 1,
	.summary = "Take an item out of its story permanently",
	.help = "It becomes a story of its own. An item is named by its id or its link.\n",
	.run = run_split,
};

static int run_join(const struct client_options *options)
{
	return command_ask(options,
		json_pack("{s:s,s:s,s:s}", "op", "join", "item", command_argument(options, 0), "other",
			command_argument(options, 1)),
		show_edit, NULL);
}

const struct command command_join = {
	.name = "join",
	.options = command_no_options,
	.arguments = "ITEM ITEM|STORY",
	.kind = ARGUMENT_TEXT,
	.least = 2,
	.most = 2,
	.summary = "Join the stories of two items permanently",
	.help = "The older story's id stays. Items and stories are named by their ids, items also by their links.\n",
	.run = run_join,
};
