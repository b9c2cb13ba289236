/* SPDX-License-Identifier: ISC */
/* The operator corrects a grouping. */
#include "story_edit.h"

#include "sitrep/sql/statements.h"

#include <errno.h>
#include <string.h>

#include "sitrep/story/grouping.h"

static const char *const texts[STORY_EDIT_STATEMENTS] = {
	[STORY_EDIT_STORY_EXISTS] = "SELECT 1 FROM story WHERE id = ?1",
	[STORY_EDIT_LEAD] = "SELECT min(id) FROM item WHERE story_id = ?1",
	/* sort_ms: the item's arrival, or in a backlog its date, else its former story's sort_ms; updated: now */
	[STORY_EDIT_BEGIN_STORY] =
		"INSERT INTO story(id, sort_ms, first_seen, last_seen, updated, sources, reports, uid)"
		" SELECT ?2, iif(s.sort_ms < s.first_seen, coalesce(i.published, s.sort_ms), i.first_seen),"
		" i.first_seen, i.first_seen, max(i.first_seen, ?3), 1, 1, ?4"
		" FROM item i JOIN story s ON s.id = i.story_id WHERE i.id = ?1",
	[STORY_EDIT_DROP_STORY] = "DELETE FROM story WHERE id = ?1",
	[STORY_EDIT_MOVE_ITEM] = "UPDATE item SET story_id = ?2, sort_ms = (SELECT sort_ms FROM story WHERE id = ?2)"
				 " WHERE id = ?1",
	[STORY_EDIT_MOVE_SKETCH] = "UPDATE near_sketch SET story_id = ?2 WHERE item_id = ?1",
	[STORY_EDIT_MOVE_MARKS] = "INSERT OR IGNORE INTO mark(name, sort_ms, story_id, item_id, at)"
				  " SELECT m.name, s.sort_ms, s.id, ?1, m.at FROM mark m JOIN story s ON s.id = ?2"
				  " WHERE m.story_id = ?3 AND (m.item_id = ?1 OR m.name NOT LIKE 'alert/%')",
	[STORY_EDIT_UNLINK] = "UPDATE story_link SET relation = ?2 WHERE item_id = ?1 AND relation IN (?3, ?4, ?5)",
	[STORY_EDIT_HOLD_APART] = "INSERT OR REPLACE INTO held(item_id, story_id, together, at) VALUES(?1, ?2, 0, ?3)",
	/* Below, ?1 is the story that becomes part of ?2. */
	[STORY_EDIT_MOVE_ITEMS] = "UPDATE item SET story_id = ?2, sort_ms = (SELECT sort_ms FROM story WHERE id = ?2)"
				  " WHERE story_id = ?1",
	[STORY_EDIT_MOVE_SKETCHES] = "UPDATE near_sketch SET story_id = ?2 WHERE story_id = ?1",
	[STORY_EDIT_JOIN_MARKS] =
		"INSERT OR IGNORE INTO mark(name, sort_ms, story_id, item_id, at)"
		" SELECT m.name, s.sort_ms, s.id, m.item_id, m.at FROM mark m JOIN story s ON s.id = ?2"
		" WHERE m.story_id = ?1",
	[STORY_EDIT_HOLD_TOGETHER] = "INSERT OR REPLACE INTO held(item_id, story_id, together, at)"
				     " SELECT id, ?2, 1, ?3 FROM item WHERE story_id = ?1",
	[STORY_EDIT_PASS_HOLDS_ON] = "UPDATE OR REPLACE held SET story_id = ?2 WHERE story_id = ?1",
	[STORY_EDIT_AGREE] = "DELETE FROM held WHERE story_id = ?1 AND together = 0"
			     " AND item_id IN (SELECT id FROM item WHERE story_id = ?1)",
	[STORY_EDIT_ADD_ALIAS] =
		"INSERT OR REPLACE INTO story_alias(uid, story_id, at) SELECT uid, ?2, ?3 FROM story WHERE id = ?1",
	[STORY_EDIT_PASS_ALIASES_ON] = "UPDATE story_alias SET story_id = ?2 WHERE story_id = ?1",
	[STORY_EDIT_DROP_ALIAS] = "DELETE FROM story_alias WHERE uid = ?1",
	[STORY_EDIT_RECOUNT] = "UPDATE story SET (reports, sources, first_seen, last_seen) ="
			       " (SELECT count(*), count(DISTINCT publisher_id), min(first_seen), max(first_seen)"
			       " FROM item WHERE story_id = ?1), updated = max(updated, ?2) WHERE id = ?1",
	[STORY_EDIT_COUNTS] = "SELECT sources, reports FROM story WHERE id = ?1",
};
SQL_TEXTS(texts, STORY_EDIT_STATEMENTS);

static const char cannot_say[] = "cannot regroup stories";

int story_edit_init(struct story_edit *y, struct sql_db *db, struct counters *counters, struct event_log *event_log,
	struct item_lookup *named, struct error *err)
{
	*y = (struct story_edit){.counters = counters, .event_log = event_log, .named = named};
	y->hash = sha256_new(err);
	return y->hash == NULL ? -ENOMEM : sql_prepare(db, texts, STORY_EDIT_STATEMENTS, y->s, err);
}

void story_edit_release(struct story_edit *y)
{
	sql_finalize(y->s, STORY_EDIT_STATEMENTS);
	sha256_free(y->hash);
	y->hash = NULL;
}

/* Runs a statement with the first count of numbers as its parameters. */
static int run(
	struct story_edit *y, enum story_edit_statement which, const int64_t *numbers, int count, struct error *err)
{
	for (int i = 0; i < count; i++)
		sql_bind_int(y->s[which], i + 1, numbers[i]);
	return sql_done(y->s[which], err, cannot_say);
}

static int recount(struct story_edit *y, int64_t story_id, int64_t at_ms, struct error *err)
{
	return run(y, STORY_EDIT_RECOUNT, (const int64_t[]){story_id, at_ms}, 2, err);
}

static int read_counts(struct story_edit *y, int64_t story_id, struct said *said, struct error *err)
{
	struct sql_stmt *s = y->s[STORY_EDIT_COUNTS];
	int result;

	sql_bind_int(s, 1, story_id);
	result = sql_step(s, err, cannot_say);
	if (result == 1) {
		said->sources = sql_count(s, 0);
		said->reports = sql_count(s, 1);
	}
	sql_reset(s);
	return result < 0 ? result : 0;
}

/* The story's first item. */
static int load_lead(struct story_edit *y, int64_t story_id, struct lookup_result *lead, struct error *err)
{
	int64_t id = 0;
	int result;

	sql_bind_int(y->s[STORY_EDIT_LEAD], 1, story_id);
	result = sql_get_int(y->s[STORY_EDIT_LEAD], &id, err, cannot_say);
	if (result >= 0)
		result = item_lookup_load(y->named, id, lead, err);
	return result == 0  ? error_set(err, -EUCLEAN, "the database is damaged: story %lld has no report",
				      (long long)story_id)
	       : result < 0 ? result
			    : 0;
}

/* Writes an event about the item in its present story; copy refers to an item of its former or its new story. */
static int tell(struct story_edit *y, enum event_kind kind, const struct lookup_result *it, int64_t at_ms,
	const struct event_log_copy *copy, const uint8_t *former_uid, struct error *err)
{
	struct event_context o = {
		.at_ms = at_ms,
		.feed_id = it->feed_id,
		.item_id = it->item_id,
	};

	return event_log_said(y->event_log, kind, &o, copy, former_uid, err);
}

/* ---- split ---- */

/* The new story's uid when the item's own uid is taken by a story that it began: a hash of the former story's uid and
 * the item's, so that no other split gives it. */
static int make_uid(struct story_edit *y, const struct lookup_result *it, uint8_t uid[STORE_KEY_LEN], struct error *err)
{
	const struct str pieces[] = {
		str_make((const char *)it->story_uid, STORE_KEY_LEN), str_make((const char *)it->uid, STORE_KEY_LEN)};
	uint8_t digest[SHA256_LEN];
	int result = sha256_begin(y->hash);

	for (size_t i = 0; i < 2 && result == 0; i++)
		result = sha256_add(y->hash, pieces[i]);
	if (result == 0)
		result = sha256_end(y->hash, digest);
	if (result != 0)
		return error_sys(err, result, cannot_say);
	memcpy(uid, digest, STORE_KEY_LEN);
	/* RFC 9562, version 8 */
	uid[6] = (uint8_t)(0x80 | (uid[6] & 0x0f));
	uid[8] = (uint8_t)(0x80 | (uid[8] & 0x3f));
	return 0;
}

/* Chooses id and uid of the item's new story: the item's own when they are free. */
static int choose_story(
	struct story_edit *y, const struct lookup_result *it, int64_t *id, uint8_t *uid, struct error *err)
{
	int64_t one;
	int result;

	*id = it->item_id;
	memcpy(uid, it->uid, STORE_KEY_LEN);
	sql_bind_int(y->s[STORY_EDIT_STORY_EXISTS], 1, *id);
	result = sql_get_int(y->s[STORY_EDIT_STORY_EXISTS], &one, err, cannot_say);
	if (result <= 0)
		return result;
	*id = ++y->counters->item_id;
	return make_uid(y, it, uid, err);
}

static int begin_story(struct story_edit *y, const struct lookup_result *it, int64_t id, const uint8_t *uid,
	int64_t at_ms, struct error *err)
{
	struct sql_stmt *s = y->s[STORY_EDIT_BEGIN_STORY];
	int result;

	sql_bind_key(y->s[STORY_EDIT_DROP_ALIAS], 1, uid);
	result = sql_done(y->s[STORY_EDIT_DROP_ALIAS], err, cannot_say);
	if (result != 0)
		return result;
	sql_bind_int(s, 1, it->item_id);
	sql_bind_int(s, 2, id);
	sql_bind_int(s, 3, at_ms);
	sql_bind_key(s, 4, uid);
	y->counters->stories++;
	return sql_done(s, err, cannot_say);
}

/* Moves the item from its story to story id, which has just begun. */
static int move_item(struct story_edit *y, const struct lookup_result *it, int64_t id, int64_t at_ms, struct error *err)
{
	const int64_t move[] = {it->item_id, id, it->story_id};
	const int64_t unlink[] = {it->item_id, RELATION_RELATED, RELATION_COPY, RELATION_REPRINT, RELATION_UPDATE};
	int result = run(y, STORY_EDIT_MOVE_ITEM, move, 2, err);

	if (result == 0)
		result = run(y, STORY_EDIT_MOVE_SKETCH, move, 2, err);
	if (result == 0)
		result = run(y, STORY_EDIT_MOVE_MARKS, move, 3, err);
	if (result == 0)
		result = run(y, STORY_EDIT_UNLINK, unlink, 5, err);
	if (result == 0)
		result = run(y, STORY_EDIT_HOLD_APART, (const int64_t[]){it->item_id, it->story_id, at_ms}, 3, err);
	return result == 0 ? recount(y, it->story_id, at_ms, err) : result;
}

int story_edit_split(struct story_edit *y, struct str item, int64_t at_ms, struct said *said, struct error *err)
{
	struct lookup_result it, lead;
	int64_t id;
	int result = item_lookup_find(y->named, item, ITEM_LOOKUP_ITEM, &it, err);

	*said = (struct said){0};
	if (result != 0)
		return result;
	memcpy(said->story_uid, it.story_uid, STORE_KEY_LEN);
	said->sources = said->reports = 1;
	if (it.reports <= 1)
		return 0;
	result = choose_story(y, &it, &id, said->story_uid, err);
	if (result == 0)
		result = begin_story(y, &it, id, said->story_uid, at_ms, err);
	if (result == 0)
		result = move_item(y, &it, id, at_ms, err);
	if (result == 0)
		result = load_lead(y, it.story_id, &lead, err);
	if (result != 0)
		return result;
	said->changed = true;
	memcpy(said->former_uid, it.story_uid, STORE_KEY_LEN);
	return tell(y, EVENT_NEW, &it, at_ms, &(struct event_log_copy){.relation = "split", .of_uid = lead.uid},
		said->former_uid, err);
}

/* ---- join ---- */

/* Merges story from, with all rows that belong to it, into story to. */
static int merge(struct story_edit *y, int64_t from, int64_t to, int64_t at_ms, struct error *err)
{
	const int64_t numbers[] = {from, to, at_ms};
	static const struct {
		enum story_edit_statement which;
		int count;
	} steps[] = {
		/* while the items still name their story */
		{STORY_EDIT_HOLD_TOGETHER, 3},
		{STORY_EDIT_PASS_HOLDS_ON, 2},
		{STORY_EDIT_MOVE_ITEMS, 2},
		{STORY_EDIT_MOVE_SKETCHES, 2},
		{STORY_EDIT_JOIN_MARKS, 2},
		{STORY_EDIT_PASS_ALIASES_ON, 2},
		{STORY_EDIT_ADD_ALIAS, 3},
		{STORY_EDIT_DROP_STORY, 1},
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && result == 0; i++)
		result = run(y, steps[i].which, numbers, steps[i].count, err);
	if (result == 0)
		result = run(y, STORY_EDIT_AGREE, &to, 1, err);
	y->counters->stories--;
	return result == 0 ? recount(y, to, at_ms, err) : result;
}

int story_edit_join(
	struct story_edit *y, struct str item, struct str other, int64_t at_ms, struct said *said, struct error *err)
{
	struct lookup_result a, b, lead;
	const struct lookup_result *kept, *gone;
	int result = item_lookup_find(y->named, item, ITEM_LOOKUP_ITEM, &a, err);

	*said = (struct said){0};
	if (result == 0)
		result = item_lookup_find(y->named, other, ITEM_LOOKUP_STORY, &b, err);
	if (result != 0)
		return result;
	/* the story with the lower number is the older one */
	kept = a.story_id <= b.story_id ? &a : &b;
	gone = kept == &a ? &b : &a;
	memcpy(said->story_uid, kept->story_uid, STORE_KEY_LEN);
	said->changed = kept->story_id != gone->story_id;
	if (said->changed) {
		memcpy(said->former_uid, gone->story_uid, STORE_KEY_LEN);
		result = load_lead(y, gone->story_id, &lead, err);
		if (result == 0)
			result = merge(y, gone->story_id, kept->story_id, at_ms, err);
		if (result == 0)
			result = tell(y, EVENT_COPY, &lead, at_ms,
				&(struct event_log_copy){.relation = "joined", .of_uid = kept->uid}, said->former_uid,
				err);
	}
	return result == 0 ? read_counts(y, kept->story_id, said, err) : result;
}
