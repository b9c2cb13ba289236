/* SPDX-License-Identifier: ISC */
/* term_block.h: words in order, each with its list of texts, packed into blocks.
 *
 * A word that begins as the one before it is written without that beginning.  A block is read alone: its first word is
 * whole.  Blocks take about TERM_BLOCK_BYTES and end with a seal (seal.h). */
#ifndef SEARCH_TERM_BLOCK_H
#define SEARCH_TERM_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* WORD: bytes of an indexed word; a longer one is cut. */
enum { TERM_BLOCK_BYTES = 32000, TERM_WORD_MAX = 200, TERM_BLOCK_MAX = 2 * TERM_BLOCK_BYTES };

/* Called for each full block, whose bytes live until it returns.  0, or a code that ends the writing. */
typedef int term_block_fn(void *arg, struct str first, struct str block);

struct term_writer {
	struct buf block, list;
	char first[TERM_WORD_MAX], last[TERM_WORD_MAX];
	size_t first_len, last_len;
	uint32_t docs;
	term_block_fn *fn;
	void *arg;
};

/* Words have at most TERM_WORD_MAX bytes and come in order, each once. */
void term_writer_init(struct term_writer *w, uint32_t docs, term_block_fn *fn, void *arg);
void term_writer_release(struct term_writer *w);
int term_writer_add(struct term_writer *w, struct str word, const uint32_t *numbers, size_t count);
/* Hands out the last block. */
int term_writer_end(struct term_writer *w);

/* Reads a block's words in order.  bytes: without their seal, which the caller has checked. */
struct term_reader {
	struct str rest;
	char word[TERM_WORD_MAX];
	size_t word_len;
	uint32_t docs;
};

void term_reader_init(struct term_reader *r, struct str bytes, uint32_t docs);
/* 1: the next word is in r->word, and r->rest begins with its list, which the caller takes or skips.  0: the end.
 * -EUCLEAN: these bytes are no block. */
int term_reader_next(struct term_reader *r);

#endif
