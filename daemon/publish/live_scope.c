/* SPDX-License-Identifier: ISC */
/* Decides for each event which views its story enters. */
#include "live_scope.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"

enum { ARENA_MAX = 64 * 1024 };

/* ---- scopes ---- */

void live_scopes_init(struct live_scopes *all, struct reader *reader, struct identity *identity)
{
	*all = (struct live_scopes){.reader = reader};
	filter_rules_init(&all->rules, identity);
}

void live_scopes_release(struct live_scopes *all)
{
	filter_rules_release(&all->rules);
}

static void scope_free(struct live_scope *s)
{
	arena_release(&s->arena);
	free(s->query);
	free(s);
}

struct live_scope *live_scope_join(struct live_scopes *all, struct str query)
{
	struct live_scope *s;

	for (s = all->first; s != NULL; s = s->next) {
		if (!str_eq(str_from(s->query), query))
			continue;
		s->users++;
		return s;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	arena_init(&s->arena, ARENA_MAX);
	s->query = strndup(query.data != NULL ? query.data : "", query.len);
	if (s->query == NULL || (query.len > 0 && view_read(&s->view, str_from(s->query), &s->arena) != 0)) {
		scope_free(s);
		return NULL;
	}
	s->is_open = !view_is_filtered(&s->view);
	s->alert = s->view.alert;
	s->view.alert = STR_NONE;
	if (!str_empty(s->view.rule))
		filter_rules_add(&all->rules, &s->rule, s->view.rule);
	s->users = 1;
	s->next = all->first;
	all->first = s;
	return s;
}

void live_scope_leave(struct live_scopes *all, struct live_scope *scope)
{
	struct live_scope **at = &all->first;

	if (--scope->users > 0)
		return;
	while (*at != scope)
		at = &(*at)->next;
	*at = scope->next;
	if (!str_empty(scope->view.rule))
		filter_rules_remove(&all->rules, &scope->rule);
	scope_free(scope);
}

/* ---- looking at a story ---- */

/* The rule of each scope is matched with each report; all rules together, once for a report. */
static bool rule_matches(struct live_scopes *all, struct live_scope *scope, const struct story *s)
{
	for (size_t i = 0; i < s->report_count; i++) {
		struct report *report = &s->reports[i];
		const struct event_record e = {
			.cursor = all->looks + (int64_t)i,
			.report = report,
			.source = report->source,
			.story_sources = s->source_count,
			.story_priority = s->priority,
			.story_sort_ms = s->first_seen_ms,
		};

		if (filter_rules_match(&all->rules, &scope->rule, &e))
			return true;
	}
	return false;
}

static bool has_story(struct live_scopes *all, struct live_scope *scope, const struct story *s)
{
	return scope->is_open ||
	       (view_has(&scope->view, s) && (str_empty(scope->view.rule) || rule_matches(all, scope, s)));
}

/* Numbers on, so that filter_rules takes the reports of the next story for new ones. */
static void end_look(struct live_scopes *all, const struct story *s)
{
	all->looks += (int64_t)s->report_count;
}

static int look_after(void *arg, const struct story *s)
{
	struct live_scopes *all = arg;

	for (struct live_scope *scope = all->first; scope != NULL; scope = scope->next)
		scope->after = has_story(all, scope, s);
	end_look(all, s);
	return 0;
}

static int look_before(void *arg, const struct story *s)
{
	struct live_scopes *all = arg;

	for (struct live_scope *scope = all->first; scope != NULL; scope = scope->next)
		scope->before = scope->after && has_story(all, scope, s);
	end_look(all, s);
	return 0;
}

/* ---- alerts ---- */

static bool asks_for(struct str wanted, struct str name, enum alert_priority priority)
{
	return str_eq(wanted, STR("any")) ||
	       (str_eq(wanted, STR("high")) ? priority >= ALERT_HIGH : str_eq_nocase(wanted, name));
}

static bool has_alert(const struct live_scope *scope, const struct story *s)
{
	for (size_t i = 0; i < s->mark_count; i++)
		if (asks_for(scope->alert, s->marks[i].name, s->marks[i].priority))
			return true;
	return false;
}

/* False when an earlier event has already brought the story into the view. */
static bool note_told(struct live_scope *scope, int64_t story_id, int64_t cursor)
{
	for (size_t i = 0; i < LIVE_TOLD_MAX; i++)
		if (scope->told[i].story_id == story_id && scope->told[i].cursor != 0)
			return scope->told[i].cursor >= cursor;
	scope->told[scope->next_told].story_id = story_id;
	scope->told[scope->next_told].cursor = cursor;
	scope->next_told = (scope->next_told + 1) % LIVE_TOLD_MAX;
	return true;
}

/* ---- the event ---- */

/* An event for which the views are decided, and where its message is written. */
struct judgment {
	struct live_scopes *all;
	const struct live_event *event;
	struct buf *message;
};

static void write_message(struct buf *out, int64_t cursor, const struct story *s)
{
	struct jsonw w = JSONW_INIT(out);

	buf_printf(out, "id: %lld\nevent: story\ndata: ", (long long)cursor);
	jsonw_object(&w);
	jsonw_kv_cstr(&w, "id", s->uid);
	jsonw_kv_str(&w, "title", s->reports[0].item.plain_title);
	jsonw_kv_int(&w, "outlets", s->source_count);
	if (s->mark_count > 0) {
		jsonw_kv_object(&w, "alert");
		jsonw_kv_str(&w, "name", s->marks[0].name);
		jsonw_kv_cstr(&w, "priority", alert_priority_name(s->marks[0].priority));
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	buf_puts(out, "\n\n");
}

static bool story_enters(struct judgment *j, struct live_scope *scope, const struct story *s)
{
	const struct live_event *e = j->event;
	bool is_new = scope->after && !scope->before;

	if (str_empty(scope->alert))
		return is_new;
	if (e->kind == EVENT_ALERT)
		is_new = asks_for(scope->alert, str_from(e->alert), e->priority) && has_story(j->all, scope, s);
	return is_new && has_alert(scope, s) && note_told(scope, s->id, e->cursor);
}

static int look_now(void *arg, const struct story *s)
{
	struct judgment *j = arg;
	bool any = false;

	for (struct live_scope *scope = j->all->first; scope != NULL; scope = scope->next) {
		scope->entered = story_enters(j, scope, s);
		any = any || scope->entered;
	}
	end_look(j->all, s);
	if (any)
		write_message(j->message, j->event->cursor, s);
	return 0;
}

/* Sets before and after of all scopes; *any tells whether a story may have entered one. */
static int look_at_report(struct live_scopes *all, const struct live_event *e, bool *any, struct error *err)
{
	bool is_read = e->kind == EVENT_COPY;
	int result = 0;

	for (struct live_scope *s = all->first; s != NULL; s = s->next) {
		s->after = s->is_open;
		s->before = s->is_open && e->kind == EVENT_COPY;
		is_read = is_read || !s->is_open;
	}
	if (is_read)
		result = reader_story_before(all->reader, &e->place, e->item_id + 1, look_after, all, err);
	if (result == 0 && e->kind == EVENT_COPY)
		result = reader_story_before(all->reader, &e->place, e->item_id, look_before, all, err);
	*any = false;
	for (struct live_scope *s = all->first; s != NULL; s = s->next)
		*any = *any || (s->after && !s->before);
	return result;
}

int live_scopes_judge(struct live_scopes *all, const struct live_event *e, struct buf *message, struct error *err)
{
	struct judgment j = {.all = all, .event = e, .message = message};
	bool any = false;
	int result = 0;

	for (struct live_scope *s = all->first; s != NULL; s = s->next) {
		s->before = s->after = s->entered = false;
		any = any || !str_empty(s->alert);
	}
	if (e->kind != EVENT_ALERT)
		result = look_at_report(all, e, &any, err);
	if (result == 0 && any)
		result = reader_story_at(all->reader, &e->place, STR_NONE, look_now, &j, err);
	return result;
}
