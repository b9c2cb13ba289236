/* SPDX-License-Identifier: ISC */
/* The table of silences, and their compiled matchers.
 *
 * is_stale: a row may have changed, so all are read and compiled again.  It is set by each change, even a failed one:
 * the transaction may be rolled back. */
#include "sitrep/store/silences.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/log.h"
#include "sitrep/rules/rule.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/record.h"

enum { DECODED_MAX = 16 * 1024 * 1024, LISTED_MAX = 256, NAME_MAX_LEN = 24 };

static const char *const texts[SILENCE_STATEMENTS] = {
	[SILENCE_IN_FORCE] = "SELECT id, until, matcher, why FROM silence WHERE ended IS NULL AND until > ?1"
			     " ORDER BY id LIMIT ?2",
	[SILENCE_NEXT_ID] = "SELECT coalesce(max(id), 0) + 1 FROM silence",
	[SILENCE_ADD] = "INSERT INTO silence(id, matcher, why, said_by, at, until) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[SILENCE_END] = "UPDATE silence SET ended = ?2 WHERE id = ?1 AND ended IS NULL AND until > ?2",
	[SILENCE_LIST] = "SELECT id, matcher, why, said_by, at, until, ended FROM silence"
			 " WHERE coalesce(ended, until) > ?1 ORDER BY id DESC LIMIT ?2",
	/* the newest stays, so that no number is given twice */
	[SILENCE_CLEAN] = "DELETE FROM silence WHERE coalesce(ended, until) <= ?1"
			  " AND id < (SELECT max(id) FROM silence)",
	[SILENCE_ITEM] = "SELECT f.name, f.categories, coalesce(f.configured_title, f.own_title, f.name), i.record,"
			 " s.first_seen, s.sources, f.publisher FROM item i JOIN feed f ON f.id = i.feed_id"
			 " JOIN story s ON s.id = i.story_id WHERE i.id = ?1",
	[SILENCE_FOLLOW] =
		"UPDATE silence SET at = at + ?1, until = until + ?1 WHERE ended IS NULL AND until > ?2 - ?1",
};
SQL_TEXTS(texts, SILENCE_STATEMENTS);

static const char cannot_read[] = "cannot read the silences";
static const char cannot_save[] = "cannot save a silence";
static const struct str of_alert = {.data = "alert:", .len = 6};

int silences_init(struct silences *all, struct sql_db *db, struct error *err)
{
	*all = (struct silences){.is_stale = true};
	arena_init(&all->arena, DECODED_MAX);
	stored_words_init(&all->words);
	return sql_prepare(db, texts, SILENCE_STATEMENTS, all->s, err);
}

static void forget_all(struct silences *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->items[i].matcher);
		free(all->items[i].why);
	}
	all->count = 0;
	rule_set_free(all->rules);
	all->rules = NULL;
	all->is_stale = true;
}

void silences_release(struct silences *all)
{
	forget_all(all);
	sql_finalize(all->s, SILENCE_STATEMENTS);
	stored_words_release(&all->words);
	arena_release(&all->arena);
}

/* ---- matchers ---- */

/* alert:NAME */
static bool names_alert(struct str matcher, struct str *name)
{
	*name = str_slice(matcher, of_alert.len, matcher.len);
	return str_starts(matcher, of_alert) && !str_empty(*name) && str_find_char(matcher, ' ', 0) == STR_NPOS;
}

static int add_rule(struct rule_set *rules, size_t place, struct str matcher, struct error *err)
{
	char name[NAME_MAX_LEN];

	snprintf(name, sizeof(name), "%zu", place);
	return rule_set_add(rules, str_from(name), matcher, err);
}

/* Compiles the matcher alone, so that a mistake is found before it is stored. */
static int check_matcher(struct str matcher, struct error *err)
{
	struct rule_set *rules;
	struct str name;
	int result;

	if (str_empty(matcher) || matcher.len > SILENCE_MATCHER_MAX)
		return error_set(err, -EINVAL, "the matcher must have 1 to %d bytes", SILENCE_MATCHER_MAX);
	if (names_alert(matcher, &name))
		return 0;
	rules = rule_set_new();
	result = rules != NULL ? add_rule(rules, 0, matcher, err) : error_sys(err, -ENOMEM, cannot_save);
	rule_set_free(rules);
	return result;
}

/* A matcher that an older sitrepd accepted may not be a rule any more: then it mutes nothing. */
static int compile_matchers(struct silences *all)
{
	all->rules = rule_set_new();
	if (all->rules == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++) {
		struct str name, matcher = str_from(all->items[i].matcher);
		struct error why = {0};

		if (!names_alert(matcher, &name) && add_rule(all->rules, i, matcher, &why) != 0)
			log_emit(LOG_LEVEL_WARNING, "silence has an invalid matcher and mutes nothing", "silence",
				LOG_NUM((long long)all->items[i].id), "reason", why.text, NULL);
	}
	return rule_set_finish(all->rules, NULL);
}

static int load_silences(struct silences *all, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = all->s[SILENCE_IN_FORCE];
	bool failed = false;
	int result;

	if (!all->is_stale)
		return 0;
	forget_all(all);
	sql_bind(s, as_int(now_ms), as_int(SILENCES_MAX));
	while ((result = sql_step(s, err, cannot_read)) == 1 && all->count < SILENCES_MAX) {
		struct silence *to = &all->items[all->count++];

		*to = (struct silence){.id = sql_int(s, 0), .until_ms = sql_time_or(s, 1, 0)};
		to->matcher = sql_text_copy(s, 2, &failed);
		to->why = sql_text_copy(s, 3, &failed);
		failed = failed || to->matcher == NULL;
	}
	sql_reset(s);
	if (result >= 0 && (failed || compile_matchers(all) != 0))
		result = error_sys(err, -ENOMEM, cannot_read);
	all->is_stale = result < 0;
	if (result < 0)
		forget_all(all);
	return result < 0 ? result : 0;
}

/* ---- the operator's requests ---- */

int silences_add(struct silences *all, const struct silence_wish *wish, int64_t now_ms, int64_t *id, struct error *err)
{
	struct sql_stmt *s = all->s[SILENCE_ADD];
	int result = check_matcher(wish->matcher, err);

	if (result == 0 && (wish->for_ms <= 0 || wish->for_ms > SILENCE_LONGEST_MS))
		result = error_set(err, -EINVAL, "a silence lasts from 1 ms to 366 days");
	if (result == 0 && wish->why.len > SILENCE_WHY_MAX)
		result = error_set(err, -EINVAL, "the reason must have at most %d bytes", SILENCE_WHY_MAX);
	all->is_stale = true;
	if (result == 0)
		result = load_silences(all, now_ms, err);
	if (result == 0 && all->count == SILENCES_MAX)
		result = error_set(err, -ENOSPC, "%d silences are in force: end one first", SILENCES_MAX);
	all->is_stale = true;
	if (result == 0)
		result = sql_run(all->s[SILENCE_CLEAN], err, cannot_save, as_int(now_ms - SILENCE_KEPT_MS));
	if (result == 0)
		result = sql_get_int(all->s[SILENCE_NEXT_ID], id, err, cannot_read);
	if (result < 0)
		return result;
	return sql_run(s, err, cannot_save, as_int(*id), as_text(wish->matcher),
		as_text(str_empty(wish->why) ? STR_NONE : wish->why), as_cstr(wish->by[0] != '\0' ? wish->by : NULL),
		as_int(now_ms), as_int(now_ms + wish->for_ms));
}

int silences_end(struct silences *all, int64_t id, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = all->s[SILENCE_END];
	int result;

	all->is_stale = true;
	result = sql_run(s, err, cannot_save, as_int(id), as_int(now_ms));
	if (result == 0 && sql_changed(s) == 0)
		result = error_set(err, -ENOENT, "no silence %lld is in force: \"sitrep silence --list\" lists them",
			(long long)id);
	return result;
}

static void write_row(struct sql_stmt *s, int64_t now_ms, struct jsonw *w)
{
	bool has_ended = !sql_is_null(s, 6) || sql_time_or(s, 5, 0) <= now_ms;

	jsonw_object(w);
	jsonw_kv_int(w, "id", sql_int(s, 0));
	jsonw_kv_str(w, "match", sql_text(s, 1));
	if (!sql_is_null(s, 2))
		jsonw_kv_str(w, "why", sql_text(s, 2));
	if (!sql_is_null(s, 3))
		jsonw_kv_str(w, "by", sql_text(s, 3));
	jsonw_kv_time(w, "since", sql_time_or(s, 4, 0));
	jsonw_kv_time(w, "until", sql_is_null(s, 6) ? sql_time_or(s, 5, 0) : sql_time_or(s, 6, 0));
	jsonw_kv_bool(w, "ended", has_ended);
	jsonw_object_end(w);
}

int silences_write(struct silences *all, int64_t now_ms, struct jsonw *w, struct error *err)
{
	struct sql_stmt *s = all->s[SILENCE_LIST];
	int result;

	sql_bind(s, as_int(now_ms - SILENCE_KEPT_MS), as_int(LISTED_MAX));
	jsonw_array(w);
	while ((result = sql_step(s, err, cannot_read)) == 1)
		write_row(s, now_ms, w);
	jsonw_array_end(w);
	return sql_end(s, result);
}

int silences_follow_clock(struct silences *all, int64_t jump_ms, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = all->s[SILENCE_FOLLOW];

	all->is_stale = true;
	return sql_run(s, err, cannot_save, as_int(jump_ms), as_int(now_ms));
}

/* ---- an alert ---- */

struct finding {
	const struct silences *all;
	int64_t now_ms;
	enum rule_priority priority;
	const struct silence *found;
};

static void on_match(void *arg, const struct rule_hit *hit)
{
	struct finding *f = arg;
	long long place;

	if (f->found == NULL && str_to_int(hit->rule, &place) && f->all->items[place].until_ms > f->now_ms)
		f->found = &f->all->items[place];
}

/* No silence matches an item with a damaged record. */
static int match_item(struct silences *all, int64_t item_id, struct finding *f, struct error *err)
{
	struct sql_stmt *s = all->s[SILENCE_ITEM];
	struct rule_subject subject;
	struct rule_story story;
	struct item it;
	int result = sql_find(s, err, cannot_read, as_int(item_id));

	if (result == 1) {
		story = (struct rule_story){.age_ms = f->now_ms - sql_time_or(s, 4, f->now_ms),
			.sources = sql_count(s, 5),
			.priority = f->priority};
		subject = (struct rule_subject){.feed = sql_text(s, 0),
			.categories = sql_text(s, 1),
			.source = sql_text(s, 2),
			.publisher = sql_text(s, 6),
			.item = &it,
			.story = &story};
		result = record_decode(sql_blob(s, 3), item_id, &all->arena, &it);
		if (result == 0)
			result = stored_words_read(&all->words, &it, &subject);
		if (result == 0)
			result = rule_set_match(all->rules, &subject, on_match, f);
		result = result == -EUCLEAN ? 0 : result;
		if (result != 0)
			error_sys(err, result, "cannot match the silences");
	}
	sql_reset(s);
	arena_clear(&all->arena);
	return result;
}

int silences_find(struct silences *all, int64_t now_ms, struct str alert, enum rule_priority priority, int64_t item_id,
	const struct silence **found, struct error *err)
{
	struct finding f = {.all = all, .now_ms = now_ms, .priority = priority};
	struct str name;
	int result = load_silences(all, now_ms, err);

	*found = NULL;
	if (result != 0 || all->count == 0)
		return result;
	for (size_t i = 0; i < all->count && f.found == NULL; i++)
		if (all->items[i].until_ms > now_ms && names_alert(str_from(all->items[i].matcher), &name) &&
			str_eq(name, alert))
			f.found = &all->items[i];
	if (f.found == NULL && rule_set_count(all->rules) > 0)
		result = match_item(all, item_id, &f, err);
	*found = f.found;
	return result;
}
