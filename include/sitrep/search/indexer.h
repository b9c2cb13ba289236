/* SPDX-License-Identifier: ISC */
/* indexer.h: the thread that keeps the search index in step (search_index.h).
 *
 * It reads the database through a connection of its own and asks no other thread for anything: once a second it looks
 * for new items.  While it takes in many it rests as long as it works, so that it takes at most half a processor.  A
 * full disk or another failure pauses it for a minute. */
#ifndef SITREP_SEARCH_INDEXER_H
#define SITREP_SEARCH_INDEXER_H

#include "sitrep/base/error.h"

struct indexer;

struct indexer *indexer_new(const char *state_dir, struct error *err);
/* Ends the thread, which ends a step at once. */
void indexer_free(struct indexer *x);

/* Removes the index of a daemon that keeps none.  0 also when there is none. */
int indexer_remove(const char *state_dir, struct error *err);

#endif
