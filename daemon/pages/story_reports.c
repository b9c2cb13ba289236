/* SPDX-License-Identifier: ISC */
#include "story_reports.h"

#include <string.h>

#include "parts.h"
#include "plot.h"
#include "sitrep/base/limits.h"
#include "sitrep/model/language.h"
#include "sitrep/pages/item_link.h"
#include "sitrep/pages/outlets.h"

enum {
	/* The labels under the timeline. */
	LABELS = 3,
	/* Paragraphs that are looked for in the other text. */
	LINES_MAX = 64,
	/* Reports whose paragraphs are compared with those of the report that they run, and bytes of each text. */
	COMPARED_MAX = 24,
	COMPARED_TEXT_MAX = 16 * 1024,
};

static const int64_t minute_ms = 60 * 1000;

/* ---- who reported it when ---- */

/* The timeline's end: now, but of an old story only a little behind its last report. */
static int64_t end_of_line(const struct story_sight *sight)
{
	const struct story *s = sight->story;
	int64_t late_ms = s->last_seen_ms + (s->last_seen_ms - s->first_seen_ms) / 10 + minute_ms;

	return late_ms < sight->page->site->now_ms ? late_ms : sight->page->site->now_ms;
}

static int place_of(const struct story *s, int64_t time_ms, int64_t end_ms)
{
	int64_t span_ms = end_ms > s->first_seen_ms ? end_ms - s->first_seen_ms : 1;
	int64_t place = (time_ms - s->first_seen_ms) * PLOT_LANE / span_ms;

	return place < 0 ? 0 : place > PLOT_LANE ? PLOT_LANE : (int)place;
}

/* The outlets of all reports: for each the number of the first report of the same outlet, in order of appearance. */
struct outlets_of {
	struct buf names;
	size_t ends[STORY_REPORTS_MAX];
	size_t first[STORY_REPORTS_MAX];
};

static struct str name_of(const struct outlets_of *o, size_t n)
{
	return str_slice(buf_str(&o->names), n > 0 ? o->ends[n - 1] : 0, o->ends[n]);
}

static void find_outlets(const struct story_sight *sight, struct outlets_of *o)
{
	const struct story *s = sight->story;

	buf_init(&o->names, (size_t)STORY_REPORTS_MAX * (LIMIT_TITLE + LIMIT_URL));
	for (size_t i = 0; i < s->report_count; i++) {
		outlets_put_name(&o->names, sight->page->site->outlets, &story_report(s, i)->source);
		o->ends[i] = o->names.len;
		o->first[i] = i;
		for (size_t k = 0; k < i && o->first[i] == i; k++)
			if (o->first[k] == k && str_eq_nocase(name_of(o, k), name_of(o, i)))
				o->first[i] = k;
	}
}

static void write_lane(
	struct buf *out, const struct story_sight *sight, const struct outlets_of *o, size_t n, int64_t end_ms)
{
	const struct story *s = sight->story;
	const struct report *r = story_report(s, n);
	int places[STORY_REPORTS_MAX];
	size_t count = 0;

	for (size_t i = n; i < s->report_count; i++)
		if (o->first[i] == n)
			places[count++] = place_of(s, story_report(s, i)->first_seen_ms, end_ms);
	buf_puts(out, "<li><span class=\"num\">");
	part_minute(out, r->first_seen_ms);
	buf_printf(out, "</span><a href=\"#r%zu\">", n + 1);
	part_outlet(out, name_of(o, n), language_shown(&r->item));
	buf_puts(out, "</a>");
	plot_lane(out, places, count, n == 0);
	buf_puts(out, "</li>\n");
}

void story_reports_timeline(struct buf *out, const struct story_sight *sight)
{
	const struct story *s = sight->story;
	int64_t end_ms = end_of_line(sight);
	struct outlets_of o;

	find_outlets(sight, &o);
	buf_puts(out,
		"<section aria-labelledby=\"who-h\"><h2 id=\"who-h\">Who reported it when</h2><ol class=\"lanes\">\n");
	for (size_t i = 0; i < s->report_count; i++)
		if (o.first[i] == i)
			write_lane(out, sight, &o, i, end_ms);
	buf_puts(out, "<li aria-hidden=\"true\"><span></span><span></span><span class=\"axis\">");
	for (int64_t i = 0; i < LABELS; i++) {
		buf_puts(out, "<span>");
		part_minute(out, s->first_seen_ms + (end_ms - s->first_seen_ms) * i / (LABELS - 1));
		buf_puts(out, "</span>");
	}
	buf_puts(out, "</span></li></ol></section>");
	if (buf_failed(&o.names))
		out->failed = o.names.failed;
	buf_release(&o.names);
}

/* ---- why a report is here ---- */

static void write_numbers(struct buf *out, const struct story_tie *t)
{
	buf_printf(out, "%.0f %% of the shorter text; %d of %d phrases", t->score * 100, t->shared, t->shared_of);
	if (t->numbers_of > 0)
		buf_printf(out, "; %d of %d numbers", t->numbers, t->numbers_of);
}

static const struct story_joined *joined_by_hand(const struct story_details *d, int64_t item_id)
{
	for (size_t i = 0; i < d->joined_count; i++)
		if (d->joined[i].item_id == item_id)
			return &d->joined[i];
	return NULL;
}

/* The lines of a text that are not in another one: how many in front of the first common line, and behind the last. */
struct added {
	size_t front, behind;
	bool known; /* all lines between are common */
};

static size_t split_lines(struct str text, struct str lines[LINES_MAX])
{
	struct str line;
	size_t count = 0;

	while (count < LINES_MAX && str_split(&text, '\n', &line))
		if (!str_empty(line))
			lines[count++] = line;
	return count;
}

static bool has_line(const struct str *lines, size_t count, struct str line)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(lines[i], line))
			return true;
	return false;
}

static struct added compare_lines(const struct item *it, const struct item *other)
{
	struct buf text = BUF_INIT(COMPARED_TEXT_MAX), other_text = BUF_INIT(COMPARED_TEXT_MAX);
	struct str lines[LINES_MAX], others[LINES_MAX];
	struct added added = {0};
	size_t count, other_count, end;

	story_text(&text, it);
	story_text(&other_text, other);
	count = split_lines(buf_str(&text), lines);
	other_count = split_lines(buf_str(&other_text), others);
	end = count;
	while (added.front < count && !has_line(others, other_count, lines[added.front]))
		added.front++;
	while (end > added.front && !has_line(others, other_count, lines[end - 1]))
		end--;
	added.behind = count - end;
	added.known = added.front < end && count < LINES_MAX && added.front + added.behind > 0 &&
		      text.len + other_text.len < COMPARED_TEXT_MAX;
	for (size_t i = added.front; i < end && added.known; i++)
		added.known = has_line(others, other_count, lines[i]);
	buf_release(&text);
	buf_release(&other_text);
	return added;
}

static void write_paragraphs(struct buf *out, size_t n, const char *where)
{
	static const char *const words[] = {"", "one", "two", "three", "four", "five"};

	if (n < sizeof(words) / sizeof(words[0]))
		buf_puts(out, words[n]);
	else
		buf_printf(out, "%zu", n);
	buf_printf(out, " paragraph%s %s", n == 1 ? "" : "s", where);
}

/* " with one paragraph in front and two paragraphs behind" */
static void write_added(struct buf *out, const struct added *a)
{
	buf_puts(out, " with ");
	if (a->front > 0)
		write_paragraphs(out, a->front, "in front");
	if (a->front > 0 && a->behind > 0)
		buf_puts(out, " and ");
	if (a->behind > 0)
		write_paragraphs(out, a->behind, "behind");
}

/* The name of the outlet of the other report, as markup. */
static void write_other(struct buf *out, const struct story_sight *sight, const struct story_tie *t)
{
	struct buf name = BUF_INIT(LIMIT_TITLE + LIMIT_URL);

	outlets_put_name(&name, sight->page->site->outlets, &t->other_source);
	part_outlet(out, buf_str(&name), STR_NONE);
	buf_release(&name);
}

static const struct report *find_report(const struct story *s, const char *uid)
{
	for (size_t i = 0; i < s->report_count; i++)
		if (strcmp(s->reports[i].uid, uid) == 0)
			return &s->reports[i];
	return NULL;
}

static void write_copy(
	struct buf *out, const struct story_sight *sight, const struct report *r, const struct story_tie *t)
{
	const struct report *other = find_report(sight->story, t->other_uid);
	bool same_link = other != NULL && !str_empty(r->item.url_key) && str_eq(r->item.url_key, other->item.url_key);
	bool same_text = other != NULL && str_eq(r->item.digest, other->item.digest);

	buf_puts(out, same_link && !same_text ? "Has the same link as " : "Runs ");
	write_other(out, sight, t);
	buf_puts(out, same_link && !same_text ? "’s report." : "’s text word for word.");
}

static void write_reprint(
	struct buf *out, const struct story_sight *sight, const struct report *r, const struct story_tie *t, size_t n)
{
	const struct report *other = find_report(sight->story, t->other_uid);
	struct added added = {0};

	if (other != NULL && n < COMPARED_MAX)
		added = compare_lines(&r->item, &other->item);
	if (t->score < 0.6) {
		buf_puts(out, "Shares long passages with ");
		write_other(out, sight, t);
		buf_puts(out, "’s report.");
		return;
	}
	buf_puts(out, "Runs ");
	write_other(out, sight, t);
	buf_puts(out, "’s text");
	if (added.known)
		write_added(out, &added);
	else
		buf_puts(out, t->score >= 0.9 ? " almost word for word" : " with changes");
	if (!str_eq_nocase(r->item.plain_title, t->other_title))
		buf_puts(out, added.known ? ", under a headline of its own" : " under a headline of its own");
	buf_putc(out, '.');
}

static void write_update(struct buf *out, const struct story_sight *sight, const struct story_tie *t)
{
	const struct report *other = find_report(sight->story, t->other_uid);

	buf_puts(out, "A later version of its own report");
	if (other != NULL) {
		buf_puts(out, " of ");
		story_time(out, sight, other->first_seen_ms);
	}
	buf_putc(out, '.');
}

static void write_commands(struct buf *out, const struct report *r)
{
	buf_printf(out, "<pre class=\"cmd\">sitrep why %s</pre><pre class=\"cmd\">sitrep split %s</pre></details>",
		r->uid, r->uid);
}

static void write_why(struct buf *out, const struct story_sight *sight, const struct report *r, size_t n)
{
	const struct story_tie *t = story_reason(sight->details, r->item_id);
	const struct story_joined *joined = joined_by_hand(sight->details, r->item_id);

	buf_puts(out, "<div class=\"why\"><p>");
	if (joined != NULL)
		buf_puts(out, "Joined by the operator.");
	else if (t == NULL)
		buf_puts(out, n == 0 ? "The first report." : "Joined the story; the reason is no longer stored.");
	else if (strcmp(t->relation, "copy") == 0)
		write_copy(out, sight, r, t);
	else if (strcmp(t->relation, "update") == 0)
		write_update(out, sight, t);
	else
		write_reprint(out, sight, r, t, n);
	buf_puts(out, "</p>");
	if (n > 0) {
		buf_puts(out, "<details><summary>Numbers and commands</summary><p class=\"soft\">");
		if (joined != NULL) {
			buf_puts(out, "sitrep join, ");
			part_moment(out, joined->at_ms);
		} else if (t != NULL && strcmp(t->relation, "copy") != 0) {
			write_numbers(out, t);
		} else {
			buf_puts(out, t != NULL ? "the text or the link is the same" : "none");
		}
		buf_puts(out, "</p>");
		write_commands(out, r);
	}
	buf_puts(out, "</div>\n");
}

/* ---- reports ---- */

static void write_when(struct buf *out, const struct story_sight *sight, const struct report *r, size_t n)
{
	int64_t later = (r->first_seen_ms - sight->story->first_seen_ms) / minute_ms;

	buf_printf(out, "<p class=\"at\"><a href=\"#r%zu\">", n + 1);
	part_clock(out, r->first_seen_ms);
	buf_puts(out, "</a>");
	if (n > 0 && later > 0) {
		buf_putc(out, '+');
		part_minutes(out, later);
	}
	buf_puts(out, "</p>\n");
}

static void write_times(struct buf *out, long long n)
{
	if (n == 1)
		buf_puts(out, "once");
	else if (n == 2)
		buf_puts(out, "twice");
	else
		buf_printf(out, "%lld times", n);
}

static void write_changes(struct buf *out, const struct story_sight *sight, const struct report *r)
{
	const struct story_details *d = sight->details;
	long long count = 0;
	int64_t rev = 0;

	for (size_t i = 0; i < d->revision_count; i++) {
		if (d->revisions[i].item_id != r->item_id)
			continue;
		count++;
		rev = d->revisions[i].rev;
	}
	if (count == 0)
		return;
	/* the text that is shown has the number behind that of the last earlier one */
	buf_printf(out, " · <a href=\"?diff=%s.%lld#changes\">its text changed ", r->uid, (long long)rev + 1);
	write_times(out, count);
	buf_puts(out, "</a>");
}

static void write_report(struct buf *out, const struct story_sight *sight, size_t n)
{
	const struct report *r = story_report(sight->story, n);

	buf_printf(out, "<li class=\"s rep\" id=\"r%zu\">\n", n + 1);
	write_when(out, sight, r, n);
	part_open_text(out, "h3", NULL, r->item.plain_title, language_shown(&r->item));
	part_link_out(out, item_own_link(&r->item), r->item.plain_title);
	buf_puts(out, "</h3>\n<p class=\"by\"><b>");
	story_put_outlet(out, sight, r);
	buf_puts(out, "</b> ");
	part_language(out, language_shown(&r->item));
	if (r->published_known) {
		buf_puts(out, "· dated ");
		story_time(out, sight, r->published_ms);
		buf_puts(out, " by the outlet");
	} else {
		buf_puts(out, "· without a date of its own");
	}
	if (r == &sight->story->reports[0] && sight->story->report_count > 1)
		buf_puts(out, " · leads the story");
	write_changes(out, sight, r);
	buf_puts(out, "</p>\n");
	write_why(out, sight, r, n);
	buf_puts(out, "</li>\n");
}

void story_reports_list(struct buf *out, const struct story_sight *sight)
{
	const struct story *s = sight->story;

	buf_puts(out, "<section class=\"list\" aria-labelledby=\"rep-h\"><h2 id=\"rep-h\">Reports, and why each is "
		      "here</h2><ol>\n");
	for (size_t i = 0; i < s->report_count; i++)
		write_report(out, sight, i);
	buf_puts(out, "</ol>");
	if ((size_t)s->total_reports > s->report_count) {
		buf_puts(out, "<p class=\"soft\">And ");
		part_count(out, s->total_reports - (long long)s->report_count, "later report");
		buf_puts(out, ".</p>");
	}
	buf_puts(out, "</section>\n");
}
