/* SPDX-License-Identifier: ISC */
/* rule_near.h: where the operands of NEAR stand in a text.
 *
 * A place is the number of the word at which a pattern ends.  While a text is scanned, the places of the patterns that
 * a NEAR needs are kept, at most PLACES_MAX of them: in a text with more, the last ones count as absent. */
#ifndef RULES_RULE_NEAR_H
#define RULES_RULE_NEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "set_parts.h"

enum { PLACES_MAX = 65536 };

struct rule_span {
	uint32_t first, last; /* words */
};

struct rule_places {
	struct rule_place *items;
	size_t count, cap;
	uint32_t *newest; /* by pattern: the index of its last place + 1; valid while the pattern counts as found */
	struct rule_span *spans; /* room for one evaluation */
	size_t span_cap;
	int failed; /* -ENOMEM since the last rule_places_clear() */
};

/* Room for the places of so many patterns. 0 or -ENOMEM. */
int rule_places_init(struct rule_places *p, size_t patterns);
void rule_places_release(struct rule_places *p);
void rule_places_clear(struct rule_places *p);
/* The pattern ends at the word. again: it was found in this text before. */
void rule_places_add(struct rule_places *p, uint32_t pattern, uint32_t word, bool again);

/* The terms on one side of a NEAR. */
struct rule_side {
	const struct set_term *terms;
	size_t count;
};

/* found: a bit for each pattern. */
static inline bool rule_found_has(const uint64_t *found, uint32_t pattern)
{
	return (found[pattern / 64] >> pattern % 64 & 1) != 0;
}

/* Writes the spans of a side's terms to spans, unless that is NULL; returns how many, at most PLACES_MAX. */
size_t rule_places_list(
	const struct rule_places *p, const uint64_t *found, struct rule_side side, struct rule_span *spans);

/* Do places of both sides meet the condition?  1, 0 or -ENOMEM.  After a 0, *gap is the number of words from the last
 * word of one to the first of the other where they are nearest; UINT32_MAX: nowhere do both stand, in that order. */
int rule_places_near(struct rule_places *p, const uint64_t *found, struct rule_side left, struct rule_side right,
	const struct set_near *near, uint32_t *gap);

#endif
