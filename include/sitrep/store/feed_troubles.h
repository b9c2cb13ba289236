/* SPDX-License-Identifier: ISC */
/* feed_troubles.h: the last times in which polls of a feed failed.
 *
 * A trouble begins with a failed poll and ends with the next one that does not fail.  Another kind of failure is
 * another trouble.  A feed's newest FEED_TROUBLES_KEPT are stored.
 *
 * Its statements belong to the writer's connection. */
#ifndef SITREP_STORE_FEED_TROUBLES_H
#define SITREP_STORE_FEED_TROUBLES_H

#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/model/feed_state.h"

struct sql_db;
struct sql_stmt;

enum { FEED_TROUBLES_KEPT = 20 };

enum feed_trouble_statement { TROUBLE_BEGIN, TROUBLE_LAST, TROUBLE_END, TROUBLE_TRIM, TROUBLE_STATEMENTS };

struct feed_troubles {
	struct sql_stmt *s[TROUBLE_STATEMENTS];
};

int feed_troubles_init(struct feed_troubles *t, struct sql_db *db, struct error *err);
void feed_troubles_release(struct feed_troubles *t);

/* Notes the feed's state after a poll at at_ms; health and failure are those before it. */
int feed_troubles_note(struct feed_troubles *t, enum feed_health health, enum poll_failure failure,
	const struct feed_state *state, int64_t at_ms, struct error *err);

#endif
