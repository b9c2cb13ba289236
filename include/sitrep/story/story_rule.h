/* SPDX-License-Identifier: ISC */
/* story_rule.h: do two texts tell one story?
 *
 * The rule on which stories are joined, alone: two sketches in, a verdict and its reasons out, nothing
 * remembered.  Both sketches have gone through the boilerplate filter before (boilerplate.h).
 *
 * The measure is containment: the part of the shorter text that stands in the other one.  So an excerpt is
 * found in the whole, and a reprint with three added paragraphs too.  Texts that share their words but not their
 * numbers and dates are two issues of one bulletin, and apart.  Short texts whose titles share nearly no words must
 * share 0.7, since a sentence that an outlet prints below all its reports is half of each.  Within one outlet, where
 * look-alikes abound, they must share 0.8. */
#ifndef SITREP_STORY_STORY_RULE_H
#define SITREP_STORY_STORY_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/identity/sketch.h"

/* The rule's parameters.  The defaults were chosen by measurement. */
struct story_params {
	bool near;        /* false: texts are not compared at all */
	bool boilerplate; /* the filter is used, by the callers */
	bool guard;       /* different numbers hold texts apart */

	unsigned frequent; /* a shingle in so many texts is boilerplate */

	/* Containment, 0 to 1, ... */
	double join;    /* from which two outlets tell one story */
	double rewrite; /* ... and long texts whose figures nearly all agree */
	double relate;  /* from which two outlets' texts are related; under nearly the same title they tell one story */
	double little;  /* below which a text has little in common with a story's first report */
	double repeat;  /* from which one outlet's second text is an update */

	/* Similarity of titles (Jaccard), 0 to 1, ... */
	double title;         /* of an update, and of a page with the story it is about */
	double same_title;    /* from which titles are nearly the same */
	uint32_t title_words; /* if they have so many words */
	double other_title;   /* below which titles share nearly no words, */
	double join_other;    /* and two outlets' short texts must share so much to tell one story */
	double weak_title;    /* below which a join is weak, unless much more is shared: */
	double sure;          /* ... so much of a short text */

	/* Share of the numbers of the text that has fewer, ... */
	double numbers;         /* below which texts are held apart */
	double all_numbers;     /* that is nearly all */
	uint32_t numbers_short; /* fewer numbers than this tell nothing, in short texts */
	uint32_t numbers_long;  /* ... and in long ones */

	uint32_t least_words;  /* fewer are not compared */
	uint32_t long_words;   /* both texts have as many, or the two count as short */
	uint32_t shared_short; /* shingles shared at least */
	uint32_t shared_long;
	double roundup; /* a text with so many times the shingles of another contains it, and is no copy */

	int64_t window_ms;
	int64_t own_window_ms; /* within one outlet */
};
extern const struct story_params story_params_default;

enum story_verdict {
	STORY_APART,
	STORY_RELATED, /* perhaps the same event: worth a link, not worth a merge */
	STORY_UPDATE,  /* the same outlet again */
	STORY_REPRINT,
};

enum story_why {
	STORY_WHY_SCORE,     /* the score decided, for or against */
	STORY_WHY_TOO_SHORT, /* too few words, or too few that are not boilerplate */
	STORY_WHY_TOO_OLD,
	STORY_WHY_SHARED,  /* too few shingles shared */
	STORY_WHY_NUMBERS, /* would be alike, but the numbers differ */
	STORY_WHY_TITLE,   /* would be an update, but the titles differ */
};

/* The verdict with its reasons. */
struct story_reasons {
	enum story_verdict verdict;
	enum story_why why;
	double score;        /* 0 to 1: containment */
	double resemblance;  /* 0 to 1: shared shingles among those of either (Jaccard) */
	uint32_t shared, of; /* shingles; of the text that has fewer */
	uint32_t numbers_shared, numbers_of, numbers_placed; /* sketch.h */
	uint32_t written_shared, written_of;                 /* ... */
	double title;                                        /* Jaccard */
	uint32_t title_words;                                /* of the one that has fewer */
	bool is_short;
	bool weak;      /* joined for little more than some words, perhaps a phrase that both outlets print always */
	bool contains;  /* the first text is much longer than the second and contains it */
	bool contained; /* the other way round */
};

/* Compares a with an earlier b; apart_ms is the time between the two, either way. */
struct story_reasons story_compare(const struct story_params *p, const struct sketch *a, const struct sketch *b,
	bool same_source, int64_t apart_ms);

/* The material changes of an outlet's text; all are false after small edits. */
struct story_change {
	bool numbers; /* a number or a date came or went */
	bool title;   /* the titles' words differ in two fifths */
	bool text;    /* a fifth of the shingles is new */
};
/* returned: so many shingles of after may have been in the old text, too, which was stored without them as boilerplate.
 */
struct story_change story_changes(const struct sketch *before, const struct sketch *after, size_t returned);

const char *story_why_name(enum story_why why);

#endif
