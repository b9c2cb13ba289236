/* SPDX-License-Identifier: ISC */
/* Facts about one feed, and about the arrival of items of all feeds. */
#include <errno.h>
#include <stdlib.h>

#include "reader_internal.h"
#include "sitrep/base/clock.h"
#include "sitrep/sql/sql.h"

/* The newest items of a feed that its averages are made of, and those of all feeds. */
enum { DELAYS_OF_FEED = 100, DELAYS_OF_ALL = 500 };

static const char cannot_read[] = "cannot read the facts about a feed";
static const int64_t hour_ms = INT64_C(3600) * 1000;

static int take_counts(struct reader *r, int64_t feed_id, int64_t since_ms, struct feed_counts *c, struct error *err)
{
	struct sql_stmt *s = r->s[FEED_DELAY];
	int result = sql_find_int(r->s[FEED_KEPT], &c->items, err, cannot_read, as_int(feed_id));

	if (result >= 0)
		result = sql_find(s, err, cannot_read, as_int(feed_id), as_time(since_ms), as_int(DELAYS_OF_FEED));
	if (result == 1) {
		c->dated = (size_t)sql_count(s, 0);
		c->delay_ms = sql_number(s, 1, 0, INT64_MAX, 0);
	}
	sql_reset(s);
	s = r->s[FEED_SHARED];
	if (result >= 0)
		result = sql_find(s, err, cannot_read, as_int(feed_id));
	if (result == 1) {
		c->shared = (size_t)sql_count(s, 0);
		c->first = (size_t)sql_count(s, 1);
	}
	return sql_end(s, result < 0 ? result : 0);
}

static int take_troubles(struct reader *r, int64_t feed_id, struct stored_feed *f, struct error *err)
{
	struct feed_trouble *list = arena_alloc_array(&r->arena, FEED_TROUBLES_READ, sizeof(*list));
	struct sql_stmt *s = r->s[FEED_TROUBLES];
	int result = 0;

	if (list == NULL)
		return error_sys(err, -ENOMEM, cannot_read);
	sql_bind(s, as_int(feed_id), as_int(FEED_TROUBLES_READ));
	while (f->trouble_count < FEED_TROUBLES_READ && (result = sql_step(s, err, cannot_read)) == 1)
		list[f->trouble_count++] = (struct feed_trouble){
			.since_ms = sql_time_or(s, 0, 0),
			.until_ms = sql_time(s, 1),
			.polls = sql_int(s, 2),
			.failure =
				(enum poll_failure)sql_number(s, 3, FAILURE_NONE, FAILURE_COUNT - 1, FAILURE_INTERNAL),
			.reason = arena_str(&r->arena, sql_text(s, 5)),
		};
	f->troubles = list;
	return sql_end(s, result < 0 ? result : 0);
}

int reader_feed(struct reader *r, int64_t feed_id, int64_t since_ms, stored_feed_fn *fn, void *arg, struct error *err)
{
	struct stored_feed f = {0};
	int result = reader_begin(r, err);

	if (result != 0)
		return result;
	result = take_counts(r, feed_id, since_ms, &f.counts, err);
	if (result == 0)
		result = take_troubles(r, feed_id, &f, err);
	if (result == 0)
		result = fn(arg, &f);
	reader_end(r);
	return result;
}

/* ---- arrivals ---- */

/* The first item at or behind the id: 1 with its id and arrival; 0: there is none. */
static int item_from(struct reader *r, int64_t *id, int64_t *at_ms, struct error *err)
{
	struct sql_stmt *s = r->s[ITEM_FROM];
	int result = sql_find(s, err, cannot_read, as_int(*id));

	if (result == 1) {
		*id = sql_int(s, 0);
		*at_ms = sql_time_or(s, 1, 0);
	}
	return sql_end(s, result);
}

/* The id of the first item that arrived at that time or later, by halving: ids are given out in order of arrival. */
static int first_since(
	struct reader *r, const struct item_range *ids, int64_t since_ms, int64_t *first, struct error *err)
{
	int64_t low = ids->first, high = ids->end;
	int result = 0;

	while (low < high && result >= 0) {
		int64_t middle = low + (high - low) / 2, id = middle, at_ms = 0;

		result = item_from(r, &id, &at_ms, err);
		if (result == 1 && id < high && at_ms < since_ms)
			low = id + 1;
		else
			high = middle;
	}
	*first = low;
	return result < 0 ? result : 0;
}

int reader_arrivals(struct reader *r, int64_t now_ms, uint32_t *hours, size_t count, struct error *err)
{
	struct item_range ids;
	int64_t end, first = 0;
	int result = reader_item_ids(r, &ids, err);

	if (result == 0)
		result = reader_begin(r, err);
	if (result != 0)
		return result;
	end = ids.end;
	for (size_t i = count; i > 0 && result == 0; i--) {
		int64_t since_ms = now_ms - (now_ms % hour_ms) - (int64_t)(count - i) * hour_ms;

		result = first_since(r, &(struct item_range){ids.first, end}, since_ms, &first, err);
		hours[i - 1] = (uint32_t)(end - first);
		end = first;
	}
	reader_end(r);
	return result;
}

static int compare_delays(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

int reader_delays(struct reader *r, size_t *count, int64_t *half_ms, int64_t *most_ms, struct error *err)
{
	int64_t delays[DELAYS_OF_ALL];
	struct sql_stmt *s = r->s[ITEM_DELAYS];
	int result = reader_begin(r, err);

	*count = 0;
	*half_ms = *most_ms = 0;
	if (result != 0)
		return result;
	sql_bind(s, as_int(DELAYS_OF_ALL));
	while (*count < DELAYS_OF_ALL && (result = sql_step(s, err, cannot_read)) == 1)
		delays[(*count)++] = sql_number(s, 0, 0, INT64_MAX, 0);
	sql_reset(s);
	reader_end(r);
	if (*count > 0) {
		qsort(delays, *count, sizeof(delays[0]), compare_delays);
		*half_ms = delays[*count / 2];
		*most_ms = delays[*count * 9 / 10];
	}
	return result < 0 ? result : 0;
}
