/* SPDX-License-Identifier: ISC */
/* Table rule_pending: a row for each item and each rule that waits for the item's story.
 *
 * Column due is the time at which a condition on the age changes next; NULL: never.  A jump of the clock sets it to 0
 * (ingest_clock.c). */
#include "sitrep/store/rule_pending.h"

#include <errno.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

enum {
	/* Rows of one rule in one story.  The truth of a further item is added to the newest row, so that a story of
	 * thousands of items is settled in a bounded time. */
	ITEMS_MAX = 64,
	/* Rules that are matched between two reads of a story's rows. */
	TRUE_MAX = 32,
};

static const char *const texts[PENDING_STATEMENTS] = {
	[PENDING_DROP] = "DELETE FROM rule_pending WHERE item_id = ?1",
	[PENDING_ADD] = "INSERT OR REPLACE INTO rule_pending(story_id, rule_key, item_id, truth, terms, backlog, due)"
			" SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
			/* not for a rule that was removed since the document was matched */
			" WHERE NOT EXISTS(SELECT 1 FROM rule WHERE rule_key = ?2 AND name IS NULL)",
	[PENDING_ADD_STORED] =
		"INSERT OR IGNORE INTO rule_pending(story_id, rule_key, item_id, truth, terms, backlog, due)"
		" SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
		" FROM rule WHERE rule_key = ?2 AND name IS NOT NULL AND from_id > ?3",
	[PENDING_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM rule_pending WHERE story_id = ?1 AND rule_key = ?2"
			  " AND item_id != ?3 LIMIT ?4)",
	[PENDING_MERGE] = "UPDATE rule_pending SET truth = truth | ?3, backlog = min(backlog, ?4)"
			  " WHERE story_id = ?1 AND rule_key = ?2 AND item_id ="
			  " (SELECT max(item_id) FROM rule_pending WHERE story_id = ?1 AND rule_key = ?2)",
	[PENDING_ROWS] =
		"SELECT p.rule_key, p.item_id, p.truth, p.terms, p.backlog, p.due, i.feed_id FROM rule_pending p"
		" JOIN item i ON i.id = p.item_id WHERE p.story_id = ?1 AND NOT EXISTS"
		" (SELECT 1 FROM rule_match m WHERE m.story_id = p.story_id AND m.rule_key = p.rule_key)"
		" ORDER BY p.rule_key DESC, p.item_id DESC",
	[PENDING_STORY] = "SELECT sort_ms, sources, (SELECT max(priority) FROM alert WHERE story_id = ?1)"
			  " FROM story WHERE id = ?1",
	[PENDING_SETTLED] = "UPDATE rule_pending SET due = NULL WHERE story_id = ?1 AND rule_key = ?2",
	[PENDING_SET_AGE] = "UPDATE rule_pending SET due = ?4 WHERE story_id = ?1 AND rule_key = ?2 AND item_id = ?3",
	[PENDING_NEXT] = "SELECT story_id FROM rule_pending WHERE due <= ?1 ORDER BY due LIMIT 1",
	/* rows of rules that have matched already, or that are gone */
	[PENDING_HAS_MATCHED] = "SELECT count(*) FROM rule_match WHERE story_id = ?1 AND rule_key = ?2",
	[PENDING_LOOKED_AT] = "UPDATE rule_pending SET due = NULL WHERE story_id = ?1 AND due <= ?2",
};
SQL_TEXTS(texts, PENDING_STATEMENTS);

/* An item that matches too many rules is told of once in this time. */
static const int64_t crowded_every_ms = INT64_C(3600) * 1000;

static const char cannot_keep[] = "cannot store a rule's conditions";

int rule_pending_init(struct rule_pending *p, struct sql_db *db, struct alert_desk *alerts, struct error *err)
{
	*p = (struct rule_pending){.alerts = alerts};
	return sql_prepare(db, texts, PENDING_STATEMENTS, p->s, err);
}

void rule_pending_release(struct rule_pending *p)
{
	sql_finalize(p->s, PENDING_STATEMENTS);
}

void rule_pending_use(struct rule_pending *p, const struct stored_rules *rules)
{
	p->rules = rules;
}

/* ---- a story's state ---- */

struct story_state {
	struct rule_story story;
	int64_t sort_ms;
};

/* 1; 0: there is no such story. */
static int load_story(
	struct rule_pending *p, int64_t story_id, int64_t at_ms, struct story_state *state, struct error *err)
{
	struct sql_stmt *s = p->s[PENDING_STORY];
	int result;

	*state = (struct story_state){.sort_ms = 0};
	result = sql_find(s, err, cannot_keep, as_int(story_id));
	if (result == 1) {
		state->sort_ms = sql_time_or(s, 0, 0);
		state->story.sources = sql_int(s, 1);
		state->story.priority = (enum rule_priority)sql_number(s, 2, RULE_LOW, RULE_URGENT, RULE_NO_PRIORITY);
		state->story.age_ms = at_ms > state->sort_ms ? at_ms - state->sort_ms : 0;
	}
	sql_reset(s);
	return result;
}

/* TIME_NONE: no condition on the age will change. */
static int64_t due_of(const struct rule_pending *p, const struct stored_rule *rule, const struct story_state *state)
{
	int64_t age_ms = rule_set_next_age(p->rules->set, rule->place, state->story.age_ms);

	return age_ms == INT64_MAX ? TIME_NONE : state->sort_ms + age_ms;
}

/* ---- what an item waits for ---- */

struct wait {
	int64_t story_id, item_id, due_ms;
	struct str rule_key, terms;
	uint64_t truth;
	bool backlog;
};

static int run_add(
	struct rule_pending *p, enum rule_pending_statement which, const struct wait *wait, struct error *err)
{
	return sql_run(p->s[which], err, cannot_keep, as_int(wait->story_id), as_text(wait->rule_key),
		as_int(wait->item_id), as_int((int64_t)wait->truth), as_text(wait->terms), as_int(wait->backlog),
		as_time(wait->due_ms));
}

/* Adds a row, or its truth to another one when the story has many of the rule. */
static int add_wait(
	struct rule_pending *p, enum rule_pending_statement which, const struct wait *wait, struct error *err)
{
	int64_t count = 0;
	int result = sql_find_int(p->s[PENDING_COUNT], &count, err, cannot_keep, as_int(wait->story_id),
		as_text(wait->rule_key), as_int(wait->item_id), as_int(ITEMS_MAX));

	if (result < 0)
		return result;
	if (count < ITEMS_MAX)
		return run_add(p, which, wait, err);
	return sql_run(p->s[PENDING_MERGE], err, cannot_keep, as_int(wait->story_id), as_text(wait->rule_key),
		as_int((int64_t)wait->truth), as_int(wait->backlog));
}

/* NULL: the rule is not in force; the caller treats it as a rule without conditions. */
static const struct stored_rule *find_rule(const struct rule_pending *p, struct str rule_key)
{
	return p->rules != NULL ? stored_rules_find(p->rules, rule_key) : NULL;
}

static enum rule_priority priority_of(const struct rule_pending *p, struct str rule_key)
{
	return event_log_priority(p->alerts->event_log, rule_key);
}

int rule_pending_take_stored(
	struct rule_pending *p, const struct event_context *o, const struct rule_hit *hit, struct error *err)
{
	struct wait wait = {.story_id = o->story_id,
		.item_id = o->item_id,
		.rule_key = hit->rule,
		.truth = hit->truth,
		.backlog = true};
	const struct stored_rule *rule = find_rule(p, hit->rule);
	struct buf terms = BUF_INIT(RULE_TEXT_MAX);
	struct story_state state;
	int result;

	if (rule == NULL)
		return 0;
	switch (rule_set_verdict(p->rules->set, rule->place, hit->truth)) {
	case RULE_NEVER:
		return 0;
	case RULE_ALWAYS:
		return 1;
	case RULE_PERHAPS:
		break;
	}
	result = load_story(p, o->story_id, o->at_ms, &state, err);
	if (result == 1) {
		for (size_t i = 0; i < hit->term_count; i++)
			buf_printf(&terms, "%s%.*s", i > 0 ? "\n" : "", STR_ARG(hit->terms[i]));
		wait.terms = terms.failed == 0 ? buf_str(&terms) : STR_NONE;
		wait.due_ms = due_of(p, rule, &state);
		result = add_wait(p, PENDING_ADD_STORED, &wait, err);
		if (result == 0)
			result = rule_set_holds(p->rules->set, rule->place, hit->truth, &state.story);
	}
	buf_release(&terms);
	return result;
}

/* ---- settling ---- */

/* A rule that has come true, and the item by whose text it did. */
struct come_true {
	int64_t item_id, feed_id;
	struct buf rule_key, terms;
	bool backlog;
};

struct settling {
	struct rule_pending *p;
	int64_t story_id, at_ms;
	bool recent;
	const struct item *but; /* rules that match its text are left alone; NULL: none is */
	struct story_state state;
	struct come_true rules[TRUE_MAX];
	size_t count;
	struct error *err;
};

static bool is_matched_by(const struct item *it, struct str rule_key)
{
	for (size_t i = 0; it != NULL && i < it->matches.count; i++)
		if (str_eq(it->matches.items[i].rule, rule_key))
			return true;
	return false;
}

/* Notes the rule of the present row when it has come true. */
static int look_at_row(struct settling *t, struct sql_stmt *row)
{
	struct rule_pending *p = t->p;
	const struct stored_rule *rule = find_rule(p, sql_text(row, 0));
	struct come_true *last = t->count > 0 ? &t->rules[t->count - 1] : NULL, *next = &t->rules[t->count];
	int64_t due_ms;

	if (rule == NULL || (last != NULL && str_eq(buf_str(&last->rule_key), sql_text(row, 0))) ||
		is_matched_by(t->but, sql_text(row, 0)))
		return 0;
	if (rule_set_holds(p->rules->set, rule->place, (uint64_t)sql_int(row, 2), &t->state.story)) {
		*next = (struct come_true){.item_id = sql_int(row, 1),
			.feed_id = sql_int(row, 6),
			.rule_key = BUF_INIT(RULE_TEXT_MAX),
			.terms = BUF_INIT(RULE_TEXT_MAX),
			.backlog = sql_bool(row, 4)};
		t->count++;
		if (buf_add(&next->rule_key, sql_text(row, 0)) != 0 || buf_add(&next->terms, sql_text(row, 3)) != 0)
			return error_sys(t->err, -ENOMEM, cannot_keep);
		return 0;
	}
	due_ms = due_of(p, rule, &t->state);
	if (due_ms == sql_time(row, 5))
		return 0;
	return sql_run(p->s[PENDING_SET_AGE], t->err, cannot_keep, as_int(t->story_id), as_text(sql_text(row, 0)),
		as_int(sql_int(row, 1)), as_time(due_ms));
}

static int match_rule(struct settling *t, const struct come_true *rule)
{
	struct rule_pending *p = t->p;
	const struct event_context o = {.at_ms = t->at_ms,
		.feed_id = rule->feed_id,
		.item_id = rule->item_id,
		.story_id = t->story_id,
		.sort_ms = t->state.sort_ms};
	int result = alert_desk_match(
		p->alerts, &o, buf_str(&rule->rule_key), buf_str(&rule->terms), t->recent || !rule->backlog, t->err);

	if (result < 0)
		return result;
	return sql_run(
		p->s[PENDING_SETTLED], t->err, cannot_keep, as_int(t->story_id), as_text(buf_str(&rule->rule_key)));
}

/* The highest priority first; a stable order of few. */
static void put_in_order(struct settling *t)
{
	for (size_t i = 1; i < t->count; i++) {
		struct come_true moved = t->rules[i];
		enum rule_priority priority = priority_of(t->p, buf_str(&moved.rule_key));
		size_t at = i;

		for (; at > 0 && priority_of(t->p, buf_str(&t->rules[at - 1].rule_key)) < priority; at--)
			t->rules[at] = t->rules[at - 1];
		t->rules[at] = moved;
	}
}

/* Matches the rules that are true now.  1: there was one, so that its alert may make others true. */
static int settle_once(struct settling *t)
{
	struct sql_stmt *s = t->p->s[PENDING_ROWS];
	bool is_known = false;
	int result = 0;

	t->count = 0;
	sql_bind(s, as_int(t->story_id));
	while (t->count < TRUE_MAX && (result = sql_step(s, t->err, cannot_keep)) == 1) {
		if (!is_known)
			result = load_story(t->p, t->story_id, t->at_ms, &t->state, t->err);
		is_known = true;
		result = result == 1 ? look_at_row(t, s) : result;
		if (result != 0)
			break;
	}
	sql_reset(s);
	put_in_order(t);
	for (size_t i = 0; i < t->count; i++) {
		if (result >= 0)
			result = match_rule(t, &t->rules[i]);
		buf_release(&t->rules[i].rule_key);
		buf_release(&t->rules[i].terms);
	}
	return result < 0 ? result : t->count > 0;
}

static int settle(struct settling *t)
{
	const struct rule_pending *p = t->p;
	bool matched = false;
	int result = p->rules != NULL ? 1 : 0;

	/* Each round matches a rule that had not matched before, so there are at most so many rounds. */
	for (size_t i = 0; result == 1 && i <= p->rules->count; i++) {
		result = settle_once(t);
		matched = matched || result == 1;
	}
	return result < 0 ? result : matched;
}

int rule_pending_settle(struct rule_pending *p, int64_t story_id, int64_t at_ms, bool recent, struct error *err)
{
	struct settling t = {.p = p, .story_id = story_id, .at_ms = at_ms, .recent = recent, .err = err};

	return settle(&t);
}

/* ---- the matches of a report ---- */

/* The matches of a report that are taken. */
struct taking {
	struct rule_pending *p;
	const struct event_context *o;
	const struct item *it;
	bool recent;
	enum rule_priority foreseen; /* the highest priority of the story's alerts when all matches are taken */
	struct error *err;
};

/* Does a rule with conditions hold, for the story as it is or as it will be? */
static bool holds(
	const struct taking *t, const struct stored_rule *rule, uint64_t truth, const struct rule_story *story)
{
	struct rule_story later = *story;

	if (later.priority < t->foreseen)
		later.priority = t->foreseen;
	return rule_set_holds(t->p->rules->set, rule->place, truth, story) ||
	       rule_set_holds(t->p->rules->set, rule->place, truth, &later);
}

/* The match of a rule that has conditions. */
static int take_waiting(struct taking *t, const struct stored_rule *rule, const struct match *m)
{
	struct rule_pending *p = t->p;
	const struct event_context *o = t->o;
	struct wait wait = {.story_id = o->story_id,
		.item_id = o->item_id,
		.rule_key = m->rule,
		.terms = m->terms,
		.truth = m->truth,
		.backlog = !t->recent};
	struct story_state state;
	int result = load_story(p, o->story_id, o->at_ms, &state, t->err);

	if (result != 1)
		return result;
	wait.due_ms = due_of(p, rule, &state);
	result = add_wait(p, PENDING_ADD, &wait, t->err);
	if (result == 0 && holds(t, rule, m->truth, &state.story))
		result = alert_desk_match(p->alerts, o, m->rule, m->terms, t->recent, t->err);
	return result < 0 ? result : 0;
}

/* Without a rule in force it is treated as one without conditions. */
static enum rule_verdict verdict_of(const struct rule_pending *p, const struct stored_rule *rule, uint64_t truth)
{
	return rule != NULL ? rule_set_verdict(p->rules->set, rule->place, truth) : RULE_ALWAYS;
}

/* Raises what is foreseen by the priority of the alert that the match will raise.  1: it rose. */
static int foresee_match(struct taking *t, const struct match *m, const struct rule_story *story)
{
	const struct stored_rule *rule = find_rule(t->p, m->rule);
	enum rule_verdict verdict = verdict_of(t->p, rule, m->truth);
	enum rule_priority priority = priority_of(t->p, m->rule);
	int64_t before = 0;
	int result;

	if (priority <= t->foreseen || verdict == RULE_NEVER ||
		(verdict == RULE_PERHAPS && !holds(t, rule, m->truth, story)))
		return 0;
	result = sql_find_int(
		t->p->s[PENDING_HAS_MATCHED], &before, t->err, cannot_keep, as_int(t->o->story_id), as_text(m->rule));
	if (result >= 0)
		result = alert_desk_may_raise(t->p->alerts, t->o, m->rule, before == 0, t->err);
	if (result == 1)
		t->foreseen = priority;
	return result;
}

/* A rule with a condition on the priority may be true by an alert that another match raises, which it is to be told
 * before. */
static int foresee(struct taking *t)
{
	bool waits = false;
	struct story_state state;
	int result;

	for (size_t i = 0; i < t->it->matches.count; i++) {
		const struct match *m = &t->it->matches.items[i];

		waits = waits || verdict_of(t->p, find_rule(t->p, m->rule), m->truth) == RULE_PERHAPS;
	}
	if (!waits || !t->recent)
		return 0;
	result = load_story(t->p, t->o->story_id, t->o->at_ms, &state, t->err);
	/* Each round but the last raises the priority. */
	for (bool rose = result == 1; rose && result >= 0;) {
		rose = false;
		for (size_t i = 0; result >= 0 && i < t->it->matches.count; i++) {
			result = foresee_match(t, &t->it->matches.items[i], &state.story);
			rose = rose || result == 1;
		}
	}
	return result < 0 ? result : 0;
}

/* The rules of one priority that match the item: those with conditions, or those without. */
static int take_some(struct taking *t, enum rule_priority priority, bool waiting)
{
	int result = 0;

	for (size_t i = 0; result >= 0 && i < t->it->matches.count; i++) {
		const struct match *m = &t->it->matches.items[i];
		const struct stored_rule *rule = find_rule(t->p, m->rule);
		enum rule_verdict verdict = verdict_of(t->p, rule, m->truth);

		if (verdict == RULE_NEVER || (verdict == RULE_PERHAPS) != waiting ||
			priority_of(t->p, m->rule) != priority)
			continue;
		result = waiting ? take_waiting(t, rule, m)
				 : alert_desk_match(t->p->alerts, t->o, m->rule, m->terms, t->recent, t->err);
	}
	return result;
}

/* The worker leaves out the rules beyond the limit, which are the last of the configuration. */
static void tell_of_crowd(struct rule_pending *p, const struct event_context *o, const struct item *it)
{
	int64_t now_ms = clock_elapsed_ms();

	if (it->matches.count < LIMIT_ITEM_MATCHES || (p->crowded_ms != 0 && now_ms - p->crowded_ms < crowded_every_ms))
		return;
	p->crowded_ms = now_ms;
	log_emit(LOG_LEVEL_WARNING, "an item matches too many rules: alerts and outputs beyond these are left out",
		"rules", LOG_NUM(LIMIT_ITEM_MATCHES), "feed_id", LOG_NUM(o->feed_id), NULL);
}

int rule_pending_take(struct rule_pending *p, const struct event_context *o, const struct item *it,
	int64_t published_ms, bool news, const struct story_change *change, struct error *err)
{
	bool recent = event_log_is_recent(p->alerts->event_log, o, published_ms);
	struct taking t = {.p = p, .o = o, .it = it, .recent = recent, .err = err};
	struct settling waiting = {
		.p = p, .story_id = o->story_id, .at_ms = o->at_ms, .recent = recent, .but = it, .err = err};
	int64_t last_id = alert_desk_last_id(p->alerts);
	/* rows of the item's former text */
	int result = sql_run(p->s[PENDING_DROP], err, cannot_keep, as_int(o->item_id));

	tell_of_crowd(p, o, it);
	if (result >= 0)
		result = settle(&waiting);
	if (result >= 0 && news)
		result = alert_desk_news(p->alerts, o, change, last_id, err);
	if (result >= 0)
		result = foresee(&t);
	/* The highest priority first: an urgent alert may mute the others.  Among equals those without conditions: the
	 * priority of their alerts is a condition of others. */
	for (int priority = RULE_URGENT; result >= 0 && priority >= RULE_NO_PRIORITY; priority--) {
		result = take_some(&t, (enum rule_priority)priority, false);
		if (result >= 0)
			result = take_some(&t, (enum rule_priority)priority, true);
	}
	if (result >= 0)
		result = rule_pending_settle(p, o->story_id, o->at_ms, recent, err);
	return result < 0 ? result : 0;
}

int rule_pending_step(struct rule_pending *p, int64_t now_ms, bool *changed, struct error *err)
{
	/* without rules there is nothing to settle */
	int result = p->rules != NULL ? 1 : 0;

	*changed = false;
	for (int i = 0; i < RULE_PENDING_STEP && result == 1; i++) {
		int64_t story_id;

		result = sql_find_int(p->s[PENDING_NEXT], &story_id, err, cannot_keep, as_int(now_ms));
		if (result != 1)
			break;
		result = rule_pending_settle(p, story_id, now_ms, false, err);
		*changed = *changed || result == 1;
		if (result < 0)
			break;
		result = sql_run(p->s[PENDING_LOOKED_AT], err, cannot_keep, as_int(story_id), as_int(now_ms));
		result = result == 0 ? 1 : result;
	}
	return result;
}
