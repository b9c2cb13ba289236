/* near_omitted.h: how much boilerplate was left out of a sketch when it was kept.
 *
 * The rule does not need it; whoever asks why two reports are apart does.  A row for each sketch of which anything was
 * left out, gone with the sketch. */
#ifndef SITREP_STORE_NEAR_OMITTED_H
#define SITREP_STORE_NEAR_OMITTED_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/error.h"

#define NEAR_OMITTED_SCHEMA                                                                                            \
	"CREATE TABLE IF NOT EXISTS near_omitted("                                                                     \
	" item_id INTEGER PRIMARY KEY,"                                                                                \
	" shingles INTEGER NOT NULL,"                                                                                  \
	" shingles_of INTEGER NOT NULL"                                                                                \
	") STRICT;"                                                                                                    \
	"CREATE TRIGGER IF NOT EXISTS near_omitted_gone AFTER DELETE ON near_sketch BEGIN"                             \
	" DELETE FROM near_omitted WHERE item_id = old.item_id; END;"

enum near_omitted_statement { NEAR_OMITTED_PUT, NEAR_OMITTED_DROP, NEAR_OMITTED_GET, NEAR_OMITTED_STATEMENTS };

struct near_omitted {
	sqlite3_stmt *s[NEAR_OMITTED_STATEMENTS];
};

int near_omitted_init(struct near_omitted *n, sqlite3 *db, struct error *err);
void near_omitted_release(struct near_omitted *n);

/* shingles of so many; 0: none. */
int near_omitted_put(struct near_omitted *n, int64_t item_id, size_t shingles, size_t of, struct error *err);
/* 1 there were some, 0 none. */
int near_omitted_get(struct near_omitted *n, int64_t item_id, size_t *shingles, size_t *of, struct error *err);

#endif
