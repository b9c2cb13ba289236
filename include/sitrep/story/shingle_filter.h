/* SPDX-License-Identifier: ISC */
/* shingle_filter.h: tells which shingles a week's table may hold, so that most others are not looked up.
 *
 * A Bloom filter.  "No" is certain; "yes" is wrong for at most one shingle in six, with one megabyte for two million
 * postings and eight for sixteen.  A zeroed struct is a small, empty filter. */
#ifndef SITREP_STORY_SHINGLE_FILTER_H
#define SITREP_STORY_SHINGLE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* A week with more postings needs a large filter. */
enum { SHINGLE_FILTER_SMALL_MAX = 2 * 1024 * 1024 };

struct shingle_filter {
	unsigned char *bits; /* NULL: empty, or open */
	bool is_open;        /* may hold every shingle */
	bool is_large;
};

void shingle_filter_release(struct shingle_filter *f);
/* Empties the filter and sets its size. */
void shingle_filter_begin(struct shingle_filter *f, bool is_large);
/* Opens the filter: it answers "yes" for every shingle until shingle_filter_begin(). */
void shingle_filter_open(struct shingle_filter *f);
/* Without memory the filter is opened. */
void shingle_filter_add(struct shingle_filter *f, uint64_t shingle);
bool shingle_filter_may_hold(const struct shingle_filter *f, uint64_t shingle);

#endif
