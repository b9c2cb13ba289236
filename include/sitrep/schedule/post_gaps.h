/* SPDX-License-Identifier: ISC */
/* post_gaps.h: the gaps between a feed's posts, and whether the present gap is unusually long.
 *
 * A gap is measured in usual hours: an hour in which the feed usually posts twice its average counts as two.  So the
 * quiet nights and weekends of a feed count little.  Posts within POST_GAPS_MOMENT_MS of each other count as one.  Each
 * gap is counted in a bin by its length; a bin's upper end is 1.25 times the one below.  The counts fade as gaps are
 * added, so a feed that changes is learnt anew within some hundred gaps.
 *
 * The present gap is too long when a gap like it is expected less than once a year.  The tail of the feed's own gaps
 * gives that length; it is at least as long as two missed posts.  A feed with n posts a year at random times reaches it
 * after about ln n usual gaps, a feed that posts at fixed times after the second missed post. */
#ifndef SITREP_SCHEDULE_POST_GAPS_H
#define SITREP_SCHEDULE_POST_GAPS_H

#include <stdbool.h>
#include <stdint.h>

struct code;

enum {
	POST_GAPS_BINS = 64,
	/* With fewer gaps than this the next one cannot be predicted. */
	POST_GAPS_LEAST = 6,
};
#define POST_GAPS_MOMENT_MS (INT64_C(10) * 60 * 1000)

struct post_gaps {
	int64_t last_ms; /* the newest post; TIME_NONE: none */
	float open;      /* usual hours since then */
	float counts[POST_GAPS_BINS];
	bool told; /* it was told that the present gap is too long */
};

void post_gaps_init(struct post_gaps *p);
/* Lengthens the present gap: usual_hours have passed without a post. */
void post_gaps_pass(struct post_gaps *p, double usual_hours);
/* Ends the present gap: a post came at at_ms, which is not before the last one. */
void post_gaps_meet(struct post_gaps *p, int64_t at_ms);
/* Drops the present gap: the feed was not watched since the last post. */
void post_gaps_skip(struct post_gaps *p);

/* The usual hours after which the present gap is too long; 0: not known yet. */
double post_gaps_limit(const struct post_gaps *p);
/* The average gap in usual hours; 0: not known yet. */
double post_gaps_usual(const struct post_gaps *p);

/* Writes or reads, as the functions of codec.h; *p is empty (post_gaps_init()) before it is read. */
void post_gaps_code(struct code *c, struct post_gaps *p);

#endif
