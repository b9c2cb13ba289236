/* SPDX-License-Identifier: ISC */
/* near_schema.h: the tables that find similar texts, in their present form.
 *
 * For the benches and tests of this room.  The daemon's databases get them by the steps of schema_steps.c, whose text
 * never changes; a unit test compares the two. */
#ifndef SITREP_STORY_NEAR_SCHEMA_H
#define SITREP_STORY_NEAR_SCHEMA_H

/* One table a week, used in turn: old postings are removed by emptying a table. */
#define NEAR_BUCKETS(slot)                                                                                             \
	"CREATE TABLE IF NOT EXISTS near_bucket_" slot "("                                                             \
	" place INTEGER PRIMARY KEY," /* bucket of shingles << 32 | when */                                            \
	" postings BLOB NOT NULL"     /* near_index.c */                                                               \
	") STRICT;"

/* Postings that wait until there are enough for all buckets. */
#define NEAR_PENDING                                                                                                   \
	"CREATE TABLE IF NOT EXISTS near_pending("                                                                     \
	" seq INTEGER PRIMARY KEY,"                                                                                    \
	" item_id INTEGER NOT NULL,"                                                                                   \
	" week INTEGER NOT NULL,"                                                                                      \
	" shingles BLOB NOT NULL"                                                                                      \
	") STRICT;"

/* Sketches of items, as long as the items are in the window. */
#define NEAR_SKETCHES                                                                                                  \
	"CREATE TABLE IF NOT EXISTS near_sketch("                                                                      \
	" item_id INTEGER PRIMARY KEY,"                                                                                \
	" story_id INTEGER NOT NULL,"                                                                                  \
	" source INTEGER NOT NULL," /* a hash */                                                                       \
	" seen INTEGER NOT NULL,"                                                                                      \
	" omitted INTEGER NOT NULL,"    /* shingles that were boilerplate, */                                          \
	" omitted_of INTEGER NOT NULL," /* of so many */                                                               \
	" sketch BLOB NOT NULL"         /* sketch.h */                                                                 \
	") STRICT;"                                                                                                    \
	"CREATE INDEX IF NOT EXISTS near_sketch_story ON near_sketch(story_id);"

/* Numbers stored by name, and the counts of boilerplate.h. */
#define NEAR_STATE                                                                                                     \
	"CREATE TABLE IF NOT EXISTS near_state("                                                                       \
	" name TEXT PRIMARY KEY,"                                                                                      \
	" value INTEGER NOT NULL"                                                                                      \
	") STRICT, WITHOUT ROWID;"                                                                                     \
	"CREATE TABLE IF NOT EXISTS near_phrase("                                                                      \
	" page INTEGER PRIMARY KEY,"                                                                                   \
	" counts BLOB NOT NULL"                                                                                        \
	") STRICT;"

/* The links by which items were placed; they live as long as the item. */
#define STORY_LINKS                                                                                                    \
	"CREATE TABLE IF NOT EXISTS story_link("                                                                       \
	" item_id INTEGER NOT NULL,"                                                                                   \
	" other_id INTEGER NOT NULL,"                                                                                  \
	" relation INTEGER NOT NULL," /* enum story_relation */                                                        \
	" score REAL NOT NULL,"                                                                                        \
	" shared INTEGER NOT NULL," /* shingles, of so many */                                                         \
	" shared_of INTEGER NOT NULL,"                                                                                 \
	" numbers INTEGER NOT NULL,"                                                                                   \
	" numbers_of INTEGER NOT NULL,"                                                                                \
	" title REAL NOT NULL,"                                                                                        \
	" PRIMARY KEY(item_id, other_id)"                                                                              \
	") STRICT, WITHOUT ROWID;"                                                                                     \
	"CREATE INDEX IF NOT EXISTS story_link_other ON story_link(other_id);"

#define NEAR_SCHEMA                                                                                                    \
	NEAR_BUCKETS("0")                                                                                              \
	NEAR_BUCKETS("1")                                                                                              \
	NEAR_BUCKETS("2") NEAR_BUCKETS("3") NEAR_PENDING NEAR_SKETCHES NEAR_STATE STORY_LINKS

#endif
