/* SPDX-License-Identifier: ISC */
/* sitrep why: why an item is in its story, or how the rule compares two items. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "client.h"

static double number(const json_t *object, const char *member)
{
	return json_number_value(json_object_get(object, member));
}

static long long whole(const json_t *object, const char *member)
{
	return (long long)json_integer_value(json_object_get(object, member));
}

static bool is(const json_t *object, const char *member)
{
	return json_is_true(json_object_get(object, member));
}

static bool says(const json_t *object, const char *member, const char *word)
{
	const char *value = json_string_value(json_object_get(object, member));

	return value != NULL && strcmp(value, word) == 0;
}

static const char *plural(long long n)
{
	return n == 1 ? "" : "s";
}

/* ---- pieces ---- */

/* "title", Outlet (feed), ID */
static void print_item(const json_t *item)
{
	(void)putchar('"');
	print_text(stdout, item, "title");
	(void)fputs("\", ", stdout);
	print_text(stdout, item, "source");
	(void)fputs(" (", stdout);
	print_text(stdout, item, "feed");
	(void)fputs("), ", stdout);
	print_text(stdout, item, "id");
	(void)putchar('\n');
}

static void print_story(const json_t *story)
{
	(void)fputs("  story ", stdout);
	print_text(stdout, story, "id");
	(void)printf(": %lld report%s of %lld source%s%s\n", whole(story, "reports"), plural(whole(story, "reports")),
		whole(story, "sources"), plural(whole(story, "sources")), is(story, "lead") ? ", this the first" : "");
}

static void print_said(const json_t *list)
{
	const json_t *word;
	size_t i;

	json_array_foreach(list, i, word)
	{
		(void)fputs(says(word, "held", "together") ? "  the operator put it into story "
							   : "  the operator holds it apart from story ",
			stdout);
		print_text(stdout, word, "story");
		(void)fputs(" since ", stdout);
		print_text(stdout, word, "time");
		(void)putchar('\n');
	}
}

static void print_shared(const json_t *o)
{
	(void)printf("%lld of %lld runs of words shared; %lld of %lld numbers and dates; titles alike to %.2f\n",
		whole(o, "shared"), whole(o, "shared_of"), whole(o, "numbers"), whole(o, "numbers_of"),
		number(o, "title"));
}

/* ---- one item ---- */

static void print_link(const json_t *link)
{
	static const struct {
		const char *relation, *words;
	} relations[] = {
		{"copy", "  came as a copy (the same text or link) of "},
		{"reprint", "  came as a reprint of "},
		{"update", "  came as the outlet's next text after "},
		{"related", "  is related to "},
		{"contains", "  contains the text of "},
	};
	const json_t *to = json_object_get(link, "to");

	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (says(link, "relation", relations[i].relation))
			(void)fputs(relations[i].words, stdout);
	if (to != NULL)
		print_item(to);
	else
		(void)puts("an item that is not kept any more");
	if (says(link, "relation", "copy"))
		return;
	(void)printf("    score %.2f: ", number(link, "score"));
	print_shared(link);
}

static void print_one(const json_t *why)
{
	const json_t *links = json_object_get(why, "links"), *link, *item = json_object_get(why, "item");
	const json_t *story = json_object_get(why, "story");
	size_t i;

	print_item(item);
	(void)fputs("  came ", stdout);
	print_text(stdout, item, "first_seen");
	(void)putchar('\n');
	print_story(story);
	if (json_array_size(links) == 0)
		(void)puts(is(story, "lead") ? "  nothing that was known was like it"
					     : "  how it came there is not known any more");
	json_array_foreach(links, i, link) print_link(link);
	print_said(json_object_get(why, "said"));
}

/* ---- two items ---- */

static void print_side(const char *which, const json_t *side)
{
	long long omitted = whole(side, "boilerplate"), since = whole(side, "boilerplate_since");

	(void)printf("%s: ", which);
	print_item(side);
	print_story(json_object_get(side, "story"));
	if (!is(side, "kept")) {
		(void)puts("  its text is not kept: it has left the window, has too few words, or its story is found "
			   "without it");
	} else {
		(void)printf(
			"  %lld words, %lld runs of words compared", whole(side, "words"), whole(side, "shingles"));
		if (whole(side, "sampled_one_in") > 1)
			(void)printf(" (one in %lld)", whole(side, "sampled_one_in"));
		if (omitted > 0)
			(void)printf("; %lld of %lld left out as boilerplate", omitted, whole(side, "boilerplate_of"));
		else
			(void)fputs("; none left out as boilerplate", stdout);
		if (since > 0)
			(void)printf(", %lld more since it came", since);
		(void)putchar('\n');
	}
	print_said(json_object_get(side, "said"));
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
		{"apart", "too old", "apart, too much time lies between them"},
		{"apart", "little shared", "apart, they share too few runs of words"},
		{"apart", "numbers differ", "apart, their words agree but their numbers and dates do not"},
		{"apart", "titles differ", "apart, one outlet's texts agree but their titles do not"},
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (says(c, "verdict", verdicts[i].verdict) &&
			(verdicts[i].why == NULL || says(c, "why", verdicts[i].why)))
			return verdicts[i].words;
	return "something this program does not know";
}

static void print_two(const json_t *why)
{
	const json_t *items = json_object_get(why, "items"), *c = json_object_get(why, "comparison");

	print_side("earlier", json_array_get(items, 0));
	print_side("later", json_array_get(items, 1));
	(void)printf("they are %s%s%s\n", is(why, "same_story") ? "one story" : "two stories",
		is(why, "same_text") ? ", and have the same text" : "",
		is(why, "same_link") ? ", and have the same link" : "");
	if (!is(why, "near"))
		(void)puts("texts are not compared: [dedup] near is off");
	if (c == NULL) {
		(void)puts("the rule would not compare them now");
		return;
	}
	(void)printf("by the rule as it is now: %s\n", verdict(c));
	/* items that are too old or too short have no score */
	if (whole(c, "shared_of") > 0) {
		(void)printf("  score %.2f, %.2f is enough: ", number(c, "score"), number(c, "needed"));
		print_shared(c);
		(void)printf("  %lld numbers stand where the other text has one as well\n", whole(c, "numbers_placed"));
	}
	(void)printf("  %.1f hours lie between them, %.1f may\n", number(c, "hours_apart"), number(c, "window_hours"));
	(void)printf("  %s\n", is(c, "same_publisher") ? "both are of one publisher" : "they are of two publishers");
	if (is(c, "contains") || is(c, "contained"))
		(void)printf("  the %s one is much longer\n", is(c, "contains") ? "later" : "earlier");
}

static int show_why(void *arg, const json_t *answer)
{
	const json_t *why = json_object_get(answer, "why");
	const bool *json = arg;

	if (*json)
		return json_dumpf(why, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF ? -EIO : 0;
	if (json_object_get(why, "items") != NULL)
		print_two(why);
	else
		print_one(why);
	return 0;
}

static int run_why(const struct client_options *options, int argc, char **argv)
{
	bool json = false;
	int status = command_json(&command_why, argc, argv, &json);
	json_t *request;

	if (status >= 0)
		return status;
	request = optind + 1 < argc
			  ? json_pack("{s:s,s:s,s:s}", "op", "why", "item", argv[optind], "other", argv[optind + 1])
			  : json_pack("{s:s,s:s}", "op", "why", "item", argv[optind]);
	return command_ask(&command_why, options, request, show_why, &json);
}

const struct command command_why = {
	.name = "why",
	.options = command_json_option,
	.arguments = "ITEM [ITEM]",
	.kind = ARGUMENT_TEXT,
	.least = 1,
	.most = 2,
	.summary = "Tell why an item is in its story, or compare two",
	.help = "An item is named by its id, as in the stream and the feeds, or by its link.\n",
	.run = run_why,
};
