/* SPDX-License-Identifier: ISC */
/* Scanning: each word of an item is looked up once, which finds its patterns, adds the weights of lists and meets the
 * rules that are to be evaluated.  Met rules and sums are marked with the item's number, so that they need not be
 * cleared after it. */
#include <errno.h>
#include <string.h>

#include "rule_names.h"
#include "rule_set.h"
#include "word_block.h"

/* There is no branch: of the many words of large sets, every second one would be guessed wrong. */
static void meet(struct rule_set *set, uint32_t rule)
{
	set->queue[set->queued] = rule;
	set->queued += set->met[rule] != set->now;
	set->met[rule] = set->now;
}

/* Makes every rule unmet and every pattern not found, and meets the rules that are always looked at.  The bits of found
 * patterns are few beside all patterns. */
static void next_item(struct rule_set *set, const struct rule_subject *subject)
{
	if (++set->now == 0) {
		/* the numbers begin anew after 2^32 - 1 items */
		memset(set->met, 0, (set->rule_count + 1) * sizeof(*set->met));
		memset(set->sums, 0, ((size_t)set->list_count + 1) * sizeof(*set->sums));
		set->now = 1;
	}
	for (size_t i = 0; i < set->hit_count; i++)
		set->found[set->hits[i] / 64] = 0;
	set->subject = subject;
	set->queued = set->hit_count = 0;
	set->word = set->word_count = 0;
	rule_places_clear(&set->places);
	set->met[set->rule_count] = set->now;
	for (size_t i = 0; i < set->in.always_count; i++)
		meet(set, set->in.always[i]);
}

static void add_weight(struct rule_set *set, uint32_t list, int weight, bool anchor)
{
	struct list_sum *s = &set->sums[list];

	if (s->item != set->now)
		*s = (struct list_sum){.item = set->now};
	s->sum += weight;
	if (anchor)
		meet(set, set->in.list_rules[list]);
}

static void use_pattern(struct rule_set *set, uint32_t pattern)
{
	const struct pattern_use *use = &set->in.use[pattern];
	const struct pattern_uses *uses;

	if (use->kind == USE_LIST) {
		add_weight(set, use->number, use->weight, use->anchor);
		return;
	}
	if (use->kind == USE_RULE) {
		meet(set, use->number);
		return;
	}
	if (use->kind == USE_RULES) {
		for (uint32_t i = 0; i < (uint32_t)use->weight; i++)
			meet(set, set->in.users[use->number + i]);
		return;
	}
	uses = &set->in.uses[pattern];
	for (uint32_t i = uses->scored; i < uses[1].scored; i++)
		add_weight(set, set->in.scored[i].list, set->in.scored[i].weight, set->in.scored[i].anchor);
	for (uint32_t i = uses->users; i < uses[1].users; i++)
		meet(set, set->in.users[i]);
}

static void on_hit(void *arg, uint32_t pattern)
{
	struct rule_set *set = arg;
	bool again = rule_set_has(set, pattern);

	if (set->in.use[pattern].kind == USE_PLACED)
		rule_places_add(&set->places, pattern, set->word, again);
	if (again)
		return;
	set->found[pattern / 64] |= UINT64_C(1) << pattern % 64;
	set->hits[set->hit_count++] = pattern;
	use_pattern(set, pattern);
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

/* Feeds one form of the word at hand. */
static void scan_form(struct rule_set *set, const struct states *at, struct states *next,
	const struct automaton_word *form, bool in_title)
{
	for (size_t i = 0; i < at->count; i++) {
		uint32_t state = at->items[i];

		automaton_step(set->automaton, &state, form, in_title, on_hit, set);
		add_state(next, state);
	}
}

/* Feeds the known words of a block one by one.  Nearly always the state does not go on with the word, which is then as
 * at the beginning of a text. */
static void step_words(struct rule_set *set, const struct word_block *b, uint32_t *state, bool in_title)
{
	uint32_t first = set->word;
	size_t next = 0;

	for (size_t k = 0; k < b->known_count; k++) {
		size_t i = b->known[k];

		*state = i == next ? *state : 0;
		set->word = first + (uint32_t)i;
		automaton_step(set->automaton, state, &b->found[i], in_title, on_hit, set);
		next = i + 1;
	}
}

/* The words of a block that are patterns by themselves. */
struct single_words {
	size_t count;
	uint32_t patterns[WORD_BLOCK];
	uint8_t forms[WORD_BLOCK];
};

/* Finds the words that are patterns, and fetches what they are used for.  False when a pattern of several words goes on
 * in the block: then its words are to be fed one by one.  There are no branches that depend on the words, since they
 * would be guessed wrong as often as not. */
static bool look_at_words(
	const struct rule_set *set, const struct word_block *b, uint32_t state, struct single_words *single)
{
	const struct word_place *places = automaton_words(set->automaton)->places;
	const struct automaton_filter filter = automaton_filter(set->automaton);
	uint64_t pairs[WORD_BLOCK];
	size_t next = 0, pair_count = 0;

	single->count = 0;
	for (size_t k = 0; k < b->known_count; k++) {
		uint8_t i = b->known[k];
		const struct word_place *place = &places[b->found[i].number];
		bool is_pattern = place->pattern != AUTOMATON_NO_PATTERN;

		__builtin_prefetch(&set->in.use[place->pattern & (0 - (uint32_t)is_pattern)]);
		single->patterns[single->count] = place->pattern;
		single->forms[single->count] = i;
		single->count += is_pattern;
		pairs[pair_count] = automaton_pair(state, b->found[i].number);
		pair_count += (size_t)(i == next) & (state != 0) & automaton_filter_has(&filter, pairs[pair_count]);
		state = place->state;
		next = (size_t)i + 1;
	}
	for (size_t k = 0; k < pair_count; k++)
		/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): all below pair_count were set */
		if (automaton_goes_on(set->automaton, pairs[k]))
			return false;
	return true;
}

static void hit_words(struct rule_set *set, const struct single_words *single)
{
	uint32_t first = set->word;

	for (size_t h = 0; h < single->count; h++) {
		set->word = first + single->forms[h];
		on_hit(set, single->patterns[h]);
	}
	set->word = first;
}

/* Feeds a block in which each word has one form, from one state.  A word that is in no pattern leads to state 0. */
static void scan_words(struct rule_set *set, const struct word_block *b, uint32_t *state, bool in_title)
{
	uint32_t first = set->word;
	struct single_words single;
	/* the last known word; as many as there are: none is known */
	size_t last = b->known_count > 0 ? b->known[b->known_count - 1] : b->count;

	if (b->known_count > 0) {
		if (in_title || b->has_prefix || automaton_is_deep(set->automaton, *state) ||
			!look_at_words(set, b, *state, &single)) {
			step_words(set, b, state, in_title);
		} else {
			hit_words(set, &single);
			*state = automaton_words(set->automaton)->places[b->found[last].number].state;
		}
	}
	if (last + 1 != b->count)
		*state = 0;
	set->word = first + (uint32_t)b->count;
}

/* Feeds the forms of a block. */
static void scan_forms(
	struct rule_set *set, const struct word_block *b, struct states *at, struct states *next, bool in_title)
{
	for (size_t i = 0; i < b->count; i++) {
		bool alone = next->count == 0 && at->count == 1 && at->items[0] == 0;
		bool ends_word = word_block_ends_word(b, i);

		if (ends_word && alone && automaton_is_unknown(&b->found[i])) {
			set->word++;
			continue;
		}
		scan_form(set, at, next, &b->found[i], in_title);
		if (!ends_word)
			continue;
		at->count = next->count;
		memcpy(at->items, next->items, next->count * sizeof(*at->items));
		next->count = 0;
		set->word++;
	}
}

/* Feeds the words of a text, each with a space behind it and its forms separated by WORD_FORM_MARK. mark: of the field
 * that they stand in, or 0. */
static int scan(struct rule_set *set, struct str tokens, bool in_title, char mark)
{
	struct states states = {.count = 1}, next = {.count = 0};
	struct word_block b;
	int ret = 0;

	while (ret == 0 && tokens.len > 0) {
		word_block_take(&b, &tokens, set->automaton);
		if (mark != 0)
			ret = word_block_mark(&b, mark, &set->name, set->automaton);
		if (ret != 0)
			break;
		word_block_find(&b, set->automaton);
		if (b.words == b.count && states.count == 1 && next.count == 0)
			scan_words(set, &b, &states.items[0], in_title);
		else
			scan_forms(set, &b, &states, &next, in_title);
	}
	return ret;
}

static int scan_field(struct rule_set *set, enum rule_field field, struct str text)
{
	size_t count = 0;
	int ret;

	if (!set->in.has_field[field] || text.len == 0)
		return 0;
	buf_clear(&set->words);
	ret = rule_words(&set->words, text, &count);
	if (ret == 0 || ret == -E2BIG)
		ret = scan(set, buf_str(&set->words), false, rule_field_mark(field));
	return ret;
}

static int scan_name(struct rule_set *set, enum rule_field field, struct str name)
{
	const struct word_table *table = automaton_words(set->automaton);
	struct automaton_word word;
	uint32_t state = 0;
	struct str text;
	uint64_t key;
	int ret;

	name = str_trim(name);
	if (!set->in.has_field[field] || name.len == 0)
		return 0;
	buf_clear(&set->name);
	ret = rule_put_name(&set->name, field, name);
	text = buf_str(&set->name);
	if (ret == 0) {
		key = word_key(table, text);
		word.number = word_table_find(table, key, word_hash(table, key));
		word.prefix = automaton_prefix(set->automaton, text);
		automaton_step(set->automaton, &state, &word, false, on_hit, set);
	}
	/* a name longer than any rule matches no rule */
	return ret == -E2BIG ? 0 : ret;
}

/* "zh-Hant-TW" is found by lang:zh-Hant-TW, lang:zh-Hant and lang:zh. */
static int scan_language(struct rule_set *set, struct str tag)
{
	int ret = 0;

	for (; ret == 0 && tag.len > 0; tag = rule_wider_language(tag))
		ret = scan_name(set, RULE_LANGUAGE, tag);
	return ret;
}

/* "news.usni.org" is found by publisher:news.usni.org, publisher:usni.org and publisher:org. */
static int scan_host(struct rule_set *set, struct str url)
{
	int ret = 0;

	for (struct str host = rule_host_of(url); ret == 0 && host.len > 0; host = rule_wider_host(host))
		ret = scan_name(set, RULE_PUBLISHER, host);
	return ret;
}

/* The outlet that an item of an aggregator's feed names as its source, else the feed's title. */
struct str rule_set_source(const struct rule_subject *s)
{
	bool named = s->item != NULL && s->item->has_source && s->item->source.title.value.len > 0;

	return named ? s->item->source.title.value : s->source;
}

static int scan_item(struct rule_set *set, const struct rule_subject *s)
{
	const struct item *it = s->item;
	int ret = scan_field(set, RULE_SOURCE, rule_set_source(s));

	if (ret == 0)
		ret = scan_name(set, RULE_PUBLISHER, s->publisher);
	if (it == NULL)
		return ret;
	if (ret == 0)
		ret = scan_field(set, RULE_SUMMARY, it->plain_summary);
	if (ret == 0)
		ret = scan_field(set, RULE_LINK, it->link);
	for (size_t i = 0; ret == 0 && i < it->authors.count; i++)
		ret = scan_field(set, RULE_AUTHOR, it->authors.items[i].name);
	if (ret == 0 && set->in.has_field[RULE_PUBLISHER] && str_empty(str_trim(s->publisher)))
		ret = scan_host(set, rule_outlet_url(it));
	return ret;
}

int rule_set_scan(struct rule_set *set, const struct rule_subject *subject)
{
	struct str categories = subject->categories, category;
	int ret;

	next_item(set, subject);
	ret = scan(set, subject->title_tokens, true, 0);
	set->word_count = set->word;
	set->word += RULE_NEAR_MAX;
	set->body_word = set->word;
	if (ret == 0)
		ret = scan(set, subject->body_tokens, false, 0);
	set->word_count = set->word - RULE_NEAR_MAX;
	if (ret == 0)
		ret = scan_name(set, RULE_FEED, subject->feed);
	while (ret == 0 && set->in.has_field[RULE_CATEGORY] && str_split(&categories, '\n', &category))
		ret = scan_name(set, RULE_CATEGORY, category);
	if (ret == 0)
		ret = scan_language(set, subject->language);
	return ret == 0 ? scan_item(set, subject) : ret;
}
