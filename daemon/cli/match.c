/* SPDX-License-Identifier: ISC */
/* sitrep match: tries a rule on the items of a file, without the daemon, or of its database (match_history.c).
 *
 * A file's items are read, taken apart and matched by the code of the daemon's workers. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "client.h"
#include "match.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/paths.h"
#include "sitrep/base/units.h"
#include "sitrep/config/config.h"
#include "sitrep/config/config_check.h"
#include "sitrep/identity/identity.h"
#include "sitrep/model/document.h"
#include "sitrep/model/language.h"
#include "sitrep/parse/parse.h"
#include "sitrep/rules/rule.h"

enum {
	FILE_MAX = 64 * 1024 * 1024,
	ARENA_MAX = 512 * 1024 * 1024,
};

/* A run of the command on a file. */
struct trial {
	struct matcher m;
	struct identity *identity;
	struct arena arena; /* of the present item */
	struct buf title_words, body_words;
};

/* ---- matching ---- */

static int take_words(struct buf *out, struct str text)
{
	size_t count = 0;
	int result;

	buf_clear(out);
	result = rule_words(out, text, &count);
	return result == -E2BIG ? 0 : result;
}

/* The subject's members that the configuration of its feed knows. */
static void take_feed(struct trial *t, struct rule_subject *s, struct buf *categories)
{
	const struct config_feed *feed = NULL;

	s->feed = str_from(t->m.options->feed);
	if (t->m.config != NULL && s->feed.data != NULL)
		feed = config_find_feed(t->m.config, s->feed);
	for (size_t i = 0; feed != NULL && i < feed->category_count; i++)
		buf_printf(categories, "%s\n", feed->categories[i]);
	s->categories = buf_str(categories);
	if (feed != NULL && feed->title != NULL)
		s->source = str_from(feed->title);
	if (feed != NULL)
		s->publisher = str_from(feed->publisher);
}

static int take_item(
	struct trial *t, struct item *it, const struct feed_facts *feed, struct str source, struct error *err)
{
	/* a story of this report alone */
	const struct rule_story story = {
		.age_ms = it->published != TIME_NONE ? clock_wall_ms() - it->published : 0, .sources = 1};
	struct rule_subject subject = {.source = source, .story = &story, .item = it};
	struct match_finding f = {.number = ++t->m.items, .item = it};
	struct buf categories = BUF_INIT(MATCH_TEXT_MAX);
	int result = identity_assign(t->identity, &t->arena, it);

	take_feed(t, &subject, &categories);
	subject.title = identity_title_text(t->identity);
	subject.body = identity_body_text(t->identity);
	subject.language = language_of(&t->arena, it, feed, STR_NONE);
	if (result == 0)
		result = take_words(&t->title_words, subject.title);
	if (result == 0)
		result = take_words(&t->body_words, subject.body);
	subject.title_tokens = buf_str(&t->title_words);
	subject.body_tokens = buf_str(&t->body_words);
	if (result == 0)
		result = matcher_find(&t->m, &subject, &f);
	if (result != 0)
		error_sys(err, result, "cannot match an item");
	t->m.matched += f.matches;
	if (result == 0 && (f.matches || t->m.options->explain))
		result = matcher_print(&t->m, &f, err);
	buf_release(&categories);
	return result;
}

/* ---- reading ---- */

/* True for lines of JSON with an item each.  A JSON feed is one object with items. */
static bool is_lines(struct str text)
{
	struct str line = STR_NONE;
	json_t *first;
	bool is;

	while (str_split(&text, '\n', &line) && str_empty(str_trim(line)))
		;
	first = json_loadb(line.data != NULL ? line.data : "", line.len, 0, NULL);
	is = json_is_object(first) && json_object_get(first, "items") == NULL;
	json_decref(first);
	return is;
}

static int take_line(struct trial *t, struct str line, struct error *err)
{
	struct feed_facts none = {0};
	json_error_t fault;
	json_t *object = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, &fault);
	struct item it;
	int result;

	if (!json_is_object(object))
		result = error_set(err, -EPROTO, "%s", object == NULL ? fault.text : "this is no object");
	else {
		arena_clear(&t->arena);
		item_from_json(object, &it);
		result = take_item(t, &it, &none, member_text(object, "source"), err);
	}
	json_decref(object);
	return result;
}

static int take_lines(struct trial *t, struct str text, struct error *err)
{
	struct error why = {0};
	unsigned long number = 0;
	struct str line;
	int result = 0;

	while (result == 0 && str_split(&text, '\n', &line)) {
		number++;
		if (!str_empty(str_trim(line)))
			result = take_line(t, line, &why);
	}
	return result < 0 ? error_set(err, result, "%s, line %lu: %s", t->m.options->path, number, why.text) : result;
}

static int take_document(struct trial *t, struct str text, struct error *err)
{
	struct parse_input in = {.body = text};
	struct document d;
	struct arena a;
	int result;

	arena_init(&a, ARENA_MAX);
	result = parse_feed(&in, &a, &d, err);
	for (size_t i = 0; result == 0 && i < d.items.count; i++) {
		arena_clear(&t->arena);
		result = take_item(t, &d.items.items[i], &d.feed, d.feed.title.value, err);
	}
	arena_release(&a);
	return result;
}

/* ---- the command ---- */

/* Reports a mistake in the rule, with its place. */
static int report_mistake(struct str rule, const struct error *err)
{
	int status = command_fail(&command_match, err->text);

	command_show_place(rule, str_from(err->text));
	return status;
}

static void print_warnings(const struct config_mistakes *warnings)
{
	struct buf text = BUF_INIT(LIMIT_STREAM_LINE);

	config_mistakes_write(warnings, true, &text);
	fprintf(stderr, "%.*s", STR_ARG(buf_str(&text)));
	buf_release(&text);
}

/* -1: the rule is in the set; else the exit status. */
static int take_rule(struct matcher *t, const struct client_options *options)
{
	char *path = options->config_path != NULL ? paths_config(options->config_path) : NULL;
	struct buf text = BUF_INIT(RULE_EXPANDED_MAX);
	struct config none = {0};
	struct config_mistakes warnings;
	struct error err = {0};
	int result;

	config_mistakes_init(&warnings);
	if (path != NULL)
		t->config = client_config(options);
	t->set = rule_set_new();
	if (t->set == NULL) {
		result = command_fail(&command_match, "out of memory");
	} else if (path != NULL && t->config == NULL) {
		result = command_fail(&command_match, "cannot read the configuration");
	} else if (config_expand_rule(t->config != NULL ? t->config : &none, path != NULL ? path : "", t->options->rule,
			   &text, &warnings, &err) != 0) {
		result = report_mistake(str_from(t->options->rule), &err);
	} else {
		rule_set_keep_places(t->set);
		result = rule_set_add(t->set, STR("rule"), buf_str(&text), &err);
		if (result == 0)
			result = rule_set_finish(t->set, &err);
		result = result == 0 ? -1 : report_mistake(buf_str(&text), &err);
	}
	if (result < 0)
		print_warnings(&warnings);
	config_mistakes_release(&warnings);
	buf_release(&text);
	free(path);
	return result;
}

static int try_file(struct trial *t, struct error *err)
{
	struct buf file = BUF_INIT(FILE_MAX);
	int result = read_input(t->m.options->path, &file, err);

	parse_prepare();
	if (result == 0) {
		t->identity = identity_new(err);
		result = t->identity == NULL ? err->code : 0;
	}
	if (result == 0)
		result = is_lines(buf_str(&file)) ? take_lines(t, buf_str(&file), err)
						  : take_document(t, buf_str(&file), err);
	if (result == 0 && !t->m.options->json)
		printf("%zu of %zu items match\n", t->m.matched, t->m.items);
	buf_release(&file);
	return result;
}

static int run_trial(const struct client_options *client, const struct match_options *options)
{
	struct trial t = {
		.m = {.options = options, .title = BUF_INIT(MATCH_TEXT_MAX), .body = BUF_INIT(MATCH_TEXT_MAX)},
		.title_words = BUF_INIT(MATCH_TEXT_MAX),
		.body_words = BUF_INIT(MATCH_TEXT_MAX)};
	struct error err = {0};
	int status;

	arena_init(&t.arena, ARENA_MAX);
	arena_init(&t.m.scratch, ARENA_MAX);
	status = take_rule(&t.m, client);
	if (status < 0) {
		int result = options->since_ms > 0 ? match_history(&t.m, &err) : try_file(&t, &err);

		status = result >= 0 ? EXIT_DONE : command_fail(&command_match, err.text);
	}
	rule_set_free(t.m.set);
	identity_free(t.identity);
	config_free(t.m.config);
	arena_release(&t.arena);
	arena_release(&t.m.scratch);
	buf_release(&t.title_words);
	buf_release(&t.body_words);
	buf_release(&t.m.title);
	buf_release(&t.m.body);
	return status;
}

enum match_option { MATCH_EXPLAIN, MATCH_FEED, MATCH_JSON, MATCH_SINCE, MATCH_STATE_DIR, MATCH_OPTIONS };

static const struct argument_option options_of_match[MATCH_OPTIONS + 1] = {
	[MATCH_EXPLAIN] = {"explain", 'e', NULL, ARGUMENT_NONE, "also the items that do not match, and why"},
	[MATCH_FEED] = {"feed", 'f', "NAME", ARGUMENT_FEED, "match the items as those of this feed"},
	[MATCH_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "a line of JSON for each item"},
	[MATCH_SINCE] = {"since", 's', "DURATION", ARGUMENT_TEXT,
		"match the items of the daemon's database that arrived in this time, 7d"},
	[MATCH_STATE_DIR] = {"state-dir", '\0', "DIR", ARGUMENT_FOLDER,
		"the daemon's state folder (default $STATE_DIRECTORY, else /var/lib/sitrepd)"},
};

static int run_match(const struct client_options *client)
{
	struct match_options options = {.path = "-"};
	const char *since = NULL, *file;
	int option, status = -1;

	while ((option = command_next(client, &status)) >= 0) {
		options.explain = options.explain || option == MATCH_EXPLAIN;
		options.json = options.json || option == MATCH_JSON;
		options.feed = option == MATCH_FEED ? optarg : options.feed;
		since = option == MATCH_SINCE ? optarg : since;
		options.state_dir = option == MATCH_STATE_DIR ? optarg : options.state_dir;
	}
	if (status >= 0)
		return status;
	options.rule = command_argument(client, 0);
	file = command_argument(client, 1);
	if (file != NULL)
		options.path = file;
	if (since != NULL && (!duration_parse(str_from(since), &options.since_ms) || options.since_ms <= 0))
		return command_wrong(&command_match, "--since %s is no duration, expected one like 7d or 12h", since);
	if (since != NULL && (file != NULL || options.feed != NULL))
		return command_wrong(&command_match, "--since takes the items of the database, so it takes no %s",
			options.feed != NULL ? "--feed" : "file");
	return run_trial(client, &options);
}

const struct command command_match = {
	.name = "match",
	.options = options_of_match,
	.arguments = "RULE [FILE|-]",
	.kind = ARGUMENT_FILE,
	.least = 1,
	.most = 2,
	.summary = "Try a rule on the items of a feed, of lines of JSON, or of the past days",
	.help = "Prints the items that match, with the words that were found.\n"
		"With --since, prints the stories for which RULE would have raised an alert, their number a\n"
		"day, and the terms that were found.\n"
		"With -c before the command, the definitions and feeds of that configuration are known.\n",
	.run = run_match,
};
