/* SPDX-License-Identifier: ISC */
/* Puts the text of definitions and lists into a rule.  What is sent to the workers and kept in the database is then the
 * whole rule: when a definition or a file changes, so does the rule, and stored items are matched anew. */
#include <errno.h>

#include "rule_parse.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/pages.h"
#include "sitrep/rules/rule.h"

/* "carrier strike group = 20" becomes "\"carrier strike group\" = 20, "; empty lines and those that begin with # give
 * nothing. */
static int put_line(struct buf *out, struct str line, size_t number, struct error *err)
{
	size_t equals;
	struct str term;

	line = str_trim(line);
	if (line.len == 0 || line.data[0] == '#')
		return 0;
	for (equals = line.len; equals > 0 && line.data[equals - 1] != '=';)
		equals--;
	term = equals > 0 ? str_trim(str_slice(line, 0, equals - 1)) : line;
	if (term.len > 1 && term.data[0] == '"' && term.data[term.len - 1] == '"')
		term = str_slice(term, 1, term.len - 1);
	if (rule_token_next_quote(term, 0) < term.len)
		return error_set(err, -EINVAL, "line %zu: found a quotation mark in a term, expected words", number);
	buf_puts(out, "\"");
	buf_add(out, term);
	buf_puts(out, equals > 0 ? "\" =" : "\"");
	buf_add(out, str_slice(line, equals > 0 ? equals : line.len, line.len));
	return buf_puts(out, ", ");
}

/* Makes room for a list about as long as its file, so that a long one is not copied while it grows. */
static int reserve_list(struct buf *out, struct str file)
{
	size_t len = file.len + file.len / 2;

	if (len > out->max - out->len)
		return 0;
	if (buf_reserve(out, len) == 0)
		pages_take(out->data + out->len, len);
	return out->failed;
}

/* Each line must be a list by itself, so that the mistake of a line is told with its number. */
static int put_list(struct buf *out, struct str file, struct error *err)
{
	struct str line;
	size_t number = 0;
	int result = reserve_list(out, file);

	if (result == 0)
		result = buf_puts(out, "list(");

	while (result == 0 && str_split(&file, '\n', &line)) {
		size_t from = out->len;
		struct rule_tokens tokens = {.err = err};
		struct rule_token token;
		int weight;

		number++;
		result = put_line(out, line, number, err);
		if (result != 0)
			break;
		tokens.text = str_slice(buf_str(out), from, out->len);
		line = tokens.text;
		result = rule_token_entry(&tokens, &line, &token, &weight);
		if (result < 0)
			result = error_set(err, result,
				"line %zu: expected a term, or a term = a weight from -1000 to 1000", number);
		else
			result = 0;
	}
	return result != 0 ? result : buf_puts(out, ")");
}

static int put_reference(
	struct buf *out, const struct rule_tokens *tokens, rule_fetch_fn *fetch, void *arg, struct error *err)
{
	const struct rule_token *t = &tokens->token;
	struct buf text = BUF_INIT(RULE_EXPANDED_MAX);
	struct error reason = {0};
	bool is_list = t->kind == TOKEN_LIST_FILE;
	int result = fetch(arg, is_list ? RULE_LIST_FILE : RULE_DEFINITION, t->value, &text, &reason);

	if (result == 0 && is_list)
		result = put_list(out, buf_str(&text), &reason);
	if (result == 0 && is_list)
		result = buf_printf(out, " >= %u", t->number);
	if (result == 0 && !is_list) {
		buf_puts(out, "(");
		buf_add(out, buf_str(&text));
		result = buf_puts(out, ")");
	}
	buf_release(&text);
	if (result == -E2BIG)
		return error_set(err, result, "with its definitions and lists, the rule is longer than %d bytes",
			RULE_EXPANDED_MAX);
	if (result != 0 && reason.code != 0)
		return error_set(err, result, "at column %zu: %s%.*s%s: %s", rule_token_column(tokens, t->whole.data),
			is_list ? "list \"" : "$", STR_ARG(t->value), is_list ? "\"" : "", reason.text);
	return result;
}

int rule_expand(struct buf *out, struct str expression, rule_fetch_fn *fetch, void *arg, struct error *err)
{
	struct rule_tokens tokens = {.text = expression, .err = err};
	struct arena scratch = ARENA_INIT(RULE_EXPANDED_MAX);
	size_t copied = 0;
	int result;

	result = rule_parse_outline(&scratch, expression, err);
	arena_release(&scratch);
	while (result == 0 && (result = rule_token_next(&tokens)) == 0 && tokens.token.kind != TOKEN_END) {
		size_t from = (size_t)(tokens.token.whole.data - expression.data);

		if (tokens.token.kind != TOKEN_REFERENCE && tokens.token.kind != TOKEN_LIST_FILE)
			continue;
		buf_add(out, str_slice(expression, copied, from));
		copied = from + tokens.token.whole.len;
		result = put_reference(out, &tokens, fetch, arg, err);
	}
	if (result == 0)
		result = buf_add(out, str_slice(expression, copied, expression.len));
	return result;
}
