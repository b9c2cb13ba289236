/* SPDX-License-Identifier: ISC */
/* story_constraint.h: the operator's corrections: an item must be in a story, or must not.
 *
 * Table story_constraint has one row for each corrected pair of item and story: the item is held apart from the story
 * (split), or together with it (join).  The latest correction counts.  Only story_edit.c writes the table;
 * grouping_decide.c reads it before a report joins a story.  A row is deleted with its item or its story, or by another
 * correction. */
#ifndef SITREP_STORY_STORY_CONSTRAINT_H
#define SITREP_STORY_STORY_CONSTRAINT_H

#include <stdint.h>

#include "sitrep/base/error.h"

struct sql_db;
struct sql_stmt;

/* The table in its present form, for benches and tests (near_schema.h).  ALTER TABLE has quoted its name. */
#define STORY_CONSTRAINT_SCHEMA                                                                                        \
	"CREATE TABLE IF NOT EXISTS \"story_constraint\"("                                                             \
	" item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,"                                             \
	" story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,"                                           \
	" together INTEGER NOT NULL,"                                                                                  \
	" at INTEGER NOT NULL,"                                                                                        \
	" PRIMARY KEY(item_id, story_id)"                                                                              \
	") STRICT, WITHOUT ROWID;"                                                                                     \
	"CREATE INDEX IF NOT EXISTS story_constraint_story ON story_constraint(story_id);"

enum story_constraint_statement { STORY_CONSTRAINT_IS_APART, STORY_CONSTRAINT_IS_JOINED, STORY_CONSTRAINT_STATEMENTS };

struct story_constraints {
	struct sql_stmt *s[STORY_CONSTRAINT_STATEMENTS];
};

int story_constraint_init(struct story_constraints *c, struct sql_db *db, struct error *err);
void story_constraint_release(struct story_constraints *c);

/* 1: the item is held apart from the story; 0: not; negative errno. */
int story_constraint_is_apart(struct story_constraints *c, int64_t item_id, int64_t story_id, struct error *err);
/* 1: the operator has joined some items to the story, so that items that the rule holds apart may be in it; 0: not;
 * negative errno. */
int story_constraint_is_joined(struct story_constraints *c, int64_t story_id, struct error *err);

#endif
