/* SPDX-License-Identifier: ISC */
/* rule_store.h: the table of rules of outputs and alerts, and their matches with stored items.
 *
 * A rule's key ("output/naval#0123456789abcdef") stands for its name and expression, so that another expression is
 * another rule, also over a restart.  A new rule is matched with the stored items, newest first, in short steps when
 * the writer is idle; that raises no alerts.  After that the matches of rules that are gone are removed in the same
 * way.  The progress is in the database, so that it goes on after a kill. */
#ifndef SITREP_STORE_RULE_STORE_H
#define SITREP_STORE_RULE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/store/rule_pending.h"
#include "sitrep/store/stored_rules.h"
#include "sitrep/store/stored_words.h"

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
	RULE_ADD_MATCH,
	RULE_REACHED,
	RULE_FINISHED,
	RULE_AGAIN,
	RULE_GONE,
	RULE_CLEAN,
	RULE_CLEAN_PENDING,
	RULE_CLEANED,
	RULE_STATEMENTS
};

struct rule_store {
	struct sql_stmt *s[RULE_STATEMENTS];
	struct rule_pending *waiting; /* borrowed */
	struct rule_set *set;         /* of the rules in use, borrowed; NULL: none yet */
	int64_t generation;           /* of set; 0: none yet */
	bool pending;                 /* a step may have work to do */
	struct arena arena;           /* for one item */
	struct stored_words words;
};

/* waiting must outlive the store. */
int rule_store_init(struct rule_store *r, struct sql_db *db, struct rule_pending *waiting, struct error *err);
void rule_store_release(struct rule_store *r);

/* Replaces the rules in the database, within the caller's transaction.  *changed becomes true when outputs have changed
 * and is left alone otherwise.  next_id: above the ids of all stored items. */
int rule_store_sync(struct rule_store *r, const struct stored_rules *rules, int64_t generation, int64_t next_id,
	bool *changed, struct error *err);
/* Uses rules from now on; the caller keeps them alive.  NULL: none. */
void rule_store_use(struct rule_store *r, const struct stored_rules *rules, int64_t generation);

/* Items below next_id were matched with the rules of that generation only: rules of later generations have yet to be
 * matched with them. */
int rule_store_match_again(struct rule_store *r, int64_t generation, int64_t next_id, struct error *err);

/* One step within the caller's transaction.  1: there is more to do; 0: done.  *changed as above. */
int rule_store_step(struct rule_store *r, int64_t now_ms, bool *changed, struct error *err);

#endif
