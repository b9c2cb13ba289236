/* SPDX-License-Identifier: ISC */
/* grouping_fixture.h: a grouping on tables in memory, and reports for it as the daemon takes them in. */
#ifndef SITREP_TEST_STORE_GROUPING_FIXTURE_H
#define SITREP_TEST_STORE_GROUPING_FIXTURE_H

#include "../ask.h"
#include "../identity/sketch_fixture.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/grouping.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS (24 * HOUR_MS)
#define WEEK_MS (7 * DAY_MS)
/* 2026-11-23T10:00:00Z */
#define NOW_MS INT64_C(1795428000000)

struct fixture {
	struct sql_db *db;
	struct grouping *g;
	int64_t last_id;
	int64_t now_ms;
	struct buf bytes;
	struct story_answer answer; /* the last one */
};

static inline void open_grouping(struct fixture *f, const struct story_params *params)
{
	struct error err = {0};

	grouping_free(f->g);
	f->g = grouping_new(f->db, params, &err);
	assert_ok(f->g != NULL, err);
}

static inline void set_up(struct fixture *f)
{
	struct error err = {0};

	assert_int_equal(sql_open(&f->db, NULL, SQL_MEMORY, &err, "test"), 0);
	assert_int_equal(grouping_create_tables(f->db, &err), 0);
	buf_init(&f->bytes, SKETCH_BYTES_MAX);
	open_grouping(f, &story_params_default);
	f->now_ms = NOW_MS;
}

static inline void tear_down(struct fixture *f)
{
	grouping_free(f->g);
	assert_int_equal(sql_close(f->db), 0);
	buf_release(&f->bytes);
}

FIXTURE(fixture, set_up, tear_down)

static inline int64_t count(struct fixture *f, const char *query)
{
	return ask_number(f->db, query);
}

struct text_of {
	const char *source, *title, *body;
};

static inline struct grouping_item report_of(struct fixture *f, int64_t id, const struct text_of *t)
{
	struct sketch s = sketch_of(t->title, t->body);

	buf_clear(&f->bytes);
	assert_int_equal(sketch_encode(&f->bytes, &s), 0);
	return (struct grouping_item){
		.item_id = id, .source = str_from(t->source), .at_ms = f->now_ms, .sketch = buf_str(&f->bytes)};
}

static inline void record(struct fixture *f, const struct grouping_item *r, int64_t story, enum story_relation relation,
	const struct story_answer *answer)
{
	struct error err = {0};

	assert_ok(grouping_record(f->g, r, story, relation, answer, &err) == 0, err);
}

/* Takes a report in as the daemon does; a minute goes by.  Returns its story, which is its number when it began one. */
static inline int64_t take(struct fixture *f, const char *source, const char *title, const char *body)
{
	struct text_of t = {source, title, body};
	int64_t id = ++f->last_id, story;
	struct grouping_item r = report_of(f, id, &t);
	struct error err = {0};

	assert_ok(grouping_decide(f->g, &r, &f->answer, &err) == 0, err);
	story = f->answer.story_id != 0 ? f->answer.story_id : id;
	record(f, &r, story, f->answer.relation, &f->answer);
	f->now_ms += 60000;
	return story;
}

#endif
