/* story_rule.h: do two texts tell one story?
 *
 * The rule on which stories are joined, alone: two sketches in, a verdict and its reasons out, nothing
 * remembered.  Both sketches have gone through the boilerplate filter before (boilerplate.h).
 *
 * Measured is containment: how much of the text that has less to say stands in the other one.  So an excerpt is
 * found in the whole, and a reprint with three added paragraphs too.  Texts that share their words but not their
 * numbers and dates are two issues of one bulletin, and apart.  Short texts whose titles share nearly nothing need far
 * more, since a sentence that a house prints below all its reports is half of each.  Within one outlet, where
 * look-alikes abound, much more is asked for. */
#ifndef SITREP_STORY_STORY_RULE_H
#define SITREP_STORY_STORY_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/identity/sketch.h"

/* What the rule turns on.  The defaults were chosen by measurement. */
struct story_params {
	bool near;        /* false: texts are not compared at all */
	bool boilerplate; /* the filter; used by those who call */
	bool guard;       /* of numbers */

	unsigned frequent; /* a shingle in so many texts is boilerplate */

	/* Containment, 0 to 1, ... */
	double join;    /* from which two outlets tell one story */
	double rewrite; /* ... long texts of which nearly all numbers agree */
	double relate;  /* from which short texts may, and do under nearly the same title */
	double little;  /* below which a text has little in common with a story's first report */
	double repeat;  /* from which one outlet's second text is an update */

	/* Similarity of titles (Jaccard), 0 to 1, ... */
	double title;         /* of an update, and of a page with the story it is about */
	double same_title;    /* from which titles are nearly the same */
	uint32_t title_words; /* if they have so many words */
	double other_title;   /* below which titles share nearly nothing, */
	double join_other;    /* and two outlets' short texts must share so much to tell one story */
	double weak_title;    /* below which a join needs more to speak for it, */
	double sure;          /* such as so much of a short text */

	/* Share of the numbers of the text that has fewer, ... */
	double numbers;         /* below which texts are held apart */
	double all_numbers;     /* that is nearly all */
	uint32_t numbers_short; /* fewer numbers than this tell nothing, in short texts */
	uint32_t numbers_long;  /* ... and in long ones */

	uint32_t least_words;  /* fewer are not compared */
	uint32_t long_words;   /* both texts have as many, or the two count as short */
	uint32_t shared_short; /* shingles shared at least */
	uint32_t shared_long;
	double roundup; /* a text so many times longer contains another rather than copies it */

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
	STORY_EXPLAIN_SCORE,     /* the score decided, for or against */
	STORY_EXPLAIN_TOO_SHORT, /* too few words, or too few that are not boilerplate */
	STORY_EXPLAIN_TOO_OLD,
	STORY_EXPLAIN_SHARED,  /* too few shingles shared */
	STORY_EXPLAIN_NUMBERS, /* would be alike, but the numbers differ */
	STORY_EXPLAIN_TITLE,   /* would be an update, but the titles differ */
};

/* What was seen, for whoever asks why. */
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
	bool weak;      /* joined for little more than some words: perhaps a phrase of both houses */
	bool contains;  /* the first text is much longer than the second and contains it */
	bool contained; /* the other way round */
};

/* Compares a with an earlier b; apart_ms is the time between the two, either way. */
struct story_reasons story_compare(const struct story_params *p, const struct sketch *a, const struct sketch *b,
	bool same_source, int64_t apart_ms);

/* What an outlet changed in its text, as far as it is worth telling: none of it is where only words were polished. */
struct story_change {
	bool numbers; /* a number or a date came or went */
	bool title;   /* the titles' words differ in two fifths */
	bool text;    /* a fifth of the shingles is new */
};
/* returned: of the new text's shingles so many may be of the old one, which was kept without them as boilerplate. */
struct story_change story_changes(const struct sketch *before, const struct sketch *after, size_t returned);

const char *story_why_name(enum story_why why);

#endif
