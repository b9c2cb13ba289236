/* shingle_filter.h: which shingles a week's table may hold, so that most of those it does not hold are never looked
 * for there.
 *
 * A Bloom filter of one megabyte.  It answers "no" with certainty; "yes" is wrong for one in twenty when the table
 * holds a million postings, and more often beyond, until everything is possible.  A zeroed struct holds nothing. */
#ifndef SITREP_STORE_SHINGLE_FILTER_H
#define SITREP_STORE_SHINGLE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* With more than these it says nothing any more that is worth asking. */
enum { SHINGLE_FILTER_MAX = 4 * 1024 * 1024 };

struct shingle_filter {
	unsigned char *bits; /* NULL: holds nothing, or everything is possible */
	bool is_open;        /* everything is possible */
};

void shingle_filter_release(struct shingle_filter *f);
/* Holds nothing from here on. */
void shingle_filter_clear(struct shingle_filter *f);
/* Everything is possible from here on, until it is cleared. */
void shingle_filter_open(struct shingle_filter *f);
/* Without memory it opens. */
void shingle_filter_add(struct shingle_filter *f, uint64_t shingle);
bool shingle_filter_may_hold(const struct shingle_filter *f, uint64_t shingle);

#endif
