/* SPDX-License-Identifier: ISC */
/* Aho-Corasick over words.
 *
 * The words of all patterns form a trie whose edges stand in one hash table, keyed by node and word
 * number.  Each node knows the node of its longest proper suffix, so that after a mismatch the search goes
 * on without looking back.  Most words of a text are in no rule; such a word costs one look-up and leads to the root.
 *
 * A prefix can only end a pattern, so it is never a state: it is a leaf under the node of the words before it. Before
 * each step the current node and its suffixes are searched for leaves that the word reaches. Only words that have a
 * prefix in the lexicon cause that search, and it takes at most one look-up for each word of the longest pattern. */
#include <errno.h>
#include <stdlib.h>

#include "automaton.h"
#include "lexicon.h"

#define NO_PATTERN UINT32_MAX

enum {
	ROOT = 0,
	EDGE_SLOTS_MIN = 64, /* a power of two, as all slot counts */
	SCOPES = SCOPE_TITLE + 1,
};

struct node {
	uint32_t pattern[SCOPES]; /* the pattern that ends here, or NO_PATTERN */
	uint32_t suffix;
	uint32_t report; /* the first of this node and its suffixes at which a pattern ends, or ROOT */
	uint32_t first_child, next_sibling;
	uint32_t symbol; /* of the edge that leads here */
	bool has_leaf;   /* a pattern with a prefix goes on from here */
};

struct edge {
	uint64_t key;
	uint32_t child; /* ROOT in an empty slot: no edge leads to the root */
};

struct automaton {
	struct lexicon *lexicon;
	struct node *nodes;
	uint32_t node_count;
	uint32_t node_cap;
	struct edge *edges; /* never more than half full */
	uint32_t edge_slots;
	uint32_t pattern_count;
};

static uint32_t word_symbol(uint32_t word)
{
	return 2 * word;
}

static uint32_t prefix_symbol(uint32_t prefix)
{
	return 2 * prefix + 1;
}

/* ---- edges */

static struct edge *edge_slot(const struct automaton *a, uint32_t node, uint32_t symbol)
{
	uint64_t key = (uint64_t)node << 32 | symbol;
	/* Fibonacci hashing is enough: keys are our own small numbers, not chosen from outside */
	uint64_t hash = key * 0x9E3779B97F4A7C15u;
	uint32_t at = (uint32_t)(hash >> 32) & (a->edge_slots - 1);

	while (a->edges[at].child != ROOT && a->edges[at].key != key)
		at = (at + 1) & (a->edge_slots - 1);
	return &a->edges[at];
}

static uint32_t child_of(const struct automaton *a, uint32_t node, uint32_t symbol)
{
	return edge_slot(a, node, symbol)->child;
}

static void put_edge(struct automaton *a, uint32_t node, uint32_t symbol, uint32_t child)
{
	*edge_slot(a, node, symbol) = (struct edge){(uint64_t)node << 32 | symbol, child};
}

static int grow_edges(struct automaton *a)
{
	struct edge *old = a->edges;
	uint32_t old_slots = a->edge_slots;
	uint32_t slots = old_slots == 0 ? EDGE_SLOTS_MIN : 2 * old_slots;
	struct edge *edges = calloc(slots, sizeof(*edges));

	if (edges == NULL)
		return -ENOMEM;
	a->edges = edges;
	a->edge_slots = slots;
	for (uint32_t i = 0; i < old_slots; i++) {
		if (old[i].child != ROOT)
			put_edge(a, (uint32_t)(old[i].key >> 32), (uint32_t)old[i].key, old[i].child);
	}
	free(old);
	return 0;
}

/* ---- nodes */

static int add_node(struct automaton *a, uint32_t parent, uint32_t symbol, uint32_t *child)
{
	struct node *n;

	if (a->node_count == a->node_cap) {
		uint32_t cap = a->node_cap == 0 ? 64 : 2 * a->node_cap;
		struct node *nodes = reallocarray(a->nodes, cap, sizeof(*nodes));

		if (nodes == NULL)
			return -ENOMEM;
		a->nodes = nodes;
		a->node_cap = cap;
	}
	*child = a->node_count++;
	n = &a->nodes[*child];
	*n = (struct node){.pattern = {NO_PATTERN, NO_PATTERN}, .symbol = symbol};
	if (*child != ROOT) {
		n->next_sibling = a->nodes[parent].first_child;
		a->nodes[parent].first_child = *child;
	}
	return 0;
}

static int enter(struct automaton *a, uint32_t *node, uint32_t symbol)
{
	uint32_t child = child_of(a, *node, symbol);
	int ret;

	if (child == ROOT) {
		if (a->node_count >= a->edge_slots / 2) {
			ret = grow_edges(a);
			if (ret < 0)
				return ret;
		}
		ret = add_node(a, *node, symbol, &child);
		if (ret < 0)
			return ret;
		put_edge(a, *node, symbol, child);
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
	if (a->lexicon == NULL || grow_edges(a) < 0 || add_node(a, ROOT, 0, &root) < 0) {
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
	free(a->nodes);
	free(a->edges);
	free(a);
}

int automaton_add(struct automaton *a, const struct str *words, size_t count, bool prefix, enum automaton_scope scope,
	uint32_t *pattern)
{
	uint32_t node = ROOT;
	uint32_t id;
	int ret = 0;

	for (size_t i = 0; i < count; i++) {
		bool leaf = prefix && i == count - 1;

		ret = leaf ? lexicon_add_prefix(a->lexicon, words[i], &id)
			   : lexicon_add_word(a->lexicon, words[i], &id);
		if (ret < 0)
			return ret;
		if (leaf)
			a->nodes[node].has_leaf = true;
		ret = enter(a, &node, leaf ? prefix_symbol(id) : word_symbol(id));
		if (ret < 0)
			return ret;
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

/* ---- suffixes */

static bool ends_pattern(const struct node *n)
{
	return n->pattern[SCOPE_ANYWHERE] != NO_PATTERN || n->pattern[SCOPE_TITLE] != NO_PATTERN;
}

/* The child over the edge symbol of node, or of its longest suffix with such an edge; else ROOT. */
static uint32_t follow(const struct automaton *a, uint32_t node, uint32_t symbol)
{
	for (;;) {
		uint32_t child = child_of(a, node, symbol);

		if (child != ROOT || node == ROOT)
			return child;
		node = a->nodes[node].suffix;
	}
}

int automaton_seal(struct automaton *a)
{
	uint32_t *queue = calloc(a->node_count, sizeof(*queue));
	uint32_t head = 0, tail = 0;
	int ret;

	if (queue == NULL)
		return -ENOMEM;
	ret = lexicon_seal(a->lexicon);
	/* breadth first: a suffix is shorter than its node, so its own suffix is already known */
	for (queue[tail++] = ROOT; ret == 0 && head < tail; head++) {
		uint32_t parent = queue[head];

		for (uint32_t i = a->nodes[parent].first_child; i != ROOT; i = a->nodes[i].next_sibling) {
			struct node *n = &a->nodes[i];
			bool leaf = (n->symbol & 1) != 0;

			if (leaf)
				continue;
			n->suffix = parent == ROOT ? ROOT : follow(a, a->nodes[parent].suffix, n->symbol);
			n->report = ends_pattern(n) ? i : a->nodes[n->suffix].report;
			queue[tail++] = i;
		}
	}
	free(queue);
	return ret;
}

/* ---- the search */

static void report(const struct node *n, bool in_title, automaton_hit_fn *hit, void *arg)
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
			report(&a->nodes[leaf], in_title, hit, arg);
		if (node == ROOT)
			return;
	}
}

void automaton_step(
	const struct automaton *a, uint32_t *state, struct str word, bool in_title, automaton_hit_fn *hit, void *arg)
{
	uint32_t prefix, id;

	for (prefix = lexicon_longest_prefix(a->lexicon, word); prefix != LEXICON_NONE;
		prefix = lexicon_shorter_prefix(a->lexicon, prefix))
		report_leaves(a, *state, prefix_symbol(prefix), in_title, hit, arg);
	id = lexicon_find(a->lexicon, word);
	if (id == LEXICON_NONE) {
		*state = ROOT;
		return;
	}
	*state = follow(a, *state, word_symbol(id));
	for (uint32_t n = a->nodes[*state].report; n != ROOT; n = a->nodes[a->nodes[n].suffix].report)
		report(&a->nodes[n], in_title, hit, arg);
}
