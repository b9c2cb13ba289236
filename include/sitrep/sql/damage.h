/* SPDX-License-Identifier: ISC */
/* damage.h: the list of damage found in the database since the start.
 *
 * A damaged row is skipped and noted here by the thread that reads it.  Each row is counted once, and the first
 * DAMAGE_ROWS_MAX are logged.  Damage of a whole table (SQLite's check failed) is kept as a sentence.  Status and
 * metrics show both, so that the operator restores a backup while a good one exists.  Any thread may call these
 * functions. */
#ifndef SITREP_SQL_DAMAGE_H
#define SITREP_SQL_DAMAGE_H

#include <stdint.h>

enum {
	DAMAGE_ROWS_MAX = 256,      /* damaged rows that are logged */
	DAMAGE_COUNTED_MAX = 16384, /* damaged rows that are told apart and counted; more are not counted */
	DAMAGE_TEXT_MAX = 240
};

struct damage {
	uint64_t rows;              /* damaged rows, each once, up to DAMAGE_COUNTED_MAX; and mended ones */
	uint64_t tables;            /* tables that SQLite's own check found damaged */
	char text[DAMAGE_TEXT_MAX]; /* a sentence on the first damaged table, else on the first row; "": no damage */
	int64_t checked_ms; /* when the last pass over the whole database ended (check.h); TIME_NONE: none yet */
};

/* Notes that row id of table is skipped because the value in column is damaged. */
void damage_note_row(const char *table, int64_t id, const char *column);
/* Notes that values of a forbidden type were removed from that number of rows of table (mend.h). */
void damage_note_mended(const char *table, int rows);
/* Notes the failure of SQLite's check of the table, or of the whole file (""). */
void damage_note_table(const char *table, const char *finding);
/* Notes when a pass over the whole database ended. */
void damage_note_pass(int64_t at_ms);
void damage_get(struct damage *d);

#endif
