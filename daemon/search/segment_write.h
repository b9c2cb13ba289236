/* SPDX-License-Identifier: ISC */
/* segment_write.h: writes one segment into the index, in a transaction of the caller. */
#ifndef SEARCH_SEGMENT_WRITE_H
#define SEARCH_SEGMENT_WRITE_H

#include "doc.h"
#include "index_file.h"
#include "term_block.h"

struct segment_write {
	struct index_file *file;
	struct segment segment;
	uint32_t docs; /* announced */
	struct doc *chunk;
	struct buf bytes;
	struct term_writer terms;
	struct error *err;
};

/* First the number of texts, then each text in the order of items, then each word in order with the numbers of its
 * texts.  After a failure only segment_write_end() is called, with the code; err has the sentence. */
int segment_write_begin(struct segment_write *w, struct index_file *f, uint32_t docs, struct error *err);
int segment_write_doc(struct segment_write *w, const struct doc *d);
int segment_write_word(struct segment_write *w, struct str word, const uint32_t *numbers, size_t count);
/* Writes the rest with result 0, and releases w.  0 or the failure. */
int segment_write_end(struct segment_write *w, int result);

#endif
