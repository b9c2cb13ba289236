/* SPDX-License-Identifier: ISC */
/* The operator's word on stories: what split and join do to counts, names, matches and the log, and what they leave. */
#include "raw.h"
#include "sitrep/store/uid.h"

#define LONG "two frigates sailed through the strait early on Monday the navy said"
#define LONG2 "the ministry has ordered eight more patrol aircraft for the northern command"

static void poll_one(
	struct fixture *f, size_t feed, const char *guid, const char *title, const char *body, const char *rule)
{
	struct draft d = draft_new("Feed");
	struct item *it;

	it = draft_add(&d, guid, NULL, title, body);
	it->published = f->now_ms;
	if (rule != NULL)
		draft_match(&d, it, rule, "strait");
	fixture_poll(f, feed, &d);
}

/* Two copies of one text; a third text of its own. */
static void poll_two_stories(struct fixture *f)
{
	poll_one(f, ALPHA, "1", "Frigates", LONG, "alert/strait");
	poll_one(f, BRAVO, "1", "Frigates", LONG, "output/ships");
	poll_one(f, CHARLIE, "1", "Aircraft", LONG2, "output/planes");
}

/* The river, newest first. */
struct river {
	struct {
		char uid[UID_TEXT_MAX];
		char reports[4][UID_TEXT_MAX];
		int sources, total;
		int64_t sort_ms;
	} stories[4];
	size_t count;
};

static int note_story(void *arg, const struct story *s)
{
	struct river *r = arg;

	assert_true(r->count < 4 && s->report_count <= 4);
	memcpy(r->stories[r->count].uid, s->uid, UID_TEXT_MAX);
	for (size_t i = 0; i < s->report_count; i++)
		memcpy(r->stories[r->count].reports[i], s->reports[i].uid, UID_TEXT_MAX);
	assert_int_equal(s->report_count, s->total_reports);
	r->stories[r->count].sources = s->source_count;
	r->stories[r->count].total = s->total_reports;
	r->stories[r->count++].sort_ms = s->sort_ms;
	return 0;
}

static int note_details(void *arg, const struct story *s, const struct story_details *d)
{
	(void)d;
	return note_story(arg, s);
}

static struct river read_river(struct fixture *f, const char *rule_name)
{
	struct story_query q = {
		.rule_name = rule_name, .before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = 10};
	struct river r = {0};
	struct error err = {0};

	assert_ok(read_stories(f->reader, &q, note_story, &r, &err) == 0, err);
	return r;
}

TEST_ON(split_makes_two_of_one, fixture, f)
{
	struct river before, after;
	struct store_counts counts;
	int64_t g, cursor;
	char *events;

	poll_two_stories(f);
	before = read_river(f, NULL);
	assert_int_equal(before.count, 2);
	assert_int_equal(before.stories[1].total, 2);
	g = fixture_generation(f);
	cursor = fixture_cursor(f);
	fixture_edit(f, "split", before.stories[1].reports[1], NULL, true);
	after = read_river(f, NULL);
	assert_int_equal(after.count, 3);
	/* where it came in: between the others */
	assert_string_equal(after.stories[2].uid, before.stories[1].uid);
	assert_string_equal(after.stories[1].uid, before.stories[1].reports[1]);
	assert_int_equal(after.stories[1].total, 1);
	assert_int_equal(after.stories[2].total, 1);
	assert_int_equal(after.stories[2].sources, 1);
	assert_int_equal(fixture_generation(f), g + 1);
	events = fixture_events(f, cursor);
	assert_non_null(strstr(events, "\"event\":\"new\""));
	assert_non_null(strstr(events, "\"relation\":\"split\""));
	assert_non_null(strstr(events, before.stories[1].reports[0]));
	assert_int_equal(fixture_cursor(f), cursor + 1);
	assert_int_equal(reader_counts(f->reader, &counts, NULL), 0);
	assert_int_equal(counts.stories, 3);
	assert_int_equal(counts.items, 3);
	/* the same again */
	fixture_edit(f, "split", before.stories[1].reports[1], NULL, false);
	assert_int_equal(fixture_generation(f), g + 1);
	assert_int_equal(fixture_cursor(f), cursor + 1);
	/* a revision stays where it is; a copy of it goes to one of the two and joins none to the other */
	poll_one(f, BRAVO, "1", "Frigates turn back", LONG, NULL);
	after = read_river(f, NULL);
	assert_int_equal(after.count, 3);
	assert_int_equal(after.stories[1].total, 1);
	poll_one(f, CHARLIE, "2", "Frigates turn back", LONG, NULL);
	after = read_river(f, NULL);
	assert_int_equal(after.count, 3);
	assert_int_equal(after.stories[1].total, 2);
	assert_string_equal(after.stories[1].uid, before.stories[1].reports[1]);
}

/* What a new feed shows of the past stays in the past. */
TEST_ON(a_part_of_the_backlog_stays_in_its_place, fixture, f)
{
	struct river r;

	for (size_t feed = ALPHA; feed <= BRAVO; feed++) {
		struct draft d = draft_new("Feed");

		draft_add(&d, "1", NULL, "Frigates", LONG)->published = NOW_MS - (3 - (int64_t)feed) * DAY_MS;
		fixture_poll(f, feed, &d);
	}
	poll_one(f, CHARLIE, "1", "Aircraft", LONG2, NULL);
	r = read_river(f, NULL);
	assert_int_equal(r.stories[1].sort_ms, NOW_MS - 3 * DAY_MS);
	fixture_edit(f, "split", r.stories[1].reports[1], NULL, true);
	r = read_river(f, NULL);
	assert_int_equal(r.count, 3);
	assert_int_equal(r.stories[1].sort_ms, NOW_MS - 2 * DAY_MS);
	assert_int_equal(r.stories[2].sort_ms, NOW_MS - 3 * DAY_MS);
}

TEST_ON(split_takes_along_what_it_raised, fixture, f)
{
	struct river r;

	poll_two_stories(f);
	r = read_river(f, NULL);
	fixture_edit(f, "split", r.stories[1].reports[1], NULL, true);
	assert_int_equal(read_river(f, "output/ships").count, 2);
	r = read_river(f, "alert/strait");
	assert_int_equal(r.count, 1);
	assert_int_equal(r.stories[0].sort_ms, NOW_MS);
	/* a copy that raises the alert raises it anew */
	poll_one(f, BRAVO, "1", "Frigates turn back", LONG, NULL);
	poll_one(f, CHARLIE, "2", "Frigates turn back", LONG, "alert/strait");
	assert_int_equal(read_river(f, "alert/strait").count, 2);
}

TEST_ON(join_makes_one_of_two, fixture, f)
{
	struct river before, after, named = {0};
	struct store_counts counts;
	int64_t g, cursor;
	char *events;

	poll_two_stories(f);
	before = read_river(f, NULL);
	g = fixture_generation(f);
	cursor = fixture_cursor(f);
	/* the older one stays, whichever is named first */
	fixture_edit(f, "join", before.stories[1].reports[1], before.stories[0].uid, true);
	after = read_river(f, NULL);
	assert_int_equal(after.count, 1);
	assert_string_equal(after.stories[0].uid, before.stories[1].uid);
	assert_int_equal(after.stories[0].total, 3);
	assert_int_equal(after.stories[0].sources, 3);
	assert_int_equal(after.stories[0].sort_ms, before.stories[1].sort_ms);
	assert_int_equal(read_river(f, "output/planes").count, 1);
	assert_int_equal(read_river(f, "output/ships").count, 1);
	assert_int_equal(fixture_generation(f), g + 1);
	events = fixture_events(f, cursor);
	assert_non_null(strstr(events, "\"event\":\"copy\""));
	assert_non_null(strstr(events, "\"relation\":\"joined\""));
	assert_int_equal(fixture_cursor(f), cursor + 1);
	assert_int_equal(reader_counts(f->reader, &counts, NULL), 0);
	assert_int_equal(counts.stories, 1);
	/* the name that went leads to what it became part of */
	assert_int_equal(
		reader_story_details(f->reader, str_from(before.stories[0].uid), NULL, note_details, &named, NULL), 0);
	assert_string_equal(named.stories[0].uid, after.stories[0].uid);
	fixture_edit(f, "join", before.stories[0].uid, before.stories[1].uid, false);
	assert_int_equal(fixture_generation(f), g + 1);
	/* apart again it has its old name again, which leads nowhere else */
	fixture_edit(f, "split", before.stories[0].uid, NULL, true);
	after = read_river(f, NULL);
	assert_int_equal(after.count, 2);
	assert_string_equal(after.stories[0].uid, before.stories[0].uid);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_alias"), 0);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_constraint WHERE together = 1"), 0);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_constraint WHERE together = 0"), 1);
}

TEST_ON(names_stay_through_many_words, fixture, f)
{
	struct river r;
	char first[UID_TEXT_MAX], second[UID_TEXT_MAX], third[UID_TEXT_MAX], apart[UID_TEXT_MAX];

	poll_two_stories(f);
	r = read_river(f, NULL);
	memcpy(first, r.stories[1].reports[0], sizeof(first));
	memcpy(second, r.stories[1].reports[1], sizeof(second));
	memcpy(third, r.stories[0].uid, sizeof(third));
	/* the one that began the story goes; the story keeps its name */
	fixture_edit(f, "split", first, NULL, true);
	r = read_river(f, NULL);
	assert_int_equal(r.count, 3);
	assert_string_equal(r.stories[2].reports[0], second);
	assert_string_equal(r.stories[2].uid, first);
	assert_string_equal(r.stories[1].reports[0], first);
	memcpy(apart, r.stories[1].uid, sizeof(apart));
	assert_string_not_equal(apart, first);
	/* another joins it, and it leaves that as well: a third name */
	fixture_edit(f, "join", first, third, true);
	fixture_edit(f, "split", first, NULL, true);
	r = read_river(f, NULL);
	assert_int_equal(r.count, 3);
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(r.stories[i].uid, r.stories[k].uid);
	/* all into one */
	fixture_edit(f, "join", first, third, true);
	fixture_edit(f, "join", second, third, true);
	r = read_river(f, NULL);
	assert_int_equal(r.count, 1);
	assert_string_equal(r.stories[0].uid, first);
	assert_int_equal(r.stories[0].total, 3);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_constraint WHERE together = 0"), 0);
	assert_int_equal(
		ask_database(f->dir,
			"SELECT count(*) FROM item i JOIN story s ON s.id = i.story_id WHERE i.sort_ms = s.sort_ms"),
		3);
}

TEST_ON(what_is_not_there_changes_nothing, fixture, f)
{
	static const char none[] = "00000000-0000-8000-8000-000000000000";
	static const char *const ops[] = {"why", "split", "join"};
	static const char *const names[] = {none, "", "https://nowhere.example/1", "not an id", "urn:uuid:"};
	struct river r;
	int64_t g;

	poll_two_stories(f);
	r = read_river(f, NULL);
	g = fixture_generation(f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (size_t j = 0; j < 3; j++) {
			struct request *q = fixture_ask(f, ops[j], names[i], r.stories[0].uid);

			assert_int_equal(q->error.code, -ENOENT);
			assert_int_equal(q->answer.len, 0);
			request_free(q);
			if (strcmp(ops[j], "split") == 0)
				continue;
			q = fixture_ask(f, ops[j], r.stories[0].uid, names[i]);
			assert_int_equal(q->error.code, -ENOENT);
			request_free(q);
		}
	}
	assert_int_equal(fixture_generation(f), g);
	assert_int_equal(read_river(f, NULL).count, 2);
}

TEST_ON(words_go_with_what_they_are_of, fixture, f)
{
	struct river r;

	poll_two_stories(f);
	r = read_river(f, NULL);
	fixture_edit(f, "join", r.stories[1].uid, r.stories[0].uid, true);
	fixture_edit(f, "split", r.stories[1].reports[1], NULL, true);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_constraint"), 2);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_alias"), 1);
	fixture_close(f);
	raw_run_in(f->dir, "DELETE FROM item WHERE id = 2");
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_constraint WHERE item_id = 2"), 0);
	raw_run_in(f->dir, "DELETE FROM item; DELETE FROM story");
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_constraint"), 0);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story_alias"), 0);
	fixture_open(f);
}

TEST_ON(why_tells_copies_and_words, fixture, f)
{
	struct request *q;
	struct river r;

	poll_two_stories(f);
	r = read_river(f, NULL);
	q = fixture_ask(f, "why", r.stories[1].reports[1], NULL);
	assert_non_null(strstr(q->answer.data, "\"relation\":\"copy\""));
	assert_non_null(strstr(q->answer.data, r.stories[1].reports[0]));
	assert_non_null(strstr(q->answer.data, "\"reports\":2,\"lead\":false"));
	assert_non_null(strstr(q->answer.data, "\"constraints\":[],\"said\":[]"));
	request_free(q);
	fixture_edit(f, "split", r.stories[1].reports[1], NULL, true);
	/* these have no sketch */
	q = fixture_ask(f, "why", r.stories[1].reports[1], r.stories[1].reports[0]);
	assert_non_null(strstr(q->answer.data, "\"kept\":false"));
	assert_non_null(strstr(q->answer.data, "\"same_story\":false,\"same_text\":true,\"same_link\":false"));
	assert_non_null(strstr(q->answer.data, "\"constraints\":[{\"kind\":\"apart\""));
	assert_non_null(strstr(q->answer.data, "\"said\":[{\"held\":\"apart\""));
	assert_null(strstr(q->answer.data, "comparison"));
	request_free(q);
}

static void never(struct request *q)
{
	fail_msg("%s was answered after the end", q->op);
}

TEST_ON(what_was_asked_before_the_end_is_carried_out, fixture, f)
{
	struct request *q;
	struct river r;

	poll_two_stories(f);
	r = read_river(f, NULL);
	q = story_request_new("split", str_from(r.stories[1].reports[1]), STR_NONE);
	assert_non_null(q);
	q->done = never;
	assert_int_equal(request_submit(q, f->writer), 0);
	fixture_close(f);
	request_free(q);
	fixture_open(f);
	assert_int_equal(read_river(f, NULL).count, 3);
}

/* ---- many words, one after the other ---- */

enum { CROWD = 9, WORDS = 300 };

/* Stable names of the items 1 to CROWD. */
static void read_names(struct fixture *f, char names[CROWD][UID_TEXT_MAX])
{
	struct store store;
	struct sql_stmt *s;

	assert_int_equal(store_open(&store, f->dir, STORE_READ, NULL), 0);
	assert_int_equal(sql_prepare_once(store.db, "SELECT uid FROM item ORDER BY id", &s, NULL, "test"), 0);
	for (size_t i = 0; i < CROWD; i++) {
		assert_int_equal(sql_step(s, NULL, "test"), 1);
		uid_write(names[i], sql_blob(s, 0));
	}
	sql_finalize(&s, 1);
	store_close(&store);
}

/* What must hold of the tables whatever was edited: how many rows break it. */
static const char broken[] =
	"SELECT (SELECT count(*) FROM story WHERE reports != (SELECT count(*) FROM item WHERE story_id = story.id)"
	"  OR reports = 0 OR sources != (SELECT count(DISTINCT publisher_id) FROM item WHERE story_id = story.id))"
	" + (SELECT count(*) FROM item JOIN story ON story.id = story_id WHERE item.sort_ms != story.sort_ms)"
	" + (SELECT count(*) FROM rule_match JOIN story ON story.id = story_id WHERE rule_match.sort_ms != "
	"story.sort_ms)"
	" + (SELECT count(*) - count(DISTINCT uid) FROM story)"
	" + (SELECT count(*) FROM story_alias JOIN story USING(uid))"
	" + (SELECT count(*) FROM story_constraint JOIN item ON item.id = item_id WHERE story_constraint.story_id = "
	"item.story_id AND NOT "
	"together)"
	" + (SELECT count(*) FROM story_constraint JOIN item ON item.id = item_id WHERE story_constraint.story_id != "
	"item.story_id AND "
	"together)"
	" + (SELECT stories != (SELECT count(*) FROM story) OR items != (SELECT count(*) FROM item) FROM counter)";

TEST_ON(tables_hold_together_whatever_is_said, fixture, f)
{
	char names[CROWD][UID_TEXT_MAX], text[128];
	uint32_t random = 20261124;
	int changes = 0;

	for (size_t i = 0; i < CROWD; i++) {
		struct draft d = draft_new("Feed");
		struct item *it;

		/* the last three are copies of the first three */
		snprintf(text, sizeof(text), "%s number %zu of the exercise", LONG, i % 6);
		it = draft_add(&d, "1", NULL, "Frigates", text);
		it->identity = digest_of(&d.arena, str_make((const char *)&i, sizeof(i)));
		draft_match(&d, it, i % 2 == 0 ? "alert/strait" : "output/ships", "strait");
		fixture_poll(f, i / 3, &d);
	}
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item"), CROWD);
	assert_int_equal(ask_database(f->dir, broken), 0);
	read_names(f, names);
	for (int i = 0; i < WORDS; i++) {
		size_t a, b;
		bool split;
		struct request *q;

		random = random * 1664525 + 1013904223;
		a = (random >> 8) % CROWD;
		b = (random >> 16) % CROWD;
		split = (random >> 28) % 2 == 0;
		q = fixture_ask(f, split ? "split" : "join", names[a], split ? NULL : names[b]);
		assert_string_equal(q->error.text, "");
		changes += str_find(buf_str(&q->answer), STR("\"changed\":true"), 0) != STR_NPOS;
		request_free(q);
		if (ask_database(f->dir, broken) != 0)
			fail_msg("word %d (%s %zu %zu) breaks the tables", i, split ? "split" : "join", a, b);
	}
	/* most of them meant something */
	assert_in_range(changes, WORDS / 4, WORDS);
}
