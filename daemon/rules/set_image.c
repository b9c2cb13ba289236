/* SPDX-License-Identifier: ISC */
/* A rule set becomes its image, and is found in one.
 *
 * The arrays of patterns are filled in two passes over all terms: the first counts what each pattern is used for, the
 * second puts it in its place. */
#include <errno.h>
#include <stdlib.h>

#include "rule_image.h"
#include "rule_set.h"
#include "sitrep/base/pages.h"

/* ---- what patterns are used for */

struct packing {
	const struct rule_set *set;
	size_t patterns;
	uint32_t *work; /* a number for each pattern */
	struct pattern_uses *uses;
	struct pattern_use *use;
	uint32_t *users, *always, *list_rules;
	size_t user_count, always_count, scored_count;
	struct scored *scored;
	/* -- the parts of rules */
	struct set_rule *rules;
	struct set_term *terms;
	struct rule_step *steps;
	struct set_near *nears;
	struct rule_condition *conditions;
	struct set_regex *regexes;
	size_t term_count, step_count, near_count, condition_count, regex_count;
	struct buf text;
};

/* Gives terms the last numbers of their patterns. Sets first on the first term of each pattern in a rule. Counts the
 * anchors and entries of lists of each pattern in the uses of the next one. */
static void count_users(struct packing *k)
{
	const struct rules *rules = &k->set->rules;

	for (size_t r = 0; r < rules->count; r++) {
		struct rule_terms *terms = &rules->items[r].expression.terms;

		for (size_t i = 0; i < terms->count; i++) {
			struct rule_term *t = &terms->items[i];
			struct pattern_uses *uses;

			if (t->kind != TERM_WORDS) {
				t->first = !t->negated;
				continue;
			}
			t->pattern = automaton_pattern(k->set->automaton, t->pattern);
			uses = &k->uses[t->pattern];
			if (t->placed || k->set->keeps_places)
				k->use[t->pattern].kind = USE_PLACED;
			/* work holds the last rule that had the pattern */
			t->first = !t->negated && k->work[t->pattern] != r + 1;
			if (t->first)
				k->work[t->pattern] = (uint32_t)(r + 1);
			if (t->list > 0)
				uses[1].scored++;
			else if (t->anchor)
				uses[1].users++;
		}
	}
}

/* Groups the entries of lists by pattern, as list_users() does the rules. */
static void list_scored(struct packing *k)
{
	const struct rules *rules = &k->set->rules;

	for (size_t i = 0; i < k->patterns; i++) {
		k->uses[i + 1].scored += k->uses[i].scored;
		k->work[i] = k->uses[i].scored;
	}
	for (size_t r = 0; r < rules->count; r++) {
		const struct rule_terms *terms = &rules->items[r].expression.terms;

		for (size_t i = 0; i < terms->count; i++) {
			const struct rule_term *t = &terms->items[i];

			if (t->kind == TERM_LIST)
				k->list_rules[t->list] = (uint32_t)r;
			if (t->kind == TERM_WORDS && t->list > 0)
				k->scored[k->work[t->pattern]++] =
					(struct scored){t->list, (uint32_t)i, (int16_t)t->weight, t->anchor};
		}
	}
	k->scored_count = k->uses[k->patterns].scored;
}

static void list_users(struct packing *k)
{
	const struct rules *rules = &k->set->rules;

	for (size_t i = 0; i < k->patterns; i++) {
		k->uses[i + 1].users += k->uses[i].users;
		k->work[i] = k->uses[i].users;
	}
	for (size_t r = 0; r < rules->count; r++) {
		const struct rule_terms *terms = &rules->items[r].expression.terms;
		bool always = false;

		for (size_t i = 0; i < terms->count; i++) {
			const struct rule_term *t = &terms->items[i];

			always = always || (t->anchor && t->kind != TERM_WORDS);
			if (t->anchor && t->kind == TERM_WORDS && t->list == 0)
				k->users[k->work[t->pattern]++] = (uint32_t)r;
		}
		if (always)
			k->always[k->always_count++] = (uint32_t)r;
	}
	k->user_count = k->uses[k->patterns].users;
}

/* Is the pattern in one list, with a sum of its weights that fits, and in nothing else? */
static bool is_in_one_list(const struct packing *k, uint32_t begin, uint32_t end, struct pattern_use *use)
{
	int weight = 0;

	*use = (struct pattern_use){.kind = USE_LIST, .number = k->scored[begin].list};
	for (uint32_t i = begin; i < end && weight >= INT16_MIN && weight <= INT16_MAX; i++) {
		if (k->scored[i].list != use->number)
			return false;
		weight += k->scored[i].weight;
		use->anchor = use->anchor || k->scored[i].anchor != 0;
	}
	use->weight = (int16_t)weight;
	return use->weight == weight;
}

/* Patterns that are operands of NEAR are marked as such already. */
static void note_single_uses(struct packing *k)
{
	for (size_t i = 0; i < k->patterns; i++) {
		const struct pattern_uses *uses = &k->uses[i];
		uint32_t users = uses[1].users - uses->users, entries = uses[1].scored - uses->scored;
		struct pattern_use in_list;

		if (k->use[i].kind == USE_PLACED)
			continue;
		if (users == 0 && entries > 0 && is_in_one_list(k, uses->scored, uses[1].scored, &in_list))
			k->use[i] = in_list;
		else if (users < 2 && entries == 0)
			k->use[i].number = users == 1 ? k->users[uses->users] : (uint32_t)k->set->rules.count;
		else if (users <= INT16_MAX && entries == 0)
			k->use[i] = (struct pattern_use){
				.kind = USE_RULES, .number = uses->users, .weight = (int16_t)users};
		else
			k->use[i].kind = USE_SEVERAL;
	}
}

/* ---- rules and their parts */

static struct text_place put_text(struct packing *k, struct str text)
{
	struct text_place place = {(uint32_t)k->text.len, (uint32_t)text.len};

	if (text.len > 0)
		buf_add(&k->text, text);
	return place;
}

static void pack_term(struct packing *k, const struct rule_term *t)
{
	struct set_term *to = &k->terms[k->term_count++];

	*to = (struct set_term){.text = put_text(k, t->text),
		.pattern = t->pattern,
		.least = t->least,
		.most = t->most,
		.list = t->list,
		.number = t->condition,
		.word_count = (uint16_t)t->word_count,
		.kind = (uint8_t)t->kind,
		.field = (uint8_t)t->field,
		.first = t->first};
	if (t->kind != TERM_REGEX)
		return;
	to->number = (uint32_t)k->regex_count;
	k->regexes[k->regex_count++] = (struct set_regex){put_text(k, t->words), t->any_case};
}

static void pack_rule(struct packing *k, const struct rule *from, struct set_rule *to)
{
	const struct rule_expression *e = &from->expression;

	*to = (struct set_rule){.name = put_text(k, from->name),
		.terms = (uint32_t)k->term_count,
		.term_count = (uint32_t)e->terms.count,
		.steps = (uint32_t)k->step_count,
		.step_count = (uint32_t)e->program.count,
		.nears = (uint32_t)k->near_count,
		.near_count = (uint32_t)e->nears.count,
		.conditions = (uint32_t)k->condition_count,
		.condition_count = e->condition_count,
		.needed = e->needed == RULE_NO_TERM ? RULE_NO_TERM : e->terms.items[e->needed].pattern};
	for (size_t i = 0; i < e->terms.count; i++)
		pack_term(k, &e->terms.items[i]);
	for (size_t i = 0; i < e->program.count; i++)
		k->steps[k->step_count++] = e->program.items[i];
	for (size_t i = 0; i < e->nears.count; i++) {
		const struct rule_near *n = &e->nears.items[i];

		k->nears[k->near_count++] =
			(struct set_near){n->left, n->right, n->end, put_text(k, n->text), n->words, n->ordered};
	}
	for (size_t i = 0; i < e->condition_count; i++)
		k->conditions[k->condition_count++] = e->conditions[i];
}

/* ---- packing */

static void *room(size_t count, size_t size, bool *failed)
{
	void *items = pages_take(calloc(count + 1, size), (count + 1) * size);

	*failed = *failed || items == NULL;
	return items;
}

static int make_room(struct packing *k)
{
	const struct rules *rules = &k->set->rules;
	size_t steps = 0, nears = 0, conditions = 0, regexes = 0, text = 0;
	bool failed = false;

	for (size_t r = 0; r < rules->count; r++) {
		const struct rule_expression *e = &rules->items[r].expression;

		text += rules->items[r].name.len;
		steps += e->program.count;
		nears += e->nears.count;
		conditions += e->condition_count;
		for (size_t i = 0; i < e->terms.count; i++) {
			regexes += e->terms.items[i].kind == TERM_REGEX;
			text += e->terms.items[i].text.len;
		}
		for (size_t i = 0; i < e->nears.count; i++)
			text += e->nears.items[i].text.len;
	}
	k->work = room(k->patterns, sizeof(*k->work), &failed);
	k->uses = room(k->patterns + 1, sizeof(*k->uses), &failed);
	k->use = room(k->patterns, sizeof(*k->use), &failed);
	k->users = room(k->set->term_count, sizeof(*k->users), &failed);
	k->always = room(rules->count, sizeof(*k->always), &failed);
	k->list_rules = room(k->set->list_count + (size_t)1, sizeof(*k->list_rules), &failed);
	k->scored = room(k->set->term_count, sizeof(*k->scored), &failed);
	k->rules = room(rules->count, sizeof(*k->rules), &failed);
	k->terms = room(k->set->term_count, sizeof(*k->terms), &failed);
	k->steps = room(steps, sizeof(*k->steps), &failed);
	k->nears = room(nears, sizeof(*k->nears), &failed);
	k->conditions = room(conditions, sizeof(*k->conditions), &failed);
	k->regexes = room(regexes, sizeof(*k->regexes), &failed);
	buf_init(&k->text, IMAGE_BYTES_MAX);
	if (buf_reserve(&k->text, text) == 0)
		pages_take(k->text.data, text);
	return failed ? -ENOMEM : 0;
}

static void release(struct packing *k)
{
	free(k->work);
	free(k->uses);
	free(k->use);
	free(k->users);
	free(k->always);
	free(k->list_rules);
	free(k->scored);
	free(k->rules);
	free(k->terms);
	free(k->steps);
	free(k->nears);
	free(k->conditions);
	free(k->regexes);
	buf_release(&k->text);
}

enum { LARGE = 256 * 1024 };

/* About the size of the image. */
static size_t size_of(const struct rule_set *set, const struct packing *k)
{
	return automaton_bytes(set->automaton) + set->rules.count * sizeof(*k->rules) +
	       k->term_count * (sizeof(*k->terms) + sizeof(*k->users) + sizeof(*k->scored)) +
	       k->step_count * sizeof(*k->steps) + k->near_count * sizeof(*k->nears) + k->text.len +
	       k->patterns * (sizeof(*k->uses) + sizeof(*k->use));
}

static int write_image(struct rule_set *set, const struct packing *k)
{
	struct buf *out = &set->own_image;
	struct set_head head = {.list_count = set->list_count};
	size_t size = size_of(set, k);

	for (size_t i = 0; i < RULE_FIELDS; i++)
		head.has_field[i] = set->has_field[i];
	/* room at once, so that a large image is not copied while it grows */
	if (size > LARGE && buf_reserve(out, size + size / 8) == 0)
		pages_take(out->data, size);
	image_begin(out);
	image_put(out, IMAGE_SET, &head, 1, sizeof(head));
	automaton_write(set->automaton, out);
	image_put(out, IMAGE_RULES, k->rules, set->rules.count, sizeof(*k->rules));
	image_put(out, IMAGE_TERMS, k->terms, k->term_count, sizeof(*k->terms));
	image_put(out, IMAGE_STEPS, k->steps, k->step_count, sizeof(*k->steps));
	image_put(out, IMAGE_NEARS, k->nears, k->near_count, sizeof(*k->nears));
	image_put(out, IMAGE_CONDITIONS, k->conditions, k->condition_count, sizeof(*k->conditions));
	image_put(out, IMAGE_TEXT, k->text.data, k->text.len, 1);
	image_put(out, IMAGE_USE, k->use, k->patterns, sizeof(*k->use));
	image_put(out, IMAGE_USES, k->uses, k->patterns + 1, sizeof(*k->uses));
	image_put(out, IMAGE_USERS, k->users, k->user_count, sizeof(*k->users));
	image_put(out, IMAGE_ALWAYS, k->always, k->always_count, sizeof(*k->always));
	image_put(out, IMAGE_SCORED, k->scored, k->scored_count, sizeof(*k->scored));
	image_put(out, IMAGE_LIST_RULES, k->list_rules, set->list_count + (size_t)1, sizeof(*k->list_rules));
	image_put(out, IMAGE_REGEXES, k->regexes, k->regex_count, sizeof(*k->regexes));
	return image_end(out);
}

int rule_set_pack(struct rule_set *set)
{
	struct packing k = {.set = set, .patterns = automaton_pattern_count(set->automaton)};
	int result = make_room(&k);

	if (result == 0) {
		count_users(&k);
		list_scored(&k);
		list_users(&k);
		note_single_uses(&k);
		for (size_t r = 0; r < set->rules.count; r++)
			pack_rule(&k, &set->rules.items[r], &k.rules[r]);
		result = k.text.failed;
	}
	if (result == 0)
		result = write_image(set, &k);
	release(&k);
	if (result != 0)
		return result;
	set->image = buf_str(&set->own_image);
	set->rules = (struct rules){.count = 0};
	arena_release(&set->arena);
	automaton_free(set->automaton);
	set->automaton = NULL;
	return 0;
}

/* ---- unpacking */

static int compile_regexes(struct rule_set *set)
{
	size_t count, at;
	const struct set_regex *regexes = image_get(set->image, IMAGE_REGEXES, sizeof(*regexes), &count);
	int result = 0;

	set->regexes = calloc(count + 1, sizeof(struct rule_regex *));
	if (set->regexes == NULL)
		return -ENOMEM;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = rule_regex_new(&set->arena, rule_set_text(set, regexes[i].source), regexes[i].any_case != 0,
			&set->regexes[i], &at, NULL);
	return result;
}

static void find_parts(struct rule_set *set)
{
	struct set_view *in = &set->in;
	const struct set_head *head = image_get(set->image, IMAGE_SET, sizeof(*head), NULL);

	set->list_count = head->list_count;
	in->has_field = head->has_field;
	in->rules = image_get(set->image, IMAGE_RULES, sizeof(*in->rules), &set->rule_count);
	in->terms = image_get(set->image, IMAGE_TERMS, sizeof(*in->terms), &set->term_count);
	in->steps = image_get(set->image, IMAGE_STEPS, sizeof(*in->steps), NULL);
	in->nears = image_get(set->image, IMAGE_NEARS, sizeof(*in->nears), NULL);
	in->conditions = image_get(set->image, IMAGE_CONDITIONS, sizeof(*in->conditions), NULL);
	in->text = image_get(set->image, IMAGE_TEXT, 1, NULL);
	in->use = image_get(set->image, IMAGE_USE, sizeof(*in->use), NULL);
	in->uses = image_get(set->image, IMAGE_USES, sizeof(*in->uses), NULL);
	in->users = image_get(set->image, IMAGE_USERS, sizeof(*in->users), NULL);
	in->always = image_get(set->image, IMAGE_ALWAYS, sizeof(*in->always), &in->always_count);
	in->scored = image_get(set->image, IMAGE_SCORED, sizeof(*in->scored), NULL);
	in->list_rules = image_get(set->image, IMAGE_LIST_RULES, sizeof(*in->list_rules), NULL);
}

int rule_set_unpack(struct rule_set *set)
{
	size_t patterns;
	bool failed = false;

	find_parts(set);
	automaton_free(set->automaton);
	set->automaton = automaton_open(set->image);
	if (set->automaton == NULL)
		return -ENOMEM;
	patterns = automaton_pattern_count(set->automaton);
	set->found = room(patterns / 64, sizeof(*set->found), &failed);
	set->hits = room(patterns, sizeof(*set->hits), &failed);
	set->met = room(set->rule_count + 1, sizeof(*set->met), &failed);
	set->queue = room(set->rule_count + 1, sizeof(*set->queue), &failed);
	set->truth = room(set->rule_count, sizeof(*set->truth), &failed);
	set->sums = room(set->list_count, sizeof(*set->sums), &failed);
	if (failed || rule_places_init(&set->places, patterns) < 0)
		return -ENOMEM;
	return compile_regexes(set);
}
