/* SPDX-License-Identifier: ISC */
/* Reads and writes the tables of sketches, links between items, numbers and phrase counts. */
#include "sitrep/story/near_store.h"

#include "sitrep/sql/statements.h"

#include <stdio.h>

#include "sitrep/base/clock.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"

static const char *const texts[NEAR_STATEMENTS] = {
	[NEAR_GET] = "SELECT item_id, story_id, source, seen, omitted, omitted_of, sketch FROM near_sketch WHERE "
		     "item_id = ?1",
	[NEAR_PUT] = "INSERT INTO near_sketch(item_id, story_id, source, seen, omitted, omitted_of, sketch)"
		     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
		     " ON CONFLICT(item_id) DO UPDATE SET story_id = excluded.story_id, source = excluded.source,"
		     " omitted = excluded.omitted, omitted_of = excluded.omitted_of, sketch = excluded.sketch",
	[NEAR_FORGET] = "DELETE FROM near_sketch WHERE item_id = ?1",
	[NEAR_FORGET_LINKS] = "DELETE FROM story_link WHERE item_id = ?1",
	/* Item numbers rise with time, so the oldest items have the lowest. */
	[NEAR_EXPIRE] = "DELETE FROM near_sketch WHERE seen < ?1"
			" AND item_id IN (SELECT item_id FROM near_sketch ORDER BY item_id LIMIT 64)",
	[NEAR_MEMBERS] = "SELECT item_id FROM near_sketch WHERE story_id = ?1 ORDER BY item_id LIMIT 16",
	[NEAR_LINK] =
		"INSERT OR REPLACE INTO story_link(item_id, other_id, relation, score, shared, shared_of, numbers,"
		" numbers_of, title) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[NEAR_GET_NUMBER] = "SELECT value FROM near_state WHERE name = ?1",
	[NEAR_SET_NUMBER] = "INSERT OR REPLACE INTO near_state(name, value) VALUES(?1, ?2)",
	[NEAR_GET_PAGES] = "SELECT page, counts FROM near_phrase",
	[NEAR_PUT_PAGE] = "INSERT OR REPLACE INTO near_phrase(page, counts) VALUES(?1, ?2)",
};
SQL_TEXTS(texts, NEAR_STATEMENTS);

_Static_assert(NEAR_MEMBERS_MAX == 16, "the text above has this number in it");

static const char cannot_find[] = "cannot look for stories alike";
static const char cannot_keep[] = "cannot keep what stories are compared by";

int near_store_init(struct near_store *n, struct sql_db *db, struct error *err)
{
	return sql_prepare(db, texts, NEAR_STATEMENTS, n->s, err);
}

void near_store_release(struct near_store *n)
{
	sql_finalize(n->s, NEAR_STATEMENTS);
}

int64_t near_week(int64_t at_ms)
{
	static const int64_t week_ms = INT64_C(7) * 24 * 3600 * 1000;

	return at_ms >= 0 ? at_ms / week_ms : 0;
}

/* ---- looking up ---- */

int near_store_get(struct near_store *n, int64_t item_id, struct near_item *item, struct error *err)
{
	struct sql_stmt *s = n->s[NEAR_GET];
	struct str sketch;
	int result;

	sql_bind_int(s, 1, item_id);
	result = sql_step(s, err, cannot_find);
	if (result == 1) {
		item->item_id = sql_int(s, 0);
		item->story_id = sql_number(s, 1, 1, INT64_MAX, 0);
		item->source = sql_int(s, 2);
		item->seen_ms = sql_time_or(s, 3, 0);
		item->omitted = (size_t)sql_count(s, 4);
		item->omitted_of = (size_t)sql_count(s, 5);
		result = item->story_id != 0 && seal_open(sql_blob(s, 6), &sketch) >= 0 &&
			 sketch_decode(sketch, &item->sketch) == 0;
		/* Without its sketch the item is not found by its text. */
		if (result == 0)
			damage_note_row("near_sketch", item_id, item->story_id != 0 ? "sketch" : "story_id");
	}
	sql_reset(s);
	return result;
}

int near_store_members(
	struct near_store *n, int64_t story_id, int64_t ids[NEAR_MEMBERS_MAX], size_t *found, struct error *err)
{
	struct sql_stmt *s = n->s[NEAR_MEMBERS];
	int result = 0;

	*found = 0;
	sql_bind_int(s, 1, story_id);
	while (*found < NEAR_MEMBERS_MAX && (result = sql_step(s, err, cannot_find)) == 1)
		ids[(*found)++] = sql_int(s, 0);
	sql_reset(s);
	return result < 0 ? result : 0;
}

/* ---- keeping ---- */

int near_store_put(struct near_store *n, const struct near_item *item, struct str sketch, struct error *err)
{
	struct sql_stmt *s = n->s[NEAR_PUT];

	sql_bind_int(s, 1, item->item_id);
	sql_bind_int(s, 2, item->story_id);
	sql_bind_int(s, 3, item->source);
	sql_bind_int(s, 4, item->seen_ms);
	sql_bind_int(s, 5, (int64_t)item->omitted);
	sql_bind_int(s, 6, (int64_t)item->omitted_of);
	sql_bind_blob(s, 7, sketch.data, sketch.len);
	return sql_done(s, err, cannot_keep);
}

int near_store_link(struct near_store *n, int64_t item_id, const struct story_link *link, struct error *err)
{
	struct sql_stmt *s = n->s[NEAR_LINK];

	sql_bind_int(s, 1, item_id);
	sql_bind_int(s, 2, link->item_id);
	sql_bind_int(s, 3, (int64_t)link->relation);
	sql_bind_real(s, 4, link->reasons.score);
	sql_bind_int(s, 5, link->reasons.shared);
	sql_bind_int(s, 6, link->reasons.of);
	sql_bind_int(s, 7, link->reasons.numbers_shared);
	sql_bind_int(s, 8, link->reasons.numbers_of);
	sql_bind_real(s, 9, link->reasons.title);
	return sql_done(s, err, cannot_keep);
}

int near_store_forget(struct near_store *n, int64_t item_id, struct error *err)
{
	int result;

	sql_bind_int(n->s[NEAR_FORGET], 1, item_id);
	result = sql_done(n->s[NEAR_FORGET], err, cannot_keep);
	if (result != 0)
		return result;
	sql_bind_int(n->s[NEAR_FORGET_LINKS], 1, item_id);
	return sql_done(n->s[NEAR_FORGET_LINKS], err, cannot_keep);
}

int near_store_expire(struct near_store *n, int64_t before_ms, struct error *err)
{
	sql_bind_int(n->s[NEAR_EXPIRE], 1, before_ms);
	return sql_done(n->s[NEAR_EXPIRE], err, cannot_keep);
}

int near_store_get_number(struct near_store *n, const char *name, int64_t *value, struct error *err)
{
	sql_bind_cstr(n->s[NEAR_GET_NUMBER], 1, name);
	return sql_get_int(n->s[NEAR_GET_NUMBER], value, err, cannot_find);
}

int near_store_set_number(struct near_store *n, const char *name, int64_t value, struct error *err)
{
	sql_bind_cstr(n->s[NEAR_SET_NUMBER], 1, name);
	sql_bind_int(n->s[NEAR_SET_NUMBER], 2, value);
	return sql_done(n->s[NEAR_SET_NUMBER], err, cannot_keep);
}

/* ---- phrases ---- */

int near_store_load_phrases(struct near_store *n, struct boilerplate *b, struct error *err)
{
	struct sql_stmt *s = n->s[NEAR_GET_PAGES];
	struct str counts;
	int result;

	/* a page of another size is from another version, and ignored */
	while ((result = sql_step(s, err, cannot_find)) == 1)
		if (seal_open(sql_blob(s, 1), &counts) >= 0)
			(void)boilerplate_load(b, (size_t)sql_int(s, 0), counts);
		else
			damage_note_row("near_phrase", sql_int(s, 0), "counts");
	sql_reset(s);
	return result;
}

int near_store_save_page(struct near_store *n, size_t page, struct str bytes, struct error *err)
{
	struct buf sealed = BUF_INIT(bytes.len + SEAL_BYTES);
	int result = buf_add(&sealed, bytes);

	if (result == 0)
		result = seal_add(&sealed);
	if (result != 0) {
		buf_release(&sealed);
		return error_sys(err, result, cannot_keep);
	}
	sql_bind_int(n->s[NEAR_PUT_PAGE], 1, (int64_t)page);
	sql_bind_blob(n->s[NEAR_PUT_PAGE], 2, sealed.data, sealed.len);
	result = sql_done(n->s[NEAR_PUT_PAGE], err, cannot_keep);
	buf_release(&sealed);
	return result;
}
