/* SPDX-License-Identifier: ISC */
#include "sitrep/story/near_compact.h"

#include <stdbool.h>

#include "posting_row.h"
#include "sitrep/base/le.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/story/near_store.h"

/* Rows of a step; one has about a hundred postings. */
enum { STEP_ROWS = 64 };

#define NEXT(slot) "SELECT place, postings FROM near_bucket_" slot " WHERE place > ?1 ORDER BY place LIMIT ?2"
#define PUT(slot) "UPDATE near_bucket_" slot " SET postings = ?2 WHERE place = ?1"
#define DROP(slot) "DELETE FROM near_bucket_" slot " WHERE place = ?1"

static const char *const texts[COMPACT_STATEMENTS] = {
	NEXT("0"),
	NEXT("1"),
	NEXT("2"),
	NEXT("3"),
	PUT("0"),
	PUT("1"),
	PUT("2"),
	PUT("3"),
	DROP("0"),
	DROP("1"),
	DROP("2"),
	DROP("3"),
	[COMPACT_IS_KEPT] = "SELECT 1 FROM near_sketch WHERE item_id = ?1",
};
SQL_TEXTS(texts, COMPACT_STATEMENTS);

_Static_assert(NEAR_SLOTS == 4, "the texts above have this number in them");

static const char cannot_compact[] = "cannot compact the index of texts";

int near_compact_init(struct near_compact *c, struct sql_db *db, struct error *err)
{
	int result = sql_prepare(db, texts, COMPACT_STATEMENTS, c->s, err);

	buf_init(&c->row, SIZE_MAX);
	near_compact_begin(c);
	return result;
}

void near_compact_release(struct near_compact *c)
{
	sql_finalize(c->s, COMPACT_STATEMENTS);
	buf_release(&c->row);
}

void near_compact_begin(struct near_compact *c)
{
	c->slot = 0;
	c->place = -1;
}

static int64_t item_of(struct str posting)
{
	return (int64_t)le_get((const uint8_t *)posting.data + POSTING_TAG_BYTES, POSTING_ID_BYTES);
}

/* Appends the postings of items that are still kept to c->row; returns the number of the others. */
static int64_t filter_postings(struct near_compact *c, struct str postings, struct error *err)
{
	int64_t gone = 0, one;

	for (size_t at = 0; at < postings.len; at += POSTING_BYTES) {
		struct str posting = str_slice(postings, at, at + POSTING_BYTES);
		int result;

		result = sql_find_int(c->s[COMPACT_IS_KEPT], &one, err, cannot_compact, as_int(item_of(posting)));
		if (result < 0)
			return result;
		gone += result == 0;
		result = result == 1 ? buf_add(&c->row, posting) : 0;
		if (result != 0)
			return error_sys(err, result, cannot_compact);
	}
	return gone;
}

/* Writes row into c->row under one sum, without damaged postings and without those of items that are gone; returns the
 * number of the latter.  *is_sound: no posting of the row is damaged. */
static int64_t filter_row(struct near_compact *c, struct str row, bool *is_sound, struct error *err)
{
	static const char *const tables[NEAR_SLOTS] = {
		"near_bucket_0", "near_bucket_1", "near_bucket_2", "near_bucket_3"};
	size_t at, end, next = 0, sound = 0;
	int64_t gone = 0;
	int result = 0;

	buf_clear(&c->row);
	while (posting_row_next(row, &at, &end, &next, c->place, tables[c->slot])) {
		int64_t more = filter_postings(c, str_slice(row, at, end), err);

		if (more < 0)
			return more;
		gone += more;
		/* a sum follows them, but for the last ones of older rows */
		sound += next <= row.len ? end - at + POSTING_BYTES : row.len - at;
	}
	*is_sound = sound == row.len;
	if (c->row.len > 0)
		result = posting_row_seal(&c->row, c->row.len / POSTING_BYTES);
	return result == 0 ? gone : error_sys(err, result, cannot_compact);
}

static int put_row(struct near_compact *c, struct error *err)
{
	struct sql_stmt *s = c->s[(c->row.len > 0 ? COMPACT_PUT : COMPACT_DROP) + c->slot];

	return sql_run(s, err, cannot_compact, as_int(c->place), as_blob(c->row.data, c->row.len));
}

static int note_gone(struct near_compact *c, struct near_index *n, int64_t gone, struct error *err)
{
	static const char *const names[] = {"postings_0", "postings_1", "postings_2", "postings_3"};
	struct near_slot *of = &n->slots[c->slot];

	of->postings = of->postings > gone ? of->postings - gone : 0;
	return gone == 0 ? 0 : near_store_set_number(n->store, names[c->slot], of->postings, err);
}

int near_compact_step(struct near_compact *c, struct near_index *n, struct error *err)
{
	struct sql_stmt *s = c->s[COMPACT_NEXT + c->slot];
	int64_t gone, all_gone = 0;
	int rows = 0, result;
	bool is_sound;

	if (c->slot == NEAR_SLOTS)
		return 0;
	sql_bind(s, as_int(c->place), as_int(STEP_ROWS));
	while ((result = sql_step(s, err, cannot_compact)) == 1) {
		rows++;
		c->place = sql_int(s, 0);
		gone = filter_row(c, sql_blob(s, 1), &is_sound, err);
		result = gone < 0 ? (int)gone : gone > 0 || !is_sound ? put_row(c, err) : 0;
		if (result != 0)
			break;
		all_gone += gone;
	}
	sql_reset(s);
	if (result == 0)
		result = note_gone(c, n, all_gone, err);
	if (result != 0)
		return result;
	if (rows < STEP_ROWS) {
		c->slot++;
		c->place = -1;
	}
	return 1;
}
