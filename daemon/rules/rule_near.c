/* SPDX-License-Identifier: ISC */
#include "rule_near.h"

#include <errno.h>
#include <stdlib.h>

struct rule_place {
	uint32_t word;
	uint32_t older; /* the index of the pattern's place before this one + 1; 0: none */
};

int rule_places_init(struct rule_places *p, size_t patterns)
{
	p->newest = calloc(patterns + 1, sizeof(*p->newest));
	return p->newest == NULL ? -ENOMEM : 0;
}

void rule_places_release(struct rule_places *p)
{
	free(p->items);
	free(p->newest);
	free(p->spans);
}

void rule_places_clear(struct rule_places *p)
{
	p->count = 0;
	p->failed = 0;
}

void rule_places_add(struct rule_places *p, uint32_t pattern, uint32_t word, bool again)
{
	uint32_t older = again ? p->newest[pattern] : 0;

	/* a word is fed once for each of its forms */
	if (older != 0 && p->items[older - 1].word == word)
		return;
	if (!again)
		p->newest[pattern] = 0;
	if (p->count == PLACES_MAX || p->failed != 0)
		return;
	if (p->count == p->cap) {
		size_t cap = p->cap == 0 ? 256 : 2 * p->cap;
		struct rule_place *items = reallocarray(p->items, cap, sizeof(*items));

		if (items == NULL) {
			p->failed = -ENOMEM;
			return;
		}
		p->items = items;
		p->cap = cap;
	}
	p->items[p->count++] = (struct rule_place){word, older};
	p->newest[pattern] = (uint32_t)p->count;
}

static int by_last(const void *a, const void *b)
{
	const struct rule_span *left = a, *right = b;

	return (left->last > right->last) - (left->last < right->last);
}

static int by_first(const void *a, const void *b)
{
	const struct rule_span *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

size_t rule_places_list(
	const struct rule_places *p, const uint64_t *found, struct rule_side side, struct rule_span *spans)
{
	size_t count = 0;

	for (size_t i = 0; i < side.count; i++) {
		const struct set_term *t = &side.terms[i];
		uint32_t length = (uint32_t)t->word_count - 1;

		if (!rule_found_has(found, t->pattern))
			continue;
		for (uint32_t at = p->newest[t->pattern]; at != 0 && count < PLACES_MAX; at = p->items[at - 1].older) {
			uint32_t last = p->items[at - 1].word;

			if (spans != NULL)
				spans[count] = (struct rule_span){last - length, last};
			count++;
		}
	}
	return count;
}

/* The least number of words from the end of one of former, sorted by last, to the begin of one of latter, sorted by
 * first; the search ends with one that is at most enough. */
static uint32_t nearest(const struct rule_span *former, size_t former_count, const struct rule_span *latter,
	size_t latter_count, uint32_t enough)
{
	uint32_t least = UINT32_MAX;
	size_t next = 0;

	for (size_t i = 0; i < latter_count && least > enough; i++) {
		while (next < former_count && former[next].last < latter[i].first)
			next++;
		/* of those that end before it, the last one is the nearest */
		if (next > 0 && latter[i].first - former[next - 1].last < least)
			least = latter[i].first - former[next - 1].last;
	}
	return least;
}

int rule_places_near(struct rule_places *p, const uint64_t *found, struct rule_side left, struct rule_side right,
	const struct set_near *near, uint32_t *gap)
{
	size_t left_count = rule_places_list(p, found, left, NULL);
	size_t right_count = rule_places_list(p, found, right, NULL);
	struct rule_span *spans;
	uint32_t other;

	*gap = UINT32_MAX;
	if (left_count == 0 || right_count == 0)
		return 0;
	if (left_count + right_count > p->span_cap) {
		spans = reallocarray(p->spans, left_count + right_count, sizeof(*spans));
		if (spans == NULL)
			return -ENOMEM;
		p->spans = spans;
		p->span_cap = left_count + right_count;
	}
	spans = p->spans;
	rule_places_list(p, found, left, spans);
	rule_places_list(p, found, right, spans + left_count);
	qsort(spans, left_count, sizeof(*spans), by_last);
	qsort(spans + left_count, right_count, sizeof(*spans), by_first);
	*gap = nearest(spans, left_count, spans + left_count, right_count, near->words);
	if (*gap > near->words && !near->ordered) {
		qsort(spans, left_count, sizeof(*spans), by_first);
		qsort(spans + left_count, right_count, sizeof(*spans), by_last);
		other = nearest(spans + left_count, right_count, spans, left_count, near->words);
		*gap = other < *gap ? other : *gap;
	}
	return *gap <= near->words;
}
