/* story_rule.h: whether one item's text is another's, as run by another outlet or told anew.
 *
 * A pure judgement on two signatures.  A signature is an item's sketch (sketch.h) without what is boilerplate at its
 * time (boilerplate.h), sampled down to what is worth keeping of it.  The score is containment: of the shingles of the
 * shorter text, the share that the longer one has as well, so that a lead paragraph is found in the full report.
 * What two texts share in words they must also share in numbers, dates and weekdays: tomorrow's bulletin from the same
 * template is another story. */
#ifndef SITREP_STORY_RULE_H
#define SITREP_STORY_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/arena.h"
#include "sitrep/sketch.h"
#include "sitrep/str.h"

enum {
	/* Of a signature's shingles; and those by which candidates are found. */
	SIGNATURE_SHINGLES_MAX = 512,
	SIGNATURE_PROBES_MAX = 32,
};

struct signature {
	uint32_t tokens;
	unsigned level; /* as in a sketch */
	struct hash_set shingles;
	struct hash_set numbers;
	struct hash_set title;
	int64_t publisher_id;
	int64_t seen_ms;
};

/* [dedup]. */
struct story_policy {
	int64_t window_ms;       /* between outlets */
	int64_t own_window_ms;   /* within one outlet */
	double copy;             /* score from which another outlet's text is a reprint */
	double related;          /* from which a short one is related */
	double update;           /* from which the outlet's own is an update */
	bool near_enabled;       /* near = off: equal texts and links only */
	bool filter_boilerplate; /* both can only be switched off to measure what they are worth */
	bool compare_numbers;
};
extern const struct story_policy story_policy_default;

enum story_relation {
	RELATION_NONE,
	RELATION_RELATED, /* perhaps the same event: told, never joined */
	RELATION_UPDATE,  /* the outlet's own text, gone on */
	RELATION_REPRINT, /* another outlet runs it */
};

/* Why, for people and for links that are kept. */
struct story_judgement {
	enum story_relation relation;
	double score;
	uint32_t shared;  /* shingles in common */
	uint32_t smaller; /* of so many in the shorter text, both sampled alike */
	uint32_t shared_numbers, smaller_numbers;
	double title; /* Jaccard index of the titles' words */
	bool same_publisher;
	const char *reason; /* a literal: what decided */
};

/* item came after other. */
struct story_judgement story_judge(
	const struct story_policy *policy, const struct signature *item, const struct signature *other);

/* What an outlet changed in its text, as far as it is worth telling: none of it is where only words were polished. */
struct story_change {
	bool numbers; /* a number, date or weekday came or went */
	bool title;   /* the titles' words differ in more than a third */
	bool text;    /* a fifth of the shingles is new */
};
struct story_change story_compare_revisions(const struct signature *before, const struct signature *after);

#endif
