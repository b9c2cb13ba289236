/* SPDX-License-Identifier: ISC */
#include "sitrep/store/alert_store.h"

#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/counters.h"
#include "sitrep/store/stored_rules.h"

enum {
	NAME_MAX_LEN = 4096,
	TERMS_MAX = 4096,
	/* Rows that one call removes. */
	FORGET_ROWS = 200,
	/* Days that are kept: twice the 30 by which a rule is judged silent. */
	DAYS_KEPT = 60,
	REVISION_MAX = 1000000000,
};

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

#define ALERT_COLUMNS                                                                                                  \
	"id, rule, story_id, item_id, raised_by, last_item, first_ms, last_ms, told_ms, revision, state, priority,"    \
	" escalated, publishers, pending, muted, terms"
#define OPEN "state = 1"
/* Keeps a damaged count from overflowing when a number is added. */
#define MOST "1000000000"

static const char *const texts[ALERT_STATEMENTS] = {
	[ALERT_FIND] = "SELECT " ALERT_COLUMNS " FROM alert WHERE story_id = ?1 AND rule = ?2 AND item_id = ?3"
		       " ORDER BY id DESC LIMIT 1",
	[ALERT_NEXT_OF_STORY] = "SELECT " ALERT_COLUMNS " FROM alert WHERE story_id = ?1 AND id > ?3 AND " OPEN
				" AND item_id IN (0, ?2) ORDER BY id LIMIT 1",
	[ALERT_NEXT_QUIET] = "SELECT " ALERT_COLUMNS " FROM alert WHERE " OPEN
			     " AND (last_ms, id) > (?1, ?2) AND last_ms <= ?3 ORDER BY last_ms, id LIMIT 1",
	[ALERT_NEXT_PENDING] = "SELECT " ALERT_COLUMNS " FROM alert WHERE pending != 0"
			       " AND (told_ms, id) > (?1, ?2) ORDER BY told_ms, id LIMIT 1",
	[ALERT_ADD] = "INSERT INTO alert(" ALERT_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		      " ?13, ?14, ?15, ?16, ?17)",
	[ALERT_SAVE] = "UPDATE alert SET story_id = ?3, last_item = ?6, first_ms = ?7, last_ms = ?8, told_ms = ?9,"
		       " revision = ?10, state = ?11, priority = ?12, escalated = ?13, publishers = ?14, pending = ?15,"
		       " muted = ?16 WHERE id = ?1",
	[ALERT_PUBLISHERS] = "SELECT sources FROM story WHERE id = ?1",
	[ALERT_RECENT_PUBLISHERS] =
		"SELECT count(DISTINCT publisher_id) FROM item WHERE story_id = ?1 AND first_seen > ?2",
	[ALERT_FEED] = "SELECT feed_id FROM item WHERE id = ?1",
	[ALERT_SPLIT] = "UPDATE alert SET story_id = ?3 WHERE story_id = ?2 AND ?1 IN (raised_by, item_id)",
	[ALERT_NEXT_JOINED] = "SELECT " ALERT_COLUMNS " FROM alert WHERE story_id = ?1 AND id > ?2 ORDER BY id LIMIT 1",
	[ALERT_FORGET] = "DELETE FROM alert WHERE id IN (SELECT a.id FROM alert a WHERE a.state != 1 AND a.last_ms < ?1"
			 " AND NOT EXISTS(SELECT 1 FROM story WHERE id = a.story_id) LIMIT ?2)",
	[ALERT_DAY_ADD] =
		"INSERT INTO alert_day(rule, day, matches, raised, revised, muted)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(rule, day) DO UPDATE SET matches = min(matches, " MOST
		") + ?3, raised = min(raised, " MOST ") + ?4, revised = min(revised, " MOST
		") + ?5, muted = min(muted, " MOST ") + ?6",
	[ALERT_DAY_FORGET] = "DELETE FROM alert_day WHERE rule = ?1 AND day < ?2",
	[ALERT_RULE_MATCHED] = "UPDATE alert_rule SET last_ms = max(coalesce(last_ms, 0), ?2) WHERE rule = ?1",
	[ALERT_RULE_LIST] = "SELECT rule, rule_key FROM alert_rule",
	[ALERT_RULE_COME] = "INSERT INTO alert_rule(rule, rule_key, since_ms) VALUES(?1, ?2, ?3) ON CONFLICT(rule) DO"
			    " UPDATE SET rule_key = ?2, since_ms = ?3, last_ms = NULL WHERE rule_key != ?2",
	[ALERT_RULE_GO] = "DELETE FROM alert_rule WHERE rule = ?1",
};
SQL_TEXTS(texts, ALERT_STATEMENTS);

static const char cannot_read[] = "cannot read an alert";
static const char cannot_save[] = "cannot save an alert";
static const char cannot_count[] = "cannot count an alert's matches";

int alert_store_init(struct alert_store *t, struct sql_db *db, struct counters *counters, struct error *err)
{
	*t = (struct alert_store){.counters = counters};
	buf_init(&t->rule, NAME_MAX_LEN);
	buf_init(&t->terms, TERMS_MAX);
	return sql_prepare(db, texts, ALERT_STATEMENTS, t->s, err);
}

void alert_store_release(struct alert_store *t)
{
	sql_finalize(t->s, ALERT_STATEMENTS);
	buf_release(&t->rule);
	buf_release(&t->terms);
}

/* ---- rows ---- */

static int keep_text(struct buf *to, struct str text, size_t most)
{
	buf_clear(to);
	return buf_add(to, str_slice(text, 0, most));
}

/* Values out of range are replaced: the file may be damaged. */
static int take_row(struct alert_store *t, struct sql_stmt *s, struct alert *a, struct error *err)
{
	int result = keep_text(&t->rule, sql_text(s, 1), NAME_MAX_LEN);

	if (result == 0)
		result = keep_text(&t->terms, sql_text(s, 16), TERMS_MAX);
	if (result != 0)
		return error_sys(err, result, cannot_read);
	*a = (struct alert){
		.id = sql_int(s, 0),
		.rule = buf_str(&t->rule),
		.terms = buf_str(&t->terms),
		.story_id = sql_int(s, 2),
		.item_id = sql_int(s, 3),
		.raised_by = sql_int(s, 4),
		.last_item = sql_int(s, 5),
		.first_ms = sql_time_or(s, 6, 0),
		.last_ms = sql_time_or(s, 7, 0),
		.told_ms = sql_time_or(s, 8, 0),
		.revision = sql_number(s, 9, 0, REVISION_MAX, 1),
		.state = (enum alert_state)sql_number(s, 10, ALERT_OPEN, ALERT_CLOSED, ALERT_CLOSED),
		.priority = (enum alert_priority)sql_number(s, 11, ALERT_LOW, ALERT_URGENT, ALERT_NORMAL),
		.escalated = sql_bool(s, 12),
		.publishers = sql_count(s, 13),
		.pending = (unsigned)sql_count(s, 14),
		.muted = !sql_is_null(s, 15),
		.is_stored = true,
	};
	return 1;
}

static int take_found(struct alert_store *t, struct sql_stmt *s, int found, struct alert *a, struct error *err)
{
	int result = found == 1 ? take_row(t, s, a, err) : found;

	return sql_end(s, result);
}

int alert_store_find(
	struct alert_store *t, struct str rule, int64_t story_id, int64_t item_id, struct alert *a, struct error *err)
{
	struct sql_stmt *s = t->s[ALERT_FIND];
	int found = sql_find(s, err, cannot_read, as_int(story_id), as_text(rule), as_int(item_id));

	return take_found(t, s, found, a, err);
}

int alert_store_next(
	struct alert_store *t, int64_t story_id, int64_t item_id, int64_t after_id, struct alert *a, struct error *err)
{
	struct sql_stmt *s = t->s[ALERT_NEXT_OF_STORY];
	int found = sql_find(s, err, cannot_read, as_int(story_id), as_int(item_id), as_int(after_id));

	return take_found(t, s, found, a, err);
}

int alert_store_next_quiet(
	struct alert_store *t, const struct alert_place *after, int64_t until_ms, struct alert *a, struct error *err)
{
	struct sql_stmt *s = t->s[ALERT_NEXT_QUIET];
	int found = sql_find(s, err, cannot_read, as_int(after->ms), as_int(after->id), as_int(until_ms));

	return take_found(t, s, found, a, err);
}

int alert_store_next_pending(struct alert_store *t, const struct alert_place *after, struct alert *a, struct error *err)
{
	struct sql_stmt *s = t->s[ALERT_NEXT_PENDING];
	int found = sql_find(s, err, cannot_read, as_int(after->ms), as_int(after->id));

	return take_found(t, s, found, a, err);
}

int alert_store_next_any(struct alert_store *t, int64_t story_id, int64_t after_id, struct alert *a, struct error *err)
{
	struct sql_stmt *s = t->s[ALERT_NEXT_JOINED];
	int found = sql_find(s, err, cannot_read, as_int(story_id), as_int(after_id));

	return take_found(t, s, found, a, err);
}

int alert_store_save(struct alert_store *t, struct alert *a, struct error *err)
{
	struct sql_stmt *s = t->s[a->is_stored ? ALERT_SAVE : ALERT_ADD];

	a->is_stored = true;
	return sql_run(s, err, cannot_save, as_int(a->id), as_text(a->rule), as_int(a->story_id), as_int(a->item_id),
		as_int(a->raised_by), as_int(a->last_item), as_int(a->first_ms), as_int(a->last_ms), as_int(a->told_ms),
		as_int(a->revision), as_int(a->state), as_int(a->priority), as_int(a->escalated), as_int(a->publishers),
		as_int(a->pending), as_text(a->muted ? STR("muted") : STR_NONE),
		as_text(str_slice(a->terms, 0, TERMS_MAX)));
}

/* ---- stories and items ---- */

int alert_store_publishers(struct alert_store *t, int64_t story_id, int64_t *publishers, struct error *err)
{
	int result;

	*publishers = 0;
	result = sql_find_int(t->s[ALERT_PUBLISHERS], publishers, err, cannot_read, as_int(story_id));
	return result < 0 ? result : 0;
}

int alert_store_recent_publishers(
	struct alert_store *t, int64_t story_id, int64_t since_ms, int64_t *publishers, struct error *err)
{
	int result;

	*publishers = 0;
	result = sql_find_int(
		t->s[ALERT_RECENT_PUBLISHERS], publishers, err, cannot_read, as_int(story_id), as_int(since_ms));
	return result < 0 ? result : 0;
}

int alert_store_feed(struct alert_store *t, int64_t item_id, int64_t *feed_id, struct error *err)
{
	return sql_find_int(t->s[ALERT_FEED], feed_id, err, cannot_read, as_int(item_id));
}

int alert_store_split(struct alert_store *t, int64_t item_id, int64_t from, int64_t to, struct error *err)
{
	return sql_run(t->s[ALERT_SPLIT], err, cannot_save, as_int(item_id), as_int(from), as_int(to));
}

int alert_store_forget(struct alert_store *t, int64_t before_ms, struct error *err)
{
	struct sql_stmt *s = t->s[ALERT_FORGET];
	int result = sql_run(s, err, "cannot remove old alerts", as_int(before_ms), as_int(FORGET_ROWS));

	return result != 0 ? result : sql_changed(s) == FORGET_ROWS;
}

/* ---- rules and days ---- */

static int forget_days(struct alert_store *t, struct str rule, int64_t before_day, struct error *err)
{
	return sql_run(t->s[ALERT_DAY_FORGET], err, cannot_count, as_text(rule), as_int(before_day));
}

int alert_store_count(
	struct alert_store *t, struct str rule, int64_t at_ms, const struct alert_counts *counts, struct error *err)
{
	int64_t day = at_ms / day_ms;
	int result = sql_run(t->s[ALERT_DAY_ADD], err, cannot_count, as_text(rule), as_int(day),
		as_int(counts->matches), as_int(counts->raised), as_int(counts->revised), as_int(counts->muted));

	if (result != 0 || counts->matches == 0)
		return result;
	result = sql_run(t->s[ALERT_RULE_MATCHED], err, cannot_count, as_text(rule), as_int(at_ms));
	return result == 0 ? forget_days(t, rule, day - DAYS_KEPT, err) : result;
}

/* "alert/strait" is strait; STR_NONE for an output's. */
static struct str name_of(const struct stored_rule *rule)
{
	struct str name = str_from(rule->name), prefix = STR("alert/");

	return str_starts(name, prefix) ? str_slice(name, prefix.len, name.len) : STR_NONE;
}

/* Removes the rules that are not in force: those whose key is not among rules. */
static int drop_rules(struct alert_store *t, const struct stored_rules *rules, struct error *err)
{
	struct sql_stmt *s = t->s[ALERT_RULE_LIST];
	int result;

	while ((result = sql_step(s, err, cannot_read)) == 1) {
		struct str rule = sql_text(s, 0), rule_key = sql_text(s, 1);

		if (stored_rules_find(rules, rule_key) != NULL)
			continue;
		result = sql_run(t->s[ALERT_RULE_GO], err, cannot_save, as_text(rule));
		if (result == 0)
			result = forget_days(t, rule, INT64_MAX, err);
		if (result != 0)
			break;
	}
	return sql_end(s, result);
}

int alert_store_sync(struct alert_store *t, const struct stored_rules *rules, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = t->s[ALERT_RULE_COME];
	int result = 0;

	for (size_t i = 0; i < rules->count && result == 0; i++) {
		struct str name = name_of(&rules->items[i]);

		if (name.data == NULL)
			continue;
		result = sql_run(s, err, cannot_save, as_text(name), as_cstr(rules->items[i].key), as_int(now_ms));
	}
	return result == 0 ? drop_rules(t, rules, err) : result;
}
