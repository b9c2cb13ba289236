/* SPDX-License-Identifier: ISC */
/* The rule set: all rules over one automaton.
 *
 * A rule that could match without any of its terms is refused. So for an item only the rules are evaluated for which
 * the automaton found an anchor (rule_parse.h): a thousand rules that do not concern a text cost nothing. Found terms
 * and met rules are marked with the item's number, so that they need not be cleared after it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "automaton.h"
#include "rule_forms.h"
#include "rule_parse.h"
#include "sitrep/base/limits.h"
#include "sitrep/rules/rule.h"

/* All rules together: RULE_TERMS_MAX terms take about a sixth of it. */
enum { RULE_MEMORY_MAX = 128 * 1024 * 1024 };

struct rule {
	struct str name;
	struct rule_expression expression;
};

struct rules {
	struct rule *items;
	size_t count, cap;
};

struct rule_set {
	struct arena arena;
	struct automaton *automaton;
	struct rules rules;
	size_t term_count;
	bool has_field[RULE_LANGUAGE + 1];
	struct buf name; /* the name of the feed or of a category, as a word */
	/* -- since rule_set_finish() */
	bool finished;
	uint32_t *users;      /* indices of rules, grouped by the pattern that anchors them */
	uint32_t *users_from; /* by pattern: the start of its group in users; one more entry than patterns */
	/* -- of the item being matched */
	uint32_t now;    /* its number, never 0 */
	uint32_t *found; /* by pattern: the last item that held it */
	uint32_t *met;   /* by rule: the last item that held one of its anchors */
	uint32_t *queue; /* the rules met */
	size_t queued;
};

struct rule_set *rule_set_new(void)
{
	struct rule_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	arena_init(&set->arena, RULE_MEMORY_MAX);
	buf_init(&set->name, 2 * RULE_TEXT_MAX);
	set->automaton = automaton_new();
	if (set->automaton == NULL) {
		rule_set_free(set);
		return NULL;
	}
	return set;
}

void rule_set_free(struct rule_set *set)
{
	if (set == NULL)
		return;
	arena_release(&set->arena);
	automaton_free(set->automaton);
	buf_release(&set->name);
	free(set->users);
	free(set->users_from);
	free(set->found);
	free(set->met);
	free(set->queue);
	free(set);
}

size_t rule_set_count(const struct rule_set *set)
{
	return set->rules.count;
}

/* Runs the program; a term was found when found[pattern of the term] equals now. */
static bool holds(const struct rule_expression *e, const uint32_t *found, uint32_t now)
{
	bool value = false;

	for (size_t i = 0; i < e->program.count; i++) {
		const struct rule_step *step = &e->program.items[i];

		switch (step->op) {
		case RULE_OP_TERM:
			value = found[e->terms.items[step->arg].pattern] == now;
			break;
		case RULE_OP_NOT:
			value = !value;
			break;
		case RULE_OP_JUMP_IF_TRUE:
			i = value ? step->arg - 1 : i;
			break;
		case RULE_OP_JUMP_IF_FALSE:
			i = value ? i : step->arg - 1;
			break;
		}
	}
	return value;
}

int rule_set_add(struct rule_set *set, struct str name, struct str expression, struct error *err)
{
	struct rule_expression e;
	struct rule *rule;
	int ret;

	if (set->finished)
		return error_set(err, -EINVAL, "no rule can be added to a finished set");
	ret = rule_parse(&set->arena, expression, &e, err);
	if (ret < 0)
		return ret;
	if (!e.anchored)
		return error_set(err, -EINVAL,
			"at column %zu: found a NOT that could match by itself, expected a word beside it that must be "
			"there",
			e.not_column);
	if (set->term_count + e.terms.count > RULE_TERMS_MAX)
		return error_set(
			err, -EINVAL, "at column 1: all rules together have more than %d terms", RULE_TERMS_MAX);
	for (size_t i = 0; i < e.terms.count; i++) {
		struct rule_term *t = &e.terms.items[i];

		ret = automaton_add(set->automaton, t->words, t->word_count, t->prefix,
			t->field == RULE_TITLE ? SCOPE_TITLE : SCOPE_ANYWHERE, &t->pattern);
		if (ret < 0)
			return error_set(err, -ENOMEM, "no memory for more rules");
		set->has_field[t->field] = true;
	}
	rule = list_add(&set->arena, &set->rules);
	if (rule == NULL)
		return error_set(err, -ENOMEM, "no memory for more rules");
	rule->name = arena_str(&set->arena, name);
	if (rule->name.data == NULL && name.data != NULL) {
		set->rules.count--;
		return error_set(err, -ENOMEM, "no memory for more rules");
	}
	rule->expression = e;
	set->term_count += e.terms.count;
	return 0;
}

/* Sets first on the first term of each pattern in a rule. Counts the anchors of each pattern in users_from[pattern +
 * 1]. */
static void count_users(struct rule_set *set)
{
	for (size_t r = 0; r < set->rules.count; r++) {
		struct rule_terms *terms = &set->rules.items[r].expression.terms;

		for (size_t i = 0; i < terms->count; i++) {
			struct rule_term *t = &terms->items[i];

			/* found[] is not in use yet and holds the last rule that had the pattern */
			t->first = !t->negated && set->found[t->pattern] != r + 1;
			if (t->first)
				set->found[t->pattern] = (uint32_t)(r + 1);
			if (t->anchor)
				set->users_from[t->pattern + 1]++;
		}
	}
}

static void list_users(struct rule_set *set, size_t patterns)
{
	for (size_t i = 0; i < patterns; i++) {
		set->users_from[i + 1] += set->users_from[i];
		set->found[i] = set->users_from[i];
	}
	for (size_t r = 0; r < set->rules.count; r++) {
		const struct rule_terms *terms = &set->rules.items[r].expression.terms;

		for (size_t i = 0; i < terms->count; i++) {
			if (terms->items[i].anchor)
				set->users[set->found[terms->items[i].pattern]++] = (uint32_t)r;
		}
	}
	for (size_t i = 0; i < patterns; i++)
		set->found[i] = 0;
}

int rule_set_finish(struct rule_set *set, struct error *err)
{
	size_t patterns = automaton_pattern_count(set->automaton);

	if (set->finished)
		return 0;
	set->users_from = calloc(patterns + 1, sizeof(*set->users_from));
	set->users = calloc(set->term_count + 1, sizeof(*set->users));
	set->found = calloc(patterns + 1, sizeof(*set->found));
	set->met = calloc(set->rules.count + 1, sizeof(*set->met));
	set->queue = calloc(set->rules.count + 1, sizeof(*set->queue));
	if (set->users_from == NULL || set->users == NULL || set->found == NULL || set->met == NULL ||
		set->queue == NULL || automaton_seal(set->automaton) < 0)
		return error_set(err, -ENOMEM, "no memory to finish the rules");
	count_users(set);
	list_users(set, patterns);
	set->finished = true;
	return 0;
}

/* ---- matching */

static void next_item(struct rule_set *set)
{
	set->queued = 0;
	if (++set->now != 0)
		return;
	/* the numbers begin anew after 2^32 - 1 items */
	memset(set->found, 0, automaton_pattern_count(set->automaton) * sizeof(*set->found));
	memset(set->met, 0, set->rules.count * sizeof(*set->met));
	set->now = 1;
}

static void on_hit(void *arg, uint32_t pattern)
{
	struct rule_set *set = arg;

	if (set->found[pattern] == set->now)
		return;
	set->found[pattern] = set->now;
	for (uint32_t i = set->users_from[pattern]; i < set->users_from[pattern + 1]; i++) {
		uint32_t rule = set->users[i];

		if (set->met[rule] == set->now)
			continue;
		set->met[rule] = set->now;
		set->queue[set->queued++] = rule;
	}
}

/* A word of several forms leads to several states of the automaton, and the next word continues from each. Only a text
 * made for it reaches more than this number; the last ones are then dropped. */
enum { STATES_MAX = 16 };

struct states {
	uint32_t items[STATES_MAX];
	size_t count;
};

static void add_state(struct states *to, uint32_t state)
{
	for (size_t i = 0; i < to->count; i++)
		if (to->items[i] == state)
			return;
	/* every other state also finds the patterns that begin at the root */
	if (to->count > 0 && state == 0)
		return;
	if (to->count == 1 && to->items[0] == 0)
		to->count = 0;
	if (to->count < STATES_MAX)
		to->items[to->count++] = state;
}

/* Feeds one word: its forms, separated by RULE_FORM_MARK. */
static void scan_word(struct rule_set *set, struct states *at, struct str word, bool in_title)
{
	struct states next = {.count = 0};
	struct str form;

	while (str_split(&word, RULE_FORM_MARK, &form)) {
		for (size_t i = 0; i < at->count; i++) {
			uint32_t state = at->items[i];

			automaton_step(set->automaton, &state, form, in_title, on_hit, set);
			add_state(&next, state);
		}
	}
	*at = next;
}

static void scan(struct rule_set *set, struct str tokens, bool in_title)
{
	const char *at = tokens.data;
	const char *end = tokens.len > 0 ? at + tokens.len : at;
	struct states states = {.count = 1};

	while (at < end) {
		const char *space = memchr(at, ' ', (size_t)(end - at));
		size_t len = (size_t)((space != NULL ? space : end) - at);

		if (len > 0)
			scan_word(set, &states, str_make(at, len), in_title);
		at += len + 1;
	}
}

static int scan_name(struct rule_set *set, enum rule_field field, struct str name)
{
	uint32_t state = 0;
	int ret;

	name = str_trim(name);
	if (!set->has_field[field] || name.len == 0)
		return 0;
	buf_clear(&set->name);
	ret = rule_put_name(&set->name, field, name);
	if (ret == 0)
		automaton_step(set->automaton, &state, buf_str(&set->name), false, on_hit, set);
	/* a name longer than any rule matches no rule */
	return ret == -E2BIG ? 0 : ret;
}

/* "zh-Hant-TW" is found by lang:zh-Hant-TW, lang:zh-Hant and lang:zh. */
static int scan_language(struct rule_set *set, struct str tag)
{
	int ret = 0;

	while (ret == 0 && tag.len > 0) {
		size_t end = tag.len;

		ret = scan_name(set, RULE_LANGUAGE, tag);
		while (end > 0 && tag.data[end - 1] != '-')
			end--;
		tag = str_slice(tag, 0, end > 0 ? end - 1 : 0);
	}
	return ret;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* Calls fn with the terms of the rule that were found. */
static void tell(const struct rule_set *set, const struct rule *rule, rule_match_fn *fn, void *arg)
{
	struct str told[RULE_TOLD_MAX];
	size_t count = 0;

	for (size_t i = 0; i < rule->expression.terms.count && count < RULE_TOLD_MAX; i++) {
		const struct rule_term *t = &rule->expression.terms.items[i];

		if (t->first && set->found[t->pattern] == set->now)
			told[count++] = t->text;
	}
	fn(arg, rule->name, told, count);
}

int rule_set_match(struct rule_set *set, const struct rule_subject *subject, rule_match_fn *fn, void *arg)
{
	struct str categories = subject->categories;
	struct str category;
	int ret;

	assert(set->finished);
	if (set->rules.count == 0)
		return 0;
	next_item(set);
	scan(set, subject->title_tokens, true);
	scan(set, subject->body_tokens, false);
	ret = scan_name(set, RULE_FEED, subject->feed);
	while (ret == 0 && set->has_field[RULE_CATEGORY] && str_split(&categories, '\n', &category))
		ret = scan_name(set, RULE_CATEGORY, category);
	if (ret == 0)
		ret = scan_language(set, subject->language);
	if (ret < 0)
		return ret;
	qsort(set->queue, set->queued, sizeof(*set->queue), compare_numbers);
	for (size_t i = 0; i < set->queued; i++) {
		const struct rule *rule = &set->rules.items[set->queue[i]];

		if (holds(&rule->expression, set->found, set->now))
			tell(set, rule, fn, arg);
	}
	return 0;
}

/* ---- the form for workers */

struct collector {
	struct arena *arena;
	struct item *item;
	int ret;
};

static void collect(void *arg, struct str rule, const struct str *terms, size_t term_count)
{
	struct collector *c = arg;
	struct match *m;
	size_t len = 0;
	char *text;

	if (c->ret < 0)
		return;
	for (size_t i = 0; i < term_count; i++)
		len += terms[i].len + (i > 0);
	m = list_add(c->arena, &c->item->matches);
	text = arena_alloc(c->arena, len + 1);
	if (m != NULL)
		m->rule = arena_str(c->arena, rule);
	if (m == NULL || text == NULL || (m->rule.data == NULL && rule.data != NULL)) {
		c->ret = -ENOMEM;
		return;
	}
	m->terms = str_make(text, len);
	for (size_t i = 0; i < term_count; i++) {
		if (i > 0)
			*text++ = '\n';
		memcpy(text, terms[i].data, terms[i].len);
		text += terms[i].len;
	}
}

int rule_set_match_item(struct rule_set *set, const struct rule_subject *subject, struct arena *a, struct item *it)
{
	struct collector c = {.arena = a, .item = it};
	int ret = rule_set_match(set, subject, collect, &c);

	return ret < 0 ? ret : c.ret;
}
