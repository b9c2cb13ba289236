/* SPDX-License-Identifier: ISC */
/* The search feeds the words of a text one by one.
 *
 * A prefix is a leaf under the node of the words before it and never a state.  Before each step, the leaves of the
 * present node and of its suffixes are searched for the prefixes with which the word begins.  Only a word that begins
 * with a prefix in the lexicon causes that search, and it takes at most one look-up for each word of the longest
 * pattern. */
#include "automaton_internal.h"

const struct word_table *automaton_words(const struct automaton *a)
{
	return &a->words;
}

struct prefix_filter automaton_prefix_filter(const struct automaton *a)
{
	return lexicon_prefix_filter(a->lexicon);
}

struct automaton_filter automaton_filter(const struct automaton *a)
{
	return (struct automaton_filter){a->edges.filter, a->edges.filter_shift};
}

bool automaton_goes_on(const struct automaton *a, uint64_t pair)
{
	return edge_slot(&a->edges, pair)->child != ROOT;
}

bool automaton_is_deep(const struct automaton *a, uint32_t state)
{
	return state > a->first_count;
}

uint32_t automaton_prefix(const struct automaton *a, struct str word)
{
	return lexicon_longest_prefix(a->lexicon, word);
}

static void report_patterns(const struct automaton_node *n, bool in_title, automaton_hit_fn *hit, void *arg)
{
	if (n->pattern[SCOPE_ANYWHERE] != NO_PATTERN)
		hit(arg, n->pattern[SCOPE_ANYWHERE]);
	if (in_title && n->pattern[SCOPE_TITLE] != NO_PATTERN)
		hit(arg, n->pattern[SCOPE_TITLE]);
}

static void report_leaves(
	const struct automaton *a, uint32_t node, uint32_t symbol, bool in_title, automaton_hit_fn *hit, void *arg)
{
	for (;; node = a->nodes[node].suffix) {
		uint32_t leaf = a->nodes[node].has_leaf ? child_of(a, node, symbol) : ROOT;

		if (leaf != ROOT)
			report_patterns(&a->nodes[leaf], in_title, hit, arg);
		if (node == ROOT)
			return;
	}
}

void automaton_step(const struct automaton *a, uint32_t *state, const struct automaton_word *word, bool in_title,
	automaton_hit_fn *hit, void *arg)
{
	const struct word_place *place;
	uint32_t node;

	for (uint32_t prefix = word->prefix; prefix != LEXICON_NONE;
		prefix = lexicon_shorter_prefix(a->lexicon, prefix))
		report_leaves(a, *state, prefix_symbol(prefix), in_title, hit, arg);
	if (word->number == WORD_NONE) {
		*state = ROOT;
		return;
	}
	node = *state == ROOT ? ROOT : follow_word(a, *state, word->number);
	if (node != ROOT) {
		*state = node;
		for (uint32_t n = a->nodes[node].report; n != ROOT; n = a->nodes[a->nodes[n].suffix].report)
			report_patterns(&a->nodes[n], in_title, hit, arg);
		return;
	}
	place = &a->words.places[word->number];
	*state = place->state;
	if (place->pattern != NO_PATTERN)
		hit(arg, place->pattern);
	if (in_title && place->state != ROOT && a->nodes[place->state].pattern[SCOPE_TITLE] != NO_PATTERN)
		hit(arg, a->nodes[place->state].pattern[SCOPE_TITLE]);
}
