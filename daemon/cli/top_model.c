/* SPDX-License-Identifier: ISC */
/* Stories, alerts and feeds, from the daemon's events and answers.  Each list has a limit; at it the oldest element is
 * replaced. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/utf8.h"
#include "top.h"

enum { TEXT_MAX = 4096 };

/* ---- members ---- */

/* Sets an owned string to one line that is safe on a terminal. Without memory the former one stays: 0 or -ENOMEM. */
static int set_line(char **text, const char *value)
{
	struct buf line = BUF_INIT(TEXT_MAX);
	char *fresh;

	buf_puts(&line, "");
	utf8_one_line(&line, utf8_cut(str_from(value), TEXT_MAX - 1));
	fresh = buf_take(&line, NULL);
	buf_release(&line);
	if (fresh == NULL)
		return -ENOMEM;
	free(*text);
	*text = fresh;
	return 0;
}

static void set_id(char id[TOP_ID_MAX], const char *value)
{
	snprintf(id, TOP_ID_MAX, "%s", value);
}

/* ---- life ---- */

static void release_report(struct top_report *r)
{
	free(r->kind);
	free(r->source);
	free(r->title);
	free(r->link);
	*r = (struct top_report){.kind = NULL};
}

static void release_story(struct top_story *s)
{
	for (size_t i = 0; i < s->report_count; i++)
		release_report(&s->report[i]);
	free(s->title);
	free(s->source);
	free(s->page);
	*s = (struct top_story){.title = NULL};
}

static void release_alert(struct top_alert *a)
{
	free(a->name);
	free(a->priority);
	free(a->title);
	free(a->source);
	*a = (struct top_alert){.name = NULL};
}

int top_model_init(struct top_model *m)
{
	*m = (struct top_model){.stories = calloc(TOP_STORIES_MAX, sizeof(*m->stories)),
		.alerts = calloc(TOP_ALERTS_MAX, sizeof(*m->alerts)),
		.feeds = calloc(TOP_FEEDS_MAX, sizeof(*m->feeds))};
	return m->stories != NULL && m->alerts != NULL && m->feeds != NULL ? 0 : -ENOMEM;
}

void top_model_begin_feeds(struct top_model *m)
{
	for (size_t i = 0; i < m->feed_count; i++) {
		free(m->feeds[i].name);
		free(m->feeds[i].state);
		free(m->feeds[i].why);
		m->feeds[i] = (struct top_feed){.name = NULL};
	}
	m->feed_count = 0;
}

void top_model_release(struct top_model *m)
{
	top_model_begin_feeds(m);
	for (size_t i = 0; i < m->story_count; i++)
		release_story(&m->stories[i]);
	for (size_t i = 0; i < m->alert_count; i++)
		release_alert(&m->alerts[i]);
	free(m->stories);
	free(m->alerts);
	free(m->feeds);
	*m = (struct top_model){.stories = NULL};
}

/* ---- counts by time ---- */

/* Moves counts by whole places to the left, so that the last one is of the place end. */
static void move_counts(unsigned *counts, size_t count, int64_t *end, int64_t new_end)
{
	int64_t by = new_end - *end;

	if (by <= 0)
		return;
	*end = new_end;
	if (by >= (int64_t)count) {
		memset(counts, 0, count * sizeof(*counts));
		return;
	}
	memmove(counts, counts + by, (count - (size_t)by) * sizeof(*counts));
	memset(counts + count - by, 0, (size_t)by * sizeof(*counts));
}

static void count_at(unsigned *counts, size_t count, int64_t end, int64_t place)
{
	int64_t back = end - place;

	if (back >= 0 && back < (int64_t)count)
		counts[(int64_t)count - 1 - back]++;
}

void top_story_age(struct top_story *s, int64_t now_ms)
{
	move_counts(s->bucket, TOP_BUCKETS, &s->bucket_end, now_ms / TOP_BUCKET_MS);
}

void top_model_age(struct top_model *m, int64_t now_ms)
{
	move_counts(m->minute, TOP_MINUTES, &m->minute_end, now_ms / 60000);
}

unsigned top_story_speed(const struct top_story *s, int64_t now_ms)
{
	unsigned recent = 0;

	for (size_t i = 0; i < s->report_count; i++)
		recent += now_ms - s->report[i].time_ms < 2 * TOP_BUCKET_MS;
	return recent;
}

/* ---- stories ---- */

const struct top_story *top_model_story(const struct top_model *m, const char *id)
{
	for (size_t i = 0; i < m->story_count; i++)
		if (strcmp(m->stories[i].id, id) == 0)
			return &m->stories[i];
	return NULL;
}

/* A new place, or that of the story whose last report is oldest. */
static struct top_story *place_for_story(struct top_model *m)
{
	size_t oldest = 0;

	if (m->story_count < TOP_STORIES_MAX)
		return &m->stories[m->story_count++];
	for (size_t i = 1; i < m->story_count; i++)
		if (m->stories[i].last_ms < m->stories[oldest].last_ms)
			oldest = i;
	release_story(&m->stories[oldest]);
	return &m->stories[oldest];
}

static struct top_story *story_of(struct top_model *m, const json_t *event, int64_t time_ms)
{
	const json_t *object = json_object_get(event, "story");
	char id[TOP_ID_MAX];
	struct top_story *s = NULL;

	set_id(id, member_words(object, "id"));
	if (id[0] == '\0')
		return NULL;
	for (size_t i = 0; s == NULL && i < m->story_count; i++)
		if (strcmp(m->stories[i].id, id) == 0)
			s = &m->stories[i];
	if (s == NULL) {
		s = place_for_story(m);
		set_id(s->id, id);
		s->first_ms = time_ms;
		s->last_ms = time_ms;
		s->bucket_end = time_ms / TOP_BUCKET_MS;
	}
	return s;
}

/* Adds the report; if the story has TOP_REPORTS_MAX, the oldest is dropped. */
static int add_report(struct top_story *s, const json_t *event, const char *kind, int64_t time_ms)
{
	const json_t *item = json_object_get(event, "item");
	struct top_report *r;

	if (s->report_count == TOP_REPORTS_MAX) {
		release_report(&s->report[0]);
		memmove(s->report, s->report + 1, (TOP_REPORTS_MAX - 1) * sizeof(*s->report));
		s->report_count--;
	}
	r = &s->report[s->report_count];
	*r = (struct top_report){.time_ms = time_ms};
	if (set_line(&r->kind, kind) != 0 || set_line(&r->source, member_words(item, "source")) != 0 ||
		set_line(&r->title, member_words(item, "title")) != 0 ||
		set_line(&r->link, member_words(item, "link")) != 0) {
		release_report(r);
		return -ENOMEM;
	}
	s->report_count++;
	return 0;
}

static int take_report(struct top_model *m, const json_t *event, const char *kind, int64_t time_ms)
{
	const json_t *object = json_object_get(event, "story");
	const char *title = member_words(object, "title");
	struct top_story *s = story_of(m, event, time_ms);
	int result;

	if (s == NULL)
		return 0;
	result = set_line(&s->title, title[0] != '\0' ? title : member_words(json_object_get(event, "item"), "title"));
	if (result == 0 && s->source == NULL)
		result = set_line(&s->source, member_words(json_object_get(event, "item"), "source"));
	if (result == 0 && member_words(object, "page")[0] != '\0')
		result = set_line(&s->page, member_words(object, "page"));
	s->sources = member_whole(object, "sources");
	s->reports = member_whole(object, "reports");
	if (strcmp(kind, "alert") == 0 || result != 0) {
		s->alerted = true;
		return result;
	}
	s->last_ms = time_ms > s->last_ms ? time_ms : s->last_ms;
	top_story_age(s, time_ms);
	count_at(s->bucket, TOP_BUCKETS, s->bucket_end, time_ms / TOP_BUCKET_MS);
	return add_report(s, event, kind, time_ms);
}

/* ---- alerts ---- */

static struct top_alert *place_for_alert(struct top_model *m, const char *id)
{
	size_t i = 0;
	struct top_alert moved;

	while (i < m->alert_count && strcmp(m->alerts[i].id, id) != 0)
		i++;
	if (i == m->alert_count && m->alert_count == TOP_ALERTS_MAX)
		release_alert(&m->alerts[i = 0]);
	if (i == m->alert_count)
		m->alert_count++;
	/* the newest is the last */
	moved = m->alerts[i];
	memmove(&m->alerts[i], &m->alerts[i + 1], (m->alert_count - 1 - i) * sizeof(moved));
	m->alerts[m->alert_count - 1] = moved;
	return &m->alerts[m->alert_count - 1];
}

static int take_alert(struct top_model *m, const json_t *event, int64_t time_ms)
{
	const json_t *alert = json_object_get(event, "alert"), *item = json_object_get(event, "item");
	const json_t *story = json_object_get(event, "story");
	char id[TOP_ID_MAX];
	struct top_alert *a;

	if (member_words(alert, "id")[0] != '\0')
		set_id(id, member_words(alert, "id"));
	else
		snprintf(id, sizeof(id), "%.30s %.30s", member_words(alert, "name"), member_words(story, "id"));
	a = place_for_alert(m, id);
	set_id(a->id, id);
	set_id(a->story, member_words(story, "id"));
	a->time_ms = time_ms;
	a->revision = member_whole(alert, "revision");
	a->sources = member_whole(story, "sources");
	a->closed = strcmp(member_words(alert, "state"), "closed") == 0;
	if (set_line(&a->name, member_words(alert, "name")) != 0 ||
		set_line(&a->priority, member_words(alert, "priority")) != 0 ||
		set_line(&a->title, member_words(item, "title")) != 0 ||
		set_line(&a->source, member_words(item, "source")) != 0) {
		release_alert(a);
		m->alert_count--;
		return -ENOMEM;
	}
	return 0;
}

int top_model_event(struct top_model *m, const json_t *event)
{
	const char *kind = member_words(event, "event");
	int64_t time_ms = member_time(event, "time");
	bool is_report = strcmp(kind, "new") == 0 || strcmp(kind, "copy") == 0 || strcmp(kind, "updated") == 0;
	int result = 0;

	if (time_ms == TIME_NONE)
		return 0;
	if (strcmp(kind, "alert") == 0)
		result = take_alert(m, event, time_ms);
	if (result == 0 && (is_report || strcmp(kind, "alert") == 0))
		result = take_report(m, event, kind, time_ms);
	if (is_report) {
		move_counts(m->minute, TOP_MINUTES, &m->minute_end, time_ms / 60000);
		count_at(m->minute, TOP_MINUTES, m->minute_end, time_ms / 60000);
	}
	return result;
}

/* ---- the control socket ---- */

void top_model_status(struct top_model *m, const json_t *answer)
{
	const json_t *status = json_object_get(answer, "status"), *feeds = json_object_get(status, "feeds");
	char *health = NULL;

	if (!json_is_object(status))
		return;
	m->has_status = true;
	m->paused = member_is_true(status, "paused");
	m->uptime_s = member_whole(status, "uptime_s");
	m->feeds_all = member_whole(feeds, "configured");
	m->feeds_ok = member_whole(feeds, "ok");
	m->feeds_failing = member_whole(feeds, "failing");
	m->database_bytes = member_whole(json_object_get(status, "database"), "bytes");
	if (set_line(&health, member_words(json_object_get(status, "health"), "status")) == 0)
		snprintf(m->health, sizeof(m->health), "%.*s",
			STR_ARG(utf8_cut(str_from(health), sizeof(m->health) - 1)));
	free(health);
}

static int take_feed(struct top_model *m, const json_t *object)
{
	const char *reason = member_words(object, "reason");
	struct top_feed *f = &m->feeds[m->feed_count];
	const json_t *day;
	size_t i;

	*f = (struct top_feed){.last_poll_ms = member_time(object, "last_poll"),
		.last_new_ms = member_time(object, "last_new"),
		.a_day = json_number_value(json_object_get(object, "posts_per_day")),
		.errors = member_whole(object, "errors")};
	json_array_foreach(json_object_get(object, "recent"), i, day)
	{
		if (i < sizeof(f->recent) / sizeof(f->recent[0]))
			f->recent[f->recent_count++] = (long long)json_integer_value(day);
	}
	m->feed_count++;
	if (set_line(&f->name, member_words(object, "name")) != 0 ||
		set_line(&f->state, member_words(object, "state")) != 0 ||
		set_line(&f->why, reason[0] != '\0' ? reason : member_words(object, "why")) != 0)
		return -ENOMEM;
	return 0;
}

int top_model_feeds(struct top_model *m, const json_t *answer)
{
	const json_t *feed;
	size_t i;

	json_array_foreach(json_object_get(answer, "feeds"), i, feed)
	{
		if (m->feed_count < TOP_FEEDS_MAX && take_feed(m, feed) != 0) {
			top_model_begin_feeds(m);
			return -ENOMEM;
		}
	}
	return 0;
}
