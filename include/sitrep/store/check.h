/* check.h: the database looked through, table by table, in small steps.
 *
 * Each table is first given to SQLite's own check (PRAGMA quick_check of that table), for CHECK_QUICK_MS at most; then
 * all of its rows are read by their keys, some hundred a step and a transaction each, and what our code would decode of
 * them is verified.  The place is kept between steps, so that a pass may take a day and no read transaction keeps the
 * WAL from being cut back for longer than CHECK_QUICK_MS. */
#ifndef SITREP_STORE_CHECK_H
#define SITREP_STORE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"

enum { CHECK_QUICK_MS = 2000 };

/* A finding: of one row (row is its number, column names what does not hold what it should), or of the whole table
 * (column is NULL and finding is SQLite's sentence). */
typedef void check_fn(void *arg, const char *table, int64_t row, const char *column, const char *finding);

struct check;

/* Opens a connection of its own for reading.  quick: with SQLite's check of each table. */
struct check *check_new(const char *state_dir, bool quick, check_fn *fn, void *arg, struct error *err);
void check_free(struct check *c);
/* One step: 1 there is more, 0 the pass is over and the next step begins another one; negative when the database cannot
 * be read at all, after which a new pass begins too. */
int check_step(struct check *c, struct error *err);
/* From any thread: a step that runs ends soon. */
void check_interrupt(struct check *c);

/* Everything at once, for people: integrity_check, all records, and what must fit together.  cost says what a finding
 * means.  Returns the number of findings, or negative errno with a sentence. */
typedef void verify_fn(void *arg, const char *finding, const char *cost);
int verify_database(const char *state_dir, verify_fn *fn, void *arg, struct error *err);

/* A thread that goes through the database after the start and then once a day, and notes what it finds (damage.h).
 * It takes a fiftieth of a processor at most but for SQLite's checks. */
struct checker;
struct checker *checker_new(const char *state_dir, struct error *err);
void checker_free(struct checker *c);

#endif
