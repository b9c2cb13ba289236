/* sketch.h: an item's text as far as it takes to find its copies.
 *
 * A sketch holds the hashes of the text's shingles (runs of three words), its numbers, the words of its title and
 * its length.  It depends on the text alone, so the parse workers make it; it travels and is compared as bytes
 * whose hashes are the same on every machine and for ever.  A text too long for its shingles to be kept all is
 * sampled by the hashes themselves: those whose lowest bits are zero stay, so that two samples of different
 * depth are still comparable at the coarser one. */
#ifndef SITREP_SKETCH_H
#define SITREP_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/arena.h"
#include "sitrep/buf.h"
#include "sitrep/str.h"

enum {
	SKETCH_SHINGLES_MAX = 4096,
	/* In a document of very many items. */
	SKETCH_SHINGLES_FEW = 256,
	SKETCH_NUMBERS_MAX = 256,
	SKETCH_TITLE_MAX = 64,
	/* Below it nothing is recognised but equal text. */
	SKETCH_TOKENS_MIN = 8,
	SKETCH_BYTES_MAX = 12 + (SKETCH_SHINGLES_MAX + SKETCH_NUMBERS_MAX + SKETCH_TITLE_MAX) * 5,
};

/* Set in the hash of a number that is written in digits, not in that of a month's or weekday's name; so the digits
 * stand behind the names in a sorted set. */
#define SKETCH_DIGITS (UINT64_C(1) << 39)

/* Sorted hashes, none twice. */
struct hash_set {
	uint64_t *items; /* of 40 bits */
	size_t count;
};

struct sketch {
	uint32_t tokens;          /* of title and body */
	unsigned level;           /* shingles have that many zero bits at their end */
	struct hash_set shingles; /* in the order of the text: hash_set_sort() makes a set of them */
	struct hash_set numbers;  /* tokens with digits, and names of months and weekdays */
	struct hash_set title;    /* the title's words */
};

/* Buffers that are reused from item to item. */
struct sketcher;
struct sketcher *sketcher_new(void);
void sketcher_free(struct sketcher *s);

/* Appends the bytes of a text's sketch to out: title and body are canonical tokens, each with a space behind it
 * (canon.h); the first body_skip tokens of the body are no part of the story (a dateline), nor is what outlets append
 * to each ("The post ... appeared first on ...").  Of more than shingles_max shingles a sample is kept.  A text of
 * fewer than SKETCH_TOKENS_MIN tokens has none: nothing is appended.  0, -ENOMEM or out's failure. */
int sketch_write(
	struct sketcher *s, struct str title, struct str body, size_t body_skip, size_t shingles_max, struct buf *out);

/* The length of the dateline that plain text begins with ("WASHINGTON (Agency) - "), 0: none. */
size_t sketch_dateline(struct str plain);

/* The sets lie in a.  -EPROTO when bytes are no sketch: they may come from a stranger. */
int sketch_read(struct str bytes, struct arena *a, struct sketch *out);

/* Sorts, and leaves out what is there twice. */
void hash_set_sort(struct hash_set *set);
/* Keeps those hashes that have level zero bits at their end. */
void hash_set_sample(struct hash_set *set, unsigned level);
/* How many the two have in common. */
size_t hash_set_common(const struct hash_set *a, const struct hash_set *b);
/* Hashes as bytes, in their order, five each; appended. */
int hash_set_write(const struct hash_set *set, struct buf *out);
/* -EPROTO when they are not sorted or not whole. */
int hash_set_read(struct str bytes, struct arena *a, struct hash_set *out);

#endif
