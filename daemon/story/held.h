/* held.h: the operator's word on which item tells which story.
 *
 * Table held has one row for each item and story of which something was said: the item is held apart from the story
 * (split), or together with it (join).  The latest word counts.  Written by say.c alone; the rule of stories asks
 * before it lets a report join.  A row goes with its item or its story, or by another word of the operator. */
#ifndef SITREP_STORY_HELD_H
#define SITREP_STORY_HELD_H

#include <sqlite3.h>
#include <stdint.h>

#include "sitrep/base/error.h"

/* As it is now, for databases in memory; see near_schema.h. */
#define HELD_SCHEMA                                                                                                    \
	"CREATE TABLE IF NOT EXISTS held("                                                                             \
	" item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,"                                             \
	" story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,"                                           \
	" together INTEGER NOT NULL,"                                                                                  \
	" at INTEGER NOT NULL,"                                                                                        \
	" PRIMARY KEY(item_id, story_id)"                                                                              \
	") STRICT, WITHOUT ROWID;"                                                                                     \
	"CREATE INDEX IF NOT EXISTS held_story ON held(story_id);"

enum held_statement { HELD_IS_APART, HELD_IS_JOINED, HELD_STATEMENTS };

struct held {
	sqlite3_stmt *s[HELD_STATEMENTS];
};

int held_init(struct held *h, sqlite3 *db, struct error *err);
void held_release(struct held *h);

/* 1: the item is held apart from the story; 0: not; negative errno. */
int held_is_apart(struct held *h, int64_t item_id, int64_t story_id, struct error *err);
/* 1: some of the story's items are in it by the operator's word, so that what the rule holds apart may be one. */
int held_is_joined(struct held *h, int64_t story_id, struct error *err);

#endif
