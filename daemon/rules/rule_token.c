/* SPDX-License-Identifier: ISC */
#include "rule_token.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/utf8.h"

enum { QUOTED_MAX = 40, WEIGHT_MAX = 1000 }; /* QUOTED: bytes of the rule that a message repeats */

size_t rule_token_column(const struct rule_tokens *t, const char *at)
{
	struct str before = str_make(t->text.data, (size_t)(at - t->text.data));
	size_t column = 1;

	for (size_t pos = 0; pos < before.len; column++)
		utf8_next(before, &pos);
	return column;
}

int rule_token_mistake(struct rule_tokens *t, struct str found, const char *expected)
{
	struct str quoted = utf8_cut(found, QUOTED_MAX);

	return error_set(t->err, -EINVAL, "at column %zu: found \"%.*s%s\", expected %s",
		rule_token_column(t, found.data), STR_ARG(quoted), quoted.len < found.len ? "..." : "", expected);
}

size_t rule_token_quote(struct str text, size_t pos)
{
	/* the straight one; and of the curly ones, U+201C to U+201E, the last bytes */
	static const char curly[] = {'\x9C', '\x9D', '\x9E'};

	if (pos >= text.len || (text.data[pos] != '"' && text.data[pos] != '\xE2'))
		return 0;
	if (text.data[pos] == '"')
		return 1;
	return text.len - pos >= 3 && text.data[pos + 1] == '\x80' &&
			       memchr(curly, text.data[pos + 2], sizeof(curly)) != NULL
		       ? 3
		       : 0;
}

size_t rule_token_next_quote(struct str text, size_t pos)
{
	while (pos < text.len &&
		((text.data[pos] != '"' && text.data[pos] != '\xE2') || rule_token_quote(text, pos) == 0))
		pos++;
	return pos;
}

/* "title:rest": sets the field and moves *word behind the colon. */
static int cut_field(struct rule_tokens *t, struct str *word, enum rule_field *field)
{
	static const char *const names[RULE_FIELDS] = {[RULE_TITLE] = "title",
		[RULE_FEED] = "feed",
		[RULE_CATEGORY] = "category",
		[RULE_LANGUAGE] = "lang",
		[RULE_SUMMARY] = "summary",
		[RULE_AUTHOR] = "author",
		[RULE_LINK] = "link",
		[RULE_SOURCE] = "source",
		[RULE_PUBLISHER] = "publisher"};
	size_t colon = str_find_char(*word, ':', 0);
	struct str name = str_slice(*word, 0, colon);

	*field = RULE_TEXT;
	if (colon == STR_NPOS || name.len == 0)
		return 0;
	for (size_t i = 0; i < name.len; i++) {
		if (!char_is_alpha(name.data[i]))
			return 0;
	}
	for (size_t i = 0; i < RULE_FIELDS; i++) {
		if (names[i] != NULL && str_eq(name, str_from(names[i]))) {
			*field = (enum rule_field)i;
			*word = str_slice(*word, colon + 1, word->len);
			return 0;
		}
	}
	return rule_token_mistake(t, str_slice(*word, 0, colon + 1),
		"title:, summary:, author:, link:, source:, publisher:, category:, feed: or lang: (put it in quotation "
		"marks to look for the text)");
}

/* A phrase or regular expression ends where its closing mark does; a word may not follow at once. */
static int end_here(struct rule_tokens *t, size_t start, const char *expected)
{
	t->token.whole = str_slice(t->text, start, t->pos);
	if (t->pos < t->text.len && !char_is_space(t->text.data[t->pos]) && t->text.data[t->pos] != ')' &&
		t->text.data[t->pos] != '(')
		return rule_token_mistake(t, str_slice(t->text, t->pos, t->text.len),
			t->text.data[t->pos] == '*' ? "the * inside the quotation marks" : expected);
	return 0;
}

/* Reads the phrase whose opening mark, of quote bytes, is at t->pos. */
static int read_phrase(struct rule_tokens *t, size_t start, size_t quote)
{
	size_t from = t->pos + quote, end = rule_token_next_quote(t->text, from);

	if (end == t->text.len)
		return rule_token_mistake(t, str_slice(t->text, t->pos, t->text.len), "a closing quotation mark");
	t->token.value = str_slice(t->text, from, end);
	t->pos = end + rule_token_quote(t->text, end);
	return end_here(t, start, "a space or \")\" after the phrase");
}

/* Reads /.../ or /.../i, whose opening slash is at t->pos. */
static int read_regex(struct rule_tokens *t, size_t start)
{
	size_t end = t->pos + 1;

	while (end < t->text.len && t->text.data[end] != '/')
		end += t->text.data[end] == '\\' ? 2 : 1;
	if (end >= t->text.len)
		return rule_token_mistake(t, str_slice(t->text, t->pos, t->text.len),
			"a / that closes the regular expression (\\/ stands for a slash in it)");
	t->token.kind = TOKEN_REGEX;
	t->token.value = str_slice(t->text, t->pos + 1, end);
	t->token.any_case = end + 1 < t->text.len && t->text.data[end + 1] == 'i';
	t->pos = end + 1 + t->token.any_case;
	return end_here(t, start, "i, a space or \")\" after the regular expression");
}

/* Is the word AND, OR, NOT, NEAR/n or ONEAR/n?  NEAR alone is a word. */
static int read_operator(struct rule_tokens *t, struct str word)
{
	struct rule_token *token = &t->token;
	size_t slash = str_find_char(word, '/', 0);
	struct str name = str_slice(word, 0, slash);

	token->kind = str_eq(word, STR("AND"))   ? TOKEN_AND
		      : str_eq(word, STR("OR"))  ? TOKEN_OR
		      : str_eq(word, STR("NOT")) ? TOKEN_NOT
						 : TOKEN_TERM;
	token->ordered = str_eq(name, STR("ONEAR"));
	if (slash == STR_NPOS || (!token->ordered && !str_eq(name, STR("NEAR"))))
		return 0;
	token->kind = TOKEN_NEAR;
	if (!rule_number_read(str_slice(word, slash + 1, word.len), RULE_NEAR_MAX, &token->number) ||
		token->number == 0)
		return rule_token_mistake(t, word, "NEAR/n or ONEAR/n with a number of words from 1 to 100");
	return 0;
}

static size_t skip_spaces(struct str text, size_t pos)
{
	while (pos < text.len && char_is_space(text.data[pos]))
		pos++;
	return pos;
}

/* The end of the quoted text that begins at pos, behind its closing mark; 0: it is not closed. */
static size_t end_of_quote(struct str text, size_t pos)
{
	size_t end = rule_token_next_quote(text, pos + rule_token_quote(text, pos));

	return end < text.len ? end + rule_token_quote(text, end) : 0;
}

/* Reads ">= 30" from pos on. */
static int read_score(struct rule_tokens *t, size_t start, size_t pos)
{
	size_t end;

	pos = skip_spaces(t->text, pos);
	if (str_starts(str_slice(t->text, pos, t->text.len), STR(">=")))
		pos = skip_spaces(t->text, pos + 2);
	for (end = pos; end < t->text.len && char_is_digit(t->text.data[end]);)
		end++;
	if (!rule_number_read(str_slice(t->text, pos, end), RULE_SCORE_MAX, &t->token.number) || t->token.number == 0)
		return rule_token_mistake(t, str_slice(t->text, start, t->text.len),
			"a list and the sum of weights that it must reach, as in list(frigate = 10, \"carrier group\" "
			"= "
			"20) >= 30");
	t->pos = end;
	return end_here(t, start, "a space or \")\" after the number");
}

/* list(...) >= n, whose parenthesis is at t->pos. */
static int read_list(struct rule_tokens *t, size_t start)
{
	size_t end = t->pos + 1;

	while (end > 0 && end < t->text.len && t->text.data[end] != ')')
		end = rule_token_quote(t->text, end) > 0 ? end_of_quote(t->text, end) : end + 1;
	if (end == 0 || end >= t->text.len)
		return rule_token_mistake(t, str_slice(t->text, start, t->text.len), "a \")\" that closes the list");
	t->token.kind = TOKEN_LIST;
	t->token.value = str_slice(t->text, t->pos + 1, end);
	return read_score(t, start, end + 1);
}

/* list "file" >= n: the word list is at t->pos.  Without the >= it is a word before a phrase. */
static bool begins_list_file(const struct rule_tokens *t, size_t *quote, size_t *end)
{
	*quote = skip_spaces(t->text, t->pos);
	if (rule_token_quote(t->text, *quote) == 0)
		return false;
	*end = end_of_quote(t->text, *quote);
	return *end > 0 && str_starts(str_slice(t->text, skip_spaces(t->text, *end), t->text.len), STR(">="));
}

int rule_token_entry(struct rule_tokens *t, struct str *rest, struct rule_token *token, int *weight)
{
	struct str text = *rest;
	size_t from = skip_spaces(text, 0), end = from, after;
	size_t quote = rule_token_quote(text, from);
	uint32_t number = 1;
	bool less = false;

	if (from == text.len)
		return 0;
	if (quote > 0)
		end = end_of_quote(text, from);
	while (quote == 0 && end < text.len && text.data[end] != ',' && text.data[end] != '=' &&
		!char_is_space(text.data[end]))
		end++;
	*token = (struct rule_token){.kind = TOKEN_TERM, .whole = str_slice(text, from, end)};
	token->value = quote > 0 ? str_slice(token->whole, quote, token->whole.len - quote) : token->whole;
	after = skip_spaces(text, end);
	if (after < text.len && text.data[after] == '=') {
		after = skip_spaces(text, after + 1);
		less = after < text.len && text.data[after] == '-';
		after += less;
		for (end = after; end < text.len && char_is_digit(text.data[end]);)
			end++;
		if (!rule_number_read(str_slice(text, after, end), WEIGHT_MAX, &number) || number == 0)
			return rule_token_mistake(
				t, str_slice(text, from, text.len), "a weight from -1000 to 1000 after the =");
		after = skip_spaces(text, end);
	}
	if (after < text.len && text.data[after] != ',')
		return rule_token_mistake(t, str_slice(text, after, text.len),
			"a comma between the terms of a list (a term of several words needs quotation marks)");
	*weight = less ? -(int)number : (int)number;
	*rest = str_slice(text, after + 1, text.len);
	return 1;
}

static int read_word(struct rule_tokens *t)
{
	struct rule_token *token = &t->token;
	size_t start = t->pos;
	size_t quote = 0;
	const char *expected;
	struct str word;
	int ret;

	while (t->pos < t->text.len && !char_is_space(t->text.data[t->pos]) && t->text.data[t->pos] != '(' &&
		t->text.data[t->pos] != ')' && (quote = rule_token_quote(t->text, t->pos)) == 0)
		t->pos++;
	word = str_slice(t->text, start, t->pos);
	token->whole = word;
	if (str_eq(word, STR("list"))) {
		size_t from, end;

		if (t->pos < t->text.len && t->text.data[t->pos] == '(')
			return read_list(t, start);
		if (begins_list_file(t, &from, &end)) {
			size_t mark = rule_token_quote(t->text, from);

			token->kind = TOKEN_LIST_FILE;
			token->value = str_slice(t->text, from + mark, end - mark);
			return read_score(t, start, end);
		}
	}
	if (word.len > 1 && word.data[0] == '$' && char_is_alpha(word.data[1])) {
		token->kind = TOKEN_REFERENCE;
		token->value = str_slice(word, 1, word.len);
		return 0;
	}
	ret = read_operator(t, word);
	if (ret < 0 || token->kind != TOKEN_TERM)
		return ret;
	if (rule_condition_read(word, &token->condition, &expected)) {
		token->kind = token->condition.measure == RULE_WORDS_OF ? TOKEN_LENGTH : TOKEN_STORY;
		return expected != NULL ? rule_token_mistake(t, word, expected) : 0;
	}
	ret = cut_field(t, &word, &token->field);
	if (ret < 0)
		return ret;
	if (word.len > 0 && word.data[0] == '/') {
		t->pos = (size_t)(word.data - t->text.data);
		return read_regex(t, start);
	}
	if (quote > 0) {
		if (word.len > 0)
			return rule_token_mistake(
				t, str_slice(t->text, t->pos, t->text.len), "a space before the quotation mark");
		return read_phrase(t, start, quote);
	}
	if (word.len == 0)
		return error_set(t->err, -EINVAL,
			"at column %zu: found \"%.*s\" with nothing behind it, expected a word or a phrase",
			rule_token_column(t, token->whole.data), STR_ARG(token->whole));
	if (token->field == RULE_TEXT && word.len > 1 && (word.data[0] == '-' || word.data[0] == '!'))
		return rule_token_mistake(t, word, "a word (to exclude one, write NOT before it)");
	token->value = word;
	return 0;
}

int rule_token_next(struct rule_tokens *t)
{
	struct rule_token *token = &t->token;

	while (t->pos < t->text.len && char_is_space(t->text.data[t->pos]))
		t->pos++;
	*token = (struct rule_token){.kind = TOKEN_END, .whole = str_slice(t->text, t->pos, t->pos + 1)};
	if (t->pos == t->text.len)
		return 0;
	if (token->whole.data[0] == '(' || token->whole.data[0] == ')') {
		token->kind = token->whole.data[0] == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
		t->pos++;
		return 0;
	}
	token->kind = TOKEN_TERM;
	return read_word(t);
}
