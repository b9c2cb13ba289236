/* SPDX-License-Identifier: ISC */
/* A story is copied into one arena, which is cleared for the next one: a page of a hundred stories takes the memory of
 * its largest story. */
#include "sitrep/store/reader.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "reader_internal.h"
#include "sitrep/base/clock.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/item_store.h"
#include "sitrep/store/record.h"

enum {
	/* One story in memory: a lead with the largest possible record, and other reports up to
	   READER_REPORT_BYTES_MAX. */
	ARENA_MAX = 96 * 1024 * 1024,
};

/* The items of story ?1 whose links and revisions are read: a story may have thousands. */
#define FIRST_ITEMS "(SELECT id FROM item WHERE story_id = ?1 ORDER BY id LIMIT 512)"

static const char *const texts[READER_STATEMENTS] = {
	[READ_BEGIN] = "BEGIN",
	[READ_END] = "COMMIT",
	[READ_STORY] = "SELECT id, uid, first_seen, last_seen, updated, sort_ms, sources, reports,"
		       " (SELECT max(priority) FROM alert WHERE story_id = story.id) FROM story WHERE id = ?1",
	/* A former name (story_alias) leads to the story that the named one was joined to. */
	[READ_STORY_BY_UID] = "SELECT id FROM (SELECT id, 0 AS former FROM story WHERE uid = ?1"
			      " UNION ALL SELECT story_id, 1 FROM story_alias WHERE uid = ?1)"
			      " ORDER BY former, id DESC LIMIT 1",
	/* The lead (?3) first: by its id it may lie beyond the limit. */
	[READ_REPORTS] = "SELECT " REPORT_COLUMNS ", " SOURCE_COLUMNS " FROM item i JOIN feed f ON f.id = i.feed_id"
			 " WHERE i.id IN (SELECT id FROM item WHERE story_id = ?1 ORDER BY id != ?3, id LIMIT ?2)"
			 " ORDER BY i.id != ?3, i.id",
	[LIST_ALL] = "SELECT sort_ms, id FROM story WHERE (sort_ms, id) < (?1, ?2) ORDER BY sort_ms DESC, id DESC",
	[LIST_MATCHED] = "SELECT sort_ms, story_id FROM rule_match WHERE rule_key ="
			 " coalesce((SELECT rule_key FROM rule WHERE name = ?3), ?3) AND (sort_ms, story_id) < (?1, ?2)"
			 " ORDER BY sort_ms DESC, story_id DESC",
	[LIST_FEED] = "SELECT sort_ms, story_id FROM item WHERE feed_id = ?3 AND (sort_ms, story_id) < (?1, ?2)"
		      " AND sort_ms >= ?4 ORDER BY sort_ms DESC, story_id DESC",
	[READ_EVENTS] = "SELECT e.cursor, e.time, e.kind, e.backlog, e.detail, s.uid, s.sources, s.reports, s.sort_ms,"
			" (SELECT max(priority) FROM alert WHERE story_id = s.id), s.id, f.id IS NULL,"
			" i.id IS NULL, " REPORT_COLUMNS ", " SOURCE_COLUMNS " FROM event e"
			" LEFT JOIN feed f ON f.id = e.feed_id LEFT JOIN item i ON i.id = e.item_id"
			" LEFT JOIN story s ON s.id = i.story_id WHERE e.cursor > ?1"
			" AND e.cursor <= (SELECT cursor FROM counter) ORDER BY e.cursor LIMIT ?2",
	/* The lead: the first item of the feed with the lowest rank. */
	[READ_LEAD] = "SELECT id, record FROM item WHERE id = " STORY_LEAD_SQL("?1"),
	[READ_LINKS] =
		"SELECT l.item_id, 0, l.relation, l.score, l.shared, l.shared_of, l.numbers, l.numbers_of, o.uid,"
		" o.record, s.uid, s.id, o.id, s.sources, " SOURCE_COLUMNS " FROM " FIRST_ITEMS
		" i JOIN story_link l ON l.item_id = i.id"
		" JOIN item o ON o.id = l.other_id JOIN story s ON s.id = o.story_id"
		" JOIN feed f ON f.id = o.feed_id UNION ALL"
		" SELECT l.other_id, 1, l.relation, l.score, l.shared, l.shared_of, l.numbers, l.numbers_of, o.uid,"
		" o.record, s.uid, s.id, o.id, s.sources, " SOURCE_COLUMNS " FROM (SELECT k.* FROM " FIRST_ITEMS " i"
		" JOIN story_link k ON k.other_id = i.id LIMIT 2048) l"
		" JOIN item o ON o.id = l.item_id JOIN story s ON s.id = o.story_id"
		" JOIN feed f ON f.id = o.feed_id WHERE s.id != ?1 LIMIT ?2",
	[READ_REVISIONS] = "SELECT r.item_id, r.at, r.rev FROM " FIRST_ITEMS " i JOIN revision r ON r.item_id = i.id"
			   " ORDER BY r.item_id, r.rev LIMIT ?2",
	[READ_JOINED] = "SELECT item_id, at FROM story_constraint WHERE story_id = ?1 AND together = 1 LIMIT ?2",
	[READ_RAISED] = "SELECT rule, priority, first_ms, raised_by, terms, muted IS NOT NULL FROM alert"
			" WHERE story_id = ?1 ORDER BY priority DESC, id LIMIT ?2",
	/* ?2: its uid; NULL: the item whose text has changed last. */
	[READ_CHANGED_ITEM] = "SELECT i.id, i.rev FROM " FIRST_ITEMS " f JOIN item i ON i.id = f.id WHERE (?2 IS NULL"
			      " AND EXISTS(SELECT 1 FROM revision r WHERE r.item_id = i.id)) OR i.uid = ?2"
			      " ORDER BY coalesce(i.updated, i.first_seen) DESC LIMIT 1",
	[READ_VERSION] = "SELECT rev, coalesce(updated, first_seen), record FROM item WHERE id = ?1 AND rev = ?2"
			 " UNION ALL SELECT rev, at, record FROM revision WHERE item_id = ?1 AND rev = ?2 LIMIT 1",
	[READ_VERSION_BEFORE] = "SELECT rev, at, record FROM revision WHERE item_id = ?1 AND rev < ?2"
				" ORDER BY rev DESC LIMIT 1",
	[READ_CURSORS] = "SELECT coalesce((SELECT min(cursor) FROM event), cursor + 1), cursor FROM counter",
	[READ_INSTANCE] = "SELECT printf('%016x', value) FROM near_state WHERE name = 'instance'",
	[READ_EVENT_TIME] = "SELECT cursor, time FROM event WHERE cursor >= ?1 ORDER BY cursor LIMIT 1",
	[READ_FEED_NAMES] = "SELECT name, categories FROM feed",
	[READ_COUNTERS] = "SELECT generation, changed, items, stories FROM counter",
	[READ_FEED_COUNT] = "SELECT count(*) FROM feed WHERE active = 1",
	[READ_ALERT] = "SELECT id, revision, first_ms, last_ms, priority, state, raised_by, terms, muted IS NOT NULL "
		       "FROM alert"
		       " WHERE story_id = ?1 AND rule = ?2 ORDER BY id DESC LIMIT 1",
	[READ_ALERT_COUNTS] = "SELECT coalesce(sum(matches), 0), coalesce(sum(raised), 0), coalesce(sum(muted), 0),"
			      " (SELECT last_ms FROM alert_rule WHERE rule = ?1) FROM alert_day WHERE rule = ?1"
			      " AND day >= ?2",
	[READ_MARKS] = "SELECT rule, max(priority), min(first_ms), min(muted IS NOT NULL) FROM alert WHERE story_id = "
		       "?1 GROUP BY rule"
		       " ORDER BY max(priority) DESC, rule LIMIT ?2",
	[READ_SIZE] = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
	[READ_ITEM_IDS] = "SELECT coalesce((SELECT min(id) FROM item), item_id + 1),"
			  " coalesce((SELECT min(id) FROM story), item_id + 1), item_id + 1 FROM counter",
	[READ_STORY_ID_BEFORE] = "SELECT coalesce(max(id), 0) FROM story WHERE id < ?1",
	[READ_SETTLED] = "SELECT from_id IS NULL AND NOT EXISTS(SELECT 1 FROM rule_pending p"
			 " WHERE p.rule_key = rule.rule_key) FROM rule WHERE name = ?1",
	[READ_STORY_BEFORE] = "SELECT s.uid, min(i.first_seen), max(i.first_seen), s.sort_ms,"
			      " count(DISTINCT i.publisher_id), count(*) FROM story s JOIN item i ON i.story_id = s.id"
			      " WHERE s.id = ?1 AND i.id < ?2 GROUP BY s.id",
	/* An item that was revised has the date of its first text, which the caller finds in the record. */
	[READ_REPORTS_BEFORE] =
		"SELECT i.id, i.uid, i.first_seen, NULL, CASE WHEN o.record IS NULL THEN i.published END,"
		" coalesce(o.record, i.record), " SOURCE_COLUMNS " FROM item i JOIN feed f ON f.id = i.feed_id"
		" LEFT JOIN revision o ON o.item_id = i.id"
		" AND o.rev = (SELECT min(rev) FROM revision WHERE item_id = i.id)"
		" WHERE i.story_id = ?1 AND i.id < ?2 ORDER BY i.id LIMIT ?3",
	[ARCHIVE_ALL] = "SELECT sort_ms, id FROM story WHERE id >= ?1 AND id < ?2 ORDER BY id DESC",
	[ARCHIVE_ITEMS] = "SELECT sort_ms, story_id, id, feed_id FROM item WHERE id >= ?1 AND id < ?2 ORDER BY id DESC",
	[ARCHIVE_MATCHED] = "SELECT sort_ms, story_id FROM item i WHERE id >= ?1 AND id < ?2"
			    " AND EXISTS(SELECT 1 FROM rule_match m WHERE m.story_id = i.story_id AND m.item_id = i.id"
			    " AND m.rule_key = coalesce((SELECT rule_key FROM rule WHERE name = ?3), ?3))"
			    " ORDER BY id DESC",
	[CHOOSE_OLDER] = "SELECT sort_ms, id, sources, reports, updated,"
			 " (SELECT max(priority) FROM alert WHERE story_id = story.id) FROM story"
			 " WHERE (sort_ms, id) < (?1, ?2) ORDER BY sort_ms DESC, id DESC LIMIT ?3",
	[CHOOSE_NEWER] = "SELECT sort_ms, id, sources, reports, updated,"
			 " (SELECT max(priority) FROM alert WHERE story_id = story.id) FROM story"
			 " WHERE (sort_ms, id) > (?1, ?2) ORDER BY sort_ms, id LIMIT ?3",
	[STORY_FEEDS] = "SELECT feed_id FROM item WHERE story_id = ?1",
	[FEED_CATEGORIES] = "SELECT id, name, categories FROM feed ORDER BY id",
	[COUNT_DAY] = "SELECT count(*) FROM story WHERE sort_ms >= ?1 AND sort_ms < ?2",
	[FEED_KEPT] = "SELECT count(*) FROM item WHERE feed_id = ?1",
	[FEED_DELAY] = "SELECT count(*), CAST(avg(d) AS INTEGER) FROM (SELECT first_seen - published AS d FROM item"
		       " WHERE feed_id = ?1 AND published >= ?2 ORDER BY sort_ms DESC LIMIT ?3)",
	[FEED_SHARED] = "SELECT count(*), coalesce(sum(first), 0) FROM (SELECT i.id = i.story_id AS first FROM"
			" (SELECT id, story_id FROM item WHERE feed_id = ?1 ORDER BY sort_ms DESC LIMIT 400) i"
			" JOIN story s ON s.id = i.story_id WHERE s.sources > 1 LIMIT 100)",
	[FEED_TROUBLES] = "SELECT since, until, polls, failure, http_status, reason FROM feed_trouble"
			  " WHERE feed_id = ?1 ORDER BY since DESC LIMIT ?2",
	[ITEM_FROM] = "SELECT id, first_seen FROM item WHERE id >= ?1 ORDER BY id LIMIT 1",
	/* Dates from before a feed's first poll are those of its backlog. */
	[ITEM_DELAYS] =
		"SELECT d FROM (SELECT i.first_seen - i.published AS d, i.published AS dated, f.first_poll AS since"
		" FROM item i JOIN feed f ON f.id = i.feed_id ORDER BY i.id DESC LIMIT ?1) WHERE dated >= since",
	[ALERT_TIMES] = "SELECT since_ms, last_ms FROM alert_rule WHERE rule = ?1",
	[ALERT_DAYS] = "SELECT day, matches, raised, muted FROM alert_day WHERE rule = ?1 AND day > ?2 AND day <= ?3",
	[ALERTS_BEFORE] =
		"SELECT a.id, a.first_ms, s.id, a.rule, s.sort_ms FROM alert a JOIN story s ON s.id = a.story_id"
		" WHERE a.id < ?1 ORDER BY a.id DESC LIMIT ?2",
	[SILENCES_SINCE] = "SELECT matcher, why, at, coalesce(min(ended, until), until) FROM silence"
			   " WHERE coalesce(min(ended, until), until) >= ?1 ORDER BY at DESC LIMIT ?2",
	[ARCHIVE_EARLIER] = "SELECT feed_id FROM item WHERE story_id = ?1 AND id < ?2",
};
SQL_TEXTS(texts, READER_STATEMENTS);

static const char cannot_read[] = "cannot read stories";

struct reader *reader_new(const char *state_dir, struct error *err)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return error_sys_null(err, -ENOMEM, "cannot open the database");
	arena_init(&r->arena, ARENA_MAX);
	if (store_open(&r->store, state_dir, STORE_READ, err) != 0) {
		free(r);
		return NULL;
	}
	if (sql_prepare(r->store.db, texts, READER_STATEMENTS, r->s, err) != 0) {
		store_close(&r->store);
		free(r);
		return NULL;
	}
	return r;
}

void reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	sql_finalize(r->s, READER_STATEMENTS);
	store_close(&r->store);
	arena_release(&r->arena);
	free(r);
}

int reader_begin(struct reader *r, struct error *err)
{
	return sql_done(r->s[READ_BEGIN], err, "cannot begin a read transaction");
}

void reader_end(struct reader *r)
{
	sql_done(r->s[READ_END], NULL, "");
	arena_clear(&r->arena);
}

/* ---- reports ---- */

/* -ENOMEM when the column has a text and the arena no room for it. */
static int copy_text(struct reader *r, struct sql_stmt *s, int column, struct str *out)
{
	struct str text = sql_text(s, column);

	*out = arena_str(&r->arena, text);
	return text.data != NULL && out->data == NULL ? -ENOMEM : 0;
}

int reader_take_source(struct reader *r, struct sql_stmt *s, int first, struct source *out)
{
	struct str *texts_out[] = {&out->feed, &out->title, &out->link, &out->url, &out->categories, &out->publisher,
		&out->own_id, &out->own_author, &out->own_rights};

	*out = (struct source){.feed_id = sql_int(s, first)};
	for (int i = 0; i < SOURCE_COLUMN_COUNT - 1; i++)
		if (copy_text(r, s, first + 1 + i, texts_out[i]) != 0)
			return -ENOMEM;
	return 0;
}

int reader_take_report(struct reader *r, struct sql_stmt *s, int first, struct report *out)
{
	*out = (struct report){
		.item_id = sql_int(s, first),
		.first_seen_ms = sql_time_or(s, first + 2, 0),
		.updated_ms = sql_time(s, first + 3),
		.published_ms = sql_time(s, first + 4),
	};
	uid_write(out->uid, sql_blob(s, first + 1));
	if (out->updated_ms == TIME_NONE)
		out->updated_ms = out->first_seen_ms;
	out->published_known = out->published_ms != TIME_NONE;
	if (!out->published_known)
		out->published_ms = out->first_seen_ms;
	if (out->uid[0] == '\0') {
		damage_note_row("item", out->item_id, "uid");
		return 0;
	}
	if (reader_take_source(r, s, first + REPORT_COLUMN_COUNT, &out->source) != 0)
		return -ENOMEM;
	switch (record_decode(sql_blob(s, first + 5), out->item_id, &r->arena, &out->item)) {
	case 0:
		return 1;
	case -ENOMEM:
		return -ENOMEM;
	default:
		/* A damaged record is left out; the page is shown without it. */
		return 0;
	}
}

static int take_reports(struct reader *r, struct story *story, struct error *err)
{
	struct sql_stmt *s = r->s[READ_REPORTS];
	int64_t lead_id = 0;
	size_t cap = story->total_reports > STORY_REPORTS_MAX ? STORY_REPORTS_MAX : (size_t)story->total_reports;
	int result;

	story->reports = arena_alloc_array(&r->arena, cap + 1, sizeof(*story->reports));
	if (story->reports == NULL)
		return error_sys(err, -ENOMEM, cannot_read);
	result = sql_find_int(r->s[READ_LEAD], &lead_id, err, cannot_read, as_int(story->id));
	if (result < 0)
		return result;
	sql_bind(s, as_int(story->id), as_int((int64_t)cap), as_int(lead_id));
	while (story->report_count < cap && (result = sql_step(s, err, cannot_read)) == 1) {
		result = reader_take_report(r, s, 0, &story->reports[story->report_count]);
		if (result < 0) {
			error_sys(err, result, cannot_read);
			break;
		}
		story->report_count += (size_t)result;
		result = 0;
		if (r->arena.used > READER_REPORT_BYTES_MAX)
			break;
	}
	return sql_end(s, result < 0 ? result : 0);
}

/* Only stories with an alert are asked for theirs. */
static int take_marks(struct reader *r, struct story *story, struct error *err)
{
	struct sql_stmt *s = r->s[READ_MARKS];
	int result = 0;

	if (story->priority == 0)
		return 1;
	story->marks = arena_alloc_array(&r->arena, STORY_MARKS_MAX, sizeof(*story->marks));
	if (story->marks == NULL)
		return error_sys(err, -ENOMEM, cannot_read);
	sql_bind(s, as_int(story->id), as_int(STORY_MARKS_MAX));
	while (story->mark_count < STORY_MARKS_MAX && (result = sql_step(s, err, cannot_read)) == 1) {
		struct story_mark *m = &story->marks[story->mark_count];

		if (copy_text(r, s, 0, &m->name) != 0)
			return sql_end(s, error_sys(err, -ENOMEM, cannot_read));
		m->priority = (enum alert_priority)sql_number(s, 1, ALERT_LOW, ALERT_URGENT, ALERT_NORMAL);
		m->first_ms = sql_time_or(s, 2, story->first_seen_ms);
		m->is_muted = sql_bool(s, 3);
		story->mark_count++;
	}
	return sql_end(s, result < 0 ? result : 1);
}

int reader_load_story(struct reader *r, int64_t id, struct story *story, struct error *err)
{
	struct sql_stmt *s = r->s[READ_STORY];
	int result;

	*story = (struct story){.id = id};
	arena_clear(&r->arena);
	result = sql_find(s, err, cannot_read, as_int(id));
	if (result == 1) {
		uid_write(story->uid, sql_blob(s, 1));
		story->first_seen_ms = sql_time_or(s, 2, 0);
		story->last_seen_ms = sql_time_or(s, 3, story->first_seen_ms);
		story->updated_ms = sql_time_or(s, 4, story->first_seen_ms);
		story->sort_ms = sql_time_or(s, 5, story->first_seen_ms);
		story->source_count = sql_count(s, 6);
		story->priority = (int)sql_number(s, 8, 0, ALERT_URGENT, 0);
		/* At least 1.  A damaged count becomes STORY_REPORTS_MAX, the most that take_reports() reads. */
		story->total_reports = (int)sql_number(s, 7, 1, INT_MAX, STORY_REPORTS_MAX);
	}
	sql_reset(s);
	if (result == 1 && story->uid[0] == '\0') {
		damage_note_row("story", id, "uid");
		result = 0;
	}
	if (result == 1)
		result = take_marks(r, story, err);
	if (result == 1)
		result = take_reports(r, story, err);
	return result != 0 ? result : story->report_count > 0;
}

static int take_alert(struct reader *r, struct str name, struct story *story, struct error *err)
{
	struct sql_stmt *s = r->s[READ_ALERT];
	int result = sql_find(s, err, cannot_read, as_int(story->id), as_text(name));

	if (result == 1)
		story->alert = (struct story_alert){
			.id = sql_int(s, 0),
			.name = name,
			.revision = sql_number(s, 1, 1, INT32_MAX, 1),
			.first_ms = sql_time_or(s, 2, story->first_seen_ms),
			.last_ms = sql_time_or(s, 3, story->first_seen_ms),
			.priority = (enum alert_priority)sql_number(s, 4, ALERT_LOW, ALERT_URGENT, ALERT_NORMAL),
			.state = (enum alert_state)sql_number(s, 5, ALERT_OPEN, ALERT_CLOSED, ALERT_CLOSED),
			.item_id = sql_int(s, 6),
			.terms = arena_str(&r->arena, sql_text(s, 7)),
			.is_muted = sql_bool(s, 8),
		};
	sql_reset(s);
	return result < 0 ? result : 0;
}

/* fn's result; 0 when the story does not exist or cannot be shown; negative errno. */
static int give_story(struct reader *r, int64_t id, struct str alert, story_fn *fn, void *arg, struct error *err)
{
	struct story story;
	int result = reader_load_story(r, id, &story, err);

	if (result == 1 && !str_empty(alert))
		result = take_alert(r, alert, &story, err) == 0 ? 1 : -EIO;
	return result == 1 ? fn(arg, &story) : result;
}

int reader_story_at(
	struct reader *r, const struct river_place *place, struct str alert, story_fn *fn, void *arg, struct error *err)
{
	int result = reader_begin(r, err);

	if (result != 0)
		return result;
	result = give_story(r, place->story_id, alert, fn, arg, err);
	reader_end(r);
	return result;
}

int reader_rule_counts(
	struct reader *r, struct str rule, int64_t first_day, struct rule_counts *counts, struct error *err)
{
	struct sql_stmt *s = r->s[READ_ALERT_COUNTS];
	int result = reader_begin(r, err);

	*counts = (struct rule_counts){.last_ms = TIME_NONE};
	if (result != 0)
		return result;
	result = sql_find(s, err, "cannot read the counts of alerts", as_text(rule), as_int(first_day));
	if (result == 1)
		*counts = (struct rule_counts){
			.matches = sql_count(s, 0),
			.raised = sql_count(s, 1),
			.muted = sql_count(s, 2),
			.last_ms = sql_time(s, 3),
		};
	sql_reset(s);
	reader_end(r);
	return result < 0 ? result : 0;
}

int reader_find_story(struct reader *r, struct str uid, int64_t *id, struct error *err)
{
	uint8_t key[STORE_KEY_LEN];
	int result;

	if (uid_parse(uid, key) != 0)
		return error_set(err, -ENOENT, "there is no such story");
	result = sql_find_int(r->s[READ_STORY_BY_UID], id, err, cannot_read, as_key(key));
	return result == 0 ? error_set(err, -ENOENT, "there is no such story") : result;
}
