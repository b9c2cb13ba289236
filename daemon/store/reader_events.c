/* SPDX-License-Identifier: ISC */
/* Reads the event log for subscribers: each event with its item and story as they are now. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "reader_internal.h"
#include "sitrep/rules/rule.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/event_json.h"
#include "sitrep/store/record.h"

/* Columns of READ_EVENTS before the report's. */
enum {
	COLUMN_CURSOR,
	COLUMN_TIME,
	COLUMN_KIND,
	COLUMN_BACKLOG,
	COLUMN_DETAIL,
	COLUMN_STORY_UID,
	COLUMN_SOURCES,
	COLUMN_REPORTS,
	COLUMN_STORY_SORT,
	COLUMN_STORY_PRIORITY,
	COLUMN_STORY_ID,
	COLUMN_NO_FEED,
	COLUMN_NO_ITEM,
	COLUMN_REPORT,
};

static const char cannot_read[] = "cannot read the event log";

static struct str text_copy(struct reader *r, struct sql_stmt *s, int column)
{
	return arena_str(&r->arena, sql_text(s, column));
}

/* The story's title is its lead's, which often is the item at hand. */
static int take_story_title(struct reader *r, int64_t story_id, struct event_record *e, struct error *err)
{
	struct sql_stmt *s = r->s[READ_LEAD];
	struct item lead;
	int result;

	e->story_title = e->report->item.plain_title;
	result = sql_find(s, err, cannot_read, as_int(story_id));
	if (result == 1 && sql_int(s, 0) != e->report->item_id) {
		result = record_decode(sql_blob(s, 1), sql_int(s, 0), &r->arena, &lead);
		if (result == 0)
			e->story_title = lead.plain_title;
		else if (result == -ENOMEM)
			error_sys(err, result, cannot_read);
		/* The lead's record is damaged: the title of the report at hand stays. */
		if (result == -EUCLEAN)
			result = 0;
	}
	return sql_end(s, result < 0 ? result : 0);
}

/* A detail is copied into a line of JSON unchanged, so it must be one JSON object in one line. */
static bool is_sound_detail(struct str detail)
{
	json_t *value;
	bool is_object;

	if (detail.len == 0)
		return true;
	if (memchr(detail.data, '\n', detail.len) != NULL || memchr(detail.data, '\r', detail.len) != NULL)
		return false;
	value = json_loadb(detail.data, detail.len, JSON_REJECT_DUPLICATES, NULL);
	is_object = json_is_object(value) && detail.data[0] == '{' && detail.data[detail.len - 1] == '}';
	json_decref(value);
	return is_object;
}

/* 1: *e is filled; 0: the event is skipped, since its item or feed is gone or it is damaged. */
static int take_event(struct reader *r, struct sql_stmt *s, struct event_record *e, struct report *report, char *uid,
	struct error *err)
{
	int result;

	*e = (struct event_record){
		.cursor = sql_int(s, COLUMN_CURSOR),
		.time_ms = sql_time_or(s, COLUMN_TIME, 0),
		.kind = (enum event_kind)sql_number(s, COLUMN_KIND, EVENT_NEW, EVENT_LOGGED_END - 1, 0),
		.backlog = sql_bool(s, COLUMN_BACKLOG),
		.detail = text_copy(r, s, COLUMN_DETAIL),
		.story_sources = sql_count(s, COLUMN_SOURCES),
		.story_reports = sql_count(s, COLUMN_REPORTS),
		.story_sort_ms = sql_time_or(s, COLUMN_STORY_SORT, 0),
		.story_priority = (int)sql_number(s, COLUMN_STORY_PRIORITY, RULE_LOW, RULE_URGENT, RULE_NO_PRIORITY),
	};
	if ((int)e->kind == 0) {
		damage_note_row("event", e->cursor, "kind");
		return 0;
	}
	if (!is_sound_detail(e->detail)) {
		damage_note_row("event", e->cursor, "detail");
		e->detail = STR_NONE;
		if (event_kind_is_bare(e->kind))
			return 0;
	}
	if (event_kind_is_general(e->kind))
		return 1;
	if (sql_bool(s, COLUMN_NO_FEED))
		return 0;
	if (event_kind_is_bare(e->kind)) {
		result = reader_take_source(r, s, COLUMN_REPORT + REPORT_COLUMN_COUNT, &e->source);
		return result == 0 ? 1 : error_sys(err, result, cannot_read);
	}
	if (sql_bool(s, COLUMN_NO_ITEM))
		return 0;
	result = reader_take_report(r, s, COLUMN_REPORT, report);
	if (result != 1)
		return result == 0 ? 0 : error_sys(err, result, cannot_read);
	uid_write(uid, sql_blob(s, COLUMN_STORY_UID));
	e->report = report;
	e->source = report->source;
	e->story_uid = str_from(uid);
	e->story_id = sql_int(s, COLUMN_STORY_ID);
	result = take_story_title(r, sql_int(s, COLUMN_STORY_ID), e, err);
	return result == 0 ? 1 : result;
}

int reader_events(
	struct reader *r, int64_t after, size_t limit, int64_t *last, event_fn *fn, void *arg, struct error *err)
{
	struct sql_stmt *s = r->s[READ_EVENTS];
	int result = reader_begin(r, err);

	*last = after;
	if (result != 0)
		return result;
	sql_bind(s, as_int(after), as_int((int64_t)limit));
	while ((result = sql_step(s, err, cannot_read)) == 1) {
		char uid[UID_TEXT_MAX];
		struct event_record e;
		struct report report;

		arena_clear(&r->arena);
		*last = sql_int(s, COLUMN_CURSOR);
		result = take_event(r, s, &e, &report, uid, err);
		if (result == 1)
			result = fn(arg, &e);
		if (result != 0)
			break;
	}
	sql_reset(s);
	reader_end(r);
	return result;
}
