/* SPDX-License-Identifier: ISC */
/* clock_record.h: whether the wall clock can be trusted, over restarts.
 *
 * The database keeps the last known wall time and the machine's elapsed time, which cannot be set. Comparing both
 * with the present ones tells whether the clock was set meanwhile, also over a restart of the daemon.  A restart of
 * the machine resets elapsed time: a clock behind the last known time was set back; a clock ahead of it was set, or
 * the machine was off for that long.
 *
 * After an unexplained jump ahead the clock is in doubt until the daemon has run for a day.  During the doubt the
 * jump is subtracted from the time by which rows are removed.  A machine that was off for less than a week does not
 * restart that day; otherwise a laptop would never remove rows.
 *
 * The row has the numbers of the last item and event before the doubt: when the clock is set again, the times of
 * later ones are moved. */
#ifndef SITREP_STORE_CLOCK_RECORD_H
#define SITREP_STORE_CLOCK_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/error.h"

struct sql_db;

struct clock_record {
	struct clock_mark mark;  /* of the last look */
	char run[CLOCK_RUN_MAX]; /* the machine's run (boot) that mark.elapsed_ms belongs to */
	int64_t ahead_ms;        /* how far the clock went ahead without an explanation */
	int64_t doubt_ms;        /* running time left until the jump is believed; 0: no doubt */
	int64_t doubt_from_item; /* the last item and event before the doubt began */
	int64_t doubt_from_cursor;
	int64_t saved_elapsed_ms; /* at the last save */
};

/* Loads the row and compares it with now; on failure the clock is in doubt. *jump_ms: by how much the clock was set
 * since the row was saved; 0: it was not set.  item_id and cursor are the newest ones. */
int clock_record_load(struct sql_db *db, struct clock_record *r, struct clock_mark now, const char *run,
	int64_t item_id, int64_t cursor, int64_t *jump_ms, struct error *err);
int clock_record_save(struct sql_db *db, struct clock_record *r, struct error *err);
/* True when the last save is a minute old: save with the next commit. */
bool clock_record_is_stale(const struct clock_record *r);

/* Looks at the clock.  Returns by how much it was set since the last look; 0: it was not set. */
int64_t clock_record_look(struct clock_record *r, struct clock_mark now, int64_t item_id, int64_t cursor);
/* The time that counts as now for removal by age: now_ms less the unexplained jump. */
int64_t clock_record_prune_ms(const struct clock_record *r, int64_t now_ms);

#endif
