/* SPDX-License-Identifier: ISC */
#include "sitrep/store/alert_desk.h"

#include "sitrep/store/counters.h"

enum {
	/* A step handles so many alerts. */
	STEP_ALERTS = 50,
	/* Steps in the shortest time of a rule. */
	PERIOD_SHARE = 4,
};

static const int64_t period_most_ms = 60 * 1000, period_least_ms = 1000;
static const int64_t longest_wait_ms = INT64_C(3600) * 1000;
/* Reasons that do not wait for revise-after. */
static const unsigned at_once =
	ALERT_RAISED | ALERT_REPORT | ALERT_ESCALATED | ALERT_REOPENED | ALERT_CLOSED_QUIET | ALERT_JOINED;

int alert_desk_init(struct alert_desk *d, struct sql_db *db, struct counters *counters, struct event_log *event_log,
	const struct alert_specs *specs, struct error *err)
{
	d->event_log = event_log;
	d->specs = specs;
	d->rules_changed = true;
	return alert_store_init(&d->store, db, counters, err);
}

void alert_desk_release(struct alert_desk *d)
{
	alert_store_release(&d->store);
}

/* ---- an event ---- */

static const struct alert_spec *spec_of(const struct alert_desk *d, const struct alert *a)
{
	/* for an alert whose rule was removed */
	static const struct alert_spec gone = {.name = "", .priority = "normal"};
	const struct alert_spec *spec = alert_spec_find(d->specs, a->rule);

	return spec != NULL ? spec : &gone;
}

static int count_event(
	struct alert_desk *d, const struct event_context *o, const struct alert *a, bool is_muted, struct error *err)
{
	struct alert_counts counts = {
		.raised = !is_muted && a->revision == 1, .revised = !is_muted && a->revision > 1, .muted = is_muted};

	/* the days of a rule that was removed are gone */
	if (alert_spec_find(d->specs, a->rule) == NULL)
		return 0;
	return alert_store_count(&d->store, a->rule, o->at_ms, &counts, err);
}

/* Writes the event of the alert's next revision, and its row.  All events about alerts are written here. */
static int write_event(struct alert_desk *d, const struct event_context *o, struct alert *a, unsigned why,
	int64_t replaces, struct error *err)
{
	struct event_log_alert event;
	struct alert_ruling ruling;
	bool is_muted, is_heard = a->revision > 0 && !a->muted;
	int result = alert_store_publishers(&d->store, a->story_id, &a->publishers, err);

	if (result != 0)
		return result;
	/* All events so far were muted, so this may be the first that calls anybody. */
	if (a->muted && a->state == ALERT_OPEN)
		why |= ALERT_RAISED;
	a->revision++;
	a->told_ms = o->at_ms;
	a->pending = 0;
	if (a->id == 0)
		a->id = ++d->store.counters->alert_id;
	event = (struct event_log_alert){
		.spec = spec_of(d, a),
		.id = a->id,
		.revision = a->revision,
		.name = a->rule,
		.terms = a->terms,
		.priority = a->priority,
		.state = a->state,
		.why = why,
		.first_ms = a->first_ms,
		.last_ms = a->last_ms,
		.publishers = a->publishers,
		.replaces = replaces,
		.is_heard = is_heard,
	};
	result = event_log_alert(d->event_log, o, &event, &ruling, err);
	is_muted = result == 0 && ruling.kind == ALERT_MUTE;
	/* An alert whose events were all muted is closed without an event. */
	a->muted = is_muted && (a->revision == 1 || a->muted);
	if (result == 0)
		result = alert_store_save(&d->store, a, err);
	return result == 0 ? count_event(d, o, a, is_muted, err) : result;
}

/* ---- waits ---- */

/* True when wait_ms have passed since since_ms, or since_ms is in the future: the clock was wrong then. */
static bool has_passed(int64_t since_ms, int64_t wait_ms, int64_t now_ms)
{
	return now_ms < since_ms || now_ms - since_ms >= wait_ms;
}

static bool is_over(const struct alert_spec *spec, const struct alert *a, int64_t now_ms)
{
	return spec == NULL || (spec->close_after_ms > 0 && now_ms - a->last_ms >= spec->close_after_ms);
}

static int64_t revision_wait_ms(const struct alert_spec *spec, const struct alert *a)
{
	int64_t wait_ms = spec->revise_after_ms;

	if (a->priority == ALERT_URGENT)
		return wait_ms;
	for (int64_t i = 1; i < a->revision && wait_ms > 0 && wait_ms < longest_wait_ms; i++)
		wait_ms = wait_ms * 2 < longest_wait_ms ? wait_ms * 2 : longest_wait_ms;
	return wait_ms;
}

static bool may_tell(const struct alert_spec *spec, const struct alert *a, int64_t now_ms)
{
	return a->pending != 0 &&
	       ((a->pending & at_once) != 0 || has_passed(a->told_ms, revision_wait_ms(spec, a), now_ms));
}

/* Raises the priority by a step, once, when the story reaches the rule's number of publishers. */
static int escalate(
	struct alert_desk *d, const struct alert_spec *spec, struct alert *a, int64_t now_ms, struct error *err)
{
	int64_t publishers = 0;
	int result;

	if (spec->escalate_count == 0 || a->escalated)
		return 0;
	/* The items are counted only when the story's own count is high enough. */
	result = alert_store_publishers(&d->store, a->story_id, &publishers, err);
	if (result == 0 && publishers >= spec->escalate_count)
		result = alert_store_recent_publishers(
			&d->store, a->story_id, now_ms - spec->escalate_within_ms, &publishers, err);
	if (result != 0 || publishers < spec->escalate_count)
		return result;
	a->escalated = true;
	a->priority += a->priority < ALERT_URGENT;
	a->pending |= ALERT_ESCALATED;
	return 0;
}

/* ---- an alert is raised ---- */

static int raise_alert(struct alert_desk *d, const struct event_context *o, const struct alert_spec *spec,
	struct str terms, const struct alert *before, struct error *err)
{
	struct alert a = {
		.rule = str_from(spec->name),
		.terms = terms,
		.story_id = o->story_id,
		.item_id = spec->repeat == ALERT_REPEAT_ITEM ? o->item_id : 0,
		.raised_by = o->item_id,
		.last_item = o->item_id,
		.first_ms = o->at_ms,
		.last_ms = o->at_ms,
		.state = ALERT_OPEN,
		.priority = alert_priority_parse(spec->priority),
	};
	int result;

	if (before != NULL && before->escalated) {
		a.escalated = true;
		a.priority += a.priority < ALERT_URGENT;
	}
	result = escalate(d, spec, &a, o->at_ms, err);
	if (result != 0)
		return result;
	return before == NULL ? write_event(d, o, &a, ALERT_RAISED | a.pending, 0, err)
			      : write_event(d, o, &a, ALERT_RAISED | ALERT_UPDATED | a.pending, before->id, err);
}

static int reopen_alert(struct alert_desk *d, const struct event_context *o, const struct alert_spec *spec,
	struct alert *a, struct error *err)
{
	int result;

	a->state = ALERT_OPEN;
	a->last_ms = o->at_ms;
	a->last_item = o->item_id;
	result = escalate(d, spec, a, o->at_ms, err);
	return result == 0 ? write_event(d, o, a, ALERT_REOPENED | a->pending, 0, err) : result;
}

/* A story that has matched before, by an old item of a backlog, has no alert and gets none now. */
static bool is_new_match(const struct alert_spec *spec, const struct event_context *o, bool is_first)
{
	return is_first || o->guessed || (spec->repeat == ALERT_REPEAT_ITEM && !o->changed);
}

int alert_desk_may_raise(
	struct alert_desk *d, const struct event_context *o, struct str rule_key, bool is_first, struct error *err)
{
	const struct alert_spec *spec = alert_spec_of_key(d->specs, rule_key);
	struct alert a;
	int result;

	if (spec == NULL)
		return 0;
	result = alert_store_find(&d->store, str_from(spec->name), o->story_id,
		spec->repeat == ALERT_REPEAT_ITEM ? o->item_id : 0, &a, err);
	return result == 0 ? is_new_match(spec, o, is_first) : result < 0 ? result : 0;
}

int alert_desk_match(struct alert_desk *d, const struct event_context *o, struct str rule_key, struct str terms,
	bool alerts, struct error *err)
{
	const struct alert_spec *spec = alert_spec_of_key(d->specs, rule_key);
	struct alert a;
	int is_first = event_log_match(d->event_log, o, rule_key, err);
	int result;

	if (is_first < 0 || spec == NULL || !alerts)
		return is_first < 0 ? is_first : 0;
	if (!o->changed) {
		result = alert_store_count(
			&d->store, str_from(spec->name), o->at_ms, &(struct alert_counts){.matches = 1}, err);
		if (result != 0)
			return result;
	}
	result = alert_store_find(&d->store, str_from(spec->name), o->story_id,
		spec->repeat == ALERT_REPEAT_ITEM ? o->item_id : 0, &a, err);
	if (result < 0)
		return result;
	if (result == 1)
		return a.state == ALERT_OPEN && !is_over(spec, &a, o->at_ms) ? 0 : reopen_alert(d, o, spec, &a, err);
	if (is_new_match(spec, o, is_first == 1))
		return raise_alert(d, o, spec, terms, NULL, err);
	return 0;
}

/* ---- news about a story ---- */

/* A material change raises a new alert; the former one ends without an event of its own. */
static int replace_alert(struct alert_desk *d, const struct event_context *o, const struct alert_spec *spec,
	struct alert *a, struct error *err)
{
	struct alert before = *a;
	int result;

	before.state = ALERT_CLOSED;
	before.pending = 0;
	result = alert_store_save(&d->store, &before, err);
	return result == 0 ? raise_alert(d, o, spec, a->terms, &before, err) : result;
}

static int take_sources(struct alert_desk *d, struct alert *a, struct error *err)
{
	int64_t publishers;
	int result = alert_store_publishers(&d->store, a->story_id, &publishers, err);

	if (result == 0 && publishers >= 2 && publishers >= 2 * a->publishers)
		a->pending |= ALERT_SOURCE;
	return result;
}

static int revise_alert(struct alert_desk *d, const struct event_context *o, const struct alert_spec *spec,
	struct alert *a, const struct story_change *change, struct error *err)
{
	bool is_material = change != NULL && (change->numbers || change->title || change->text);
	int result = 0;

	a->last_ms = a->last_ms > o->at_ms ? a->last_ms : o->at_ms;
	a->last_item = o->item_id;
	if (spec->repeat == ALERT_REPEAT_UPDATE && (is_material || o->guessed))
		return replace_alert(d, o, spec, a, err);
	if (change != NULL && change->numbers)
		a->pending |= ALERT_NUMBERS;
	if (o->guessed)
		a->pending |= ALERT_REPORT;
	if (a->item_id == 0)
		result = take_sources(d, a, err);
	if (result == 0)
		result = escalate(d, spec, a, o->at_ms, err);
	if (result != 0)
		return result;
	return may_tell(spec, a, o->at_ms) ? write_event(d, o, a, a->pending, 0, err)
					   : alert_store_save(&d->store, a, err);
}

/* Revises the story's alerts that are urgent by the news, or the others. */
static int revise_all(struct alert_desk *d, const struct event_context *o, const struct story_change *change,
	int64_t last_id, bool urgent, struct error *err)
{
	int64_t after = 0;
	struct alert a;
	int result;

	while ((result = alert_store_next(&d->store, o->story_id, o->item_id, after, &a, err)) == 1 &&
		a.id <= last_id) {
		const struct alert_spec *spec = alert_spec_find(d->specs, a.rule);

		after = a.id;
		if (is_over(spec, &a, o->at_ms))
			continue;
		result = escalate(d, spec, &a, o->at_ms, err);
		if (result == 0 && (a.priority == ALERT_URGENT) == urgent)
			result = revise_alert(d, o, spec, &a, change, err);
		if (result != 0)
			break;
	}
	return result < 0 ? result : 0;
}

int64_t alert_desk_last_id(const struct alert_desk *d)
{
	return d->store.counters->alert_id;
}

int alert_desk_news(struct alert_desk *d, const struct event_context *o, const struct story_change *change,
	int64_t last_id, struct error *err)
{
	/* An urgent alert may mute the others. */
	int result = revise_all(d, o, change, last_id, true, err);

	return result == 0 ? revise_all(d, o, change, last_id, false, err) : result;
}

/* ---- steps ---- */

/* The event names the item of the last news.  When that item is gone, or all events of a closed alert were muted, only
 * the row is written. */
static int write_event_later(
	struct alert_desk *d, struct alert *a, unsigned why, int64_t at_ms, bool *told, struct error *err)
{
	struct event_context o = {.at_ms = at_ms, .item_id = a->last_item, .story_id = a->story_id};
	int result = alert_store_feed(&d->store, a->last_item, &o.feed_id, err);

	if (result == 1 && !(a->muted && a->state == ALERT_CLOSED)) {
		*told = true;
		return write_event(d, &o, a, why, 0, err);
	}
	a->pending = 0;
	return result < 0 ? result : alert_store_save(&d->store, a, err);
}

static int64_t shortest_close_ms(const struct alert_specs *specs)
{
	int64_t shortest = INT64_MAX;

	for (size_t i = 0; i < specs->count; i++)
		if (specs->items[i].close_after_ms > 0 && specs->items[i].close_after_ms < shortest)
			shortest = specs->items[i].close_after_ms;
	return shortest;
}

/* Alerts of a rule that was removed are closed whatever their age. */
static int close_quiet(struct alert_desk *d, int64_t now_ms, int64_t trusted_ms, bool *told, struct error *err)
{
	int64_t shortest_ms = shortest_close_ms(d->specs);
	int64_t until_ms = d->rules_changed || shortest_ms >= trusted_ms ? now_ms : trusted_ms - shortest_ms;
	struct alert_place after = {0};
	int closed = 0, result;
	struct alert a;

	while ((result = alert_store_next_quiet(&d->store, &after, until_ms, &a, err)) == 1) {
		const struct alert_spec *spec = alert_spec_find(d->specs, a.rule);

		after = (struct alert_place){.ms = a.last_ms, .id = a.id};
		if (!is_over(spec, &a, trusted_ms))
			continue;
		a.state = ALERT_CLOSED;
		result = write_event_later(d, &a, ALERT_CLOSED_QUIET, now_ms, told, err);
		if (result != 0 || ++closed == STEP_ALERTS)
			break;
	}
	if (result == 0)
		d->rules_changed = false;
	return closed == STEP_ALERTS ? 1 : result;
}

/* Alerts whose last news is in the future: the clock was ahead then, so their wait begins now. */
static int pull_back(struct alert_desk *d, int64_t now_ms, struct error *err)
{
	struct alert_place after = {.ms = now_ms, .id = INT64_MAX};
	int count = 0, result;
	struct alert a;

	while ((result = alert_store_next_quiet(&d->store, &after, INT64_MAX, &a, err)) == 1 && count++ < STEP_ALERTS) {
		after = (struct alert_place){.ms = a.last_ms, .id = a.id};
		a.last_ms = now_ms;
		a.first_ms = a.first_ms < now_ms ? a.first_ms : now_ms;
		result = alert_store_save(&d->store, &a, err);
		if (result != 0)
			return result;
	}
	return result < 0 ? result : 0;
}

static int tell_pending(struct alert_desk *d, int64_t now_ms, bool *told, struct error *err)
{
	struct alert_place after = {.ms = INT64_MIN};
	int count = 0, result;
	struct alert a;

	while ((result = alert_store_next_pending(&d->store, &after, &a, err)) == 1) {
		const struct alert_spec *spec = alert_spec_find(d->specs, a.rule);

		after = (struct alert_place){.ms = a.told_ms, .id = a.id};
		if (spec == NULL || !may_tell(spec, &a, now_ms))
			continue;
		result = write_event_later(d, &a, a.pending, now_ms, told, err);
		if (result != 0 || ++count == STEP_ALERTS)
			break;
	}
	return count == STEP_ALERTS ? 1 : result;
}

int alert_desk_step(struct alert_desk *d, int64_t now_ms, int64_t trusted_ms, bool *told, struct error *err)
{
	int result = pull_back(d, now_ms, err), more = 0;

	*told = false;
	if (result == 0)
		result = more = tell_pending(d, now_ms, told, err);
	if (result >= 0)
		result = close_quiet(d, now_ms, trusted_ms, told, err);
	return result < 0 ? result : result == 1 || more == 1;
}

int64_t alert_desk_period_ms(const struct alert_desk *d)
{
	int64_t period_ms = period_most_ms;

	for (size_t i = 0; i < d->specs->count; i++) {
		const struct alert_spec *spec = &d->specs->items[i];

		if (spec->close_after_ms > 0 && spec->close_after_ms / PERIOD_SHARE < period_ms)
			period_ms = spec->close_after_ms / PERIOD_SHARE;
		if (spec->revise_after_ms > 0 && spec->revise_after_ms / PERIOD_SHARE < period_ms)
			period_ms = spec->revise_after_ms / PERIOD_SHARE;
	}
	return period_ms > period_least_ms ? period_ms : period_least_ms;
}

int alert_desk_forget(struct alert_desk *d, int64_t before_ms, struct error *err)
{
	return alert_store_forget(&d->store, before_ms, err);
}

int alert_desk_sync(struct alert_desk *d, const struct stored_rules *rules, int64_t now_ms, struct error *err)
{
	d->rules_changed = true;
	return alert_store_sync(&d->store, rules, now_ms, err);
}

/* ---- the operator's edits ---- */

int alert_desk_split(struct alert_desk *d, int64_t item_id, int64_t from, int64_t to, struct error *err)
{
	return alert_store_split(&d->store, item_id, from, to, err);
}

/* a is an alert of the story that becomes part of story to; kept is story to's alert of the same rule. */
static int merge_alerts(
	struct alert_desk *d, struct alert *a, struct alert *kept, int64_t to, int64_t at_ms, struct error *err)
{
	struct alert *on = a->id < kept->id ? a : kept, *off = on == a ? kept : a;
	bool was_open = off->state == ALERT_OPEN, told;
	int result;

	on->story_id = to;
	on->state = was_open ? ALERT_OPEN : on->state;
	on->last_ms = on->last_ms > off->last_ms ? on->last_ms : off->last_ms;
	on->escalated = on->escalated || off->escalated;
	on->priority = on->priority > off->priority ? on->priority : off->priority;
	result = alert_store_save(&d->store, on, err);
	if (result != 0)
		return result;
	off->state = ALERT_CLOSED;
	off->pending = 0;
	off->story_id = to;
	if (was_open)
		result = write_event_later(d, off, ALERT_JOINED, at_ms, &told, err);
	off->story_id = 0;
	return result == 0 ? alert_store_save(&d->store, off, err) : result;
}

int alert_desk_join(struct alert_desk *d, int64_t from, int64_t to, int64_t at_ms, struct error *err)
{
	struct alert a, kept;
	int result;

	while ((result = alert_store_next_any(&d->store, from, 0, &a, err)) == 1) {
		result = alert_store_find(&d->store, a.rule, to, a.item_id, &kept, err);
		if (result == 1) {
			/* a's own texts were overwritten when kept was read; the rule is the same */
			a.rule = kept.rule;
			a.terms = kept.terms;
			result = merge_alerts(d, &a, &kept, to, at_ms, err);
		} else if (result == 0) {
			a.story_id = to;
			result = alert_store_save(&d->store, &a, err);
		}
		if (result != 0)
			break;
	}
	return result;
}
