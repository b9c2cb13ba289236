/* SPDX-License-Identifier: ISC */
/* boilerplate.h: finds phrases that many unrelated texts share.
 *
 * "About the company" paragraphs, invitations to subscribe and the stock phrases of daily bulletins make different
 * texts look alike.  So the shingles (sketch.h) of each text that is not a copy are counted, and a shingle of several
 * texts is left out when texts are compared.
 *
 * The counts are a count-min sketch of 8 MB in memory.  A count is never too low, and is too high by chance only when
 * millions of shingles crowd the sketch.  The caller halves all counts every month, and when the sketch is crowded;
 * near_store.h saves and loads them a page at a time. */
#ifndef SITREP_STORY_BOILERPLATE_H
#define SITREP_STORY_BOILERPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/identity/sketch.h"

enum { BOILERPLATE_PAGE = 64 * 1024, BOILERPLATE_PAGES = 128, BOILERPLATE_COUNT_MAX = 15 };

struct boilerplate;

/* All counts are 0; NULL without memory.  A page takes memory only after its first count. */
struct boilerplate *boilerplate_new(struct error *err);
void boilerplate_free(struct boilerplate *b);

/* The approximate number of texts with the shingle, at most BOILERPLATE_COUNT_MAX. */
unsigned boilerplate_frequency(const struct boilerplate *b, uint64_t shingle);
/* Counts one more text with these shingles. */
void boilerplate_count(struct boilerplate *b, const struct sketch *s);
/* Removes shingles that were counted in at least least texts from s, and returns how many. */
size_t boilerplate_filter(const struct boilerplate *b, struct sketch *s, unsigned least);

/* Whether the sketch is so full that counts become too high by chance. */
bool boilerplate_is_crowded(const struct boilerplate *b);
void boilerplate_halve(struct boilerplate *b);

/* Moves *page to the next page at or after it that changed since it was loaded or last taken, or to BOILERPLATE_PAGES.
 * Returns its bytes, valid until the next call that changes b; STR_NONE: no page is left. */
struct str boilerplate_take_changed(struct boilerplate *b, size_t *page);
/* -EPROTO when there is no such page, or bytes has another size. */
int boilerplate_load(struct boilerplate *b, size_t page, struct str bytes);

#endif
