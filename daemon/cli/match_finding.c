/* SPDX-License-Identifier: ISC */
/* The answers of sitrep match: an item with its marked words, the terms that were found, or the reasons why it does not
 * match; for people, or as a line of JSON. */
#include "match.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/units.h"
#include "sitrep/base/utf8.h"

enum {
	INDENT = 4,
	/* Passages of an item's text that are shown, and the bytes around the marked words. */
	PASSAGES_MAX = 3,
	CONTEXT_MAX = 50,
};

/* ---- matching ---- */

static void note_match(void *arg, const struct rule_hit *hit)
{
	struct match_finding *f = arg;

	f->truth = hit->truth;
	f->term_count = hit->term_count;
	memcpy(f->terms, hit->terms, hit->term_count * sizeof(*hit->terms));
}

int matcher_find(struct matcher *m, const struct rule_subject *subject, struct match_finding *f)
{
	int result = rule_set_match(m->set, subject, note_match, f);

	if (result == 0 && f->truth != 0 && subject->story != NULL)
		f->matches = rule_set_holds(m->set, 0, f->truth, subject->story);
	return result;
}

/* ---- sentences ---- */

/* The story's age, publishers or priority, by the condition on it. */
static void put_measure(struct buf *out, const struct rule_reason *r)
{
	char text[TIME_TEXT_MAX];

	if (str_starts(r->term, STR("age")))
		buf_printf(out, "it is %s old", duration_format(text, r->actual * 1000));
	else if (str_starts(r->term, STR("sources")))
		buf_printf(out, "it has %lld", (long long)r->actual);
	else
		buf_printf(out, "it is %.*s", STR_ARG(rule_priority_name((enum rule_priority)r->actual)));
}

static void put_reason(struct buf *out, const struct rule_reason *r)
{
	switch (r->kind) {
	case RULE_MISSING:
		buf_printf(out, "missing: %.*s", STR_ARG(r->term));
		break;
	case RULE_THERE:
		buf_printf(out, "there, under a NOT: %.*s", STR_ARG(r->term));
		break;
	case RULE_FAR:
		buf_printf(out, "too far: %.*s: ", STR_ARG(r->term));
		if (r->actual == RULE_FAR_APART)
			buf_puts(out, "both are there, but not in this order");
		else if (r->actual > 100)
			buf_puts(out, "more than 100 words apart, or one in the title and one in the text");
		else
			buf_printf(out, "%lld words apart", (long long)r->actual);
		break;
	case RULE_LENGTH:
		buf_printf(out, "length: %.*s: %lld words", STR_ARG(r->term), (long long)r->actual);
		break;
	case RULE_OF_STORY:
		buf_printf(out, "story: %.*s: ", STR_ARG(r->term));
		put_measure(out, r);
		break;
	case RULE_SUM:
		buf_printf(out, "list: the weights add up to %lld, %lld are needed", (long long)r->actual,
			(long long)r->wanted);
		break;
	}
}

/* Appends one sentence, with all its alternatives, and returns the number of the next reason. */
static size_t put_sentence(struct buf *out, const struct match_finding *f, size_t i)
{
	size_t told = 0;

	for (bool follows = false; i < f->reason_count; i++) {
		const struct rule_reason *r = &f->reasons[i];
		bool same = follows && r->kind == RULE_MISSING && r[-1].kind == RULE_MISSING;

		if (told++ < RULE_TOLD_MAX && same) {
			buf_printf(out, " or %.*s", STR_ARG(r->term));
		} else if (told <= RULE_TOLD_MAX) {
			buf_puts(out, follows ? ", or " : "");
			put_reason(out, r);
		}
		follows = r->others;
		if (!follows)
			break;
	}
	if (told > RULE_TOLD_MAX)
		buf_printf(out, ", or %zu more", told - RULE_TOLD_MAX);
	return i + 1;
}

/* ---- for people ---- */

/* Prints text with its marks: bold on a terminal, brackets elsewhere. */
static void print_marked(struct str text)
{
	bool colour = screen_has_colour();

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == RULE_MARK_BEGIN)
			fputs(colour ? "\x1b[1m" : "[", stdout);
		else if (text.data[i] == RULE_MARK_END)
			fputs(colour ? "\x1b[0m" : "]", stdout);
		else
			putchar(text.data[i]);
	}
}

static bool is_inside_character(struct str text, size_t pos)
{
	return pos < text.len && ((unsigned char)text.data[pos] & 0xC0) == 0x80;
}

/* The begin of a passage whose first mark is at mark: after a space, if there is one. */
static size_t passage_begin(struct str text, size_t least, size_t mark)
{
	size_t from = mark > least + CONTEXT_MAX ? mark - CONTEXT_MAX : least, space;

	if (from == least)
		return from;
	space = str_find_char(str_slice(text, 0, mark), ' ', from);
	if (space != STR_NPOS && space + 1 < mark)
		return space + 1;
	while (is_inside_character(text, from))
		from++;
	return from;
}

/* The end of a passage; a mark that begins in it also ends in it. */
static size_t passage_end(struct str text, size_t mark)
{
	size_t close = str_find_char(text, RULE_MARK_END, mark), end, next;

	close = close == STR_NPOS ? text.len : close + 1;
	end = close + CONTEXT_MAX;
	if (end >= text.len)
		return text.len;
	next = str_find_char(str_slice(text, 0, end), RULE_MARK_BEGIN, close);
	if (next != STR_NPOS)
		return passage_end(text, next);
	for (size_t i = end; i > close; i--)
		if (text.data[i] == ' ')
			return i;
	while (is_inside_character(text, end))
		end++;
	return end;
}

static void print_passages(struct str text)
{
	size_t end = 0, mark;

	for (int i = 0; i < PASSAGES_MAX; i++) {
		size_t begin;

		mark = str_find_char(text, RULE_MARK_BEGIN, end);
		if (mark == STR_NPOS)
			return;
		begin = passage_begin(text, end, mark);
		end = passage_end(text, mark);
		printf("%*s%s", INDENT, "", begin > 0 ? "... " : "");
		print_marked(str_trim(str_slice(text, begin, end)));
		puts(end < text.len ? " ..." : "");
	}
}

/* told: with a word on whether it matches. */
static void print_for_people(const struct match_finding *f, bool told)
{
	struct buf line = BUF_INIT(MATCH_TEXT_MAX);
	char time[TIME_TEXT_MAX];

	fputs(!told ? "" : f->matches ? "match     " : "no match  ", stdout);
	print_marked(f->title.len > 0 ? f->title : f->item->plain_title);
	putchar('\n');
	if (f->matches)
		print_passages(f->body);
	for (size_t i = 0; i < f->term_count; i++) {
		buf_puts(&line, i == 0 ? "terms: " : ", ");
		buf_add(&line, f->terms[i]);
	}
	if (f->term_count > 0)
		printf("%*s%.*s\n", INDENT, "", STR_ARG(buf_str(&line)));
	for (size_t i = 0; i < f->reason_count;) {
		buf_clear(&line);
		i = put_sentence(&line, f, i);
		printf("%*s%.*s\n", INDENT, "", STR_ARG(buf_str(&line)));
	}
	if (f->seen_ms != 0)
		printf("%*s%s, %.*s\n", INDENT, "", time_format_local(time, f->seen_ms), STR_ARG(f->feed));
	buf_clear(&line);
	utf8_one_line(&line, f->item->link);
	if (line.len > 0)
		printf("%*s%.*s\n", INDENT, "", STR_ARG(buf_str(&line)));
	buf_release(&line);
}

/* ---- for programs ---- */

/* The marked words of a text, each once for each place. */
static void write_marked(struct jsonw *w, struct str text)
{
	size_t end = 0, mark;

	while ((mark = str_find_char(text, RULE_MARK_BEGIN, end)) != STR_NPOS) {
		end = str_find_char(text, RULE_MARK_END, mark);
		jsonw_str(w, str_slice(text, mark + 1, end));
	}
}

static int print_as_json(const struct match_finding *f)
{
	struct buf out = BUF_INIT(2 * MATCH_TEXT_MAX), line = BUF_INIT(MATCH_TEXT_MAX);
	struct jsonw w = JSONW_INIT(&out);
	int result;

	jsonw_object(&w);
	jsonw_kv_int(&w, "item", (long long)f->number);
	jsonw_kv_bool(&w, "matches", f->matches);
	jsonw_kv_str(&w, "title", f->item->plain_title);
	jsonw_kv_str(&w, "link", f->item->link);
	if (f->seen_ms != 0) {
		jsonw_kv_str(&w, "feed", f->feed);
		jsonw_kv_time(&w, "seen", f->seen_ms);
	}
	jsonw_kv_array(&w, "terms");
	for (size_t i = 0; i < f->term_count; i++)
		jsonw_str(&w, f->terms[i]);
	jsonw_array_end(&w);
	jsonw_kv_array(&w, "words");
	if (f->matches) {
		write_marked(&w, f->title);
		write_marked(&w, f->body);
	}
	jsonw_array_end(&w);
	jsonw_kv_array(&w, "reasons");
	for (size_t i = 0; i < f->reason_count;) {
		buf_clear(&line);
		i = put_sentence(&line, f, i);
		jsonw_str(&w, buf_str(&line));
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	buf_putc(&out, '\n');
	result = out.failed;
	if (result == 0)
		fwrite(out.data, 1, out.len, stdout);
	buf_release(&line);
	buf_release(&out);
	return result;
}

/* ---- both ---- */

static int mark_words(struct matcher *m)
{
	int result;

	buf_clear(&m->title);
	buf_clear(&m->body);
	result = rule_set_mark(m->set, 0, RULE_IN_TITLE, &m->title);
	return result != 0 ? result : rule_set_mark(m->set, 0, RULE_IN_BODY, &m->body);
}

int matcher_print(struct matcher *m, struct match_finding *f, struct error *err)
{
	int result = mark_words(m);

	arena_clear(&m->scratch);
	if (result == 0 && !f->matches)
		result = rule_set_reasons(m->set, 0, &m->scratch, &f->reasons, &f->reason_count);
	f->title = buf_str(&m->title);
	f->body = buf_str(&m->body);
	if (result == 0 && m->options->json)
		result = print_as_json(f);
	else if (result == 0)
		print_for_people(f, m->options->explain);
	if (result != 0)
		return error_sys(err, result, "cannot match an item");
	return output_failure() != 0 ? OUTPUT_FAILED : 0;
}
