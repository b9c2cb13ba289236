/* SPDX-License-Identifier: ISC */
#include "candidates.h"

#include <errno.h>

#include "index_word.h"
#include "term_block.h"

enum { SET_BYTES = SEGMENT_BITMAP_WORDS * sizeof(uint64_t) };

int candidates_init(struct candidates *c, struct arena *a, struct word_lookup *lookup, const struct query_feeds *feeds,
	const struct rule_plan *plan, bool ranks, struct error *err)
{
	*c = (struct candidates){.lookup = lookup, .feeds = feeds, .plan = plan, .err = err};
	buf_init(&c->word, 1024 * 1024);
	c->stack = arena_alloc_array(a, plan->depth + 1, sizeof(*c->stack));
	c->words = arena_alloc(a, SET_BYTES);
	c->ranked_count = plan->term_count < RANKED_MAX ? plan->term_count : RANKED_MAX;
	if (ranks)
		c->ranked = arena_alloc_array(a, c->ranked_count + 1, sizeof(*c->ranked));
	return c->stack == NULL || c->words == NULL || (ranks && c->ranked == NULL)
		       ? error_sys(err, -ENOMEM, "cannot search")
		       : 0;
}

void candidates_release(struct candidates *c)
{
	buf_release(&c->word);
}

static size_t words_of(const struct segment *s)
{
	return ((size_t)s->docs + 63) / 64;
}

static void intersect(uint64_t *to, const uint64_t *with)
{
	for (size_t i = 0; i < SEGMENT_BITMAP_WORDS; i++)
		to[i] &= with[i];
}

static void unite(uint64_t *to, const uint64_t *with)
{
	for (size_t i = 0; i < SEGMENT_BITMAP_WORDS; i++)
		to[i] |= with[i];
}

/* All texts of the segment. */
static void fill(uint64_t *bits, const struct segment *s)
{
	memset(bits, 0, SET_BYTES);
	memset(bits, 0xff, words_of(s) * sizeof(*bits));
	if (s->docs % 64 != 0)
		bits[words_of(s) - 1] = ~(~UINT64_C(0) << s->docs % 64);
}

/* Adds the texts that have c->word to bits. */
static int look_up(struct candidates *c, const struct segment *s, bool is_prefix, uint64_t *bits)
{
	return is_prefix ? word_lookup_find_all(c->lookup, s, buf_str(&c->word), bits, c->err)
			 : word_lookup_find(c->lookup, s, buf_str(&c->word), bits, c->err);
}

static int look_up_kind(struct candidates *c, const struct segment *s, enum index_word_kind kind, struct str word,
	bool is_prefix, uint64_t *bits, bool *exact)
{
	/* words that were cut may differ behind the cut */
	*exact = index_word_make(&c->word, kind, word) && *exact;
	return look_up(c, s, is_prefix, bits);
}

/* The texts that have all words of the term as words of that kind.  *exact: those texts match. */
static int find_words(struct candidates *c, const struct segment *s, const struct rule_plan_term *t,
	enum index_word_kind kind, uint64_t *bits, bool *exact)
{
	int result = 0;

	fill(bits, s);
	for (size_t i = 0; i < t->word_count && result == 0; i++) {
		bool is_prefix = t->prefix && i + 1 == t->word_count;
		bool pairs = i + 1 < t->word_count && !(t->prefix && i + 2 == t->word_count) &&
			     index_word_is_single(t->words[i]) && index_word_is_single(t->words[i + 1]);
		bool whole = true;

		/* neighbours in a script without spaces are rarer together, and the pair has them both */
		if (pairs && kind == WORD_TEXT) {
			whole = index_word_make_pair(&c->word, t->words[i], t->words[i + 1]);
			memset(c->words, 0, SET_BYTES);
			result = look_up(c, s, false, c->words);
			if (t->word_count == 2)
				i++;
		} else {
			memset(c->words, 0, SET_BYTES);
			result = look_up_kind(c, s, kind, t->words[i], is_prefix, c->words, &whole);
			if (result == 0 && kind == WORD_OTHER)
				result = look_up_kind(c, s, WORD_TEXT, t->words[i], is_prefix, c->words, &whole);
		}
		*exact = whole && (t->word_count == 1 || (pairs && kind == WORD_TEXT && t->word_count == 2));
		intersect(bits, c->words);
	}
	return result;
}

/* Adds the texts of the feeds that have the term. */
static int add_feeds(struct candidates *c, const struct segment *s, const struct rule_plan_term *t, uint64_t *bits)
{
	int result = 0;

	for (size_t i = 0; i < c->feeds->count && result == 0; i++) {
		if (!query_feed_has(&c->feeds->items[i], t))
			continue;
		index_word_make_feed(&c->word, c->feeds->items[i].id);
		result = look_up(c, s, false, bits);
	}
	return result;
}

static int find_term(
	struct candidates *c, const struct segment *s, const struct rule_plan_term *t, struct text_set *set)
{
	bool exact = true;
	int result = 0;

	memset(set, 0, sizeof(*set));
	switch (t->field) {
	case RULE_PLAN_TEXT:
		result = find_words(c, s, t, WORD_TEXT, set->may, &exact);
		break;
	case RULE_PLAN_TITLE:
		result = find_words(c, s, t, WORD_TITLE, set->may, &exact);
		break;
	case RULE_PLAN_OTHER:
	case RULE_PLAN_SOURCE:
		result = find_words(c, s, t, WORD_OTHER, set->may, &exact);
		if (result == 0 && t->field == RULE_PLAN_SOURCE)
			result = add_feeds(c, s, t, set->may);
		exact = false;
		break;
	case RULE_PLAN_FEED:
	case RULE_PLAN_CATEGORY:
		result = add_feeds(c, s, t, set->may);
		break;
	case RULE_PLAN_LANGUAGE:
		result = look_up_kind(c, s, WORD_LANGUAGE, t->words[0], t->prefix, set->may, &exact);
		break;
	case RULE_PLAN_PUBLISHER:
		result = look_up_kind(c, s, WORD_PUBLISHER, t->words[0], t->prefix, set->may, &exact);
		if (result == 0)
			result = add_feeds(c, s, t, set->may);
		exact = false;
		break;
	}
	if (exact)
		memcpy(set->sure, set->may, sizeof(set->sure));
	return result;
}

/* ---- the plan ---- */

static void turn_round(struct text_set *set, const struct segment *s, uint64_t *all)
{
	fill(all, s);
	for (size_t i = 0; i < SEGMENT_BITMAP_WORDS; i++) {
		uint64_t may = set->may[i];

		set->may[i] = all[i] & ~set->sure[i];
		set->sure[i] = all[i] & ~may;
	}
}

static int run_step(struct candidates *c, const struct segment *s, const struct rule_plan_step *step, size_t *count)
{
	struct text_set *next = &c->stack[*count], *top = next - 1, *below = next - 2;

	switch (step->op) {
	case RULE_PLAN_TERM:
		++*count;
		return find_term(c, s, &c->plan->terms[step->arg], next);
	case RULE_PLAN_ANY:
		memset(next->sure, 0, sizeof(next->sure));
		fill(next->may, s);
		++*count;
		break;
	case RULE_PLAN_NOT:
		turn_round(top, s, c->words);
		break;
	case RULE_PLAN_AND:
		intersect(below->may, top->may);
		intersect(below->sure, top->sure);
		--*count;
		break;
	case RULE_PLAN_OR:
		unite(below->may, top->may);
		unite(below->sure, top->sure);
		--*count;
		break;
	case RULE_PLAN_PERHAPS:
		memset(top->sure, 0, sizeof(top->sure));
		break;
	}
	return 0;
}

/* ---- the ranking ---- */

static int rank_term(
	struct candidates *c, const struct segment *s, const struct rule_plan_term *t, struct ranked_term *r)
{
	bool exact = true;
	int result;

	r->used = !t->negated && t->word_count > 0 && (t->field == RULE_PLAN_TEXT || t->field == RULE_PLAN_TITLE);
	if (!r->used)
		return 0;
	result = find_words(c, s, t, WORD_TEXT, r->text, &exact);
	if (result == 0)
		result = find_words(c, s, t, WORD_TITLE, r->title, &exact);
	memset(r->often, 0, sizeof(r->often));
	if (result == 0 && t->word_count == 1 && !t->prefix)
		result = look_up_kind(c, s, WORD_OFTEN, t->words[0], false, r->often, &exact);
	for (size_t i = 0; i < words_of(s); i++)
		r->texts += (uint64_t)__builtin_popcountll(r->text[i]);
	return result;
}

int candidates_find(struct candidates *c, const struct segment *s, struct text_set **set)
{
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < c->plan->step_count && result == 0; i++)
		result = run_step(c, s, &c->plan->steps[i], &count);
	for (size_t i = 0; c->ranked != NULL && i < c->ranked_count && result == 0; i++)
		result = rank_term(c, s, &c->plan->terms[i], &c->ranked[i]);
	*set = c->stack;
	return result;
}
