/* SPDX-License-Identifier: ISC */
/* word_lookup.h: the texts of a segment that have a word, or a word that begins so.
 *
 * The first words of a segment's blocks are kept in memory (some 10 KB a segment of 65,536 texts), so a look-up reads
 * one block.  Segments never change, but for their dead texts. */
#ifndef SEARCH_WORD_LOOKUP_H
#define SEARCH_WORD_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "index_file.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"

/* The first words of one segment's blocks. */
struct directory {
	int64_t segment;
	struct buf words;
	uint32_t *ends; /* of each word in words */
	size_t count, cap;
};

struct word_lookup {
	struct index_file *file; /* borrowed */
	struct directory *directories;
	size_t count, cap;
};

void word_lookup_init(struct word_lookup *l, struct index_file *file);
void word_lookup_release(struct word_lookup *l);
/* Forgets the segments that are not among these. */
void word_lookup_keep(struct word_lookup *l, const struct segment *segments, size_t count);

/* Set the bits of the texts that have the word, or a word with that beginning. */
int word_lookup_find(
	struct word_lookup *l, const struct segment *s, struct str word, uint64_t *bits, struct error *err);
int word_lookup_find_all(
	struct word_lookup *l, const struct segment *s, struct str prefix, uint64_t *bits, struct error *err);

#endif
