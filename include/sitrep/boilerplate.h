/* boilerplate.h: which shingles are too common to tell a story by.
 *
 * Counts, by the hash of a shingle, the stories it was found in: a template's sentences come with every bulletin, an
 * outlet's closing words with every text.  A count-min sketch (Cormode and Muthukrishnan, J. Algorithms 55, 2005)
 * with conservative update, of counters that stop at 15: the memory is the same however many shingles there are, and
 * a count is never too low, now and then too high.  All counts are halved once a month, so what is no longer
 * used is forgotten. */
#ifndef SITREP_BOILERPLATE_H
#define SITREP_BOILERPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/sketch.h"

enum {
	BOILERPLATE_CHUNKS = 64, /* saved one by one, those that have changed */
	BOILERPLATE_CHUNK_LEN = 64 * 1024,
	/* Found in that many stories, it tells none from another. */
	BOILERPLATE_COMMON = 8,
	/* So many common ones in a row are a template's; fewer are a manner of speaking, which copies share too. */
	BOILERPLATE_RUN = 6,
};

struct boilerplate {
	unsigned char
		*counters; /* two a byte, BOILERPLATE_CHUNKS * BOILERPLATE_CHUNK_LEN bytes; zeroed pages cost nothing */
	bool dirty[BOILERPLATE_CHUNKS];
};

/* -ENOMEM. */
int boilerplate_init(struct boilerplate *b);
void boilerplate_release(struct boilerplate *b);

/* In how many stories, at most 15. */
unsigned boilerplate_count(const struct boilerplate *b, uint64_t hash);
/* Another story has these shingles. */
void boilerplate_add(struct boilerplate *b, const struct hash_set *shingles);
/* Takes runs of common ones out; shingles stand in the order of the text. */
void boilerplate_filter(const struct boilerplate *b, struct hash_set *shingles);
void boilerplate_halve(struct boilerplate *b);

#endif
