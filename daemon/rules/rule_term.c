/* SPDX-License-Identifier: ISC */
/* The terms of a rule: words, phrases, names, regular expressions, conditions and lists.
 *
 * Words become canonical tokens.  One written word may give several tokens ("F-35", or a name in Han characters) and is
 * then a phrase. */
#include <errno.h>
#include <string.h>

#include <utf8proc.h>

#include "rule_parser.h"
#include "rule_regex.h"
#include "rule_words.h"
#include "sitrep/base/pages.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"
#include "sitrep/rules/rule.h"
#include "word_forms.h"

int rule_parse_no_memory(struct parser *p)
{
	return error_set(
		p->tokens.err, -ENOMEM, "the rules need more memory than is allowed; use fewer or shorter rules");
}

/* True for a text, whose words are searched; false for a name, which is compared whole. */
static bool field_is_text(enum rule_field field)
{
	return field != RULE_FEED && field != RULE_CATEGORY && field != RULE_LANGUAGE && field != RULE_PUBLISHER;
}

char rule_field_mark(enum rule_field field)
{
	return field == RULE_TEXT || field == RULE_TITLE ? 0 : (char)(1 + (int)field);
}

int rule_put_name(struct buf *out, enum rule_field field, struct str name)
{
	buf_putc(out, rule_field_mark(field));
	for (size_t pos = 0; pos < name.len;)
		buf_put_utf8(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)utf8_next(name, &pos)));
	return out->failed;
}

/* The words with the field's mark before each. */
static struct str mark_words(struct arena *a, char mark, struct str words, size_t count)
{
	char *copy = arena_alloc(a, words.len + count), *to = copy;

	if (copy == NULL)
		return STR_NONE;
	for (size_t i = 0; i < words.len; i++) {
		if (i == 0 || words.data[i - 1] == ' ')
			*to++ = mark;
		*to++ = words.data[i];
	}
	return str_make(copy, words.len + count);
}

/* Sets the term's words, which lie in the rule when they are written there as they are.  tokens: each with a space
 * behind it. */
static int set_words(struct parser *p, struct rule_term *term, struct str value, struct str tokens, size_t count)
{
	char mark = rule_field_mark(term->field);

	tokens.len--;
	term->word_count = (uint32_t)count;
	if (mark != 0)
		term->words = mark_words(p->arena, mark, tokens, count);
	else
		term->words = str_eq(tokens, value) ? value : arena_str(p->arena, tokens);
	return term->words.data == NULL ? rule_parse_no_memory(p) : 0;
}

size_t rule_term_words(const struct rule_term *term, struct str *words)
{
	struct str all = term->words;
	size_t count = 0, from = 0;

	if (!field_is_text(term->field)) {
		words[0] = term->words;
		return 1;
	}
	for (size_t at = 0; at <= all.len && count < RULE_PHRASE_WORDS_MAX; at++)
		if (at == all.len || all.data[at] == ' ') {
			words[count++] = str_make(all.data + from, at - from);
			from = at + 1;
		}
	return count;
}

/* Takes the "*" off the end of *value; anywhere else it is a mistake. */
static int cut_star(struct parser *p, struct str *value, bool *prefix)
{
	size_t star;

	*prefix = str_ends(*value, STR("*"));
	if (*prefix)
		*value = str_slice(*value, 0, value->len - 1);
	star = str_find_char(*value, '*', 0);
	if (star != STR_NPOS)
		return rule_token_mistake(
			&p->tokens, str_slice(*value, star, star + 1), "the * only at the end of a word or phrase");
	return 0;
}

/* No apostrophe and no character with forms, so that its tokens are those of the search. */
static bool is_plain(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.data[i] >= 0x80 || value.data[i] == '\'' || value.data[i] == '`')
			return false;
	return true;
}

/* Appends the tokens of a value as they are searched for. */
static int put_tokens(struct buf *canonical, struct str value, size_t *count)
{
	struct buf text = BUF_INIT(canonical->max), tokens = BUF_INIT(canonical->max);
	int ret;

	if (is_plain(value))
		return canon_tokens(canonical, value, count);
	ret = rule_plain_apostrophes(&text, value);
	if (ret == 0)
		ret = canon_tokens(&tokens, buf_str(&text), count);
	if (ret == 0)
		ret = word_forms_unify(canonical, buf_str(&tokens));
	buf_release(&text);
	buf_release(&tokens);
	return ret;
}

/* The number of words of a value that is its own tokens: lower-case ASCII letters and digits with single spaces between
 * words, as most entries of long lists are.  0: it may have other tokens. */
static size_t count_own_tokens(struct str value)
{
	size_t count = value.len > 0;
	bool in_word = false;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.data[i];
		bool is_word = (c >= 'a' && c <= 'z') || char_is_digit(c);

		if (!is_word && (c != ' ' || !in_word))
			return 0;
		count += !is_word;
		in_word = is_word;
	}
	return in_word ? count : 0;
}

static int read_text_term(struct parser *p, struct rule_term *term, struct str value, struct buf *canonical)
{
	size_t count = rule_field_mark(term->field) == 0 ? count_own_tokens(value) : 0;
	bool is_own = count > 0;

	if (!is_own && put_tokens(canonical, value, &count) < 0)
		return rule_parse_no_memory(p);
	if (count == 0)
		return rule_token_mistake(&p->tokens, p->tokens.token.whole, "a word with a letter or a digit");
	if (count > RULE_PHRASE_WORDS_MAX)
		return error_set(p->tokens.err, -EINVAL,
			"at column %zu: found a phrase of %zu words, expected at most %d",
			rule_token_column(&p->tokens, p->tokens.token.whole.data), count, RULE_PHRASE_WORDS_MAX);
	if (!is_own)
		return set_words(p, term, value, buf_str(canonical), count);
	term->words = value;
	term->word_count = (uint32_t)count;
	return 0;
}

static int read_name_term(struct parser *p, struct rule_term *term, struct str value, struct buf *canonical)
{
	value = str_trim(value);
	if (value.len == 0 && !term->prefix)
		return rule_token_mistake(&p->tokens, p->tokens.token.whole, "a name behind the colon");
	if (rule_put_name(canonical, term->field, value) < 0)
		return rule_parse_no_memory(p);
	term->words = arena_str(p->arena, buf_str(canonical));
	term->word_count = 1;
	return term->words.data == NULL ? rule_parse_no_memory(p) : 0;
}

int rule_parse_emit(struct parser *p, enum rule_op op, uint32_t arg)
{
	struct rule_step *step = list_add(p->arena, &p->e->program);

	if (step == NULL)
		return rule_parse_no_memory(p);
	*step = (struct rule_step){op, arg};
	return 0;
}

/* Is it one line as it stands: printable ASCII, with single spaces within? */
static bool is_line(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] > '~' ||
			(s.data[i] == ' ' && (i == 0 || i + 1 == s.len || s.data[i + 1] == ' ')))
			return false;
	return s.len > 0;
}

int rule_parse_line(struct parser *p, struct str written, struct str *text)
{
	struct buf line = BUF_INIT(2 * RULE_TEXT_MAX);

	if (is_line(written)) {
		*text = written;
		return 0;
	}
	if (utf8_one_line(&line, written) == 0)
		*text = arena_str(p->arena, buf_str(&line));
	buf_release(&line);
	return text->data == NULL ? rule_parse_no_memory(p) : 0;
}

/* The description of a term for a match, on one line: ballistic missile, title:missile*. */
static int set_text(struct parser *p, struct rule_term *term)
{
	const struct rule_token *t = &p->tokens.token;

	return rule_parse_line(p, t->kind == TOKEN_TERM && t->field == RULE_TEXT ? t->value : t->whole, &term->text);
}

/* Estimates how rarely a term is found: longer terms are rarer, terms in titles too. Names are common, since every item
 * has them; conditions and regular expressions cannot be looked up at all. */
static size_t rarity_of(const struct rule_term *term)
{
	size_t length;

	if (term->negated)
		return 0;
	if (term->kind != TERM_WORDS)
		return term->kind == TERM_LIST ? 0 : 1;
	if (!field_is_text(term->field))
		return 2;
	/* without the spaces between words */
	length = term->words.len + 1 - term->word_count;
	return (term->field == RULE_TITLE ? 2 : 1) * (length + 2);
}

static int read_words(struct parser *p, struct rule_term *term)
{
	struct str value = p->tokens.token.value;
	int ret = cut_star(p, &value, &term->prefix);

	buf_clear(&p->canonical);
	if (ret == 0 && field_is_text(term->field))
		ret = read_text_term(p, term, value, &p->canonical);
	else if (ret == 0)
		ret = read_name_term(p, term, value, &p->canonical);
	return ret;
}

static int read_regex(struct parser *p, struct rule_term *term)
{
	const struct rule_token *t = &p->tokens.token;
	struct rule_regex *regex;
	struct error reason = {0};
	size_t at = 0;
	int ret;

	if (!field_is_text(term->field))
		return rule_token_mistake(&p->tokens, t->whole, "a name behind the colon");
	/* only to find mistakes: each process that matches compiles it for itself */
	ret = rule_regex_new(p->arena, t->value, t->any_case, &regex, &at, &reason);
	term->words = arena_str(p->arena, t->value);
	term->any_case = t->any_case;
	if (ret == -ENOMEM || term->words.data == NULL)
		return rule_parse_no_memory(p);
	return ret == 0 ? 0
			: error_set(p->tokens.err, -EINVAL, "at column %zu: the regular expression is wrong here: %s",
				  rule_token_column(&p->tokens, t->value.data + at), reason.text);
}

/* Gives the term the number of its condition.  Equal conditions are one. */
static int read_condition(struct parser *p, struct rule_term *term)
{
	struct rule_expression *e = p->e;
	const struct rule_token *t = &p->tokens.token;
	const struct rule_condition *wanted = &t->condition;

	for (term->condition = 0; term->condition < e->condition_count; term->condition++) {
		const struct rule_condition *c = &e->conditions[term->condition];

		if (c->measure == wanted->measure && c->least == wanted->least && c->most == wanted->most)
			return 0;
	}
	if (e->condition_count == RULE_CONDITIONS_MAX)
		return error_set(p->tokens.err, -EINVAL,
			"at column %zu: found \"%.*s\", expected at most %d conditions on the story in a rule",
			rule_token_column(&p->tokens, t->whole.data), STR_ARG(t->whole), RULE_CONDITIONS_MAX);
	e->conditions[e->condition_count++] = *wanted;
	return 0;
}

static enum rule_term_kind kind_of(const struct rule_token *t)
{
	return t->kind == TOKEN_REGEX    ? TERM_REGEX
	       : t->kind == TOKEN_LENGTH ? TERM_LENGTH
	       : t->kind == TOKEN_STORY  ? TERM_STORY
					 : TERM_WORDS;
}

int rule_parse_term(struct parser *p)
{
	const struct rule_token *t = &p->tokens.token;
	struct rule_term *term = list_add(p->arena, &p->e->terms);
	int ret;

	if (term == NULL)
		return rule_parse_no_memory(p);
	term->kind = kind_of(t);
	term->field = t->field;
	term->negated = p->negated;
	term->least = t->condition.least;
	term->most = t->condition.most;
	ret = set_text(p, term);
	if (ret == 0 && term->kind == TERM_WORDS)
		ret = read_words(p, term);
	else if (ret == 0 && term->kind == TERM_REGEX)
		ret = read_regex(p, term);
	else if (ret == 0 && term->kind == TERM_STORY)
		ret = read_condition(p, term);
	if (ret == 0)
		ret = rule_parse_emit(p, RULE_OP_TERM, (uint32_t)(p->e->terms.count - 1));
	if (ret < 0)
		return ret;
	p->rarity = rarity_of(term);
	p->required = p->negated || term->kind != TERM_WORDS ? RULE_NO_TERM : (uint32_t)(p->e->terms.count - 1);
	p->needed = RULE_NO_TERM;
	term->anchor = p->rarity > 0;
	return rule_token_next(&p->tokens);
}

/* Each entry of a list is a term of its own, behind the list's. */
static int add_entry(struct parser *p, const struct rule_term *list, int weight)
{
	struct rule_term checked = {0};
	struct rule_term *term = p->mode == PARSE_CHECK ? &checked : list_add(p->arena, &p->e->terms);
	size_t rarity;
	int ret;

	if (term == NULL)
		return rule_parse_no_memory(p);
	term->negated = p->negated;
	term->list = list->list;
	term->weight = weight;
	ret = set_text(p, term);
	if (ret == 0)
		ret = read_words(p, term);
	if (ret < 0)
		return ret;
	rarity = weight > 0 ? rarity_of(term) : 0;
	term->anchor = rarity > 0;
	if (rarity > 0 && (p->rarity == 0 || rarity < p->rarity))
		p->rarity = rarity;
	return 0;
}

/* About the number of a list's terms. */
static size_t count_commas(struct str list)
{
	size_t count = 0;

	for (size_t at = str_find_char(list, ',', 0); at != STR_NPOS; at = str_find_char(list, ',', at + 1))
		count++;
	return count;
}

/* Room for the entries of a list, so that the terms are not copied while it grows. */
static void reserve_entries(struct parser *p, struct str list)
{
	struct rule_terms *terms = &p->e->terms;
	size_t entries = count_commas(list) + 1;

	list_reserve(p->arena, terms, terms->count + entries);
	if (terms->cap - terms->count >= entries)
		pages_take(&terms->items[terms->count], entries * sizeof(*terms->items));
}

int rule_parse_list(struct parser *p)
{
	struct rule_token t = p->tokens.token;
	struct str rest = t.value;
	struct rule_term *term = list_add(p->arena, &p->e->terms);
	struct rule_term list = {.kind = TERM_LIST, .negated = p->negated, .least = t.number, .text = STR("list")};
	size_t place = p->e->terms.count - 1, entries = 0;
	bool can_match = false;
	int ret, weight;

	if (term == NULL)
		return rule_parse_no_memory(p);
	list.list = ++p->e->list_count;
	*term = list;
	if (p->mode == PARSE_RULE)
		reserve_entries(p, t.value);
	ret = rule_parse_emit(p, RULE_OP_TERM, (uint32_t)place);
	p->rarity = 0;
	p->required = p->needed = RULE_NO_TERM;
	while (ret == 0 && (ret = rule_token_entry(&p->tokens, &rest, &p->tokens.token, &weight)) == 1) {
		ret = add_entry(p, &list, weight);
		can_match = can_match || weight > 0;
		entries++;
	}
	if (ret < 0)
		return ret;
	p->e->terms.items[place].most = (uint32_t)entries;
	p->e->entry_count += p->mode == PARSE_CHECK ? entries : 0;
	if (!can_match)
		return rule_token_mistake(&p->tokens, t.whole, "a list with a term whose weight is above 0");
	return rule_token_next(&p->tokens);
}

int rule_parse_reference(struct parser *p)
{
	struct rule_term *term = p->mode == PARSE_OUTLINE ? list_add(p->arena, &p->e->terms) : NULL;
	struct rule_token t = p->tokens.token;

	if (p->mode != PARSE_OUTLINE)
		return rule_token_mistake(&p->tokens, t.whole,
			t.kind == TOKEN_REFERENCE
				? "a word ($name and list \"file\" are for the rules of the configuration)"
				: "list(...) (a list in a file is for the rules of the configuration)");
	if (term == NULL)
		return rule_parse_no_memory(p);
	term->kind = t.kind == TOKEN_REFERENCE ? TERM_WORDS : TERM_LIST;
	p->rarity = p->negated ? 0 : 1;
	p->required = p->needed = RULE_NO_TERM;
	return rule_parse_emit(p, RULE_OP_TERM, (uint32_t)(p->e->terms.count - 1)) < 0 ? -ENOMEM
										       : rule_token_next(&p->tokens);
}
