/* SPDX-License-Identifier: ISC */
/* sitrep stories: how the daemon would group reports, without the daemon.
 *
 * Reads items as lines of JSON and prints for each the story it belongs to.  Each line is given its digest and sketch
 * as the daemon's workers do it, and is taken in as the daemon's writer does it (intake_trial.h): a document with one
 * item, of a feed that is named by the source. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/units.h"
#include "sitrep/identity/identity.h"
#include "sitrep/ingest/intake_trial.h"
#include "sitrep/parse/parse.h"
#include "sitrep/text/url.h"
#include "story_list.h"

enum {
	ITEM_MAX = 64 * 1024 * 1024, /* memory for one line */
	LINE_IN_MAX = 16 * 1024 * 1024,
	LINE_OUT_MAX = 64 * 1024,
};

/* The latest time accepted, in seconds (year 5138); far below an overflow in milliseconds. */
#define FARTHEST_S 1e11

struct options {
	struct story_params params;
	bool why;
};

struct stories {
	const struct options *options;
	struct intake_trial *trial;
	struct identity *identity;
	struct arena arena;
	struct buf out;
	int64_t last_ms; /* latest time so far: time never goes back, since lines are in the order of arrival */
};

/* One line of the input.  Items are numbered from 1, lines (seq) from 0. */
struct entry {
	int64_t id; /* seq + 1 */
	struct str source;
	struct item item;
};

/* ---- the line ---- */

/* A member as plain text; absent when it is empty. */
static struct text text_of(const json_t *object, const char *member)
{
	struct text t = {.value = member_text(object, member), .kind = TEXT_PLAIN};

	if (str_empty(str_trim(t.value)))
		t = (struct text){.kind = TEXT_ABSENT};
	return t;
}

void item_from_json(const json_t *line, struct item *it)
{
	item_init(it);
	it->id = member_text(line, "guid");
	it->link = member_text(line, "link");
	it->title = text_of(line, "title");
	it->summary = text_of(line, "summary");
	it->content = text_of(line, "content");
}

static int read_entry(struct stories *st, const json_t *line, struct entry *e, struct error *err)
{
	const json_t *seq = json_object_get(line, "seq"), *time_s = json_object_get(line, "time");
	int64_t at_ms;
	int result;

	*e = (struct entry){.source = member_text(line, "source")};
	if (!json_is_integer(seq) || json_integer_value(seq) < 0 || json_integer_value(seq) == INT64_MAX ||
		!json_is_number(time_s) || fabs(json_number_value(time_s)) > FARTHEST_S)
		return error_set(err, -EPROTO, "seq and time must be numbers");
	item_from_json(line, &e->item);
	e->id = json_integer_value(seq) + 1;
	if (str_empty(e->source)) {
		e->source = url_host(&st->arena, e->item.link);
		e->source = e->source.data != NULL ? e->source : STR("");
	}
	result = identity_assign(st->identity, &st->arena, &e->item);
	if (result != 0)
		return error_sys(err, result, "cannot compute the identity of an item");
	at_ms = (int64_t)(json_number_value(time_s) * 1000);
	st->last_ms = at_ms > st->last_ms ? at_ms : st->last_ms;
	return 0;
}

/* ---- answers ---- */

static int print_answer(
	struct stories *st, const struct entry *e, const struct intake_trial_answer *a, struct error *err)
{
	const struct story_answer *compared = a->of_item != 0 ? a->answer : NULL;
	struct jsonw w = JSONW_INIT(&st->out);

	buf_clear(&st->out);
	jsonw_object(&w);
	jsonw_kv_int(&w, "seq", e->id - 1);
	jsonw_kv_int(&w, "story", a->story_id - 1);
	jsonw_kv_cstr(&w, "relation", story_relation_name(a->relation));
	if (a->of_item != 0)
		jsonw_kv_int(&w, "of", a->of_item - 1);
	if (compared != NULL)
		jsonw_kv_real(&w, "score", compared->reasons.score);
	if (compared != NULL && st->options->why) {
		const struct story_reasons *r = &compared->reasons;

		jsonw_kv_int(&w, "shared", r->shared);
		jsonw_kv_int(&w, "shared_of", r->of);
		jsonw_kv_int(&w, "numbers", r->numbers_shared);
		jsonw_kv_int(&w, "numbers_of", r->numbers_of);
		jsonw_kv_real(&w, "title", r->title);
		jsonw_kv_bool(&w, "roundup", compared->roundup);
	}
	jsonw_object_end(&w);
	buf_putc(&st->out, '\n');
	if (st->out.failed != 0)
		return error_sys(err, st->out.failed, "cannot write");
	return fwrite(st->out.data, 1, st->out.len, stdout) == st->out.len ? 0 : OUTPUT_FAILED;
}

static int take_line(struct stories *st, struct str text, struct error *err)
{
	json_error_t fault;
	json_t *line = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &fault);
	struct intake_trial_answer answer;
	struct entry e;
	int result;

	if (line == NULL)
		return error_set(err, -EPROTO, "%s", fault.text);
	arena_clear(&st->arena);
	result = read_entry(st, line, &e, err);
	if (result == 0)
		result = intake_trial_take(st->trial, e.source, e.id, &e.item, st->last_ms, &answer, err);
	if (result == 0)
		result = print_answer(st, &e, &answer, err);
	json_decref(line);
	return result;
}

/* ---- the command ---- */

static void stories_release(struct stories *st)
{
	intake_trial_free(st->trial);
	identity_free(st->identity);
	arena_release(&st->arena);
	buf_release(&st->out);
}

static int stories_init(struct stories *st, const struct options *options, struct error *err)
{
	*st = (struct stories){.options = options, .out = BUF_INIT(LINE_OUT_MAX)};
	arena_init(&st->arena, ITEM_MAX);
	parse_prepare();
	st->identity = identity_new(err);
	st->trial = intake_trial_new(&options->params, err);
	return st->identity != NULL && st->trial != NULL ? 0 : -ENOMEM;
}

/* 1: line has the next line, 0: the end, or a negative code. */
static int read_line(FILE *in, struct buf *line)
{
	int c;

	buf_clear(line);
	errno = 0;
	while ((c = getc_unlocked(in)) != EOF && c != '\n' && !buf_failed(line))
		buf_putc(line, (char)c);
	if (buf_failed(line))
		return line->failed;
	if (ferror(in))
		return errno != 0 ? -errno : -EIO;
	return c != EOF || line->len > 0;
}

static int read_stream(FILE *in, const char *path, const struct options *options, struct error *err)
{
	struct stories st;
	struct buf line = BUF_INIT(LINE_IN_MAX);
	unsigned long number = 0;
	int result = stories_init(&st, options, err), got = 0;

	while (result == 0 && (got = read_line(in, &line)) > 0) {
		struct str text = str_trim(buf_str(&line));
		struct error why = {0};

		number++;
		if (!str_empty(text))
			result = take_line(&st, text, &why);
		if (result < 0)
			error_set(err, result, "%s, line %lu: %s", path, number, why.text);
	}
	if (result == 0 && got < 0)
		result = error_sys(err, got, "cannot read %s, line %lu", path, number + 1);
	stories_release(&st);
	buf_release(&line);
	return result;
}

enum stories_option {
	STORIES_WHY,
	STORIES_NO_NEAR,
	STORIES_NO_BOILERPLATE,
	STORIES_NO_GUARD,
	STORIES_SINCE,
	STORIES_TOP,
	STORIES_COUNT,
	STORIES_JSON,
	STORIES_STATE_DIR,
	STORIES_OPTIONS
};

static const struct argument_option options_of_stories[STORIES_OPTIONS + 1] = {
	[STORIES_WHY] = {"why", 'w', NULL, ARGUMENT_NONE, "add the comparison to each answer"},
	[STORIES_NO_NEAR] = {"no-near", '\0', NULL, ARGUMENT_NONE,
		"match only equal texts and links, no similar texts"},
	[STORIES_NO_BOILERPLATE] = {"no-boilerplate", '\0', NULL, ARGUMENT_NONE,
		"compare phrases that many texts share, too"},
	[STORIES_NO_GUARD] = {"no-guard", '\0', NULL, ARGUMENT_NONE,
		"match texts although their numbers and dates differ"},
	[STORIES_SINCE] = {"since", 's', "DURATION", ARGUMENT_TEXT,
		"without FILE: the stored stories that began in this time (default 1d)"},
	[STORIES_TOP] = {"top", 't', NULL, ARGUMENT_NONE, "without FILE: those of most outlets first"},
	[STORIES_COUNT] = {"count", 'n', "N", ARGUMENT_TEXT, "without FILE: so many stories (default 20)"},
	[STORIES_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "without FILE: a line of JSON for each story"},
	[STORIES_STATE_DIR] = {"state-dir", '\0', "DIR", ARGUMENT_FOLDER,
		"the daemon's state folder (default $STATE_DIRECTORY, else /var/lib/sitrepd)"},
};

struct stories_command {
	struct options grouping;
	struct story_list_options list;
	bool lists; /* an option of the list was given */
};

/* -1, or the exit status after a mistake. */
static int read_options(const struct client_options *client, struct stories_command *c)
{
	struct story_params *params = &c->grouping.params;
	const char *since = NULL, *number = NULL;
	long long count = 0;
	int option, status = -1;

	while ((option = command_next(client, &status)) >= 0) {
		c->grouping.why = c->grouping.why || option == STORIES_WHY;
		params->near = params->near && option != STORIES_NO_NEAR;
		params->boilerplate = params->boilerplate && option != STORIES_NO_BOILERPLATE;
		params->guard = params->guard && option != STORIES_NO_GUARD;
		since = option == STORIES_SINCE ? optarg : since;
		number = option == STORIES_COUNT ? optarg : number;
		c->list.top = c->list.top || option == STORIES_TOP;
		c->list.json = c->list.json || option == STORIES_JSON;
		c->list.state_dir = option == STORIES_STATE_DIR ? optarg : c->list.state_dir;
		c->lists = c->lists || option >= STORIES_SINCE;
	}
	if (status >= 0)
		return status;
	if (since != NULL && (!duration_parse(str_from(since), &c->list.since_ms) || c->list.since_ms <= 0))
		return command_wrong(&command_stories, "--since %s is no duration, expected one like 7d or 12h", since);
	if (number != NULL && (!str_to_int(str_from(number), &count) || count < 1))
		return command_wrong(&command_stories, "--count %s is no number from 1", number);
	c->list.count = (size_t)count;
	if (c->lists && command_argument(client, 0) != NULL)
		return command_wrong(&command_stories, "the stored stories are listed without a file");
	return -1;
}

static int group_file(const char *path, const struct options *options, struct error *err)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int result = in == NULL ? error_sys(err, -errno, "cannot open %s", path) : read_stream(in, path, options, err);

	if (in != NULL && in != stdin)
		fclose(in);
	return result;
}

static int run_stories(const struct client_options *client)
{
	struct stories_command c = {.grouping = {.params = story_params_default}};
	const char *path;
	struct error err = {0};
	int result, status = read_options(client, &c);

	if (status >= 0)
		return status;
	path = command_argument(client, 0);
	/* lines of JSON that are piped in are grouped, as with "-" */
	if (path == NULL && !c.lists && isatty(STDIN_FILENO) == 0)
		path = "-";
	result = path != NULL ? group_file(path, &c.grouping, &err) : story_list(&c.list, &err);
	return result >= 0 ? EXIT_DONE : command_fail(&command_stories, err.text);
}

const struct command command_stories = {
	.name = "stories",
	.options = options_of_stories,
	.arguments = "[FILE]",
	.kind = ARGUMENT_FILE,
	.most = 1,
	.summary = "List the stored stories, or group lines of JSON as the daemon would",
	.help = "Without FILE the stored stories are listed; with FILE, or lines on standard input, its\n"
		"items are grouped.\n",
	.run = run_stories,
};
