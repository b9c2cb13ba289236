/* SPDX-License-Identifier: ISC */
/* Aho-Corasick over words.
 *
 * The words of all patterns form a trie whose edges stand in one hash table, keyed by node and word number.  Each
 * node has a link to the node of its longest proper suffix, so that the search continues there after a mismatch and
 * never goes back in the text.
 *
 * Most words of a text are in no rule, and most others begin a phrase that does not go on.  So the root's children are
 * not among the edges: the table of words (word_table.h) tells what begins with a word.  And a filter of two bits
 * an edge tells first that a phrase does not go on.  Nodes are numbered breadth first when the automaton is sealed: the
 * root's children come before all others, and a state among them has the root alone behind it.
 *
 * A prefix can only end a pattern, so it is never a state: it is a leaf under the node of the words before it. Before
 * each step the current node and its suffixes are searched for leaves that the word reaches. Only words that have a
 * prefix in the lexicon cause that search, and it takes at most one look-up for each word of the longest pattern. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "automaton.h"
#include "lexicon.h"
#include "rule_image.h"
#include "sitrep/base/pages.h"

#define NO_PATTERN AUTOMATON_NO_PATTERN

enum {
	ROOT = 0,
	EDGE_SLOTS_MIN = 16, /* a power of two, as all slot counts */
	NODES_MIN = 4,
	/* Fewer patterns are not worth a reservation.  For more nodes it would be too much, since words may be the same
	 * as others. */
	PATTERNS_MANY = 1024,
	NODES_RESERVED = 600000,
	SCOPES = SCOPE_TITLE + 1,
	FILTER_SLOTS = 8, /* for so many slots of edges the filter has a number of 64 bits */
};

struct node {
	uint32_t pattern[SCOPES]; /* the pattern that ends here, or NO_PATTERN */
	uint32_t suffix;
	uint32_t report;    /* the first of this node and its suffixes at which a pattern ends, or ROOT */
	uint16_t has_leaf;  /* a pattern with a prefix goes on from here */
	uint16_t has_child; /* a pattern with a whole word goes on from here */
};

/* Where a node stands in the trie; only needed until the automaton is sealed. */
struct place {
	uint32_t first_child, next_sibling;
	uint32_t parent;
	uint32_t symbol; /* of the edge that leads here */
};

struct edge {
	uint64_t key;
	uint32_t child; /* ROOT in an empty slot: no edge leads to the root */
	uint32_t unused;
};

struct edges {
	struct edge *items; /* never fuller than room_of() */
	uint32_t slots, count;
	uint64_t *filter; /* struct automaton_filter; NULL until the automaton is sealed */
	int filter_shift;
};

struct automaton {
	struct lexicon *lexicon;
	struct node *nodes;
	struct place *places; /* by node; NULL once sealed */
	uint32_t node_count;
	uint32_t node_cap;
	struct edges edges;      /* but for those from the root over words */
	uint32_t *root_children; /* by word of the lexicon; NULL once sealed */
	uint32_t root_child_cap;
	uint32_t pattern_count;
	uint32_t *patterns;      /* by the number when it was added: the number since automaton_seal() */
	struct word_table words; /* since automaton_seal() */
	uint32_t first_count;    /* the root's children over words: the nodes from 1 on; since then, too */
	bool in_image;           /* all arrays are */
};

/* The numbers of an automaton that are no arrays, for the image. */
struct automaton_head {
	uint64_t seed;
	uint32_t group_count, edge_slots, filter_shift, pattern_count, first_count, unused;
};

static uint32_t word_symbol(uint32_t word)
{
	return 2 * word;
}

static uint32_t prefix_symbol(uint32_t prefix)
{
	return 2 * prefix + 1;
}

/* Zeroed memory that is filled soon. */
static void *new_array(size_t count, size_t size)
{
	return pages_take(calloc(count, size), count * size);
}

/* ---- edges */

static uint64_t edge_key(uint32_t node, uint32_t symbol)
{
	return automaton_pair(node, 0) | symbol;
}

static bool may_have_edge(const struct edges *e, uint64_t key)
{
	return automaton_filter_has(&(struct automaton_filter){e->filter, e->filter_shift}, key);
}

static struct edge *edge_slot(const struct edges *e, uint64_t key)
{
	uint32_t at = (uint32_t)(automaton_pair_hash(key) >> 32) & (e->slots - 1);

	while (e->items[at].child != ROOT && e->items[at].key != key)
		at = (at + 1) & (e->slots - 1);
	return &e->items[at];
}

static uint32_t child_of(const struct automaton *a, uint32_t node, uint32_t symbol)
{
	const struct edges *e = &a->edges;
	uint64_t key = edge_key(node, symbol);

	return e->filter == NULL || may_have_edge(e, key) ? edge_slot(e, key)->child : ROOT;
}

/* So many edges stand in so many slots. */
static uint32_t room_of(uint32_t slots)
{
	return slots - slots / 4;
}

static int init_edges(struct edges *e, uint32_t slots)
{
	*e = (struct edges){.items = new_array(slots, sizeof(*e->items)), .slots = slots};
	return e->items == NULL ? -ENOMEM : 0;
}

static void release_edges(struct edges *e)
{
	free(e->items);
	free(e->filter);
}

static int grow_edges(struct edges *e)
{
	struct edges grown;

	if (init_edges(&grown, 2 * e->slots) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->slots; i++)
		if (e->items[i].child != ROOT)
			*edge_slot(&grown, e->items[i].key) = e->items[i];
	grown.count = e->count;
	release_edges(e);
	*e = grown;
	return 0;
}

/* ---- nodes */

static int grow_nodes(struct automaton *a, uint32_t cap)
{
	struct node *nodes = reallocarray(a->nodes, cap, sizeof(*nodes));
	struct place *places = reallocarray(a->places, cap, sizeof(*places));

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
	a->nodes[*child] = (struct node){.pattern = {NO_PATTERN, NO_PATTERN}};
	a->places[*child] = (struct place){.symbol = symbol, .parent = parent};
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
	const struct node *from = &a->nodes[*node];
	bool has_any = from->has_child || from->has_leaf;
	uint32_t child = has_any ? child_of(a, *node, symbol) : ROOT;

	if (child == ROOT) {
		if (a->edges.count >= room_of(a->edges.slots) && grow_edges(&a->edges) < 0)
			return -ENOMEM;
		if (add_node(a, *node, symbol, &child) < 0)
			return -ENOMEM;
		*edge_slot(&a->edges, edge_key(*node, symbol)) = (struct edge){edge_key(*node, symbol), child, 0};
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
	if (a->lexicon == NULL || init_edges(&a->edges, EDGE_SLOTS_MIN) < 0 || add_node(a, ROOT, 0, &root) < 0) {
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
		release_edges(&a->edges);
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
	/* about as many words are different as there are patterns */
	return lexicon_reserve(
		a->lexicon, lexicon_word_count(a->lexicon) + (patterns < nodes ? (uint32_t)patterns : nodes));
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

/* ---- sealing */

/* The order of the nodes breadth first, the root's children over words before those over prefixes. */
static uint32_t *order_nodes(struct automaton *a)
{
	uint32_t *order = new_array(a->node_count, sizeof(*order));
	uint32_t tail = 1;

	if (order == NULL)
		return NULL;
	for (uint32_t i = a->places[ROOT].first_child; i != ROOT; i = a->places[i].next_sibling)
		if ((a->places[i].symbol & 1) == 0)
			order[tail++] = i;
	a->first_count = tail - 1;
	for (uint32_t i = a->places[ROOT].first_child; i != ROOT; i = a->places[i].next_sibling)
		if ((a->places[i].symbol & 1) != 0)
			order[tail++] = i;
	for (uint32_t head = 1; head < tail; head++)
		for (uint32_t i = a->places[order[head]].first_child; i != ROOT; i = a->places[i].next_sibling)
			order[tail++] = i;
	return order;
}

/* Gives each node its new number, and each edge and place the new number of its word. */
static int renumber_nodes(struct automaton *a, const uint32_t *order, uint32_t *fresh, const uint32_t *words)
{
	struct node *nodes = new_array(a->node_count, sizeof(*nodes));
	struct place *places = new_array(a->node_count, sizeof(*places));

	if (nodes == NULL || places == NULL) {
		free(nodes);
		free(places);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < a->node_count; i++)
		fresh[order[i]] = i;
	for (uint32_t i = 0; i < a->node_count; i++) {
		const struct place *from = &a->places[order[i]];
		bool leaf = (from->symbol & 1) != 0;

		nodes[i] = a->nodes[order[i]];
		places[i] = (struct place){.parent = fresh[from->parent],
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

/* The edges of the sealed automaton: all but those from the root over a word. */
static int renew_edges(struct automaton *a)
{
	struct edges fresh;
	uint32_t slots = EDGE_SLOTS_MIN;

	while (room_of(slots) < a->node_count - a->first_count)
		slots *= 2;
	if (init_edges(&fresh, slots) != 0)
		return -ENOMEM;
	fresh.filter = calloc(slots / FILTER_SLOTS, sizeof(*fresh.filter));
	fresh.filter_shift = 64 - __builtin_ctz(slots / FILTER_SLOTS);
	if (fresh.filter == NULL) {
		release_edges(&fresh);
		return -ENOMEM;
	}
	for (uint32_t i = a->first_count + 1; i < a->node_count; i++) {
		uint64_t key = edge_key(a->places[i].parent, a->places[i].symbol);
		uint64_t hash = automaton_pair_hash(key);

		*edge_slot(&fresh, key) = (struct edge){key, i, 0};
		fresh.filter[hash >> fresh.filter_shift] |= automaton_filter_bits(hash);
	}
	release_edges(&a->edges);
	a->edges = fresh;
	return 0;
}

static bool ends_pattern(const struct node *n)
{
	return n->pattern[SCOPE_ANYWHERE] != NO_PATTERN || n->pattern[SCOPE_TITLE] != NO_PATTERN;
}

/* The child over the word of node, or of its longest suffix with such an edge but the root; else ROOT. */
static uint32_t follow(const struct automaton *a, uint32_t node, uint32_t word)
{
	while (node != ROOT) {
		uint32_t child = a->nodes[node].has_child ? child_of(a, node, word_symbol(word)) : ROOT;

		if (child != ROOT)
			return child;
		node = node <= a->first_count ? ROOT : a->nodes[node].suffix;
	}
	return ROOT;
}

/* A suffix is shorter than its node, so it has a lower number, and its own suffix is already known.  firsts: the root's
 * child over each word. */
static void link_suffixes(struct automaton *a, const uint32_t *firsts)
{
	for (uint32_t i = 1; i < a->node_count; i++) {
		struct node *n = &a->nodes[i];
		uint32_t word = a->places[i].symbol / 2, parent = a->places[i].parent;

		if ((a->places[i].symbol & 1) != 0)
			continue;
		if (parent != ROOT) {
			n->suffix = follow(a, a->nodes[parent].suffix, word);
			n->suffix = n->suffix == ROOT ? firsts[word] : n->suffix;
		}
		n->report = ends_pattern(n) ? i : a->nodes[n->suffix].report;
	}
}

/* A word with nothing behind it leaves the automaton at the root. */
static void fill_words(struct automaton *a, uint32_t *firsts)
{
	for (uint32_t i = 1; i <= a->first_count; i++) {
		const struct node *n = &a->nodes[i];
		uint32_t word = a->places[i].symbol / 2;
		bool goes_on = n->has_child || n->has_leaf || n->pattern[SCOPE_TITLE] != NO_PATTERN;

		firsts[word] = i;
		a->words.places[word].state = goes_on ? i : ROOT;
		a->words.places[word].pattern = n->pattern[SCOPE_ANYWHERE];
	}
}

int automaton_seal(struct automaton *a)
{
	uint32_t *words = calloc((size_t)lexicon_word_count(a->lexicon) + 1, sizeof(*words));
	uint32_t *order = order_nodes(a), *fresh = new_array(a->node_count, sizeof(*fresh)), *firsts = NULL;
	int ret = words == NULL || order == NULL || fresh == NULL ? -ENOMEM : 0;

	if (ret == 0)
		ret = lexicon_seal(a->lexicon, &a->words, words);
	if (ret == 0)
		ret = renumber_nodes(a, order, fresh, words);
	if (ret == 0)
		ret = renumber_patterns(a);
	if (ret == 0)
		ret = renew_edges(a);
	if (ret == 0) {
		firsts = new_array(word_table_places(&a->words), sizeof(*firsts));
		ret = firsts == NULL ? -ENOMEM : 0;
	}
	if (ret == 0) {
		fill_words(a, firsts);
		link_suffixes(a, firsts);
	}
	free(words);
	free(order);
	free(fresh);
	free(firsts);
	free(a->places);
	a->places = NULL;
	free(a->root_children);
	a->root_children = NULL;
	return ret;
}

/* ---- the image */

size_t automaton_bytes(const struct automaton *a)
{
	return word_table_places(&a->words) * sizeof(*a->words.places) +
	       a->words.group_count * sizeof(*a->words.groups) + a->node_count * sizeof(*a->nodes) +
	       a->edges.slots * (sizeof(*a->edges.items) + sizeof(*a->edges.filter) / FILTER_SLOTS);
}

void automaton_write(const struct automaton *a, struct buf *image)
{
	const struct automaton_head head = {.seed = a->words.seed,
		.group_count = a->words.group_count,
		.edge_slots = a->edges.slots,
		.filter_shift = (uint32_t)a->edges.filter_shift,
		.pattern_count = a->pattern_count,
		.first_count = a->first_count};

	image_put(image, IMAGE_AUTOMATON, &head, 1, sizeof(head));
	image_put(image, IMAGE_WORD_GROUPS, a->words.groups, a->words.group_count, sizeof(*a->words.groups));
	image_put(image, IMAGE_WORD_PLACES, a->words.places, word_table_places(&a->words), sizeof(*a->words.places));
	image_put(image, IMAGE_NODES, a->nodes, a->node_count, sizeof(*a->nodes));
	image_put(image, IMAGE_EDGES, a->edges.items, a->edges.slots, sizeof(*a->edges.items));
	image_put(image, IMAGE_EDGE_FILTER, a->edges.filter, a->edges.slots / FILTER_SLOTS, sizeof(*a->edges.filter));
	lexicon_write(a->lexicon, image);
}

struct automaton *automaton_open(struct str image)
{
	const struct automaton_head *head = image_get(image, IMAGE_AUTOMATON, sizeof(*head), NULL);
	struct automaton *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	*a = (struct automaton){.lexicon = lexicon_open(image),
		.nodes = (struct node *)image_get(image, IMAGE_NODES, sizeof(*a->nodes), NULL),
		.edges = {.items = (struct edge *)image_get(image, IMAGE_EDGES, sizeof(*a->edges.items), NULL),
			.slots = head->edge_slots,
			.filter = (uint64_t *)image_get(image, IMAGE_EDGE_FILTER, sizeof(*a->edges.filter), NULL),
			.filter_shift = (int)head->filter_shift},
		.words = {.seed = head->seed,
			.groups = (uint64_t *)image_get(image, IMAGE_WORD_GROUPS, sizeof(*a->words.groups), NULL),
			.places = (struct word_place *)image_get(
				image, IMAGE_WORD_PLACES, sizeof(*a->words.places), NULL),
			.group_count = head->group_count},
		.pattern_count = head->pattern_count,
		.first_count = head->first_count,
		.in_image = true};
	if (a->lexicon == NULL) {
		automaton_free(a);
		return NULL;
	}
	return a;
}

/* ---- the search */

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
	node = *state == ROOT ? ROOT : follow(a, *state, word->number);
	if (node != ROOT) {
		*state = node;
		for (uint32_t n = a->nodes[node].report; n != ROOT; n = a->nodes[a->nodes[n].suffix].report)
			report(&a->nodes[n], in_title, hit, arg);
		return;
	}
	place = &a->words.places[word->number];
	*state = place->state;
	if (place->pattern != NO_PATTERN)
		hit(arg, place->pattern);
	if (in_title && place->state != ROOT && a->nodes[place->state].pattern[SCOPE_TITLE] != NO_PATTERN)
		hit(arg, a->nodes[place->state].pattern[SCOPE_TITLE]);
}
