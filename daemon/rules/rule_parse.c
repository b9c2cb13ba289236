/* SPDX-License-Identifier: ISC */
/* The parser of the rule language: a recursive descent that writes the program while it reads.
 *
 *     rule    = or
 *     or      = and { "OR" and }
 *     and     = unary { ["AND"] unary }
 *     unary   = "NOT" unary | operand [("NEAR/" | "ONEAR/") number operand]
 *     operand = "(" or ")" | term
 *     term    = [field ":"] (word | '"' words '"' | "/" expression "/" ["i"]) | measure comparison number
 *     measure = "words" | "age" | "sources" | "priority"
 *
 * Operators are in upper case; "and", "or" and "not" are ordinary words. */
#include <errno.h>

#include "rule_parser.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"

/* ---- grammar */

static int parse_or(struct parser *p);

/* Adds a jump whose target is not known yet.  Such jumps form a list: arg is the number of the next step in it plus
 * one, or 0. */
static int emit_jump(struct parser *p, enum rule_op op, uint32_t *list)
{
	int ret = rule_parse_emit(p, op, *list);

	if (ret == 0)
		*list = (uint32_t)p->e->program.count;
	return ret;
}

/* Lets all jumps of the list lead to the next step. */
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
	struct str open = p->tokens.token.whole;
	int ret = rule_token_next(&p->tokens);

	if (ret == 0)
		ret = parse_or(p);
	if (ret < 0)
		return ret;
	if (p->tokens.token.kind != TOKEN_CLOSE)
		return rule_token_mistake(&p->tokens, open, "a \")\" that closes it");
	return rule_token_next(&p->tokens);
}

static int parse_operand(struct parser *p)
{
	switch (p->tokens.token.kind) {
	case TOKEN_TERM:
	case TOKEN_REGEX:
	case TOKEN_LENGTH:
	case TOKEN_STORY:
		return rule_parse_term(p);
	case TOKEN_LIST:
		return rule_parse_list(p);
	case TOKEN_LIST_FILE:
	case TOKEN_REFERENCE:
		return rule_parse_reference(p);
	case TOKEN_OPEN:
		return parse_group(p);
	case TOKEN_END:
		return error_set(p->tokens.err, -EINVAL,
			"at column %zu: found the end, expected a word, a \"phrase\", NOT or \"(\"",
			rule_token_column(&p->tokens, p->tokens.token.whole.data));
	case TOKEN_AND:
	case TOKEN_OR:
	case TOKEN_NOT:
	case TOKEN_NEAR:
	case TOKEN_CLOSE:
		break;
	}
	return rule_token_mistake(&p->tokens, p->tokens.token.whole, "a word, a \"phrase\", NOT or \"(\"");
}

/* Is the operand just read words or an OR of words?  Only those have places in a text.  Its terms begin at term, its
 * steps at step. */
static bool has_places(const struct parser *p, size_t term, size_t step)
{
	const struct rule_expression *e = p->e;

	for (; step < e->program.count; step++)
		if (e->program.items[step].op != RULE_OP_TERM && e->program.items[step].op != RULE_OP_JUMP_IF_TRUE)
			return false;
	for (; term < e->terms.count; term++)
		if (e->terms.items[term].kind != TERM_WORDS ||
			(e->terms.items[term].field != RULE_TEXT && e->terms.items[term].field != RULE_TITLE))
			return false;
	return true;
}

static void drop_anchors(struct parser *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		p->e->terms.items[i].anchor = false;
}

/* The left one of two expressions that are joined: its first term, and the parser's state behind it. */
struct left_side {
	size_t term, rarity;
	uint32_t required, needed;
};

static struct left_side note_left(const struct parser *p, size_t term)
{
	return (struct left_side){.term = term, .rarity = p->rarity, .required = p->required, .needed = p->needed};
}

/* Chooses the anchors of two joined expressions: those of both sides of an OR, those of the rarer side of an AND.  The
 * terms of the second begin at right.  The parser's state describes the second and then both.  Under a NOT, an AND is
 * an OR of negated sides, and an OR is an AND. */
static void join_anchors(struct parser *p, bool is_and, struct left_side left, size_t right)
{
	uint32_t other;

	if (p->negated)
		is_and = !is_and;
	if (!is_and) {
		p->rarity = left.rarity < p->rarity ? left.rarity : p->rarity;
		p->required = p->needed = RULE_NO_TERM;
		return;
	}
	if (left.rarity < p->rarity) {
		drop_anchors(p, left.term, right);
		other = left.required;
	} else {
		drop_anchors(p, right, p->e->terms.count);
		other = p->required;
		p->rarity = left.rarity;
		p->required = left.required;
	}
	if (other != RULE_NO_TERM)
		p->needed = other;
	else if (p->needed == RULE_NO_TERM)
		p->needed = left.needed;
}

/* Reads the operand to the right of a NEAR; the left one's text, terms and steps begin at begin, term and step. */
static int parse_near(struct parser *p, const char *begin, size_t term, size_t step)
{
	static const char operands[] = "words, \"phrases\" or an OR of them on both sides of NEAR";
	struct rule_token sign = p->tokens.token;
	size_t right = p->e->terms.count, right_step = p->e->program.count;
	struct left_side left = note_left(p, term);
	struct rule_near *near;
	int ret;

	if (!has_places(p, term, step))
		return rule_token_mistake(&p->tokens, sign.whole, operands);
	ret = rule_token_next(&p->tokens);
	if (ret == 0)
		ret = parse_operand(p);
	if (ret < 0)
		return ret;
	if (!has_places(p, right, right_step))
		return rule_token_mistake(&p->tokens, sign.whole, operands);
	if (p->tokens.token.kind == TOKEN_NEAR)
		return rule_token_mistake(&p->tokens, p->tokens.token.whole,
			"AND before a second NEAR, as in \"a NEAR/5 b AND b NEAR/5 c\"");
	near = list_add(p->arena, &p->e->nears);
	if (near == NULL)
		return rule_parse_no_memory(p);
	*near = (struct rule_near){.left = (uint32_t)term,
		.right = (uint32_t)right,
		.end = (uint32_t)p->e->terms.count,
		.words = sign.number,
		.ordered = sign.ordered};
	if (rule_parse_line(p, str_make(begin, (size_t)(p->tokens.token.whole.data - begin)), &near->text) < 0)
		return -ENOMEM;
	for (size_t i = term; i < p->e->terms.count; i++)
		p->e->terms.items[i].placed = true;
	p->e->program.count = step;
	join_anchors(p, true, left, right);
	return rule_parse_emit(p, RULE_OP_NEAR, (uint32_t)(p->e->nears.count - 1));
}

static int parse_not(struct parser *p);

static int parse_unary(struct parser *p)
{
	size_t term = p->e->terms.count, step = p->e->program.count;
	const char *begin = p->tokens.token.whole.data;
	int ret;

	if (++p->depth > RULE_DEPTH_MAX)
		return error_set(p->tokens.err, -EINVAL,
			"at column %zu: parentheses and NOTs are nested too deeply, expected at most %d",
			rule_token_column(&p->tokens, p->tokens.token.whole.data), RULE_DEPTH_MAX);
	if (p->tokens.token.kind == TOKEN_NOT) {
		ret = parse_not(p);
	} else {
		ret = parse_operand(p);
		if (ret == 0 && p->tokens.token.kind == TOKEN_NEAR)
			ret = parse_near(p, begin, term, step);
	}
	p->depth--;
	return ret;
}

static int parse_not(struct parser *p)
{
	int ret;

	if (p->e->not_column == 0)
		p->e->not_column = rule_token_column(&p->tokens, p->tokens.token.whole.data);
	p->negated = !p->negated;
	ret = rule_token_next(&p->tokens);
	if (ret == 0)
		ret = parse_unary(p);
	p->negated = !p->negated;
	p->required = p->needed = RULE_NO_TERM;
	return ret == 0 ? rule_parse_emit(p, RULE_OP_NOT, 0) : ret;
}

static bool begins_operand(enum rule_token_kind kind)
{
	return kind == TOKEN_TERM || kind == TOKEN_REGEX || kind == TOKEN_LENGTH || kind == TOKEN_STORY ||
	       kind == TOKEN_LIST || kind == TOKEN_LIST_FILE || kind == TOKEN_REFERENCE || kind == TOKEN_NOT ||
	       kind == TOKEN_OPEN;
}

static int parse_and(struct parser *p)
{
	size_t left = p->e->terms.count;
	uint32_t jumps = 0;
	int ret = parse_unary(p);

	while (ret == 0 && (p->tokens.token.kind == TOKEN_AND || begins_operand(p->tokens.token.kind))) {
		size_t right = p->e->terms.count;
		struct left_side before = note_left(p, left);

		ret = emit_jump(p, RULE_OP_JUMP_IF_FALSE, &jumps);
		if (ret == 0 && p->tokens.token.kind == TOKEN_AND)
			ret = rule_token_next(&p->tokens);
		if (ret == 0)
			ret = parse_unary(p);
		if (ret == 0)
			join_anchors(p, true, before, right);
	}
	land_jumps(p, jumps);
	return ret;
}

static int parse_or(struct parser *p)
{
	size_t left = p->e->terms.count;
	uint32_t jumps = 0;
	int ret = parse_and(p);

	while (ret == 0 && p->tokens.token.kind == TOKEN_OR) {
		size_t right = p->e->terms.count;
		struct left_side before = note_left(p, left);

		ret = emit_jump(p, RULE_OP_JUMP_IF_TRUE, &jumps);
		if (ret == 0)
			ret = rule_token_next(&p->tokens);
		if (ret == 0)
			ret = parse_and(p);
		if (ret == 0)
			join_anchors(p, false, before, right);
	}
	land_jumps(p, jumps);
	return ret;
}

static int parse(struct arena *a, struct str text, enum parse_mode mode, struct rule_expression *e, struct error *err)
{
	struct parser p = {.arena = a, .tokens = {.text = text, .err = err}, .mode = mode, .e = e};
	size_t most = mode == PARSE_OUTLINE ? RULE_TEXT_MAX : RULE_EXPANDED_MAX;
	int ret;

	*e = (struct rule_expression){0};
	buf_init(&p.canonical, 32 * RULE_TEXT_MAX);
	if (text.len > most)
		return error_set(
			err, -EINVAL, "at column 1: found a rule of %zu bytes, expected at most %zu", text.len, most);
	if (!utf8_valid(text))
		return error_set(err, -EINVAL, "at column %zu: found bytes that are not UTF-8, expected text",
			rule_token_column(&p.tokens, text.data + utf8_valid_prefix(text)));
	ret = rule_token_next(&p.tokens);
	if (ret == 0)
		ret = parse_or(&p);
	e->anchored = p.rarity > 0;
	e->needed = p.needed;
	if (ret == 0 && p.tokens.token.kind != TOKEN_END)
		ret = rule_token_mistake(&p.tokens, p.tokens.token.whole, "a \"(\" before it, or nothing");
	buf_release(&p.canonical);
	return ret;
}

int rule_parse(struct arena *a, struct str text, struct rule_expression *e, struct error *err)
{
	return parse(a, text, PARSE_RULE, e, err);
}

int rule_parse_check(struct arena *a, struct str text, struct rule_expression *e, struct error *err)
{
	return parse(a, text, PARSE_CHECK, e, err);
}

int rule_parse_outline(struct arena *a, struct str text, struct error *err)
{
	struct rule_expression e;

	return parse(a, text, PARSE_OUTLINE, &e, err);
}
