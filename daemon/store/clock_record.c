/* SPDX-License-Identifier: ISC */
/* One row, saved with a commit about once a minute and with each jump of the clock. */
#include "sitrep/store/clock_record.h"

#include <stdio.h>
#include <string.h>

#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* A doubtful clock is believed after a day of running.  A machine that was off for up to a week does not restart that
 * day. */
static const int64_t doubt_lasts_ms = DAY_MS, off_ms = 7 * DAY_MS;
static const int64_t save_every_ms = 60 * 1000;

enum { CLOCK_NEWEST, CLOCK_LOAD, CLOCK_SAVE, CLOCK_STATEMENTS };

static const char *const texts[CLOCK_STATEMENTS] = {
	[CLOCK_NEWEST] = "SELECT max(changed, coalesce((SELECT max(last_poll) FROM feed), 0)) FROM counter",
	[CLOCK_LOAD] = "SELECT run, wall, elapsed, ahead, doubt, doubt_from_item, doubt_from_cursor FROM clock",
	[CLOCK_SAVE] = ("INSERT OR REPLACE INTO clock(one, run, wall, elapsed, ahead, doubt,"
			" doubt_from_item, doubt_from_cursor) VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
};
SQL_TEXTS(texts, CLOCK_STATEMENTS);

static const char cannot_load[] = "cannot read the state of the clock";
static const char cannot_save[] = "cannot save the state of the clock";

static int64_t within_reach(int64_t ms)
{
	/* fifty thousand years */
	static const int64_t most_ms = INT64_C(50000) * 365 * DAY_MS;

	return ms > most_ms ? most_ms : ms < -most_ms ? -most_ms : ms;
}

/* The clock jumped by gap_ms (negative: back); was_off: the machine may have been off for that long. */
static void note_gap(struct clock_record *r, int64_t gap_ms, bool was_off, int64_t item_id, int64_t cursor)
{
	if (gap_ms == 0)
		return;
	if (r->doubt_ms == 0) {
		r->doubt_from_item = item_id;
		r->doubt_from_cursor = cursor;
	}
	if (r->doubt_ms == 0 || !was_off || gap_ms > off_ms)
		r->doubt_ms = doubt_lasts_ms;
	r->ahead_ms = within_reach(r->ahead_ms + gap_ms > 0 ? r->ahead_ms + gap_ms : 0);
}

static int load_row(struct sql_db *db, struct clock_record *r, struct error *err)
{
	struct sql_stmt *s;
	struct str run;
	int result = sql_prepare_once(db, texts[CLOCK_LOAD], &s, err, cannot_load);

	if (result != 0)
		return result;
	result = sql_step(s, err, cannot_load);
	if (result == 1) {
		run = sql_text(s, 0);
		if (run.len < sizeof(r->run))
			memcpy(r->run, run.data, run.len);
		r->mark.wall_ms = sql_int(s, 1);
		r->mark.elapsed_ms = sql_int(s, 2);
		r->ahead_ms = sql_int(s, 3);
		r->doubt_ms = sql_int(s, 4);
		r->doubt_from_item = sql_int(s, 5);
		r->doubt_from_cursor = sql_int(s, 6);
	} else if (result == 0) {
		/* The newest time in the database counts as the last look; 0 in a new database. */
		result = sql_ask_int(db, texts[CLOCK_NEWEST], &r->mark.wall_ms, err, cannot_load);
	}
	sql_finalize(&s, 1);
	/* A damaged row may hold any numbers: limits keep sums from overflow and a doubt from lasting too long. */
	r->mark.wall_ms = within_reach(r->mark.wall_ms);
	r->mark.elapsed_ms = within_reach(r->mark.elapsed_ms);
	r->ahead_ms = within_reach(r->ahead_ms);
	if (r->doubt_ms < 0 || r->doubt_ms > doubt_lasts_ms)
		r->doubt_ms = doubt_lasts_ms;
	if (r->ahead_ms < 0 || r->doubt_ms == 0)
		r->ahead_ms = 0;
	return result < 0 ? result : 0;
}

int clock_record_load(struct sql_db *db, struct clock_record *r, struct clock_mark now, const char *run,
	int64_t item_id, int64_t cursor, int64_t *jump_ms, struct error *err)
{
	struct clock_mark then;
	bool is_same_run;
	int result;

	*r = (struct clock_record){0};
	*jump_ms = 0;
	result = load_row(db, r, err);
	if (result != 0) {
		*r = (struct clock_record){.mark = now, .doubt_ms = doubt_lasts_ms};
		return result;
	}
	then = r->mark;
	is_same_run = run[0] != '\0' && strcmp(run, r->run) == 0 && now.elapsed_ms >= then.elapsed_ms;
	if (then.wall_ms == 0) {
		/* A new database has no earlier time to compare the clock with. */
		r->doubt_ms = doubt_lasts_ms;
	} else if (is_same_run) {
		*jump_ms = clock_jump_ms(then, now);
		note_gap(r, *jump_ms, false, item_id, cursor);
	} else {
		/* The machine was restarted: the time since then is unknown, so the least is assumed, 0. */
		then.elapsed_ms = now.elapsed_ms;
		*jump_ms = clock_jump_ms(then, now);
		note_gap(r, *jump_ms, true, item_id, cursor);
		*jump_ms = *jump_ms < 0 ? *jump_ms : 0;
	}
	r->mark = now;
	snprintf(r->run, sizeof(r->run), "%s", run);
	return 0;
}

int clock_record_save(struct sql_db *db, struct clock_record *r, struct error *err)
{
	int result = sql_run_once(db, texts[CLOCK_SAVE], err, cannot_save, as_cstr(r->run), as_int(r->mark.wall_ms),
		as_int(r->mark.elapsed_ms), as_int(r->ahead_ms), as_int(r->doubt_ms), as_int(r->doubt_from_item),
		as_int(r->doubt_from_cursor));

	if (result == 0)
		r->saved_elapsed_ms = r->mark.elapsed_ms;
	return result;
}

bool clock_record_is_stale(const struct clock_record *r)
{
	return r->mark.elapsed_ms - r->saved_elapsed_ms >= save_every_ms;
}

int64_t clock_record_look(struct clock_record *r, struct clock_mark now, int64_t item_id, int64_t cursor)
{
	int64_t jump_ms = clock_jump_ms(r->mark, now), ran_ms = now.elapsed_ms - r->mark.elapsed_ms;

	if (r->doubt_ms > 0 && ran_ms > 0) {
		r->doubt_ms = r->doubt_ms > ran_ms ? r->doubt_ms - ran_ms : 0;
		if (r->doubt_ms == 0)
			r->ahead_ms = 0;
	}
	r->mark = now;
	note_gap(r, jump_ms, false, item_id, cursor);
	return jump_ms;
}

int64_t clock_record_prune_ms(const struct clock_record *r, int64_t now_ms)
{
	return now_ms - r->ahead_ms;
}
