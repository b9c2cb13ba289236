/* SPDX-License-Identifier: ISC */
/* Lists the stories of a page, newest first.
 *
 * All stories, and a rule's stories, are one walk down an index.  The stories of some feeds are merged from one
 * index walk for each feed.  A walk ends at the oldest story of a full page, so that most feeds of a large category
 * cost one row. */
#include <string.h>

#include "reader_internal.h"
#include "sitrep/sql/sql.h"

static const char cannot_list[] = "cannot list stories";

/* The newest places found so far, in order. */
struct page {
	struct river_place *places;
	size_t count;
	size_t limit;
};

static int compare_places(const struct river_place *a, const struct river_place *b)
{
	if (a->sort_ms != b->sort_ms)
		return a->sort_ms > b->sort_ms ? -1 : 1;
	return (a->story_id < b->story_id) - (a->story_id > b->story_id);
}

/* False when the page is full of newer stories. */
static bool page_add(struct page *p, struct river_place place)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_places(&p->places[middle], &place);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == p->limit)
		return false;
	if (p->count < p->limit)
		p->count++;
	memmove(&p->places[low + 1], &p->places[low], (p->count - low - 1) * sizeof(*p->places));
	p->places[low] = place;
	return true;
}

/* Walks down one index of stories until the page is full. */
static int walk_index(struct sql_stmt *s, const struct story_query *q, struct page *p, struct error *err)
{
	int result = 0;

	sql_bind(s, as_int(q->before_sort_ms), as_int(q->before_id), as_cstr(q->rule_name));
	while (p->count < p->limit && (result = sql_step(s, err, cannot_list)) == 1)
		p->places[p->count++] = (struct river_place){sql_int(s, 0), sql_int(s, 1)};
	return sql_end(s, result < 0 ? result : 0);
}

static int list_feed(struct reader *r, const struct story_query *q, int64_t feed_id, struct page *p, struct error *err)
{
	struct sql_stmt *s = r->s[LIST_FEED];
	int result;

	sql_bind(s, as_int(q->before_sort_ms), as_int(q->before_id), as_int(feed_id),
		as_int(p->count == p->limit ? p->places[p->count - 1].sort_ms : INT64_MIN));
	while ((result = sql_step(s, err, cannot_list)) == 1) {
		struct river_place place = {sql_int(s, 0), sql_int(s, 1)};

		if (!page_add(p, place))
			break;
	}
	return sql_end(s, result < 0 ? result : 0);
}

int reader_places(
	struct reader *r, const struct story_query *q, struct river_place *places, size_t *count, struct error *err)
{
	struct page p = {.places = places, .count = *count, .limit = q->limit};
	int result = reader_begin(r, err);

	if (result != 0)
		return result;
	for (size_t i = 0; q->feed_ids != NULL && i < q->feed_count && result == 0; i++)
		result = list_feed(r, q, q->feed_ids[i], &p, err);
	if (q->feed_ids == NULL)
		result = walk_index(r->s[q->rule_name != NULL ? LIST_MATCHED : LIST_ALL], q, &p, err);
	reader_end(r);
	*count = p.count;
	return result;
}
