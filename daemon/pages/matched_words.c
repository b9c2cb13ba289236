/* SPDX-License-Identifier: ISC */
#include "matched_words.h"

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/rules/rule.h"
#include "sitrep/store/stored_words.h"

enum {
	TERMS_MAX = 16,
	/* Words that are listed of each part of the item. */
	LISTED_MAX = 6,
	MARKED_MAX = 256 * 1024,
	/* Bytes of the text that are searched. */
	SEARCHED_MAX = 64 * 1024,
};

struct search {
	struct rule_set *set; /* NULL: no term can be looked for */
	struct item item;     /* its texts are cut */
	struct stored_words words;
	struct rule_subject subject;
	bool found;
};

/* A term as a rule: a bare phrase gets its quotation marks back. */
static void put_term(struct buf *out, struct str term)
{
	bool bare = str_find_char(term, ' ', 0) != STR_NPOS && str_find_char(term, '"', 0) == STR_NPOS &&
		    term.data[0] != '/' && term.data[0] != '(';

	buf_puts(out, out->len > 0 ? " OR " : "");
	buf_puts(out, bare ? "\"" : "");
	buf_add(out, term);
	buf_puts(out, bare ? "\"" : "");
}

static void on_match(void *arg, const struct rule_hit *hit)
{
	bool *found = arg;

	*found = hit->truth != 0;
}

/* has_body: the text is searched too, not the headline alone. */
static void search_begin(struct search *s, const struct item *it, struct str terms, bool has_body)
{
	struct buf rule = BUF_INIT(RULE_TEXT_MAX);
	struct str term;
	int result;

	*s = (struct search){.set = rule_set_new(), .item = *it};
	s->subject.item = &s->item;
	s->item.content.value = utf8_cut(it->content.value, has_body ? SEARCHED_MAX : 0);
	s->item.summary.value = utf8_cut(it->summary.value, has_body ? SEARCHED_MAX : 0);
	stored_words_init(&s->words);
	for (size_t i = 0; i < TERMS_MAX && str_split(&terms, '\n', &term); i++)
		if (!str_empty(term))
			put_term(&rule, term);
	result = s->set == NULL || rule.len == 0 || buf_failed(&rule)
			 ? -1
			 : rule_set_add(s->set, STR("terms"), buf_str(&rule), NULL);
	if (result == 0) {
		rule_set_keep_places(s->set);
		result = rule_set_finish(s->set, NULL);
	}
	if (result == 0)
		result = stored_words_read(&s->words, &s->item, &s->subject);
	if (result == 0)
		result = rule_set_match(s->set, &s->subject, on_match, &s->found);
	s->found = s->found && result == 0;
	buf_release(&rule);
}

static void search_end(struct search *s)
{
	rule_set_free(s->set);
	stored_words_release(&s->words);
}

/* The next marked piece of the text; false when there is none.  *rest begins behind it. */
static bool next_marked(struct str *rest, struct str *before, struct str *word)
{
	size_t begin = str_find_char(*rest, RULE_MARK_BEGIN, 0);
	size_t end = begin == STR_NPOS ? begin : str_find_char(*rest, RULE_MARK_END, begin);

	if (end == STR_NPOS)
		return false;
	*before = str_slice(*rest, 0, begin);
	*word = str_slice(*rest, begin + 1, end);
	*rest = str_slice(*rest, end + 1, rest->len);
	return true;
}

static void put_mark(struct buf *out, struct str word)
{
	buf_puts(out, "<mark>");
	buf_add_xml(out, word);
	buf_puts(out, "</mark>");
}

/* The title or body of the item with marks in it; false when there are none. */
static bool mark_part(struct search *s, enum rule_part part, struct buf *text)
{
	return s->found && rule_set_mark(s->set, 0, part, text) == 0 &&
	       str_find_char(buf_str(text), RULE_MARK_BEGIN, 0) != STR_NPOS;
}

/* Whether the marked text is that headline: what looks like markup in one is not among its words. */
static bool is_marked_from(struct str marked, struct str headline)
{
	size_t n = 0;

	for (size_t i = 0; i < marked.len; i++) {
		if (marked.data[i] == RULE_MARK_BEGIN || marked.data[i] == RULE_MARK_END)
			continue;
		if (n == headline.len || headline.data[n++] != marked.data[i])
			return false;
	}
	return n == headline.len;
}

void matched_headline(struct buf *out, const struct item *it, struct str terms)
{
	struct buf marked = BUF_INIT(MARKED_MAX);
	struct str rest, before, word;
	struct search s;

	search_begin(&s, it, terms, false);
	if (mark_part(&s, RULE_IN_TITLE, &marked) && is_marked_from(buf_str(&marked), it->plain_title)) {
		rest = buf_str(&marked);
		while (next_marked(&rest, &before, &word)) {
			buf_add_xml(out, before);
			put_mark(out, word);
		}
		buf_add_xml(out, rest);
	} else {
		buf_add_xml(out, it->plain_title);
	}
	buf_release(&marked);
	search_end(&s);
}

/* Lists the marked words of a part, each once, and returns their number. */
static size_t list_part(struct buf *out, struct search *s, enum rule_part part, bool is_first)
{
	struct buf marked = BUF_INIT(LIMIT_ITEM_CONTENT);
	struct str listed[LISTED_MAX], rest, before, word;
	size_t count = 0;

	if (mark_part(s, part, &marked)) {
		rest = buf_str(&marked);
		while (count < LISTED_MAX && next_marked(&rest, &before, &word)) {
			bool known = false;

			for (size_t i = 0; i < count && !known; i++)
				known = str_eq_nocase(listed[i], word);
			if (!known)
				listed[count++] = word;
		}
	}
	for (size_t i = 0; i < count; i++) {
		buf_puts(out, i > 0 && i + 1 == count ? " and " : i > 0 || !is_first ? ", " : "");
		put_mark(out, listed[i]);
	}
	if (count > 0)
		buf_puts(out, part == RULE_IN_TITLE ? " in the headline" : " in the text");
	buf_release(&marked);
	return count;
}

static void list_terms(struct buf *out, struct str terms)
{
	struct str term;
	size_t count = 0;

	while (count < TERMS_MAX && str_split(&terms, '\n', &term)) {
		if (str_empty(term))
			continue;
		buf_puts(out, count++ > 0 ? ", <code>" : "<code>");
		buf_add_xml(out, term);
		buf_puts(out, "</code>");
	}
	buf_puts(out, count == 0 ? "no word of its own" : "");
}

void matched_list(struct buf *out, const struct item *it, struct str terms)
{
	struct search s;
	size_t count;

	search_begin(&s, it, terms, true);
	count = list_part(out, &s, RULE_IN_TITLE, true);
	count += list_part(out, &s, RULE_IN_BODY, count == 0);
	if (count == 0)
		list_terms(out, terms);
	search_end(&s);
}
