/* SPDX-License-Identifier: ISC */
#include "sitrep/story/near_store.h"

#include "sitrep/sql/statements.h"

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

static const char cannot_find[] = "cannot look up similar texts";
static const char cannot_keep[] = "cannot store a text for comparison";

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
	int result = sql_find(s, err, cannot_find, as_int(item_id));

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
	return sql_end(s, result);
}

int near_store_members(
	struct near_store *n, int64_t story_id, int64_t ids[NEAR_MEMBERS_MAX], size_t *found, struct error *err)
{
	struct sql_stmt *s = n->s[NEAR_MEMBERS];
	int result = 0;

	*found = 0;
	sql_bind(s, as_int(story_id));
	while (*found < NEAR_MEMBERS_MAX && (result = sql_step(s, err, cannot_find)) == 1)
		ids[(*found)++] = sql_int(s, 0);
	return sql_end(s, result < 0 ? result : 0);
}

/* ---- keeping ---- */

int near_store_put(struct near_store *n, const struct near_item *item, struct str sketch, struct error *err)
{
	return sql_run(n->s[NEAR_PUT], err, cannot_keep, as_int(item->item_id), as_int(item->story_id),
		as_int(item->source), as_int(item->seen_ms), as_int((int64_t)item->omitted),
		as_int((int64_t)item->omitted_of), as_blob(sketch.data, sketch.len));
}

int near_store_link(struct near_store *n, int64_t item_id, const struct story_link *link, struct error *err)
{
	return sql_run(n->s[NEAR_LINK], err, cannot_keep, as_int(item_id), as_int(link->item_id),
		as_int(link->relation), as_real(link->reasons.score), as_int(link->reasons.shared),
		as_int(link->reasons.of), as_int(link->reasons.numbers_shared), as_int(link->reasons.numbers_of),
		as_real(link->reasons.title));
}

int near_store_forget(struct near_store *n, int64_t item_id, struct error *err)
{
	int result = sql_run(n->s[NEAR_FORGET], err, cannot_keep, as_int(item_id));

	if (result != 0)
		return result;
	return sql_run(n->s[NEAR_FORGET_LINKS], err, cannot_keep, as_int(item_id));
}

int near_store_expire(struct near_store *n, int64_t before_ms, struct error *err)
{
	return sql_run(n->s[NEAR_EXPIRE], err, cannot_keep, as_int(before_ms));
}

int near_store_get_number(struct near_store *n, const char *name, int64_t *value, struct error *err)
{
	return sql_find_int(n->s[NEAR_GET_NUMBER], value, err, cannot_find, as_cstr(name));
}

int near_store_set_number(struct near_store *n, const char *name, int64_t value, struct error *err)
{
	return sql_run(n->s[NEAR_SET_NUMBER], err, cannot_keep, as_cstr(name), as_int(value));
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
			boilerplate_load(b, (size_t)sql_int(s, 0), counts);
		else
			damage_note_row("near_phrase", sql_int(s, 0), "counts");
	return sql_end(s, result);
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
	result =
		sql_run(n->s[NEAR_PUT_PAGE], err, cannot_keep, as_int((int64_t)page), as_blob(sealed.data, sealed.len));
	buf_release(&sealed);
	return result;
}
