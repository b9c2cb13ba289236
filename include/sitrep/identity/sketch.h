/* SPDX-License-Identifier: ISC */
/* sketch.h: the sketch of a text, by which its copies are recognised.
 *
 * An edited copy shares most of its runs of words with the original, even with another headline, order and ending.
 * So a sketch holds the hashes of all short runs of words (shingles); the numbers (in figures and in words) and
 * dates of the text, which distinguish this month's bulletin from last month's; and the words of the title.  A sketch
 * depends on the text alone and is made in the worker.
 *
 * Every list is bounded by nested sampling: at level j it holds the hashes whose j lowest bits are zero, and j is
 * the smallest with which the list fits.  Two sketches are compared at the higher of their levels, at which both are
 * comparable samples.  A text of a thousand words is at level 0.
 *
 * Many outlets print only the first paragraph, and a sampled text keeps too few of its shingles.  So the shingles of
 * the opening are kept as well, unsampled.
 *
 * Sketches are stored and sent as bytes.  Hashes are the same on every machine; any change of them, or of the
 * sketch's content, raises SKETCH_VERSION. Version 1 can be read: it has no opening.  Versions 1 and 2 have no
 * scale: "2 million" is the number 2. */
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
	/* A text of at most SKETCH_WHOLE_MAX shingles is stored unsampled, and its opening serves only to find it:
	 * fewer shingles of it are enough. */
	SKETCH_WHOLE_MAX = 512,
	SKETCH_OPENING_WHOLE = 16,
	/* The most bytes that a sketch takes. */
	SKETCH_BYTES_MAX =
		13 + 6 * SKETCH_SHINGLES_MAX + 6 * SKETCH_OPENING_MAX + 6 * SKETCH_NUMBERS_MAX + 4 * SKETCH_TITLE_MAX,
};

/* Set in the hash of a number in digits, unset in that of a month's or weekday's name. */
#define SKETCH_FIGURE (UINT64_C(1) << (SKETCH_CONTEXT_BITS - 1))

/* Set in the context of a number in words; from version 2 on. */
#define SKETCH_SPELLED UINT64_C(1)
/* Two bits of the context: the number's scale (enum number_scale); from version 3 on. */
#define SKETCH_SCALE_SHIFT 1
#define SKETCH_SCALE (UINT64_C(3) << SKETCH_SCALE_SHIFT)

/* All lists ascending, without repetitions.  Nearly 9 kB: not for deep stacks. */
struct sketch {
	uint8_t version; /* SKETCH_VERSION that made it */
	uint32_t words;  /* of the text; characters of scripts without spaces count half */
	uint8_t level;   /* of the shingles */
	uint8_t number_level;
	size_t shingle_count;
	size_t opening_count;
	size_t number_count;
	size_t title_count; /* 0 also for a title of more than SKETCH_TITLE_MAX words */
	uint64_t shingles[SKETCH_SHINGLES_MAX];
	uint64_t opening[SKETCH_OPENING_MAX]; /* the body's first shingles */
	uint64_t numbers[SKETCH_NUMBERS_MAX]; /* 24 bits of the number's hash over 24 of its context's */
	uint32_t title[SKETCH_TITLE_MAX];
};

/* Makes the sketch of canonical tokens (canon.h), each followed by a space.  plain_body is the body as one line before
 * canon_tokens(): the dateline is recognised by its capitals and punctuation. */
void sketch_make(struct sketch *s, struct str title_tokens, struct str body_tokens, struct str plain_body);

/* Raises the level until at most max shingles are left. */
void sketch_thin(struct sketch *s, size_t max);

/* Adds at most max shingles of the opening to keys: those with the lowest hashes, so that two openings that overlap
 * agree on some.  keys are ascending before and after, and have room; a shingle among them is not added again.  Returns
 * the number of keys. */
size_t sketch_add_opening(const struct sketch *s, uint64_t *keys, size_t count, size_t max);

/* Removes from a the shingles that b has or may have. */
void sketch_subtract(struct sketch *a, const struct sketch *b);

/* Appends the bytes of s.  0 or out's failure. */
int sketch_encode(struct buf *out, const struct sketch *s);
/* -EPROTO when bytes are not exactly the encoding of a sketch. */
int sketch_decode(struct str bytes, struct sketch *s);

/* The number of hashes that two lists share, and that each has, at the higher of both levels. */
struct overlap {
	size_t shared;
	size_t of_a;
	size_t of_b;
};
struct overlap sketch_shingle_overlap(const struct sketch *a, const struct sketch *b);
/* The number of hashes that an unsampled text (level 0) shares with the opening of a sampled one; 0 for any other
 * pair. */
size_t sketch_opening_shared(const struct sketch *whole, const struct sketch *sampled);
struct overlap sketch_title_overlap(const struct sketch *a, const struct sketch *b);

/* Counts for the text with fewer numbers. */
struct number_overlap {
	size_t of;     /* its numbers */
	size_t shared; /* numbers that the other text has too */
	/* Numbers that can be compared: shared ones, and those whose preceding words have another number in the other
	 * text, which is a contradiction. */
	size_t placed;
	/* Of the placed numbers: those in digits and those in words, and how many of each the other text has. */
	size_t figures;
	size_t figures_shared;
	size_t spelled;
	size_t spelled_shared;
	/* Like of and shared, but without numbers in words, which an editor may rewrite. */
	size_t written_of;
	size_t written_shared;
};
struct number_overlap sketch_number_overlap(const struct sketch *a, const struct sketch *b);

#endif
