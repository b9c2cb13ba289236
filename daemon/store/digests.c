/* SPDX-License-Identifier: ISC */
/* Three tables: alert_group and alert_held have the groups and their alerts; alert_sent has the times of the alerts
 * that were told, by which rates are measured.
 *
 * A group's row stays after its digest, since the interval to the next digest counts from it. */
#include "sitrep/store/digests.h"

#include <stdio.h>

#include "sitrep/base/clock.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/event_member.h"

/* The row of a group without alerts is removed after the longest interval. */
static const int64_t group_kept_ms = INT64_C(24) * 3600 * 1000;

static const char *const texts[DIGEST_STATEMENTS] = {
	[DIGEST_GROUP] = "SELECT sent FROM alert_group WHERE name = ?1",
	/* a group whose digest was written begins anew */
	[DIGEST_OPEN] = "INSERT INTO alert_group(name, reason, due, first, last, alerts, events)"
			" VALUES(?1, ?2, ?3, ?4, ?4, 0, 0) ON CONFLICT(name) DO UPDATE SET reason = ?2,"
			" due = coalesce(min(due, ?3), ?3), first = iif(due IS NULL, ?4, first), last = ?4",
	[DIGEST_COUNT] = "UPDATE alert_group SET events = events + 1, alerts = alerts + ?2 WHERE name = ?1",
	[DIGEST_KNOWN] = "SELECT count(*), coalesce(max(alert_id = ?2), 0) FROM alert_held WHERE name = ?1",
	[DIGEST_HOLD] =
		"INSERT INTO alert_held(name, alert_id, cursor, feed_id, item_id, rule, priority, title, events,"
		" detail) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9) ON CONFLICT(name, alert_id) DO UPDATE SET"
		" cursor = ?3, feed_id = ?4, item_id = ?5, priority = ?7, title = ?8, events = events + 1, detail = ?9",
	/* ?2: the one group that it stays in */
	[DIGEST_LEAVE] = "UPDATE alert_group SET due = iif(alerts > 1, due, NULL), put_off = iif(alerts > 1, put_off, "
			 "0), alerts = max(alerts - 1, 0),"
			 " events = max(events - (SELECT h.events FROM alert_held h WHERE h.name = alert_group.name"
			 " AND h.alert_id = ?1), 0)"
			 " WHERE name IN (SELECT name FROM alert_held WHERE alert_id = ?1) AND name != ?2",
	[DIGEST_DROP] = "DELETE FROM alert_held WHERE alert_id = ?1 AND name != ?2",
	[DIGEST_NEXT] = "SELECT min(due) FROM alert_group",
	[DIGEST_DUE] = "SELECT name, reason, alerts, events, first, last FROM alert_group WHERE due <= ?1"
		       " ORDER BY due LIMIT 1",
	[DIGEST_PUT_OFF] = "UPDATE alert_group SET due = ?2, put_off = 1 WHERE name = ?1",
	[DIGEST_LOOK] = "UPDATE alert_group SET due = ?1 WHERE (reason = ?2 OR put_off = 1) AND due IS NOT NULL",
	[DIGEST_ALERTS] = "SELECT alert_id, cursor, feed_id, item_id, rule, priority, title, events, detail"
			  " FROM alert_held WHERE name = ?1 ORDER BY alert_id LIMIT ?2",
	[DIGEST_EMPTY] = "DELETE FROM alert_held WHERE name = ?1",
	[DIGEST_SENT] =
		"UPDATE alert_group SET due = NULL, put_off = 0, sent = ?2, alerts = 0, events = 0 WHERE name = ?1",
	[DIGEST_FORGET] = "DELETE FROM alert_group WHERE due IS NULL AND coalesce(sent, last) <= ?1",
	[DIGEST_SENT_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM alert_sent WHERE rule = ?1 AND at > ?2 LIMIT ?3) s",
	[DIGEST_NOTE_SENT] = "INSERT OR REPLACE INTO alert_sent(rule, cursor, at) VALUES(?1, ?2, ?3)",
	[DIGEST_FORGET_SENT] = "DELETE FROM alert_sent WHERE rule = ?1 AND at <= ?2",
	[DIGEST_FOLLOW_GROUPS] =
		"UPDATE alert_group SET due = due + ?1, first = first + ?1, last = last + ?1, sent = sent + ?1",
	[DIGEST_FOLLOW_SENT] = "UPDATE alert_sent SET at = at + ?1",
};
SQL_TEXTS(texts, DIGEST_STATEMENTS);

static const char cannot_read[] = "cannot read the alerts that are held back";
static const char cannot_save[] = "cannot hold an alert back";

int digests_init(struct digests *d, struct sql_db *db, struct error *err)
{
	*d = (struct digests){.is_stale = true, .next_ms = TIME_NONE};
	return sql_prepare(db, texts, DIGEST_STATEMENTS, d->s, err);
}

void digests_release(struct digests *d)
{
	sql_finalize(d->s, DIGEST_STATEMENTS);
}

/* ---- holding ---- */

int digests_last_sent(struct digests *d, struct str group, int64_t *sent_ms, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_GROUP];
	int result;

	*sent_ms = TIME_NONE;
	result = sql_find(s, err, cannot_read, as_text(group));
	if (result == 1)
		*sent_ms = sql_time(s, 0);
	return sql_end(s, result < 0 ? result : 0);
}

/* *listed: the number of alerts that the group lists; *is_known: this alert is one of them. */
static int find_held(
	struct digests *d, struct str group, int64_t alert_id, int64_t *listed, bool *is_known, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_KNOWN];
	int result = sql_find(s, err, cannot_read, as_text(group), as_int(alert_id));

	*listed = result == 1 ? sql_int(s, 0) : 0;
	*is_known = result == 1 && sql_bool(s, 1);
	return sql_end(s, result < 0 ? result : 0);
}

static int list_alert(struct digests *d, struct str group, const struct held_alert *a, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_HOLD];

	return sql_run(s, err, cannot_save, as_text(group), as_int(a->alert_id), as_int(a->cursor), as_int(a->feed_id),
		as_int(a->item_id), as_text(a->rule), as_text(a->priority), as_text(a->title), as_text(a->detail));
}

int digests_holds(struct digests *d, struct str group, int64_t alert_id, bool *holds, struct error *err)
{
	int64_t listed;

	return find_held(d, group, alert_id, &listed, holds, err);
}

/* Takes the alert out of all groups but one. */
static int leave_others(struct digests *d, struct str group, int64_t alert_id, struct error *err)
{
	int result;

	d->is_stale = true;
	result = sql_run(d->s[DIGEST_LEAVE], err, cannot_save, as_int(alert_id), as_text(group));
	return result != 0 ? result : sql_run(d->s[DIGEST_DROP], err, cannot_save, as_int(alert_id), as_text(group));
}

int digests_drop(struct digests *d, int64_t alert_id, struct error *err)
{
	return leave_others(d, STR(""), alert_id, err);
}

int digests_hold(struct digests *d, struct str group, enum hold_reason reason, int64_t due_ms, int64_t now_ms,
	const struct held_alert *a, struct error *err)
{
	int64_t listed = 0;
	bool is_known = false;
	int result;

	d->is_stale = true;
	result = sql_run(d->s[DIGEST_OPEN], err, cannot_save, as_text(group), as_int((int64_t)reason), as_int(due_ms),
		as_int(now_ms));
	if (result == 0)
		result = leave_others(d, group, a->alert_id, err);
	if (result == 0)
		result = find_held(d, group, a->alert_id, &listed, &is_known, err);
	if (result == 0)
		result = sql_run(d->s[DIGEST_COUNT], err, cannot_save, as_text(group), as_int(!is_known));
	return result == 0 && (is_known || listed < DIGEST_LISTED_MAX) ? list_alert(d, group, a, err) : result;
}

/* ---- telling ---- */

void digests_use(struct digests *d)
{
	d->is_ready = true;
	d->is_reworked = true;
	d->is_stale = true;
}

int digests_look_again(struct digests *d, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_LOOK];
	int result;

	if (!d->is_reworked)
		return 0;
	result = sql_run(s, err, cannot_save, as_int(now_ms), as_int(HOLD_QUIET));
	d->is_reworked = result != 0;
	d->is_stale = true;
	return result;
}

int digests_next_ms(struct digests *d, int64_t *next_ms, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_NEXT];
	int result = 0;

	if (d->is_stale) {
		result = sql_step(s, err, cannot_read);
		d->next_ms = result == 1 && d->is_ready ? sql_time(s, 0) : TIME_NONE;
		if (d->next_ms != TIME_NONE && d->is_reworked)
			d->next_ms = 0;
		d->is_stale = result < 0;
		sql_reset(s);
	}
	*next_ms = d->next_ms;
	return result < 0 ? result : 0;
}

int digests_due(struct digests *d, int64_t now_ms, struct digest_group *g, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_DUE];
	int result = sql_find(s, err, cannot_read, as_int(now_ms));

	if (result == 1) {
		*g = (struct digest_group){
			.reason = (enum hold_reason)sql_number(s, 1, HOLD_QUIET, HOLD_GROUP, HOLD_GROUP),
			.alerts = sql_count(s, 2),
			.events = sql_count(s, 3),
			.first_ms = sql_time_or(s, 4, now_ms),
			.last_ms = sql_time_or(s, 5, now_ms),
		};
		snprintf(g->name, sizeof(g->name), "%.*s", STR_ARG(sql_text(s, 0)));
	}
	return sql_end(s, result);
}

int digests_put_off(struct digests *d, const struct digest_group *g, int64_t due_ms, struct error *err)
{
	d->is_stale = true;
	return sql_run(d->s[DIGEST_PUT_OFF], err, cannot_save, as_cstr(g->name), as_int(due_ms));
}

static struct held_alert read_held(struct sql_stmt *s)
{
	return (struct held_alert){
		.alert_id = sql_int(s, 0),
		.cursor = sql_int(s, 1),
		.feed_id = sql_int(s, 2),
		.item_id = sql_int(s, 3),
		.rule = sql_text(s, 4),
		.priority = sql_text(s, 5),
		.title = sql_text(s, 6),
		.detail = sql_text(s, 8),
	};
}

static void write_alert(struct jsonw *w, const struct held_alert *a, int64_t events)
{
	char text[24];

	jsonw_object(w);
	snprintf(text, sizeof(text), "%lld", (long long)a->alert_id);
	jsonw_kv_cstr(w, event_member(MEMBER_HELD_ID), text);
	jsonw_kv_str(w, event_member(MEMBER_HELD_NAME), a->rule);
	jsonw_kv_str(w, event_member(MEMBER_HELD_PRIORITY), a->priority);
	jsonw_kv_str(w, event_member(MEMBER_HELD_TITLE), a->title);
	jsonw_kv_int(w, event_member(MEMBER_HELD_EVENTS), events);
	snprintf(text, sizeof(text), "%lld", (long long)a->cursor);
	jsonw_kv_cstr(w, event_member(MEMBER_HELD_CURSOR), text);
	jsonw_object_end(w);
}

int digests_write_alerts(struct digests *d, const struct digest_group *g, struct jsonw *w, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_ALERTS];
	int result;

	sql_bind(s, as_cstr(g->name), as_int(DIGEST_LISTED_MAX));
	jsonw_array(w);
	while ((result = sql_step(s, err, cannot_read)) == 1) {
		struct held_alert a = read_held(s);

		write_alert(w, &a, sql_count(s, 7));
	}
	jsonw_array_end(w);
	return sql_end(s, result);
}

int digests_each(struct digests *d, const struct digest_group *g, held_alert_fn *fn, void *arg, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_ALERTS];
	int result, told = 0;

	sql_bind(s, as_cstr(g->name), as_int(DIGEST_LISTED_MAX));
	while (told == 0 && (result = sql_step(s, err, cannot_read)) == 1) {
		struct held_alert a = read_held(s);

		told = fn(arg, &a, err);
	}
	sql_reset(s);
	return told != 0 ? told : result;
}

int digests_sent(struct digests *d, const struct digest_group *g, int64_t now_ms, struct error *err)
{
	int result;

	d->is_stale = true;
	result = sql_run(d->s[DIGEST_EMPTY], err, cannot_save, as_cstr(g->name));
	if (result == 0)
		result = sql_run(d->s[DIGEST_SENT], err, cannot_save, as_cstr(g->name), as_int(now_ms));
	if (result != 0)
		return result;
	return sql_run(d->s[DIGEST_FORGET], err, cannot_save, as_int(now_ms - group_kept_ms));
}

/* ---- rates ---- */

int digests_count_sent(
	struct digests *d, struct str rule, int64_t now_ms, int64_t period_ms, int64_t *count, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_SENT_COUNT];
	int result;

	sql_bind(s, as_text(rule), as_int(now_ms - period_ms), as_int(ALERT_RATE_MAX));
	result = sql_get_int(s, count, err, cannot_read);
	return result < 0 ? result : 0;
}

int digests_note_sent(
	struct digests *d, struct str rule, int64_t cursor, int64_t now_ms, int64_t period_ms, struct error *err)
{
	struct sql_stmt *s = d->s[DIGEST_FORGET_SENT];
	int result;

	result = sql_run(s, err, cannot_save, as_text(rule), as_int(now_ms - period_ms));
	if (result != 0)
		return result;
	s = d->s[DIGEST_NOTE_SENT];
	return sql_run(s, err, cannot_save, as_text(rule), as_int(cursor), as_int(now_ms));
}

/* ---- the clock ---- */

int digests_follow_clock(struct digests *d, int64_t jump_ms, struct error *err)
{
	int result;

	d->is_stale = true;
	/* quiet hours go by the clock as it is now */
	d->is_reworked = true;
	result = sql_run(d->s[DIGEST_FOLLOW_GROUPS], err, cannot_save, as_int(jump_ms));
	if (result != 0)
		return result;
	return sql_run(d->s[DIGEST_FOLLOW_SENT], err, cannot_save, as_int(jump_ms));
}
