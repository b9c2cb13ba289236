/* SPDX-License-Identifier: ISC */
/* Table rule.  Column name is NULL for a removed rule.  Column from_id of a rule in force: items below that id have not
 * been matched yet; NULL: all have.  from_id of a removed rule: not NULL while the rule still has matches to remove. */
#include "sitrep/store/rule_store.h"

#include <stdio.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/rules/rule.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/record.h"

enum {
	/* Limits of a step, in items and in processor time: commits of polls wait for it. */
	STEP_ITEMS = 500,
	STEP_US = 5 * 1000,
	STEP_MATCHES = 500,
	DECODED_MAX = 16 * 1024 * 1024,
};

static const char *const texts[RULE_STATEMENTS] = {
	[RULE_FORGET_GENERATIONS] = "UPDATE rule SET generation = 0 WHERE generation != 0",
	[RULE_DROP_CLEANED] = "DELETE FROM rule WHERE name IS NULL AND from_id IS NULL",
	[RULE_LIST] = "SELECT rule_key FROM rule WHERE name IS NOT NULL",
	[RULE_GO] = "UPDATE rule SET name = NULL, from_id = 0 WHERE rule_key = ?1",
	/* OR REPLACE: a row whose key is damaged may still have the name. */
	[RULE_COME] =
		"INSERT OR REPLACE INTO rule(rule_key, name, from_id, generation) VALUES(?1, ?2, ?3, ?4)"
		" ON CONFLICT(rule_key) DO UPDATE SET name = ?2, from_id = ?3, generation = ?4 WHERE name IS NULL",
	[RULE_TOP] = "SELECT max(from_id) FROM rule WHERE name IS NOT NULL",
	[RULE_ITEMS] = "SELECT i.id, i.story_id, i.sort_ms, f.name, f.categories, i.record, "
		       "coalesce(f.configured_title, f.own_title, f.name), f.publisher FROM item i"
		       " JOIN feed f ON f.id = i.feed_id JOIN story s ON s.id = i.story_id WHERE i.id < ?1 ORDER BY "
		       "i.id DESC LIMIT ?2",
	[RULE_ADD_MATCH] =
		"INSERT OR IGNORE INTO rule_match(rule_key, sort_ms, story_id, item_id, at) SELECT ?1, ?2, ?3, ?4, ?5"
		" FROM rule WHERE rule_key = ?1 AND name IS NOT NULL AND from_id > ?4",
	[RULE_REACHED] = "UPDATE rule SET from_id = ?1 WHERE name IS NOT NULL AND from_id > ?1",
	[RULE_FINISHED] = "UPDATE rule SET from_id = NULL WHERE name IS NOT NULL AND from_id IS NOT NULL",
	[RULE_AGAIN] = "UPDATE rule SET from_id = ?2 WHERE name IS NOT NULL AND generation > ?1",
	[RULE_GONE] = "SELECT rule_key FROM rule WHERE name IS NULL AND from_id IS NOT NULL LIMIT 1",
	[RULE_CLEAN] = "DELETE FROM rule_match WHERE (rule_key, sort_ms, story_id) IN"
		       " (SELECT rule_key, sort_ms, story_id FROM rule_match WHERE rule_key = ?1 LIMIT ?2)",
	[RULE_CLEAN_PENDING] = "DELETE FROM rule_pending WHERE (story_id, rule_key, item_id) IN"
			       " (SELECT story_id, rule_key, item_id FROM rule_pending WHERE rule_key = ?1 LIMIT ?2)",
	[RULE_CLEANED] = "UPDATE rule SET from_id = NULL WHERE rule_key = ?1",
};
SQL_TEXTS(texts, RULE_STATEMENTS);

static const char cannot_sync[] = "cannot store the rules";
static const char cannot_match[] = "cannot match rules with stored items";

int rule_store_init(struct rule_store *r, struct sql_db *db, struct rule_pending *waiting, struct error *err)
{
	*r = (struct rule_store){.waiting = waiting};
	arena_init(&r->arena, DECODED_MAX);
	stored_words_init(&r->words);
	return sql_prepare(db, texts, RULE_STATEMENTS, r->s, err);
}

void rule_store_release(struct rule_store *r)
{
	sql_finalize(r->s, RULE_STATEMENTS);
	arena_release(&r->arena);
	stored_words_release(&r->words);
}

/* ---- rules in force ---- */

/* Marks the rules that are not in rules as removed. */
static int mark_removed(struct rule_store *r, const struct stored_rules *rules, bool *changed, struct error *err)
{
	struct sql_stmt *s = r->s[RULE_LIST];
	int result;

	while ((result = sql_step(s, err, cannot_sync)) == 1) {
		struct str rule_key = sql_text(s, 0);

		if (stored_rules_find(rules, rule_key) != NULL)
			continue;
		*changed = true;
		result = sql_run(r->s[RULE_GO], err, cannot_sync, as_text(rule_key));
		if (result != 0)
			break;
	}
	return sql_end(s, result);
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
		result = mark_removed(r, rules, changed, err);
	for (size_t i = 0; i < rules->count && result == 0; i++) {
		result = sql_run(s, err, cannot_sync, as_cstr(rules->items[i].key), as_cstr(rules->items[i].name),
			as_int(next_id), as_int(generation));
		*changed = *changed || (result == 0 && sql_changed(s) > 0);
	}
	return result;
}

void rule_store_use(struct rule_store *r, const struct stored_rules *rules, int64_t generation)
{
	rule_pending_use(r->waiting, rules);
	r->set = rules != NULL ? rules->set : NULL;
	r->generation = generation;
	r->pending = true;
}

int rule_store_match_again(struct rule_store *r, int64_t generation, int64_t next_id, struct error *err)
{
	r->pending = true;
	return sql_run(r->s[RULE_AGAIN], err, cannot_match, as_int(generation), as_int(next_id));
}

/* ---- steps ---- */

struct match_run {
	struct rule_store *store;
	int64_t item_id, story_id, sort_ms, now_ms;
	bool *changed;
	int result;
	struct error *err;
};

static void note_match(void *arg, const struct rule_hit *hit)
{
	struct match_run *m = arg;
	struct sql_stmt *s = m->store->s[RULE_ADD_MATCH];
	const struct event_context o = {.at_ms = m->now_ms, .item_id = m->item_id, .story_id = m->story_id};
	int matches;

	if (m->result != 0)
		return;
	matches = rule_pending_take_stored(m->store->waiting, &o, hit, m->err);
	if (matches <= 0) {
		m->result = matches;
		return;
	}
	sql_bind(s, as_text(hit->rule), as_int(m->sort_ms), as_int(m->story_id), as_int(m->item_id), as_int(m->now_ms));
	m->result = sql_done(s, m->err, cannot_match);
	*m->changed = *m->changed || (m->result == 0 && sql_changed(s) > 0);
}

/* A damaged record matches no rule. */
static int match_item(struct rule_store *r, struct sql_stmt *row, struct match_run *m)
{
	struct item it;
	struct rule_subject subject = {.feed = sql_text(row, 3),
		.categories = sql_text(row, 4),
		.source = sql_text(row, 6),
		.publisher = sql_text(row, 7),
		.item = &it};
	int result = 0;

	m->item_id = sql_int(row, 0);
	m->story_id = sql_int(row, 1);
	m->sort_ms = sql_time_or(row, 2, 0);
	if (r->set != NULL && rule_set_count(r->set) > 0 &&
		record_decode(sql_blob(row, 5), m->item_id, &r->arena, &it) == 0) {
		result = stored_words_read(&r->words, &it, &subject);
		if (result == 0)
			result = rule_set_match(r->set, &subject, note_match, m);
		if (result != 0)
			error_sys(m->err, result, cannot_match);
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

	sql_bind(s, as_int(top), as_int(STEP_ITEMS));
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
	return sql_run(r->s[RULE_REACHED], err, cannot_match, as_int(m.item_id));
}

/* Removes up to STEP_MATCHES matches of a removed rule, then its rows of rule_pending; 1 when there was such a rule. */
static int clean_removed(struct rule_store *r, struct error *err)
{
	char rule_key[256] = "";
	int result = sql_step(r->s[RULE_GONE], err, cannot_match);

	if (result == 1)
		snprintf(rule_key, sizeof(rule_key), "%s", sql_cstr(r->s[RULE_GONE], 0));
	sql_reset(r->s[RULE_GONE]);
	if (result != 1)
		return result;
	result = sql_run(r->s[RULE_CLEAN], err, cannot_match, as_cstr(rule_key), as_int(STEP_MATCHES));
	if (result == 0 && sql_changed(r->s[RULE_CLEAN]) < STEP_MATCHES)
		result = sql_run(r->s[RULE_CLEAN_PENDING], err, cannot_match, as_cstr(rule_key), as_int(STEP_MATCHES));
	if (result == 0 && sql_changed(r->s[RULE_CLEAN]) < STEP_MATCHES &&
		sql_changed(r->s[RULE_CLEAN_PENDING]) < STEP_MATCHES)
		result = sql_run(r->s[RULE_CLEANED], err, cannot_match, as_cstr(rule_key));
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
	result = result < 0 ? result : clean_removed(r, err);
	if (result == 0)
		r->pending = false;
	return result;
}
