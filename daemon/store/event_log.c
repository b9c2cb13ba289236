/* SPDX-License-Identifier: ISC */
/* Tables event and rule_match.  A row of rule_match says that a rule has matched a story; outputs list stories by it.
 */
#include "sitrep/store/event_log.h"

#include <stdio.h>
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
	[EVENT_LOG_MATCH] = "INSERT OR IGNORE INTO rule_match(rule_key, sort_ms, story_id, item_id, at)"
			    " SELECT ?1, ?2, ?3, ?4, ?5"
			    /* not for a rule that was removed since the document was matched */
			    " WHERE NOT EXISTS(SELECT 1 FROM rule WHERE rule_key = ?1 AND name IS NULL)",
};
SQL_TEXTS(texts, EVENT_LOG_STATEMENTS);

int event_log_init(struct event_log *l, struct sql_db *db, struct counters *counters, const struct alert_specs *alerts,
	struct alert_policy *policy, struct error *err)
{
	l->policy = policy;
	l->counters = counters;
	l->alerts = alerts;
	buf_init(&l->detail, LIMIT_STREAM_LINE / 2);
	buf_init(&l->muted, LIMIT_STREAM_LINE / 2);
	return sql_prepare(db, texts, EVENT_LOG_STATEMENTS, l->s, err);
}

void event_log_release(struct event_log *l)
{
	sql_finalize(l->s, EVENT_LOG_STATEMENTS);
	buf_release(&l->detail);
	buf_release(&l->muted);
}

/* The next event of the log; detail is a JSON object or absent. */
static int write_event(
	struct event_log *l, enum event_kind kind, const struct event_context *o, struct str detail, struct error *err)
{
	return sql_run(l->s[EVENT_LOG_EVENT], err, "cannot write to the event log", as_int(++l->counters->cursor),
		as_int(o->at_ms), as_int(kind), as_int(o->backlog), as_int(o->feed_id), as_int(o->item_id),
		as_text(detail));
}

static void begin_detail(struct event_log *l, struct jsonw *w)
{
	buf_clear(&l->detail);
	*w = JSONW_INIT(&l->detail);
	jsonw_object(w);
}

/* STR_NONE when the detail did not fit. */
static struct str end_detail(const struct event_log *l, struct jsonw *w)
{
	jsonw_object_end(w);
	return buf_failed(&l->detail) ? STR_NONE : buf_str(&l->detail);
}

static void write_uid(struct jsonw *w, enum event_member m, const uint8_t *uid)
{
	char text[UID_TEXT_MAX];

	uid_write(text, str_make((const char *)uid, STORE_KEY_LEN));
	jsonw_kv_cstr(w, event_member(m), text);
}

/* Writes the event of an item that was put into a story: by an operator's edit (story_uid: the story that it left), or
 * by a comparison (story_uid is NULL), with its score. */
static int write_placement(struct event_log *l, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, const uint8_t *story_uid, struct error *err)
{
	struct jsonw w;

	begin_detail(l, &w);
	jsonw_kv_object(&w, event_member(kind == EVENT_NEW ? MEMBER_RELATED : MEMBER_COPY));
	write_uid(&w, MEMBER_TIE_OF, copy->of_uid);
	jsonw_kv_cstr(&w, event_member(MEMBER_TIE_RELATION), copy->relation);
	if (story_uid != NULL)
		write_uid(&w, MEMBER_TIE_STORY, story_uid);
	else
		jsonw_kv_real(&w, event_member(MEMBER_TIE_SCORE), copy->score);
	jsonw_object_end(&w);
	return write_event(l, kind, o, end_detail(l, &w), err);
}

int event_log_placed(struct event_log *l, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, struct error *err)
{
	return copy->of_uid != NULL ? write_placement(l, kind, o, copy, NULL, err)
				    : write_event(l, kind, o, STR_NONE, err);
}

int event_log_edited(struct event_log *l, enum event_kind kind, const struct event_context *o,
	const struct event_log_copy *copy, const uint8_t *story_uid, struct error *err)
{
	return write_placement(l, kind, o, copy, story_uid, err);
}

int event_log_changed(
	struct event_log *l, const struct event_context *o, const struct story_change *change, struct error *err)
{
	struct jsonw w;

	if (change == NULL)
		return write_event(l, EVENT_UPDATED, o, STR_NONE, err);
	begin_detail(l, &w);
	jsonw_kv_array(&w, event_member(MEMBER_CHANGED));
	if (change->numbers)
		jsonw_cstr(&w, "numbers");
	if (change->title)
		jsonw_cstr(&w, "title");
	if (change->text)
		jsonw_cstr(&w, "text");
	jsonw_array_end(&w);
	return write_event(l, EVENT_UPDATED, o, end_detail(l, &w), err);
}

static void write_id(struct jsonw *w, enum event_member m, int64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)id);
	jsonw_kv_cstr(w, event_member(m), text);
}

static void write_reasons(struct jsonw *w, unsigned why)
{
	const char *name, *help;
	enum alert_why bit;

	jsonw_kv_array(w, event_member(MEMBER_ALERT_WHY));
	for (size_t i = 0; (bit = alert_why_at(i, &name, &help)) != 0; i++)
		if ((why & bit) != 0)
			jsonw_cstr(w, name);
	jsonw_array_end(w);
}

static struct str alert_detail(struct event_log *l, const struct event_log_alert *alert, struct str terms)
{
	struct jsonw w;
	struct str term;

	begin_detail(l, &w);
	jsonw_kv_object(&w, event_member(MEMBER_ALERT));
	jsonw_kv_str(&w, event_member(MEMBER_ALERT_NAME), alert->name);
	jsonw_kv_cstr(&w, event_member(MEMBER_ALERT_PRIORITY), alert_priority_name(alert->priority));
	jsonw_kv_array(&w, event_member(MEMBER_ALERT_TERMS));
	while (str_split(&terms, '\n', &term))
		if (!str_empty(term))
			jsonw_str(&w, term);
	jsonw_array_end(&w);
	write_id(&w, MEMBER_ALERT_ID, alert->id);
	jsonw_kv_int(&w, event_member(MEMBER_ALERT_REVISION), alert->revision);
	write_reasons(&w, alert->why);
	jsonw_kv_cstr(&w, event_member(MEMBER_ALERT_STATE), alert_state_name(alert->state));
	jsonw_kv_time(&w, event_member(MEMBER_ALERT_FIRST), alert->first_ms);
	jsonw_kv_time(&w, event_member(MEMBER_ALERT_LAST), alert->last_ms);
	jsonw_kv_int(&w, event_member(MEMBER_ALERT_PUBLISHERS), alert->publishers);
	if (alert->replaces != 0)
		write_id(&w, MEMBER_ALERT_REPLACES, alert->replaces);
	jsonw_object_end(&w);
	return end_detail(l, &w);
}

int event_log_match(struct event_log *l, const struct event_context *o, struct str rule, struct error *err)
{
	struct sql_stmt *s = l->s[EVENT_LOG_MATCH];
	int result = sql_run(s, err, "cannot save a rule's match", as_text(rule), as_int(o->sort_ms),
		as_int(o->story_id), as_int(o->item_id), as_int(o->at_ms));

	return result != 0 ? result : sql_changed(s) > 0;
}

/* The detail of an alert with the reason why it is not told. */
static struct str muted_detail(struct event_log *l, const struct alert_ruling *ruling, struct str detail)
{
	struct jsonw w = JSONW_INIT(&l->muted);

	buf_clear(&l->muted);
	buf_add(&l->muted, str_slice(detail, 0, detail.len - 1));
	buf_printf(&l->muted, ",\"%s\":", event_member(MEMBER_MUTED));
	jsonw_object(&w);
	jsonw_kv_cstr(&w, event_member(MEMBER_MUTED_REASON), ruling->reason);
	if (ruling->silence_id != 0)
		jsonw_kv_int(&w, event_member(MEMBER_MUTED_SILENCE), ruling->silence_id);
	if (ruling->by[0] != '\0')
		jsonw_kv_cstr(&w, event_member(MEMBER_MUTED_BY), ruling->by);
	jsonw_object_end(&w);
	buf_putc(&l->muted, '}');
	return buf_failed(&l->muted) ? STR_NONE : buf_str(&l->muted);
}

int event_log_alert(struct event_log *l, const struct event_context *o, const struct event_log_alert *alert,
	struct alert_ruling *ruling, struct error *err)
{
	/* the policy uses the alert's present priority, which may have been escalated */
	struct alert_spec spec = *alert->spec;
	const struct alert_case c = {.alert = &spec,
		.alert_id = alert->id,
		.feed_id = o->feed_id,
		.item_id = o->item_id,
		.story_id = o->story_id,
		.at_ms = o->at_ms,
		.why = alert->why,
		.is_heard_end = alert->is_heard && alert->state == ALERT_CLOSED};
	struct str detail = alert_detail(l, alert, alert->terms);
	int result;

	spec.priority = alert_priority_name(alert->priority);
	spec.priority_rank = alert_priority_rank(spec.priority);
	if (detail.data == NULL)
		detail = alert_detail(l, alert, STR_NONE);
	result = alert_policy_judge(l->policy, &c, ruling, err);
	if (result == 0 && ruling->kind == ALERT_DELIVER)
		result = write_event(l, EVENT_ALERT, o, detail, err);
	else if (result == 0)
		result = write_event(l, EVENT_MUTED, o, muted_detail(l, ruling, detail), err);
	return result == 0 ? alert_policy_note(l->policy, &c, ruling, l->counters->cursor, detail, err) : result;
}

bool event_log_is_recent(const struct event_log *l, const struct event_context *o, int64_t published_ms)
{
	return !o->backlog || (l->alerts->backlog_ms > 0 && published_ms != TIME_NONE &&
				      o->at_ms - published_ms <= l->alerts->backlog_ms);
}

enum rule_priority event_log_priority(const struct event_log *l, struct str rule)
{
	const struct alert_spec *alert = alert_spec_of_key(l->alerts, rule);

	return alert != NULL ? rule_priority_parse(str_from(alert->priority)) : RULE_NO_PRIORITY;
}

static int write_held(void *arg, const struct held_alert *a, struct error *err)
{
	struct event_log *l = arg;
	const struct event_context o = {.at_ms = l->digest_ms, .feed_id = a->feed_id, .item_id = a->item_id};
	int result = write_event(l, EVENT_ALERT, &o, a->detail, err);

	return result != 0 ? result : 1;
}

static int write_digest(struct event_log *l, const struct digest_group *g, struct error *err)
{
	const struct event_context o = {.at_ms = l->digest_ms};
	struct str name = str_from(g->name);
	size_t slash = str_find_char(name, '/', 0);
	struct jsonw w;
	int result;

	begin_detail(l, &w);
	jsonw_kv_object(&w, event_member(MEMBER_DIGEST));
	jsonw_kv_cstr(&w, event_member(MEMBER_DIGEST_REASON), hold_reason_name(g->reason));
	if (slash != STR_NPOS)
		jsonw_kv_str(&w, event_member(MEMBER_DIGEST_GROUP), str_slice(name, slash + 1, name.len));
	jsonw_kv_int(&w, event_member(MEMBER_DIGEST_TOTAL), g->alerts);
	jsonw_kv_int(&w, event_member(MEMBER_DIGEST_EVENTS), g->events);
	jsonw_kv_time(&w, event_member(MEMBER_DIGEST_FIRST), g->first_ms);
	jsonw_kv_time(&w, event_member(MEMBER_DIGEST_LAST), g->last_ms);
	jsonw_key(&w, event_member(MEMBER_DIGEST_ALERTS));
	result = digests_write_alerts(&l->policy->digests, g, &w, err);
	jsonw_object_end(&w);
	return result == 0 ? write_event(l, EVENT_DIGEST, &o, end_detail(l, &w), err) : result;
}

int event_log_tell_group(struct event_log *l, const struct digest_group *g, int64_t now_ms, struct error *err)
{
	int result = 0;

	l->digest_ms = now_ms;
	if (g->alerts == 1)
		result = digests_each(&l->policy->digests, g, write_held, l, err);
	/* alone, but not one of those that are listed */
	if (result == 0 && g->alerts > 0)
		result = write_digest(l, g, err);
	return result >= 0 ? digests_sent(&l->policy->digests, g, now_ms, err) : result;
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

int event_log_health(struct event_log *l, const struct event_context *o, enum feed_health before,
	const struct feed_state *state, struct error *err)
{
	const char *news = health_news(before, state->health);
	struct jsonw w;

	if (news == NULL)
		return 0;
	begin_detail(l, &w);
	jsonw_kv_object(&w, event_member(MEMBER_FEED));
	jsonw_kv_cstr(&w, event_member(MEMBER_FEED_NAME), state->name);
	jsonw_kv_cstr(&w, event_member(MEMBER_FEED_STATE), news);
	if (state->health != FEED_OK) {
		jsonw_kv_cstr(&w, event_member(MEMBER_FEED_KIND), poll_failure_name(state->failure));
		jsonw_kv_cstr(&w, event_member(MEMBER_FEED_REASON), state->reason);
	}
	if (state->http_status != 0)
		jsonw_kv_int(&w, event_member(MEMBER_FEED_STATUS), state->http_status);
	jsonw_object_end(&w);
	return write_event(l, EVENT_FEED, o, end_detail(l, &w), err);
}

int event_log_burst(
	struct event_log *l, const struct event_context *o, const struct event_log_burst *burst, struct error *err)
{
	struct jsonw w;

	begin_detail(l, &w);
	jsonw_kv_object(&w, event_member(MEMBER_BURST));
	jsonw_kv_cstr(&w, event_member(MEMBER_BURST_OF), burst->of);
	jsonw_kv_str(&w, event_member(MEMBER_BURST_NAME), burst->name);
	jsonw_kv_int(&w, event_member(MEMBER_BURST_SEEN), burst->seen);
	jsonw_kv_int(&w, event_member(MEMBER_BURST_HOURS), burst->hours);
	jsonw_kv_real(&w, event_member(MEMBER_BURST_EXPECTED), burst->expected);
	jsonw_kv_real(&w, event_member(MEMBER_BURST_SCORE), burst->score);
	jsonw_object_end(&w);
	return write_event(l, EVENT_BURST, o, end_detail(l, &w), err);
}

int event_log_breaking(
	struct event_log *l, const struct event_context *o, int64_t publishers, double expected, struct error *err)
{
	struct jsonw w;

	begin_detail(l, &w);
	jsonw_kv_object(&w, event_member(MEMBER_BREAKING));
	jsonw_kv_int(&w, event_member(MEMBER_BREAKING_SEEN), publishers);
	jsonw_kv_real(&w, event_member(MEMBER_BREAKING_EXPECTED), expected);
	jsonw_object_end(&w);
	return write_event(l, EVENT_BREAKING, o, end_detail(l, &w), err);
}

int event_log_silence(
	struct event_log *l, const struct event_context *o, const struct feed_state *state, struct error *err)
{
	const struct feed_silence *silence = &state->silence;
	struct jsonw w;

	if (!l->alerts->silence || silence->news == SILENCE_NO_NEWS)
		return 0;
	begin_detail(l, &w);
	jsonw_kv_object(&w, event_member(MEMBER_SILENCE));
	jsonw_kv_cstr(&w, event_member(MEMBER_SILENCE_NAME), state->name);
	jsonw_kv_cstr(&w, event_member(MEMBER_SILENCE_STATE), silence->news == SILENCE_BEGUN ? "begun" : "ended");
	jsonw_kv_time(&w, event_member(MEMBER_SILENCE_SINCE), silence->since_ms);
	jsonw_kv_int(&w, event_member(MEMBER_SILENCE_USUAL), silence->usual_ms / 1000);
	jsonw_kv_int(&w, event_member(MEMBER_SILENCE_LIMIT), silence->limit_ms / 1000);
	jsonw_object_end(&w);
	return write_event(l, EVENT_SILENCE, o, end_detail(l, &w), err);
}

int event_log_move(struct event_log *l, const struct event_context *o, const struct feed_state *state, bool is_private,
	struct error *err)
{
	struct buf url = BUF_INIT(4 * LIMIT_URL);
	struct jsonw w;

	(void)(is_private ? buf_add_bare_url : buf_add_public_url)(&url, str_from(state->moved_url));
	begin_detail(l, &w);
	jsonw_kv_object(&w, event_member(MEMBER_FEED));
	jsonw_kv_cstr(&w, event_member(MEMBER_FEED_NAME), state->name);
	jsonw_kv_cstr(&w, event_member(MEMBER_FEED_STATE), "moved");
	jsonw_kv_str(&w, event_member(MEMBER_FEED_URL), buf_str(&url));
	jsonw_object_end(&w);
	buf_release(&url);
	return write_event(l, EVENT_FEED, o, end_detail(l, &w), err);
}
