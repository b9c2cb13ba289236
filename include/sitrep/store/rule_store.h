/* rule_store.h: the rules of outputs and alerts as the database knows them, and their matches with what is stored.
 *
 * A rule is known by its name and its expression together: its mark ("output/naval#0123456789abcdef") stands for both,
 * so that another expression is another rule, also over a restart.  A rule that is new here is matched with the stored
 * items, newest first, in short steps at rest; that raises no alerts.  The matches of one that is gone are removed in
 * the same way, after that.  How far it is stands in the database, so that it goes on after a kill. */
#ifndef SITREP_STORE_RULE_STORE_H
#define SITREP_STORE_RULE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/store/stored_rules.h"

struct sql_db;
struct sql_stmt;

enum rule_statement {
	RULE_FORGET_GENERATIONS,
	RULE_DROP_CLEANED,
	RULE_LIST,
	RULE_GO,
	RULE_COME,
	RULE_TOP,
	RULE_ITEMS,
	RULE_MARK,
	RULE_REACHED,
	RULE_FINISHED,
	RULE_AGAIN,
	RULE_GONE,
	RULE_CLEAN,
	RULE_CLEANED,
	RULE_STATEMENTS
};

struct rule_store {
	struct sql_stmt *s[RULE_STATEMENTS];
	struct rule_set *set; /* borrowed from the options of the writer; NULL: none yet */
	int64_t generation;   /* of set; 0: none yet */
	bool pending;         /* a step may find something to do */
	struct arena arena;   /* of one item */
	struct buf text, title, body;
};

int rule_store_init(struct rule_store *r, struct sql_db *db, struct error *err);
void rule_store_release(struct rule_store *r);

/* Makes the database's rules those given, within the caller's transaction; *changed says whether outputs show something
 * else.  next_id: above all items that are stored. */
int rule_store_sync(struct rule_store *r, const struct stored_rules *rules, int64_t generation, int64_t next_id,
	bool *changed, struct error *err);
/* From now on these; they must stay. */
void rule_store_use(struct rule_store *r, struct rule_set *set, int64_t generation);

/* Items below next_id have come in that were matched with the rules of that generation: later rules have not seen
 * them. */
int rule_store_match_again(struct rule_store *r, int64_t generation, int64_t next_id, struct error *err);

/* One step within the caller's transaction: 1 when there is more to do, 0 when not. *changed as above. */
int rule_store_step(struct rule_store *r, int64_t now_ms, bool *changed, struct error *err);

#endif
