/* SPDX-License-Identifier: ISC */
/* /top: scores the stories of a time, and reads those with the most outlets, some a turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/pages/top_page.h"

enum { ROWS_MAX = 4 * 1024 * 1024, HOUR_MS = 3600 * 1000 };
/* A story may have begun that long before the outlet that joined it. */
#define SLACK_MS (INT64_C(24) * HOUR_MS)

struct top_work {
	size_t span; /* in top_hours */
	bool chosen;
	struct river_place places[TOP_SPREADING + TOP_REST];
	size_t count, spreading; /* the first of them are spreading */
	size_t next;
	struct buf markup;
	size_t spreading_len;
	const struct page *page; /* of a step */
};

struct top_work *publish_top_new(struct str address)
{
	struct top_work *t = calloc(1, sizeof(*t));
	struct str value = str_slice(address, str_find_char(address, '=', 0), address.len);
	long long hours;

	if (t == NULL)
		return NULL;
	buf_init(&t->markup, ROWS_MAX);
	t->span = TOP_DEFAULT;
	if (value.len > 0 && str_to_int(str_slice(value, 1, value.len), &hours))
		for (size_t i = 0; i < TOP_SPANS; i++)
			t->span = top_hours[i] == hours ? i : t->span;
	return t;
}

void publish_top_free(struct top_work *t)
{
	if (t == NULL)
		return;
	buf_release(&t->markup);
	free(t);
}

static int64_t span_ms(const struct top_work *t)
{
	return (int64_t)top_hours[t->span] * HOUR_MS;
}

/* First the stories that still spread, then the others. */
static void choose_stories(struct top_work *t, const struct window *w, int64_t now_ms)
{
	const struct window_story *top[TOP_SPREADING + TOP_REST];
	size_t count = window_top(w, now_ms, span_ms(t), top, TOP_SPREADING + TOP_REST), rest = 0;
	struct river_place others[TOP_SPREADING + TOP_REST];

	for (size_t i = 0; i < count; i++) {
		const struct window_story *s = top[i];
		bool is_spreading = s->outlet_ms[s->outlet_count - 1] >= now_ms - TOP_JOINED_MS;

		if (is_spreading && t->spreading < TOP_SPREADING)
			t->places[t->spreading++] = s->choice.place;
		else if (rest < TOP_REST)
			others[rest++] = s->choice.place;
	}
	memcpy(&t->places[t->spreading], others, rest * sizeof(others[0]));
	t->count = t->spreading + rest;
	t->chosen = true;
}

static int add_row(void *arg, const struct story *s)
{
	struct top_work *t = arg;

	top_row_write(&t->markup, t->page, s, t->next < t->spreading ? TOP_SPREADING_MS : span_ms(t));
	return t->markup.failed;
}

int publish_top_step(struct publish *p, struct top_work *t, struct buf *out, int64_t end_us, struct error *err)
{
	const struct site *site = publish_site(p);
	struct window *w = &p->top[t->span];
	struct page page;
	int result;

	if (site == NULL)
		return -ENOMEM;
	page = top_page(site);
	t->page = &page;
	w->least_sources = 2;
	w->span_ms = span_ms(t) + SLACK_MS;
	result = window_update(w, p->reader, site->outlets, p->generation, end_us, err);
	if (result == 0 && !t->chosen)
		choose_stories(t, w, site->now_ms);
	for (; result == 0 && t->next < t->count; t->next++) {
		if (clock_thread_cpu_us() >= end_us)
			return 1;
		result = reader_story_at(p->reader, &t->places[t->next], STR_NONE, add_row, t, err);
		if (t->next < t->spreading)
			t->spreading_len = t->markup.len;
	}
	if (result != 0)
		return result;
	top_page_write(out, site, top_hours[t->span], str_slice(buf_str(&t->markup), 0, t->spreading_len),
		str_slice(buf_str(&t->markup), t->spreading_len, t->markup.len));
	return out->failed;
}

/* ---- address ---- */

struct asked {
	int hours;
	struct buf *mistake;
};

static int take_argument(void *arg, struct str name, struct str value)
{
	struct asked *a = arg;
	long long hours = 0;

	if (!str_eq(name, STR("hours"))) {
		buf_printf(a->mistake, "\"%.*s\" is no parameter of this page: it has hours", STR_ARG(name));
		return -EINVAL;
	}
	(void)str_to_int(value, &hours);
	for (size_t i = 0; i < TOP_SPANS; i++)
		if (hours == top_hours[i]) {
			a->hours = top_hours[i];
			return 0;
		}
	buf_puts(a->mistake, "hours is 1, 12, 24 or 168");
	return -EINVAL;
}

int publish_top_address(const struct http_request *request, struct buf *out, struct buf *mistake)
{
	struct asked a = {.hours = top_hours[TOP_DEFAULT], .mistake = mistake};
	int result = http_request_arguments(request, take_argument, &a);

	if (result == -EINVAL && mistake->len == 0)
		buf_puts(mistake, "a parameter is cut off, or has a control character");
	buf_printf(out, "/top?hours=%d", a.hours);
	return result != 0 ? result : out->failed;
}
