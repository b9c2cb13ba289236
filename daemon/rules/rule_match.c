/* SPDX-License-Identifier: ISC */
/* Matching: a text is scanned once (rule_scan.c), and the rules whose anchors it holds are evaluated. */
#include <assert.h>
#include <stdlib.h>

#include "rule_set.h"

static int find_regex(const struct rule_set *set, const struct set_term *t)
{
	const struct rule_subject *s = set->subject;
	const struct item *it = s->item;
	int found = 0;

	switch ((enum rule_field)t->field) {
	case RULE_TEXT:
		found = rule_regex_find(set->regexes[t->number], s->title, 0, NULL);
		return found != 0 ? found : rule_regex_find(set->regexes[t->number], s->body, 0, NULL);
	case RULE_TITLE:
		return rule_regex_find(set->regexes[t->number], s->title, 0, NULL);
	case RULE_SOURCE:
		return rule_regex_find(set->regexes[t->number], rule_set_source(s), 0, NULL);
	case RULE_SUMMARY:
		return it == NULL ? 0 : rule_regex_find(set->regexes[t->number], it->plain_summary, 0, NULL);
	case RULE_LINK:
		return it == NULL ? 0 : rule_regex_find(set->regexes[t->number], it->link, 0, NULL);
	case RULE_AUTHOR:
		for (size_t i = 0; it != NULL && found == 0 && i < it->authors.count; i++)
			found = rule_regex_find(set->regexes[t->number], it->authors.items[i].name, 0, NULL);
		return found;
	case RULE_FEED:
	case RULE_CATEGORY:
	case RULE_LANGUAGE:
	case RULE_PUBLISHER:
	case RULE_FIELDS:
		break;
	}
	return 0;
}

int rule_set_find_term(const struct rule_set *set, const struct rule_view *e, const struct set_term *t)
{
	switch ((enum rule_term_kind)t->kind) {
	case TERM_WORDS:
		return rule_set_has(set, t->pattern);
	case TERM_REGEX:
		return find_regex(set, t);
	case TERM_LENGTH:
		return set->word_count >= t->least && set->word_count <= t->most;
	case TERM_STORY:
		return set->subject->story != NULL &&
		       rule_condition_holds(&e->conditions[t->number], set->subject->story);
	case TERM_LIST:
		return set->sums[t->list].item == set->now && set->sums[t->list].sum >= t->least;
	}
	return 0;
}

int rule_set_find_near(struct rule_set *set, const struct rule_view *e, const struct set_near *near, uint32_t *gap)
{
	struct rule_side left = {.terms = e->terms + near->left, .count = near->right - near->left};
	struct rule_side right = {.terms = e->terms + near->right, .count = near->end - near->right};

	return rule_places_near(&set->places, set->found, left, right, near, gap);
}

/* The left side of an AND or OR whose right side is being looked at. */
struct left_value {
	uint32_t end; /* the step behind the right side */
	bool is_or;
	uint64_t value;
};

/* A value that is neither true nor false for all combinations of the conditions waits for the right side.  Each nesting
 * has one OR and one AND open at most: a longer chain is joined as it goes on. */
struct left_values {
	struct left_value items[2 * RULE_DEPTH_MAX + 4];
	size_t count;
};

static uint64_t join_left(struct left_values *open, uint64_t value)
{
	const struct left_value *left = &open->items[--open->count];

	return left->is_or ? left->value | value : left->value & value;
}

static void open_left(struct left_values *open, const struct rule_step *step, uint64_t value)
{
	bool is_or = step->op == RULE_OP_JUMP_IF_TRUE;

	while (open->count > 0 && open->items[open->count - 1].end == step->arg &&
		open->items[open->count - 1].is_or == is_or)
		value = join_left(open, value);
	assert(open->count < sizeof(open->items) / sizeof(open->items[0]));
	open->items[open->count++] = (struct left_value){.end = step->arg, .is_or = is_or, .value = value};
}

/* The value of a term: a bit for each combination of the rule's conditions on the story. */
static int term_value(const struct rule_set *set, const struct rule_view *e, uint32_t number, uint64_t *value)
{
	const struct set_term *t = &e->terms[number];
	int found;

	if (t->kind == TERM_STORY && set->subject->story == NULL) {
		*value = rule_condition_table(t->number);
		return 0;
	}
	found = rule_set_find_term(set, e, t);
	*value = found > 0 ? UINT64_MAX : 0;
	return found < 0 ? found : 0;
}

/* Runs the rule's program; *truth: bit i is its value in combination i of its conditions (rule_condition.h). */
static int evaluate(struct rule_set *set, const struct rule_view *e, uint64_t *truth)
{
	const uint64_t all = rule_condition_all(e->rule->condition_count);
	struct left_values open = {.count = 0};
	uint64_t value = 0;
	uint32_t gap;
	int result = 0;

	for (size_t i = 0; result == 0 && i < e->rule->step_count; i++) {
		const struct rule_step *step = &e->steps[i];

		switch (step->op) {
		case RULE_OP_TERM:
			result = term_value(set, e, step->arg, &value);
			value &= all;
			break;
		case RULE_OP_NEAR:
			value = rule_set_find_near(set, e, &e->nears[step->arg], &gap) > 0 ? all : 0;
			break;
		case RULE_OP_NOT:
			value = ~value & all;
			break;
		case RULE_OP_JUMP_IF_TRUE:
		case RULE_OP_JUMP_IF_FALSE:
			if (value == (step->op == RULE_OP_JUMP_IF_TRUE ? all : 0))
				i = step->arg - 1;
			else if (value != 0 && value != all)
				open_left(&open, step, value);
			break;
		}
		while (open.count > 0 && open.items[open.count - 1].end == i + 1)
			value = join_left(&open, value);
	}
	*truth = value;
	return result;
}

/* Terms of a rule that were found, by their places in it. */
struct told {
	uint32_t items[RULE_TOLD_MAX];
	size_t count;
};

/* Sorts the few terms that are told: each goes behind those that are less.  The numbers differ.  Without a branch that
 * depends on them, and with loops of fixed length, it takes a third of the time of other ways. */
static void sort_told(uint32_t *items, size_t count)
{
	int32_t all[RULE_TOLD_MAX];

	for (size_t i = 0; i < RULE_TOLD_MAX; i++)
		all[i] = i < count ? (int32_t)items[i] : INT32_MAX;
	for (size_t i = 0; i < count; i++) {
		int32_t less = 0;

		for (size_t k = 0; k < RULE_TOLD_MAX; k++)
			less += all[k] < all[i];
		items[less] = (uint32_t)all[i];
	}
}

/* A list may have a hundred thousand entries: they are found by what the text holds.  Their memory is fetched first,
 * for all of the hits that are likely told. */
static void tell_list(
	const struct rule_set *set, const struct set_term *terms, const struct set_term *list, struct told *told)
{
	const struct pattern_uses *uses = set->in.uses;
	size_t first = told->count, ahead = set->hit_count < RULE_TOLD_MAX ? set->hit_count : RULE_TOLD_MAX;

	for (size_t h = 0; h < ahead; h++)
		__builtin_prefetch(&uses[set->hits[h]]);
	for (size_t h = 0; h < ahead; h++)
		__builtin_prefetch(&set->in.scored[uses[set->hits[h]].scored]);
	for (size_t h = 0; h < set->hit_count && told->count < RULE_TOLD_MAX; h++) {
		uint32_t pattern = set->hits[h];

		for (uint32_t i = uses[pattern].scored; i < uses[pattern + 1].scored; i++)
			if (set->in.scored[i].list == list->list && told->count < RULE_TOLD_MAX)
				told->items[told->count++] = set->in.scored[i].term;
	}
	for (size_t i = first; i < told->count; i++)
		__builtin_prefetch(&terms[told->items[i]]);
	sort_told(told->items + first, told->count - first);
}

size_t rule_set_terms(const struct rule_set *set, size_t number, struct str texts[RULE_TOLD_MAX])
{
	const struct rule_view rule = rule_set_rule(set, number);
	struct told told = {.count = 0};
	size_t bytes = 0, count = 0;

	for (size_t i = 0; i < rule.rule->term_count && told.count < RULE_TOLD_MAX; i++) {
		const struct set_term *t = &rule.terms[i];

		if (t->kind == TERM_LIST && t->first)
			tell_list(set, rule.terms, t, &told);
		else if (t->first && rule_set_find_term(set, &rule, t) > 0)
			told.items[told.count++] = (uint32_t)i;
		i += t->kind == TERM_LIST ? t->most : 0;
	}
	for (size_t i = 0; i < told.count; i++) {
		const struct set_term *t = &rule.terms[told.items[i]];

		bytes += t->text.len + 1;
		if (t->first && bytes <= RULE_TEXT_MAX)
			texts[count++] = rule_set_text(set, t->text);
	}
	return count;
}

/* Calls fn with the terms of the rule that were found. */
static void tell_match(const struct rule_set *set, uint32_t number, rule_match_fn *fn, void *arg)
{
	struct str texts[RULE_TOLD_MAX];
	struct rule_hit hit = {.rule = rule_set_text(set, set->in.rules[number].name),
		.number = number,
		.terms = texts,
		.term_count = rule_set_terms(set, number, texts),
		.truth = set->truth[number]};

	fn(arg, &hit);
}

/* So many rules ahead of the one that is looked at, memory is fetched. */
enum { AHEAD = 8 };

/* Leaves the rules that match in the queue. */
static int evaluate_queue(struct rule_set *set)
{
	size_t matched = 0;

	for (size_t i = 0; i < set->queued; i++) {
		uint32_t rule = set->queue[i];
		const struct rule_view view = rule_set_rule(set, rule);
		int result;

		if (i + AHEAD < set->queued)
			__builtin_prefetch(&set->in.rules[set->queue[i + AHEAD]]);
		if (view.rule->needed != RULE_NO_TERM && !rule_set_has(set, view.rule->needed))
			continue;
		result = evaluate(set, &view, &set->truth[rule]);
		if (result < 0)
			return result;
		if (set->truth[rule] != 0)
			set->queue[matched++] = rule;
	}
	set->queued = matched;
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

int rule_set_match(struct rule_set *set, const struct rule_subject *subject, rule_match_fn *fn, void *arg)
{
	int ret;

	assert(set->finished);
	if (set->rule_count == 0)
		return 0;
	ret = rule_set_scan(set, subject);
	if (ret == 0)
		ret = evaluate_queue(set);
	if (ret < 0)
		return ret;
	qsort(set->queue, set->queued, sizeof(*set->queue), compare_numbers);
	for (size_t i = 0; i < set->queued; i++)
		tell_match(set, set->queue[i], fn, arg);
	return set->places.failed;
}
