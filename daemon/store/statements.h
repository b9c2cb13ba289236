/* statements.h: all SQL that the program prepares, by module.
 *
 * A migration prepares it before it commits: a database that lacks something the program asks for is not raised to a
 * version that claims to have it. */
#ifndef SITREP_STORE_STATEMENTS_H
#define SITREP_STORE_STATEMENTS_H

#include <sqlite3.h>
#include <stddef.h>

#include "sitrep/error.h"

struct sql_texts {
	const char *const *texts;
	size_t count;
};

extern const struct sql_texts clock_record_texts;
extern const struct sql_texts feed_store_texts;
extern const struct sql_texts held_texts;
extern const struct sql_texts item_store_texts;
extern const struct sql_texts journal_texts;
extern const struct sql_texts keeper_clock_texts;
extern const struct sql_texts named_texts;
extern const struct sql_texts near_index_texts;
extern const struct sql_texts near_store_texts;
extern const struct sql_texts publisher_texts;
extern const struct sql_texts reader_texts;
extern const struct sql_texts retention_texts;
extern const struct sql_texts rule_store_texts;
extern const struct sql_texts say_texts;
extern const struct sql_texts websub_store_texts;
extern const struct sql_texts near_compact_texts;
extern const struct sql_texts prune_texts;
extern const struct sql_texts size_texts;
extern const struct sql_texts why_texts;

/* Prepares each statement and forgets it.  The failure's sentence names what is missing. */
int statements_check(sqlite3 *db, struct error *err);

#endif
