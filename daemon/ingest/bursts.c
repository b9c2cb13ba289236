/* SPDX-License-Identifier: ISC */
#include "bursts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/array.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

enum {
	NAME_MAX_LEN = 128,
	STATE_MAX = 4096,
	/* A story with more reports than this is no news any more. */
	REPORTS_MAX = 2000,
};

static const int64_t save_every_ms = 60 * 1000;
static const int64_t hour_ms = INT64_C(3600) * 1000;
/* A story that was breaking is remembered for so long. */
static const int64_t told_kept_ms = INT64_C(60) * 24 * 3600 * 1000;
/* The row of growth.h; names of bursts have a slash. */
static const char growth_name[] = "growth";

struct named_burst {
	char name[NAME_MAX_LEN]; /* "category/naval", "alert/dprk", "term/missile*" */
	struct burst burst;
	bool is_changed; /* since it was saved */
};

static const char *const texts[BURSTS_STATEMENTS] = {
	[BURSTS_LOAD] = "SELECT name, state FROM burst ORDER BY name LIMIT ?1",
	[BURSTS_SAVE] = "INSERT OR REPLACE INTO burst(name, state) VALUES(?1, ?2)",
	[BURSTS_DROP] = "DELETE FROM burst WHERE name = ?1",
	[BURSTS_STORY] = "SELECT sources, reports FROM story WHERE id = ?1",
	/* whether the item is its publisher's first one in the story */
	[BURSTS_FIRST_OF] = "SELECT count(*) FROM (SELECT 1 FROM item WHERE story_id = ?1 AND publisher_id ="
			    " (SELECT publisher_id FROM item WHERE id = ?2) LIMIT 2) s",
	/* publishers whose first item of the story came since then */
	[BURSTS_JOINED] = "SELECT count(*) FROM (SELECT publisher_id FROM item WHERE story_id = ?1"
			  " GROUP BY publisher_id HAVING min(first_seen) >= ?2) s",
	[BURSTS_NOTE_BREAKING] = "INSERT OR IGNORE INTO breaking(story_id, at) VALUES(?1, ?2)",
	[BURSTS_FORGET] = "DELETE FROM breaking WHERE at < ?1",
};
SQL_TEXTS(texts, BURSTS_STATEMENTS);

static const char cannot_load[] = "cannot load the counts for bursts";
static const char cannot_save[] = "cannot save the counts for bursts";

void bursts_init(struct bursts *b, struct event_log *event_log, const struct alert_specs *alerts)
{
	*b = (struct bursts){.event_log = event_log, .alerts = alerts};
	growth_init(&b->growth);
}

int bursts_open(struct bursts *b, struct sql_db *db, struct error *err)
{
	return sql_prepare(db, texts, BURSTS_STATEMENTS, b->s, err);
}

void bursts_release(struct bursts *b)
{
	sql_finalize(b->s, BURSTS_STATEMENTS);
	free(b->items);
	b->items = NULL;
	b->count = b->cap = 0;
}

/* ---- names ---- */

/* The place of the name, or the one where it would be. */
static size_t place_of(const struct bursts *b, const char *name)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(b->items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Removes a name that was not seen for eight weeks, if there is one.  0, or negative with err. */
static int make_room(struct bursts *b, int64_t now_ms, struct error *err)
{
	for (size_t i = 0; i < b->count; i++) {
		int result;

		if (!burst_is_forgotten(&b->items[i].burst, now_ms))
			continue;
		result = sql_run(b->s[BURSTS_DROP], err, cannot_save, as_cstr(b->items[i].name));
		memmove(&b->items[i], &b->items[i + 1], (b->count - i - 1) * sizeof(*b->items));
		b->count--;
		return result;
	}
	if (!b->was_full)
		log_emit(LOG_LEVEL_WARNING,
			"cannot look for bursts of all categories, alerts and terms: there are too many", "counted",
			LOG_NUM(BURSTS_MAX), NULL);
	b->was_full = true;
	return 0;
}

/* NULL: there is no room for the name, or no memory. */
static struct named_burst *find_or_add(struct bursts *b, const char *name, int64_t now_ms, struct error *err)
{
	size_t at = place_of(b, name);

	if (at < b->count && strcmp(b->items[at].name, name) == 0)
		return &b->items[at];
	if (b->count == BURSTS_MAX && make_room(b, now_ms, err) != 0)
		return NULL;
	if (b->count == BURSTS_MAX || array_reserve(&b->items, &b->cap, b->count + 1, sizeof(*b->items)) != 0)
		return NULL;
	at = place_of(b, name);
	memmove(&b->items[at + 1], &b->items[at], (b->count - at) * sizeof(*b->items));
	b->count++;
	b->items[at] = (struct named_burst){.is_changed = true};
	snprintf(b->items[at].name, sizeof(b->items[at].name), "%s", name);
	burst_init(&b->items[at].burst);
	return &b->items[at];
}

/* ---- the table ---- */

static int load_counts(struct bursts *b, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = b->s[BURSTS_LOAD];
	int result;

	if (b->is_loaded)
		return 0;
	sql_bind(s, as_int(BURSTS_MAX + 1));
	while ((result = sql_step(s, err, cannot_load)) == 1) {
		struct code c = {.in = sql_blob(s, 1)};
		char name[NAME_MAX_LEN];
		struct named_burst *to;

		snprintf(name, sizeof(name), "%.*s", STR_ARG(sql_text(s, 0)));
		if (strcmp(name, growth_name) == 0) {
			growth_code(&c, &b->growth);
			if (c.bad)
				growth_init(&b->growth);
			continue;
		}
		to = find_or_add(b, name, now_ms, err);
		if (to == NULL)
			break;
		burst_code(&c, &to->burst);
		if (c.bad)
			burst_init(&to->burst);
		to->is_changed = c.bad;
	}
	sql_reset(s);
	b->is_loaded = result >= 0;
	return result < 0 ? result : 0;
}

static int save_bytes(struct bursts *b, const char *name, struct buf *bytes, struct error *err)
{
	int result = bytes->failed;

	if (result == 0)
		result = sql_run(b->s[BURSTS_SAVE], err, cannot_save, as_cstr(name), as_blob(bytes->data, bytes->len));
	else
		error_sys(err, result, cannot_save);
	buf_release(bytes);
	return result;
}

static int save_one(struct bursts *b, struct named_burst *n, struct error *err)
{
	struct buf bytes = BUF_INIT(STATE_MAX);
	struct code c = {.out = &bytes};

	burst_code(&c, &n->burst);
	n->is_changed = false;
	return save_bytes(b, n->name, &bytes, err);
}

static int save_growth(struct bursts *b, struct error *err)
{
	struct buf bytes = BUF_INIT(STATE_MAX);
	struct code c = {.out = &bytes};

	growth_code(&c, &b->growth);
	b->growth_changed = false;
	return save_bytes(b, growth_name, &bytes, err);
}

void bursts_rolled_back(struct bursts *b)
{
	for (size_t i = 0; i < b->count; i++)
		b->items[i].is_changed = true;
	b->growth_changed = b->growth.since_ms != TIME_NONE;
}

int bursts_save(struct bursts *b, int64_t mono_ms, bool all, struct error *err)
{
	int result = 0;

	if (!all && mono_ms - b->saved_ms < save_every_ms)
		return 0;
	b->saved_ms = mono_ms;
	for (size_t i = 0; i < b->count && result == 0; i++)
		if (b->items[i].is_changed)
			result = save_one(b, &b->items[i], err);
	return result == 0 && b->growth_changed ? save_growth(b, err) : result;
}

void bursts_count(const struct bursts *b, int64_t now_ms, uint64_t *names, uint64_t *learning)
{
	*names = b->count + b->alerts->breaking;
	*learning = b->alerts->breaking && growth_is_learning(&b->growth, now_ms);
	for (size_t i = 0; i < b->count; i++)
		*learning += burst_is_learning(&b->items[i].burst, now_ms);
}

/* ---- reports ---- */

static int note_one(
	struct bursts *b, const struct event_context *o, const char *kind, struct str name, struct error *err)
{
	struct burst_figures f;
	struct named_burst *n;
	char full[NAME_MAX_LEN];
	int length = snprintf(full, sizeof(full), "%s/%.*s", kind, STR_ARG(name));

	/* a longer name is not counted: cut, it might be another one's */
	if (str_empty(name) || length < 0 || (size_t)length >= sizeof(full))
		return 0;
	n = find_or_add(b, full, o->at_ms, err);
	if (n == NULL)
		return 0;
	n->is_changed = true;
	if (!burst_note(&n->burst, o->at_ms, &f))
		return 0;
	return event_log_burst(b->event_log, o,
		&(struct event_log_burst){.of = kind,
			.name = name,
			.seen = f.seen,
			.hours = f.hours,
			.expected = f.expected,
			.score = f.score},
		err);
}

/* The name in "alert/NAME#KEY"; STR_NONE for an output's rule. */
static struct str alert_of(struct str rule)
{
	struct str prefix = STR("alert/");
	size_t end = str_find_char(rule, '#', 0);

	return str_starts(rule, prefix) ? str_slice(rule, prefix.len, end != STR_NPOS ? end : rule.len) : STR_NONE;
}

/* True when an alert before this one found the term, too. */
static bool was_found(const struct item *it, size_t match, struct str term)
{
	for (size_t i = 0; i < match; i++) {
		struct str rest = it->matches.items[i].terms, other;

		while (alert_of(it->matches.items[i].rule).data != NULL && str_split(&rest, '\n', &other))
			if (str_eq(other, term))
				return true;
	}
	return false;
}

static int note_terms(
	struct bursts *b, const struct event_context *o, const struct item *it, size_t match, struct error *err)
{
	struct str rest = it->matches.items[match].terms, term;
	int result = 0;

	while (result == 0 && str_split(&rest, '\n', &term))
		if (!was_found(it, match, term))
			result = note_one(b, o, "term", term, err);
	return result;
}

int bursts_note(struct bursts *b, const struct event_context *o, const struct item *it, struct str categories,
	struct error *err)
{
	struct str category;
	int result;

	if (!b->alerts->burst || o->backlog)
		return 0;
	/* counts that cannot be loaded now are loaded with a later report */
	result = load_counts(b, o->at_ms, NULL);
	if (result != 0)
		return 0;
	while (result == 0 && str_split(&categories, '\n', &category))
		result = note_one(b, o, "category", category, err);
	for (size_t i = 0; i < it->matches.count && result == 0; i++) {
		struct str alert = alert_of(it->matches.items[i].rule);

		if (alert.data == NULL)
			continue;
		result = note_one(b, o, "alert", alert, err);
		if (result == 0)
			result = note_terms(b, o, it, i, err);
	}
	return result;
}

/* ---- stories ---- */

/* *speed: the publishers that joined the story within the last hour; 0 unless the item is its publisher's first one in
 * the story. */
static int find_speed(struct bursts *b, const struct event_context *o, int64_t *speed, struct error *err)
{
	struct sql_stmt *s = b->s[BURSTS_STORY];
	int64_t sources = 0, reports = 0, of_publisher = 0;
	int result = sql_find(s, err, cannot_load, as_int(o->story_id));

	*speed = 0;
	if (result == 1) {
		sources = sql_int(s, 0);
		reports = sql_int(s, 1);
	}
	sql_reset(s);
	if (result < 0 || sources < GROWTH_LEAST || reports > REPORTS_MAX)
		return result < 0 ? result : 0;
	result = sql_find_int(
		b->s[BURSTS_FIRST_OF], &of_publisher, err, cannot_load, as_int(o->story_id), as_int(o->item_id));
	if (result < 0 || of_publisher != 1)
		return result < 0 ? result : 0;
	result = sql_find_int(
		b->s[BURSTS_JOINED], speed, err, cannot_load, as_int(o->story_id), as_int(o->at_ms - hour_ms));
	return result < 0 ? result : 0;
}

int bursts_grow(struct bursts *b, const struct event_context *o, struct error *err)
{
	double expected = 0;
	int64_t speed;
	int result;

	if (!b->alerts->breaking || o->backlog)
		return 0;
	if (load_counts(b, o->at_ms, NULL) != 0)
		return 0;
	result = find_speed(b, o, &speed, err);
	if (result != 0 || speed < GROWTH_LEAST)
		return result;
	b->growth_changed = true;
	if (!growth_note(&b->growth, o->at_ms, speed, &expected))
		return 0;
	result = sql_run(b->s[BURSTS_FORGET], err, cannot_save, as_int(o->at_ms - told_kept_ms));
	if (result == 0)
		result = sql_run(b->s[BURSTS_NOTE_BREAKING], err, cannot_save, as_int(o->story_id), as_int(o->at_ms));
	if (result != 0 || sql_changed(b->s[BURSTS_NOTE_BREAKING]) == 0)
		return result;
	return event_log_breaking(b->event_log, o, speed, expected, err);
}
