/* SPDX-License-Identifier: ISC */
/* sitrep search: finds stored stories by a rule, in the daemon's state folder.  The daemon need not run. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "client.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/paths.h"
#include "sitrep/base/units.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"
#include "sitrep/search/search.h"

enum {
	SHOWN = 20,
	INDENT = 4,
	JSON_MAX = 16 * 1024 * 1024,
	LINE_MAX_BYTES = 64 * 1024,
	/* A search that takes longer tells what it has. */
	LIMIT_US = 30 * 1000 * 1000,
};

enum search_option { SEARCH_BY, SEARCH_JSON, SEARCH_SINCE, SEARCH_STATE_DIR, SEARCH_TOP, SEARCH_OPTIONS };

static const struct argument_option options_of_search[SEARCH_OPTIONS + 1] = {
	[SEARCH_BY] = {"by", 'b', "ORDER", ARGUMENT_TEXT, "best: best matches first (default); time: newest first"},
	[SEARCH_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "a line of JSON for each story, and one with the counts"},
	[SEARCH_SINCE] = {"since", 's', "DURATION", ARGUMENT_TEXT, "only stories that began in this time, 7d"},
	[SEARCH_STATE_DIR] = {"state-dir", '\0', "DIR", ARGUMENT_FOLDER,
		"the daemon's state folder (default $STATE_DIRECTORY, else /var/lib/sitrepd)"},
	[SEARCH_TOP] = {"top", 'n', "N", ARGUMENT_TEXT, "the first N stories (default 20, at most 200)"},
};

struct search_options {
	struct search_query query;
	const char *state_dir;
	bool json;
};

/* ---- for people ---- */

/* Appends a part of a line, with one space at each end that had white space. */
static void put_part(struct buf *line, struct str part)
{
	if (part.len > 0 && char_is_space(part.data[0]))
		buf_putc(line, ' ');
	utf8_one_line(line, part);
	if (part.len > 1 && !str_empty(str_trim(part)) && char_is_space(part.data[part.len - 1]))
		buf_putc(line, ' ');
}

/* Appends text with the marks of rule_set_mark(): bold where the screen has colour, else in brackets. */
static void put_marked(struct buf *line, struct str text)
{
	bool coloured = screen_has_colour();
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.data[i] != RULE_MARK_BEGIN && text.data[i] != RULE_MARK_END)
			continue;
		put_part(line, str_slice(text, from, i));
		if (i < text.len)
			buf_putc(line, coloured ? text.data[i] : text.data[i] == RULE_MARK_BEGIN ? '[' : ']');
		from = i + 1;
	}
}

static void print_story(const struct search_story *s)
{
	struct buf line = BUF_INIT(4 * LINE_MAX_BYTES);
	char time[TIME_TEXT_MAX];

	time_format_local(time, s->sort_ms);
	printf("%.16s  ", time);
	put_marked(&line, s->title);
	screen_wrap(buf_str(&line), 18, INDENT);
	buf_clear(&line);
	if (s->text.len > 0) {
		put_marked(&line, s->text);
		printf("%*s", INDENT, "");
		screen_wrap(buf_str(&line), INDENT, INDENT);
		buf_clear(&line);
	}
	utf8_one_line(&line, s->source);
	if (s->outlets > 1)
		buf_printf(&line, " and %lld more", (long long)s->outlets - 1);
	buf_printf(&line, ", %s, ", s->uid);
	utf8_one_line(&line, s->link);
	printf("%*s%.*s\n", INDENT, "", STR_ARG(buf_str(&line)));
	buf_release(&line);
}

/* "128 stories, the 20 best of them shown" */
static void print_sum(const struct search_result *r, enum search_sort sort)
{
	printf("%s%zu %s%s", r->is_estimate ? "up to " : "", r->found, r->found == 1 ? "story" : "stories",
		r->is_newest ? " among the newest 10000 items that match" : "");
	if (r->count > 0 && !r->is_last)
		printf(", the %s %zu shown", sort == SEARCH_BEST ? "best" : "newest", r->count);
	putchar('\n');
	if (r->is_cut)
		puts("the search took too long: stories may be missing, make the rule narrower");
	if (r->behind > 0)
		printf("the index does not have %lld new items yet\n", (long long)r->behind);
}

/* ---- as JSON ---- */

/* A text without its marks. */
static void write_text(struct jsonw *w, const char *name, struct str text)
{
	struct buf plain = BUF_INIT(LINE_MAX_BYTES);

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != RULE_MARK_BEGIN && text.data[i] != RULE_MARK_END)
			buf_putc(&plain, text.data[i]);
	jsonw_kv_str(w, name, buf_str(&plain));
	buf_release(&plain);
}

/* The words of title and text that were found. */
static void write_words(struct jsonw *w, const struct search_story *s)
{
	const struct str texts[] = {s->title, s->text};

	jsonw_kv_array(w, "found");
	for (size_t t = 0; t < 2; t++) {
		size_t begin = 0;

		for (size_t i = 0; i < texts[t].len; i++) {
			if (texts[t].data[i] == RULE_MARK_BEGIN)
				begin = i + 1;
			else if (texts[t].data[i] == RULE_MARK_END)
				jsonw_str(w, str_slice(texts[t], begin, i));
		}
	}
	jsonw_array_end(w);
}

static void write_facet(struct jsonw *w, const char *name, const struct search_facets *f)
{
	jsonw_kv_array(w, name);
	for (size_t i = 0; i < f->count; i++) {
		jsonw_object(w);
		jsonw_kv_str(w, "value", f->items[i].value);
		if (f->items[i].label.data != NULL)
			jsonw_kv_str(w, "title", f->items[i].label);
		jsonw_kv_int(w, "stories", (long long)f->items[i].stories);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static int end_line(struct buf *out)
{
	int result;

	buf_putc(out, '\n');
	result = out->failed;
	if (result == 0)
		fwrite(out->data, 1, out->len, stdout);
	buf_release(out);
	return result;
}

static int print_story_json(const struct search_story *s)
{
	struct buf out = BUF_INIT(JSON_MAX);
	struct jsonw w = JSONW_INIT(&out);

	jsonw_object(&w);
	jsonw_kv_cstr(&w, "story", s->uid);
	jsonw_kv_time(&w, "time", s->sort_ms);
	write_text(&w, "title", s->title);
	write_text(&w, "text", s->text);
	write_words(&w, s);
	jsonw_kv_str(&w, "link", s->link);
	jsonw_kv_str(&w, "source", s->source);
	jsonw_kv_str(&w, "feed", s->feed);
	jsonw_kv_str(&w, "language", s->language);
	jsonw_kv_int(&w, "sources", (long long)s->outlets);
	if (s->score > 0)
		jsonw_kv_real(&w, "score", s->score);
	jsonw_object_end(&w);
	return end_line(&out);
}

static int print_sum_json(const struct search_result *r)
{
	struct buf out = BUF_INIT(JSON_MAX);
	struct jsonw w = JSONW_INIT(&out);

	jsonw_object(&w);
	jsonw_kv_object(&w, "sum");
	jsonw_kv_int(&w, "stories", (long long)r->found);
	jsonw_kv_bool(&w, "newest_only", r->is_newest);
	jsonw_kv_bool(&w, "estimate", r->is_estimate);
	jsonw_kv_bool(&w, "incomplete", r->is_cut);
	jsonw_kv_int(&w, "behind", (long long)r->behind);
	write_facet(&w, "months", &r->months);
	write_facet(&w, "categories", &r->categories);
	write_facet(&w, "feeds", &r->feeds);
	write_facet(&w, "languages", &r->languages);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	return end_line(&out);
}

/* ---- the command ---- */

static int print_result(const struct search_options *o, const struct search_result *r)
{
	int result = 0;

	for (size_t i = 0; i < r->count && result == 0; i++) {
		if (o->json)
			result = print_story_json(&r->stories[i]);
		else
			print_story(&r->stories[i]);
	}
	if (o->json)
		return result == 0 ? print_sum_json(r) : result;
	print_sum(r, o->query.sort);
	return 0;
}

static int fail_search(const struct search_options *o, const struct error *err)
{
	int status;

	if (err->code == -ENOENT) {
		fprintf(stderr,
			"sitrep: search: %s: start sitrepd, which makes it, unless [search] index is off in its "
			"configuration; `sitrep match --since` reads all items without it\n",
			err->text);
		return EXIT_TROUBLE;
	}
	status = command_fail(&command_search, err->text);
	command_show_place(o->query.rule, str_from(err->text));
	return status;
}

static int search_stories(struct search_options *o)
{
	char *state_dir = paths_state_dir(o->state_dir);
	struct error err = {0};
	struct search_result result = {0};
	struct searcher *searcher = state_dir != NULL ? searcher_new(state_dir, &err) : NULL;
	int status = EXIT_DONE;

	if (searcher == NULL)
		status = command_fail(&command_search, state_dir == NULL ? "out of memory" : err.text);
	else if (searcher_run(searcher, &o->query, &result, &err) != 0)
		status = fail_search(o, &err);
	else if (print_result(o, &result) != 0)
		status = command_fail(&command_search, "out of memory");
	search_result_release(&result);
	searcher_free(searcher);
	free(state_dir);
	return status;
}

static int read_options(const struct client_options *client, struct search_options *o)
{
	const char *since = NULL, *top = NULL, *by = NULL;
	int64_t since_ms = 0;
	long long count = SHOWN;
	int option, status = -1;

	while ((option = command_next(client, &status)) >= 0) {
		by = option == SEARCH_BY ? optarg : by;
		o->json = o->json || option == SEARCH_JSON;
		since = option == SEARCH_SINCE ? optarg : since;
		o->state_dir = option == SEARCH_STATE_DIR ? optarg : o->state_dir;
		top = option == SEARCH_TOP ? optarg : top;
	}
	if (status >= 0)
		return status;
	if (since != NULL && (!duration_parse(str_from(since), &since_ms) || since_ms <= 0))
		return command_wrong(&command_search, "--since %s is no duration, expected one like 7d or 12h", since);
	if (top != NULL && (!str_to_int(str_from(top), &count) || count < 1 || count > SEARCH_SHOWN_MAX))
		return command_wrong(&command_search, "--top %s is no number from 1 to %d", top, SEARCH_SHOWN_MAX);
	if (by != NULL && strcmp(by, "best") != 0 && strcmp(by, "time") != 0)
		return command_wrong(&command_search, "--by %s is unknown, expected best or time", by);
	o->query.rule = str_from(command_argument(client, 0));
	o->query.sort = by != NULL && strcmp(by, "time") == 0 ? SEARCH_NEW : SEARCH_BEST;
	o->query.from_ms = since != NULL ? clock_wall_ms() - since_ms : 0;
	o->query.limit = (size_t)count;
	return -1;
}

static int run_search(const struct client_options *client)
{
	struct search_options o = {.query = {.facets = true, .snippets = true, .limit_us = LIMIT_US}};
	int status = read_options(client, &o);

	return status >= 0 ? status : search_stories(&o);
}

const struct command command_search = {
	.name = "search",
	.options = options_of_search,
	.arguments = "RULE",
	.kind = ARGUMENT_TEXT,
	.least = 1,
	.most = 1,
	.summary = "Find stories in all that is kept, by a rule",
	.help = "RULE is written as in match = of sitrepd.conf(5).  Reads the daemon's state folder; the\n"
		"daemon need not run.\n",
	.run = run_search,
};
