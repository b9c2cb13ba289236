/* SPDX-License-Identifier: ISC */
/* facets.h: counts the stories of the hits by month, category, feed and language. */
#ifndef SEARCH_FACETS_H
#define SEARCH_FACETS_H

#include "hits.h"
#include "query_feeds.h"
#include "sitrep/search/search.h"

/* Of hits that are grouped (hits_group()).  The facets are in r->arena.  0 or -ENOMEM. */
int facets_count(struct search_result *r, const struct hits *h, const struct query_feeds *feeds);

#endif
