/* SPDX-License-Identifier: ISC */
/* near_store.h: reads and writes the tables of near_schema.h but for the index: sketches, links, numbers and phrase
 * counts.
 *
 * Each function runs one or two statements; grouping.c combines them.  Functions return 0 or a negative errno with
 * err. */
#ifndef SITREP_STORY_NEAR_STORE_H
#define SITREP_STORY_NEAR_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/boilerplate.h"
#include "sitrep/story/grouping.h"

enum {
	/* Shingles that are kept for comparing. */
	NEAR_SKETCH_SHINGLES = SKETCH_WHOLE_MAX,
	/* Items of one story that are compared. */
	NEAR_MEMBERS_MAX = 16,
};

enum near_statement {
	NEAR_GET,
	NEAR_PUT,
	NEAR_FORGET,
	NEAR_FORGET_LINKS,
	NEAR_EXPIRE,
	NEAR_MEMBERS,
	NEAR_LINK,
	NEAR_GET_NUMBER,
	NEAR_SET_NUMBER,
	NEAR_GET_PAGES,
	NEAR_PUT_PAGE,
	NEAR_STATEMENTS
};

struct near_store {
	struct sql_stmt *s[NEAR_STATEMENTS];
};

/* An item as it is stored for comparing. */
struct near_item {
	int64_t item_id;
	int64_t story_id;
	int64_t source;
	int64_t seen_ms;
	size_t omitted, omitted_of; /* shingles left out as boilerplate, of so many */
	struct sketch sketch;
};

int near_store_init(struct near_store *n, struct sql_db *db, struct error *err);
void near_store_release(struct near_store *n);

/* Reads the item: 1; 0 when it is not stored, or damaged. */
int near_store_get(struct near_store *n, int64_t item_id, struct near_item *item, struct error *err);
/* Writes the ids of the story's first items into ids. */
int near_store_members(
	struct near_store *n, int64_t story_id, int64_t ids[NEAR_MEMBERS_MAX], size_t *found, struct error *err);

/* Adds or replaces the item; a replaced one keeps its seen_ms. */
int near_store_put(struct near_store *n, const struct near_item *item, struct str sketch, struct error *err);
int near_store_link(struct near_store *n, int64_t item_id, const struct story_link *link, struct error *err);
int near_store_forget(struct near_store *n, int64_t item_id, struct error *err);
/* Removes up to 64 items seen before before_ms. */
int near_store_expire(struct near_store *n, int64_t before_ms, struct error *err);

/* Reads the number stored under the name: 1; 0 when there is none. */
int near_store_get_number(struct near_store *n, const char *name, int64_t *value, struct error *err);
int near_store_set_number(struct near_store *n, const char *name, int64_t value, struct error *err);

int near_store_load_phrases(struct near_store *n, struct boilerplate *b, struct error *err);
int near_store_save_page(struct near_store *n, size_t page, struct str bytes, struct error *err);

/* The number of whole weeks since 1970; 0 before. */
int64_t near_week(int64_t at_ms);

#endif
