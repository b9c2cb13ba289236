/* SPDX-License-Identifier: ISC */
/* sitrep story: one story with its reports, from the daemon's database.  The daemon need not run. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "client.h"
#include "sitrep/base/paths.h"
#include "sitrep/base/utf8.h"
#include "sitrep/store/reader.h"
#include "story_print.h"

enum { JSON_MAX = 64 * 1024 * 1024, TEXT_MAX = 64 * 1024, INDENT = 4 };

enum story_option { STORY_JSON, STORY_STATE_DIR, STORY_OPTIONS };

static const struct argument_option options_of_story[STORY_OPTIONS + 1] = {
	[STORY_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "the story as one object of JSON"},
	[STORY_STATE_DIR] = {"state-dir", '\0', "DIR", ARGUMENT_FOLDER,
		"the daemon's state folder (default $STATE_DIRECTORY, else /var/lib/sitrepd)"},
};

/* ---- for people ---- */

static void print_line(struct str text, size_t indent)
{
	struct buf line = BUF_INIT(TEXT_MAX);

	if (text.len == 0)
		return;
	utf8_one_line(&line, text);
	printf("%*s", (int)indent, "");
	screen_wrap(buf_str(&line), indent, indent);
	buf_release(&line);
}

/* The reason why the report is in the story, by its first link within it. */
static void print_reason(const struct report *r, const struct story_details *d)
{
	for (size_t i = 0; i < d->tie_count; i++) {
		const struct story_tie *tie = &d->ties[i];

		if (tie->item_id != r->item_id || tie->incoming || !tie->same_story)
			continue;
		printf("%*s%s of the report of ", INDENT, "", tie->relation);
		print_line(tie->other_source.title, 0);
		return;
	}
}

static void print_report(const struct report *r, const struct story_details *d)
{
	char time[TIME_TEXT_MAX];
	size_t versions = 0;

	time_format_local(time, r->first_seen_ms);
	printf("%.16s  ", time);
	print_line(r->source.title, 0);
	print_line(r->item.plain_title, INDENT);
	print_line(r->item.link, INDENT);
	print_reason(r, d);
	for (size_t i = 0; i < d->revision_count; i++)
		versions += d->revisions[i].item_id == r->item_id;
	if (versions > 0)
		printf("%*sits text changed %zu time%s\n", INDENT, "", versions, versions == 1 ? "" : "s");
}

static int print_story(void *arg UNUSED, const struct story *s, const struct story_details *d)
{
	printf("story %s: %d outlet%s, %d report%s\n", s->uid, s->source_count, s->source_count == 1 ? "" : "s",
		s->total_reports, s->total_reports == 1 ? "" : "s");
	print_line(s->reports[0].item.plain_summary, 0);
	for (size_t i = 0; i < d->raised_count; i++)
		printf("alert %.*s, %s%s\n", STR_ARG(d->raised[i].name), alert_priority_name(d->raised[i].priority),
			d->raised[i].muted ? ", muted" : "");
	for (size_t i = 0; i < s->report_count; i++) {
		putchar('\n');
		print_report(&s->reports[i], d);
	}
	if ((size_t)s->total_reports > s->report_count)
		printf("\n%zu more reports\n", (size_t)s->total_reports - s->report_count);
	return 0;
}

/* ---- as JSON ---- */

static void write_report(struct jsonw *w, const struct report *r)
{
	jsonw_object(w);
	jsonw_kv_cstr(w, "id", r->uid);
	jsonw_kv_str(w, "feed", r->source.feed);
	jsonw_kv_str(w, "source", r->source.title);
	jsonw_kv_str(w, "title", r->item.plain_title);
	jsonw_kv_str(w, "summary", r->item.plain_summary);
	jsonw_kv_str(w, "link", r->item.link);
	jsonw_kv_str(w, "language", r->item.language);
	jsonw_kv_time(w, "seen", r->first_seen_ms);
	if (r->published_known)
		jsonw_kv_time(w, "published", r->published_ms);
	jsonw_object_end(w);
}

static void write_ties(struct jsonw *w, const struct story_details *d)
{
	for (size_t i = 0; i < d->tie_count; i++) {
		const struct story_tie *tie = &d->ties[i];

		if (tie->incoming)
			continue;
		jsonw_object(w);
		jsonw_kv_cstr(w, "relation", tie->relation);
		jsonw_kv_real(w, "score", tie->score);
		jsonw_kv_cstr(w, "other", tie->other_uid);
		jsonw_kv_cstr(w, "other_story", tie->other_story);
		jsonw_object_end(w);
	}
}

static int print_story_json(void *arg UNUSED, const struct story *s, const struct story_details *d)
{
	struct buf out = BUF_INIT(JSON_MAX);
	struct jsonw w = JSONW_INIT(&out);
	int result;

	jsonw_object(&w);
	story_write_members(&w, s);
	jsonw_kv_array(&w, "items");
	for (size_t i = 0; i < s->report_count; i++)
		write_report(&w, &s->reports[i]);
	jsonw_array_end(&w);
	jsonw_kv_array(&w, "links");
	write_ties(&w, d);
	jsonw_array_end(&w);
	jsonw_kv_array(&w, "alerts");
	for (size_t i = 0; i < d->raised_count; i++) {
		jsonw_object(&w);
		jsonw_kv_str(&w, "name", d->raised[i].name);
		jsonw_kv_cstr(&w, "priority", alert_priority_name(d->raised[i].priority));
		jsonw_kv_time(&w, "time", d->raised[i].at_ms);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	result = story_print_line(&out);
	buf_release(&out);
	return result;
}

/* ---- the command ---- */

static int run_story(const struct client_options *client)
{
	const char *given_dir = NULL;
	char *state_dir;
	bool json = false;
	int option, result = -ENOMEM, status = -1;
	struct error err = {0};
	struct reader *reader = NULL;

	while ((option = command_next(client, &status)) >= 0) {
		json = json || option == STORY_JSON;
		given_dir = option == STORY_STATE_DIR ? optarg : given_dir;
	}
	if (status >= 0)
		return status;
	state_dir = paths_state_dir(given_dir);
	if (state_dir != NULL)
		reader = reader_new(state_dir, &err);
	if (reader != NULL)
		result = reader_story_details(reader, str_from(command_argument(client, 0)), NULL,
			json ? print_story_json : print_story, NULL, &err);
	reader_free(reader);
	free(state_dir);
	if (result == -ENOENT && reader != NULL)
		return command_fail(&command_story, "no story has that id");
	return result >= 0 ? EXIT_DONE : command_fail(&command_story, err.code != 0 ? err.text : "out of memory");
}

const struct command command_story = {
	.name = "story",
	.options = options_of_story,
	.arguments = "ID",
	.kind = ARGUMENT_TEXT,
	.least = 1,
	.most = 1,
	.summary = "Show a story with its reports",
	.help = "ID is that of a story, as in the stream, the feeds and search.  Reads the daemon's state\n"
		"folder; the daemon need not run.\n",
	.run = run_story,
};
