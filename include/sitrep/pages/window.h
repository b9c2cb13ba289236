/* SPDX-License-Identifier: ISC */
/* window.h: what is known of the newest stories, for the quick filters and the boxes beside the river.
 *
 * A story is read again only after it changed, so an update costs as much as the news since the last one. */
#ifndef SITREP_PAGES_WINDOW_H
#define SITREP_PAGES_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/pages/outlets.h"
#include "sitrep/store/reader.h"

enum {
	WINDOW_STORIES = 512,
	WINDOW_LOOKED_MAX = 20000, /* of these, some have enough sources */
	WINDOW_TITLE_MAX = 240,
	WINDOW_NAME_MAX = 64,
	WINDOW_FEEDS_MAX = 16, /* of a story; further ones are not counted */
	WINDOW_MARKS_MAX = 3,
	WINDOW_OUTLETS_MAX = 64,
};

struct window_mark {
	char rule[WINDOW_NAME_MAX];
	enum alert_priority priority;
	int64_t first_ms;
	bool is_muted;
};

struct window_story {
	struct story_choice choice;
	char uid[UID_TEXT_MAX];
	char title[WINDOW_TITLE_MAX], language[16];
	int64_t feeds[WINDOW_FEEDS_MAX]; /* ids, each once */
	size_t feed_count;
	struct window_mark marks[WINDOW_MARKS_MAX];
	size_t mark_count;
	int64_t outlet_ms[WINDOW_OUTLETS_MAX]; /* arrival of each outlet's first report, in order */
	size_t outlet_count;
};

struct window {
	/* Set before the first update.  least_sources: of its stories.  span_ms: before now; 0: any time. */
	int least_sources;
	int64_t span_ms;
	struct window_story *stories; /* newest first */
	size_t count;
	int64_t generation;
	/* While it is brought up to date. */
	struct window_story *next;
	struct story_choice *choices;
	struct choice_walk walk;
	size_t choice_count, done;
	bool under_way, is_listed;
	int64_t oldest_ms;
	int64_t next_generation;
};

/* Brings the window to a generation (reader_generation()). 1: there is more to do, after end_us of
 * processor time; 0, or a negative code, which leaves the window as it was. */
int window_update(struct window *w, struct reader *r, const struct outlets *outlets, int64_t generation, int64_t end_us,
	struct error *err);
void window_release(struct window *w);

/* The stories of two outlets at least that an outlet joined within the time before now_ms, the highest score first. The
 * score is the sum of what each outlet's first report is worth: 1, and half after each half of that time.  Returns the
 * number of them, at most max. */
size_t window_top(
	const struct window *w, int64_t now_ms, int64_t within_ms, const struct window_story **top, size_t max);

#endif
