/* SPDX-License-Identifier: ISC */
#include "sitrep/store/alert_policy.h"

#include <errno.h>
#include <stdio.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/record.h"

enum {
	DECODED_MAX = 16 * 1024 * 1024,
	/* Urgent alerts of a story, of which so many are looked at. */
	URGENT_MAX = 100,
	RATE_KEY_MAX = 320,
};

static const char *const texts[POLICY_STATEMENTS] = {
	[POLICY_FEED] = "SELECT categories FROM feed WHERE id = ?1",
	/* not those that nobody has heard of */
	[POLICY_URGENT] = ("SELECT rule FROM alert WHERE story_id = ?1 AND state = ?2 AND priority = ?3"
			   " AND muted IS NULL ORDER BY id LIMIT ?4"),
	[POLICY_ITEM] = "SELECT record FROM item WHERE id = ?1",
};
SQL_TEXTS(texts, POLICY_STATEMENTS);

/* Begins the group's name of an alert with quiet hours of its own; the other alerts have the group "quiet". */
static const struct str own_quiet = {.data = "quiet/", .len = 6};

static const char cannot_judge[] = "cannot look up whether an alert is held back";

int alert_policy_init(struct alert_policy *p, struct sql_db *db, const struct alert_specs *alerts, struct error *err)
{
	int result;

	*p = (struct alert_policy){.alerts = alerts};
	arena_init(&p->arena, DECODED_MAX);
	result = sql_prepare(db, texts, POLICY_STATEMENTS, p->s, err);
	if (result == 0)
		result = silences_init(&p->silences, db, err);
	if (result == 0)
		result = digests_init(&p->digests, db, err);
	return result;
}

void alert_policy_release(struct alert_policy *p)
{
	digests_release(&p->digests);
	silences_release(&p->silences);
	sql_finalize(p->s, POLICY_STATEMENTS);
	arena_release(&p->arena);
}

/* The first category of the feed; "" when it has none, or is gone. */
static int find_category(struct alert_policy *p, int64_t feed_id, char *category, size_t size, struct error *err)
{
	struct sql_stmt *s = p->s[POLICY_FEED];
	struct str rest, name = STR_NONE;
	int result;

	category[0] = '\0';
	result = sql_find(s, err, cannot_judge, as_int(feed_id));
	if (result == 1) {
		rest = sql_text(s, 0);
		if (str_split(&rest, '\n', &name))
			snprintf(category, size, "%.*s", STR_ARG(name));
	}
	return sql_end(s, result < 0 ? result : 0);
}

static int mute_by_silence(
	struct alert_policy *p, const struct alert_case *c, struct alert_ruling *ruling, struct error *err)
{
	const struct silence *silence;
	int result = silences_find(&p->silences, c->at_ms, str_from(c->alert->name),
		rule_priority_parse(str_from(c->alert->priority)), c->item_id, &silence, err);

	if (result != 0 || silence == NULL)
		return result;
	*ruling = (struct alert_ruling){.kind = ALERT_MUTE, .silence_id = silence->id};
	snprintf(ruling->reason, sizeof(ruling->reason), "silence");
	return 1;
}

/* 1: an urgent alert about the story is open, whose rule mutes such alerts as this one. */
static int mute_by_urgent(
	struct alert_policy *p, const struct alert_case *c, struct alert_ruling *ruling, struct error *err)
{
	struct sql_stmt *s = p->s[POLICY_URGENT];
	bool found = false;
	int result;

	sql_bind(s, as_int(c->story_id), as_int(ALERT_OPEN), as_int(ALERT_URGENT), as_int(URGENT_MAX));
	while (!found && (result = sql_step(s, err, cannot_judge)) == 1) {
		const struct alert_spec *urgent = alert_spec_find(p->alerts, sql_text(s, 0));

		found = urgent != NULL && c->alert->priority_rank <= urgent->hold.inhibit_priority;
		if (!found)
			continue;
		*ruling = (struct alert_ruling){.kind = ALERT_MUTE};
		snprintf(ruling->reason, sizeof(ruling->reason), "inhibited");
		snprintf(ruling->by, sizeof(ruling->by), "%s", urgent->name);
	}
	sql_reset(s);
	return result < 0 ? result : found;
}

/* Does the event call somebody?  The others revise in place what was told. */
static bool is_call(const struct alert_case *c)
{
	return (c->why & (ALERT_RAISED | ALERT_REOPENED | ALERT_ESCALATED)) != 0;
}

/* The name of the rule, or of its revisions: no rule has a slash in its name. */
static struct str rate_key(char room[RATE_KEY_MAX], const struct alert_case *c)
{
	snprintf(room, RATE_KEY_MAX, "%s%s", is_call(c) ? "" : "revised/", c->alert->name);
	return str_from(room);
}

static int collect_alert(struct alert_policy *p, const struct alert_case *c, enum hold_reason hold,
	const char *category, struct alert_ruling *ruling, struct error *err)
{
	int64_t sent_ms;
	int result;

	ruling->kind = ALERT_COLLECT;
	ruling->hold = hold;
	snprintf(ruling->reason, sizeof(ruling->reason), "%s", hold_reason_name(hold));
	if (hold == HOLD_RATE)
		snprintf(ruling->group, sizeof(ruling->group), "rate/%s", c->alert->name);
	else if (hold == HOLD_GROUP)
		snprintf(ruling->group, sizeof(ruling->group), "category/%s", category);
	else if (c->alert->hold.has_own_quiet)
		snprintf(ruling->group, sizeof(ruling->group), "%.*s%s", STR_ARG(own_quiet), c->alert->name);
	else
		snprintf(ruling->group, sizeof(ruling->group), "quiet");
	result = digests_last_sent(&p->digests, str_from(ruling->group), &sent_ms, err);
	ruling->due_ms = alert_hold_due(hold, &c->alert->hold, c->at_ms, sent_ms);
	return result;
}

/* How many such events of the rule have been told lately. */
static int count_sent(struct alert_policy *p, const struct alert_case *c, struct hold_case *now, struct error *err)
{
	char key[RATE_KEY_MAX], group[RATE_KEY_MAX];
	int result = digests_count_sent(
		&p->digests, rate_key(key, c), c->at_ms, c->alert->hold.rate.period_ms, &now->sent, err);

	if (result != 0 || is_call(c))
		return result;
	snprintf(group, sizeof(group), "rate/%s", c->alert->name);
	return digests_holds(&p->digests, str_from(group), c->alert_id, &now->waits, err);
}

int alert_policy_judge(
	struct alert_policy *p, const struct alert_case *c, struct alert_ruling *ruling, struct error *err)
{
	const struct alert_rate *rate = &c->alert->hold.rate;
	struct hold_case now = {.priority = c->alert->priority_rank, .local_minute = time_local_minute(c->at_ms)};
	char category[256];
	enum hold_reason hold;
	int result;

	*ruling = (struct alert_ruling){.kind = ALERT_DELIVER};
	result = c->is_heard_end ? 0 : mute_by_silence(p, c, ruling, err);
	if (result == 0 && !c->is_heard_end)
		result = mute_by_urgent(p, c, ruling, err);
	if (result != 0)
		return result < 0 ? result : 0;
	category[0] = '\0';
	if (c->alert->hold.by_category)
		result = find_category(p, c->feed_id, category, sizeof(category), err);
	now.has_category = category[0] != '\0';
	if (result == 0 && rate->count > 0)
		result = count_sent(p, c, &now, err);
	if (result != 0)
		return result;
	hold = alert_hold_judge(&c->alert->hold, &p->alerts->hold, &now);
	return hold == HOLD_NOT ? 0 : collect_alert(p, c, hold, category, ruling, err);
}

/* Holds the alert, with the title of its item. */
static int hold_alert(struct alert_policy *p, const struct alert_case *c, const struct alert_ruling *ruling,
	struct held_alert *held, struct error *err)
{
	struct sql_stmt *s = p->s[POLICY_ITEM];
	struct item it;
	int result = sql_find(s, err, cannot_judge, as_int(c->item_id));

	if (result == 1) {
		result = record_decode(sql_blob(s, 0), c->item_id, &p->arena, &it);
		if (result == 0)
			held->title = utf8_cut(it.plain_title, DIGEST_TITLE_MAX);
		/* a damaged record has no title */
		result = result == -EUCLEAN ? 0 : result;
	}
	if (result == -ENOMEM)
		error_sys(err, result, cannot_judge);
	if (result == 0)
		result = digests_hold(
			&p->digests, str_from(ruling->group), ruling->hold, ruling->due_ms, c->at_ms, held, err);
	sql_reset(s);
	arena_clear(&p->arena);
	return result;
}

int alert_policy_note(struct alert_policy *p, const struct alert_case *c, const struct alert_ruling *ruling,
	int64_t cursor, struct str detail, struct error *err)
{
	const struct alert_rate *rate = &c->alert->hold.rate;
	struct held_alert held = {
		.alert_id = c->alert_id,
		.cursor = cursor,
		.feed_id = c->feed_id,
		.item_id = c->item_id,
		.rule = str_from(c->alert->name),
		.priority = str_from(c->alert->priority),
		.detail = detail,
	};
	char key[RATE_KEY_MAX];
	int result;

	if (ruling->kind == ALERT_COLLECT)
		return hold_alert(p, c, ruling, &held, err);
	if (ruling->kind != ALERT_DELIVER)
		return 0;
	result = digests_drop(&p->digests, c->alert_id, err);
	if (result == 0 && rate->count > 0)
		result = digests_note_sent(&p->digests, rate_key(key, c), cursor, c->at_ms, rate->period_ms, err);
	return result;
}

/* ---- digests ---- */

struct silenced {
	struct alert_policy *policy;
	int64_t now_ms;
	int64_t ids[DIGEST_LISTED_MAX];
	size_t count;
};

static int take_silenced(void *arg, const struct held_alert *a, struct error *err)
{
	struct silenced *s = arg;
	const struct silence *silence;
	int result = silences_find(
		&s->policy->silences, s->now_ms, a->rule, rule_priority_parse(a->priority), a->item_id, &silence, err);

	if (result == 0 && silence != NULL && s->count < DIGEST_LISTED_MAX)
		s->ids[s->count++] = a->alert_id;
	return result;
}

int alert_policy_silence_held(struct alert_policy *p, const struct digest_group *g, int64_t now_ms, struct error *err)
{
	struct silenced s = {.policy = p, .now_ms = now_ms};
	int result = digests_each(&p->digests, g, take_silenced, &s, err);

	for (size_t i = 0; i < s.count && result == 0; i++)
		result = digests_drop(&p->digests, s.ids[i], err);
	return result == 0 ? s.count > 0 : result;
}

struct quiet_end {
	const struct alert_policy *policy;
	int64_t now_ms, end_ms;
};

static int take_quiet_end(void *arg, const struct held_alert *a, struct error *err UNUSED)
{
	struct quiet_end *q = arg;
	const struct alert_spec *spec = alert_spec_find(q->policy->alerts, a->rule);
	int64_t end_ms = spec != NULL ? week_times_end_ms(&spec->hold.quiet, q->now_ms) : q->now_ms;

	q->end_ms = end_ms < q->end_ms ? end_ms : q->end_ms;
	return 0;
}

int alert_policy_quiet_end(
	struct alert_policy *p, const struct digest_group *g, int64_t now_ms, int64_t *end_ms, struct error *err)
{
	struct quiet_end q = {.policy = p, .now_ms = now_ms, .end_ms = INT64_MAX};
	int result = digests_each(&p->digests, g, take_quiet_end, &q, err);

	*end_ms = q.end_ms != INT64_MAX ? q.end_ms : now_ms;
	return result;
}
