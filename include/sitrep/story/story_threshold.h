/* SPDX-License-Identifier: ISC */
/* story_threshold.h: the rule that decides whether two texts tell one story.
 *
 * A pure function: two sketches in, a verdict and its reasons out.  The caller has removed boilerplate from both
 * sketches (boilerplate.h).
 *
 * The score is containment: the share of the shorter text that is in the other one.  So an excerpt is found in the
 * whole, and so is a reprint with three added paragraphs.  Texts that share their words but not their numbers and dates
 * are two issues of one bulletin, and are held apart.  Short texts whose titles share nearly no words need a score of
 * 0.7, since a sentence that an outlet prints below all its reports may be half of each.  Within one outlet, where
 * look-alikes abound, texts need 0.8. */
#ifndef SITREP_STORY_STORY_THRESHOLD_H
#define SITREP_STORY_STORY_THRESHOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/identity/sketch.h"

/* The rule's parameters.  Their defaults were chosen by measurement (docs/stories.md). */
struct story_params {
	bool near;        /* false: texts are not compared at all */
	bool boilerplate; /* callers remove boilerplate */
	bool guard;       /* different numbers hold texts apart */

	unsigned frequent; /* a shingle of this many texts is boilerplate */

	/* Containment, 0 to 1: at least this much ... */
	double join;    /* ... and two outlets' texts tell one story */
	double rewrite; /* ... and two outlets' long texts do, if their figures nearly all agree */
	double relate;  /* ... and two outlets' texts are related; under nearly the same title they tell one story */
	double little;  /* (below this a text has little in common with a story's first report) */
	double repeat;  /* ... and one outlet's second text is an update */

	/* Similarity of titles (Jaccard), 0 to 1. */
	double title;         /* an update, and a roundup and the story it joins, need at least this */
	double same_title;    /* titles are nearly the same from this on, ... */
	uint32_t title_words; /* ... if both have at least so many words */
	double other_title;   /* titles share nearly no words below this: ... */
	double join_other;    /* ... two outlets' short texts then need this containment to tell one story */
	double weak_title;    /* a join is weak below this, ... */
	double sure;          /* ... unless the containment of a short text is at least this */

	/* The share of the numbers of the text with fewer numbers that the other text has too. */
	double numbers;         /* texts are held apart below this */
	double all_numbers;     /* nearly all numbers agree from this on */
	uint32_t numbers_short; /* short texts with fewer numbers are not compared by them */
	uint32_t numbers_long;  /* nor long ones with fewer than this */

	uint32_t least_words;  /* texts with fewer words are not compared */
	uint32_t long_words;   /* texts count as long when both have this many words */
	uint32_t shared_short; /* two texts must share at least so many shingles: short ones */
	uint32_t shared_long;  /* ... and long ones */
	double roundup; /* a text with more than this many times the shingles of another contains it, and is no copy */

	int64_t window_ms;
	int64_t own_window_ms; /* within one outlet */
};
extern const struct story_params story_params_default;

enum story_verdict {
	STORY_APART,
	STORY_RELATED, /* perhaps the same event: linked, not joined */
	STORY_UPDATE,  /* the same outlet again */
	STORY_REPRINT,
};

enum story_why {
	STORY_WHY_SCORE,     /* the score decided, for or against */
	STORY_WHY_TOO_SHORT, /* too few words, or too few that are not boilerplate */
	STORY_WHY_TOO_OLD,
	STORY_WHY_SHARED,  /* too few shingles shared */
	STORY_WHY_NUMBERS, /* the score suffices, but the numbers differ */
	STORY_WHY_TITLE,   /* the score suffices for an update, but the titles differ */
};

/* The verdict with its reasons. */
struct story_reasons {
	enum story_verdict verdict;
	enum story_why why;
	double score;        /* 0 to 1: containment */
	double resemblance;  /* 0 to 1: shared shingles of all shingles of both texts (Jaccard) */
	uint32_t shared, of; /* shared shingles, and all of the text that has fewer */
	uint32_t numbers_shared, numbers_of, numbers_placed; /* sketch.h */
	uint32_t written_shared, written_of;                 /* ... */
	double title;                                        /* Jaccard */
	uint32_t title_words;                                /* of the title that has fewer */
	bool is_short;
	bool weak;      /* joined on little evidence, perhaps a phrase that both outlets always print */
	bool contains;  /* the first text is much longer than the second and contains it */
	bool contained; /* the other way round */
};

/* Compares a with an earlier b; apart_ms is the time between the two, either way. */
struct story_reasons story_compare(const struct story_params *p, const struct sketch *a, const struct sketch *b,
	bool same_source, int64_t apart_ms);

/* The material changes of an outlet's text; all are false after small edits. */
struct story_change {
	bool numbers; /* a number or a date came or went */
	bool title;   /* more than two fifths of the titles' words differ */
	bool text;    /* more than a fifth of the shingles are new */
};
/* returned: the number of shingles of after that may have been in the old text, too, which was stored without them
 * because they were boilerplate. */
struct story_change story_changes(const struct sketch *before, const struct sketch *after, size_t returned);

const char *story_why_name(enum story_why why);

#endif
