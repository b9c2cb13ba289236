/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/feeds_page.h"

#include <stdlib.h>
#include <strings.h>

#include "feed_look.h"
#include "parts.h"
#include "plot.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/schedule/feed_table.h"

enum {
	/* Feeds between two looks at the clock. */
	FEEDS_AT_ONCE = 50,
	/* Failing feeds that are told of at the top. */
	WRONG_MAX = 8,
	HOURS_STEP = 30,
	HOURS_HEIGHT = 56,
};

const char feeds_sort_words[] = "state, name, new, next, rate or delay, with a - before it for the other way round";
const char feeds_state_words[] = "well, failing, quiet or heavy";

/* A feed, as it is sorted. */
struct row {
	size_t place;
	const char *title; /* borrowed from the feed's state, so set and used within one step */
	enum feed_look_state state;
	int64_t wait_ms, age_ms; /* until it is polled next, since its last new item; INT64_MAX: not known */
	int64_t delay_ms;
	double rate;
};

struct feeds_page {
	struct site site;
	struct feeds_query query;
	struct feeds_facts facts;
	struct row *rows;
	size_t count, looked, written;
	size_t counts[LOOK_STATES];
	bool begun;
};

static const struct {
	const char *name, *heading, *style;
} columns[] = {
	[FEEDS_BY_STATE] = {"state", "State", NULL},
	[FEEDS_BY_NAME] = {"name", "Feed", NULL},
	[FEEDS_BY_NEW] = {"new", "Last item", "num"},
	[FEEDS_BY_NEXT] = {"next", "Asked in", "num opt"},
	[FEEDS_BY_RATE] = {"rate", "A day", "num opt"},
	[FEEDS_BY_DELAY] = {"delay", "Seen after", "num opt"},
};

/* ---- query ---- */

bool feeds_query_sort(struct feeds_query *q, struct str text)
{
	q->sort = FEEDS_BY_STATE;
	q->reversed = str_starts(text, STR("-"));
	if (str_empty(text))
		return true;
	text = str_slice(text, q->reversed, text.len);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (!str_eq(text, str_from(columns[i].name)))
			continue;
		q->sort = (enum feeds_sort)i;
		return true;
	}
	return false;
}

bool feeds_query_state(struct feeds_query *q, struct str text)
{
	enum feed_look_state state = feed_look_parse(text);

	q->state = str_empty(text) ? -1 : (int)state;
	return str_empty(text) || state != LOOK_STATES;
}

/* The page's address with another order or state. */
static void write_address(struct buf *out, const struct feeds_query *q)
{
	bool is_default = q->sort == FEEDS_BY_STATE && !q->reversed;

	buf_puts(out, is_default && q->state < 0 ? "feeds" : "?");
	if (!is_default)
		buf_printf(out, "sort=%s%s", q->reversed ? "-" : "", columns[q->sort].name);
	if (q->state >= 0)
		buf_printf(
			out, "%sstate=%s", is_default ? "" : "&amp;", feed_look_name((enum feed_look_state)q->state));
}

/* ---- rows ---- */

static void look_at(struct feeds_page *p, size_t place)
{
	const struct feed_state *s = feed_table_state_at(p->site.feeds, place);
	struct feed_history h;
	struct feed_look look;

	if (s == NULL)
		return;
	feed_look(&look, s, &h, p->site.now_ms);
	p->counts[look.state]++;
	if (p->query.state >= 0 && (int)look.state != p->query.state)
		return;
	p->rows[p->count++] = (struct row){
		.place = place,
		.state = look.state,
		.wait_ms = s->due_ms != TIME_NONE ? s->due_ms - p->site.now_ms : INT64_MAX,
		.age_ms = s->last_new_ms != TIME_NONE ? p->site.now_ms - s->last_new_ms : INT64_MAX,
		.delay_ms = look.is_known ? look.delay_ms : INT64_MAX,
		.rate = look.posts_per_day,
	};
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_by(enum feeds_sort sort, const struct row *a, const struct row *b)
{
	switch (sort) {
	case FEEDS_BY_STATE:
		return (int)a->state - (int)b->state;
	case FEEDS_BY_NEW:
		return compare_numbers(a->age_ms, b->age_ms);
	case FEEDS_BY_NEXT:
		return compare_numbers(a->wait_ms, b->wait_ms);
	case FEEDS_BY_RATE:
		return (a->rate > b->rate) - (a->rate < b->rate);
	case FEEDS_BY_DELAY:
		return compare_numbers(a->delay_ms, b->delay_ms);
	case FEEDS_BY_NAME:
		break;
	}
	return 0;
}

static int compare_rows(const void *one, const void *other, void *arg)
{
	const struct feeds_query *q = arg;
	const struct row *a = one, *b = other;
	int order = compare_by(q->sort, a, b);

	if (order == 0)
		order = strcasecmp(a->title, b->title);
	if (order == 0)
		order = a->place < b->place ? -1 : 1;
	return q->reversed ? -order : order;
}

/* A commit may have replaced a state, and its title, since the row was made. */
static void sort_rows(struct feeds_page *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct feed_state *s = feed_table_state_at(p->site.feeds, p->rows[i].place);

		p->rows[i].title = s == NULL ? "" : s->title != NULL ? s->title : s->name;
	}
	qsort_r(p->rows, p->count, sizeof(*p->rows), compare_rows, &p->query);
}

/* ---- head ---- */

static void write_state_link(struct buf *out, const struct feeds_page *p, enum feed_look_state state)
{
	static const char *const words[LOOK_STATES] = {[LOOK_FAILING] = "failing",
		[LOOK_QUIET] = "unusually quiet",
		[LOOK_HEAVY] = "heavy",
		[LOOK_WELL] = "well"};
	struct feeds_query q = p->query;
	bool is_shown = p->query.state == (int)state;

	if (p->counts[state] == 0 && !is_shown)
		return;
	q.state = is_shown ? -1 : (int)state;
	buf_puts(out, state == LOOK_WELL ? " <a href=\"" : ", <a href=\"");
	write_address(out, &q);
	buf_printf(out, "\"%s%s>%zu %s</a>", state == LOOK_FAILING ? " class=\"hot\"" : "",
		is_shown ? " aria-current=\"true\"" : "", p->counts[state], words[state]);
}

static void write_hours(struct buf *out, const struct feeds_page *p)
{
	const struct feeds_facts *f = &p->facts;
	const struct plot_bars bars = {
		"items an hour, 24 hours", f->hours, FEEDS_HOURS, HOURS_STEP, HOURS_HEIGHT, true, true};

	buf_puts(out, "<section aria-labelledby=\"v-h\"><h2 id=\"v-h\">Items an hour, all feeds</h2>");
	if (f->hours_known) {
		buf_puts(out, "<figure>");
		plot_bars(out, &bars);
		buf_puts(out,
			"<figcaption class=\"axis\"><span>24 h ago</span><span>18</span><span>12</span><span>6</span>");
		buf_printf(out, "<span>now: %u</span></figcaption></figure>\n", f->hours[FEEDS_HOURS - 1]);
	}
	buf_puts(out, "<p class=\"soft\">");
	if (f->delays > 0) {
		buf_printf(out, "Half of the last %zu dated items were seen within ", f->delays);
		part_span(out, f->half_ms);
		buf_puts(out, " of their publication, nine in ten within ");
		part_span(out, f->most_ms);
		buf_puts(out, ". ");
	}
	buf_printf(out, "%llu polls since ", (unsigned long long)f->polls);
	part_moment(out, f->since_ms);
	buf_printf(out, ", %llu of them answered “nothing new”.</p></section>\n", (unsigned long long)f->not_modified);
}

static void write_feed_link(struct buf *out, const struct feed_state *s)
{
	buf_puts(out, "<a href=\"feed/");
	part_escape(out, str_from(s->name));
	buf_puts(out, "\">");
	part_outlet(out, str_from(s->title != NULL ? s->title : s->name), STR_NONE);
	buf_puts(out, "</a>");
}

static void write_wrong(struct buf *out, const struct feeds_page *p)
{
	size_t shown = 0;

	buf_puts(out, "<section aria-labelledby=\"w-h\"><h2 id=\"w-h\">What is wrong</h2>");
	for (size_t i = 0; i < p->count && shown < WRONG_MAX; i++) {
		const struct feed_state *s = feed_table_state_at(p->site.feeds, p->rows[i].place);
		struct feed_history h;
		struct feed_look look;

		if (p->rows[i].state != LOOK_FAILING || s == NULL)
			continue;
		feed_look(&look, s, &h, p->site.now_ms);
		buf_puts(out, shown++ == 0 ? "<ul class=\"box\">" : "");
		buf_puts(out, "<li>");
		write_feed_link(out, s);
		buf_puts(out, "<p class=\"by\"><b class=\"hot\">failing</b> ");
		feed_look_words(out, &look, s, &h, p->site.now_ms);
		if (s->due_ms != TIME_NONE) {
			buf_puts(out, " Asked again in ");
			part_span(out, s->due_ms - p->site.now_ms);
			buf_putc(out, '.');
		}
		buf_puts(out, "</p></li>\n");
	}
	buf_puts(out, shown > 0 ? "</ul>" : "<p class=\"soft\">No feed fails.</p>");
	if (p->counts[LOOK_FAILING] > shown && shown > 0)
		buf_printf(out, "<p class=\"soft\"><a href=\"?state=failing\">All %zu that fail</a></p>",
			p->counts[LOOK_FAILING]);
	buf_puts(out, "</section>");
}

static void write_heading(struct buf *out, const struct feeds_page *p, enum feeds_sort sort)
{
	struct feeds_query q = p->query;
	bool is_sorted = p->query.sort == sort;

	q.sort = sort;
	q.reversed = is_sorted && !p->query.reversed;
	buf_puts(out, "<th scope=\"col\"");
	buf_add_xml_attribute(out, "class", str_from(columns[sort].style));
	if (is_sorted)
		buf_printf(out, " aria-sort=\"%s\"", p->query.reversed ? "descending" : "ascending");
	buf_puts(out, "><a href=\"");
	write_address(out, &q);
	buf_printf(out, "\">%s%s</a></th>", columns[sort].heading, !is_sorted ? "" : p->query.reversed ? " ↓" : " ↑");
}

static void write_begin(struct buf *out, const struct feeds_page *p, const struct page *page)
{
	page_begin(out, page);
	page_head_begin(out, page);
	buf_puts(out, "<p>");
	part_count(out, (long long)p->site.feed_count, "feed");
	buf_puts(out, p->site.feed_count > 0 ? ":" : "");
	write_state_link(out, p, LOOK_WELL);
	write_state_link(out, p, LOOK_FAILING);
	write_state_link(out, p, LOOK_QUIET);
	write_state_link(out, p, LOOK_HEAVY);
	buf_puts(out, " · list: <a href=\"opml\">OPML</a></p>");
	page_head_end(out);
	buf_puts(out, "<div class=\"cols two\">");
	write_hours(out, p);
	write_wrong(out, p);
	buf_puts(out, "</div>\n<section aria-labelledby=\"t-h\"><h2 id=\"t-h\">Each feed</h2><table><caption>");
	if (p->count < p->site.feed_count)
		buf_printf(out, "%zu of %zu feeds. ", p->count, p->site.feed_count);
	buf_puts(out,
		"A heading sorts, and once more the other way round. “Seen after”: how long after publication an item "
		"is seen, on average, as expected of the next polls.</caption><thead><tr>");
	write_heading(out, p, FEEDS_BY_STATE);
	write_heading(out, p, FEEDS_BY_NAME);
	write_heading(out, p, FEEDS_BY_NEW);
	write_heading(out, p, FEEDS_BY_NEXT);
	write_heading(out, p, FEEDS_BY_RATE);
	buf_puts(out, "<th scope=\"col\" class=\"opt\">14 days</th>");
	write_heading(out, p, FEEDS_BY_DELAY);
	buf_puts(out, "<th scope=\"col\" class=\"opt2\">In words</th></tr></thead><tbody>\n");
}

/* ---- table ---- */

static void write_span_cell(struct buf *out, const char *style, int64_t span_ms, const char *otherwise)
{
	buf_printf(out, "<td class=\"%s\">", style);
	if (span_ms == INT64_MAX)
		buf_puts(out, otherwise);
	else
		part_span(out, span_ms);
	buf_puts(out, "</td>");
}

static void write_row(struct buf *out, const struct feeds_page *p, const struct row *row)
{
	const struct feed_state *s = feed_table_state_at(p->site.feeds, row->place);
	struct feed_history h;
	struct feed_look look;

	if (s == NULL)
		return;
	feed_look(&look, s, &h, p->site.now_ms);
	buf_printf(out, "<tr><td class=\"st %s\">%s</td><th scope=\"row\">", feed_look_name(row->state),
		feed_look_name(row->state));
	write_feed_link(out, s);
	buf_puts(out, "</th>");
	write_span_cell(out, "num", row->age_ms, "never");
	write_span_cell(out, "num opt", row->wait_ms, "never");
	buf_puts(out, "<td class=\"num opt\">");
	if (look.is_known)
		feed_look_tenths(out, row->rate);
	buf_puts(out, "</td><td class=\"opt\">");
	plot_spark(out, "items a day", look.days, RHYTHM_RECENT);
	buf_puts(out, "</td>");
	write_span_cell(out, "num opt", row->delay_ms, "");
	buf_printf(out, "<td class=\"opt2%s\">", row->state == LOOK_WELL ? " soft" : "");
	feed_look_words(out, &look, s, &h, p->site.now_ms);
	buf_puts(out, "</td></tr>\n");
}

/* ---- life ---- */

struct feeds_page *feeds_page_new(const struct site *site, const struct feeds_query *q, const struct feeds_facts *facts)
{
	struct feeds_page *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->site = *site;
	p->query = *q;
	p->facts = *facts;
	p->rows = calloc(feed_table_places(site->feeds) + 1, sizeof(*p->rows));
	if (p->rows != NULL)
		return p;
	free(p);
	return NULL;
}

void feeds_page_free(struct feeds_page *p)
{
	if (p == NULL)
		return;
	free(p->rows);
	free(p);
}

int feeds_page_step(struct feeds_page *p, struct buf *out, int64_t end_us)
{
	const struct page page = {
		.site = &p->site, .place = PAGE_FEEDS, .root = "", .title = STR("Feeds"), .skip_to = "feeds"};
	size_t places = feed_table_places(p->site.feeds);

	while (p->looked < places) {
		look_at(p, p->looked++);
		if (p->looked % FEEDS_AT_ONCE == 0 && clock_thread_cpu_us() >= end_us)
			return 1;
	}
	if (!p->begun) {
		sort_rows(p);
		write_begin(out, p, &page);
		p->begun = true;
		return 1;
	}
	while (p->written < p->count) {
		write_row(out, p, &p->rows[p->written++]);
		if (p->written % FEEDS_AT_ONCE == 0 && clock_thread_cpu_us() >= end_us)
			return 1;
	}
	buf_puts(out, "</tbody></table></section>\n");
	page_end(out);
	return 0;
}
