/* SPDX-License-Identifier: ISC */
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
	[STORY_EDIT_MOVE_MATCHES] =
		"INSERT OR IGNORE INTO rule_match(rule_key, sort_ms, story_id, item_id, at)"
		" SELECT m.rule_key, s.sort_ms, s.id, ?1, m.at FROM rule_match m JOIN story s ON s.id = ?2"
		" WHERE m.story_id = ?3 AND (m.item_id = ?1 OR (m.rule_key NOT LIKE 'alert/%'"
		/* a rule with conditions is settled for either story */
		" AND NOT EXISTS(SELECT 1 FROM rule_pending p WHERE p.story_id = ?3 AND p.rule_key = m.rule_key)))",
	[STORY_EDIT_MOVE_PENDING] = "UPDATE rule_pending SET story_id = ?2 WHERE item_id = ?1",
	[STORY_EDIT_UNLINK] = "UPDATE story_link SET relation = ?2 WHERE item_id = ?1 AND relation IN (?3, ?4, ?5)",
	[STORY_EDIT_SET_APART] =
		"INSERT OR REPLACE INTO story_constraint(item_id, story_id, together, at) VALUES(?1, ?2, 0, ?3)",
	/* Below, ?1 is the story that becomes part of ?2. */
	[STORY_EDIT_MOVE_ITEMS] = "UPDATE item SET story_id = ?2, sort_ms = (SELECT sort_ms FROM story WHERE id = ?2)"
				  " WHERE story_id = ?1",
	[STORY_EDIT_MOVE_SKETCHES] = "UPDATE near_sketch SET story_id = ?2 WHERE story_id = ?1",
	[STORY_EDIT_JOIN_MATCHES] =
		"INSERT OR IGNORE INTO rule_match(rule_key, sort_ms, story_id, item_id, at)"
		" SELECT m.rule_key, s.sort_ms, s.id, m.item_id, m.at FROM rule_match m JOIN story s ON s.id = ?2"
		" WHERE m.story_id = ?1",
	[STORY_EDIT_JOIN_PENDING] = "UPDATE rule_pending SET story_id = ?2 WHERE story_id = ?1",
	[STORY_EDIT_SET_TOGETHER] = "INSERT OR REPLACE INTO story_constraint(item_id, story_id, together, at)"
				    " SELECT id, ?2, 1, ?3 FROM item WHERE story_id = ?1",
	[STORY_EDIT_PASS_CONSTRAINTS_ON] = "UPDATE OR REPLACE story_constraint SET story_id = ?2 WHERE story_id = ?1",
	[STORY_EDIT_AGREE] = "DELETE FROM story_constraint WHERE story_id = ?1 AND together = 0"
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

static const char cannot_edit[] = "cannot regroup stories";

int story_edit_init(struct story_edit *y, struct sql_db *db, struct counters *counters, struct event_log *event_log,
	struct alert_desk *alerts, struct rule_pending *pending, struct item_lookup *item_lookup, struct error *err)
{
	*y = (struct story_edit){.counters = counters,
		.event_log = event_log,
		.alerts = alerts,
		.pending = pending,
		.item_lookup = item_lookup};
	return sql_prepare(db, texts, STORY_EDIT_STATEMENTS, y->s, err);
}

void story_edit_release(struct story_edit *y)
{
	sql_finalize(y->s, STORY_EDIT_STATEMENTS);
}

/* Runs a statement with the first count of numbers as its parameters. */
static int run_step(
	struct story_edit *y, enum story_edit_statement which, const int64_t *numbers, int count, struct error *err)
{
	for (int i = 0; i < count; i++)
		sql_bind_one(y->s[which], i + 1, as_int(numbers[i]));
	return sql_done(y->s[which], err, cannot_edit);
}

static int recount(struct story_edit *y, int64_t story_id, int64_t at_ms, struct error *err)
{
	return run_step(y, STORY_EDIT_RECOUNT, (const int64_t[]){story_id, at_ms}, 2, err);
}

static int read_counts(struct story_edit *y, int64_t story_id, struct story_edit_result *edit, struct error *err)
{
	struct sql_stmt *s = y->s[STORY_EDIT_COUNTS];
	int result = sql_find(s, err, cannot_edit, as_int(story_id));

	if (result == 1) {
		edit->sources = sql_count(s, 0);
		edit->reports = sql_count(s, 1);
	}
	return sql_end(s, result < 0 ? result : 0);
}

/* The story's first item. */
static int load_lead(struct story_edit *y, int64_t story_id, struct lookup_result *lead, struct error *err)
{
	int64_t id = 0;
	int result = sql_find_int(y->s[STORY_EDIT_LEAD], &id, err, cannot_edit, as_int(story_id));

	if (result >= 0)
		result = item_lookup_load(y->item_lookup, id, lead, err);
	return result == 0  ? error_set(err, -EUCLEAN, "the database is damaged: story %lld has no report",
				      (long long)story_id)
	       : result < 0 ? result
			    : 0;
}

/* Writes an event about the item in its present story; copy refers to an item of its former or its new story. */
static int write_event(struct story_edit *y, enum event_kind kind, const struct lookup_result *it, int64_t at_ms,
	const struct event_log_copy *copy, const uint8_t *former_uid, struct error *err)
{
	struct event_context o = {
		.at_ms = at_ms,
		.feed_id = it->feed_id,
		.item_id = it->item_id,
	};

	return event_log_edited(y->event_log, kind, &o, copy, former_uid, err);
}

/* Rules with conditions on the story may match it after the edit. */
static int settle_rules(struct story_edit *y, int64_t story_id, int64_t at_ms, struct error *err)
{
	int result = rule_pending_settle(y->pending, story_id, at_ms, false, err);

	return result < 0 ? result : 0;
}

/* ---- split ---- */

/* The new story's uid when the item's own uid is taken by a story that it began: a hash of the former story's uid and
 * the item's, so that no other split gives it. */
static void make_uid(const struct lookup_result *it, uint8_t uid[STORE_KEY_LEN])
{
	const struct str pieces[] = {
		str_make((const char *)it->story_uid, STORE_KEY_LEN), str_make((const char *)it->uid, STORE_KEY_LEN)};

	uid_make(pieces, 2, uid);
}

/* Chooses id and uid of the item's new story: the item's own when they are free. */
static int choose_story(
	struct story_edit *y, const struct lookup_result *it, int64_t *id, uint8_t *uid, struct error *err)
{
	int64_t one;
	int result;

	*id = it->item_id;
	memcpy(uid, it->uid, STORE_KEY_LEN);
	result = sql_find_int(y->s[STORY_EDIT_STORY_EXISTS], &one, err, cannot_edit, as_int(*id));
	if (result <= 0)
		return result;
	*id = ++y->counters->item_id;
	make_uid(it, uid);
	return 0;
}

static int begin_story(struct story_edit *y, const struct lookup_result *it, int64_t id, const uint8_t *uid,
	int64_t at_ms, struct error *err)
{
	int result = sql_run(y->s[STORY_EDIT_DROP_ALIAS], err, cannot_edit, as_key(uid));

	if (result != 0)
		return result;
	y->counters->stories++;
	return sql_run(y->s[STORY_EDIT_BEGIN_STORY], err, cannot_edit, as_int(it->item_id), as_int(id), as_int(at_ms),
		as_key(uid));
}

/* Moves the item from its story to story id, which has just begun. */
static int move_item(struct story_edit *y, const struct lookup_result *it, int64_t id, int64_t at_ms, struct error *err)
{
	const int64_t move[] = {it->item_id, id, it->story_id};
	const int64_t unlink[] = {it->item_id, RELATION_RELATED, RELATION_COPY, RELATION_REPRINT, RELATION_UPDATE};
	int result = run_step(y, STORY_EDIT_MOVE_ITEM, move, 2, err);

	if (result == 0)
		result = run_step(y, STORY_EDIT_MOVE_SKETCH, move, 2, err);
	if (result == 0)
		result = run_step(y, STORY_EDIT_MOVE_MATCHES, move, 3, err);
	if (result == 0)
		result = run_step(y, STORY_EDIT_MOVE_PENDING, move, 2, err);
	if (result == 0)
		result = run_step(y, STORY_EDIT_UNLINK, unlink, 5, err);
	if (result == 0)
		result = alert_desk_split(y->alerts, it->item_id, it->story_id, id, err);
	if (result == 0)
		result = run_step(y, STORY_EDIT_SET_APART, (const int64_t[]){it->item_id, it->story_id, at_ms}, 3, err);
	return result == 0 ? recount(y, it->story_id, at_ms, err) : result;
}

int story_edit_split(
	struct story_edit *y, struct str item, int64_t at_ms, struct story_edit_result *edit, struct error *err)
{
	struct lookup_result it, lead;
	int64_t id;
	int result = item_lookup_find(y->item_lookup, item, ITEM_LOOKUP_ITEM, &it, err);

	*edit = (struct story_edit_result){0};
	if (result != 0)
		return result;
	memcpy(edit->story_uid, it.story_uid, STORE_KEY_LEN);
	edit->sources = edit->reports = 1;
	if (it.reports <= 1)
		return 0;
	result = choose_story(y, &it, &id, edit->story_uid, err);
	if (result == 0)
		result = begin_story(y, &it, id, edit->story_uid, at_ms, err);
	if (result == 0)
		result = move_item(y, &it, id, at_ms, err);
	if (result == 0)
		result = load_lead(y, it.story_id, &lead, err);
	if (result != 0)
		return result;
	edit->changed = true;
	memcpy(edit->former_uid, it.story_uid, STORE_KEY_LEN);
	result = write_event(y, EVENT_NEW, &it, at_ms,
		&(struct event_log_copy){.relation = "split", .of_uid = lead.uid}, edit->former_uid, err);
	if (result == 0)
		result = settle_rules(y, it.story_id, at_ms, err);
	return result == 0 ? settle_rules(y, id, at_ms, err) : result;
}

/* ---- join ---- */

/* Merges story from, with all rows that belong to it, into story to. */
static int merge_stories(struct story_edit *y, int64_t from, int64_t to, int64_t at_ms, struct error *err)
{
	const int64_t numbers[] = {from, to, at_ms};
	static const struct {
		enum story_edit_statement which;
		int count;
	} steps[] = {
		/* while the items still name their story */
		{STORY_EDIT_SET_TOGETHER, 3},
		{STORY_EDIT_PASS_CONSTRAINTS_ON, 2},
		{STORY_EDIT_MOVE_ITEMS, 2},
		{STORY_EDIT_MOVE_SKETCHES, 2},
		{STORY_EDIT_JOIN_MATCHES, 2},
		{STORY_EDIT_JOIN_PENDING, 2},
		{STORY_EDIT_PASS_ALIASES_ON, 2},
		{STORY_EDIT_ADD_ALIAS, 3},
		{STORY_EDIT_DROP_STORY, 1},
	};
	int result = alert_desk_join(y->alerts, from, to, at_ms, err);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && result == 0; i++)
		result = run_step(y, steps[i].which, numbers, steps[i].count, err);
	if (result == 0)
		result = run_step(y, STORY_EDIT_AGREE, &to, 1, err);
	y->counters->stories--;
	return result == 0 ? recount(y, to, at_ms, err) : result;
}

int story_edit_join(struct story_edit *y, struct str item, struct str other, int64_t at_ms,
	struct story_edit_result *edit, struct error *err)
{
	struct lookup_result a, b, lead;
	const struct lookup_result *kept, *gone;
	int result = item_lookup_find(y->item_lookup, item, ITEM_LOOKUP_ITEM, &a, err);

	*edit = (struct story_edit_result){0};
	if (result == 0)
		result = item_lookup_find(y->item_lookup, other, ITEM_LOOKUP_STORY, &b, err);
	if (result != 0)
		return result;
	/* the story with the lower number is the older one */
	kept = a.story_id <= b.story_id ? &a : &b;
	gone = kept == &a ? &b : &a;
	memcpy(edit->story_uid, kept->story_uid, STORE_KEY_LEN);
	edit->changed = kept->story_id != gone->story_id;
	if (edit->changed) {
		memcpy(edit->former_uid, gone->story_uid, STORE_KEY_LEN);
		result = load_lead(y, gone->story_id, &lead, err);
		if (result == 0)
			result = merge_stories(y, gone->story_id, kept->story_id, at_ms, err);
		if (result == 0)
			result = write_event(y, EVENT_COPY, &lead, at_ms,
				&(struct event_log_copy){.relation = "joined", .of_uid = kept->uid}, edit->former_uid,
				err);
		if (result == 0)
			result = settle_rules(y, kept->story_id, at_ms, err);
	}
	return result == 0 ? read_counts(y, kept->story_id, edit, err) : result;
}
