/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/window.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"
#include "sitrep/model/language.h"

/* ---- one story ---- */

static void copy_text(char *out, size_t size, struct str text)
{
	snprintf(out, size, "%.*s", STR_ARG(utf8_cut(text, size - 1)));
}

static void add_feed(struct window_story *to, int64_t feed_id)
{
	for (size_t i = 0; i < to->feed_count; i++)
		if (to->feeds[i] == feed_id)
			return;
	if (to->feed_count < WINDOW_FEEDS_MAX)
		to->feeds[to->feed_count++] = feed_id;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

struct taking {
	struct window_story *to;
	const struct outlets *outlets;
};

static int take_story(void *arg, const struct story *s)
{
	const struct taking *t = arg;
	struct window_story *to = t->to;
	struct story_outlets outlets;
	int result;

	snprintf(to->uid, sizeof(to->uid), "%s", s->uid);
	copy_text(to->title, sizeof(to->title), s->reports[0].item.plain_title);
	copy_text(to->language, sizeof(to->language), language_shown(&s->reports[0].item));
	for (size_t i = 0; i < s->report_count; i++)
		add_feed(to, s->reports[i].source.feed_id);
	for (size_t i = 0; i < s->mark_count && i < WINDOW_MARKS_MAX; i++) {
		struct window_mark *m = &to->marks[to->mark_count++];

		copy_text(m->rule, sizeof(m->rule), s->marks[i].name);
		m->priority = s->marks[i].priority;
		m->first_ms = s->marks[i].first_ms;
		m->is_muted = s->marks[i].is_muted;
	}
	story_outlets_init(&outlets, t->outlets, s);
	result = outlets.names.failed;
	for (size_t i = 0; i < outlets.count; i++)
		to->outlet_ms[to->outlet_count++] = outlets.items[i].first_ms;
	qsort(to->outlet_ms, to->outlet_count, sizeof(to->outlet_ms[0]), by_time);
	story_outlets_release(&outlets);
	return result;
}

/* ---- update ---- */

static void end_update(struct window *w)
{
	free(w->next);
	free(w->choices);
	w->next = NULL;
	w->choices = NULL;
	w->under_way = false;
}

void window_release(struct window *w)
{
	end_update(w);
	free(w->stories);
	*w = (struct window){0};
}

static int begin_update(struct window *w, int64_t generation, struct error *err)
{
	w->next = calloc(WINDOW_STORIES, sizeof(*w->next));
	w->choices = calloc(WINDOW_STORIES, sizeof(*w->choices));
	w->walk = (struct choice_walk){.at = {INT64_MAX, INT64_MAX}};
	w->under_way = true;
	w->is_listed = false;
	w->choice_count = w->done = 0;
	w->next_generation = generation;
	w->oldest_ms = w->span_ms > 0 ? clock_wall_ms() - w->span_ms : INT64_MIN;
	return w->next != NULL && w->choices != NULL ? 0 : error_sys(err, -ENOMEM, "cannot list the newest stories");
}

/* 1: it takes another turn. */
static int list_stories(struct window *w, struct reader *r, int64_t end_us, struct error *err)
{
	while (!w->is_listed) {
		const struct choice_query query = {
			.least_sources = w->least_sources, .most = WINDOW_STORIES - w->choice_count};
		size_t count = 0;
		int result;

		if (w->choice_count > 0 && clock_thread_cpu_us() >= end_us)
			return 1;
		result = reader_choose(r, &query, &w->choices[w->choice_count], &count, &w->walk, err);
		if (result != 0)
			return result;
		w->choice_count += count;
		w->is_listed = w->walk.ended || w->choice_count == WINDOW_STORIES ||
			       w->walk.looked >= WINDOW_LOOKED_MAX || w->walk.at.sort_ms < w->oldest_ms;
	}
	return 0;
}

/* The story as it is known; NULL: it has to be read. */
static const struct window_story *find_known(const struct window *w, const struct story_choice *c)
{
	/* Both lists are in the same order, so the story is near its old place. */
	for (size_t i = 0; i < w->count; i++) {
		const struct story_choice *old = &w->stories[i].choice;

		if (old->place.story_id == c->place.story_id)
			return old->place.sort_ms == c->place.sort_ms && old->sources == c->sources &&
					       old->reports == c->reports && old->priority == c->priority &&
					       old->updated_ms == c->updated_ms
				       ? &w->stories[i]
				       : NULL;
	}
	return NULL;
}

static int update_story(struct window *w, struct reader *r, const struct outlets *outlets, struct error *err)
{
	const struct story_choice *c = &w->choices[w->done];
	struct window_story *to = &w->next[w->done];
	const struct window_story *known = find_known(w, c);
	struct taking taking = {to, outlets};

	if (known != NULL) {
		*to = *known;
		return 0;
	}
	*to = (struct window_story){.choice = *c};
	return reader_story_at(r, &c->place, STR_NONE, take_story, &taking, err);
}

int window_update(struct window *w, struct reader *r, const struct outlets *outlets, int64_t generation, int64_t end_us,
	struct error *err)
{
	int result = 0;

	if (!w->under_way && w->stories != NULL && w->generation == generation)
		return 0;
	if (!w->under_way)
		result = begin_update(w, generation, err);
	if (result == 0)
		result = list_stories(w, r, end_us, err);
	if (result == 1)
		return 1;
	for (; result == 0 && w->done < w->choice_count; w->done++) {
		if (clock_thread_cpu_us() >= end_us)
			return 1;
		result = update_story(w, r, outlets, err);
	}
	if (result == 0) {
		free(w->stories);
		w->stories = w->next;
		w->count = w->choice_count;
		w->generation = w->next_generation;
		w->next = NULL;
	}
	end_update(w);
	return result;
}

/* ---- top ---- */

static double score_of(const struct window_story *s, int64_t now_ms, int64_t within_ms)
{
	double score = 0;

	for (size_t i = 0; i < s->outlet_count; i++)
		score += exp2(-(double)(now_ms - s->outlet_ms[i]) / ((double)within_ms / 2));
	return score;
}

size_t window_top(
	const struct window *w, int64_t now_ms, int64_t within_ms, const struct window_story **top, size_t max)
{
	double scores[WINDOW_STORIES];
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++) {
		const struct window_story *s = &w->stories[i];
		double score = score_of(s, now_ms, within_ms);
		size_t at = count < max ? count : max;

		if (s->outlet_count < 2 || s->outlet_ms[s->outlet_count - 1] < now_ms - within_ms)
			continue;
		while (at > 0 && scores[at - 1] < score)
			at--;
		if (at == max)
			continue;
		count += count < max;
		memmove(&top[at + 1], &top[at], (count - at - 1) * sizeof(*top));
		memmove(&scores[at + 1], &scores[at], (count - at - 1) * sizeof(*scores));
		top[at] = s;
		scores[at] = score;
	}
	return count;
}
