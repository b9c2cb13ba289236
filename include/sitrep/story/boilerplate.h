/* SPDX-License-Identifier: ISC */
/* boilerplate.h: finds phrases that many unrelated texts share.
 *
 * "About the company" paragraphs, invitations to subscribe and the stock phrases of daily bulletins make
 * different texts look alike.  Each text that is not a copy of another is counted here, shingle by shingle; a
 * shingle seen in several of them is left out when texts are compared.
 *
 * The counts are a count-min sketch: 8 MB whatever was counted, never too low, and too high by chance only when
 * millions of shingles crowd it.  It forgets by halving, which is due every month and whenever it has become
 * crowded.  It is in memory only; near_store.h saves and loads it a page at a time. */
#ifndef SITREP_STORY_BOILERPLATE_H
#define SITREP_STORY_BOILERPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/identity/sketch.h"

enum { BOILERPLATE_PAGE = 64 * 1024, BOILERPLATE_PAGES = 128, BOILERPLATE_COUNT_MAX = 15 };

struct boilerplate;

/* With no counts; NULL without memory.  Its pages take real memory only once they are counted in. */
struct boilerplate *boilerplate_new(struct error *err);
void boilerplate_free(struct boilerplate *b);

/* In how many texts the shingle was counted, about, and at most BOILERPLATE_COUNT_MAX. */
unsigned boilerplate_frequency(const struct boilerplate *b, uint64_t shingle);
/* Counts one more text with these shingles. */
void boilerplate_count(struct boilerplate *b, const struct sketch *s);
/* Removes shingles that were counted in at least least texts from s, and returns how many. */
size_t boilerplate_filter(const struct boilerplate *b, struct sketch *s, unsigned least);

/* Is it so full that chance counts begin to matter? */
bool boilerplate_is_crowded(const struct boilerplate *b);
void boilerplate_halve(struct boilerplate *b);

/* The next page at or after *page that changed since it was loaded or last given out here, or BOILERPLATE_PAGES.
 * Its bytes are valid until the next call that changes b. */
struct str boilerplate_take_changed(struct boilerplate *b, size_t *page);
/* -EPROTO when there is no such page, or bytes has another size. */
int boilerplate_load(struct boilerplate *b, size_t page, struct str bytes);

#endif
