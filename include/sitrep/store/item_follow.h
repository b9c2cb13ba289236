/* SPDX-License-Identifier: ISC */
/* item_follow.h: reads the stored items one by one, and those that changed, for the search index.
 *
 * Items are numbered in the order of arrival.  Items whose text changed or that were removed are in table item_change,
 * numbered as well; it is filled by triggers, and keeps the last 200,000.  So a reader that remembers both numbers goes
 * on where it stopped. */
#ifndef SITREP_STORE_ITEM_FOLLOW_H
#define SITREP_STORE_ITEM_FOLLOW_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/store/history.h"
#include "sitrep/store/uid.h"

struct item_follow;

/* A read-only connection. */
struct item_follow *item_follow_new(const char *state_dir, struct error *err);
void item_follow_free(struct item_follow *f);

/* All reads between the two see one state of the database. */
int item_follow_begin(struct item_follow *f, struct error *err);
void item_follow_end(struct item_follow *f);

struct item_follow_state {
	int64_t instance;                  /* of the database, drawn when it was made */
	int64_t last_item;                 /* the last number given out; 0: none */
	int64_t first_change, last_change; /* that are kept; 0 and 0: none ever was */
};
int item_follow_state(struct item_follow *f, struct item_follow_state *state, struct error *err);

/* Up to max changes after the given one, oldest first: their items into ids, and the number of the last into *last. */
int item_follow_changes(struct item_follow *f, int64_t after, int64_t *ids, size_t max, size_t *count, int64_t *last,
	struct error *err);

/* A number that tells this item from another one that has the same id in another database; 0: the item is gone. */
int item_follow_mark(struct item_follow *f, int64_t item_id, int64_t *mark, struct error *err);

/* Calls fn for each item after the given one, in order, until it returns another value than 0, which is returned; a
 * damaged record is left out.  0 at the end. */
int item_follow_items(struct item_follow *f, int64_t after, history_fn *fn, void *arg, struct error *err);
/* Calls fn with the item and returns its result; 0 without a call when it is gone or damaged. */
int item_follow_item(struct item_follow *f, int64_t item_id, history_fn *fn, void *arg, struct error *err);

/* The id that readers know a story by; "" when it is gone. */
int item_follow_story_uid(struct item_follow *f, int64_t story_id, char uid[UID_TEXT_MAX], struct error *err);

/* A feed that is or was configured. */
struct follow_feed {
	int64_t id;
	struct str name, categories, title, publisher; /* as in struct rule_subject */
};
typedef int follow_feed_fn(void *arg, const struct follow_feed *feed);
int item_follow_feeds(struct item_follow *f, follow_feed_fn *fn, void *arg, struct error *err);

#endif
