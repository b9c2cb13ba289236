/* SPDX-License-Identifier: ISC */
#include "automaton_internal.h"
#include "rule_image.h"

/* The numbers of an automaton that are no arrays. */
struct automaton_head {
	uint64_t seed;
	uint32_t group_count, edge_slots, filter_shift, pattern_count, first_count, unused;
};

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
		.nodes = (struct automaton_node *)image_get(image, IMAGE_NODES, sizeof(*a->nodes), NULL),
		.edges = {.items =
				  (struct automaton_edge *)image_get(image, IMAGE_EDGES, sizeof(*a->edges.items), NULL),
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
