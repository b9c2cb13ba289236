/* SPDX-License-Identifier: ISC */
/* archive_test.c: an archive has each story once, as it stood at the end of its range. */
#include "fixture.h"

enum { WIDTH = 4, PLACES_MAX = 16 };

#define BODY "the parliament has approved the purchase of twelve helicopters for the coast guard"

static void add_item(struct fixture *f, size_t feed, const char *guid, const char *title, const char *body)
{
	struct draft d = draft_new("Feed");

	draft_add(&d, guid, NULL, title, body);
	assert_int_equal(fixture_poll(f, feed, &d).error.code, 0);
}

/* "title/reports/sources" */
static int show(void *arg, const struct story *s)
{
	struct buf *out = arg;

	buf_printf(out, "%s%.*s/%zu/%d", out->len > 0 ? "," : "", STR_ARG(s->reports[0].item.plain_title),
		s->report_count, s->source_count);
	assert_int_equal(s->total_reports, s->report_count);
	return 0;
}

static void assert_archive(struct fixture *f, const struct story_query *q, int64_t number, const char *expected)
{
	const struct item_range range = {number * WIDTH, (number + 1) * WIDTH};
	struct river_place places[PLACES_MAX];
	struct buf *out = scratch(64 * 1024);
	struct error err = {0};
	size_t count = 0;

	assert_ok(reader_archive_places(f->reader, q, &range, places, &count, &err) == 0, err);
	for (size_t i = 0; i < count; i++)
		assert_ok(reader_story_before(f->reader, &places[i], range.end, show, out, &err) == 0, err);
	assert_string_equal(out->data != NULL ? out->data : "", expected);
}

TEST_ON(stories_as_they_stood, fixture, f)
{
	const struct story_query all = {0};
	struct story_query of_bravo = {.feed_ids = &f->feeds[BRAVO].id, .feed_count = 1};
	struct item_range ids;
	struct error err = {0};
	int64_t before;

	assert_ok(reader_item_ids(f->reader, &ids, &err) == 0, err);
	assert_int_equal(ids.first, ids.end);
	/* items 1 to 3: the third is a copy of the first */
	add_item(f, ALPHA, "a1", "Helicopters are bought", BODY);
	add_item(f, ALPHA, "a2", "A storm comes", "A storm comes from the north sea and all ferries stay in port.");
	add_item(f, BRAVO, "b3", "Helicopters are bought", BODY);
	assert_archive(f, &all, 0, "A storm comes/1/1,Helicopters are bought/2/2");
	assert_archive(f, &of_bravo, 0, "Helicopters are bought/2/2");
	/* 4: one more copy, which is in the next range; bravo has the story already */
	add_item(f, CHARLIE, "c4", "Helicopters are bought", BODY);
	add_item(f, BRAVO, "b5", "The bridge is closed",
		"The old bridge over the fjord is closed for repair until May.");
	assert_archive(f, &all, 0, "A storm comes/1/1,Helicopters are bought/2/2");
	assert_archive(f, &all, 1, "The bridge is closed/1/1");
	assert_archive(f, &of_bravo, 1, "The bridge is closed/1/1");
	/* the first text stays */
	add_item(f, ALPHA, "a2", "The storm is over",
		"The storm is over, said the weather office, and ferries sail again.");
	assert_archive(f, &all, 0, "A storm comes/1/1,Helicopters are bought/2/2");
	assert_ok(reader_item_ids(f->reader, &ids, &err) == 0, err);
	assert_int_equal(ids.first, 1);
	assert_int_equal(ids.end, 6);
	assert_ok(reader_story_id_before(f->reader, 5, &before, &err) == 0, err);
	assert_int_equal(before, 2);
	assert_ok(reader_story_id_before(f->reader, 1, &before, &err) == 0, err);
	assert_int_equal(before, 0);
}

TEST_ON(an_unknown_rule_is_not_settled, fixture, f)
{
	const struct story_query matched = {.rule_name = "output/none"};
	struct error err = {0};
	bool settled = true;

	assert_ok(reader_rule_is_settled(f->reader, "output/none", &settled, &err) == 0, err);
	assert_false(settled);
	add_item(f, ALPHA, "a1", "Helicopters are bought", BODY);
	assert_archive(f, &matched, 0, "");
}
