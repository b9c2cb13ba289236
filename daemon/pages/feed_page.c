/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/feed_page.h"

#include <stdlib.h>
#include <string.h>

#include "feed_look.h"
#include "parts.h"
#include "plot.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/config/config.h"
#include "sitrep/schedule/answer_times.h"
#include "sitrep/text/url.h"

enum {
	ANSWERS_STEP = 10,
	ANSWERS_HEIGHT = 40,
	/* The hours that are named together as those in which most is posted. */
	BUSY_HOURS = 3,
	RATE_UNIT = 1000,
};

static const char *const days[PLOT_DAYS] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const long_days[PLOT_DAYS] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

static const int64_t minute_ms = 60 * 1000;

void feed_page_init(struct feed_page *p, const struct site *site, const struct feed *feed)
{
	const struct feed_state *s = &feed->state;

	*p = (struct feed_page){
		.page = {.site = site,
			.place = PAGE_FEEDS,
			.root = "../",
			.title = str_from(s->title != NULL ? s->title : s->name),
			.skip_to = "feed",
			.feed_folder = "feed",
			.feed_name = str_from(s->name)},
		.feed = feed,
	};
}

/* ---- head ---- */

static void write_site(struct buf *out, const struct feed_state *s)
{
	struct arena scratch = ARENA_INIT(16 * 1024);
	struct str link = str_from(s->link), host;

	if (url_is_web(link)) {
		host = url_host(&scratch, link);
		buf_puts(out, " · ");
		part_link_out(out, link, str_starts(host, STR("www.")) ? str_slice(host, 4, host.len) : host);
	}
	arena_release(&scratch);
}

static void write_categories(struct buf *out, const struct feed_state *s)
{
	struct str rest = str_from(s->categories), name;
	size_t count = 0;

	while (str_split(&rest, '\n', &name)) {
		if (str_empty(name))
			continue;
		buf_puts(out, count++ == 0 ? " · " : ", ");
		buf_add_xml(out, name);
	}
}

static void write_head(struct buf *out, const struct feed_page *p, const struct feed_look *look)
{
	const struct feed_state *s = &p->feed->state;
	struct buf base = BUF_INIT(4096);

	page_head_begin(out, &p->page);
	buf_printf(out, "<p><span class=\"st %s\">%s</span>", feed_look_name(look->state), feed_look_name(look->state));
	write_site(out, s);
	write_categories(out, s);
	buf_puts(out, " · its items as a feed: ");
	buf_puts(&base, "feed/");
	part_escape(&base, str_from(s->name));
	part_formats(out, p->page.root, buf_str(&base), STR(""));
	buf_printf(out, " · <a href=\"%sfeeds\">all feeds</a></p>", p->page.root);
	page_head_end(out);
	buf_release(&base);
}

/* ---- rhythm ---- */

/* Posts an hour, in thousandths, by the hour of the week from Monday on. */
static void fill_week(struct plot_week *week, const struct rhythm *r, int64_t now_ms)
{
	struct rhythm_forecast f;

	rhythm_forecast(r, now_ms, &f);
	for (int day = 0; day < PLOT_DAYS; day++)
		for (int hour = 0; hour < PLOT_HOURS; hour++) {
			/* the rhythm's week begins on Sunday */
			double rate = f.posts_per_hour * f.day[(day + 1) % RHYTHM_DAYS] * f.hour[hour] * RATE_UNIT;

			week->values[day][hour] = rate > 0 && rate < 1e9 ? (uint32_t)(rate + 0.5) : 0;
		}
}

static uint64_t sum_of_day(const struct plot_week *week, int day)
{
	uint64_t sum = 0;

	for (int hour = 0; hour < PLOT_HOURS; hour++)
		sum += week->values[day][hour];
	return sum;
}

static uint64_t sum_of_hours(const struct plot_week *week, int from)
{
	uint64_t sum = 0;

	for (int day = 0; day < PLOT_DAYS; day++)
		for (int i = 0; i < BUSY_HOURS; i++)
			sum += week->values[day][(from + i) % PLOT_HOURS];
	return sum;
}

/* "Items by hour of the week, UTC. Most on Tuesday, and most from 8 to 11." */
static void describe_week(struct buf *out, const struct plot_week *week)
{
	int day = 0, hour = 0;

	for (int i = 1; i < PLOT_DAYS; i++)
		if (sum_of_day(week, i) > sum_of_day(week, day))
			day = i;
	for (int i = 1; i < PLOT_HOURS; i++)
		if (sum_of_hours(week, i) > sum_of_hours(week, hour))
			hour = i;
	buf_printf(out, "Items by hour of the week, UTC. Most on %s, and most from %d to %d.", long_days[day], hour,
		(hour + BUSY_HOURS - 1) % PLOT_HOURS + 1);
}

static void write_week_table(struct buf *out, const struct plot_week *week)
{
	buf_puts(out,
		"<details><summary>As a table</summary><table><caption>Items an hour that are usual, UTC</caption>"
		"<thead><tr><th scope=\"col\">Hour</th>");
	for (int day = 0; day < PLOT_DAYS; day++)
		buf_printf(out, "<th scope=\"col\" class=\"num\">%s</th>", days[day]);
	buf_puts(out, "</tr></thead><tbody>");
	for (int hour = 0; hour < PLOT_HOURS; hour++) {
		buf_printf(out, "<tr><th scope=\"row\">%02d</th>", hour);
		for (int day = 0; day < PLOT_DAYS; day++)
			buf_printf(out, "<td class=\"num\">%u.%02u</td>", week->values[day][hour] / RATE_UNIT,
				week->values[day][hour] % RATE_UNIT / 10);
		buf_puts(out, "</tr>");
	}
	buf_puts(out, "</tbody></table></details>");
}

static void write_rhythm(struct buf *out, const struct feed_page *p, const struct rhythm *r)
{
	struct plot_week week = {0};
	struct buf words = BUF_INIT(512);

	buf_puts(out, "<section aria-labelledby=\"h-h\"><h2 id=\"h-h\">When it posts <small>hour of the week, UTC");
	if (r->seen_ms == TIME_NONE) {
		buf_puts(out,
			"</small></h2><p class=\"soft\">Not known yet: no document of it is stored.</p></section>\n");
		return;
	}
	fill_week(&week, r, p->page.site->now_ms);
	describe_week(&words, &week);
	buf_printf(out, ", as learnt over %.0f days</small></h2>\n<div class=\"heat\"><ol aria-hidden=\"true\">",
		(double)r->observed_days);
	for (int day = 0; day < PLOT_DAYS; day++)
		buf_printf(out, "<li>%s</li>", days[day]);
	buf_puts(out, "</ol><figure>");
	plot_week(out, words.data, &week);
	buf_puts(out,
		"<figcaption class=\"axis\"><span>0</span><span>6</span><span>12</span><span>18</span><span>24</span>"
		"</figcaption></figure></div>");
	write_week_table(out, &week);
	buf_puts(out, "</section>\n");
	buf_release(&words);
}

/* ---- answers ---- */

static void write_ms(struct buf *out, uint32_t ms)
{
	if (ms < 1000)
		buf_printf(out, "%u ms", ms);
	else
		buf_printf(out, "%u.%u s", ms / 1000, ms % 1000 / 100);
}

static int compare_times(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

static void write_answer_table(struct buf *out, const struct answer_times *t)
{
	buf_puts(out, "<details><summary>As a table</summary><table><thead><tr><th scope=\"col\">Answered</th>"
		      "<th scope=\"col\" class=\"num\">Took</th></tr></thead><tbody>");
	for (size_t n = t->count; n > 0; n--) {
		size_t at = answer_times_place(t, n - 1);

		buf_puts(out, "<tr><td>");
		part_moment(out, (int64_t)t->at_s[at] * 1000);
		buf_puts(out, "</td><td class=\"num\">");
		write_ms(out, t->took_ms[at]);
		buf_puts(out, "</td></tr>");
	}
	buf_puts(out, "</tbody></table></details>");
}

static void write_answers(struct buf *out, const struct answer_times *t)
{
	uint32_t values[ANSWER_TIMES], sorted[ANSWER_TIMES];
	struct plot_bars bars = {.values = values, .step = ANSWERS_STEP, .height = ANSWERS_HEIGHT};
	struct buf label = BUF_INIT(256);

	buf_puts(out, "<section aria-labelledby=\"r-h\"><h2 id=\"r-h\">How fast it answers");
	if (t == NULL || t->count == 0) {
		buf_puts(out, "</h2><p class=\"soft\">It has not answered since the daemon started.</p></section>\n");
		return;
	}
	bars.count = t->count;
	for (size_t n = 0; n < t->count; n++)
		values[n] = sorted[n] = t->took_ms[answer_times_place(t, n)];
	qsort(sorted, t->count, sizeof(sorted[0]), compare_times);
	buf_puts(out, " <small>");
	part_count(out, t->count, "answer");
	buf_puts(out, ", median ");
	write_ms(out, sorted[t->count / 2]);
	buf_puts(out, ", slowest ");
	write_ms(out, sorted[t->count - 1]);
	buf_puts(out, "</small></h2><figure>");
	buf_printf(&label, "milliseconds of the last %u answers, from %u to %u", t->count, sorted[0],
		sorted[t->count - 1]);
	bars.what = label.data;
	plot_bars(out, &bars);
	buf_puts(out, "<figcaption class=\"axis\"><span>");
	part_minute(out, (int64_t)t->at_s[answer_times_place(t, 0)] * 1000);
	buf_puts(out, "</span><span>");
	part_minute(out, (int64_t)t->at_s[answer_times_place(t, t->count / 2)] * 1000);
	buf_puts(out, "</span><span>");
	part_minute(out, (int64_t)t->at_s[answer_times_place(t, t->count - 1u)] * 1000);
	buf_puts(out, "</span></figcaption></figure>");
	write_answer_table(out, t);
	buf_puts(out, "</section>\n");
	buf_release(&label);
}

void feed_page_begin(struct buf *out, const struct feed_page *p)
{
	struct feed_history h;
	struct feed_look look;

	feed_look(&look, &p->feed->state, &h, p->page.site->now_ms);
	page_begin(out, &p->page);
	write_head(out, p, &look);
	buf_puts(out, "<div class=\"cols two\"><div>\n");
	write_rhythm(out, p, &h.rhythm);
	write_answers(out, p->feed->answers);
	buf_puts(out, "<section class=\"list\" aria-labelledby=\"i-h\"><h2 id=\"i-h\">Latest items</h2>\n");
}

/* ---- side ---- */

static void write_next(struct buf *out, const struct feed_page *p)
{
	const struct feed_state *s = &p->feed->state;
	struct str rest = p->explanation, line;

	buf_puts(out, "<div class=\"box\"><h2>Next poll</h2><p class=\"by\">");
	if (s->due_ms != TIME_NONE) {
		buf_puts(out, "<b>In ");
		part_span(out, s->due_ms - p->page.site->now_ms);
		buf_puts(out, ", at ");
		part_clock(out, s->due_ms);
		buf_puts(out, " UTC.</b>");
	} else {
		buf_puts(out, "<b>None is planned.</b>");
	}
	while (str_split(&rest, '\n', &line)) {
		buf_puts(out, str_empty(line) ? "" : " ");
		buf_add_xml(out, line);
	}
	buf_puts(out, "</p><pre class=\"cmd\">sitrep refresh ");
	buf_add_xml(out, str_from(s->name));
	buf_puts(out, "</pre></div>\n");
}

static void write_time_fact(struct buf *out, const struct feed_page *p, const char *term, int64_t time_ms)
{
	buf_printf(out, "<dt>%s</dt><dd>", term);
	if (time_ms == TIME_NONE) {
		buf_puts(out, "never");
	} else {
		part_moment(out, time_ms);
		buf_puts(out, ", ");
		part_age(out, time_ms, p->page.site->now_ms);
	}
	buf_puts(out, "</dd>");
}

static void write_numbers(
	struct buf *out, const struct feed_page *p, const struct feed_look *look, const struct feed_counts *c)
{
	static const char *const identities[] = {[FEED_BY_GUID] = "their guid, which it keeps",
		[FEED_BY_URL] = "their link: its guids change",
		[FEED_BY_DIGEST] = "their text: its guids and links change"};
	const struct feed_state *s = &p->feed->state;

	buf_puts(out, "<div class=\"box\"><h2>Numbers</h2><dl class=\"facts\">");
	write_time_fact(out, p, "Last success", s->last_success_ms);
	write_time_fact(out, p, "Last new item", s->last_new_ms);
	buf_puts(out, "<dt>Items</dt><dd>");
	if (look->is_known) {
		feed_look_tenths(out, look->posts_per_day);
		buf_puts(out, " a day, ");
	}
	buf_printf(out, "%lld kept</dd><dt>14 days</dt><dd>", (long long)c->items);
	plot_spark(out, "items a day", look->days, RHYTHM_RECENT);
	buf_puts(out, "</dd>");
	if (c->dated > 0) {
		buf_puts(out, "<dt>Seen after</dt><dd>");
		part_span(out, c->delay_ms);
		buf_printf(out, " on average, of the last %zu</dd>", c->dated);
	}
	buf_printf(out, "<dt>Polls</dt><dd>%lld, of them %lld “nothing new”</dd><dt>Bytes</dt><dd>",
		(long long)s->polls, (long long)s->not_modified);
	feed_look_bytes(out, s->bytes);
	buf_printf(out, "</dd><dt>Items known by</dt><dd>%s</dd>", identities[s->identity]);
	if (c->shared > 0)
		buf_printf(out, "<dt>First outlet</dt><dd>with %zu of the last %zu stories that it shares</dd>",
			c->first, c->shared);
	buf_puts(out, "</dl></div>\n");
}

static void write_trouble(struct buf *out, const struct feed_page *p, const struct feed_trouble *t)
{
	bool lasts = t->until_ms == TIME_NONE && p->feed->state.health != FEED_OK;

	buf_puts(out, "<li><p class=\"by\"><b>");
	part_moment(out, t->since_ms);
	buf_puts(out, "</b> ");
	buf_add_xml(out, !str_empty(t->reason) ? t->reason : str_from(poll_failure_name(t->failure)));
	if (t->polls > 1)
		buf_printf(out, ", %lld times", (long long)t->polls);
	if (lasts) {
		buf_puts(out, "; it lasts");
	} else if (t->until_ms != TIME_NONE) {
		buf_puts(out, "; well again ");
		if (t->until_ms - t->since_ms >= minute_ms) {
			buf_puts(out, "after ");
			part_span(out, t->until_ms - t->since_ms);
		} else {
			buf_puts(out, "within a minute");
		}
	}
	buf_puts(out, "</p></li>");
}

static void write_troubles(struct buf *out, const struct feed_page *p, const struct stored_feed *stored)
{
	buf_puts(out, "<div class=\"box\"><h2>Last errors</h2>");
	buf_puts(out, stored->trouble_count > 0 ? "<ul>" : "<p class=\"by\">None is known.</p>");
	for (size_t i = 0; i < stored->trouble_count; i++)
		write_trouble(out, p, &stored->troubles[i]);
	buf_puts(out, stored->trouble_count > 0 ? "</ul></div>\n" : "</div>\n");
}

void feed_page_end(struct buf *out, const struct feed_page *p, const struct stored_feed *stored, size_t shown)
{
	struct feed_history h;
	struct feed_look look;

	feed_look(&look, &p->feed->state, &h, p->page.site->now_ms);
	if (shown == 0)
		buf_puts(out, "<p class=\"soft\">Nothing of it is stored.</p>");
	buf_puts(out, "</section></div>\n<aside class=\"side\" aria-label=\"About this feed\">");
	if (look.state != LOOK_WELL) {
		buf_printf(out, "<div class=\"box\"><h2>Why it is %s</h2><p class=\"by\">", feed_look_name(look.state));
		feed_look_words(out, &look, &p->feed->state, &h, p->page.site->now_ms);
		buf_puts(out, "</p></div>\n");
	}
	write_next(out, p);
	write_numbers(out, p, &look, &stored->counts);
	write_troubles(out, p, stored);
	buf_puts(out, "</aside></div>\n");
	page_end(out);
}
