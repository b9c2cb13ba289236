/* SPDX-License-Identifier: ISC */
/* The table of rules, and the matching of stored items.
 *
 * name is NULL for a rule that is gone.  from_id of a rule in force: items below it are still to be matched; NULL: all
 * were matched.  from_id of a rule that is gone: not NULL while its matches are still to be removed.
 *
 * Rules are matched on the words of the stored text.  The sanitizer has rebuilt it, so its markup is removed without a
 * parser (plain_text.h). */
#include "sitrep/store/rule_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/model/plain_text.h"
#include "sitrep/rules/rule.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/record.h"

enum {
	/* Limits of a step, in items and in processor time: commits of polls wait for it. */
	STEP_ITEMS = 500,
	STEP_US = 5 * 1000,
	STEP_MARKS = 500,
	/* A buffer larger than this is freed after an item. */
	KEPT_MAX = 256 * 1024,
	DECODED_MAX = 16 * 1024 * 1024,
	TOKENS_MAX = 4 * LIMIT_ITEM_CONTENT, /* as in the worker */
};

static const char *const texts[RULE_STATEMENTS] = {
	[RULE_FORGET_GENERATIONS] = "UPDATE rule SET generation = 0 WHERE generation != 0",
	[RULE_DROP_CLEANED] = "DELETE FROM rule WHERE name IS NULL AND from_id IS NULL",
	[RULE_LIST] = "SELECT mark FROM rule WHERE name IS NOT NULL",
	[RULE_GO] = "UPDATE rule SET name = NULL, from_id = 0 WHERE mark = ?1",
	[RULE_COME] = "INSERT INTO rule(mark, name, from_id, generation) VALUES(?1, ?2, ?3, ?4)"
		      " ON CONFLICT(mark) DO UPDATE SET name = ?2, from_id = ?3, generation = ?4 WHERE name IS NULL",
	[RULE_TOP] = "SELECT max(from_id) FROM rule WHERE name IS NOT NULL",
	[RULE_ITEMS] = "SELECT i.id, i.story_id, i.sort_ms, f.name, f.categories, i.record FROM item i"
		       " JOIN feed f ON f.id = i.feed_id JOIN story s ON s.id = i.story_id WHERE i.id < ?1 ORDER BY "
		       "i.id DESC LIMIT ?2",
	[RULE_MARK] = "INSERT OR IGNORE INTO mark(name, sort_ms, story_id, item_id, at) SELECT ?1, ?2, ?3, ?4, ?5"
		      " FROM rule WHERE mark = ?1 AND name IS NOT NULL AND from_id > ?4",
	[RULE_REACHED] = "UPDATE rule SET from_id = ?1 WHERE name IS NOT NULL AND from_id > ?1",
	[RULE_FINISHED] = "UPDATE rule SET from_id = NULL WHERE name IS NOT NULL AND from_id IS NOT NULL",
	[RULE_AGAIN] = "UPDATE rule SET from_id = ?2 WHERE name IS NOT NULL AND generation > ?1",
	[RULE_GONE] = "SELECT mark FROM rule WHERE name IS NULL AND from_id IS NOT NULL LIMIT 1",
	[RULE_CLEAN] = "DELETE FROM mark WHERE (name, sort_ms, story_id) IN"
		       " (SELECT name, sort_ms, story_id FROM mark WHERE name = ?1 LIMIT ?2)",
	[RULE_CLEANED] = "UPDATE rule SET from_id = NULL WHERE mark = ?1",
};
SQL_TEXTS(texts, RULE_STATEMENTS);

static const char cannot_sync[] = "cannot take the rules over";
static const char cannot_match[] = "cannot match rules with stored items";

int rule_store_init(struct rule_store *r, struct sql_db *db, struct error *err)
{
	*r = (struct rule_store){.generation = 0};
	arena_init(&r->arena, DECODED_MAX);
	buf_init(&r->text, LIMIT_ITEM_CONTENT);
	buf_init(&r->title, TOKENS_MAX);
	buf_init(&r->body, TOKENS_MAX);
	return sql_prepare(db, texts, RULE_STATEMENTS, r->s, err);
}

void rule_store_release(struct rule_store *r)
{
	sql_finalize(r->s, RULE_STATEMENTS);
	arena_release(&r->arena);
	buf_release(&r->text);
	buf_release(&r->title);
	buf_release(&r->body);
}

/* ---- rules in force ---- */

static int compare_key(const void *key, const void *element)
{
	const struct str *mark = key;
	const struct stored_rule *rule = element;

	return str_cmp(*mark, str_from(rule->mark));
}

/* Marks rules that are not among those given as gone. */
static int let_go(struct rule_store *r, const struct stored_rules *rules, bool *changed, struct error *err)
{
	struct sql_stmt *s = r->s[RULE_LIST];
	int result;

	while ((result = sql_step(s, err, cannot_sync)) == 1) {
		struct str mark = sql_text(s, 0);

		if (bsearch(&mark, rules->items, rules->count, sizeof(*rules->items), compare_key) != NULL)
			continue;
		*changed = true;
		sql_bind_text(r->s[RULE_GO], 1, mark);
		result = sql_done(r->s[RULE_GO], err, cannot_sync);
		if (result != 0)
			break;
	}
	sql_reset(s);
	return result;
}

int rule_store_sync(struct rule_store *r, const struct stored_rules *rules, int64_t generation, int64_t next_id,
	bool *changed, struct error *err)
{
	struct sql_stmt *s = r->s[RULE_COME];
	int result = 0;

	/* First call since the start: generations are counted from each start. */
	if (r->generation == 0) {
		result = sql_done(r->s[RULE_FORGET_GENERATIONS], err, cannot_sync);
		if (result == 0)
			result = sql_done(r->s[RULE_DROP_CLEANED], err, cannot_sync);
	}
	if (result == 0)
		result = let_go(r, rules, changed, err);
	for (size_t i = 0; i < rules->count && result == 0; i++) {
		sql_bind_cstr(s, 1, rules->items[i].mark);
		sql_bind_cstr(s, 2, rules->items[i].name);
		sql_bind_int(s, 3, next_id);
		sql_bind_int(s, 4, generation);
		result = sql_done(s, err, cannot_sync);
		*changed = *changed || (result == 0 && sql_changed(s) > 0);
	}
	return result;
}

void rule_store_use(struct rule_store *r, struct rule_set *set, int64_t generation)
{
	r->set = set;
	r->generation = generation;
	r->pending = true;
}

int rule_store_match_again(struct rule_store *r, int64_t generation, int64_t next_id, struct error *err)
{
	r->pending = true;
	sql_bind_int(r->s[RULE_AGAIN], 1, generation);
	sql_bind_int(r->s[RULE_AGAIN], 2, next_id);
	return sql_done(r->s[RULE_AGAIN], err, cannot_match);
}

/* ---- an item's words ---- */

static void empty(struct buf *b)
{
	if (b->cap > KEPT_MAX)
		buf_release(b);
	else
		buf_clear(b);
}

/* A text that is too long is cut, as in the worker. */
static int add_tokens(struct rule_store *r, const struct text *t, struct buf *tokens, size_t *count)
{
	int result;

	*count = 0;
	empty(tokens);
	empty(&r->text);
	if (t->kind == TEXT_ABSENT)
		return 0;
	result = plain_words(&r->text, t);
	if (result == 0 || result == -E2BIG)
		result = rule_words(tokens, buf_str(&r->text), count);
	return result == -E2BIG ? 0 : result;
}

static int add_words(struct rule_store *r, const struct item *it, struct rule_subject *subject)
{
	size_t count;
	int result = add_tokens(r, &it->title, &r->title, &count);

	if (result == 0)
		result = add_tokens(r, &it->content, &r->body, &count);
	if (result == 0 && count == 0)
		result = add_tokens(r, &it->summary, &r->body, &count);
	subject->title_tokens = buf_str(&r->title);
	subject->body_tokens = buf_str(&r->body);
	return result;
}

/* ---- steps ---- */

struct match_run {
	struct rule_store *store;
	int64_t item_id, story_id, sort_ms, now_ms;
	bool *changed;
	int result;
	struct error *err;
};

static void note_match(void *arg, struct str rule, const struct str *terms, size_t term_count)
{
	struct match_run *m = arg;
	struct sql_stmt *s = m->store->s[RULE_MARK];

	(void)terms;
	(void)term_count;
	if (m->result != 0)
		return;
	sql_bind_text(s, 1, rule);
	sql_bind_int(s, 2, m->sort_ms);
	sql_bind_int(s, 3, m->story_id);
	sql_bind_int(s, 4, m->item_id);
	sql_bind_int(s, 5, m->now_ms);
	m->result = sql_done(s, m->err, cannot_match);
	*m->changed = *m->changed || (m->result == 0 && sql_changed(s) > 0);
}

/* A record that cannot be read matches nothing. */
static int match_item(struct rule_store *r, struct sql_stmt *row, struct match_run *m)
{
	struct rule_subject subject = {.feed = sql_text(row, 3), .categories = sql_text(row, 4)};
	struct item it;
	int result = 0;

	m->item_id = sql_int(row, 0);
	m->story_id = sql_int(row, 1);
	m->sort_ms = sql_time_or(row, 2, 0);
	if (r->set != NULL && rule_set_count(r->set) > 0 &&
		record_decode(sql_blob(row, 5), m->item_id, &r->arena, &it) == 0) {
		subject.language = it.language;
		result = add_words(r, &it, &subject);
		if (result == 0)
			result = rule_set_match(r->set, &subject, note_match, m);
		if (result != 0)
			(void)error_sys(m->err, result, cannot_match);
	}
	arena_clear(&r->arena);
	return result != 0 ? result : m->result;
}

static int match_items(struct rule_store *r, int64_t top, int64_t now_ms, bool *changed, struct error *err)
{
	struct match_run m = {.store = r, .now_ms = now_ms, .changed = changed, .err = err};
	struct sql_stmt *s = r->s[RULE_ITEMS];
	int64_t began_us = clock_thread_cpu_us();
	int result;

	sql_bind_int(s, 1, top);
	sql_bind_int(s, 2, STEP_ITEMS);
	while ((result = sql_step(s, err, cannot_match)) == 1) {
		result = match_item(r, s, &m);
		if (result != 0 || clock_thread_cpu_us() - began_us >= STEP_US)
			break;
	}
	sql_reset(s);
	if (result < 0)
		return result;
	if (m.item_id == 0)
		return sql_done(r->s[RULE_FINISHED], err, cannot_match);
	sql_bind_int(r->s[RULE_REACHED], 1, m.item_id);
	return sql_done(r->s[RULE_REACHED], err, cannot_match);
}

/* Removes up to STEP_MARKS matches of a rule that is gone; 1 when there was one. */
static int clean(struct rule_store *r, struct error *err)
{
	char mark[256] = "";
	int result = sql_step(r->s[RULE_GONE], err, cannot_match);

	if (result == 1)
		(void)snprintf(mark, sizeof(mark), "%s", sql_cstr(r->s[RULE_GONE], 0));
	sql_reset(r->s[RULE_GONE]);
	if (result != 1)
		return result;
	sql_bind_cstr(r->s[RULE_CLEAN], 1, mark);
	sql_bind_int(r->s[RULE_CLEAN], 2, STEP_MARKS);
	result = sql_done(r->s[RULE_CLEAN], err, cannot_match);
	if (result == 0 && sql_changed(r->s[RULE_CLEAN]) < STEP_MARKS) {
		sql_bind_cstr(r->s[RULE_CLEANED], 1, mark);
		result = sql_done(r->s[RULE_CLEANED], err, cannot_match);
	}
	return result == 0 ? 1 : result;
}

int rule_store_step(struct rule_store *r, int64_t now_ms, bool *changed, struct error *err)
{
	int64_t top = 0;
	int result;

	*changed = false;
	result = sql_get_int(r->s[RULE_TOP], &top, err, cannot_match);
	if (result == 1 && top > 0) {
		result = match_items(r, top, now_ms, changed, err);
		return result == 0 ? 1 : result;
	}
	result = result < 0 ? result : clean(r, err);
	if (result == 0)
		r->pending = false;
	return result;
}
