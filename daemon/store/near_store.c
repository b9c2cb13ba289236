/* The tables by which texts are found that resemble one another.
 *
 * Shingles stand in four tables, one a week.  Emptying a table by DELETE without WHERE gives its pages back at
 * once without a look at the rows, and unlike DROP leaves the schema alone, so that no other connection has to
 * prepare its statements anew.  A question reads three of them: this week's and the two before. */
#include "near_store.h"

#include <stdio.h>

#include "sitrep/clock.h"

/* A join with VALUES seeks straight from the parameters; IN would first build a tree of them, for each table. */
#define SHINGLES                                                                                                       \
	"(VALUES(?1),(?2),(?3),(?4),(?5),(?6),(?7),(?8),(?9),(?10),(?11),(?12),(?13),(?14),(?15),(?16),"               \
	"(?17),(?18),(?19),(?20),(?21),(?22),(?23),(?24),(?25),(?26),(?27),(?28),(?29),(?30),(?31),(?32))"
#define FIND_IN(slot)                                                                                                  \
	"SELECT item_id FROM " SHINGLES " AS asked CROSS JOIN near_shingle_" slot " ON shingle = asked.column1"
#define FIND(a, b, c)                                                                                                  \
	"SELECT item_id FROM (" FIND_IN(a) " UNION ALL " FIND_IN(b) " UNION ALL " FIND_IN(                             \
		c) ") GROUP BY item_id ORDER BY count(*) DESC, item_id DESC LIMIT 16"
#define ADD(slot) "INSERT OR IGNORE INTO near_shingle_" slot "(shingle, item_id) VALUES(?1, ?2)"
#define EMPTY(slot) "DELETE FROM near_shingle_" slot

static const char *const texts[NEAR_STATEMENTS] = {
	[NEAR_FIND_0] = FIND("0", "3", "2"),
	[NEAR_FIND_1] = FIND("1", "0", "3"),
	[NEAR_FIND_2] = FIND("2", "1", "0"),
	[NEAR_FIND_3] = FIND("3", "2", "1"),
	[NEAR_ADD_0] = ADD("0"),
	[NEAR_ADD_1] = ADD("1"),
	[NEAR_ADD_2] = ADD("2"),
	[NEAR_ADD_3] = ADD("3"),
	[NEAR_EMPTY_0] = EMPTY("0"),
	[NEAR_EMPTY_1] = EMPTY("1"),
	[NEAR_EMPTY_2] = EMPTY("2"),
	[NEAR_EMPTY_3] = EMPTY("3"),
	[NEAR_GET] = "SELECT item_id, story_id, source, seen, sketch FROM near_sketch WHERE item_id = ?1",
	[NEAR_PUT] = "INSERT INTO near_sketch(item_id, story_id, source, seen, sketch) VALUES(?1, ?2, ?3, ?4, ?5)"
		     " ON CONFLICT(item_id) DO UPDATE SET story_id = excluded.story_id, source = excluded.source,"
		     " sketch = excluded.sketch",
	[NEAR_FORGET] = "DELETE FROM near_sketch WHERE item_id = ?1",
	[NEAR_FORGET_LINKS] = "DELETE FROM story_link WHERE item_id = ?1",
	/* Numbers are given out in order of time, so the oldest have the lowest. */
	[NEAR_EXPIRE] = "DELETE FROM near_sketch WHERE seen < ?1"
			" AND item_id IN (SELECT item_id FROM near_sketch ORDER BY item_id LIMIT 4)",
	[NEAR_MEMBERS] = "SELECT item_id FROM near_sketch WHERE story_id = ?1 ORDER BY item_id LIMIT 16",
	[NEAR_LINK] =
		"INSERT OR REPLACE INTO story_link(item_id, other_id, relation, score, shared, shared_of, numbers,"
		" numbers_of, title) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[NEAR_GET_WEEK] = "SELECT week FROM near_state WHERE name = ?1",
	[NEAR_SET_WEEK] = "INSERT OR REPLACE INTO near_state(name, week) VALUES(?1, ?2)",
	[NEAR_GET_PAGES] = "SELECT page, counts FROM near_phrase",
	[NEAR_PUT_PAGE] = "INSERT OR REPLACE INTO near_phrase(page, counts) VALUES(?1, ?2)",
};

_Static_assert(NEAR_SLOTS == 4 && NEAR_SHINGLES_MAX == 32 && NEAR_CANDIDATES_MAX == 16 && NEAR_MEMBERS_MAX == 16,
	"the texts above have these numbers in them");

static const char cannot_find[] = "cannot look for stories alike";
static const char cannot_keep[] = "cannot keep what stories are compared by";

int near_store_init(struct near_store *n, sqlite3 *db, struct error *err)
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

static size_t slot_of(int64_t at_ms)
{
	return (size_t)(near_week(at_ms) % NEAR_SLOTS);
}

/* ---- looking up ---- */

static int read_ids(sqlite3_stmt *s, int64_t *ids, size_t max, size_t *found, struct error *err)
{
	int result = 0;

	*found = 0;
	while (*found < max && (result = sql_step(s, err, cannot_find)) == 1)
		ids[(*found)++] = sqlite3_column_int64(s, 0);
	sql_reset(s);
	return result < 0 ? result : 0;
}

int near_store_find(struct near_store *n, const uint64_t *shingles, size_t count, int64_t at_ms,
	int64_t ids[NEAR_CANDIDATES_MAX], size_t *found, struct error *err)
{
	sqlite3_stmt *s = n->s[NEAR_FIND_0 + slot_of(at_ms)];

	*found = 0;
	if (count == 0)
		return 0;
	/* what is not bound is NULL, which nothing equals */
	for (size_t i = 0; i < count && i < NEAR_SHINGLES_MAX; i++)
		sql_bind_int(s, (int)i + 1, (int64_t)shingles[i]);
	return read_ids(s, ids, NEAR_CANDIDATES_MAX, found, err);
}

int near_store_get(struct near_store *n, int64_t item_id, struct near_item *item, struct error *err)
{
	sqlite3_stmt *s = n->s[NEAR_GET];
	int result;

	sql_bind_int(s, 1, item_id);
	result = sql_step(s, err, cannot_find);
	if (result == 1) {
		item->item_id = sqlite3_column_int64(s, 0);
		item->story_id = sqlite3_column_int64(s, 1);
		item->source = sqlite3_column_int64(s, 2);
		item->seen_ms = sqlite3_column_int64(s, 3);
		result = sketch_decode(sql_blob(s, 4), &item->sketch) == 0;
	}
	sql_reset(s);
	return result;
}

int near_store_members(
	struct near_store *n, int64_t story_id, int64_t ids[NEAR_MEMBERS_MAX], size_t *found, struct error *err)
{
	sql_bind_int(n->s[NEAR_MEMBERS], 1, story_id);
	return read_ids(n->s[NEAR_MEMBERS], ids, NEAR_MEMBERS_MAX, found, err);
}

/* ---- keeping ---- */

int near_store_put(struct near_store *n, const struct near_item *item, struct str sketch, struct error *err)
{
	sqlite3_stmt *s = n->s[NEAR_PUT];

	sql_bind_int(s, 1, item->item_id);
	sql_bind_int(s, 2, item->story_id);
	sql_bind_int(s, 3, item->source);
	sql_bind_int(s, 4, item->seen_ms);
	sql_bind_blob(s, 5, sketch.data, sketch.len);
	return sql_done(s, err, cannot_keep);
}

static int turn_to_week(struct near_store *n, int64_t at_ms, struct error *err)
{
	int64_t week = 0;
	size_t slot = slot_of(at_ms);
	char name[] = "shingle_0";
	int result;

	name[sizeof(name) - 2] = (char)('0' + slot);
	result = near_store_get_week(n, name, &week, err);
	if (result < 0 || (result == 1 && week == near_week(at_ms)))
		return result < 0 ? result : 0;
	result = sql_done(n->s[NEAR_EMPTY_0 + slot], err, cannot_keep);
	return result == 0 ? near_store_set_week(n, name, near_week(at_ms), err) : result;
}

int near_store_index(
	struct near_store *n, int64_t item_id, const uint64_t *shingles, size_t count, int64_t at_ms, struct error *err)
{
	sqlite3_stmt *s = n->s[NEAR_ADD_0 + slot_of(at_ms)];
	int result = turn_to_week(n, at_ms, err);

	for (size_t i = 0; i < count && result == 0; i++) {
		sql_bind_int(s, 1, (int64_t)shingles[i]);
		sql_bind_int(s, 2, item_id);
		result = sql_done(s, err, cannot_keep);
	}
	return result;
}

int near_store_link(struct near_store *n, int64_t item_id, const struct story_link *link, struct error *err)
{
	sqlite3_stmt *s = n->s[NEAR_LINK];

	sql_bind_int(s, 1, item_id);
	sql_bind_int(s, 2, link->item_id);
	sql_bind_int(s, 3, (int64_t)link->relation);
	(void)sqlite3_bind_double(s, 4, link->reasons.score);
	sql_bind_int(s, 5, link->reasons.shared);
	sql_bind_int(s, 6, link->reasons.of);
	sql_bind_int(s, 7, link->reasons.numbers_shared);
	sql_bind_int(s, 8, link->reasons.numbers_of);
	(void)sqlite3_bind_double(s, 9, link->reasons.title);
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

int near_store_get_week(struct near_store *n, const char *name, int64_t *week, struct error *err)
{
	sql_bind_cstr(n->s[NEAR_GET_WEEK], 1, name);
	return sql_get_int(n->s[NEAR_GET_WEEK], week, err, cannot_find);
}

int near_store_set_week(struct near_store *n, const char *name, int64_t week, struct error *err)
{
	sql_bind_cstr(n->s[NEAR_SET_WEEK], 1, name);
	sql_bind_int(n->s[NEAR_SET_WEEK], 2, week);
	return sql_done(n->s[NEAR_SET_WEEK], err, cannot_keep);
}

/* ---- phrases ---- */

int near_store_load_phrases(struct near_store *n, struct boilerplate *b, struct error *err)
{
	sqlite3_stmt *s = n->s[NEAR_GET_PAGES];
	int result;

	/* a page of another size is from another version, and forgotten */
	while ((result = sql_step(s, err, cannot_find)) == 1)
		(void)boilerplate_load(b, (size_t)sqlite3_column_int64(s, 0), sql_blob(s, 1));
	sql_reset(s);
	return result;
}

int near_store_save_page(struct near_store *n, size_t page, struct str bytes, struct error *err)
{
	sql_bind_int(n->s[NEAR_PUT_PAGE], 1, (int64_t)page);
	sql_bind_blob(n->s[NEAR_PUT_PAGE], 2, bytes.data, bytes.len);
	return sql_done(n->s[NEAR_PUT_PAGE], err, cannot_keep);
}
