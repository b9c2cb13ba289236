/* SPDX-License-Identifier: ISC */
/* sketch.h: the sketch of a text, by which its copies are recognised.
 *
 * A copy that an outlet has edited shares most of its runs of words with the original, whatever became of the
 * headline, the order and the ending.  A sketch therefore holds the hashes of all short runs of words (shingles),
 * the numbers (in figures and in words) and dates of the text, which tell this month's bulletin from last month's, and
 * the words of the title.  It depends on the text alone and is worked out where the text is parsed.
 *
 * Every list is bounded by nested sampling: at level j it holds the hashes whose j lowest bits are zero, and j is
 * the smallest with which the list fits.  Two sketches are compared at the coarser of their levels, where both
 * are fair samples.  A text of a thousand words is at level 0.
 *
 * Of a sampled text too little is left to recognise its first paragraph, which is what most outlets run of it.  The
 * shingles of the opening are therefore held as well, without sampling.
 *
 * Sketches are stored and sent as bytes.  Their hashes are the same for ever on every machine; SKETCH_VERSION
 * changes with anything that changes what is made.  Bytes of version 1 are read: they have no opening.  Up to version 2
 * no scale is told: "2 million" is the number 2. */
#ifndef SITREP_IDENTITY_SKETCH_H
#define SITREP_IDENTITY_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum {
	SKETCH_VERSION = 3,
	SKETCH_VERSION_OLDEST = 1,
	SKETCH_SHINGLE_BITS = 48, /* two texts in ten million share a hash by chance */
	SKETCH_CONTEXT_BITS = 24,
	SKETCH_SHINGLES_MAX = 1024,
	SKETCH_NUMBERS_MAX = 128,
	SKETCH_TITLE_MAX = 64,
	SKETCH_OPENING_MAX = 40, /* of the body: 42 words, a long sentence or two */
	/* A text of so many shingles is kept whole: its opening serves only for finding it. */
	SKETCH_WHOLE_MAX = 512,
	SKETCH_OPENING_WHOLE = 16,
	/* The most bytes that a sketch takes. */
	SKETCH_BYTES_MAX =
		13 + 6 * SKETCH_SHINGLES_MAX + 6 * SKETCH_OPENING_MAX + 6 * SKETCH_NUMBERS_MAX + 4 * SKETCH_TITLE_MAX,
};

/* Set in the hash of a number that is written in digits, not in that of a month's or weekday's name. */
#define SKETCH_FIGURE (UINT64_C(1) << (SKETCH_CONTEXT_BITS - 1))

/* Set in a number's context where it is spelled out in words; from version 2 on. */
#define SKETCH_SPELLED UINT64_C(1)
/* The two bits there that tell what it counts (enum number_scale); from version 3 on. */
#define SKETCH_SCALE_SHIFT 1
#define SKETCH_SCALE (UINT64_C(3) << SKETCH_SCALE_SHIFT)

/* All lists ascending, without repetitions.  Nearly 9 kB: not for deep stacks. */
struct sketch {
	uint8_t version; /* it was made by */
	uint32_t words;  /* of the text; characters of scripts without spaces count half */
	uint8_t level;   /* of the shingles */
	uint8_t number_level;
	size_t shingle_count;
	size_t opening_count;
	size_t number_count;
	size_t title_count; /* 0 also for titles of more than SKETCH_TITLE_MAX words, which are no titles */
	uint64_t shingles[SKETCH_SHINGLES_MAX];
	uint64_t opening[SKETCH_OPENING_MAX]; /* the body's first shingles */
	uint64_t numbers[SKETCH_NUMBERS_MAX]; /* 24 bits of the number's hash over 24 of its context's */
	uint32_t title[SKETCH_TITLE_MAX];
};

/* A sketch of canonical tokens (canon.h), each followed by a space.  plain_body is the body as it stands before
 * canon_tokens(), one line: the dateline is only recognisable there. */
void sketch_make(struct sketch *s, struct str title_tokens, struct str body_tokens, struct str plain_body);

/* Keeps at most max shingles, at the level that takes. */
void sketch_thin(struct sketch *s, size_t max);

/* Adds to keys, which are ascending and have room, at most max shingles of the opening that are not among
 * them: those with the lowest hashes, so that two openings that overlap agree on some.  Returns how many keys there
 * are, in ascending order. */
size_t sketch_add_opening(const struct sketch *s, uint64_t *keys, size_t count, size_t max);

/* Leaves of a's shingles those that b certainly has not. */
void sketch_subtract(struct sketch *a, const struct sketch *b);

/* Appends the bytes of s.  0 or out's failure. */
int sketch_encode(struct buf *out, const struct sketch *s);
/* -EPROTO when bytes are not exactly what sketch_encode() makes of some sketch. */
int sketch_decode(struct str bytes, struct sketch *s);

/* How many hashes two lists share, and how many each has (of, or_of), at the coarser of both levels. */
struct overlap {
	size_t shared;
	size_t of_a;
	size_t of_b;
};
struct overlap sketch_shingle_overlap(const struct sketch *a, const struct sketch *b);
/* How many hashes a text that is held whole (level 0) shares with the opening of one that is sampled; 0 when the two
 * are not such a pair. */
size_t sketch_opening_shared(const struct sketch *whole, const struct sketch *sampled);
struct overlap sketch_title_overlap(const struct sketch *a, const struct sketch *b);

/* Of the text that has fewer numbers: how many it has, how many of those the other has too, and how many are placed:
 * are in the other too, or follow words that other numbers follow there, and so contradict it. */
struct number_overlap {
	size_t of;
	size_t shared;
	size_t placed;
	/* Of the placed ones those that are written in digits, and how many of these the other has; and those that are
	 * spelled out. */
	size_t figures;
	size_t figures_shared;
	size_t spelled;
	size_t spelled_shared;
	/* The same as of and shared, without numbers that are spelled out: a rewriter changes words. */
	size_t written_of;
	size_t written_shared;
};
struct number_overlap sketch_number_overlap(const struct sketch *a, const struct sketch *b);

#endif
