/* SPDX-License-Identifier: ISC */
/* check.h: checks the database, table by table, in small steps.
 *
 * SQLite first checks each table (PRAGMA quick_check), for CHECK_QUICK_MS at most.  Then all rows of the table are
 * read by key, some hundred in each step and transaction, and their sealed columns are verified.  The position is
 * kept between steps, so that a pass may take a day, and no read transaction delays truncation of the WAL for longer
 * than CHECK_QUICK_MS. */
#ifndef SITREP_STORE_CHECK_H
#define SITREP_STORE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"

enum { CHECK_QUICK_MS = 2000 };

/* A finding about one row (row is its number, column the damaged column) or about the whole table (column is NULL,
 * finding is SQLite's sentence). */
typedef void check_fn(void *arg, const char *table, int64_t row, const char *column, const char *finding);

struct check;

/* Opens a connection of its own for reading.  quick: with SQLite's check of each table. */
struct check *check_new(const char *state_dir, bool quick, check_fn *fn, void *arg, struct error *err);
void check_free(struct check *c);
/* One step.  1: there is more to check; 0: the pass is over, and the next step begins another one; negative: the pass
 * is over, and the list of tables or a table could not be read, for another reason than damage (err: the first
 * failure).  err may not be NULL. */
int check_step(struct check *c, struct error *err);
/* From any thread: makes a running step end soon. */
void check_interrupt(struct check *c);

/* All checks at once, for sitrepd --verify: integrity_check, all records, and rules between tables.  cost is a
 * finding's consequence.  Returns the number of findings, or negative errno with a sentence. */
typedef void verify_fn(void *arg, const char *finding, const char *cost);
int verify_database(const char *state_dir, verify_fn *fn, void *arg, struct error *err);

/* A thread that checks the database after the start and then once a day, and notes findings (damage.h).  It uses at
 * most 2 % of one processor, SQLite's own checks not counted. */
struct checker;
struct checker *checker_new(const char *state_dir, struct error *err);
void checker_free(struct checker *c);

#endif
