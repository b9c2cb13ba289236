/* SPDX-License-Identifier: ISC */
/* damage.h: the damage found in the database since the start, by any thread.
 *
 * A damaged row is left out and noted here: it is logged once, the first DAMAGE_ROWS_MAX of them by name, and counted.
 * Damage of a whole table (a check of SQLite's failed) is kept as a sentence.  Status and metrics show both, so that a
 * backup is restored while there is one. */
#ifndef SITREP_SQL_DAMAGE_H
#define SITREP_SQL_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Damaged rows that are logged and counted once each; of more rows, each encounter is counted. */
enum { DAMAGE_ROWS_MAX = 256, DAMAGE_TEXT_MAX = 240 };

struct damage {
	uint64_t rows;              /* damaged rows met, each once as far as they can be told apart */
	uint64_t tables;            /* tables that SQLite's own check found damaged */
	char text[DAMAGE_TEXT_MAX]; /* the first damage found, of a table rather than of a row; "": none */
	int64_t checked_ms; /* when the last pass over the whole database ended (check.h); TIME_NONE: none yet */
};

/* Notes that row id of table is left out, since the value of its column is damaged. */
void damage_note_row(const char *table, int64_t id, const char *column);
/* Notes that so many rows of table held values of types that the table forbids, which have been removed (mend.h). */
void damage_note_mended(const char *table, int rows);
/* Notes the failure of SQLite's check of the table, or of the whole file (""). */
void damage_note_table(const char *table, const char *finding);
/* Notes when a pass over the whole database ended. */
void damage_note_pass(int64_t at_ms);
void damage_get(struct damage *d);

#endif
