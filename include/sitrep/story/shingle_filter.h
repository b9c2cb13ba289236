/* shingle_filter.h: which shingles a week's table may hold, so that most of those it does not hold are never looked
 * for there.
 *
 * A Bloom filter.  It answers "no" with certainty; "yes" is wrong for at most one in six: one megabyte serves for two
 * million postings, and eight for sixteen.  A zeroed struct is a small one that holds nothing. */
#ifndef SITREP_STORY_SHINGLE_FILTER_H
#define SITREP_STORY_SHINGLE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* More postings than these want a large one. */
enum { SHINGLE_FILTER_SMALL_MAX = 2 * 1024 * 1024 };

struct shingle_filter {
	unsigned char *bits; /* NULL: holds nothing, or everything is possible */
	bool is_open;        /* everything is possible */
	bool is_large;
};

void shingle_filter_release(struct shingle_filter *f);
/* Holds nothing from here on. */
void shingle_filter_begin(struct shingle_filter *f, bool is_large);
/* Everything is possible from here on, until it is begun anew. */
void shingle_filter_open(struct shingle_filter *f);
/* Without memory it opens. */
void shingle_filter_add(struct shingle_filter *f, uint64_t shingle);
bool shingle_filter_may_hold(const struct shingle_filter *f, uint64_t shingle);

#endif
