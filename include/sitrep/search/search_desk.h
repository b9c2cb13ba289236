/* SPDX-License-Identifier: ISC */
/* search_desk.h: a thread that carries out searches, one after the other, for a caller that may not block.
 *
 * The caller asks, then looks now and then whether the search is done.  A few searches wait at most; further ones are
 * refused, and the caller asks again later. */
#ifndef SITREP_SEARCH_SEARCH_DESK_H
#define SITREP_SEARCH_SEARCH_DESK_H

#include <stdbool.h>

#include "sitrep/base/error.h"
#include "sitrep/search/search.h"

enum { SEARCH_DESK_WAITING_MAX = 8 };

struct search_desk;
struct search_job;

struct search_desk *search_desk_new(const char *state_dir, struct error *err);
/* All jobs are dropped before. */
void search_desk_free(struct search_desk *d);

/* Copies the query, whose limit_us bounds the search.  NULL: too many wait, or there is no memory. */
struct search_job *search_desk_ask(struct search_desk *d, const struct search_query *q);
bool search_job_is_done(struct search_job *j);
/* The result of searcher_run(), once the job is done.  *result lives as long as the job and is set with 0. */
int search_job_result(struct search_job *j, const struct search_result **result, struct error *err);
/* Frees the job, also one that is not done.  j may be NULL. */
void search_job_drop(struct search_job *j);

#endif
