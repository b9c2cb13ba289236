/* SPDX-License-Identifier: ISC */
/* The rule language's reader: a recursive descent that writes the program as it goes.
 *
 *     rule    = or
 *     or      = and { "OR" and }
 *     and     = unary { ["AND"] unary }
 *     unary   = "NOT" unary | "(" or ")" | term
 *     term    = [field ":"] (word | '"' words '"')      field: title, category, feed, lang
 *
 * Words become canonical tokens. One written word may give several tokens ("F-35", or a name in Han characters) and is
 * then a phrase. Operators are in upper case; "and", "or" and "not" are ordinary words. */
#include <errno.h>
#include <string.h>

#include <utf8proc.h>

#include "rule_forms.h"
#include "rule_parse.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"
#include "sitrep/rules/rule.h"

enum { QUOTED_MAX = 40 }; /* bytes of the rule that a message repeats */

enum token_kind { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_AND, TOKEN_OR, TOKEN_NOT, TOKEN_TERM };

struct token {
	enum token_kind kind;
	struct str whole;      /* as written */
	enum rule_field field; /* of a term */
	struct str value;      /* of a term: without field and quotation marks */
};

struct parser {
	struct arena *arena;
	struct str text;
	size_t pos; /* behind the token */
	struct token token;
	struct rule_expression *e;
	bool negated;
	int depth;
	size_t rarity; /* of the commonest anchor of the expression just read; 0: it has no anchor */
	struct error *err;
};

static size_t column_of(const struct parser *p, const char *at)
{
	struct str before = str_make(p->text.data, (size_t)(at - p->text.data));
	size_t column = 1;

	for (size_t pos = 0; pos < before.len; column++)
		utf8_next(before, &pos);
	return column;
}

/* Sets the message for a mistake of grammar. */
static int mistake(struct parser *p, struct str found, const char *expected)
{
	struct str quoted = utf8_cut(found, QUOTED_MAX);

	return error_set(p->err, -EINVAL, "at column %zu: found \"%.*s%s\", expected %s", column_of(p, found.data),
		STR_ARG(quoted), quoted.len < found.len ? "..." : "", expected);
}

static int out_of_memory(struct parser *p)
{
	return error_set(p->err, -ENOMEM, "the rules are too large for the memory they may take");
}

/* ---- tokens */

/* The length of the quotation mark at pos, or 0. Curly marks count, since pasted rules have them. */
static size_t quote_at(struct str text, size_t pos)
{
	static const char *const marks[] = {"\"", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E"};
	struct str rest = str_slice(text, pos, text.len);

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (str_starts(rest, str_from(marks[i])))
			return strlen(marks[i]);
	}
	return 0;
}

/* "title:rest": sets the field and moves *word behind the colon. */
static int cut_field(struct parser *p, struct str *word, enum rule_field *field)
{
	static const struct {
		const char *name;
		enum rule_field field;
	} fields[] = {{"title", RULE_TITLE}, {"category", RULE_CATEGORY}, {"feed", RULE_FEED}, {"lang", RULE_LANGUAGE}};
	size_t colon = str_find_char(*word, ':', 0);
	struct str name = str_slice(*word, 0, colon);

	*field = RULE_TEXT;
	if (colon == STR_NPOS || name.len == 0)
		return 0;
	for (size_t i = 0; i < name.len; i++) {
		if (!char_is_alpha(name.data[i]))
			return 0;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (str_eq(name, str_from(fields[i].name))) {
			*field = fields[i].field;
			*word = str_slice(*word, colon + 1, word->len);
			return 0;
		}
	}
	return mistake(p, str_slice(*word, 0, colon + 1),
		"title:, category:, feed: or lang: (put it in quotation marks to look for the text)");
}

/* Reads the phrase whose opening mark, of quote bytes, is at p->pos. */
static int read_phrase(struct parser *p, size_t start, size_t quote)
{
	size_t from = p->pos + quote;
	size_t end = from;
	size_t closing = 0;

	while (end < p->text.len && (closing = quote_at(p->text, end)) == 0)
		end++;
	if (closing == 0)
		return mistake(p, str_slice(p->text, p->pos, p->text.len), "a closing quotation mark");
	p->token.value = str_slice(p->text, from, end);
	p->pos = end + closing;
	p->token.whole = str_slice(p->text, start, p->pos);
	if (p->pos < p->text.len && !char_is_space(p->text.data[p->pos]) && p->text.data[p->pos] != ')' &&
		p->text.data[p->pos] != '(')
		return mistake(p, str_slice(p->text, p->pos, p->text.len),
			p->text.data[p->pos] == '*' ? "the * inside the quotation marks"
						    : "a space or \")\" after the phrase");
	return 0;
}

static enum token_kind operator_of(struct str word)
{
	if (str_eq(word, STR("AND")))
		return TOKEN_AND;
	if (str_eq(word, STR("OR")))
		return TOKEN_OR;
	if (str_eq(word, STR("NOT")))
		return TOKEN_NOT;
	return TOKEN_TERM;
}

static int read_word(struct parser *p)
{
	struct token *t = &p->token;
	size_t start = p->pos;
	size_t quote = 0;
	struct str word;
	int ret;

	while (p->pos < p->text.len && !char_is_space(p->text.data[p->pos]) && p->text.data[p->pos] != '(' &&
		p->text.data[p->pos] != ')' && (quote = quote_at(p->text, p->pos)) == 0)
		p->pos++;
	word = str_slice(p->text, start, p->pos);
	t->whole = word;
	t->kind = operator_of(word);
	if (t->kind != TOKEN_TERM)
		return 0;
	ret = cut_field(p, &word, &t->field);
	if (ret < 0)
		return ret;
	if (quote > 0) {
		if (word.len > 0)
			return mistake(p, str_slice(p->text, p->pos, p->text.len), "a space before the quotation mark");
		return read_phrase(p, start, quote);
	}
	if (word.len == 0)
		return error_set(p->err, -EINVAL,
			"at column %zu: found \"%.*s\" with nothing behind it, expected a word or a phrase",
			column_of(p, t->whole.data), STR_ARG(t->whole));
	if (t->field == RULE_TEXT && word.len > 1 && (word.data[0] == '-' || word.data[0] == '!'))
		return mistake(p, word, "a word (to exclude one, write NOT before it)");
	t->value = word;
	return 0;
}

static int next_token(struct parser *p)
{
	struct token *t = &p->token;

	while (p->pos < p->text.len && char_is_space(p->text.data[p->pos]))
		p->pos++;
	*t = (struct token){.kind = TOKEN_END, .whole = str_slice(p->text, p->pos, p->pos + 1)};
	if (p->pos == p->text.len)
		return 0;
	if (t->whole.data[0] == '(' || t->whole.data[0] == ')') {
		t->kind = t->whole.data[0] == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
		p->pos++;
		return 0;
	}
	t->kind = TOKEN_TERM;
	return read_word(p);
}

/* ---- terms */

int rule_put_name(struct buf *out, enum rule_field field, struct str name)
{
	buf_putc(out, (char)(1 + (int)field));
	for (size_t pos = 0; pos < name.len;)
		buf_put_utf8(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)utf8_next(name, &pos)));
	return out->failed;
}

/* Splits canonical tokens into the term's words. */
static int set_words(struct parser *p, struct rule_term *term, struct str tokens, size_t count)
{
	struct str word;

	tokens = arena_str(p->arena, tokens);
	term->words = arena_alloc_array(p->arena, count, sizeof(*term->words));
	if (tokens.data == NULL || term->words == NULL)
		return out_of_memory(p);
	while (term->word_count < count && str_word(&tokens, &word))
		term->words[term->word_count++] = word;
	return 0;
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
		return mistake(p, str_slice(*value, star, star + 1), "the * only at the end of a word or phrase");
	return 0;
}

static int read_text_term(struct parser *p, struct rule_term *term, struct str value, struct buf *canonical)
{
	struct buf text = BUF_INIT(canonical->max), tokens = BUF_INIT(canonical->max);
	size_t count = 0;
	int ret = rule_plain_apostrophes(&text, value);

	if (ret == 0)
		ret = canon_tokens(&tokens, buf_str(&text), &count);
	if (ret == 0)
		ret = rule_forms_ask(canonical, buf_str(&tokens));
	buf_release(&text);
	buf_release(&tokens);
	if (ret < 0)
		return out_of_memory(p);
	if (count == 0)
		return mistake(p, p->token.whole, "a word (this holds no letter and no digit)");
	if (count > RULE_PHRASE_WORDS_MAX)
		return error_set(p->err, -EINVAL, "at column %zu: found a phrase of %zu words, expected at most %d",
			column_of(p, p->token.whole.data), count, RULE_PHRASE_WORDS_MAX);
	return set_words(p, term, buf_str(canonical), count);
}

static int read_name_term(struct parser *p, struct rule_term *term, struct str value, struct buf *canonical)
{
	value = str_trim(value);
	if (value.len == 0 && !term->prefix)
		return mistake(p, p->token.whole, "a name behind the colon");
	if (rule_put_name(canonical, term->field, value) < 0)
		return out_of_memory(p);
	term->words = arena_alloc(p->arena, sizeof(*term->words));
	if (term->words == NULL)
		return out_of_memory(p);
	term->words[0] = arena_str(p->arena, buf_str(canonical));
	term->word_count = 1;
	return term->words[0].data == NULL ? out_of_memory(p) : 0;
}

static int emit(struct parser *p, enum rule_op op, uint32_t arg)
{
	struct rule_step *step = list_add(p->arena, &p->e->program);

	if (step == NULL)
		return out_of_memory(p);
	*step = (struct rule_step){op, arg};
	return 0;
}

/* The description of a term for a match, on one line: ballistic missile, title:missile*. */
static int set_text(struct parser *p, struct rule_term *term, struct buf *line)
{
	if (utf8_one_line(line, term->field == RULE_TEXT ? p->token.value : p->token.whole) < 0)
		return out_of_memory(p);
	term->text = arena_str(p->arena, buf_str(line));
	buf_clear(line);
	return term->text.data == NULL ? out_of_memory(p) : 0;
}

/* Estimates how rarely a term is found: longer terms are rarer, terms in titles too. Feeds, categories and languages
 * are the commonest, since every item has them. */
static size_t rarity_of(const struct rule_term *term)
{
	size_t length = 0;

	if (term->negated)
		return 0;
	if (term->field != RULE_TEXT && term->field != RULE_TITLE)
		return 1;
	for (size_t i = 0; i < term->word_count; i++)
		length += term->words[i].len;
	return (term->field == RULE_TITLE ? 2 : 1) * (length + 1);
}

static int parse_term(struct parser *p)
{
	struct buf canonical = BUF_INIT(32 * RULE_TEXT_MAX);
	struct rule_term *term = list_add(p->arena, &p->e->terms);
	struct str value = p->token.value;
	int ret;

	if (term == NULL)
		return out_of_memory(p);
	term->field = p->token.field;
	term->negated = p->negated;
	ret = set_text(p, term, &canonical);
	if (ret == 0)
		ret = cut_star(p, &value, &term->prefix);
	if (ret == 0 && (term->field == RULE_TEXT || term->field == RULE_TITLE))
		ret = read_text_term(p, term, value, &canonical);
	else if (ret == 0)
		ret = read_name_term(p, term, value, &canonical);
	buf_release(&canonical);
	if (ret == 0)
		ret = emit(p, RULE_OP_TERM, (uint32_t)(p->e->terms.count - 1));
	if (ret < 0)
		return ret;
	p->rarity = rarity_of(term);
	term->anchor = p->rarity > 0;
	return next_token(p);
}

/* ---- grammar */

static int parse_or(struct parser *p);

/* Jumps whose target is not known yet form a list: arg is the number of the next one + 1, 0 at the end. */
static int emit_jump(struct parser *p, enum rule_op op, uint32_t *list)
{
	int ret = emit(p, op, *list);

	if (ret == 0)
		*list = (uint32_t)p->e->program.count;
	return ret;
}

static void land_jumps(struct parser *p, uint32_t list)
{
	while (list != 0) {
		struct rule_step *step = &p->e->program.items[list - 1];

		list = step->arg;
		step->arg = (uint32_t)p->e->program.count;
	}
}

static int parse_group(struct parser *p)
{
	struct str open = p->token.whole;
	int ret = next_token(p);

	if (ret == 0)
		ret = parse_or(p);
	if (ret < 0)
		return ret;
	if (p->token.kind != TOKEN_CLOSE)
		return mistake(p, open, "a \")\" that closes it");
	return next_token(p);
}

static int parse_not(struct parser *p);

static int parse_unary(struct parser *p)
{
	int ret = -EINVAL;

	if (++p->depth > RULE_DEPTH_MAX)
		return error_set(p->err, -EINVAL,
			"at column %zu: parentheses and NOTs are nested too deeply, expected at most %d",
			column_of(p, p->token.whole.data), RULE_DEPTH_MAX);
	switch (p->token.kind) {
	case TOKEN_TERM:
		ret = parse_term(p);
		break;
	case TOKEN_NOT:
		ret = parse_not(p);
		break;
	case TOKEN_OPEN:
		ret = parse_group(p);
		break;
	case TOKEN_END:
		ret = error_set(p->err, -EINVAL,
			"at column %zu: found the end, expected a word, a \"phrase\", NOT or \"(\"",
			column_of(p, p->text.data + p->text.len));
		break;
	case TOKEN_AND:
	case TOKEN_OR:
	case TOKEN_CLOSE:
		ret = mistake(p, p->token.whole, "a word, a \"phrase\", NOT or \"(\"");
		break;
	}
	p->depth--;
	return ret;
}

static int parse_not(struct parser *p)
{
	int ret;

	if (p->e->not_column == 0)
		p->e->not_column = column_of(p, p->token.whole.data);
	p->negated = !p->negated;
	ret = next_token(p);
	if (ret == 0)
		ret = parse_unary(p);
	p->negated = !p->negated;
	return ret == 0 ? emit(p, RULE_OP_NOT, 0) : ret;
}

static bool begins_operand(enum token_kind kind)
{
	return kind == TOKEN_TERM || kind == TOKEN_NOT || kind == TOKEN_OPEN;
}

static void drop_anchors(struct parser *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		p->e->terms.items[i].anchor = false;
}

/* Chooses the anchors of two joined expressions, whose terms begin at left and right. p->rarity is that of the right
 * one, and becomes that of both. Under a NOT, AND and OR change places. */
static void join_anchors(struct parser *p, bool both_needed, size_t left, size_t right, size_t left_rarity)
{
	if (p->negated)
		both_needed = !both_needed;
	if (!both_needed) {
		p->rarity = left_rarity < p->rarity ? left_rarity : p->rarity;
	} else if (left_rarity < p->rarity) {
		drop_anchors(p, left, right);
	} else {
		drop_anchors(p, right, p->e->terms.count);
		p->rarity = left_rarity;
	}
}

static int parse_and(struct parser *p)
{
	size_t left = p->e->terms.count;
	uint32_t jumps = 0;
	int ret = parse_unary(p);

	while (ret == 0 && (p->token.kind == TOKEN_AND || begins_operand(p->token.kind))) {
		size_t right = p->e->terms.count;
		size_t rarity = p->rarity;

		ret = emit_jump(p, RULE_OP_JUMP_IF_FALSE, &jumps);
		if (ret == 0 && p->token.kind == TOKEN_AND)
			ret = next_token(p);
		if (ret == 0)
			ret = parse_unary(p);
		if (ret == 0)
			join_anchors(p, true, left, right, rarity);
	}
	land_jumps(p, jumps);
	return ret;
}

static int parse_or(struct parser *p)
{
	size_t left = p->e->terms.count;
	uint32_t jumps = 0;
	int ret = parse_and(p);

	while (ret == 0 && p->token.kind == TOKEN_OR) {
		size_t right = p->e->terms.count;
		size_t rarity = p->rarity;

		ret = emit_jump(p, RULE_OP_JUMP_IF_TRUE, &jumps);
		if (ret == 0)
			ret = next_token(p);
		if (ret == 0)
			ret = parse_and(p);
		if (ret == 0)
			join_anchors(p, false, left, right, rarity);
	}
	land_jumps(p, jumps);
	return ret;
}

int rule_parse(struct arena *a, struct str text, struct rule_expression *e, struct error *err)
{
	struct parser p = {.arena = a, .text = text, .e = e, .err = err};
	int ret;

	*e = (struct rule_expression){0};
	if (text.len > RULE_TEXT_MAX)
		return error_set(err, -EINVAL, "at column 1: found a rule of %zu bytes, expected at most %d", text.len,
			RULE_TEXT_MAX);
	if (!utf8_valid(text))
		return error_set(err, -EINVAL, "at column %zu: found bytes that are not UTF-8, expected text",
			column_of(&p, text.data + utf8_valid_prefix(text)));
	ret = next_token(&p);
	if (ret == 0)
		ret = parse_or(&p);
	e->anchored = p.rarity > 0;
	if (ret == 0 && p.token.kind != TOKEN_END)
		ret = mistake(&p, p.token.whole, "a \"(\" before it, or nothing");
	return ret;
}

/* ---- doubts */

/* The operator that the word is in upper case, or NULL. */
static const char *meant_operator(const struct token *t)
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
		if (quote_at(whole, i) > 1)
			return true;
	/* Single curly quotation marks do not make a phrase. */
	return str_starts(whole, STR("\xE2\x80\x98")) || str_starts(whole, STR("\xE2\x80\x9A"));
}

int rule_doubts(struct str text, rule_doubt_fn *fn, void *arg, struct error *err)
{
	struct rule_expression none = {0};
	struct parser p = {.text = text, .e = &none, .err = err};
	bool begun = false;
	int ret = next_token(&p);

	while (ret == 0 && p.token.kind != TOKEN_END) {
		struct token t = p.token;
		struct rule_doubt doubt = {.column = column_of(&p, t.whole.data), .text = t.whole};
		const char *operator= meant_operator(&t);

		ret = next_token(&p);
		if (ret != 0)
			break;
		/* "and" and "or" between two terms, "not" before a term. */
		if (operator!= NULL && p.token.kind != TOKEN_END &&
			p.token.kind != TOKEN_CLOSE &&(begun || strcmp(operator, "NOT") == 0)) {
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

bool rule_name_matches(struct str name, struct str wanted, bool prefix)
{
	size_t i = 0, k = 0;

	while (i < name.len && k < wanted.len)
		if (utf8proc_tolower((utf8proc_int32_t)utf8_next(name, &i)) !=
			utf8proc_tolower((utf8proc_int32_t)utf8_next(wanted, &k)))
			return false;
	return k == wanted.len && (prefix || i == name.len);
}
