/* Which stories a page shows, newest first.
 *
 * The river and a rule's stories are one walk down an index.  The stories of some feeds are the newest of
 * many indexed lists: each feed is asked for what is newer than the oldest story found so far, so that
 * most feeds of a large category answer with nothing at all.  For very many feeds, walking the whole
 * river and asking each story for its feeds finds a page sooner, unless those feeds are quiet; so that is
 * tried first, for a bounded number of stories. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader_internal.h"
#include "sql.h"

enum {
	/* From this many feeds on the river is walked first, */
	WALK_FEEDS = 256,
	/* up to so many stories for each one that is asked for. */
	WALK_STORIES = 20,
};

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

/* False when the page is full of newer ones. */
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

static int by_value(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Has the story a report of one of the feeds (sorted)? */
static int is_of_feeds(struct reader *r, int64_t story_id, const int64_t *feeds, size_t count, struct error *err)
{
	sqlite3_stmt *s = r->s[READ_STORY_FEEDS];
	int result;

	sql_bind_int(s, 1, story_id);
	while ((result = sql_step(s, err, cannot_list)) == 1) {
		int64_t feed_id = sqlite3_column_int64(s, 0);

		if (bsearch(&feed_id, feeds, count, sizeof(*feeds), by_value) != NULL)
			break;
	}
	sql_reset(s);
	return result;
}

/* Down one index of stories until the page is full; only stories of the feeds unless NULL.  Gives up
 * after at most looks stories: 1 then, 0 when the page is complete. */
static int walk(struct reader *r, sqlite3_stmt *s, const struct story_query *q, const int64_t *feeds, size_t looks,
	struct page *p, struct error *err)
{
	int result = 0;

	sql_bind_int(s, 1, q->before_sort_ms);
	sql_bind_int(s, 2, q->before_id);
	while (p->count < p->limit && (result = sql_step(s, err, cannot_list)) == 1) {
		struct river_place place = {sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1)};

		if (looks-- == 0)
			break;
		result = feeds == NULL ? 1 : is_of_feeds(r, place.story_id, feeds, q->feed_count, err);
		if (result < 0)
			break;
		if (result == 1)
			p->places[p->count++] = place;
		result = 0;
	}
	sql_reset(s);
	return result;
}

static int list_feed(struct reader *r, const struct story_query *q, int64_t feed_id, struct page *p, struct error *err)
{
	sqlite3_stmt *s = r->s[LIST_FEED];
	int result;

	sql_bind_int(s, 1, q->before_sort_ms);
	sql_bind_int(s, 2, q->before_id);
	sql_bind_int(s, 3, feed_id);
	sql_bind_int(s, 4, p->count == p->limit ? p->places[p->count - 1].sort_ms : INT64_MIN);
	while ((result = sql_step(s, err, cannot_list)) == 1) {
		struct river_place place = {sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1)};

		if (!page_add(p, place))
			break;
	}
	sql_reset(s);
	return result < 0 ? result : 0;
}

static int list_feeds(
	struct reader *r, const struct story_query *q, const int64_t *feeds, struct page *p, struct error *err)
{
	int result = 1;

	if (q->feed_count >= WALK_FEEDS)
		result = walk(r, r->s[LIST_ALL], q, feeds, q->limit * WALK_STORIES, p, err);
	if (result != 1)
		return result;
	p->count = 0;
	result = 0;
	for (size_t i = 0; i < q->feed_count && result == 0; i++)
		result = list_feed(r, q, feeds[i], p, err);
	return result;
}

int reader_list(
	struct reader *r, const struct story_query *q, struct river_place *places, size_t *count, struct error *err)
{
	struct page p = {.places = places, .limit = q->limit};
	int64_t *feeds = NULL;
	int result;

	if (q->feed_ids != NULL) {
		feeds = calloc(q->feed_count + 1, sizeof(*feeds));
		if (feeds == NULL)
			return error_sys(err, -ENOMEM, cannot_list);
		if (q->feed_count > 0)
			memcpy(feeds, q->feed_ids, q->feed_count * sizeof(*feeds));
		qsort(feeds, q->feed_count, sizeof(*feeds), by_value);
	}
	if (q->mark != NULL) {
		sql_bind_cstr(r->s[LIST_MARKED], 3, q->mark);
		result = walk(r, r->s[LIST_MARKED], q, feeds, SIZE_MAX, &p, err);
	} else if (feeds != NULL) {
		result = list_feeds(r, q, feeds, &p, err);
	} else {
		result = walk(r, r->s[LIST_ALL], q, NULL, SIZE_MAX, &p, err);
	}
	free(feeds);
	*count = p.count;
	return result;
}

int reader_places(
	struct reader *r, const struct story_query *q, struct river_place *places, size_t *count, struct error *err)
{
	struct page p = {.places = places, .count = *count, .limit = q->limit};
	int result = reader_begin(r, err);

	if (result != 0)
		return result;
	if (q->mark != NULL)
		sql_bind_cstr(r->s[LIST_MARKED], 3, q->mark);
	if (q->feed_ids == NULL)
		result = walk(r, r->s[q->mark != NULL ? LIST_MARKED : LIST_ALL], q, NULL, SIZE_MAX, &p, err);
	for (size_t i = 0; q->feed_ids != NULL && i < q->feed_count && result == 0; i++)
		result = list_feed(r, q, q->feed_ids[i], &p, err);
	reader_end(r);
	*count = p.count;
	return result;
}
