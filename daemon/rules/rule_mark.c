/* SPDX-License-Identifier: ISC */
/* Marks around the words of a text that a rule's terms found.
 *
 * Terms are found in canonical tokens, which do not say where in the text they were.  Words are counted again here: a
 * space ends every word, so the text is taken in pieces between spaces, and a piece that holds a marked word is cut
 * where its number of words grows. */
#include <errno.h>
#include <stdlib.h>

#include "rule_set.h"
#include "rule_words.h"
#include "sitrep/base/utf8.h"

/* Bytes: a piece without a cut in this length is not cut further. */
enum { WORD_MAX = 512 };
/* Places of one regular expression. */
enum { REGEX_MARKS_MAX = 16 };

struct marking {
	struct buf *out;
	const struct rule_span *spans; /* by first word; they do not touch */
	size_t count;
	size_t next; /* the span that is open, or comes next */
	bool open;
	uint32_t word;    /* the number of the word at hand */
	struct buf words; /* to count them */
};

static int count_words(struct marking *m, struct str piece, size_t *count)
{
	*count = 0;
	buf_clear(&m->words);
	return rule_words(&m->words, piece, count);
}

static size_t end_of_character(struct str s, size_t pos)
{
	utf8_next(s, &pos);
	return pos;
}

static bool is_word_at(struct str s, size_t pos)
{
	return rule_is_word_character(utf8_next(s, &pos));
}

/* Puts one word, with the characters around it. */
static void put_word(struct marking *m, struct str text)
{
	size_t from = 0, to = 0;
	bool begins, ends;

	while (from < text.len && !is_word_at(text, from))
		from = end_of_character(text, from);
	for (size_t pos = from; pos < text.len; pos = end_of_character(text, pos))
		to = is_word_at(text, pos) ? end_of_character(text, pos) : to;
	from = from < text.len ? from : 0;
	to = to > from ? to : text.len;
	begins = m->next < m->count && m->spans[m->next].first == m->word;
	ends = m->next < m->count && m->spans[m->next].last == m->word;
	buf_add(m->out, str_slice(text, 0, from));
	if (begins)
		buf_putc(m->out, RULE_MARK_BEGIN);
	buf_add(m->out, str_slice(text, from, to));
	m->open = m->open || begins;
	if (ends && m->open)
		buf_putc(m->out, RULE_MARK_END);
	buf_add(m->out, str_slice(text, to, text.len));
	m->open = m->open && !ends;
	m->next += ends;
	m->word++;
}

/* The end of the first word of piece, which holds several: the next one begins there. */
static int first_word(struct marking *m, struct str piece, size_t *end)
{
	size_t count = 0;
	int result = 0;

	for (*end = 0; result == 0 && *end < piece.len;) {
		size_t next = end_of_character(piece, *end);

		if (next > WORD_MAX)
			*end = piece.len;
		else
			result = count_words(m, str_slice(piece, 0, next), &count);
		if (count > 1 || *end == piece.len)
			break;
		*end = next;
	}
	return result;
}

static int put_piece(struct marking *m, struct str piece, uint32_t count)
{
	uint32_t behind = m->word + count;
	int result = 0;

	while (result == 0 && piece.len > 0 && m->word < behind) {
		size_t end = piece.len;

		if (m->word + 1 < behind)
			result = first_word(m, piece, &end);
		if (m->word + 1 < behind && end == piece.len)
			break;
		put_word(m, str_slice(piece, 0, end));
		piece = str_slice(piece, end, piece.len);
	}
	m->word = behind;
	return result != 0 ? result : buf_add(m->out, piece);
}

/* Goes on to the first span that ends with a word from here on. */
static void pass_spans(struct marking *m)
{
	for (; m->next < m->count && m->spans[m->next].last < m->word; m->next++) {
		if (m->open)
			buf_putc(m->out, RULE_MARK_END);
		m->open = false;
	}
}

static int put_text(struct marking *m, struct str text)
{
	int result = 0;

	for (size_t pos = 0; result == 0 && pos < text.len;) {
		size_t space = str_find_char(text, ' ', pos), count;
		struct str piece = str_slice(text, pos, space == STR_NPOS ? text.len : space + 1);

		result = count_words(m, piece, &count);
		pass_spans(m);
		if (m->next < m->count && m->spans[m->next].first < m->word + count) {
			result = put_piece(m, piece, (uint32_t)count);
		} else {
			buf_add(m->out, piece);
			m->word += (uint32_t)count;
		}
		pos += piece.len;
	}
	pass_spans(m);
	return result != 0 ? result : m->out->failed;
}

static int by_first(const void *a, const void *b)
{
	const struct rule_span *left = a, *right = b;

	return left->first != right->first ? (left->first > right->first) - (left->first < right->first)
					   : (left->last < right->last) - (left->last > right->last);
}

/* The words that a part of the text touches.  1, 0: none, or a failure. */
static int words_of(struct marking *m, struct str text, struct str part, struct rule_span *span)
{
	size_t from = (size_t)(part.data - text.data);
	size_t all = 0, before = 0, behind = 0, until = 0;
	int result = count_words(m, text, &all);

	if (result == 0)
		result = count_words(m, str_slice(text, 0, from), &before);
	if (result == 0)
		result = count_words(m, str_slice(text, from, text.len), &behind);
	if (result == 0)
		result = count_words(m, str_slice(text, 0, from + part.len), &until);
	/* a word that is cut in two counts twice */
	before -= before > 0 && before + behind > all;
	if (result != 0 || until <= before)
		return result;
	*span = (struct rule_span){(uint32_t)before, (uint32_t)(until - 1)};
	return 1;
}

static int find_regex_spans(
	struct marking *m, const struct rule_regex *regex, struct str text, struct rule_span *spans, size_t *count)
{
	size_t from = 0;
	int result = 1;

	for (int i = 0; result == 1 && i < REGEX_MARKS_MAX && from <= text.len; i++) {
		struct str part = STR_NONE;

		result = rule_regex_find(regex, text, from, &part);
		if (result != 1 || part.len == 0)
			break;
		from = (size_t)(part.data - text.data) + part.len;
		result = words_of(m, text, part, &spans[*count]);
		*count += result == 1;
		result = result == 0 ? 1 : result;
	}
	return result < 0 ? result : 0;
}

/* Sorts spans and joins those that overlap; returns how many there are then. */
static size_t join_spans(struct rule_span *spans, size_t given)
{
	size_t count = 1;

	if (given == 0)
		return 0;
	qsort(spans, given, sizeof(*spans), by_first);
	for (size_t i = 1; i < given; i++) {
		if (spans[i].first > spans[count - 1].last)
			spans[count++] = spans[i];
		else if (spans[i].last > spans[count - 1].last)
			spans[count - 1].last = spans[i].last;
	}
	return count;
}

/* The places of the rule's terms in a part of the item, whose words are numbered from first to before end. */
static int find_spans(struct rule_set *set, const struct rule_view *rule, enum rule_part part, struct str text,
	struct rule_span *spans, struct marking *m)
{
	uint32_t first = part == RULE_IN_TITLE ? 0 : set->body_word;
	uint32_t end = part == RULE_IN_TITLE ? set->body_word - RULE_NEAR_MAX : set->word_count + RULE_NEAR_MAX;
	size_t count = 0, kept = 0;
	int result = 0;

	for (size_t i = 0; i < rule->rule->term_count; i++) {
		const struct set_term *t = &rule->terms[i];
		struct rule_side side = {.terms = t, .count = 1};
		bool in_text = t->field == RULE_TEXT || t->field == RULE_TITLE;

		if (t->kind == TERM_WORDS && t->first && in_text)
			count += rule_places_list(&set->places, set->found, side, spans + count);
	}
	for (size_t i = 0; i < count; i++)
		if (spans[i].first >= first && spans[i].last < end)
			spans[kept++] = (struct rule_span){spans[i].first - first, spans[i].last - first};
	for (size_t i = 0; result == 0 && i < rule->rule->term_count; i++) {
		const struct set_term *t = &rule->terms[i];

		if (t->kind == TERM_REGEX && t->first &&
			(t->field == RULE_TEXT || (t->field == RULE_TITLE && part == RULE_IN_TITLE)))
			result = find_regex_spans(m, set->regexes[t->number], text, spans, &kept);
	}
	m->count = join_spans(spans, kept);
	return result;
}

int rule_set_mark(struct rule_set *set, size_t rule, enum rule_part part, struct buf *out)
{
	const struct rule_view view = rule_set_rule(set, rule);
	struct str text = part == RULE_IN_TITLE ? set->subject->title : set->subject->body;
	size_t room = set->places.count;
	struct marking m = {.out = out};
	struct rule_span *spans;
	int result = -ENOMEM;

	for (size_t i = 0; i < view.rule->term_count; i++)
		room += view.terms[i].kind == TERM_REGEX ? REGEX_MARKS_MAX : 0;
	spans = calloc(room + 1, sizeof(*spans));
	buf_init(&m.words, out->max);
	m.spans = spans;
	if (spans != NULL)
		result = find_spans(set, &view, part, text, spans, &m);
	if (result == 0)
		result = put_text(&m, text);
	buf_release(&m.words);
	free(spans);
	return result;
}
