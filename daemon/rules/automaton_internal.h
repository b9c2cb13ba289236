/* SPDX-License-Identifier: ISC */
/* automaton_internal.h: the nodes and edges of an automaton.
 *
 * automaton.c adds patterns to the trie, automaton_seal.c makes the search's form of it, automaton_image.c writes that
 * form to an image and reads it there, and automaton_search.c follows the words of a text. */
#ifndef RULES_AUTOMATON_INTERNAL_H
#define RULES_AUTOMATON_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "automaton.h"
#include "lexicon.h"
#include "sitrep/base/pages.h"
#include "word_table.h"

#define NO_PATTERN AUTOMATON_NO_PATTERN

enum {
	ROOT = 0,
	EDGE_SLOTS_MIN = 16, /* a power of two, like every number of slots */
	SCOPES = SCOPE_TITLE + 1,
	FILTER_SLOTS = 8, /* slots of edges for each number of the filter */
};

struct automaton_node {
	uint32_t pattern[SCOPES]; /* the pattern that ends here, or NO_PATTERN */
	uint32_t suffix;          /* the node of its longest proper suffix */
	uint32_t report;          /* the first of this node and its suffixes at which a pattern ends, or ROOT */
	uint16_t has_leaf;        /* a pattern with a prefix goes on from here */
	uint16_t has_child;       /* a pattern with a whole word goes on from here */
};

/* Where a node stands in the trie; only needed until the automaton is sealed. */
struct automaton_place {
	uint32_t first_child, next_sibling;
	uint32_t parent;
	uint32_t symbol; /* of the edge that leads here */
};

struct automaton_edge {
	uint64_t key;
	uint32_t child; /* ROOT in an empty slot: no edge leads to the root */
	uint32_t unused;
};

/* A hash table with open addressing. */
struct automaton_edges {
	struct automaton_edge *items;
	uint32_t slots, count; /* count is at most edges_fit(slots) */
	uint64_t *filter;      /* struct automaton_filter; NULL until the automaton is sealed */
	int filter_shift;
};

struct automaton {
	struct lexicon *lexicon;
	struct automaton_node *nodes;
	struct automaton_place *places; /* by node; NULL once sealed */
	uint32_t node_count;
	uint32_t node_cap;
	struct automaton_edges edges; /* without those from the root over words */
	uint32_t *root_children;      /* by word of the lexicon; NULL once sealed */
	uint32_t root_child_cap;
	uint32_t pattern_count;
	/* -- since automaton_seal() */
	uint32_t *patterns;      /* the number of a pattern, by the number that automaton_add() gave */
	struct word_table words; /* what begins with each word */
	uint32_t first_count;    /* the root's children over words, which are the nodes from 1 on */
	bool in_image;           /* all arrays lie in an image and are not freed */
};

/* ---- symbols: an edge leads over a word or over a prefix */

static inline uint32_t word_symbol(uint32_t word)
{
	return 2 * word;
}

static inline uint32_t prefix_symbol(uint32_t prefix)
{
	return 2 * prefix + 1;
}

static inline bool is_prefix_symbol(uint32_t symbol)
{
	return (symbol & 1) != 0;
}

/* ---- edges */

static inline uint64_t edge_key(uint32_t node, uint32_t symbol)
{
	return automaton_pair(node, 0) | symbol;
}

/* The slot of the edge, or the empty slot where it belongs. */
static inline struct automaton_edge *edge_slot(const struct automaton_edges *e, uint64_t key)
{
	uint32_t at = (uint32_t)(automaton_pair_hash(key) >> 32) & (e->slots - 1);

	while (e->items[at].child != ROOT && e->items[at].key != key)
		at = (at + 1) & (e->slots - 1);
	return &e->items[at];
}

/* The child of node over symbol, or ROOT. */
static inline uint32_t child_of(const struct automaton *a, uint32_t node, uint32_t symbol)
{
	const struct automaton_edges *e = &a->edges;
	const struct automaton_filter filter = {e->filter, e->filter_shift};
	uint64_t key = edge_key(node, symbol);

	return e->filter == NULL || automaton_filter_has(&filter, key) ? edge_slot(e, key)->child : ROOT;
}

/* The most edges for that many slots: a quarter stays empty, so that a search for an edge that is not there is short.
 */
static inline uint32_t edges_fit(uint32_t slots)
{
	return slots - slots / 4;
}

/* 0 or -ENOMEM. */
int automaton_edges_init(struct automaton_edges *e, uint32_t slots);
void automaton_edges_release(struct automaton_edges *e);

/* ---- nodes */

/* The child over word of node, or of its longest suffix other than the root that has one; else ROOT. */
static inline uint32_t follow_word(const struct automaton *a, uint32_t node, uint32_t word)
{
	while (node != ROOT) {
		uint32_t child = a->nodes[node].has_child ? child_of(a, node, word_symbol(word)) : ROOT;

		if (child != ROOT)
			return child;
		node = node <= a->first_count ? ROOT : a->nodes[node].suffix;
	}
	return ROOT;
}

/* Zeroed memory that is filled soon. */
static inline void *new_array(size_t count, size_t size)
{
	return pages_take(calloc(count, size), count * size);
}

#endif
