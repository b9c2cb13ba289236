/* SPDX-License-Identifier: ISC */
/* Lines for a screen: a head of four lines, the rows of a page, and a foot. Columns that do not fit are left out, the
 * title takes what is left. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

enum {
	HEAD_LINES = 4,
	FOOT_LINES = 1,
	LINE_MAX_LEN = 16 * 1024,
	ROWS_MAX = TOP_FEEDS_MAX,
	WIDE = 120, /* columns from which all are shown */
	USUAL = 80,
};

int top_frame_init(struct top_frame *f, size_t width, size_t height)
{
	*f = (struct top_frame){.width = width, .height = height, .lines = calloc(height + 1, sizeof(*f->lines))};
	return f->lines != NULL ? 0 : -ENOMEM;
}

void top_frame_release(struct top_frame *f)
{
	for (size_t i = 0; f->lines != NULL && i < f->height; i++)
		free(f->lines[i].text);
	free(f->lines);
	*f = (struct top_frame){.lines = NULL};
}

/* Sets a line, cut to the width. Takes the content of text. */
static int put_line(struct top_frame *f, size_t y, enum top_style style, struct buf *text)
{
	struct buf cut = BUF_INIT(LINE_MAX_LEN);
	int result = text->failed;

	if (result == 0 && y < f->height) {
		buf_puts(&cut, "");
		screen_cut(&cut, buf_str(text), f->width);
		free(f->lines[y].text);
		f->lines[y].text = buf_take(&cut, NULL);
		f->lines[y].style = style;
		result = f->lines[y].text != NULL ? 0 : -ENOMEM;
	}
	buf_release(&cut);
	buf_release(text);
	return result;
}

/* Appends text in a cell of so many columns, and a space. */
static void put_cell(struct buf *line, const char *text, size_t width, bool right)
{
	struct buf cut = BUF_INIT(LINE_MAX_LEN);
	size_t used;

	screen_cut(&cut, str_from(text != NULL ? text : ""), width);
	used = screen_columns(buf_str(&cut));
	if (right)
		buf_printf(line, "%*s", (int)(width - used), "");
	buf_add(line, buf_str(&cut));
	buf_printf(line, "%*s", (int)(right ? 1 : width - used + 1), "");
	buf_release(&cut);
}

static void put_number(struct buf *line, long long number, size_t width)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", number);
	put_cell(line, text, width, true);
}

static void put_age(struct buf *line, int64_t time_ms, int64_t now_ms, size_t width)
{
	char text[TIME_TEXT_MAX];

	put_cell(line, time_ms == TIME_NONE ? "-" : screen_pause(text, now_ms > time_ms ? now_ms - time_ms : 0), width,
		true);
}

/* The rest of the line. */
static void put_rest(struct buf *line, size_t width, const char *text)
{
	size_t used = screen_columns(buf_str(line));

	if (used < width)
		screen_cut(line, str_from(text != NULL ? text : ""), width - used);
}

static void put_spark(struct buf *line, const unsigned *counts, size_t count)
{
	long long numbers[TOP_MINUTES];

	for (size_t i = 0; i < count; i++)
		numbers[i] = counts[i];
	screen_bars(line, numbers, count);
	buf_putc(line, ' ');
}

/* ---- the head ---- */

static int draw_status(struct top_frame *f, const struct top_model *m)
{
	struct buf line = BUF_INIT(LINE_MAX_LEN);
	char text[TIME_TEXT_MAX];

	buf_puts(&line, "sitrep top");
	if (m->has_status) {
		buf_printf(&line, "  up %s  health %s%s", screen_pause(text, m->uptime_s * 1000), m->health,
			m->paused ? "  PAUSED" : "");
		buf_printf(&line, "  feeds: %lld, %lld ok, %lld failing", m->feeds_all, m->feeds_ok, m->feeds_failing);
		if (f->width >= USUAL)
			buf_printf(&line, "  database %lld MB", m->database_bytes / 1000000);
	} else if (m->control_trouble[0] != '\0') {
		buf_printf(&line, "  no status: %s", m->control_trouble);
	}
	return put_line(f, 0, m->feeds_failing > 0 || m->paused ? TOP_WARN : TOP_BOLD, &line);
}

static int draw_traffic(struct top_frame *f, const struct top_model *m)
{
	struct buf line = BUF_INIT(LINE_MAX_LEN);
	size_t bars = f->width > TOP_MINUTES + 30 ? TOP_MINUTES : f->width > 60 ? 40 : 30;
	unsigned sum = 0;

	for (size_t i = 0; i < TOP_MINUTES; i++)
		sum += m->minute[i];
	if (m->trouble[0] != '\0') {
		buf_printf(&line, "%s", m->trouble);
		return put_line(f, 1, TOP_LOUD, &line);
	}
	buf_printf(&line, "%u reports in the last hour  ", sum);
	put_spark(&line, m->minute + TOP_MINUTES - bars, bars);
	return put_line(f, 1, TOP_PLAIN, &line);
}

static bool is_loud(const struct top_alert *a)
{
	return strcmp(a->priority, "high") == 0 || strcmp(a->priority, "urgent") == 0;
}

static int draw_last_alert(struct top_frame *f, const struct top_model *m, int64_t now_ms)
{
	const struct top_alert *a = m->alert_count > 0 ? &m->alerts[m->alert_count - 1] : NULL;
	struct buf line = BUF_INIT(LINE_MAX_LEN);
	char text[TIME_TEXT_MAX];

	if (a == NULL)
		buf_puts(&line, "no alert in the last 12 hours");
	else
		buf_printf(&line, "ALERT %s (%s) %s ago: %s", a->name, a->priority,
			screen_pause(text, now_ms > a->time_ms ? now_ms - a->time_ms : 0), a->title);
	return put_line(f, 2, a == NULL ? TOP_FAINT : a->closed ? TOP_PLAIN : is_loud(a) ? TOP_LOUD : TOP_WARN, &line);
}

/* ---- rows ---- */

/* A row is a story, an alert or a feed: its place in the model. */
struct rows {
	size_t *places;
	size_t count;
};

static bool has_text(const char *text, const char *wanted)
{
	return text != NULL && str_find_nocase(str_from(text), str_from(wanted), 0) != STR_NPOS;
}

static bool is_wanted(const struct top_model *m, const struct top_state *s, size_t i)
{
	if (s->filter[0] == '\0')
		return true;
	if (s->page == TOP_ALERTS)
		return has_text(m->alerts[i].title, s->filter) || has_text(m->alerts[i].name, s->filter) ||
		       has_text(m->alerts[i].source, s->filter);
	if (s->page == TOP_FEEDS)
		return has_text(m->feeds[i].name, s->filter) || has_text(m->feeds[i].state, s->filter) ||
		       has_text(m->feeds[i].why, s->filter);
	return has_text(m->stories[i].title, s->filter) || has_text(m->stories[i].source, s->filter);
}

struct order {
	const struct top_model *m;
	const struct top_state *s;
	int64_t now_ms;
};

static int greater_first(long long a, long long b)
{
	return (a < b) - (a > b); /* the greater one first */
}

static int feed_rank(const struct top_feed *f)
{
	return strcmp(f->state, "failing") == 0 ? 2 : strcmp(f->state, "ok") == 0 ? 0 : 1;
}

static int compare_rows(const void *left, const void *right, void *arg)
{
	const struct order *o = arg;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	const struct top_story *x, *y;
	int result = 0;

	if (o->s->page == TOP_ALERTS)
		return greater_first((long long)a, (long long)b);
	if (o->s->page == TOP_FEEDS) {
		result = greater_first(feed_rank(&o->m->feeds[a]), feed_rank(&o->m->feeds[b]));
		return result != 0 ? result : strcmp(o->m->feeds[a].name, o->m->feeds[b].name);
	}
	x = &o->m->stories[a];
	y = &o->m->stories[b];
	if (o->s->sort == TOP_BY_SOURCES)
		result = greater_first(x->sources, y->sources);
	else if (o->s->sort == TOP_BY_SPEED)
		result = greater_first(top_story_speed(x, o->now_ms), top_story_speed(y, o->now_ms));
	if (result == 0)
		result = greater_first(x->last_ms, y->last_ms);
	return result != 0 ? result : strcmp(x->id, y->id);
}

static int make_rows(struct rows *r, const struct top_model *m, const struct top_state *s, int64_t now_ms)
{
	size_t count = s->page == TOP_STORIES ? m->story_count : s->page == TOP_ALERTS ? m->alert_count : m->feed_count;
	struct order order = {m, s, now_ms};

	*r = (struct rows){.places = calloc(count + 1, sizeof(*r->places))};
	if (r->places == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (is_wanted(m, s, i))
			r->places[r->count++] = i;
	qsort_r(r->places, r->count, sizeof(*r->places), compare_rows, &order);
	return 0;
}

static void put_story_head(struct buf *line, const struct top_frame *f)
{
	buf_puts(line, "SRC   /H  LAST ");
	if (f->width >= USUAL)
		buf_printf(line, "%-*s ", TOP_BUCKETS, "SIX HOURS");
	if (f->width >= WIDE)
		buf_puts(line, "REPORTS FIRST FIRST SOURCE         ");
	buf_puts(line, "TITLE");
}

static enum top_style put_story(struct buf *line, const struct top_frame *f, struct top_story *s, int64_t now_ms)
{
	top_story_age(s, now_ms);
	put_number(line, s->sources, 3);
	put_number(line, top_story_speed(s, now_ms), 4);
	put_age(line, s->last_ms, now_ms, 5);
	if (f->width >= USUAL)
		put_spark(line, s->bucket, TOP_BUCKETS);
	if (f->width >= WIDE) {
		put_number(line, s->reports, 7);
		put_age(line, s->first_ms, now_ms, 5);
		put_cell(line, s->source, 20, false);
	}
	put_rest(line, f->width, s->title);
	return s->alerted ? TOP_WARN : TOP_PLAIN;
}

static void put_alert_head(struct buf *line, const struct top_frame *f)
{
	buf_puts(line, "PRIO     LAST ALERT            ");
	if (f->width >= USUAL)
		buf_puts(line, "SRC ");
	if (f->width >= WIDE)
		buf_puts(line, "REV STATE  SOURCE               ");
	buf_puts(line, "TITLE");
}

static enum top_style put_alert(struct buf *line, const struct top_frame *f, const struct top_alert *a, int64_t now_ms)
{
	put_cell(line, a->priority, 6, false);
	put_age(line, a->time_ms, now_ms, 6);
	put_cell(line, a->name, 16, false);
	if (f->width >= USUAL)
		put_number(line, a->sources, 3);
	if (f->width >= WIDE) {
		put_number(line, a->revision, 3);
		put_cell(line, a->closed ? "closed" : "open", 6, false);
		put_cell(line, a->source, 20, false);
	}
	put_rest(line, f->width, a->title);
	return a->closed ? TOP_FAINT : is_loud(a) ? TOP_LOUD : TOP_WARN;
}

static void put_feed_head(struct buf *line, const struct top_frame *f)
{
	buf_puts(line, "STATE   FEED                  POLLED NEWEST ");
	if (f->width >= USUAL)
		buf_puts(line, "TWO WEEKS      ");
	if (f->width >= WIDE)
		buf_puts(line, "A DAY ERRORS ");
	buf_puts(line, "WHY");
}

static enum top_style put_feed(struct buf *line, const struct top_frame *f, const struct top_feed *feed, int64_t now_ms)
{
	char text[32];

	put_cell(line, feed->state, 7, false);
	put_cell(line, feed->name, 21, false);
	put_age(line, feed->last_poll_ms, now_ms, 6);
	put_age(line, feed->last_new_ms, now_ms, 6);
	if (f->width >= USUAL) {
		struct buf bars = BUF_INIT(256);

		screen_bars(&bars, feed->recent, feed->recent_count);
		put_cell(line, buf_str(&bars).data, 14, false);
		buf_release(&bars);
	}
	if (f->width >= WIDE) {
		snprintf(text, sizeof(text), "%.1f", feed->a_day);
		put_cell(line, text, 5, true);
		put_number(line, feed->errors, 6);
	}
	put_rest(line, f->width, feed->why);
	return strcmp(feed->state, "failing") == 0 ? TOP_LOUD : strcmp(feed->state, "ok") == 0 ? TOP_PLAIN : TOP_WARN;
}

static enum top_style put_row(struct buf *line, const struct top_frame *f, struct top_model *m, enum top_page page,
	size_t place, int64_t now_ms)
{
	if (page == TOP_ALERTS)
		return put_alert(line, f, &m->alerts[place], now_ms);
	if (page == TOP_FEEDS)
		return put_feed(line, f, &m->feeds[place], now_ms);
	return put_story(line, f, &m->stories[place], now_ms);
}

static size_t room_of(const struct top_frame *f)
{
	return f->height > HEAD_LINES + FOOT_LINES ? f->height - HEAD_LINES - FOOT_LINES : 1;
}

/* Keeps the selected row on the screen. */
static void scroll_to_selected(struct top_state *s, size_t count, size_t room)
{
	if (s->selected >= count)
		s->selected = count > 0 ? count - 1 : 0;
	if (s->first > s->selected)
		s->first = s->selected;
	if (s->selected >= s->first + room)
		s->first = s->selected - room + 1;
	if (s->first + room > count)
		s->first = count > room ? count - room : 0;
}

static int draw_rows(struct top_frame *f, struct top_model *m, struct top_state *s, int64_t now_ms)
{
	static void (*const heads[])(struct buf *, const struct top_frame *) = {
		put_story_head, put_alert_head, put_feed_head};
	struct buf line = BUF_INIT(LINE_MAX_LEN);
	struct rows rows;
	int result = make_rows(&rows, m, s, now_ms);
	size_t room = room_of(f);

	if (result != 0)
		return result;
	scroll_to_selected(s, rows.count, room);
	heads[s->page](&line, f);
	put_rest(&line, f->width, "");
	while (screen_columns(buf_str(&line)) < f->width && buf_putc(&line, ' ') == 0)
		;
	result = put_line(f, HEAD_LINES - 1, TOP_HEAD, &line);
	for (size_t i = s->first; result == 0 && i < rows.count && i < s->first + room; i++) {
		enum top_style style = put_row(&line, f, m, s->page, rows.places[i], now_ms);

		while (i == s->selected && screen_columns(buf_str(&line)) < f->width && buf_putc(&line, ' ') == 0)
			;
		result = put_line(f, HEAD_LINES + i - s->first, i == s->selected ? TOP_SELECTED : style, &line);
	}
	if (result == 0 && rows.count == 0) {
		buf_puts(&line, s->filter[0] != '\0' ? "nothing matches the filter" : "nothing yet");
		if (s->page == TOP_FEEDS && m->control_trouble[0] != '\0')
			buf_printf(&line, ": %s", m->control_trouble);
		result = put_line(f, HEAD_LINES, TOP_FAINT, &line);
	}
	free(rows.places);
	buf_release(&line);
	return result;
}

/* ---- a story, and help ---- */

static int draw_story(struct top_frame *f, struct top_model *m, struct top_state *s, int64_t now_ms)
{
	const struct top_story *story = top_model_story(m, s->story);
	struct buf line = BUF_INIT(LINE_MAX_LEN);
	size_t y = HEAD_LINES, most;
	int result;

	if (story == NULL) {
		s->story[0] = '\0';
		return draw_rows(f, m, s, now_ms);
	}
	most = story->report_count > 0 ? story->report_count - 1 : 0;
	s->scroll = s->scroll > most ? most : s->scroll;
	buf_printf(&line, "%s", story->title);
	result = put_line(f, HEAD_LINES - 1, TOP_HEAD, &line);
	buf_printf(&line, "%lld sources, %lld reports  %s", story->sources, story->reports,
		story->page != NULL ? story->page : "");
	if (result == 0)
		result = put_line(f, y++, TOP_BOLD, &line);
	for (size_t i = story->report_count - s->scroll; result == 0 && i-- > 0 && y + FOOT_LINES < f->height;) {
		const struct top_report *r = &story->report[i];

		put_age(&line, r->time_ms, now_ms, 5);
		put_cell(&line, r->kind, 7, false);
		put_cell(&line, r->source, f->width >= USUAL ? 20 : 12, false);
		put_rest(&line, f->width, r->title);
		result = put_line(f, y++, TOP_PLAIN, &line);
		if (result == 0 && y + FOOT_LINES < f->height) {
			buf_printf(&line, "%14s%s", "", r->link);
			result = put_line(f, y++, TOP_FAINT, &line);
		}
	}
	buf_release(&line);
	return result;
}

static int draw_help(struct top_frame *f)
{
	static const char *const lines[] = {"q          end, or back from a story", "j k arrows next and previous row",
		"g G        first and last row; also Home and End", "Tab 1 2 3  stories, alerts, feeds",
		"Enter      show a story: its reports, the newest first",
		"o          order stories by sources, speed or time",
		"/          show only rows with a text; Esc: all again",
		"r          draw anew, and ask for the feeds at once", "h ?        this help", "",
		"SRC: sources. /H: reports in the last hour. LAST: age of",
		"the last report. Bars are half hours of the last six hours;", "for feeds, days of the last two weeks.",
		"A story in yellow has raised an alert."};
	struct buf line = BUF_INIT(LINE_MAX_LEN);
	int result;

	buf_puts(&line, "HELP");
	result = put_line(f, HEAD_LINES - 1, TOP_HEAD, &line);
	for (size_t i = 0; result == 0 && i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_puts(&line, lines[i]);
		result = put_line(f, HEAD_LINES + i, TOP_PLAIN, &line);
	}
	buf_release(&line);
	return result;
}

static int draw_foot(struct top_frame *f, const struct top_state *s)
{
	static const char *const pages[] = {"stories", "alerts", "feeds"}, *const sorts[] = {
										   "sources", "speed", "time"};
	struct buf line = BUF_INIT(LINE_MAX_LEN);

	if (s->editing) {
		buf_printf(&line, "/%s_", s->filter);
	} else if (s->help || s->story[0] != '\0') {
		buf_puts(&line, "q back");
	} else {
		buf_printf(&line, "%s", pages[s->page]);
		if (s->page == TOP_STORIES)
			buf_printf(&line, " by %s", sorts[s->sort]);
		if (s->filter[0] != '\0')
			buf_printf(&line, " with \"%s\"", s->filter);
		buf_puts(&line, "   Tab page  / filter  Enter show  h help  q quit");
	}
	return put_line(f, f->height - 1, TOP_FAINT, &line);
}

int top_view_draw(struct top_frame *f, struct top_model *m, struct top_state *s, int64_t now_ms)
{
	int result;

	for (size_t i = 0; i < f->height; i++) {
		free(f->lines[i].text);
		f->lines[i] = (struct top_line){.text = NULL};
	}
	top_model_age(m, now_ms);
	result = draw_status(f, m);
	if (result == 0)
		result = draw_traffic(f, m);
	if (result == 0)
		result = draw_last_alert(f, m, now_ms);
	if (result == 0)
		result = s->help               ? draw_help(f)
			 : s->story[0] != '\0' ? draw_story(f, m, s, now_ms)
					       : draw_rows(f, m, s, now_ms);
	return result == 0 && f->height > HEAD_LINES ? draw_foot(f, s) : result;
}

void top_view_open(struct top_model *m, struct top_state *s)
{
	struct rows rows;

	if (s->page == TOP_FEEDS || make_rows(&rows, m, s, clock_wall_ms()) != 0)
		return;
	s->scroll = 0;
	if (s->selected < rows.count)
		snprintf(s->story, sizeof(s->story), "%s",
			s->page == TOP_STORIES ? m->stories[rows.places[s->selected]].id
					       : m->alerts[rows.places[s->selected]].story);
	free(rows.places);
}
