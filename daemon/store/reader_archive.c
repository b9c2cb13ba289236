/* SPDX-License-Identifier: ISC */
/* Reads archives: the stories that belong to a range of items, and each story as it stood at the end of the range. */
#include <errno.h>
#include <stdlib.h>

#include "reader_internal.h"
#include "sitrep/base/clock.h"
#include "sitrep/sql/sql.h"

static const char cannot_list[] = "cannot list the stories of an archive";
static const char cannot_read[] = "cannot read a story of an archive";

/* ---- which stories ---- */

int reader_item_ids(struct reader *r, struct item_range *ids, struct error *err)
{
	struct sql_stmt *s = r->s[READ_ITEM_IDS];
	int result = sql_step(s, err, cannot_list);

	*ids = (struct item_range){0};
	if (result == 1) {
		ids->first = sql_int(s, 0) < sql_int(s, 1) ? sql_int(s, 0) : sql_int(s, 1);
		ids->end = sql_int(s, 2);
	}
	return sql_end(s, result < 0 ? result : 0);
}

int reader_story_id_before(struct reader *r, int64_t id, int64_t *found, struct error *err)
{
	int result = sql_find_int(r->s[READ_STORY_ID_BEFORE], found, err, cannot_list, as_int(id));

	return result < 0 ? result : 0;
}

int reader_rule_is_settled(struct reader *r, const char *rule_name, bool *settled, struct error *err)
{
	int64_t value = 0;
	int result = sql_find_int(r->s[READ_SETTLED], &value, err, cannot_list, as_cstr(rule_name));

	*settled = result == 1 && value != 0;
	return result < 0 ? result : 0;
}

static int by_id(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static bool has_feed(const struct story_query *q, int64_t feed_id)
{
	return bsearch(&feed_id, q->feed_ids, q->feed_count, sizeof(feed_id), by_id) != NULL;
}

/* 1: the story has no report of q's feeds before that item; 0: it has one, or a negative code. */
static int is_first(struct reader *r, const struct story_query *q, int64_t story_id, int64_t item_id, struct error *err)
{
	struct sql_stmt *s = r->s[ARCHIVE_EARLIER];
	bool is_first = true;
	int result = 0;

	sql_bind(s, as_int(story_id), as_int(item_id));
	while (is_first && (result = sql_step(s, err, cannot_list)) == 1)
		is_first = !has_feed(q, sql_int(s, 0));
	result = sql_end(s, result < 0 ? result : 0);
	return result < 0 ? result : is_first;
}

static int add_places(struct reader *r, struct sql_stmt *s, const struct story_query *q, struct river_place *places,
	size_t *count, struct error *err)
{
	int result;

	while ((result = sql_step(s, err, cannot_list)) == 1) {
		struct river_place place = {sql_time_or(s, 0, 0), sql_int(s, 1)};

		if (q->feed_ids != NULL)
			result = has_feed(q, sql_int(s, 3)) ? is_first(r, q, place.story_id, sql_int(s, 2), err) : 0;
		if (result < 0)
			break;
		if (result == 1)
			places[(*count)++] = place;
	}
	return sql_end(s, result < 0 ? result : 0);
}

int reader_archive_places(struct reader *r, const struct story_query *q, const struct item_range *range,
	struct river_place *places, size_t *count, struct error *err)
{
	struct sql_stmt *s = r->s[q->feed_ids != NULL    ? ARCHIVE_ITEMS
				  : q->rule_name != NULL ? ARCHIVE_MATCHED
							 : ARCHIVE_ALL];
	int result = reader_begin(r, err);

	*count = 0;
	if (result != 0)
		return result;
	sql_bind(s, as_int(range->first), as_int(range->end), as_cstr(q->rule_name));
	result = add_places(r, s, q, places, count, err);
	reader_end(r);
	return result;
}

/* ---- one story ---- */

/* Takes the date of a report from its text, when an earlier text than the stored one was read. */
static void date_from_item(struct report *report)
{
	int64_t published_ms = report->item.published;

	if (report->published_known || published_ms == TIME_NONE)
		return;
	report->published_known = true;
	report->published_ms = published_ms < report->first_seen_ms ? published_ms : report->first_seen_ms;
}

static int take_reports(struct reader *r, struct story *story, int64_t end, struct error *err)
{
	struct sql_stmt *s = r->s[READ_REPORTS_BEFORE];
	size_t cap = story->total_reports < STORY_REPORTS_MAX ? (size_t)story->total_reports : STORY_REPORTS_MAX;
	int result = 0;

	story->reports = arena_alloc_array(&r->arena, cap + 1, sizeof(*story->reports));
	if (story->reports == NULL)
		return error_sys(err, -ENOMEM, cannot_read);
	sql_bind(s, as_int(story->id), as_int(end), as_int((int64_t)cap));
	while (story->report_count < cap && r->arena.used < READER_REPORT_BYTES_MAX &&
		(result = sql_step(s, err, cannot_read)) == 1) {
		struct report *report = &story->reports[story->report_count];

		result = reader_take_report(r, s, 0, report);
		if (result < 0) {
			error_sys(err, result, cannot_read);
			break;
		}
		if (result == 1)
			date_from_item(report);
		story->report_count += (size_t)result;
	}
	return sql_end(s, result < 0 ? result : 0);
}

int reader_story_before(
	struct reader *r, const struct river_place *place, int64_t end, story_fn *fn, void *arg, struct error *err)
{
	struct story story = {.id = place->story_id};
	struct sql_stmt *s = r->s[READ_STORY_BEFORE];
	int result = reader_begin(r, err);

	if (result != 0)
		return result;
	result = sql_find(s, err, cannot_read, as_int(story.id), as_int(end));
	if (result == 1) {
		uid_write(story.uid, sql_blob(s, 0));
		story.first_seen_ms = sql_time_or(s, 1, 0);
		story.last_seen_ms = story.updated_ms = sql_time_or(s, 2, story.first_seen_ms);
		story.sort_ms = sql_time_or(s, 3, story.first_seen_ms);
		story.source_count = sql_count(s, 4);
		story.total_reports = sql_count(s, 5);
	}
	sql_reset(s);
	if (result == 1 && story.uid[0] != '\0')
		result = take_reports(r, &story, end, err);
	if (result == 0 && story.report_count > 0)
		result = fn(arg, &story);
	reader_end(r);
	return result;
}
