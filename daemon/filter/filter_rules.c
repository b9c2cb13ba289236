/* SPDX-License-Identifier: ISC */
/* Sets of rules that grow as a binary counter does: see filter_rules.h. */
#include "sitrep/filter/filter_rules.h"

#include <errno.h>
#include <stdlib.h>

#include "sitrep/base/clock.h"

enum {
	WORDS_MAX = 8 * 1024 * 1024,
	CURSORS = 64, /* of one block */
	/* A rule's part in the cost of its set: its text, and so much beside it. */
	RULE_WEIGHT = 32,
	/* Two thousand short rules, or two of the longest. */
	SET_WEIGHT_MAX = 2 * (RULE_TEXT_MAX + RULE_WEIGHT),
};

/* The cursors of a block that a set has looked at. */
struct filter_scans {
	int64_t block;
	uint64_t age;
	uint64_t number; /* from 1, never used twice */
	uint64_t known;  /* by the cursor's last six bits */
};

struct filter_set {
	struct rule_set *rules;
	struct filter_rule **members; /* by number; NULL: it was removed */
	size_t count;
	size_t weight, weight_then; /* of its members, now and when it was compiled */
	struct filter_scans scans[2];
	/* -- the event last looked at, whose terms can be asked for */
	int64_t cursor;
	uint64_t age;
	/* -- in filter_rules.sets, but the set of a rule that is alone */
	struct filter_set *next, **link;
};

void filter_rules_init(struct filter_rules *all, struct identity *identity)
{
	/* what is not known has age 0 */
	*all = (struct filter_rules){.identity = identity, .age = 1};
	buf_init(&all->title, WORDS_MAX);
	buf_init(&all->body, WORDS_MAX);
}

static void forget_words(struct filter_rules *all)
{
	buf_release(&all->title);
	buf_release(&all->body);
	all->has_words = false;
}

void filter_rules_release(struct filter_rules *all)
{
	forget_words(all);
}

void filter_rules_forget(struct filter_rules *all)
{
	all->age++;
}

/* ---- sets ---- */

static size_t weight_of(const struct filter_rule *rule)
{
	return rule->text.len + RULE_WEIGHT;
}

static void wait_for_set(struct filter_rules *all, struct filter_rule *rule)
{
	rule->set = NULL;
	rule->next = all->waiting;
	rule->link = &all->waiting;
	if (rule->next != NULL)
		rule->next->link = &rule->next;
	all->waiting = rule;
	all->waiting_weight += weight_of(rule);
}

static void stop_waiting(struct filter_rules *all, struct filter_rule *rule)
{
	*rule->link = rule->next;
	if (rule->next != NULL)
		rule->next->link = rule->link;
	rule->link = NULL;
	all->waiting_weight -= weight_of(rule);
}

static void set_free(struct filter_set *set)
{
	rule_set_free(set->rules);
	free(set->members);
	free(set);
}

/* Its members wait again. */
static void dissolve(struct filter_rules *all, struct filter_set *set)
{
	*set->link = set->next;
	if (set->next != NULL)
		set->next->link = set->link;
	all->set_count--;
	for (size_t i = 0; i < set->count; i++)
		if (set->members[i] != NULL)
			wait_for_set(all, set->members[i]);
	set_free(set);
}

static int add_member(struct filter_set *set, struct filter_rule *rule)
{
	struct error reason;
	int result = rule_set_add(set->rules, STR_NONE, rule->text, &reason);

	if (result != 0)
		return result;
	set->members[set->count++] = rule;
	set->weight += weight_of(rule);
	return 0;
}

/* Room for so many rules; NULL without memory. */
static struct filter_set *set_new(size_t room)
{
	struct filter_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	set->rules = rule_set_new();
	set->members = calloc(room, sizeof(struct filter_rule *));
	if (set->rules != NULL && set->members != NULL)
		return set;
	set_free(set);
	return NULL;
}

/* The members are no longer looked for among those that wait. */
static int finish(struct filter_rules *all, struct filter_set *set)
{
	struct error reason;
	int result = rule_set_finish(set->rules, &reason);

	if (result != 0)
		return result;
	all->compiled += set->count;
	set->weight_then = set->weight;
	for (size_t i = 0; i < set->count; i++) {
		struct filter_rule *rule = set->members[i];

		if (rule->link != NULL)
			stop_waiting(all, rule);
		rule->set = set;
		rule->number = i;
		rule->found[0].scans = rule->found[1].scans = 0;
	}
	return 0;
}

/* A set of the rules that wait, of as many as it takes. 0 or -ENOMEM: they go on waiting. */
static int compile_some(struct filter_rules *all)
{
	struct filter_rule *end = all->waiting;
	struct filter_set *set;
	size_t count = 0, weight = 0;
	int result = 0;

	for (; end != NULL && weight + weight_of(end) <= SET_WEIGHT_MAX; end = end->next) {
		weight += weight_of(end);
		count++;
	}
	set = set_new(count);
	if (set == NULL)
		return -ENOMEM;
	for (struct filter_rule *rule = all->waiting; rule != end && result == 0; rule = rule->next)
		result = add_member(set, rule);
	if (result == 0)
		result = finish(all, set);
	if (result != 0) {
		set_free(set);
		return result;
	}
	set->next = all->sets;
	set->link = &all->sets;
	if (set->next != NULL)
		set->next->link = &set->next;
	all->sets = set;
	all->set_count++;
	return 0;
}

static void compile_waiting(struct filter_rules *all)
{
	while (all->sets != NULL && all->sets->weight <= all->waiting_weight &&
		all->sets->weight + all->waiting_weight <= SET_WEIGHT_MAX)
		dissolve(all, all->sets);
	while (all->waiting != NULL && compile_some(all) == 0)
		;
}

static void compile_alone(struct filter_rules *all, struct filter_rule *rule)
{
	struct filter_set *set = set_new(1);

	if (set != NULL && (add_member(set, rule) != 0 || finish(all, set) != 0))
		set_free(set);
}

void filter_rules_add(struct filter_rules *all, struct filter_rule *rule, struct str text)
{
	*rule = (struct filter_rule){.text = text, .alone = rule_has_regex(text)};
	if (rule->alone)
		return;
	wait_for_set(all, rule);
	if (all->waiting_weight > SET_WEIGHT_MAX)
		compile_waiting(all);
}

void filter_rules_remove(struct filter_rules *all, struct filter_rule *rule)
{
	struct filter_set *set = rule->set;

	if (rule->link != NULL)
		stop_waiting(all, rule);
	if (set == NULL)
		return;
	set->members[rule->number] = NULL;
	set->weight -= weight_of(rule);
	rule->set = NULL;
	if (rule->alone)
		set_free(set);
	else if (set->weight <= set->weight_then / 2)
		dissolve(all, set);
}

/* ---- matching ---- */

/* Splits the event's text into words. */
static int take_apart(struct filter_rules *all, const struct event_record *e)
{
	struct arena scratch;
	struct item item = e->report->item;
	size_t count = 0;
	int result;

	if (all->has_words && all->words_cursor == e->cursor && all->words_age == all->age)
		return 0;
	forget_words(all);
	arena_init(&scratch, WORDS_MAX);
	result = identity_read_texts(all->identity, &scratch, &item);
	if (result == 0)
		result = rule_words(&all->title, identity_title_text(all->identity), &count);
	if (result == 0)
		result = rule_words(&all->body, identity_body_text(all->identity), &count);
	arena_release(&scratch);
	all->has_words = result == 0;
	all->words_cursor = e->cursor;
	all->words_age = all->age;
	return result;
}

/* The subject of all sets that look at the event. */
static int prepare(struct filter_rules *all, const struct event_record *e)
{
	int result = take_apart(all, e);

	if (result != 0)
		return result;
	all->story = (struct rule_story){.age_ms = clock_wall_ms() - e->story_sort_ms,
		.sources = e->story_sources,
		.priority = (enum rule_priority)e->story_priority};
	all->subject = (struct rule_subject){
		.title_tokens = buf_str(&all->title),
		.body_tokens = buf_str(&all->body),
		.title = identity_title_text(all->identity),
		.body = identity_body_text(all->identity),
		.feed = e->source.feed,
		.source = e->source.title,
		.story = &all->story,
		.item = &e->report->item,
		.categories = e->source.categories,
		.publisher = e->source.publisher,
		.language = e->report->item.language,
	};
	return 0;
}

/* The hits of one scan. */
struct filter_hits {
	const struct filter_set *set;
	size_t half;
	uint64_t scans, bit;
};

static void note_hit(void *arg, const struct rule_hit *hit)
{
	const struct filter_hits *hits = arg;
	struct filter_rule *rule = hits->set->members[hit->number];

	if (rule == NULL)
		return;
	if (rule->found[hits->half].scans != hits->scans)
		rule->found[hits->half].matched = 0;
	rule->found[hits->half].scans = hits->scans;
	rule->found[hits->half].matched |= hits->bit;
}

static uint64_t bit_of(int64_t cursor)
{
	return UINT64_C(1) << (cursor % CURSORS);
}

/* The set's scans of the block that the cursor is in. */
static struct filter_scans *scans_of(struct filter_rules *all, struct filter_set *set, int64_t cursor)
{
	int64_t block = cursor / CURSORS;
	struct filter_scans *scans = &set->scans[block % 2];

	if (scans->block != block || scans->age != all->age)
		*scans = (struct filter_scans){.block = block, .age = all->age, .number = ++all->numbers};
	return scans;
}

static int scan(struct filter_rules *all, struct filter_set *set, const struct event_record *e)
{
	struct filter_scans *scans = scans_of(all, set, e->cursor);
	struct filter_hits hits = {.set = set,
		.half = (size_t)(e->cursor / CURSORS % 2),
		.scans = scans->number,
		.bit = bit_of(e->cursor)};
	int result = prepare(all, e);

	if (result != 0)
		return result;
	set->cursor = e->cursor;
	set->age = 0;
	result = rule_set_match(set->rules, &all->subject, note_hit, &hits);
	all->scans++;
	if (result != 0)
		return result;
	set->age = all->age;
	scans->known |= hits.bit;
	return 0;
}

bool filter_rules_match(struct filter_rules *all, struct filter_rule *rule, const struct event_record *e)
{
	size_t half = (size_t)(e->cursor / CURSORS % 2);
	const struct filter_scans *scans;

	if (rule->set == NULL && rule->alone)
		compile_alone(all, rule);
	else if (rule->set == NULL)
		compile_waiting(all);
	if (rule->set == NULL)
		return true;
	scans = scans_of(all, rule->set, e->cursor);
	if ((scans->known & bit_of(e->cursor)) == 0 && scan(all, rule->set, e) != 0)
		return true;
	return rule->found[half].scans == scans->number && (rule->found[half].matched & bit_of(e->cursor)) != 0;
}

size_t filter_rules_terms(struct filter_rules *all, struct filter_rule *rule, const struct event_record *e,
	struct str terms[RULE_TOLD_MAX])
{
	struct filter_set *set = rule->set;

	if (set == NULL)
		return 0;
	if (set->cursor == e->cursor && set->age == all->age)
		return prepare(all, e) == 0 ? rule_set_terms(set->rules, rule->number, terms) : 0;
	return scan(all, set, e) == 0 ? rule_set_terms(set->rules, rule->number, terms) : 0;
}
