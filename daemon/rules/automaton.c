/* SPDX-License-Identifier: ISC */
/* The words of all patterns form a trie whose edges stand in one hash table, keyed by node and symbol.  A symbol is a
 * word or a prefix.
 *
 * Most words of a text are in no rule, and most others begin a phrase that does not go on.  So the edges from the root
 * over words are not in that table: until the automaton is sealed an array has them, then the table of words
 * (word_table.h).
 *
 * A prefix can only be the last word of a pattern, so its node is a leaf, which the search never stays at. */
#include <errno.h>
#include <string.h>

#include "automaton_internal.h"

enum {
	NODES_MIN = 4,
	/* Fewer patterns are not worth a reservation. */
	PATTERNS_MANY = 1024,
	/* The most nodes that are reserved: patterns share words, so the nodes are fewer than the words. */
	NODES_RESERVED = 600000,
};

/* ---- edges */

int automaton_edges_init(struct automaton_edges *e, uint32_t slots)
{
	*e = (struct automaton_edges){.items = new_array(slots, sizeof(*e->items)), .slots = slots};
	return e->items == NULL ? -ENOMEM : 0;
}

void automaton_edges_release(struct automaton_edges *e)
{
	free(e->items);
	free(e->filter);
}

static int grow_edges(struct automaton_edges *e)
{
	struct automaton_edges grown;

	if (automaton_edges_init(&grown, 2 * e->slots) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->slots; i++)
		if (e->items[i].child != ROOT)
			*edge_slot(&grown, e->items[i].key) = e->items[i];
	grown.count = e->count;
	automaton_edges_release(e);
	*e = grown;
	return 0;
}

/* ---- nodes */

static int grow_nodes(struct automaton *a, uint32_t cap)
{
	struct automaton_node *nodes = reallocarray(a->nodes, cap, sizeof(*nodes));
	struct automaton_place *places = reallocarray(a->places, cap, sizeof(*places));

	a->nodes = nodes != NULL ? nodes : a->nodes;
	a->places = places != NULL ? places : a->places;
	if (nodes == NULL || places == NULL)
		return -ENOMEM;
	pages_take(nodes + a->node_count, (cap - a->node_count) * sizeof(*nodes));
	pages_take(places + a->node_count, (cap - a->node_count) * sizeof(*places));
	a->node_cap = cap;
	return 0;
}

static int add_node(struct automaton *a, uint32_t parent, uint32_t symbol, uint32_t *child)
{
	if (a->node_count == a->node_cap && grow_nodes(a, a->node_cap == 0 ? NODES_MIN : 2 * a->node_cap) < 0)
		return -ENOMEM;
	*child = a->node_count++;
	a->nodes[*child] = (struct automaton_node){.pattern = {NO_PATTERN, NO_PATTERN}};
	a->places[*child] = (struct automaton_place){.symbol = symbol, .parent = parent};
	if (*child != ROOT) {
		a->places[*child].next_sibling = a->places[parent].first_child;
		a->places[parent].first_child = *child;
	}
	return 0;
}

static int grow_root_children(struct automaton *a, uint32_t cap)
{
	uint32_t *grown = reallocarray(a->root_children, cap, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	memset(pages_take(grown + a->root_child_cap, (cap - a->root_child_cap) * sizeof(*grown)), 0,
		(cap - a->root_child_cap) * sizeof(*grown));
	a->root_children = grown;
	a->root_child_cap = cap;
	return 0;
}

static int enter_word_of_root(struct automaton *a, uint32_t *node, uint32_t word)
{
	uint32_t cap = a->root_child_cap == 0 ? NODES_MIN : a->root_child_cap;

	while (cap <= word)
		cap *= 2;
	if (cap > a->root_child_cap && grow_root_children(a, cap) < 0)
		return -ENOMEM;
	if (a->root_children[word] == ROOT) {
		uint32_t child;

		if (add_node(a, ROOT, word_symbol(word), &child) < 0)
			return -ENOMEM;
		a->root_children[word] = child;
	}
	*node = a->root_children[word];
	return 0;
}

static int enter(struct automaton *a, uint32_t *node, uint32_t symbol)
{
	const struct automaton_node *from = &a->nodes[*node];
	bool has_any = from->has_child || from->has_leaf;
	uint32_t child = has_any ? child_of(a, *node, symbol) : ROOT;

	if (child == ROOT) {
		if (a->edges.count >= edges_fit(a->edges.slots) && grow_edges(&a->edges) < 0)
			return -ENOMEM;
		if (add_node(a, *node, symbol, &child) < 0)
			return -ENOMEM;
		*edge_slot(&a->edges, edge_key(*node, symbol)) =
			(struct automaton_edge){edge_key(*node, symbol), child, 0};
		a->edges.count++;
	}
	*node = child;
	return 0;
}

struct automaton *automaton_new(void)
{
	struct automaton *a = calloc(1, sizeof(*a));
	uint32_t root;

	if (a == NULL)
		return NULL;
	a->lexicon = lexicon_new();
	if (a->lexicon == NULL || automaton_edges_init(&a->edges, EDGE_SLOTS_MIN) < 0 ||
		add_node(a, ROOT, 0, &root) < 0) {
		automaton_free(a);
		return NULL;
	}
	return a;
}

void automaton_free(struct automaton *a)
{
	if (a == NULL)
		return;
	lexicon_free(a->lexicon);
	free(a->patterns);
	if (!a->in_image) {
		free(a->nodes);
		free(a->places);
		free(a->root_children);
		automaton_edges_release(&a->edges);
		word_table_release(&a->words);
	}
	free(a);
}

int automaton_reserve(struct automaton *a, size_t patterns, size_t words)
{
	uint32_t nodes = words < NODES_RESERVED ? (uint32_t)words : NODES_RESERVED;

	if (patterns < PATTERNS_MANY)
		return 0;
	if (a->node_cap - a->node_count < nodes && grow_nodes(a, a->node_count + nodes) < 0)
		return -ENOMEM;
	return lexicon_reserve(a->lexicon, lexicon_word_count(a->lexicon) + nodes);
}

void automaton_prefetch(const struct automaton *a, const struct str *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		lexicon_prefetch(a->lexicon, words[i]);
}

int automaton_add(struct automaton *a, const struct str *words, size_t count, bool prefix, enum automaton_scope scope,
	uint32_t *pattern)
{
	uint32_t node = ROOT, from;
	uint32_t id;
	int ret = 0;

	for (size_t i = 0; i < count; i++) {
		bool leaf = prefix && i == count - 1;

		ret = leaf ? lexicon_add_prefix(a->lexicon, words[i], &id)
			   : lexicon_add_word(a->lexicon, words[i], &id);
		if (ret < 0)
			return ret;
		from = node;
		if (leaf || node != ROOT)
			ret = enter(a, &node, leaf ? prefix_symbol(id) : word_symbol(id));
		else
			ret = enter_word_of_root(a, &node, id);
		if (ret < 0)
			return ret;
		if (leaf)
			a->nodes[from].has_leaf = true;
		else
			a->nodes[from].has_child = true;
	}
	if (a->nodes[node].pattern[scope] == NO_PATTERN)
		a->nodes[node].pattern[scope] = a->pattern_count++;
	*pattern = a->nodes[node].pattern[scope];
	return 0;
}

size_t automaton_pattern_count(const struct automaton *a)
{
	return a->pattern_count;
}
