/* SPDX-License-Identifier: ISC */
/* Walks up or down the river by its index, some stories a call, and leaves out those that outlets, alerts or feeds
 * exclude, without reading their texts. */
#include <errno.h>
#include <stdlib.h>

#include "reader_internal.h"
#include "sitrep/base/array.h"
#include "sitrep/sql/sql.h"

static const char cannot_choose[] = "cannot choose stories";

static int by_id(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* 1: one of the feeds reports the story; 0, or a negative code. */
static int is_of_feeds(struct reader *r, const struct choice_query *q, int64_t story_id, struct error *err)
{
	struct sql_stmt *s = r->s[STORY_FEEDS];
	bool found = q->feed_ids == NULL;
	int result = 0;

	if (found)
		return 1;
	sql_bind(s, as_int(story_id));
	while (!found && (result = sql_step(s, err, cannot_choose)) == 1) {
		int64_t feed_id = sql_int(s, 0);

		found = bsearch(&feed_id, q->feed_ids, q->feed_count, sizeof(feed_id), by_id) != NULL;
	}
	return sql_end(s, result < 0 ? result : found);
}

static struct story_choice take_choice(struct sql_stmt *s)
{
	return (struct story_choice){
		.place = {sql_int(s, 0), sql_int(s, 1)},
		.sources = sql_count(s, 2),
		.reports = sql_count(s, 3),
		.updated_ms = sql_int(s, 4),
		.priority = (int)sql_number(s, 5, 0, ALERT_URGENT, 0),
	};
}

int reader_choose(struct reader *r, const struct choice_query *q, struct story_choice *choices, size_t *count,
	struct choice_walk *walk, struct error *err)
{
	struct sql_stmt *s = r->s[q->newer ? CHOOSE_NEWER : CHOOSE_OLDER];
	int result = reader_begin(r, err);
	size_t looked = 0;

	*count = 0;
	if (result != 0)
		return result;
	sql_bind(s, as_int(walk->at.sort_ms), as_int(walk->at.story_id), as_int((int64_t)q->most));
	while (result >= 0 && (result = sql_step(s, err, cannot_choose)) == 1) {
		struct story_choice choice = take_choice(s);

		looked++;
		walk->at = choice.place;
		if (choice.sources < q->least_sources || choice.priority < q->least_priority)
			continue;
		result = is_of_feeds(r, q, choice.place.story_id, err);
		if (result == 1)
			choices[(*count)++] = choice;
	}
	result = sql_end(s, result < 0 ? result : 0);
	reader_end(r);
	walk->looked += looked;
	walk->ended = result == 0 && looked < q->most;
	return result;
}

int reader_feed_ids(struct reader *r, feed_wanted_fn *fn, void *arg, int64_t **ids, size_t *count, struct error *err)
{
	struct sql_stmt *s = r->s[FEED_CATEGORIES];
	size_t cap = 0;
	int result = reader_begin(r, err);

	*ids = NULL;
	*count = 0;
	if (result != 0)
		return result;
	while (result == 0 && (result = sql_step(s, err, cannot_choose)) == 1) {
		result = 0;
		if (!fn(arg, sql_text(s, 1), sql_text(s, 2)))
			continue;
		result = array_reserve(ids, &cap, *count + 1, sizeof(**ids));
		if (result == 0)
			(*ids)[(*count)++] = sql_int(s, 0);
		else
			error_sys(err, result, cannot_choose);
	}
	/* a list without an element is not NULL */
	if (result == 0 && *count == 0 && array_reserve(ids, &cap, 1, sizeof(**ids)) != 0)
		result = error_sys(err, -ENOMEM, cannot_choose);
	result = sql_end(s, result);
	reader_end(r);
	return result;
}

int reader_day_count(struct reader *r, int64_t from_ms, int64_t end_ms, int64_t *count, struct error *err)
{
	int result = reader_begin(r, err);

	*count = 0;
	if (result != 0)
		return result;
	result = sql_find_int(r->s[COUNT_DAY], count, err, cannot_choose, as_int(from_ms), as_int(end_ms));
	reader_end(r);
	return result < 0 ? result : 0;
}
