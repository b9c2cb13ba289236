/* SPDX-License-Identifier: ISC */
/* Sealing makes the search's form of the trie.
 *
 * Nodes are numbered breadth first: the root's children over words come before all others, so a node's number tells
 * that only the root is behind it.  Each node gets a link to the node of its longest proper suffix (Aho and Corasick),
 * at which the search goes on after a mismatch, and so it never goes back in the text.  A filter of two bits an edge
 * tells that most phrases do not go on, without a look at the edges. */
#include <errno.h>

#include "automaton_internal.h"

/* The nodes in their new order: breadth first, the root's children over words before those over prefixes. */
static uint32_t *order_nodes(struct automaton *a)
{
	uint32_t *order = new_array(a->node_count, sizeof(*order));
	uint32_t tail = 1;

	if (order == NULL)
		return NULL;
	for (uint32_t i = a->places[ROOT].first_child; i != ROOT; i = a->places[i].next_sibling)
		if (!is_prefix_symbol(a->places[i].symbol))
			order[tail++] = i;
	a->first_count = tail - 1;
	for (uint32_t i = a->places[ROOT].first_child; i != ROOT; i = a->places[i].next_sibling)
		if (is_prefix_symbol(a->places[i].symbol))
			order[tail++] = i;
	for (uint32_t head = 1; head < tail; head++)
		for (uint32_t i = a->places[order[head]].first_child; i != ROOT; i = a->places[i].next_sibling)
			order[tail++] = i;
	return order;
}

/* Puts nodes and places in their new order.  words: the new number of each word. */
static int renumber_nodes(struct automaton *a, const uint32_t *order, uint32_t *fresh, const uint32_t *words)
{
	struct automaton_node *nodes = new_array(a->node_count, sizeof(*nodes));
	struct automaton_place *places = new_array(a->node_count, sizeof(*places));

	if (nodes == NULL || places == NULL) {
		free(nodes);
		free(places);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < a->node_count; i++)
		fresh[order[i]] = i;
	for (uint32_t i = 0; i < a->node_count; i++) {
		const struct automaton_place *from = &a->places[order[i]];
		bool leaf = is_prefix_symbol(from->symbol);

		nodes[i] = a->nodes[order[i]];
		places[i] = (struct automaton_place){.parent = fresh[from->parent],
			.symbol = leaf || i == ROOT ? from->symbol : word_symbol(words[from->symbol / 2])};
	}
	free(a->nodes);
	free(a->places);
	a->nodes = nodes;
	a->places = places;
	return 0;
}

static void renumber_pattern(struct automaton *a, uint32_t *pattern, uint32_t *count)
{
	if (*pattern == NO_PATTERN)
		return;
	a->patterns[*pattern] = (*count)++;
	*pattern = a->patterns[*pattern];
}

static int renumber_patterns(struct automaton *a)
{
	uint32_t count = 0;

	a->patterns = new_array((size_t)a->pattern_count + 1, sizeof(*a->patterns));
	if (a->patterns == NULL)
		return -ENOMEM;
	for (uint32_t i = 1; i <= a->first_count; i++)
		renumber_pattern(a, &a->nodes[i].pattern[SCOPE_ANYWHERE], &count);
	for (uint32_t i = 1; i < a->node_count; i++) {
		if (i > a->first_count)
			renumber_pattern(a, &a->nodes[i].pattern[SCOPE_ANYWHERE], &count);
		renumber_pattern(a, &a->nodes[i].pattern[SCOPE_TITLE], &count);
	}
	return 0;
}

uint32_t automaton_pattern(const struct automaton *a, uint32_t added)
{
	return a->patterns[added];
}

/* Makes the table of edges, without those from the root over words, and its filter. */
static int index_edges(struct automaton *a)
{
	struct automaton_edges fresh;
	uint32_t slots = EDGE_SLOTS_MIN;

	while (edges_fit(slots) < a->node_count - a->first_count)
		slots *= 2;
	if (automaton_edges_init(&fresh, slots) != 0)
		return -ENOMEM;
	fresh.filter = calloc(slots / FILTER_SLOTS, sizeof(*fresh.filter));
	fresh.filter_shift = 64 - __builtin_ctz(slots / FILTER_SLOTS);
	if (fresh.filter == NULL) {
		automaton_edges_release(&fresh);
		return -ENOMEM;
	}
	for (uint32_t i = a->first_count + 1; i < a->node_count; i++) {
		uint64_t key = edge_key(a->places[i].parent, a->places[i].symbol);
		uint64_t hash = automaton_pair_hash(key);

		*edge_slot(&fresh, key) = (struct automaton_edge){key, i, 0};
		fresh.filter[hash >> fresh.filter_shift] |= automaton_filter_bits(hash);
	}
	automaton_edges_release(&a->edges);
	a->edges = fresh;
	return 0;
}

static bool ends_pattern(const struct automaton_node *n)
{
	return n->pattern[SCOPE_ANYWHERE] != NO_PATTERN || n->pattern[SCOPE_TITLE] != NO_PATTERN;
}

/* A suffix is shorter than its node, so it has a lower number, and its own suffix is already known. */
static void link_suffixes(struct automaton *a, const uint32_t *root_children)
{
	for (uint32_t i = 1; i < a->node_count; i++) {
		struct automaton_node *n = &a->nodes[i];
		uint32_t word = a->places[i].symbol / 2, parent = a->places[i].parent;

		if (is_prefix_symbol(a->places[i].symbol))
			continue;
		if (parent != ROOT) {
			n->suffix = follow_word(a, a->nodes[parent].suffix, word);
			n->suffix = n->suffix == ROOT ? root_children[word] : n->suffix;
		}
		n->report = ends_pattern(n) ? i : a->nodes[n->suffix].report;
	}
}

/* Fills root_children, by word, and the table of words.  A word that begins no longer pattern leads to the root. */
static void fill_words(struct automaton *a, uint32_t *root_children)
{
	for (uint32_t i = 1; i <= a->first_count; i++) {
		const struct automaton_node *n = &a->nodes[i];
		uint32_t word = a->places[i].symbol / 2;
		bool goes_on = n->has_child || n->has_leaf || n->pattern[SCOPE_TITLE] != NO_PATTERN;

		root_children[word] = i;
		a->words.places[word].state = goes_on ? i : ROOT;
		a->words.places[word].pattern = n->pattern[SCOPE_ANYWHERE];
	}
}

int automaton_seal(struct automaton *a)
{
	uint32_t *words = calloc((size_t)lexicon_word_count(a->lexicon) + 1, sizeof(*words));
	uint32_t *order = order_nodes(a), *fresh = new_array(a->node_count, sizeof(*fresh)), *root_children = NULL;
	int ret = words == NULL || order == NULL || fresh == NULL ? -ENOMEM : 0;

	if (ret == 0)
		ret = lexicon_seal(a->lexicon, &a->words, words);
	if (ret == 0)
		ret = renumber_nodes(a, order, fresh, words);
	if (ret == 0)
		ret = renumber_patterns(a);
	if (ret == 0)
		ret = index_edges(a);
	if (ret == 0) {
		root_children = new_array(word_table_places(&a->words), sizeof(*root_children));
		ret = root_children == NULL ? -ENOMEM : 0;
	}
	if (ret == 0) {
		fill_words(a, root_children);
		link_suffixes(a, root_children);
	}
	free(words);
	free(order);
	free(fresh);
	free(root_children);
	free(a->places);
	a->places = NULL;
	free(a->root_children);
	a->root_children = NULL;
	return ret;
}
