/* SPDX-License-Identifier: ISC */
/* fixture.h: a state folder, documents as a worker would send them, and a writer to take them in. */
#ifndef SITREP_TEST_STORE_FIXTURE_H
#define SITREP_TEST_STORE_FIXTURE_H

#include <dirent.h>
#include <poll.h>

#include "../ask.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/sha256.h"
#include "sitrep/ingest/request.h"
#include "sitrep/ingest/writer.h"
#include "sitrep/model/document.h"
#include "sitrep/model/wire.h"
#include "sitrep/store/event_json.h"
#include "sitrep/store/reader.h"
#include "sitrep/store/store.h"

/* Takes back what the steps from 19 and from 20 on did, so that they may run again. */
#define UNDO_22                                                                                                        \
	"DROP TABLE silence; DROP TABLE alert_group; DROP TABLE alert_held; DROP TABLE alert_sent; DROP TABLE burst;"  \
	"DROP TABLE breaking; ALTER TABLE feed DROP COLUMN own_id; ALTER TABLE feed DROP COLUMN own_author;"           \
	"ALTER TABLE feed DROP COLUMN own_rights;"
#define UNDO_20                                                                                                        \
	UNDO_22                                                                                                        \
	"DROP TABLE alert; DROP TABLE alert_day; DROP TABLE alert_rule; ALTER TABLE counter DROP COLUMN alert_id;"
#define UNDO_19                                                                                                        \
	UNDO_20                                                                                                        \
	"ALTER TABLE counter RENAME TO total; ALTER TABLE story_constraint RENAME TO held;"                            \
	"ALTER TABLE rule_match RENAME COLUMN rule_key TO name; ALTER TABLE rule_match RENAME TO mark;"                \
	"ALTER TABLE rule RENAME COLUMN rule_key TO mark; ALTER TABLE feed RENAME COLUMN history TO habits;"           \
	"DROP INDEX story_constraint_story; DROP INDEX rule_match_story;"                                              \
	"CREATE INDEX held_story ON held(story_id); CREATE INDEX mark_story ON mark(story_id);"

enum { WAIT_MS = 30 * 1000, DOCUMENT_MAX = 64 * 1024 * 1024 };

#define MINUTE_MS (INT64_C(60) * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
/* 2026-11-23T10:00:00Z */
#define NOW_MS INT64_C(1795428000000)

static inline void state_dir_make(char path[256])
{
	const char *base = getenv("TMPDIR");

	snprintf(path, 256, "%s/sitrep-store-XXXXXX", base != NULL ? base : P_tmpdir);
	assert_non_null(mkdtemp(path));
}

static inline void state_dir_remove(const char *path)
{
	DIR *d = opendir(path);
	char file[600];

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		snprintf(file, sizeof(file), "%.255s/%.255s", path, e->d_name);
		unlink(file);
	}
	if (d != NULL)
		closedir(d);
	rmdir(path);
}

static inline struct str digest_of(struct arena *a, struct str text)
{
	uint8_t digest[SHA256_LEN];

	sha256_of(&text, 1, digest);
	return arena_str(a, str_make((const char *)digest, sizeof(digest)));
}

/* A document under way. */
struct draft {
	struct arena arena;
	struct document d;
};

static inline struct draft draft_new(const char *title)
{
	struct draft f = {.arena = ARENA_INIT(DOCUMENT_MAX)};

	document_init(&f.d);
	f.d.format = FORMAT_RSS;
	f.d.wellformed = true;
	if (title != NULL)
		f.d.feed.title = (struct text){.kind = TEXT_PLAIN, .value = str_from(title)};
	return f;
}

static inline void draft_init(struct draft *f, const char *title)
{
	*f = draft_new(title);
}

/* The text is title and body; its tokens are counted by their spaces. */
static inline struct item *draft_add(
	struct draft *f, const char *guid, const char *link, const char *title, const char *body)
{
	struct item *it = list_add(&f->arena, &f->d.items);
	char text[4096];

	assert_non_null(it);
	item_init(it);
	snprintf(text, sizeof(text), "%s\n%s", title, body);
	it->id = arena_str(&f->arena, str_from(guid));
	it->title.kind = TEXT_PLAIN;
	it->title.value = it->plain_title = arena_str(&f->arena, str_from(title));
	it->summary.kind = TEXT_PLAIN;
	it->summary.value = it->plain_summary = arena_str(&f->arena, str_from(body));
	it->link = arena_str(&f->arena, str_from(link));
	it->identity = digest_of(&f->arena, str_from(guid));
	it->digest = digest_of(&f->arena, str_from(text));
	if (link != NULL)
		it->url_key = digest_of(&f->arena, str_from(link));
	it->canon_version = 1;
	it->token_count = 2;
	for (const char *c = text; *c != '\0'; c++)
		it->token_count += *c == ' ';
	return it;
}

/* A match under conditions on the story. */
static inline void draft_match_if(struct draft *f, struct item *it, const char *rule, const char *terms, uint64_t truth)
{
	struct match *m = list_add(&f->arena, &it->matches);

	assert_non_null(m);
	m->rule = str_from(rule);
	m->terms = str_from(terms);
	m->truth = truth;
}

static inline void draft_match(struct draft *f, struct item *it, const char *rule, const char *terms)
{
	draft_match_if(f, it, rule, terms, 1);
}

static inline struct buf draft_encode(const struct draft *f)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);

	assert_int_equal(wire_encode_document(&out, &f->d), 0);
	return out;
}

static inline void draft_release(struct draft *f)
{
	arena_release(&f->arena);
}

/* ---- a daemon's writer and reader on a folder of their own ---- */

struct fixture {
	char dir[256];
	struct writer *writer;
	struct reader *reader;
	struct feed_state feeds[8];
	size_t feed_count;
	int64_t now_ms;
};

static inline void plan_in_an_hour(
	void *arg, struct feed_state *state, const struct poll_outcome *o, struct poll_news *news)
{
	(void)arg;
	(void)news;
	state->due_ms = o->at_ms + HOUR_MS * (1 + state->errors);
}

/* Sorted by name, as what is opened without the writer must be. */
static const struct alert_spec fixture_alerts[] = {
	{.name = "dprk", .priority = "urgent", .revise_after_ms = HOUR_MS},
	{.name = "strait", .priority = "high", .revise_after_ms = HOUR_MS},
};

static inline struct writer_options fixture_options(const char *dir)
{
	return (struct writer_options){
		.state_dir = dir,
		.plan = plan_in_an_hour,
		.alerts = {.items = fixture_alerts, .count = 2, .backlog_ms = DAY_MS},
	};
}

static inline void fixture_open(struct fixture *f)
{
	struct writer_options options = fixture_options(f->dir);
	struct error err = {0};

	f->writer = writer_new(&options, &err);
	assert_ok(f->writer != NULL, err);
	f->reader = reader_new(f->dir, &err);
	assert_ok(f->reader != NULL, err);
}

static inline void fixture_release_states(struct fixture *f)
{
	for (size_t i = 0; i < f->feed_count; i++)
		feed_state_release(&f->feeds[i]);
	f->feed_count = 0;
}

static inline void fixture_close(struct fixture *f)
{
	reader_free(f->reader);
	writer_free(f->writer);
	f->reader = NULL;
	f->writer = NULL;
}

/* One number out of the database. */
static inline int64_t ask_database(const char *dir, const char *query)
{
	struct store store;
	struct error err = {0};
	int64_t value;

	assert_ok(store_open(&store, dir, STORE_READ, &err) == 0, err);
	value = ask_number(store.db, query);
	store_close(&store);
	return value;
}

/* ---- changes of the configuration ---- */

static inline void fixture_note_end(void *arg, const struct error *err)
{
	struct error *end = arg;

	*end = *err;
	end->code = err->code != 0 ? err->code : 1;
}

/* Waits for the end of a writer_run() or writer_apply() that was handed over last, and whose end is in *end. */
static inline void fixture_await(struct fixture *f, const struct error *end)
{
	struct pollfd fd = {.fd = writer_fd(f->writer), .events = POLLIN};
	int64_t cursor;

	while (end->code == 0) {
		struct poll_report *first;

		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		first = writer_collect(f->writer, &cursor);
		for (struct poll_report *r = first; r != NULL; r = r->next)
			if (r->done != NULL)
				r->done(r->done_arg, &r->error);
		poll_reports_free(first);
	}
}

static inline void fixture_note_answer(struct request *q)
{
	fixture_note_end(q->arg, &q->error);
}

/* Asks story_request_new()'s question and waits for the answer, which the caller frees. */
static inline struct request *fixture_ask(struct fixture *f, const char *op, const char *item, const char *other)
{
	struct request *q = story_request_new(op, str_from(item), str_from(other));
	struct error end = {0};

	assert_non_null(q);
	q->done = fixture_note_answer;
	q->arg = &end;
	assert_int_equal(request_submit(q, f->writer), 0);
	fixture_await(f, &end);
	assert_ptr_equal(q->arg, &end);
	return q;
}

/* Splits or joins, which succeeds, and changes something or not. */
static inline void fixture_edit(struct fixture *f, const char *op, const char *item, const char *other, bool changes)
{
	struct request *q = fixture_ask(f, op, item, other);

	assert_string_equal(q->error.text, "");
	assert_non_null(strstr(q->answer.data, changes ? "\"changed\":true" : "\"changed\":false"));
	request_free(q);
}

/* The caller releases c. */
static inline void fixture_change(
	struct fixture *f, struct writer_change *c, const struct feed_spec *specs, size_t count)
{
	struct error end = {0};

	c->feeds = specs;
	c->count = count;
	c->done = fixture_note_end;
	c->arg = &end;
	assert_int_equal(writer_apply(f->writer, c), 0);
	fixture_await(f, &end);
	if (end.code != 1)
		fail_msg("%s", end.text);
}

static inline void fixture_sync_with(
	struct fixture *f, const struct feed_spec *specs, size_t count, const struct writer_options *options)
{
	struct writer_change c = {0};

	fixture_release_states(f);
	assert_true(count <= sizeof(f->feeds) / sizeof(f->feeds[0]));
	if (options != NULL)
		assert_int_equal(writer_change_set_options(&c, options), 0);
	fixture_change(f, &c, specs, count);
	for (size_t i = 0; i < count; i++) {
		f->feeds[i] = c.states[i];
		c.states[i] = (struct feed_state){0};
	}
	writer_change_release(&c);
	f->feed_count = count;
}

static inline void fixture_sync(struct fixture *f, const struct feed_spec *specs, size_t count)
{
	fixture_sync_with(f, specs, count, NULL);
}

/* Gives the stories that q asks for to fn, as a document has them; what fn says ends it. */
static inline int read_stories(
	struct reader *r, const struct story_query *q, story_fn *fn, void *arg, struct error *err)
{
	struct river_place *places = calloc(q->limit + 1, sizeof(*places));
	size_t count = 0;
	int result;

	if (places == NULL)
		return error_sys(err, -ENOMEM, "cannot read stories");
	result = reader_places(r, q, places, &count, err);
	for (size_t i = 0; i < count && result == 0; i++)
		result = reader_story_at(r, &places[i], STR_NONE, fn, arg, err);
	free(places);
	return result;
}

static const struct feed_spec fixture_feeds[] = {
	{.name = "alpha", .url = "https://alpha.example/feed", .categories = "naval\nus", .first_due_ms = NOW_MS},
	{.name = "bravo", .url = "https://bravo.example/feed", .categories = "air", .first_due_ms = NOW_MS + 1},
	{.name = "charlie", .url = "https://charlie.example/feed", .title = "The Charlie", .first_due_ms = NOW_MS + 2},
};

enum { ALPHA, BRAVO, CHARLIE };

static inline void fixture_setup(struct fixture *f)
{
	state_dir_make(f->dir);
	fixture_open(f);
	fixture_sync(f, fixture_feeds, 3);
	f->now_ms = NOW_MS;
}

static inline void fixture_restart(struct fixture *f)
{
	fixture_close(f);
	fixture_open(f);
	fixture_sync(f, fixture_feeds, 3);
}

static inline void fixture_teardown(struct fixture *f)
{
	fixture_close(f);
	fixture_release_states(f);
	state_dir_remove(f->dir);
}

FIXTURE(fixture, fixture_setup, fixture_teardown)

static inline struct poll_outcome *outcome_make(const struct fixture *f, size_t feed, int kind)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->feed_id = f->feeds[feed].id;
	o->at_ms = f->now_ms;
	o->kind = kind == OUTCOME_DOCUMENT ? OUTCOME_DOCUMENT
		  : kind == OUTCOME_FAILED ? OUTCOME_FAILED
					   : OUTCOME_NOT_MODIFIED;
	o->http_status = 200;
	o->url = strdup(f->feeds[feed].url);
	return o;
}

/* A feed's answer with that document; releases the draft. */
static inline struct poll_outcome *outcome_of(const struct feed_state *feed, int64_t at_ms, struct draft *draft)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->feed_id = feed->id;
	o->at_ms = at_ms;
	o->kind = OUTCOME_DOCUMENT;
	o->http_status = 200;
	o->url = strdup(feed->url);
	o->document = draft_encode(draft);
	draft_release(draft);
	return o;
}

/* The same, now, of one of the fixture's feeds. */
static inline struct poll_outcome *outcome_now(const struct fixture *f, size_t feed, struct draft *draft)
{
	return outcome_of(&f->feeds[feed], f->now_ms, draft);
}

/* The next report; the caller frees it. */
static inline struct poll_report *fixture_wait(struct fixture *f)
{
	struct pollfd fd = {.fd = writer_fd(f->writer), .events = POLLIN};
	struct poll_report *r;
	int64_t cursor;

	do {
		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		r = writer_collect(f->writer, &cursor);
	} while (r == NULL);
	assert_null(r->next);
	return r;
}

/* Submits, waits, keeps the feed's new state; time goes on by a minute. */
static inline struct poll_report fixture_take(struct fixture *f, struct poll_outcome *o)
{
	struct poll_report *r, copy;

	writer_submit(f->writer, o);
	r = fixture_wait(f);
	copy = *r;
	for (size_t i = 0; i < f->feed_count; i++) {
		if (f->feeds[i].id == r->feed_id && r->state.name != NULL) {
			feed_state_release(&f->feeds[i]);
			f->feeds[i] = r->state;
			r->state = (struct feed_state){0};
		}
	}
	poll_reports_free(r);
	f->now_ms += MINUTE_MS;
	return copy;
}

static inline struct poll_report fixture_poll(struct fixture *f, size_t feed, struct draft *draft)
{
	return fixture_take(f, outcome_now(f, feed, draft));
}

static inline void assert_counts(struct poll_report r, int fresh, int copies, int updates, int unchanged)
{
	assert_string_equal(r.error.text, "");
	assert_int_equal(r.fresh, fresh);
	assert_int_equal(r.copies, copies);
	assert_int_equal(r.updates, updates);
	assert_int_equal(r.unchanged, unchanged);
}

/* All events as lines, "\n" behind each. */
static inline int fixture_add_line(void *arg, const struct event_record *e)
{
	struct buf *out = arg;

	assert_int_equal(event_write_json(out, e, &(struct event_view){0}), 0);
	return buf_putc(out, '\n');
}

/* There until the test ends. */
static inline char *fixture_events(struct fixture *f, int64_t after)
{
	struct buf *out = scratch(DOCUMENT_MAX);
	struct error err = {0};
	int64_t last = after, before;

	do {
		before = last;
		assert_ok(reader_events(f->reader, last, 100, &last, fixture_add_line, out, &err) == 0, err);
	} while (last != before);
	assert_int_equal(buf_puts(out, ""), 0); /* also of no event */
	return out->data;
}

/* Counts what readers may have to be told of. */
static inline int64_t fixture_generation(struct fixture *f)
{
	int64_t generation, changed_ms;

	assert_int_equal(reader_generation(f->reader, &generation, &changed_ms, NULL), 0);
	return generation;
}

/* Cursor of the newest event. */
static inline int64_t fixture_cursor(struct fixture *f)
{
	int64_t oldest, newest;

	assert_int_equal(reader_cursors(f->reader, &oldest, &newest, NULL), 0);
	return newest;
}

/* "new:A title,copy:Another": what happened after the cursor, into text. */
static inline int fixture_add_word(void *arg, const struct event_record *e)
{
	struct buf *out = arg;

	buf_printf(out, "%s%s", out->len > 0 ? "," : "", event_kind_name(e->kind));
	if (e->report != NULL)
		buf_printf(out, ":%.*s", STR_ARG(e->report->item.plain_title));
	return 0;
}

static inline void assert_events(struct fixture *f, int64_t after, const char *expected)
{
	struct buf out = BUF_INIT(64 * 1024);
	struct error err = {0};
	int64_t last;

	assert_ok(reader_events(f->reader, after, 1000, &last, fixture_add_word, &out, &err) == 0, err);
	assert_string_equal(out.data != NULL ? out.data : "", expected);
	buf_release(&out);
}

#endif
