/* SPDX-License-Identifier: ISC */
/* doc.h: the properties of a segment's texts, in chunks of DOC_CHUNK texts that are read alone.
 *
 * Texts are in the order of their items, each item once in a segment. */
#ifndef SEARCH_DOC_H
#define SEARCH_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum { DOC_CHUNK = 1024, DOC_LANGUAGE_MAX = 3 };

struct doc {
	int64_t item_id;
	int64_t story_id; /* when it was indexed; 0: not known */
	int64_t sort_ms;  /* of its story, in whole seconds */
	int64_t feed_id;
	char language[DOC_LANGUAGE_MAX + 1]; /* "en"; "" is not known, and so are longer ones */
	uint8_t length;                      /* the number of words, as 4 * log2 */
};

/* Appends a sealed chunk of count texts. */
int doc_chunk_put(struct buf *out, const struct doc *docs, size_t count);
/* Opens the seal.  -EUCLEAN: these bytes are no chunk of count texts whose first item is first. */
int doc_chunk_open(struct str bytes, size_t count, struct str *chunk);
/* Reads text number n of a chunk whose first item is first. */
void doc_chunk_get(struct str chunk, int64_t first, size_t n, struct doc *d);
int64_t doc_chunk_item(struct str chunk, int64_t first, size_t n);

uint8_t doc_length_code(size_t words);
double doc_length_of(uint8_t code);

#endif
