/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/alerts_page.h"

#include <errno.h>
#include <string.h>

#include "matched_words.h"
#include "parts.h"
#include "plot.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/config/config.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/item_link.h"
#include "sitrep/pages/outlets.h"
#include "sitrep/pages/story_row.h"

enum {
	/* Days of the small drawings; the large one has ALERT_DAYS_COUNTED. */
	SPARK_DAYS = 14,
	BARS_STEP = 20,
	BARS_HEIGHT = 60,
	NAME_MAX_LEN = 16 * 1024,
};

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static enum alert_priority priority_of(const struct config_rule *rule)
{
	return alert_priority_parse(rule->priority);
}

int alerts_page_order(const void *a, const void *b)
{
	const struct alert_view *one = a, *other = b;
	int order = (int)priority_of(other->rule) - (int)priority_of(one->rule);

	return order != 0 ? order : strcmp(one->rule->name, other->rule->name);
}

static uint32_t sum_of(const struct alert_view *a, size_t days)
{
	uint32_t sum = 0;

	for (size_t i = ALERT_DAYS_COUNTED - days; i < ALERT_DAYS_COUNTED; i++)
		sum += a->counts.matches[i];
	return sum;
}

/* ---- silences ---- */

static bool is_in_force(const struct alerts_page *p, const struct stored_silence *s)
{
	return s->until_ms > p->page.site->now_ms;
}

/* A silence with a rule as its matcher may mute any alert. */
static bool names_alert(const struct stored_silence *s, const char *name)
{
	struct str prefix = STR("alert:");

	return str_starts(s->matcher, prefix) &&
	       str_eq(str_slice(s->matcher, prefix.len, s->matcher.len), str_from(name));
}

static void write_reason(struct buf *out, const struct stored_silence *s)
{
	if (str_empty(s->why))
		return;
	buf_puts(out, ": “");
	buf_add_xml(out, s->why);
	buf_puts(out, "”");
}

static void write_silenced(struct buf *out, const struct alerts_page *p, const char *name)
{
	for (size_t i = 0; i < p->silence_count; i++) {
		const struct stored_silence *s = &p->silences[i];

		if (!is_in_force(p, s) || !names_alert(s, name))
			continue;
		buf_puts(out, "<p class=\"soft\">Silenced until ");
		part_moment(out, s->until_ms);
		buf_puts(out, " UTC by the operator");
		write_reason(out, s);
		buf_puts(out, ". Counted, not sent.</p>");
		return;
	}
}

/* ---- all alerts ---- */

void alerts_page_init(struct alerts_page *p, const struct site *site)
{
	*p = (struct alerts_page){
		.page = {.site = site, .place = PAGE_ALERTS, .root = "", .title = STR("Alerts"), .skip_to = "alerts"}};
}

static void write_totals(struct buf *out, const struct alerts_page *p)
{
	uint32_t today = 0, loud = 0;
	size_t silences = 0;

	for (size_t i = 0; i < p->count; i++) {
		today += sum_of(&p->alerts[i], 1);
		loud += priority_of(p->alerts[i].rule) >= ALERT_HIGH ? sum_of(&p->alerts[i], 1) : 0;
	}
	for (size_t i = 0; i < p->silence_count; i++)
		silences += is_in_force(p, &p->silences[i]);
	buf_printf(out, "<p>%u today, %u of them high or urgent · ", today, loud);
	part_count(out, (long long)silences, "silence");
	buf_puts(out, " · all as a feed: ");
	part_formats(out, p->page.root, STR("feed"), STR("?alert=any"));
	buf_puts(out, "</p>");
}

void alerts_page_begin(struct buf *out, const struct alerts_page *p)
{
	page_begin(out, &p->page);
	page_head_begin(out, &p->page);
	write_totals(out, p);
	page_head_end(out);
	buf_puts(out, "<div class=\"grid tops\"><section aria-labelledby=\"ru-h\"><h2 id=\"ru-h\">Rules</h2><div "
		      "class=\"list\"><table>"
		      "<caption>");
	part_count(out, (long long)(p->count + p->more), "rule");
	buf_puts(out, ", most urgent first. Drawn: matches a day over 14 days, today last.");
	if (p->more > 0)
		buf_printf(out, " The first %zu are shown.", p->count);
	buf_puts(out,
		"</caption>\n<thead><tr><th scope=\"col\">Alert</th><th scope=\"col\">Rule</th><th scope=\"col\" "
		"class=\"num\">"
		"Today</th><th scope=\"col\" class=\"num opt\">14 days</th><th scope=\"col\" class=\"opt\">Days</th>"
		"<th scope=\"col\" class=\"opt2\">Last match</th></tr></thead><tbody>\n");
}

void alerts_page_rule(struct buf *out, const struct alerts_page *p, const struct alert_view *a)
{
	enum alert_priority priority = priority_of(a->rule);

	buf_puts(out, "<tr><th scope=\"row\"><a href=\"alert/");
	part_escape(out, str_from(a->rule->name));
	buf_puts(out, "\">");
	buf_add_xml(out, str_from(a->rule->name));
	buf_printf(out, "</a><span class=\"al p%d\">%s</span></th><td><code>", (int)priority,
		alert_priority_name(priority));
	buf_add_xml(out, str_from(a->rule->match));
	buf_puts(out, "</code>");
	write_silenced(out, p, a->rule->name);
	buf_printf(out, "</td><td class=\"num\"><b>%u</b></td><td class=\"num opt\">%u</td><td class=\"opt\">",
		sum_of(a, 1), sum_of(a, SPARK_DAYS));
	plot_spark(out, "matches a day, 14 days", &a->counts.matches[ALERT_DAYS_COUNTED - SPARK_DAYS], SPARK_DAYS);
	buf_puts(out, "</td><td class=\"opt2 s0\">");
}

static void write_outlet(struct buf *out, const struct page *page, const struct report *r)
{
	struct buf name = BUF_INIT(NAME_MAX_LEN);

	outlets_put_name(&name, page->site->outlets, &r->source);
	part_outlet(out, buf_str(&name), language_shown(&r->item));
	buf_release(&name);
}

static void write_time(struct buf *out, const struct page *page, int64_t time_ms)
{
	if (time_ms / day_ms == page->site->now_ms / day_ms)
		part_clock(out, time_ms);
	else
		part_moment(out, time_ms);
}

void alerts_page_last(struct buf *out, const struct alerts_page *p, const struct story *s)
{
	const struct report *lead = &s->reports[0];
	struct str link = item_own_link(&lead->item);

	buf_puts(out, "<p class=\"soft\">");
	write_time(out, &p->page, s->alert.id != 0 ? s->alert.last_ms : s->sort_ms);
	buf_puts(out, ", ");
	write_outlet(out, &p->page, lead);
	buf_puts(out, "</p>");
	part_open_text(out, "h3", NULL, lead->item.plain_title, language_shown(&lead->item));
	buf_puts(out, "<a href=\"");
	if (str_empty(link))
		buf_printf(out, "%sstory/%s", p->page.root, s->uid);
	else
		buf_add_xml(out, link);
	buf_puts(out, "\" rel=\"noreferrer\">");
	matched_headline(out, &lead->item, s->alert.terms);
	buf_puts(out, "</a></h3>");
}

void alerts_page_rule_end(struct buf *out, const struct alert_view *a, bool has_last)
{
	if (!has_last && a->counts.last_ms != TIME_NONE) {
		buf_puts(out, "<p class=\"soft\">");
		part_moment(out, a->counts.last_ms);
		buf_puts(out, "</p>");
	} else if (!has_last) {
		buf_puts(out, "<p class=\"soft\">No item that is kept matches it.</p>");
	}
	buf_puts(out, "</td></tr>\n");
}

void alerts_page_stories(struct buf *out)
{
	buf_puts(out,
		"</tbody></table></div></section>\n<section class=\"list\" aria-labelledby=\"ma-h\"><h2 id=\"ma-h\">"
		"Alerts, newest first</h2>");
}

/* The report that raised the alert; *number: its place in the order of arrival, from 0.  NULL: it is no longer kept. */
static const struct report *raising_report(const struct story *s, size_t *number)
{
	for (size_t i = 0; i < s->report_count; i++) {
		if (s->reports[i].item_id != s->alert.item_id)
			continue;
		*number = 0;
		for (size_t k = 0; k < s->report_count; k++)
			*number += s->reports[k].item_id < s->alert.item_id;
		return &s->reports[i];
	}
	return NULL;
}

/* "18:21, at the first report: missiles and launched in the headline." */
static void write_note(struct buf *out, const struct page *page, const struct story *s)
{
	size_t number;
	const struct report *r = raising_report(s, &number);

	if (s->alert.id == 0) {
		buf_puts(out, "It matched without an alert: an old item of a backlog, or from before the rule.");
		return;
	}
	write_time(out, page, s->alert.first_ms);
	if (r == NULL) {
		buf_puts(out, ", by a report that is no longer here.");
		return;
	}
	if (number == 0) {
		buf_puts(out, ", at the first report: ");
	} else {
		buf_puts(out, ", at the report of ");
		write_outlet(out, page, r);
		buf_puts(out, ": ");
	}
	matched_list(out, &r->item, s->alert.terms);
	buf_puts(out, s->alert.is_muted ? "; not sent." : ".");
}

void alerts_page_story(struct buf *out, const struct page *page, const struct story *s, bool tells)
{
	struct buf headline = BUF_INIT(NAME_MAX_LEN * 8), note = BUF_INIT(NAME_MAX_LEN * 8);

	matched_headline(&headline, &s->reports[0].item, s->alert.terms);
	if (tells)
		write_note(&note, page, s);
	story_row_write_as(out, page, s,
		&(struct story_row_form){.headline = buf_str(&headline), .note = buf_str(&note), .with_day = true});
	if (buf_failed(&headline) || buf_failed(&note))
		out->failed = -ENOMEM;
	buf_release(&headline);
	buf_release(&note);
}

static void write_older(struct buf *out, struct str older, const char *words)
{
	if (str_empty(older))
		return;
	buf_puts(out, "<nav class=\"pages\" aria-label=\"Older and newer\"><span></span><a href=\"");
	buf_add_xml(out, older);
	buf_printf(out, "\" rel=\"next\">%s</a></nav>", words);
}

void alerts_page_end(struct buf *out, const struct alerts_page *p, struct str older)
{
	if (p->count == 0)
		buf_puts(out, "<p class=\"soft\">No [alert] is configured; see sitrepd.conf(5).</p>");
	write_older(out, older, "Older alerts");
	buf_puts(out, "</section></div>\n");
	page_end(out);
}

/* ---- one alert ---- */

void alert_page_init(struct alerts_page *p, const struct site *site, const struct config_rule *rule)
{
	*p = (struct alerts_page){.page = {.site = site,
					  .place = PAGE_ALERTS,
					  .root = "../",
					  .title = str_from(rule->name),
					  .feed_folder = "alert",
					  .feed_name = str_from(rule->name),
					  .skip_to = "alert"}};
}

static void write_alert_head(struct buf *out, const struct alerts_page *p)
{
	const struct alert_view *a = &p->alerts[0];
	enum alert_priority priority = priority_of(a->rule);
	struct buf base = BUF_INIT(4096);

	page_head_begin(out, &p->page);
	buf_printf(out, "<p><span class=\"al p%d\">%s</span> %u today, %u in %d days · ", (int)priority,
		alert_priority_name(priority), sum_of(a, 1), sum_of(a, ALERT_DAYS_COUNTED), ALERT_DAYS_COUNTED);
	buf_puts(&base, "alert/");
	part_escape(&base, str_from(a->rule->name));
	part_formats(out, p->page.root, buf_str(&base), STR(""));
	buf_printf(out, " · <a href=\"%salerts\">all alerts</a></p>", p->page.root);
	page_head_end(out);
	buf_release(&base);
}

static void write_days(struct buf *out, const struct alerts_page *p)
{
	const struct alert_view *a = &p->alerts[0];
	const struct plot_bars bars = {
		"matches a day, 30 days", a->counts.matches, ALERT_DAYS_COUNTED, BARS_STEP, BARS_HEIGHT, true, true};
	int64_t now_ms = p->page.site->now_ms;

	buf_puts(out, "<section aria-labelledby=\"d-h\"><h2 id=\"d-h\">Matches a day</h2><figure>");
	plot_bars(out, &bars);
	buf_puts(out, "<figcaption class=\"axis\">");
	for (int64_t i = ALERT_DAYS_COUNTED - 1; i > 0; i -= 10) {
		buf_puts(out, "<span>");
		part_date(out, now_ms - i * day_ms);
		buf_puts(out, "</span>");
	}
	buf_puts(out, "<span>today</span></figcaption></figure></section>\n");
}

void alert_page_begin(struct buf *out, const struct alerts_page *p)
{
	const struct alert_view *a = &p->alerts[0];
	const char *file;

	page_begin(out, &p->page);
	write_alert_head(out, p);
	buf_puts(out, "<div class=\"cols two\"><div>\n<section aria-labelledby=\"q-h\"><h2 id=\"q-h\">Rule</h2><pre "
		      "class=\"rule\">");
	buf_add_xml(out, str_from(a->rule->match));
	file = a->rule->place.file != NULL ? strrchr(a->rule->place.file, '/') : NULL;
	buf_printf(out, "</pre><p class=\"soft\">From line %u of ", a->rule->place.line);
	buf_add_xml(out, str_from(file != NULL ? file + 1 : a->rule->place.file));
	if (a->counts.since_ms != TIME_NONE) {
		buf_puts(out, "; as it stands since ");
		part_moment(out, a->counts.since_ms);
		buf_puts(out, ". Alerts before that were raised by the rule of that time");
	}
	buf_puts(out, ".</p></section>\n");
	write_days(out, p);
	buf_puts(out, "<section class=\"list\" aria-labelledby=\"m-h\"><h2 id=\"m-h\">Matches, and what matched</h2>");
}

static void write_silence(struct buf *out, const struct alerts_page *p, const struct stored_silence *s)
{
	buf_puts(out, "<li><p class=\"by\">");
	if (is_in_force(p, s))
		buf_puts(out, "<b>Now</b>, until ");
	else
		buf_puts(out, "Ended ");
	part_moment(out, s->until_ms);
	buf_puts(out, ", since ");
	part_moment(out, s->at_ms);
	write_reason(out, s);
	buf_puts(out, "; <code>");
	buf_add_xml(out, s->matcher);
	buf_puts(out, "</code></p></li>");
}

static void write_silences(struct buf *out, const struct alerts_page *p)
{
	const char *name = p->alerts[0].rule->name;
	size_t shown = 0;

	buf_puts(out, "<div class=\"box\"><h2>Silences</h2>");
	for (size_t i = 0; i < p->silence_count; i++) {
		if (!names_alert(&p->silences[i], name) && str_starts(p->silences[i].matcher, STR("alert:")))
			continue;
		buf_puts(out, shown++ == 0 ? "<ul>" : "");
		write_silence(out, p, &p->silences[i]);
	}
	buf_puts(out, shown > 0 ? "</ul></div>\n" : "<p class=\"by\">None now, and none in the last week.</p></div>\n");
}

/* Between quotation marks of a shell. */
static void write_quoted(struct buf *out, const char *text)
{
	struct str rest = str_from(text), piece;
	bool more = false;

	buf_putc(out, '\'');
	while (str_split(&rest, '\'', &piece)) {
		buf_puts(out, more ? "'\\&#39;'" : "");
		buf_add_xml(out, piece);
		more = true;
	}
	buf_putc(out, '\'');
}

void alert_page_end(struct buf *out, const struct alerts_page *p, size_t shown, struct str older)
{
	const struct alert_view *a = &p->alerts[0];

	if (shown == 0)
		buf_puts(out, "<p class=\"soft\">No item that is kept matches it.</p>");
	write_older(out, older, "Older matches");
	buf_puts(out, "</section></div>\n<aside class=\"side\" aria-label=\"About this alert\">");
	write_silences(out, p);
	buf_puts(out, "<div class=\"box\"><h2>Change the rule</h2><p class=\"by\">Try a change on all that is kept "
		      "before you put it "
		      "in:</p><pre class=\"cmd\">sitrep match --since 7d ");
	write_quoted(out, a->rule->match);
	buf_printf(out,
		"</pre></div>\n<div class=\"box\"><h2>In %d days</h2><dl class=\"facts\"><dt>Matches</dt><dd>%u</dd>"
		"<dt>Alerts raised</dt><dd>%lld</dd><dt>Events kept back</dt><dd>%lld, by a silence, quiet hours or a "
		"rate"
		"</dd><dt>Last match</dt><dd>",
		ALERT_DAYS_COUNTED, sum_of(a, ALERT_DAYS_COUNTED), (long long)a->counts.raised,
		(long long)a->counts.muted);
	if (a->counts.last_ms != TIME_NONE)
		part_moment(out, a->counts.last_ms);
	else
		buf_puts(out, "none since the rule stands");
	buf_puts(out, "</dd></dl></div></aside></div>\n");
	page_end(out);
}
