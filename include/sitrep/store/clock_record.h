/* clock_record.h: how far the wall clock is believed.
 *
 * The database keeps the last wall time that was known, beside the machine's own count of time, which nobody can set.
 * Two looks tell whether the clock was set in between, over restarts of the daemon too.  After a restart of the machine
 * nothing counts on: a clock that is behind what was known was set back, and of one that is ahead nobody knows whether
 * the machine was off for so long.
 *
 * A clock that went ahead without an explanation is doubted until the daemon has run for a day:
 * meanwhile nothing is removed on its word.  Times at which the machine was off for less than a week do not make that
 * day begin anew, or a laptop would never remove anything.
 *
 * What was stamped since the doubt began is known by its numbers (items, events): when the clock is set again, those
 * stamps are its mistake and move along with it. */
#ifndef SITREP_STORE_CLOCK_RECORD_H
#define SITREP_STORE_CLOCK_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/error.h"

struct sql_db;

struct clock_record {
	struct clock_mark mark;  /* of the last look */
	char run[CLOCK_RUN_MAX]; /* of the machine, to which mark.elapsed_ms belongs */
	int64_t ahead_ms;        /* by so much the clock went ahead without an explanation */
	int64_t doubt_ms;        /* to run until that is believed; 0: there is no doubt */
	int64_t doubt_from_item; /* the last item and event before the doubt began */
	int64_t doubt_from_cursor;
	int64_t saved_elapsed_ms; /* when it was saved last */
};

/* What the database knows, and what that makes of now; on failure nothing is known, and the clock is in doubt.
 * *jump_ms: by how much the clock was set since then, 0 for not. item_id and cursor are the newest ones. */
int clock_record_load(struct sql_db *db, struct clock_record *r, struct clock_mark now, const char *run, int64_t item_id,
	int64_t cursor, int64_t *jump_ms, struct error *err);
int clock_record_save(struct sql_db *db, struct clock_record *r, struct error *err);
/* Long enough ago to save it with the next commit. */
bool clock_record_is_stale(const struct clock_record *r);

/* Takes a look: by how much the clock was set since the last one; 0: not. */
int64_t clock_record_look(struct clock_record *r, struct clock_mark now, int64_t item_id, int64_t cursor);
/* What counts as now for everything that is removed by its age. */
int64_t clock_record_prune_ms(const struct clock_record *r, int64_t now_ms);

#endif
