/* SPDX-License-Identifier: ISC */
/* pauses.h: the pauses between a feed's posts, and the pause that they do not explain.
 *
 * A pause is measured in usual hours: an hour in which the feed usually posts twice as much as on average counts for
 * two, so that nights and weekends of a feed that rests then are short.  Posts within PAUSES_MOMENT_MS of each other
 * came together and count once.  The lengths are counted in steps of a quarter; the counts fade as pauses are added, so
 * that a feed that changes is learnt anew within some hundred.
 *
 * A pause is too long when one like it is to be expected less than once a year.  That follows from the tail of the
 * feed's own pauses, and it is never before the second post in a row is missed.  For n posts at random a year it is
 * after about ln n usual pauses, for posts at fixed times after the second missed one. */
#ifndef SITREP_SCHEDULE_PAUSES_H
#define SITREP_SCHEDULE_PAUSES_H

#include <stdbool.h>
#include <stdint.h>

struct code;

enum {
	PAUSES_BINS = 64,
	/* Fewer pauses than this tell nothing about the next one. */
	PAUSES_LEAST = 6,
};
#define PAUSES_MOMENT_MS (INT64_C(10) * 60 * 1000)

struct pauses {
	int64_t last_ms; /* the newest post; TIME_NONE: none */
	float open;      /* usual hours since then */
	float counts[PAUSES_BINS];
	bool told; /* that the present pause is too long */
};

void pauses_init(struct pauses *p);
/* So many usual hours have passed without a post. */
void pauses_pass(struct pauses *p, double usual_hours);
/* A post came, not before the one before it. */
void pauses_meet(struct pauses *p, int64_t at_ms);
/* The time since the last post was not watched: the present pause is not counted. */
void pauses_skip(struct pauses *p);

/* The usual hours after which the present pause is too long; 0: not known yet. */
double pauses_limit(const struct pauses *p);
/* The average pause in usual hours; 0: not known yet. */
double pauses_usual(const struct pauses *p);

/* Writes or reads, as the functions of codec.h; *p is empty (pauses_init()) before it is read. */
void pauses_code(struct code *c, struct pauses *p);

#endif
