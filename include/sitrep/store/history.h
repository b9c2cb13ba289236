/* SPDX-License-Identifier: ISC */
/* history.h: all stored items of a period, one by one, from a database that a daemon may be writing. */
#ifndef SITREP_STORE_HISTORY_H
#define SITREP_STORE_HISTORY_H

#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

struct history_item {
	int64_t item_id, story_id, feed_id;
	int64_t seen_ms;                                /* its arrival */
	struct str feed, categories, source, publisher; /* as in struct rule_subject */
	int64_t story_sort_ms;                          /* the time of its story's first report */
	int story_priority;    /* the highest of its alerts (enum rule_priority); 0: it raised none */
	int64_t story_sources; /* publishers, now */
	const struct item *item;
};

/* *it lives until the function returns.  0: go on; any other value ends history_read(), which returns it. */
typedef int history_fn(void *arg, const struct history_item *it);

/* The columns of an item i, of the feed f and the story s, for history_take(). */
#define HISTORY_COLUMNS                                                                                                \
	"i.id, i.story_id, i.first_seen, f.name, f.categories, coalesce(f.configured_title, f.own_title, f.name),"     \
	" f.publisher, s.sort_ms, s.sources, (SELECT max(priority) FROM alert WHERE story_id = s.id), i.record, f.id"
/* Calls fn with the statement's present row, decoded into a.  fn's result; 0 without a call for a damaged record. */
struct sql_stmt;
struct arena;
int history_take(struct sql_stmt *s, struct arena *a, history_fn *fn, void *arg);

/* Calls fn for each item that arrived at since_ms or later, the oldest first.  All are read in one transaction, so that
 * fn sees one state of the database.  Damaged records are left out.  One item is in memory at a time.  Returns 0, fn's
 * result, or a negative code with err. */
int history_read(const char *state_dir, int64_t since_ms, history_fn *fn, void *arg, struct error *err);

#endif
