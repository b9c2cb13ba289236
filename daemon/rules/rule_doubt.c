/* SPDX-License-Identifier: ISC */
/* What a rule's author may have meant otherwise. */
#include <string.h>

#include <utf8proc.h>

#include "rule_token.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"

enum { QUOTED_MAX = 40 };

/* The operator that the word is in upper case, or NULL. */
static const char *meant_operator(const struct rule_token *t)
{
	static const char *const operators[] = {"AND", "OR", "NOT"};

	if (t->kind != TOKEN_TERM || t->field != RULE_TEXT || t->whole.len != t->value.len)
		return NULL;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (str_eq_nocase(t->value, str_from(operators[i])))
			return operators[i];
	return NULL;
}

static bool has_curly_quote(struct str whole)
{
	for (size_t i = 0; i < whole.len; i++)
		if (rule_token_quote(whole, i) > 1)
			return true;
	/* Single curly quotation marks do not make a phrase. */
	return str_starts(whole, STR("\xE2\x80\x98")) || str_starts(whole, STR("\xE2\x80\x9A"));
}

int rule_doubts(struct str text, rule_doubt_fn *fn, void *arg, struct error *err)
{
	struct rule_tokens tokens = {.text = text, .err = err};
	bool begun = false;
	int ret = rule_token_next(&tokens);

	while (ret == 0 && tokens.token.kind != TOKEN_END) {
		struct rule_token t = tokens.token;
		struct rule_doubt doubt = {.column = rule_token_column(&tokens, t.whole.data), .text = t.whole};
		const char *operator= meant_operator(&t);

		ret = rule_token_next(&tokens);
		if (ret != 0)
			break;
		/* "and" and "or" between two terms, "not" before a term. */
		if (operator!= NULL && tokens.token.kind != TOKEN_END &&
			tokens.token.kind != TOKEN_CLOSE &&(begun || strcmp(operator, "NOT") == 0)) {
			doubt.kind = RULE_DOUBT_OPERATOR;
			doubt.meant = operator;
			fn(arg, &doubt);
		}
		if (has_curly_quote(t.whole)) {
			doubt.kind = RULE_DOUBT_QUOTES;
			fn(arg, &doubt);
		}
		if (t.kind == TOKEN_TERM && (t.field == RULE_FEED || t.field == RULE_CATEGORY)) {
			doubt.kind = t.field == RULE_FEED ? RULE_DOUBT_FEED : RULE_DOUBT_CATEGORY;
			doubt.text = t.value;
			doubt.prefix = str_ends(t.value, STR("*"));
			doubt.text.len -= doubt.prefix;
			fn(arg, &doubt);
		}
		begun = t.kind != TOKEN_OPEN;
	}
	return ret;
}

int rule_doubt_write(struct buf *out, const struct rule_doubt *doubt)
{
	struct str text = utf8_cut(doubt->text, QUOTED_MAX);

	switch (doubt->kind) {
	case RULE_DOUBT_OPERATOR:
		return buf_printf(out, "at column %zu: \"%.*s\" is a word here, the operator is %s", doubt->column,
			STR_ARG(text), doubt->meant);
	case RULE_DOUBT_QUOTES:
		return buf_printf(out,
			"at column %zu: found curly quotation marks in %.*s, a phrase is written in straight ones (\")",
			doubt->column, STR_ARG(text));
	case RULE_DOUBT_FEED:
	case RULE_DOUBT_CATEGORY:
		break;
	}
	return out->failed;
}

bool rule_name_matches(struct str name, struct str wanted, bool prefix)
{
	size_t i = 0, k = 0;

	while (i < name.len && k < wanted.len)
		if (utf8proc_tolower((utf8proc_int32_t)utf8_next(name, &i)) !=
			utf8proc_tolower((utf8proc_int32_t)utf8_next(wanted, &k)))
			return false;
	return k == wanted.len && (prefix || i == name.len);
}
