/* SPDX-License-Identifier: ISC */
/* search_index.h: keeps the index of words in step with the stored items.
 *
 * The index is a file of its own, search.db beside the database, with its own transactions.  It remembers the last item
 * and the last change that it has taken in, so it goes on after a restart where it stopped.  An index that is missing,
 * damaged, of another version or of another database is built anew.
 *
 * One thread uses it.  A step takes in at most some 4,000 items, or merges some parts; its memory is bounded. */
#ifndef SEARCH_SEARCH_INDEX_H
#define SEARCH_SEARCH_INDEX_H

#include <stdatomic.h>
#include <stdint.h>

#include "sitrep/base/error.h"

struct search_index;

/* Opens nothing yet. */
struct search_index *search_index_new(const char *state_dir, struct error *err);
void search_index_free(struct search_index *x);

/* Takes in what is new.  1: it has done something, and there may be more to do; 0: all is in.  A negative code: the
 * step had no effect and can be repeated; -ENOSPC on a full disk, -ECANCELED when *stop became true. */
int search_index_step(struct search_index *x, const atomic_bool *stop, struct error *err);

/* The number of the last item that is stored, so that the caller sees how many arrive. 0 or a negative code. */
int search_index_look(struct search_index *x, int64_t *last_item, struct error *err);

/* Items that the last step did not reach yet; 0 before the first step. */
int64_t search_index_behind(const struct search_index *x);

#endif
