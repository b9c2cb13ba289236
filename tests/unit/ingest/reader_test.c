/* SPDX-License-Identifier: ISC */
/* Stories, events and numbers as outputs see them. */
#include "fixture.h"

enum { MANY = 300 };

#define BODY "the parliament has approved the purchase of twelve helicopters for the coast guard"

/* Takes one item in. */
static void add_item(struct fixture *f, size_t feed, const char *title, int64_t published_ms)
{
	char guid[128];
	struct draft d = draft_new("Feed");
	struct item *it;

	snprintf(guid, sizeof(guid), "%s", title);
	it = draft_add(&d, guid, NULL, title, BODY);
	it->published = published_ms;
	assert_int_equal(fixture_poll(f, feed, &d).error.code, 0);
}

/* The first document of each feed is its backlog; most tests are about what comes later. */
static void end_backlog(struct fixture *f)
{
	for (size_t i = 0; i < f->feed_count; i++) {
		struct draft d = draft_new("Feed");

		fixture_poll(f, i, &d);
	}
}

static int add_title(void *arg, const struct story *s)
{
	struct buf *out = arg;

	assert_true(s->report_count > 0);
	buf_printf(out, "%s%.*s", out->len > 0 ? "," : "", STR_ARG(s->reports[0].item.plain_title));
	return 0;
}

static void assert_titles(struct fixture *f, const struct story_query *q, const char *expected)
{
	struct buf *out = scratch(64 * 1024);
	struct error err = {0};

	assert_ok(read_stories(f->reader, q, add_title, out, &err) == 0, err);
	assert_string_equal(out->data != NULL ? out->data : "", expected);
}

TEST_ON(river, fixture, f)
{
	struct story_query q = {.before_sort_ms = INT64_MAX, .limit = 10};

	assert_titles(f, &q, "");
	end_backlog(f);
	add_item(f, ALPHA, "one", TIME_NONE);
	add_item(f, BRAVO, "two", NOW_MS - DAY_MS);
	add_item(f, ALPHA, "three", NOW_MS + DAY_MS);
	assert_titles(f, &q, "three,two,one");
	q.limit = 2;
	assert_titles(f, &q, "three,two");
	q.limit = 0;
	assert_titles(f, &q, "");
}

TEST_ON(backlog_is_sorted_by_its_dates, fixture, f)
{
	struct story_query q = {.before_sort_ms = INT64_MAX, .limit = 10};
	struct draft d = draft_new("Feed");

	draft_add(&d, "a", NULL, "new", BODY)->published = NOW_MS - MINUTE_MS;
	draft_add(&d, "b", NULL, "future", BODY)->published = NOW_MS + DAY_MS;
	draft_add(&d, "c", NULL, "old", BODY)->published = NOW_MS - 3 * DAY_MS;
	draft_add(&d, "d", NULL, "undated", BODY);
	draft_add(&d, "e", NULL, "updated only", BODY)->updated = NOW_MS - DAY_MS;
	fixture_poll(f, ALPHA, &d);
	assert_titles(f, &q, "future,new,updated only,old,undated");
}

static int check_story(void *arg, const struct story *s)
{
	struct fixture *f = arg;
	const struct report *lead = &s->reports[0];

	assert_int_equal(s->report_count, 2);
	assert_int_equal(s->total_reports, 2);
	assert_int_equal(s->source_count, 2);
	assert_int_equal(s->first_seen_ms, NOW_MS);
	assert_int_equal(s->last_seen_ms, NOW_MS + MINUTE_MS);
	assert_int_equal(s->updated_ms, NOW_MS + 2 * MINUTE_MS);
	assert_string_equal(s->uid, lead->uid);
	assert_int_equal(strlen(s->uid), 36);
	assert_int_equal(s->uid[14], '8');
	assert_non_null(strchr("89ab", s->uid[19]));
	assert_true(str_eq(lead->source.feed, STR("alpha")));
	assert_true(str_eq(lead->source.title, STR("Feed")));
	assert_true(str_eq(lead->source.url, str_from(f->feeds[ALPHA].url)));
	assert_true(str_eq(lead->source.categories, STR("naval\nus")));
	assert_int_equal(lead->source.feed_id, f->feeds[ALPHA].id);
	assert_true(lead->published_known);
	assert_int_equal(lead->published_ms, NOW_MS);
	assert_int_equal(lead->updated_ms, NOW_MS + 2 * MINUTE_MS);
	assert_true(str_eq(lead->item.plain_title, STR("Helicopters ordered")));
	assert_false(s->reports[1].published_known);
	assert_int_equal(s->reports[1].published_ms, s->reports[1].first_seen_ms);
	assert_int_equal(s->reports[1].updated_ms, NOW_MS + MINUTE_MS);
	assert_true(str_eq(s->reports[1].source.title, STR("The Charlie")));
	return 5;
}

static int check_details(void *arg, const struct story *s, const struct story_details *d)
{
	(void)d;
	return check_story(arg, s);
}

static int copy_uid(void *arg, const struct story *s)
{
	memcpy(arg, s->uid, sizeof(s->uid));
	return 0;
}

TEST_ON(one_story, fixture, f)
{
	struct story_query q = {.before_sort_ms = INT64_MAX, .limit = 10};
	char uid[UID_TEXT_MAX];
	struct draft d = draft_new("Feed");

	/* dated in the future: believed as far as now */
	add_item(f, ALPHA, "Helicopters", NOW_MS + DAY_MS);
	add_item(f, CHARLIE, "Helicopters", TIME_NONE);
	draft_add(&d, "Helicopters", NULL, "Helicopters ordered", BODY)->published = NOW_MS + DAY_MS;
	fixture_poll(f, ALPHA, &d);
	/* a callback's value comes back */
	assert_int_equal(read_stories(f->reader, &q, check_story, f, NULL), 5);
	assert_int_equal(read_stories(f->reader, &q, copy_uid, uid, NULL), 0);
	assert_int_equal(reader_story_details(f->reader, str_from(uid), NULL, check_details, f, NULL), 5);
	uid[35] = uid[35] == '0' ? '1' : '0';
	assert_int_equal(reader_story_details(f->reader, str_from(uid), NULL, check_details, f, NULL), -ENOENT);
	assert_int_equal(reader_story_details(f->reader, STR("nonsense"), NULL, check_details, f, NULL), -ENOENT);
	assert_int_equal(reader_story_details(f->reader, STR_NONE, NULL, check_details, f, NULL), -ENOENT);
}

static int check_change(void *arg, const struct story *s, const struct story_details *d)
{
	const struct report_change *c = &d->change;

	assert_int_equal(d->revision_count, 1);
	assert_int_equal(d->revisions[0].rev + 1, c->after.rev);
	assert_int_equal(c->item_id, s->reports[0].item_id);
	assert_int_equal(c->before.rev + 1, c->after.rev);
	assert_int_equal(c->before.at_ms, NOW_MS);
	assert_int_equal(c->after.at_ms, NOW_MS + MINUTE_MS);
	assert_true(str_eq(c->before.item.plain_title, STR("Helicopters")));
	assert_true(str_eq(c->after.item.plain_title, STR("Helicopters ordered")));
	*(int64_t *)arg = c->after.rev;
	return 6;
}

static int check_no_change(void *arg, const struct story *s, const struct story_details *d)
{
	(void)arg;
	(void)s;
	assert_int_equal(d->change.item_id, 0);
	return 7;
}

TEST_ON(a_change_between_two_versions, fixture, f)
{
	struct story_query q = {.before_sort_ms = INT64_MAX, .limit = 10};
	struct report_change_wish wish = {0};
	char uid[UID_TEXT_MAX];
	struct draft d = draft_new("Feed");
	int64_t rev = 0;

	add_item(f, ALPHA, "Helicopters", NOW_MS);
	draft_add(&d, "Helicopters", NULL, "Helicopters ordered", BODY)->published = NOW_MS;
	fixture_poll(f, ALPHA, &d);
	assert_int_equal(read_stories(f->reader, &q, copy_uid, uid, NULL), 0);
	/* the latest, and the same by its number: the story's first report has the story's uid */
	assert_int_equal(reader_story_details(f->reader, str_from(uid), &wish, check_change, &rev, NULL), 6);
	wish = (struct report_change_wish){str_from(uid), rev};
	assert_int_equal(reader_story_details(f->reader, str_from(uid), &wish, check_change, &rev, NULL), 6);
	/* nothing led to the first version, and there is none after the last */
	wish.rev = rev - 1;
	assert_int_equal(reader_story_details(f->reader, str_from(uid), &wish, check_no_change, NULL, NULL), 7);
	wish.rev = rev + 1;
	assert_int_equal(reader_story_details(f->reader, str_from(uid), &wish, check_no_change, NULL, NULL), 7);
	wish = (struct report_change_wish){STR("nonsense"), rev};
	assert_int_equal(reader_story_details(f->reader, str_from(uid), &wish, check_no_change, NULL, NULL), 7);
	assert_int_equal(reader_story_details(f->reader, str_from(uid), NULL, check_no_change, NULL, NULL), 7);
}

struct page {
	int64_t sort_ms, id;
	int count;
	struct buf *out;
};

static int turn_page(void *arg, const struct story *s)
{
	struct page *p = arg;

	p->sort_ms = s->sort_ms;
	p->id = s->id;
	p->count++;
	return add_title(p->out, s);
}

/* All of a query, seven at a time. */
static struct buf read_pages(struct fixture *f, struct story_query q)
{
	struct buf out = BUF_INIT(1024 * 1024);
	struct page p = {.out = &out};

	q.limit = 7;
	q.before_sort_ms = INT64_MAX;
	do {
		p.count = 0;
		assert_int_equal(read_stories(f->reader, &q, turn_page, &p, NULL), 0);
		q.before_sort_ms = p.sort_ms;
		q.before_id = p.id;
	} while (p.count == 7);
	return out;
}

static void assert_pages(struct fixture *f, const struct story_query *q)
{
	struct story_query all = *q;
	struct buf pages = read_pages(f, *q);

	all.limit = 10 * MANY;
	all.before_sort_ms = INT64_MAX;
	assert_titles(f, &all, pages.data);
	buf_release(&pages);
}

static void add_many(struct fixture *f)
{
	for (int feed = 0; feed < 3; feed++) {
		struct draft d = draft_new("Feed");

		for (int i = 0; i < MANY; i++) {
			char title[64];
			bool shared = i % 10 == 0;
			struct item *it;

			snprintf(title, sizeof(title), "%s-%d", shared ? "shared" : f->feeds[feed].name, i);
			it = draft_add(&d, title, NULL, title, BODY);
			/* many of one time */
			it->published = NOW_MS - i % 13 * HOUR_MS;
			if (i % 7 == 0)
				draft_match(&d, it, "output/sevens", "x");
		}
		fixture_poll(f, (size_t)feed, &d);
	}
}

static size_t count_titles(struct fixture *f, const struct story_query *q)
{
	struct buf pages = read_pages(f, *q);
	size_t n = pages.len > 0;

	for (size_t i = 0; i < pages.len; i++)
		n += pages.data[i] == ',';
	buf_release(&pages);
	return n;
}

TEST_ON(pages, fixture, f)
{
	int64_t ids[] = {f->feeds[CHARLIE].id, f->feeds[ALPHA].id};
	/* most of them without a story */
	int64_t many_ids[400] = {f->feeds[ALPHA].id, f->feeds[CHARLIE].id};
	struct story_query q = {.limit = 7};
	struct buf by_feed, by_many;
	const size_t shared = MANY / 10, own = MANY - shared;

	for (size_t i = 2; i < 400; i++)
		many_ids[i] = 1000 + (int64_t)i;
	add_many(f);
	assert_int_equal(count_titles(f, &q), 3 * own + shared);
	assert_pages(f, &q);
	q.feed_ids = ids;
	q.feed_count = 2;
	assert_int_equal(count_titles(f, &q), 2 * own + shared);
	assert_pages(f, &q);
	by_feed = read_pages(f, q);
	q.feed_ids = many_ids;
	q.feed_count = 400;
	by_many = read_pages(f, q);
	assert_true(str_eq(buf_str(&by_feed), buf_str(&by_many)));
	buf_release(&by_feed);
	buf_release(&by_many);
	q.feed_ids = ids;
	q.feed_count = 0;
	assert_int_equal(count_titles(f, &q), 0);
	/* 43 sevens of each feed; 5 of them (0, 70 ... 280) are the shared ones */
	q = (struct story_query){.rule_name = "output/sevens"};
	assert_int_equal(count_titles(f, &q), 3 * 38 + 5);
	assert_pages(f, &q);
	q.rule_name = "output/none";
	assert_int_equal(count_titles(f, &q), 0);
}

static int stop_at_third(void *arg, const struct event_record *e)
{
	*(int64_t *)arg = e->cursor;
	return e->cursor == 3 ? 9 : 0;
}

TEST_ON(events, fixture, f)
{
	int64_t oldest, newest, last, seen = 0;

	assert_int_equal(reader_cursors(f->reader, &oldest, &newest, NULL), 0);
	assert_int_equal(oldest, 1);
	assert_int_equal(newest, 0);
	end_backlog(f);
	for (int i = 0; i < 5; i++) {
		char title[32];

		snprintf(title, sizeof(title), "item %d", i);
		add_item(f, ALPHA, title, TIME_NONE);
	}
	assert_int_equal(reader_cursors(f->reader, &oldest, &newest, NULL), 0);
	assert_int_equal(oldest, 1);
	assert_int_equal(newest, 5);
	assert_int_equal(reader_events(f->reader, 1, 2, &last, stop_at_third, &seen, NULL), 9);
	assert_int_equal(last, 3);
	assert_int_equal(reader_events(f->reader, 3, 1, &last, stop_at_third, &seen, NULL), 0);
	assert_int_equal(last, 4);
	assert_int_equal(seen, 4);
	assert_int_equal(reader_events(f->reader, 5, 10, &last, stop_at_third, &seen, NULL), 0);
	assert_int_equal(last, 5);
}

static int check_copy(void *arg, const struct event_record *e)
{
	(void)arg;
	if (e->kind != EVENT_COPY)
		return 0;
	assert_true(e->backlog);
	assert_true(str_eq(e->source.feed, STR("bravo")));
	assert_true(str_eq(e->story_title, STR("Helicopters, a correction")));
	assert_int_equal(e->story_sources, 2);
	assert_int_equal(e->story_reports, 2);
	assert_false(str_eq(e->story_uid, str_from(e->report->uid)));
	return 1;
}

TEST_ON(an_event_names_its_story, fixture, f)
{
	struct draft d = draft_new("Feed");
	int64_t last;

	add_item(f, ALPHA, "Helicopters", TIME_NONE);
	add_item(f, BRAVO, "Helicopters", TIME_NONE);
	draft_add(&d, "Helicopters", NULL, "Helicopters, a correction", BODY);
	fixture_poll(f, ALPHA, &d);
	assert_int_equal(reader_events(f->reader, 0, 10, &last, check_copy, NULL, NULL), 1);
}
