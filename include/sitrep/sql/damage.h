/* damage.h: what was found damaged in the database since the start, of whichever thread met it.
 *
 * A damaged row is left out and noted here: it is logged once, the first DAMAGE_ROWS_MAX of them by name, and counted.
 * Damage of a whole table (a check of SQLite's failed) is kept as a sentence for people: status and metrics show both,
 * so that a backup is looked for while there is one. */
#ifndef SITREP_SQL_DAMAGE_H
#define SITREP_SQL_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows that are told apart; more of them are counted together, and logged no more. */
enum { DAMAGE_ROWS_MAX = 256, DAMAGE_TEXT_MAX = 240 };

struct damage {
	uint64_t rows;              /* damaged rows met, each once as far as they can be told apart */
	uint64_t tables;            /* tables that SQLite's own check found damaged */
	char text[DAMAGE_TEXT_MAX]; /* what was found first, "" when nothing was */
	int64_t checked_ms; /* when the last pass over the whole database ended (check.h); TIME_NONE: none yet */
};

/* Row id of table is left out, since its column does not hold what it should. */
void damage_note_row(const char *table, int64_t id, const char *column);
/* So many rows of table held values of types that it forbids, and have been emptied of them (mend.h). */
void damage_note_mended(const char *table, int rows);
/* SQLite's check of the table (or of the whole file, "") said so. */
void damage_note_table(const char *table, const char *finding);
/* All tables have been gone through at that time. */
void damage_note_pass(int64_t at_ms);
void damage_get(struct damage *d);

#endif
