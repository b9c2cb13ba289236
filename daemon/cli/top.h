/* SPDX-License-Identifier: ISC */
/* top.h: shared by the files of sitrep top.
 *
 * top_model.c keeps the events and answers of the daemon, top_view.c makes lines of them for a screen of any size,
 * top_screen.c paints the lines with ncurses and reads keys, top.c is the loop.  The first two know nothing about a
 * terminal.  All text from outside is made one line without control characters before it is kept. */
#ifndef SITREP_CLI_TOP_H
#define SITREP_CLI_TOP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

/* ---- the model ---- */

enum {
	TOP_STORIES_MAX = 1000, /* then the story whose last report is oldest is replaced */
	TOP_ALERTS_MAX = 300,
	TOP_REPORTS_MAX = 40, /* of one story, the newest */
	TOP_FEEDS_MAX = 10000,
	TOP_BUCKETS = 12, /* of a sparkline, TOP_BUCKET_MS each */
	TOP_MINUTES = 60, /* of the head's sparkline */
	TOP_ID_MAX = 64,
};
#define TOP_BUCKET_MS ((int64_t)30 * 60 * 1000)

struct top_report {
	int64_t time_ms;
	char *kind, *source, *title, *link; /* owned */
};

struct top_story {
	char id[TOP_ID_MAX];
	char *title, *source, *page; /* owned; page may be NULL */
	long long sources, reports;
	int64_t first_ms, last_ms; /* of the reports that were seen here */
	struct top_report report[TOP_REPORTS_MAX];
	size_t report_count;
	unsigned bucket[TOP_BUCKETS]; /* reports, by time: the newest last */
	int64_t bucket_end;           /* number of the newest bucket */
	bool alerted;
};

struct top_alert {
	char id[TOP_ID_MAX]; /* its own, or rule and story */
	char story[TOP_ID_MAX];
	char *name, *priority, *title, *source; /* owned */
	int64_t time_ms;
	long long revision, sources;
	bool closed;
};

struct top_feed {
	char *name, *state, *why; /* owned */
	int64_t last_poll_ms, last_new_ms;
	double a_day;
	long long recent[14];
	size_t recent_count;
	long long errors;
};

struct top_model {
	struct top_story *stories;
	struct top_alert *alerts; /* the newest last */
	struct top_feed *feeds;
	size_t story_count, alert_count, feed_count;
	unsigned minute[TOP_MINUTES];
	int64_t minute_end;
	/* of the status */
	long long feeds_ok, feeds_failing, feeds_all, uptime_s, database_bytes;
	bool has_status, paused;
	char health[32];
	char trouble[256];         /* why there is no stream; "": there is one */
	char control_trouble[256]; /* likewise for status and feeds */
};

int top_model_init(struct top_model *m);
void top_model_release(struct top_model *m);
/* 0 or -ENOMEM: the event is left out. */
int top_model_event(struct top_model *m, const json_t *event);
/* The answers of the control socket to status and to feeds; top_model_begin_feeds() comes before the latter. */
void top_model_status(struct top_model *m, const json_t *answer);
void top_model_begin_feeds(struct top_model *m);
int top_model_feeds(struct top_model *m, const json_t *answer);

/* Moves the counts of minutes on to now. */
void top_model_age(struct top_model *m, int64_t now_ms);
/* Reports of the last hour, of those that are kept. */
unsigned top_story_speed(const struct top_story *s, int64_t now_ms);
/* Moves the buckets on to now. */
void top_story_age(struct top_story *s, int64_t now_ms);
const struct top_story *top_model_story(const struct top_model *m, const char *id);

/* ---- the view ---- */

enum top_page { TOP_STORIES, TOP_ALERTS, TOP_FEEDS, TOP_PAGES };
enum top_sort { TOP_BY_SOURCES, TOP_BY_SPEED, TOP_BY_TIME, TOP_SORTS };

enum { TOP_FILTER_MAX = 64 };

struct top_state {
	enum top_page page;
	enum top_sort sort;
	size_t selected, first; /* rows of the page; first is the uppermost on the screen */
	bool help, editing;     /* the filter is being written */
	char filter[TOP_FILTER_MAX];
	char story[TOP_ID_MAX]; /* is shown; "": none */
	size_t scroll;          /* in the story */
};

enum top_style { TOP_PLAIN, TOP_HEAD, TOP_SELECTED, TOP_LOUD, TOP_WARN, TOP_FAINT, TOP_BOLD };

struct top_line {
	char *text; /* owned, fits the width */
	enum top_style style;
};

struct top_frame {
	size_t width, height;
	struct top_line *lines; /* height of them; text NULL: an empty line */
};

int top_frame_init(struct top_frame *f, size_t width, size_t height);
void top_frame_release(struct top_frame *f);
/* Draws the frame, and moves the state's selected and first to rows that exist.  0 or -ENOMEM. */
int top_view_draw(struct top_frame *f, struct top_model *m, struct top_state *s, int64_t now_ms);
/* For the key Enter: sets s->story to the story of the selected row. */
void top_view_open(struct top_model *m, struct top_state *s);

/* ---- the screen ---- */

enum top_key {
	TOP_KEY_NONE,
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_FIRST,
	TOP_KEY_LAST,
	TOP_KEY_NEXT_PAGE,
	TOP_KEY_ENTER,
	TOP_KEY_BACK,
	TOP_KEY_ERASE,
	TOP_KEY_CHARACTER, /* *character is it */
	TOP_KEY_GONE,      /* the terminal has gone */
};

struct top_screen;

struct top_screen *top_screen_new(struct error *err);
void top_screen_free(struct top_screen *s);
void top_screen_size(struct top_screen *s, size_t *width, size_t *height);
void top_screen_resize(struct top_screen *s);
void top_screen_paint(struct top_screen *s, const struct top_frame *f);
/* Makes the next paint write the whole screen. */
void top_screen_spoil(struct top_screen *s);
/* Does not wait. character holds a character of UTF-8. */
enum top_key top_screen_key(struct top_screen *s, char character[8]);

#endif
