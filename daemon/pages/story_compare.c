/* SPDX-License-Identifier: ISC */
#include "story_compare.h"

#include <errno.h>
#include <stdlib.h>

#include "parts.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/identity/shared_passages.h"
#include "sitrep/model/language.h"
#include "sitrep/text/text_diff.h"

/* ---- side by side ---- */

/* The report with the lowest score; without scores the second one. */
static size_t most_different(const struct story_sight *sight)
{
	double lowest = 2;
	size_t found = 1;

	for (size_t i = 1; i < sight->story->report_count; i++) {
		const struct story_tie *t = story_reason(sight->details, story_report(sight->story, i)->item_id);

		if (t == NULL || t->score >= lowest)
			continue;
		lowest = t->score;
		found = i;
	}
	return found;
}

static void write_select(struct buf *out, const struct story_sight *sight, const char *name, size_t chosen)
{
	buf_printf(out, "<select id=\"%s\" name=\"%s\">", name, name);
	for (size_t i = 0; i < sight->story->report_count; i++) {
		const struct report *r = story_report(sight->story, i);

		buf_printf(out, "<option value=\"%zu\"%s>", i + 1, i == chosen ? " selected" : "");
		part_minute(out, r->first_seen_ms);
		buf_putc(out, ' ');
		story_put_outlet_text(out, sight, r);
		buf_puts(out, "</option>");
	}
	buf_puts(out, "</select>");
}

/* The text from from to to, which is part of one line, with the passages in it marked. */
static void write_line(struct buf *out, struct str text, size_t from, size_t to, const struct passage_list *list)
{
	size_t at = from;

	buf_puts(out, "<p>");
	for (size_t i = 0; i < list->count; i++) {
		size_t begin = list->items[i].from > at ? list->items[i].from : at;
		size_t end = list->items[i].to < to ? list->items[i].to : to;

		if (begin >= end)
			continue;
		buf_add_xml(out, str_slice(text, at, begin));
		buf_puts(out, "<mark>");
		buf_add_xml(out, str_slice(text, begin, end));
		buf_puts(out, "</mark>");
		at = end;
	}
	buf_add_xml(out, str_slice(text, at, to));
	buf_puts(out, "</p>\n");
}

static void write_side(struct buf *out, const struct story_sight *sight, const struct report *r, struct str text,
	const struct passage_list *list)
{
	struct str rest = text, line;

	part_open_text(out, "div", NULL, text, language_shown(&r->item));
	buf_puts(out, "<h3>");
	story_put_outlet(out, sight, r);
	buf_puts(out, ", ");
	story_time(out, sight, r->first_seen_ms);
	buf_puts(out, "</h3>\n");
	while (str_split(&rest, '\n', &line)) {
		size_t from = (size_t)(line.data - text.data);

		if (!str_empty(line))
			write_line(out, text, from, from + line.len, list);
	}
	if (str_empty(text))
		buf_puts(out, "<p class=\"soft\">The feed gave its headline alone.</p>\n");
	buf_puts(out, "</div>\n");
}

static void write_measure(struct buf *out, const struct passage_list *a, const struct passage_list *b)
{
	const struct passage_list *shorter = a->words <= b->words ? a : b;

	buf_puts(out, "<p class=\"soft\">");
	if (shorter->shared == 0)
		buf_puts(out, "No passage of six words or more stands in both.</p>\n");
	else
		buf_printf(out, "Marked: the passages that stand in both. %zu of %zu words of the shorter text.</p>\n",
			shorter->shared, shorter->words);
}

void story_compare_reports(struct buf *out, const struct story_sight *sight, size_t a, size_t b)
{
	const struct story *s = sight->story;
	size_t left = a > 0 && a <= s->report_count ? a - 1 : 0;
	size_t right = b > 0 && b <= s->report_count ? b - 1 : most_different(sight);
	struct buf left_text = BUF_INIT(STORY_TEXT_MAX), right_text = BUF_INIT(STORY_TEXT_MAX);
	struct passage_list in_left, in_right;

	if (s->report_count < 2)
		return;
	story_text(&left_text, &story_report(s, left)->item);
	story_text(&right_text, &story_report(s, right)->item);
	if (shared_passages(buf_str(&left_text), buf_str(&right_text), &in_left, &in_right) != 0)
		out->failed = -ENOMEM;
	buf_printf(out,
		"<section id=\"compare\" aria-labelledby=\"cmp-h\"><h2 id=\"cmp-h\">Side by side</h2>"
		"<form class=\"bar\" action=\"%s#compare\"><label for=\"a\">Compare</label>",
		s->uid);
	write_select(out, sight, "a", left);
	buf_puts(out, "<label for=\"b\">with</label>");
	write_select(out, sight, "b", right);
	buf_puts(out, "<button>Show</button></form>\n");
	write_measure(out, &in_left, &in_right);
	buf_puts(out, "<div class=\"grid pair\">");
	write_side(out, sight, story_report(s, left), buf_str(&left_text), &in_left);
	write_side(out, sight, story_report(s, right), buf_str(&right_text), &in_right);
	buf_puts(out, "</div></section>\n");
	free(in_left.items);
	free(in_right.items);
	buf_release(&left_text);
	buf_release(&right_text);
}

/* ---- versions ---- */

struct diff_writing {
	struct buf *out;
	bool open;
	enum text_diff_kind last;
};

static void write_piece(void *arg, const struct text_diff_piece *p)
{
	static const char *const elements[] = {[TEXT_DIFF_DELETED] = "del", [TEXT_DIFF_INSERTED] = "ins"};
	struct diff_writing *w = arg;

	if (p->new_line)
		buf_puts(w->out, w->open ? "</p>\n<p>" : "<p>");
	else if (p->spaced || (p->kind == TEXT_DIFF_INSERTED && w->last == TEXT_DIFF_DELETED))
		buf_putc(w->out, ' ');
	w->open = true;
	w->last = p->kind;
	if (p->kind != TEXT_DIFF_KEPT)
		buf_printf(w->out, "<%s>", elements[p->kind]);
	buf_add_xml(w->out, p->text);
	if (p->kind != TEXT_DIFF_KEPT)
		buf_printf(w->out, "</%s>", elements[p->kind]);
}

/* The headline, a line's end and the text of a version. */
static void version_text(struct buf *out, const struct item *it)
{
	buf_add(out, it->plain_title);
	buf_putc(out, '\n');
	story_text(out, it);
}

static void write_diff(struct buf *out, const struct report_change *c)
{
	struct buf before = BUF_INIT(2 * STORY_TEXT_MAX), after = BUF_INIT(2 * STORY_TEXT_MAX);
	struct diff_writing w = {.out = out};
	bool changed;

	version_text(&before, &c->before.item);
	version_text(&after, &c->after.item);
	part_open_text(out, "div", NULL, buf_str(&after), language_shown(&c->after.item));
	if (text_diff(buf_str(&before), buf_str(&after), write_piece, &w, &changed) != 0)
		out->failed = -ENOMEM;
	buf_puts(out, w.open ? "</p>\n" : "");
	if (!changed)
		buf_puts(out, "<p class=\"soft\">The words are the same: markup, a link or a date changed.</p>\n");
	buf_puts(out, "</div>");
	buf_release(&before);
	buf_release(&after);
}

static void write_ordinal(struct buf *out, size_t n)
{
	static const char *const words[] = {
		"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"};

	if (n > 0 && n <= sizeof(words) / sizeof(words[0]))
		buf_puts(out, words[n - 1]);
	else
		buf_printf(out, "%zuth", n);
}

/* The place of the version among those that are kept, from 1, and their number. */
static void write_place(struct buf *out, const struct story_sight *sight, const struct report *r)
{
	const struct report_change *c = &sight->details->change;
	size_t place = 1, count = 1;
	int64_t next = 0;

	for (size_t i = 0; i < sight->details->revision_count; i++) {
		const struct story_revision *v = &sight->details->revisions[i];

		if (v->item_id != c->item_id)
			continue;
		count++;
		place += v->rev < c->after.rev;
		if (v->rev >= c->after.rev && next == 0)
			next = v->rev + 1;
	}
	write_ordinal(out, place);
	if (count == 2)
		buf_puts(out, " of two versions");
	else
		buf_printf(out, " of %zu versions", count);
	if (place > 2)
		buf_printf(out, " · <a href=\"?diff=%s.%lld#changes\">before it</a>", r->uid, (long long)c->before.rev);
	if (next > 0)
		buf_printf(out, " · <a href=\"?diff=%s.%lld#changes\">after it</a>", r->uid, (long long)next);
}

void story_compare_versions(struct buf *out, const struct story_sight *sight)
{
	const struct report_change *c = &sight->details->change;
	int n = c->item_id > 0 ? story_report_number(sight->story, c->item_id) : -1;
	const struct report *r;

	if (n < 0)
		return;
	r = story_report(sight->story, (size_t)n);
	buf_puts(out,
		"<section id=\"changes\" aria-labelledby=\"chg-h\"><h2 id=\"chg-h\">What changed in the texts</h2>"
		"<div class=\"diff\"><h3>");
	story_put_outlet(out, sight, r);
	buf_puts(out, "</h3>\n<p class=\"by\">");
	story_time(out, sight, c->before.at_ms);
	buf_puts(out, " to ");
	story_time(out, sight, c->after.at_ms);
	buf_puts(out, ", ");
	write_place(out, sight, r);
	buf_puts(out, "</p>\n");
	write_diff(out, c);
	buf_puts(out, "</div></section>\n");
}
