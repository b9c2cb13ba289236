/* SPDX-License-Identifier: ISC */
/* sitrep why: why an item is in its story, or how the rule compares two items. */
#include <string.h>

#include "client.h"

static double real_of(const json_t *object, const char *member)
{
	return json_number_value(json_object_get(object, member));
}

static const char *plural(long long n)
{
	return n == 1 ? "" : "s";
}

/* ---- pieces ---- */

/* "title", Outlet (feed), ID */
static void print_item(const json_t *item)
{
	putchar('"');
	print_text(stdout, item, "title");
	fputs("\", ", stdout);
	print_text(stdout, item, "source");
	fputs(" (", stdout);
	print_text(stdout, item, "feed");
	fputs("), ", stdout);
	print_text(stdout, item, "id");
	putchar('\n');
}

static void print_story(const json_t *story)
{
	fputs("  story ", stdout);
	print_text(stdout, story, "id");
	printf(": %lld report%s of %lld source%s%s\n", member_whole(story, "reports"),
		plural(member_whole(story, "reports")), member_whole(story, "sources"),
		plural(member_whole(story, "sources")), member_is_true(story, "lead") ? ", this the first" : "");
}

/* An older daemon has the list and the kind under their former names only. */
static void print_constraints(const json_t *item)
{
	const json_t *list = json_object_get(item, "constraints"), *constraint;
	const char *kind = list != NULL ? "kind" : "held";
	size_t i;

	if (list == NULL)
		list = json_object_get(item, "said");
	json_array_foreach(list, i, constraint)
	{
		fputs(member_is(constraint, kind, "together") ? "  the operator put it into story "
							      : "  the operator holds it apart from story ",
			stdout);
		print_text(stdout, constraint, "story");
		fputs(" since ", stdout);
		print_time(constraint, "time");
		putchar('\n');
	}
}

static void print_shared(const json_t *o)
{
	printf("%lld of %lld runs of words shared; %lld of %lld numbers and dates; titles alike to %.2f\n",
		member_whole(o, "shared"), member_whole(o, "shared_of"), member_whole(o, "numbers"),
		member_whole(o, "numbers_of"), real_of(o, "title"));
}

/* ---- one item ---- */

static void print_link(const json_t *link)
{
	static const struct {
		const char *relation, *words;
	} relations[] = {
		{"copy", "  arrived as a copy (the same text or link) of "},
		{"reprint", "  arrived as a reprint of "},
		{"update", "  arrived as the outlet's next text after "},
		{"related", "  is related to "},
		{"contains", "  contains the text of "},
	};
	const json_t *to = json_object_get(link, "to");

	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (member_is(link, "relation", relations[i].relation))
			fputs(relations[i].words, stdout);
	if (to != NULL)
		print_item(to);
	else
		puts("an item that is no longer stored");
	if (member_is(link, "relation", "copy"))
		return;
	printf("    score %.2f: ", real_of(link, "score"));
	print_shared(link);
}

static void print_one(const json_t *why)
{
	const json_t *links = json_object_get(why, "links"), *link, *item = json_object_get(why, "item");
	const json_t *story = json_object_get(why, "story");
	size_t i;

	print_item(item);
	fputs("  came ", stdout);
	print_time(item, "first_seen");
	putchar('\n');
	print_story(story);
	if (json_array_size(links) == 0)
		puts(member_is_true(story, "lead") ? "  no known item was similar"
						   : "  the reason is no longer stored");
	json_array_foreach(links, i, link) print_link(link);
	print_constraints(why);
}

/* ---- two items ---- */

static void print_side(const char *which, const json_t *side)
{
	long long omitted = member_whole(side, "boilerplate"), since = member_whole(side, "boilerplate_since");

	printf("%s: ", which);
	print_item(side);
	print_story(json_object_get(side, "story"));
	if (!member_is_true(side, "kept")) {
		puts("  its text is not stored: it has left the window, has too few words, or its story is found "
		     "without it");
	} else {
		printf("  %lld words, %lld runs of words compared", member_whole(side, "words"),
			member_whole(side, "shingles"));
		if (member_whole(side, "sampled_one_in") > 1)
			printf(" (one in %lld)", member_whole(side, "sampled_one_in"));
		if (omitted > 0)
			printf("; %lld of %lld left out as boilerplate", omitted, member_whole(side, "boilerplate_of"));
		else
			fputs("; none left out as boilerplate", stdout);
		if (since > 0)
			printf(", %lld more since it arrived", since);
		putchar('\n');
	}
	print_constraints(side);
}

static const char *verdict(const json_t *c)
{
	static const struct {
		const char *verdict, *why, *words;
	} verdicts[] = {
		{"reprint", NULL, "one story in two outlets"},
		{"update", NULL, "an outlet's next text on its story"},
		{"related", NULL, "perhaps the same event: linked, not joined"},
		{"apart", "score", "apart, they have too little in common"},
		{"apart", "too short", "apart, there are too few words that are not boilerplate"},
		{"apart", "too old", "apart, too much time is between them"},
		{"apart", "little shared", "apart, they share too few runs of words"},
		{"apart", "numbers differ", "apart, their words agree but their numbers and dates do not"},
		{"apart", "titles differ", "apart, one outlet's texts agree but their titles do not"},
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (member_is(c, "verdict", verdicts[i].verdict) &&
			(verdicts[i].why == NULL || member_is(c, "why", verdicts[i].why)))
			return verdicts[i].words;
	return "a result that this program does not know";
}

static void print_two(const json_t *why)
{
	const json_t *items = json_object_get(why, "items"), *c = json_object_get(why, "comparison");

	print_side("earlier", json_array_get(items, 0));
	print_side("later", json_array_get(items, 1));
	printf("they are %s%s%s\n", member_is_true(why, "same_story") ? "one story" : "two stories",
		member_is_true(why, "same_text") ? ", and have the same text" : "",
		member_is_true(why, "same_link") ? ", and have the same link" : "");
	if (!member_is_true(why, "near"))
		puts("texts are not compared: [dedup] near is off");
	if (c == NULL) {
		puts("the rule would not compare them now");
		return;
	}
	printf("by the rule as it is now: %s\n", verdict(c));
	/* items that are too old or too short have no score */
	if (member_whole(c, "shared_of") > 0) {
		printf("  score %.2f, %.2f is enough: ", real_of(c, "score"), real_of(c, "needed"));
		print_shared(c);
		printf("  %lld numbers follow the same words as a number of the other text\n",
			member_whole(c, "numbers_placed"));
	}
	printf("  %.1f hours are between them, at most %.1f are allowed\n", real_of(c, "hours_apart"),
		real_of(c, "window_hours"));
	printf("  %s\n",
		member_is_true(c, "same_publisher") ? "both are of one publisher" : "they are of two publishers");
	if (member_is_true(c, "contains") || member_is_true(c, "contained"))
		printf("  the %s one is much longer\n", member_is_true(c, "contains") ? "later" : "earlier");
}

static int show_why(const json_t *why)
{
	if (json_object_get(why, "items") != NULL)
		print_two(why);
	else
		print_one(why);
	return 0;
}

static int run_why(const struct client_options *options)
{
	return command_show(options,
		json_pack("{s:s,s:s,s:s*}", "op", "why", "item", command_argument(options, 0), "other",
			command_argument(options, 1)),
		"why", show_why);
}

const struct command command_why = {
	.name = "why",
	.options = command_json_option,
	.arguments = "ITEM [ITEM]",
	.kind = ARGUMENT_TEXT,
	.least = 1,
	.most = 2,
	.summary = "Explain an item's story, or compare two items",
	.help = "An item is named by its id, as in the stream and the feeds, or by its link.\n",
	.run = run_why,
};
