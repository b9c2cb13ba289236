/* SPDX-License-Identifier: ISC */
/* index_file.h: the file of the index, search.db in the state folder.
 *
 * The file holds nothing that the database does not have, so it is never repaired: when it is missing, damaged, or of
 * another version, the writer removes it and makes an empty one.  Readers see the last commit.
 *
 * The index is a number of segments.  A segment is written once: blocks of words (term_block.h) and chunks of texts
 * (doc.h).  Later only the set of its dead texts changes, those whose item has gone or has another text now. */
#ifndef SEARCH_INDEX_FILE_H
#define SEARCH_INDEX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/sql/sql.h"

/* Most segments; there are about 40 with a million items.  More are refused, as damage. */
enum { SEGMENTS_MAX = 4096 };

enum index_statement {
	INDEX_BEGIN_READ,
	INDEX_BEGIN,
	INDEX_COMMIT,
	INDEX_ROLLBACK,
	INDEX_GET,
	INDEX_SET,
	INDEX_SEGMENTS,
	INDEX_DEAD,
	INDEX_ADD_SEGMENT,
	INDEX_KILL,
	INDEX_DROP_SEGMENT,
	INDEX_DROP_BLOCKS,
	INDEX_DROP_CHUNKS,
	INDEX_ADD_BLOCK,
	INDEX_BLOCK,
	INDEX_FIRST_WORDS,
	INDEX_ADD_CHUNK,
	INDEX_CHUNK,
	INDEX_CHUNK_OF,
	INDEX_STATEMENTS
};

/* An open index. */
struct index_file {
	struct sql_db *db; /* NULL: not open */
	struct sql_stmt *s[INDEX_STATEMENTS];
	char *path;
	dev_t device; /* of the open file */
	ino_t inode;
};

struct segment {
	int64_t id;
	uint32_t docs, dead;           /* texts, and those of them that are dead */
	uint32_t blocks;               /* of words */
	int64_t first_item, last_item; /* of its texts */
	int64_t first_ms, last_ms;     /* the earliest and the latest of their stories */
};

/* Numbers that are kept in the file. */
enum index_number {
	INDEX_ITEM,    /* the last item that was taken in */
	INDEX_CHANGE,  /* the last change (item_change.h) that was followed */
	INDEX_SEGMENT, /* the last number of a segment that was given out */
	INDEX_MARK,    /* of the database, to tell another one that was put in its place */
	INDEX_MARKED,  /* likewise: of the item that was taken in last */
};

/* Opens the index.  For writing it makes the file, also in place of a damaged one; *is_new is then true.  For reading
 * -ENOENT without a file, and -EUCLEAN for one that the writer would replace.  On failure f is closed. */
int index_file_open(struct index_file *f, const char *state_dir, bool write, bool *is_new, struct error *err);
void index_file_close(struct index_file *f);
/* Removes the file, after damage. */
int index_file_remove(const char *state_dir, struct error *err);
/* False when another file, or none, stands at the path of the open one. */
bool index_file_is_there(const struct index_file *f);

/* A transaction.  index_file_end() commits with result 0, else rolls back, and returns the result. */
int index_file_begin(struct index_file *f, bool write, struct error *err);
int index_file_end(struct index_file *f, int result, struct error *err);

/* A number that was never set is 0. */
int index_file_get(struct index_file *f, enum index_number which, int64_t *value, struct error *err);
int index_file_set(struct index_file *f, enum index_number which, int64_t value, struct error *err);

/* The segments, the one with the newest item first.  The caller frees *segments. */
int index_file_segments(struct index_file *f, struct segment **segments, size_t *count, struct error *err);
/* Adds the segment, whose id is taken from INDEX_SEGMENT. */
int index_file_add_segment(struct index_file *f, const struct segment *s, struct error *err);
int index_file_drop_segment(struct index_file *f, int64_t segment, struct error *err);

/* Sets the bits of the segment's dead texts; bits has room for all and is zeroed. */
int index_file_dead(struct index_file *f, const struct segment *s, uint64_t *bits, struct error *err);
int index_file_set_dead(struct index_file *f, struct segment *s, const uint64_t *bits, struct error *err);

int index_file_add_block(
	struct index_file *f, int64_t segment, uint32_t number, struct str first, struct str block, struct error *err);
/* The block without its seal, until the next call of any function with the same file.  -EUCLEAN: it is damaged. */
int index_file_block(struct index_file *f, int64_t segment, uint32_t number, struct str *block, struct error *err);
/* Calls fn with the first word of each block of the segment, in order. */
typedef int first_word_fn(void *arg, struct str word);
int index_file_first_words(struct index_file *f, int64_t segment, first_word_fn *fn, void *arg, struct error *err);

int index_file_add_chunk(struct index_file *f, int64_t segment, uint32_t number, int64_t first, int64_t last,
	struct str chunk, struct error *err);
/* A chunk of the segment's texts (doc.h) and its first item; it lives as a block does. */
int index_file_chunk(struct index_file *f, const struct segment *s, uint32_t number, int64_t *first, struct str *chunk,
	struct error *err);
/* The number of the chunk that may have the item: 1; 0: none may. */
int index_file_chunk_of(
	struct index_file *f, const struct segment *s, int64_t item_id, uint32_t *number, struct error *err);

#endif
