/* SPDX-License-Identifier: ISC */
/* The event log, and which rules matched which stories.
 *
 * A row of table mark says that a rule has matched a story.  Outputs list stories by it.  An alert is given once for a
 * rule and a story, when the row is new; and once more for an item that was only guessed to be the next version of one
 * in the story. */
#include "sitrep/store/event_log.h"

#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/limits.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/event_member.h"
#include "sitrep/store/uid.h"
#include "sitrep/text/public_url.h"

static const char *const texts[EVENT_LOG_STATEMENTS] = {
	[EVENT_LOG_EVENT] = "INSERT INTO event(cursor, time, kind, backlog, feed_id, item_id, detail)"
			    " VALUES(?1, ?2, ?3, ?4, ?5, nullif(?6, 0), ?7)",
	[EVENT_LOG_MARK] = "INSERT OR IGNORE INTO mark(name, sort_ms, story_id, item_id, at)"
			   " SELECT ?1, ?2, ?3, ?4, ?5"
			   /* not for a rule that was removed since the document was matched */
			   " WHERE NOT EXISTS(SELECT 1 FROM rule WHERE mark = ?1 AND name IS NULL)",
};
SQL_TEXTS(texts, EVENT_LOG_STATEMENTS);

int event_log_init(struct event_log *j, struct sql_db *db, struct counters *counters, const struct alert_specs *alerts,
	struct error *err)
{
	j->counters = counters;
	j->alerts = alerts;
	buf_init(&j->detail, LIMIT_STREAM_LINE / 2);
	return sql_prepare(db, texts, EVENT_LOG_STATEMENTS, j->s, err);
}

void event_log_release(struct event_log *j)
{
	sql_finalize(j->s, EVENT_LOG_STATEMENTS);
	buf_release(&j->detail);
}

/* The next event of the log; detail is a JSON object or absent. */
static int write_event(
	struct event_log *j, enum event_kind kind, const struct event_context *o, struct str detail, struct error *err)
{
	struct sql_stmt *s = j->s[EVENT_LOG_EVENT];

	sql_bind_int(s, 1, ++j->counters->cursor);
	sql_bind_int(s, 2, o->at_ms);
	sql_bind_int(s, 3, (int64_t)kind);
	sql_bind_int(s, 4, o->backlog);
	sql_bind_int(s, 5, o->feed_id);
	sql_bind_int(s, 6, o->item_id);
	sql_bind_text(s, 7, detail);
	return sql_done(s, err, "cannot write to the event log");
}

static void write_uid(struct jsonw *w, enum event_member m, const uint8_t *uid)
{
	char text[UID_TEXT_MAX];

	uid_write(text, str_make((const char *)uid, STORE_KEY_LEN));
	jsonw_kv_cstr(w, event_member(m), text);
}

/* The detail of a placement: by an operator's edit, with the story it left, or by its score (story_uid is NULL). */
static int write_placement(struct event_log *j, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, const uint8_t *story_uid, struct error *err)
{
	struct jsonw w;

	buf_clear(&j->detail);
	jsonw_init(&w, &j->detail);
	jsonw_object(&w);
	jsonw_key(&w, event_member(kind == EVENT_NEW ? MEMBER_RELATED : MEMBER_COPY));
	jsonw_object(&w);
	write_uid(&w, MEMBER_TIE_OF, copy->of_uid);
	jsonw_kv_cstr(&w, event_member(MEMBER_TIE_RELATION), copy->relation);
	if (story_uid != NULL) {
		write_uid(&w, MEMBER_TIE_STORY, story_uid);
	} else {
		jsonw_key(&w, event_member(MEMBER_TIE_SCORE));
		jsonw_real(&w, copy->score);
	}
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	return write_event(j, kind, o, buf_failed(&j->detail) ? STR_NONE : buf_str(&j->detail), err);
}

int event_log_placed(struct event_log *j, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, struct error *err)
{
	return copy->of_uid != NULL ? write_placement(j, kind, o, copy, NULL, err)
				    : write_event(j, kind, o, STR_NONE, err);
}

int event_log_said(struct event_log *j, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, const uint8_t *story_uid, struct error *err)
{
	return write_placement(j, kind, o, copy, story_uid, err);
}

int event_log_changed(
	struct event_log *j, const struct event_context *o, const struct story_change *change, struct error *err)
{
	struct jsonw w;

	if (change == NULL)
		return write_event(j, EVENT_UPDATED, o, STR_NONE, err);
	buf_clear(&j->detail);
	jsonw_init(&w, &j->detail);
	jsonw_object(&w);
	jsonw_key(&w, event_member(MEMBER_CHANGED));
	jsonw_array(&w);
	if (change->numbers)
		jsonw_cstr(&w, "numbers");
	if (change->title)
		jsonw_cstr(&w, "title");
	if (change->text)
		jsonw_cstr(&w, "text");
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return write_event(j, EVENT_UPDATED, o, buf_failed(&j->detail) ? STR_NONE : buf_str(&j->detail), err);
}

static const struct alert_spec *find_alert(const struct event_log *j, struct str rule)
{
	struct str prefix = STR("alert/");

	if (!str_starts(rule, prefix))
		return NULL;
	rule = str_slice(rule, 0, str_find_char(rule, '#', 0) != STR_NPOS ? str_find_char(rule, '#', 0) : rule.len);
	for (size_t i = 0; i < j->alerts->count; i++)
		if (str_eq(str_slice(rule, prefix.len, rule.len), str_from(j->alerts->items[i].name)))
			return &j->alerts->items[i];
	return NULL;
}

static struct str alert_detail(struct event_log *j, const struct alert_spec *alert, struct str terms)
{
	struct jsonw w;
	struct str term;

	buf_clear(&j->detail);
	jsonw_init(&w, &j->detail);
	jsonw_object(&w);
	jsonw_key(&w, event_member(MEMBER_ALERT));
	jsonw_object(&w);
	jsonw_kv_cstr(&w, event_member(MEMBER_ALERT_NAME), alert->name);
	jsonw_kv_cstr(&w, event_member(MEMBER_ALERT_PRIORITY), alert->priority);
	jsonw_key(&w, event_member(MEMBER_ALERT_TERMS));
	jsonw_array(&w);
	while (str_split(&terms, '\n', &term))
		if (!str_empty(term))
			jsonw_str(&w, term);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	return buf_failed(&j->detail) ? STR_NONE : buf_str(&j->detail);
}

/* 1: the rule had not matched the story before; 0: it had. */
static int add_mark(struct event_log *j, const struct event_context *o, struct str rule, struct error *err)
{
	struct sql_stmt *s = j->s[EVENT_LOG_MARK];
	int result;

	sql_bind_text(s, 1, rule);
	sql_bind_int(s, 2, o->sort_ms);
	sql_bind_int(s, 3, o->story_id);
	sql_bind_int(s, 4, o->item_id);
	sql_bind_int(s, 5, o->at_ms);
	result = sql_done(s, err, "cannot note a rule's match");
	return result != 0 ? result : sql_changed(s) > 0;
}

int event_log_matches(struct event_log *j, const struct event_context *o, const struct item *it, int64_t published_ms,
	struct error *err)
{
	bool recent = !o->backlog || (j->alerts->backlog_ms > 0 && published_ms != TIME_NONE &&
					     o->at_ms - published_ms <= j->alerts->backlog_ms);

	for (size_t i = 0; i < it->matches.count; i++) {
		const struct match *m = &it->matches.items[i];
		const struct alert_spec *alert = find_alert(j, m->rule);
		int result = add_mark(j, o, m->rule, err);

		if (result >= 0 && (result == 1 || o->guessed) && alert != NULL && recent) {
			struct str detail = alert_detail(j, alert, m->terms);

			/* When the terms do not fit, the alert is written without them. */
			if (detail.data == NULL)
				detail = alert_detail(j, alert, STR_NONE);
			result = write_event(j, EVENT_ALERT, o, detail, err);
		}
		if (result < 0)
			return result;
	}
	return 0;
}

static const char *health_news(enum feed_health before, enum feed_health after)
{
	if (after == before)
		return NULL;
	switch (after) {
	case FEED_FAILING:
		return "failing";
	case FEED_GONE:
		return "gone";
	case FEED_OK:
		return before == FEED_NEW ? NULL : "recovered";
	case FEED_NEW:
		return NULL;
	}
	return NULL;
}

int event_log_health(struct event_log *j, const struct event_context *o, enum feed_health before,
	const struct feed_state *state, struct error *err)
{
	const char *news = health_news(before, state->health);
	struct jsonw w;

	if (news == NULL)
		return 0;
	buf_clear(&j->detail);
	jsonw_init(&w, &j->detail);
	jsonw_object(&w);
	jsonw_key(&w, event_member(MEMBER_FEED));
	jsonw_object(&w);
	jsonw_kv_cstr(&w, event_member(MEMBER_FEED_NAME), state->name);
	jsonw_kv_cstr(&w, event_member(MEMBER_FEED_STATE), news);
	if (state->health != FEED_OK) {
		jsonw_kv_cstr(&w, event_member(MEMBER_FEED_KIND), poll_failure_name(state->failure));
		jsonw_kv_cstr(&w, event_member(MEMBER_FEED_REASON), state->reason);
	}
	if (state->http_status != 0)
		jsonw_kv_int(&w, event_member(MEMBER_FEED_STATUS), state->http_status);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	return write_event(j, EVENT_FEED, o, buf_failed(&j->detail) ? STR_NONE : buf_str(&j->detail), err);
}

int event_log_move(struct event_log *j, const struct event_context *o, const struct feed_state *state, bool is_private,
	struct error *err)
{
	struct buf url = BUF_INIT(4 * LIMIT_URL);
	struct jsonw w;

	(void)(is_private ? buf_add_bare_url : buf_add_public_url)(&url, str_from(state->moved_url));
	buf_clear(&j->detail);
	jsonw_init(&w, &j->detail);
	jsonw_object(&w);
	jsonw_key(&w, event_member(MEMBER_FEED));
	jsonw_object(&w);
	jsonw_kv_cstr(&w, event_member(MEMBER_FEED_NAME), state->name);
	jsonw_kv_cstr(&w, event_member(MEMBER_FEED_STATE), "moved");
	jsonw_kv_str(&w, event_member(MEMBER_FEED_URL), buf_str(&url));
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	buf_release(&url);
	return write_event(j, EVENT_FEED, o, buf_failed(&j->detail) ? STR_NONE : buf_str(&j->detail), err);
}
