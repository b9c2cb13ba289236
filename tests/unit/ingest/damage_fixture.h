/* SPDX-License-Identifier: ISC */
/* damage_fixture.h: a populated database with a row at least in every table, and everything that is done with one. */
#ifndef SITREP_TEST_STORE_DAMAGE_FIXTURE_H
#define SITREP_TEST_STORE_DAMAGE_FIXTURE_H

#include "../../../daemon/ingest/ingest.h"
#include "../../../daemon/ingest/retention.h"
#include "raw.h"
#include "rules_fixture.h"
#include "sitrep/base/utf8.h"
#include "sitrep/store/check.h"
#include "sitrep/store/event_json.h"
#include "sitrep/story/near_index.h"
#include "story_fixture.h"

enum { FEEDS = 3, ROUNDS = 4, ROUND_STEPS_MAX = 400, IMAGE_MAX = 64 * 1024 * 1024 };

static const char *const bodies[] = {RADAR("40"), RADAR_REPRINT("40"), FERRY, QUARRY};

static inline void read_file(const char *path, struct buf *out)
{
	char block[65536];
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	buf_clear(out);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		assert_int_equal(buf_add(out, str_make(block, n)), 0);
	fclose(f);
}

static inline void write_file(const char *path, struct str bytes)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.data, 1, bytes.len, f), bytes.len);
	assert_int_equal(fclose(f), 0);
}

static inline void db_path(const char *dir, char path[300])
{
	snprintf(path, 300, "%.250s/sitrepd.db", dir);
}

/* Items of one feed: old ones that are known, one of which says something else in each round, and new ones. */
static inline struct buf make_document(size_t feed, int round)
{
	char title[100], guid[64], link[100], body[2000];
	struct draft d = draft_new("A feed");
	struct buf out;

	for (int i = 0; i < 8; i++) {
		struct item *it;

		snprintf(guid, sizeof(guid), "%zu-%d", feed, i < 6 ? i : i + 10 * round);
		snprintf(link, sizeof(link), "https://example.org/%s", i == 3 ? "shared" : guid);
		snprintf(title, sizeof(title), "Ship %d of yard %zu%s", i, feed, i == 1 && round > 0 ? " again" : "");
		snprintf(body, sizeof(body), "%s %s", i < 4 ? bodies[i] : "Nothing else has happened there",
			i == 1 && round % 2 == 1 ? "All of them." : "");
		it = draft_add_text(&d, guid, link, title, body);
		draft_match(&d, it, i % 2 == 0 ? "alert/strait" : "output/ships", "ship");
	}
	out = draft_encode(&d);
	draft_release(&d);
	return out;
}

/* Takes one in; each is made once. */
static inline int poll_feed(struct ingest *k, int64_t feed_id, size_t feed, int round, struct error *err)
{
	static struct buf documents[FEEDS][ROUNDS];
	struct poll_outcome o = {.feed_id = feed_id,
		.at_ms = NOW_MS + round * HOUR_MS + (int64_t)feed,
		.kind = OUTCOME_DOCUMENT,
		.http_status = 200,
		.document = BUF_INIT(DOCUMENT_MAX)};
	struct poll_report r = {0};
	char url[64];
	int result;

	if (documents[feed][round].data == NULL)
		documents[feed][round] = make_document(feed, round);
	assert_int_equal(buf_add(&o.document, buf_str(&documents[feed][round])), 0);
	snprintf(url, sizeof(url), "https://%s.example/feed", fixture_feeds[feed].name);
	o.url = strdup(url);
	o.etag = strdup("\"tag\"");
	o.last_modified = strdup("Mon, 23 Nov 2026 10:00:00 GMT");
	o.moved_to = strdup("https://moved.example/feed");
	result = ingest_begin(k, err);
	if (result == 0)
		result = ingest_take(k, &o, &r, err);
	if (result == 0)
		result = ingest_commit(k, o.at_ms, err);
	if (result == 0 && r.error.code != 0) {
		*err = r.error;
		result = r.error.code;
	}
	feed_state_release(&r.state);
	free(r.hubs);
	free(r.topic);
	free(o.hubs);
	free(o.topic);
	free(o.url);
	free(o.etag);
	free(o.last_modified);
	free(o.moved_to);
	free(o.reason);
	buf_release(&o.document);
	return result;
}

static inline struct writer_options damage_options(const char *dir)
{
	struct writer_options options = fixture_options(dir);

	options.keep_items_ms = 100 * DAY_MS;
	options.keep_events_ms = 30 * DAY_MS;
	return options;
}

static inline int take_uid(void *arg, const struct story *s)
{
	char *uid = arg;

	memcpy(uid, s->reports[0].uid, UID_TEXT_MAX);
	return 1;
}

/* Postings of so many items that a table of a week has rows. */
static inline void fill_buckets(struct sql_db *db)
{
	static struct near_index n;
	struct near_store store;
	uint64_t shingles[NEAR_SHINGLES_MAX];

	memset(&n, 0, sizeof(n));
	assert_int_equal(near_store_init(&store, db, NULL), 0);
	assert_int_equal(near_index_init(&n, db, &store, NULL), 0);
	run_statements(db, "BEGIN");
	for (int64_t id = 1; id <= POSTING_BUFFER_MAX / NEAR_SHINGLES_MAX + 1; id++) {
		for (size_t i = 0; i < NEAR_SHINGLES_MAX; i++)
			shingles[i] = (uint64_t)i << 43 | (uint64_t)(id * 7919 % 1024) << 20 | (uint64_t)id;
		assert_int_equal(near_index_add(&n, id, false, shingles, NEAR_SHINGLES_MAX, NOW_MS, NULL), 0);
	}
	/* a few rows do, and are read faster in each of many cases */
	run_statements(db, "DELETE FROM near_bucket_0 WHERE place >> 32 > 4; DELETE FROM near_bucket_1 WHERE "
			   "place >> 32 > 4;"
			   "DELETE FROM near_bucket_2 WHERE place >> 32 > 4; DELETE FROM near_bucket_3 WHERE "
			   "place >> 32 > 4;"
			   "DELETE FROM near_pending WHERE seq > 2; COMMIT; VACUUM");
	near_index_release(&n);
	near_store_release(&store);
}

static inline void save_websub(struct ingest *k, int64_t feed_id)
{
	struct websub_state state;

	websub_state_init(&state);
	state.feed_id = feed_id;
	state.phase = WEBSUB_TRUSTED;
	state.hubs = strdup("https://hub.example/");
	state.topic = strdup("https://alpha.example/feed");
	state.callback = strdup("https://news.example/websub/0123456789abcdef");
	state.secret = strdup("0123456789abcdef0123456789abcdef");
	state.asked_ms = state.action_ms = state.verified_ms = state.lease_until_ms = NOW_MS;
	assert_int_equal(ingest_begin(k, NULL), 0);
	assert_int_equal(websub_store_save(&k->websub, &state, NULL), 0);
	assert_int_equal(ingest_commit(k, NOW_MS, NULL), 0);
	websub_state_release(&state);
}

static inline int sync_rules(struct ingest *k, struct error *err)
{
	static const struct stored_rule rule = {.name = "output/yards", .expression = "yard AND ship"};
	struct stored_rules *rules = compile_rules(&rule, 1);
	bool changed = false;
	int result = ingest_begin(k, err);

	assert_non_null(rules);
	if (result == 0)
		result = rule_store_sync(&k->rules, rules, 1, k->counters.item_id + 1, &changed, err);
	if (result == 0) {
		rule_store_use(&k->rules, rules, 1);
		result = rule_store_step(&k->rules, NOW_MS, &changed, err);
		rule_store_use(&k->rules, NULL, 1);
	}
	result = result < 0 ? result : ingest_commit(k, NOW_MS, err);
	if (result != 0)
		ingest_rollback(k);
	stored_rules_free(rules);
	return result;
}

/* Fills the folder. */
static inline void populate(const char *dir)
{
	struct writer_options options = damage_options(dir);
	struct feed_state feeds[FEEDS];
	struct story_query all = {.before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = 1};
	char uid[UID_TEXT_MAX], other[UID_TEXT_MAX];
	struct ingest k;
	struct error err = {0};
	struct reader *reader;
	struct story_edit_result edit;
	bool changed;

	assert_ok(ingest_open(&k, &options, &err) == 0, err);
	fill_buckets(k.store.db);
	assert_int_equal(ingest_begin(&k, NULL), 0);
	assert_int_equal(feed_store_sync(&k.feeds, fixture_feeds, FEEDS, feeds, &changed, NULL), 0);
	assert_int_equal(ingest_commit(&k, NOW_MS, NULL), 0);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < FEEDS; i++)
			assert_ok(poll_feed(&k, feeds[i].id, i, round, &err) == 0, err);
	save_websub(&k, feeds[0].id);
	assert_int_equal(sync_rules(&k, NULL), 0);
	reader = reader_new(dir, NULL);
	assert_non_null(reader);
	assert_int_equal(read_stories(reader, &all, take_uid, uid, NULL), 1);
	all.before_sort_ms = NOW_MS + HOUR_MS / 2;
	assert_int_equal(read_stories(reader, &all, take_uid, other, NULL), 1);
	reader_free(reader);
	item_lookup_begin(&k.item_lookup);
	assert_int_equal(ingest_begin(&k, NULL), 0);
	assert_int_equal(story_edit_join(&k.story_edit, str_from(uid), str_from(other), NOW_MS, &edit, NULL), 0);
	assert_int_equal(ingest_commit(&k, NOW_MS, NULL), 0);
	for (size_t i = 0; i < FEEDS; i++)
		feed_state_release(&feeds[i]);
	ingest_close(&k);
	/* a small file is copied faster in each of many cases */
	raw_run_in(dir, "DELETE FROM near_phrase WHERE page > 1; VACUUM");
}

/* ---- everything that is done with a database ---- */

/* What was seen of it. */
struct sights {
	size_t reports, events;
	int polls; /* that were kept */
	int findings, verdicts;
	char *error; /* of what failed first, the caller frees */
	bool opened;
};

static inline void note_failure_of(struct sights *s, const char *what, const struct error *err)
{
	char text[ERROR_TEXT_MAX + 64];

	if (s->error != NULL)
		return;
	snprintf(text, sizeof(text), "%s: %s", what, err->text);
	s->error = strdup(text);
}

struct shown {
	struct sights *sights;
	char uids[64][UID_TEXT_MAX];
	size_t count;
};

static inline int see_story(void *arg, const struct story *s)
{
	struct shown *shown = arg;

	for (size_t i = 0; i < s->report_count; i++) {
		assert_true(utf8_valid(s->reports[i].item.plain_title));
		assert_true(utf8_valid(s->reports[i].source.title));
		shown->sights->reports++;
	}
	if (shown->count < 64)
		memcpy(shown->uids[shown->count++], s->uid, UID_TEXT_MAX);
	return 0;
}

static inline int see_details(void *arg, const struct story *s, const struct story_details *d)
{
	(void)arg;
	(void)s;
	for (size_t i = 0; i < d->tie_count; i++)
		assert_true(utf8_valid(d->ties[i].other_title));
	return 0;
}

static inline int see_event(void *arg, const struct event_record *e)
{
	struct buf line = BUF_INIT(1024 * 1024);
	struct sights *s = arg;

	assert_int_equal(event_write_json(&line, e, &(struct event_view){0}), 0);
	assert_true(utf8_valid(buf_str(&line)));
	buf_release(&line);
	s->events++;
	return 0;
}

static inline void read_all(const char *dir, struct sights *s)
{
	static const struct story_query queries[] = {
		{.before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = 100, .rule_name = "output/ships"},
		{.before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = 100},
	};
	struct shown shown = {.sights = s};
	struct store_counts counts;
	struct error err = {0};
	struct reader *r = reader_new(dir, &err);
	int64_t last = 0, before, changed_ms = 0;
	char text[UID_TEXT_MAX + 32];

	if (r == NULL) {
		note_failure_of(s, "reader", &err);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		s->reports = shown.count = 0;
		if (read_stories(r, &queries[i], see_story, &shown, &err) != 0)
			note_failure_of(s, "stories", &err);
	}
	for (size_t i = 0; i < shown.count; i++)
		if (reader_story_details(r, str_from(shown.uids[i]), NULL, see_details, NULL, &err) != 0)
			note_failure_of(s, "story", &err);
	do {
		before = last;
		if (reader_events(r, before, 100, &last, see_event, s, &err) != 0) {
			note_failure_of(s, "events", &err);
			break;
		}
		assert_true(last >= before);
	} while (last != before);
	if (reader_counts(r, &counts, &err) != 0 || reader_generation(r, &before, &changed_ms, &err) != 0)
		note_failure_of(s, "counts", &err);
	time_format_rfc3339(text, changed_ms);
	reader_free(r);
}

static inline void run_retention(struct ingest *k, struct sights *s)
{
	struct retention retention;
	struct error err = {0};
	int steps = 0;

	if (retention_init(&retention, k, &err) != 0) {
		note_failure_of(s, "retention", &err);
		return;
	}
	do {
		if (retention_step(
			    &retention, k, (struct clock_mark){NOW_MS + 2 * DAY_MS, NOW_MS + 2 * DAY_MS}, &err) != 0)
			note_failure_of(s, "retention", &err);
		assert_in_range(++steps, 0, ROUND_STEPS_MAX);
	} while (retention.phase != RETENTION_DONE);
	retention_release(&retention);
}

static inline void ask_why(struct ingest *k, const char *uid)
{
	struct buf out = BUF_INIT(1024 * 1024);
	struct error err = {0};
	struct jsonw w = JSONW_INIT(&out);

	item_lookup_begin(&k->item_lookup);
	story_explain_write(&k->story_explain, str_from(uid), STR_NONE, &w, &err);
	buf_release(&out);
}

static inline void load_websub(struct ingest *k, struct sights *s)
{
	struct websub_state *states;
	struct error err = {0};
	size_t count;

	if (websub_store_load(&k->websub, &states, &count, &err) != 0) {
		note_failure_of(s, "websub", &err);
		return;
	}
	for (size_t i = 0; i < count; i++)
		websub_state_release(&states[i]);
	free(states);
}

static inline void count_finding(void *arg, const char *table, int64_t row, const char *column, const char *finding)
{
	struct sights *s = arg;

	(void)row;
	assert_non_null(table);
	assert_true(column != NULL || finding != NULL);
	s->findings++;
}

static inline void count_verdict(void *arg, const char *finding, const char *cost)
{
	(void)arg;
	assert_true(strlen(finding) > 0 && strlen(cost) > 0);
}

/* One pass of the checks, all steps. */
static inline void look_through(const char *dir, struct sights *s)
{
	struct error err = {0};
	struct check *c = check_new(dir, true, count_finding, s, &err);
	int steps = 0;

	if (c == NULL)
		return;
	while (check_step(c, &err) == 1)
		assert_in_range(++steps, 0, ROUND_STEPS_MAX);
	check_free(c);
	s->verdicts = verify_database(dir, count_verdict, NULL, &err);
}

static inline void exercise(const char *dir, struct sights *s)
{
	struct writer_options options = damage_options(dir);
	struct feed_state feeds[FEEDS] = {0};
	struct error err = {0};
	struct ingest k;
	bool changed;

	*s = (struct sights){0};
	if (ingest_open(&k, &options, &err) != 0) {
		note_failure_of(s, "open", &err);
		return;
	}
	/* Nothing here is about power: it would take minutes. */
	run_statements(k.store.db, "PRAGMA synchronous = OFF");
	s->opened = true;
	look_through(dir, s);
	read_all(dir, s);
	if (ingest_begin(&k, &err) != 0 ||
		feed_store_sync(&k.feeds, fixture_feeds, FEEDS, feeds, &changed, &err) != 0 ||
		ingest_commit(&k, NOW_MS, &err) != 0) {
		note_failure_of(s, "feeds", &err);
		ingest_rollback(&k);
	}
	load_websub(&k, s);
	if (sync_rules(&k, &err) != 0)
		note_failure_of(s, "rules", &err);
	for (size_t i = 0; i < FEEDS && feeds[i].name != NULL; i++) {
		if (poll_feed(&k, feeds[i].id, i, 3, &err) == 0)
			s->polls++;
		else
			note_failure_of(s, "poll", &err);
		feed_state_release(&feeds[i]);
	}
	run_retention(&k, s);
	ask_why(&k, "00000000-0000-0000-0000-000000000000");
	ingest_close(&k);
}

#endif
