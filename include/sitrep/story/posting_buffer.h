/* SPDX-License-Identifier: ISC */
/* posting_buffer.h: postings in memory that are not written into the index yet; finds those of a shingle. */
#ifndef SITREP_STORY_POSTING_BUFFER_H
#define SITREP_STORY_POSTING_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most postings: those of two thousand items, in two and a half megabytes. */
enum { POSTING_BUFFER_MAX = 64 * 1024 };

/* One of the shingles that an item is found by. */
struct posting {
	uint64_t shingle;
	int64_t item_id;
};

/* A zeroed struct is empty. */
struct posting_buffer {
	struct posting *items; /* in the order they came, until they are sorted */
	uint32_t *next;        /* for each posting, the index of the earlier one in its chain plus one; 0: none */
	uint32_t *heads;       /* for each hash, the index of its last posting plus one; 0: none */
	size_t count;
	size_t cap;
};

void posting_buffer_release(struct posting_buffer *b);
/* 0, -ENOMEM, or -ENOSPC when there are POSTING_BUFFER_MAX already. */
int posting_buffer_add(struct posting_buffer *b, uint64_t shingle, int64_t item_id);
void posting_buffer_clear(struct posting_buffer *b);
/* Gives the items with that shingle one by one; *at is 0 at first.  False at the end. */
bool posting_buffer_next(const struct posting_buffer *b, uint64_t shingle, uint32_t *at, int64_t *item_id);
/* Sorts the postings by shingle and item.  From then on they can only be read in order, and cleared. */
void posting_buffer_sort(struct posting_buffer *b);

#endif
