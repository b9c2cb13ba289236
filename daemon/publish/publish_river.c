/* SPDX-License-Identifier: ISC */
/* The river page: walks down, or up, from a place until the page is full, some stories a turn. */
#include <errno.h>
#include <stdlib.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/pages/river_page.h"
#include "sitrep/pages/story_row.h"

enum {
	CHUNK = 256,
	/* Bytes of the rows: sixty stories, each with its summary and ten links of the greatest length. */
	ROWS_MAX = 8 * 1024 * 1024,
	TEXTS_MAX = 256 * 1024,
	DAY_MS = 24 * 60 * 60 * 1000,
};

struct river_work {
	struct view view;
	struct arena texts; /* of the view */
	struct search *search;
	int64_t *feed_ids; /* of the view's feeds and categories; NULL: all */
	size_t feed_count;
	bool begun;
	struct choice_walk walk;
	struct river_place looked; /* the last story that was looked at */
	struct story_choice chunk[CHUNK];
	size_t chunk_count, next;
	struct buf markup;
	struct river_row rows[RIVER_ROWS + 1]; /* in the order of the walk; one more tells whether there are more */
	size_t count;
	struct river river;
	const struct page *page; /* of a step */
};

struct river_work *publish_river_new(struct str address)
{
	struct river_work *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	arena_init(&r->texts, TEXTS_MAX);
	buf_init(&r->markup, ROWS_MAX);
	if (view_read(&r->view, str_slice(address, 1, address.len), &r->texts) == 0)
		r->search = publish_search_of(&r->view);
	if (r->search == NULL) {
		publish_river_free(r);
		return NULL;
	}
	r->walk.at = r->view.part == VIEW_NEWEST ? (struct river_place){INT64_MAX, INT64_MAX} : r->view.place;
	return r;
}

void publish_river_free(struct river_work *r)
{
	if (r == NULL)
		return;
	publish_search_free(r->search);
	arena_release(&r->texts);
	buf_release(&r->markup);
	free(r->feed_ids);
	free(r);
}

/* ---- walk ---- */

static bool has_name(const struct view_values *values, struct str name)
{
	for (size_t i = 0; i < values->count; i++)
		if (str_eq_nocase(values->items[i], name))
			return true;
	return false;
}

/* Whether the feed's stories may be in the view. */
static bool is_wanted(void *arg, struct str name, struct str categories)
{
	const struct view *v = arg;
	struct str category;

	if (v->feeds.count > 0)
		return has_name(&v->feeds, name);
	while (str_split(&categories, '\n', &category))
		if (has_name(&v->categories, category))
			return true;
	return false;
}

static int least_priority(const struct view *v)
{
	return str_empty(v->alert) ? 0 : str_eq(v->alert, STR("high")) ? ALERT_HIGH : ALERT_LOW;
}

static int fill_chunk(struct publish *p, struct river_work *r, struct error *err)
{
	const struct choice_query query = {
		.newer = r->view.part == VIEW_AFTER,
		.feed_ids = r->feed_ids,
		.feed_count = r->feed_count,
		.least_sources = r->view.least,
		.least_priority = least_priority(&r->view),
		.most = view_is_filtered(&r->view) ? CHUNK : RIVER_ROWS + 1,
	};

	r->next = 0;
	return reader_choose(p->reader, &query, r->chunk, &r->chunk_count, &r->walk, err);
}

static int add_row(void *arg, const struct story *s)
{
	struct river_work *r = arg;
	int matches = publish_search_match(r->search, s);
	size_t from = r->markup.len;

	if (matches != 1)
		return matches;
	if (r->count < RIVER_ROWS)
		story_row_write(&r->markup, r->page, s);
	r->rows[r->count++] = (struct river_row){{s->sort_ms, s->id}, from, r->markup.len - from};
	return r->markup.failed;
}

/* 1: it takes another turn. */
static int walk_stories(struct publish *p, struct river_work *r, int64_t end_us, struct error *err)
{
	int result = 0;

	while (result == 0 && r->count <= RIVER_ROWS) {
		if (r->next == r->chunk_count) {
			if (r->walk.ended || r->walk.looked >= PUBLISH_SEARCHED)
				return 0;
			result = fill_chunk(p, r, err);
			continue;
		}
		if (clock_thread_cpu_us() >= end_us)
			return 1;
		result = reader_story_at(p->reader, &r->chunk[r->next++].place, STR_NONE, add_row, r, err);
	}
	return result;
}

static int begin_walk(struct publish *p, struct river_work *r, struct error *err)
{
	if (r->begun)
		return 0;
	r->begun = true;
	if (r->view.feeds.count == 0 && r->view.categories.count == 0)
		return 0;
	return reader_feed_ids(p->reader, is_wanted, &r->view, &r->feed_ids, &r->feed_count, err);
}

/* ---- page ---- */

static void reverse(struct river_row *rows, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct river_row other = rows[i];

		rows[i] = rows[count - 1 - i];
		rows[count - 1 - i] = other;
	}
}

static int count_days(struct publish *p, struct river *river, struct error *err)
{
	int64_t day = INT64_MIN;
	int result = 0;

	for (size_t i = 0; i < river->count && river->days_counted < RIVER_DAYS_COUNTED && result == 0; i++) {
		int64_t time_ms = river->rows[i].place.sort_ms, begin_ms = time_ms - time_ms % DAY_MS;

		if (begin_ms == day)
			continue;
		day = begin_ms;
		result = reader_day_count(
			p->reader, begin_ms, begin_ms + DAY_MS, &river->day_counts[river->days_counted++], err);
	}
	return result;
}

/* Whether the walk ended before it came to the end of the river. */
static bool is_cut(const struct river_work *r)
{
	return r->count > RIVER_ROWS || !r->walk.ended;
}

static void describe(const struct publish *p, struct river_work *r)
{
	struct river *river = &r->river;
	bool is_up = r->view.part == VIEW_AFTER;

	*river = (struct river){
		.view = &r->view,
		.window = &p->window,
		.markup = buf_str(&r->markup),
		.rows = r->rows,
		.count = r->count < RIVER_ROWS ? r->count : RIVER_ROWS,
		.has_newer = is_up ? is_cut(r) : r->view.part == VIEW_BEFORE,
		.has_older = is_up || is_cut(r),
		.looked = r->walk.looked,
	};
	if (is_up)
		reverse(r->rows, river->count);
	if (is_up || r->count > RIVER_ROWS)
		river->older = river->count > 0 ? r->rows[river->count - 1].place : r->view.place;
	else
		river->older = r->walk.at;
}

int publish_river_step(struct publish *p, struct river_work *r, struct buf *out, int64_t end_us, struct error *err)
{
	const struct site *site = publish_site(p);
	struct page page;
	int result;

	if (site == NULL)
		return -ENOMEM;
	page = river_page(site);
	r->page = &page;
	result = window_update(&p->window, p->reader, site->outlets, p->generation, end_us, err);
	if (result == 0)
		result = begin_walk(p, r, err);
	if (result == 0)
		result = walk_stories(p, r, end_us, err);
	if (result != 0)
		return result;
	describe(p, r);
	if (!view_is_filtered(&r->view))
		result = count_days(p, &r->river, err);
	if (result == 0)
		river_page_write(out, site, &r->river);
	return result == 0 ? out->failed : result;
}

/* ---- address ---- */

struct asked {
	struct view view;
	struct arena texts;
	struct error err;
};

static int take_argument(void *arg, struct str name, struct str value)
{
	struct asked *a = arg;
	struct str copy = arena_str(&a->texts, value);
	int result = copy.data != NULL ? view_take(&a->view, name, copy, &a->err) : -ENOMEM;

	if (result == 0)
		return error_set(&a->err, -EINVAL,
			"\"%.*s\" is no parameter of this page: it has q, category, lang, feed, min, alert, view, "
			"before and "
			"after",
			STR_ARG(name));
	return result < 0 ? result : 0;
}

int publish_river_address(const struct http_request *request, struct buf *out, struct buf *rule, struct buf *mistake)
{
	struct asked a = {.texts = ARENA_INIT(TEXTS_MAX)};
	int result = http_request_arguments(request, take_argument, &a);

	if (result == -EINVAL && a.err.code == 0)
		error_set(&a.err, -EINVAL, "a parameter is cut off, or has a control character");
	if (result == -EINVAL)
		buf_puts(mistake, a.err.text);
	if (result == 0 && !str_empty(a.view.rule))
		result = publish_search_check(a.view.rule, mistake);
	buf_add(rule, a.view.rule);
	buf_putc(out, '/');
	view_write(out, &a.view, VIEW_PLACED);
	arena_release(&a.texts);
	/* a rule's bytes may be escaped threefold */
	if (result == 0 && out->failed == -E2BIG) {
		buf_puts(mistake, "the filters are too long");
		return -EINVAL;
	}
	return result != 0 ? result : out->failed;
}
