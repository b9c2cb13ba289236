/* SPDX-License-Identifier: ISC */
/* The pages of alerts: /alerts and /alert/NAME. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/pages/alerts_page.h"
#include "sitrep/pages/view.h"

enum {
	/* Rules that are shown, and those of them with their last match: each takes a tenth of a millisecond and more.
	 */
	RULES_SHOWN = 200,
	LAST_SHOWN = 16,
	/* Stories on a page. */
	ROWS = 20,
	/* Alerts that are looked at for so many stories, which may have raised several. */
	LOOKED = 4 * ROWS,
	SILENCES_TEXT_MAX = 256 * 1024,
	RULE_NAME_MAX = 300,
};

static const int64_t silences_kept_ms = INT64_C(7) * 24 * 3600 * 1000;

struct alerts_making {
	struct page_making *m;
	struct alerts_page page;
	struct alert_view *alerts;
	struct stored_silence silences[SILENCES_READ];
	struct arena arena; /* texts of silences */
	bool is_last, tells;
	size_t shown;
};

static int take_silence(void *arg, const struct stored_silence *s)
{
	struct alerts_making *a = arg;
	struct stored_silence *to = &a->silences[a->page.silence_count];

	*to = *s;
	to->matcher = arena_str(&a->arena, s->matcher);
	to->why = arena_str(&a->arena, s->why);
	if (to->matcher.data == NULL)
		return -ENOMEM;
	a->page.silence_count++;
	return a->page.silence_count == SILENCES_READ;
}

/* Sets the counts of the rules, and the silences. */
static int read_counts(struct alerts_making *a, struct error *err)
{
	struct reader *r = a->m->p->reader;
	int64_t now_ms = a->m->site->now_ms;
	int result = reader_silences(r, now_ms - silences_kept_ms, take_silence, a, err);

	for (size_t i = 0; i < a->page.count && result >= 0; i++)
		result = reader_alert_counts(r, a->alerts[i].rule->name, now_ms, &a->alerts[i].counts, err);
	a->page.alerts = a->alerts;
	a->page.silences = a->silences;
	return result < 0 ? result : 0;
}

static void release(struct alerts_making *a)
{
	free(a->alerts);
	arena_release(&a->arena);
}

/* ---- before= ---- */

/* The last row that was shown, by its time and number; INT64_MAX: from the top. */
static bool read_before(const char *value, struct river_place *place)
{
	struct view v = {0};

	*place = (struct river_place){INT64_MAX, INT64_MAX};
	if (value[0] == '\0')
		return true;
	if (view_take(&v, STR("before"), str_from(value), NULL) != 1)
		return false;
	*place = v.place;
	return true;
}

static bool check_before(struct page_making *m)
{
	struct river_place place;

	if (!read_before(m->query.values[0], &place))
		publish_query_refuse(&m->query, "before", "TIME,NUMBER, as in the links of the page");
	return m->query.mistake[0] == '\0';
}

/* The query of the next page. */
static void write_before(struct buf *out, int64_t at_ms, int64_t id)
{
	const struct view v = {.part = VIEW_BEFORE, .place = {at_ms, id}};

	view_write(out, &v, VIEW_PLACED);
}

/* ---- rows ---- */

static int write_story(void *arg, const struct story *s)
{
	struct alerts_making *a = arg;

	if (a->is_last)
		alerts_page_last(&a->m->out, &a->page, s);
	else
		alerts_page_story(&a->m->out, &a->page.page, s, a->tells);
	a->shown++;
	return 0;
}

/* Reads the places of the stories that the rule matched. */
static int read_places(struct alerts_making *a, const char *rule, const struct river_place *before, size_t limit,
	struct river_place *places, size_t *count, struct error *err)
{
	char name[RULE_NAME_MAX];
	const struct story_query query = {
		.rule_name = name, .before_sort_ms = before->sort_ms, .before_id = before->story_id, .limit = limit};

	snprintf(name, sizeof(name), "alert/%s", rule);
	*count = 0;
	return reader_places(a->m->p->reader, &query, places, count, err);
}

/* ---- one alert ---- */

static int write_matches(struct alerts_making *a, const char *rule, struct buf *older, struct error *err)
{
	struct river_place places[ROWS + 1];
	struct river_place before;
	size_t count;
	int result;

	read_before(a->m->query.values[0], &before);
	result = read_places(a, rule, &before, ROWS + 1, places, &count, err);
	for (size_t i = 0; i < count && i < ROWS && result == 0; i++)
		result = reader_story_at(a->m->p->reader, &places[i], str_from(rule), write_story, a, err);
	if (count > ROWS)
		write_before(older, places[ROWS - 1].sort_ms, places[ROWS - 1].story_id);
	return result;
}

static int write_alert(struct page_making *m, struct error *err)
{
	const struct config_rule *rule = config_find_rule(&m->p->config->alerts, m->name);
	struct alerts_making a = {.m = m, .arena = ARENA_INIT(SILENCES_TEXT_MAX), .tells = true};
	struct buf older = BUF_INIT(PUBLISH_ADDRESS_MAX);
	int result;

	if (rule == NULL)
		return -ENOENT;
	alert_page_init(&a.page, m->site, rule);
	a.alerts = calloc(1, sizeof(*a.alerts));
	if (a.alerts == NULL)
		return -ENOMEM;
	a.alerts[0].rule = rule;
	a.page.count = 1;
	result = read_counts(&a, err);
	if (result == 0) {
		alert_page_begin(&m->out, &a.page);
		result = write_matches(&a, rule->name, &older, err);
	}
	if (result == 0)
		alert_page_end(&m->out, &a.page, a.shown, buf_str(&older));
	buf_release(&older);
	release(&a);
	return result;
}

/* ---- all alerts ---- */

static int list_rules(struct alerts_making *a)
{
	const struct config_rules *rules = &a->m->p->config->alerts;

	a->alerts = calloc(rules->count + 1, sizeof(*a->alerts));
	if (a->alerts == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rules->count; i++)
		a->alerts[i].rule = &rules->items[i];
	qsort(a->alerts, rules->count, sizeof(*a->alerts), alerts_page_order);
	a->page.count = rules->count < RULES_SHOWN ? rules->count : RULES_SHOWN;
	a->page.more = rules->count - a->page.count;
	return 0;
}

static int write_rule(struct alerts_making *a, size_t n, struct error *err)
{
	const struct alert_view *alert = &a->alerts[n];
	const struct river_place top = {INT64_MAX, INT64_MAX};
	struct river_place place;
	size_t count = 0, before = a->shown;
	int result = 0;

	alerts_page_rule(&a->m->out, &a->page, alert);
	if (n < LAST_SHOWN)
		result = read_places(a, alert->rule->name, &top, 1, &place, &count, err);
	if (result == 0 && count > 0)
		result = reader_story_at(a->m->p->reader, &place, str_from(alert->rule->name), write_story, a, err);
	alerts_page_rule_end(&a->m->out, alert, a->shown > before);
	return result;
}

static bool was_shown(const struct raised_place *places, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (places[i].story.story_id == places[n].story.story_id)
			return true;
	return false;
}

static int write_raised(struct alerts_making *a, struct buf *older, struct error *err)
{
	struct raised_place *places = calloc(LOOKED, sizeof(*places));
	struct river_place before;
	size_t count = 0, i = 0;
	int result = places != NULL ? 0 : -ENOMEM;

	read_before(a->m->query.values[0], &before);
	if (result == 0)
		result = reader_alert_places(a->m->p->reader, before.story_id, LOOKED, places, &count, err);
	a->shown = 0;
	for (; i < count && a->shown < ROWS && result == 0; i++)
		if (!was_shown(places, i))
			result = reader_story_at(
				a->m->p->reader, &places[i].story, str_from(places[i].rule), write_story, a, err);
	if (i > 0 && (i < count || count == LOOKED))
		write_before(older, places[i - 1].at_ms, places[i - 1].id);
	free(places);
	return result;
}

static int write_alerts(struct page_making *m, struct error *err)
{
	struct alerts_making a = {.m = m, .arena = ARENA_INIT(SILENCES_TEXT_MAX), .is_last = true};
	struct buf older = BUF_INIT(PUBLISH_ADDRESS_MAX);
	int result;

	alerts_page_init(&a.page, m->site);
	result = list_rules(&a);
	if (result == 0)
		result = read_counts(&a, err);
	if (result == 0)
		alerts_page_begin(&m->out, &a.page);
	for (size_t i = 0; i < a.page.count && result == 0; i++)
		result = write_rule(&a, i, err);
	if (result == 0) {
		alerts_page_stories(&m->out);
		a.is_last = false;
		result = write_raised(&a, &older, err);
	}
	if (result == 0)
		alerts_page_end(&m->out, &a.page, buf_str(&older));
	buf_release(&older);
	release(&a);
	return result;
}

/* Silences and the ends of alerts change no story. */
const struct page_kind publish_alerts_page = {
	.path = "/alerts",
	.has_query = true,
	.names = {"before"},
	.cache_control = "max-age=0, must-revalidate",
	.kept_ms = 2000,
	.check = check_before,
	.write = write_alerts,
};

const struct page_kind publish_alert_page = {
	.path = "/alert/",
	.has_query = true,
	.names = {"before"},
	.cache_control = "max-age=0, must-revalidate",
	.kept_ms = 2000,
	.check = check_before,
	.write = write_alert,
};
