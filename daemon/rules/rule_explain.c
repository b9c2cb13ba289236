/* SPDX-License-Identifier: ISC */
/* Why a rule does not match an item.
 *
 * The rule's program is run once more, with both sides of each AND and OR.  The reasons of an operand are those for the
 * value that it has, and they lie side by side.  Where two operands are joined, the reasons stay that decide the joint
 * value: of "a AND b" those of the sides that are false, of "a OR b" those of both when both are false. */
#include <errno.h>
#include <string.h>

#include "rule_set.h"

/* The left side of an AND or OR whose right side is being looked at. */
struct left_operand {
	uint32_t end; /* the step behind the right side */
	bool is_or;
	bool value;
	bool is_group;
	size_t from, to; /* its reasons */
};

struct explanation {
	struct rule_set *set;
	const struct rule_view *e;
	struct rule_reason *reasons;
	size_t count;
	struct left_operand *open;
	size_t open_count;
	/* -- of the operand just read */
	bool value;
	bool is_group; /* its reasons are alternatives of one another */
	size_t from;   /* its first reason */
};

static void add_reason(
	struct explanation *x, enum rule_reason_kind kind, struct str term, int64_t actual, int64_t wanted)
{
	x->reasons[x->count++] = (struct rule_reason){.kind = kind, .term = term, .actual = actual, .wanted = wanted};
}

static int explain_term(struct explanation *x, const struct set_term *t)
{
	const struct rule_set *set = x->set;
	int found = rule_set_find_term(set, x->e, t);
	int64_t sum = 0;

	x->value = found > 0;
	if (t->kind == TERM_LENGTH) {
		add_reason(x, RULE_LENGTH, rule_set_text(x->set, t->text), set->word_count, 0);
	} else if (t->kind == TERM_STORY) {
		sum = set->subject->story == NULL
			      ? 0
			      : rule_condition_measure(&x->e->conditions[t->number], set->subject->story);
		add_reason(x, RULE_OF_STORY, rule_set_text(x->set, t->text), sum, 0);
	} else if (t->kind == TERM_LIST) {
		sum = set->sums[t->list].item == set->now ? set->sums[t->list].sum : 0;
		add_reason(x, RULE_SUM, rule_set_text(x->set, t->text), sum, t->least);
	} else {
		add_reason(x, x->value ? RULE_THERE : RULE_MISSING, rule_set_text(x->set, t->text), 0, 0);
	}
	return found;
}

/* Adds the terms of one side of a NEAR as alternatives, when none of them is there. True: none is. */
static bool explain_side(struct explanation *x, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (rule_set_find_term(x->set, x->e, &x->e->terms[i]) > 0)
			return false;
	for (uint32_t i = from; i < to; i++) {
		add_reason(x, RULE_MISSING, rule_set_text(x->set, x->e->terms[i].text), 0, 0);
		x->reasons[x->count - 1].others = i + 1 < to;
	}
	return true;
}

static int explain_near(struct explanation *x, const struct set_near *near)
{
	uint32_t gap;
	int found = rule_set_find_near(x->set, x->e, near, &gap);
	bool no_left, no_right;

	x->value = found > 0;
	if (x->value) {
		add_reason(x, RULE_THERE, rule_set_text(x->set, near->text), 0, 0);
		return found;
	}
	no_left = explain_side(x, near->left, near->right);
	no_right = explain_side(x, near->right, near->end);
	if (!no_left && !no_right)
		add_reason(x, RULE_FAR, rule_set_text(x->set, near->text),
			gap == UINT32_MAX ? RULE_FAR_APART : (int64_t)gap, near->words);
	x->is_group = !no_left || !no_right;
	return found;
}

/* Joins the left side that was opened last with the operand just read. */
static void join(struct explanation *x)
{
	struct left_operand left = x->open[--x->open_count];
	bool keeps_left, keeps_right, value = left.is_or ? left.value || x->value : left.value && x->value;

	keeps_left = left.value == value;
	keeps_right = x->value == value;
	if (keeps_left && keeps_right) {
		x->is_group = x->is_group && left.is_group && left.is_or && !value;
		x->reasons[left.to - 1].others = x->is_group;
	} else if (keeps_left) {
		x->count = left.to;
		x->is_group = left.is_group;
	} else {
		memmove(x->reasons + left.from, x->reasons + left.to, (x->count - left.to) * sizeof(*x->reasons));
		x->count -= left.to - left.from;
	}
	x->value = value;
	x->from = left.from;
}

static int explain_step(struct explanation *x, const struct rule_step *step)
{
	switch (step->op) {
	case RULE_OP_TERM:
	case RULE_OP_NEAR:
		x->from = x->count;
		x->is_group = true;
		return step->op == RULE_OP_TERM ? explain_term(x, &x->e->terms[step->arg])
						: explain_near(x, &x->e->nears[step->arg]);
	case RULE_OP_NOT:
		x->value = !x->value;
		break;
	case RULE_OP_JUMP_IF_TRUE:
	case RULE_OP_JUMP_IF_FALSE:
		x->open[x->open_count++] = (struct left_operand){.end = step->arg,
			.is_or = step->op == RULE_OP_JUMP_IF_TRUE,
			.value = x->value,
			.is_group = x->is_group,
			.from = x->from,
			.to = x->count};
		break;
	}
	return 0;
}

int rule_set_reasons(struct rule_set *set, size_t rule, struct arena *a, struct rule_reason **reasons, size_t *count)
{
	const struct rule_view e = rule_set_rule(set, rule);
	struct explanation x = {.set = set, .e = &e};
	int result = 0;

	x.reasons = arena_alloc_array(a, (size_t)e.rule->term_count + e.rule->near_count, sizeof(*x.reasons));
	x.open = arena_alloc_array(a, e.rule->step_count, sizeof(*x.open));
	if (x.reasons == NULL || x.open == NULL)
		return -ENOMEM;
	for (size_t i = 0; result >= 0 && i < e.rule->step_count; i++) {
		result = explain_step(&x, &e.steps[i]);
		while (x.open_count > 0 && x.open[x.open_count - 1].end == i + 1)
			join(&x);
	}
	*reasons = x.reasons;
	*count = x.value ? 0 : x.count;
	return result < 0 ? result : 0;
}
