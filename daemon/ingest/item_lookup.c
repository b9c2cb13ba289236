/* SPDX-License-Identifier: ISC */
#include "item_lookup.h"

#include "sitrep/sql/statements.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/store/record.h"
#include "sitrep/store/uid.h"

/* A few items with the largest record there is. */
enum { ARENA_MAX = 64 * 1024 * 1024, SHOWN_MAX = 80 };

static const char *const texts[ITEM_LOOKUP_STATEMENTS] = {
	[ITEM_LOOKUP_BY_UID] = "SELECT id FROM item WHERE uid = ?1 ORDER BY id DESC LIMIT 1",
	[ITEM_LOOKUP_BY_STORY] = "SELECT min(id) FROM item WHERE story_id ="
				 " (SELECT id FROM (SELECT id, 0 AS former FROM story WHERE uid = ?1"
				 " UNION ALL SELECT story_id, 1 FROM story_alias WHERE uid = ?1)"
				 " ORDER BY former, id DESC LIMIT 1) HAVING min(id) IS NOT NULL",
	[ITEM_LOOKUP_BY_URL] = "SELECT id FROM item WHERE url_key = ?1 ORDER BY id LIMIT 1",
	[ITEM_LOOKUP_LOAD] =
		"SELECT i.story_id, i.feed_id, i.publisher_id, i.first_seen,"
		" (SELECT min(id) FROM item WHERE story_id = s.id), s.sources, s.reports, i.uid, s.uid, i.digest,"
		" i.url_key, f.name, coalesce(f.configured_title, f.own_title, f.name), p.name, i.record"
		" FROM item i JOIN story s ON s.id = i.story_id JOIN feed f ON f.id = i.feed_id"
		" LEFT JOIN publisher p ON p.id = i.publisher_id WHERE i.id = ?1",
};
SQL_TEXTS(texts, ITEM_LOOKUP_STATEMENTS);

static const char cannot_find[] = "cannot look up an item";

int item_lookup_init(struct item_lookup *n, struct sql_db *db, struct error *err)
{
	arena_init(&n->arena, ARENA_MAX);
	n->identity = identity_new(err);
	return n->identity == NULL ? -ENOMEM : sql_prepare(db, texts, ITEM_LOOKUP_STATEMENTS, n->s, err);
}

void item_lookup_release(struct item_lookup *n)
{
	sql_finalize(n->s, ITEM_LOOKUP_STATEMENTS);
	identity_free(n->identity);
	n->identity = NULL;
	arena_release(&n->arena);
}

void item_lookup_begin(struct item_lookup *n)
{
	arena_release(&n->arena);
}

/* ---- one item ---- */

static bool read_key(struct sql_stmt *s, int column, uint8_t key[STORE_KEY_LEN])
{
	struct str bytes = sql_blob(s, column);

	if (bytes.len != STORE_KEY_LEN)
		return false;
	memcpy(key, bytes.data, STORE_KEY_LEN);
	return true;
}

/* 1; 0 when the record is damaged; -ENOMEM. */
static int read_row(struct item_lookup *n, struct sql_stmt *s, struct lookup_result *found)
{
	struct str *const texts_out[] = {&found->url_key, &found->feed, &found->outlet, &found->publisher};
	int result;

	found->story_id = sql_int(s, 0);
	found->feed_id = sql_int(s, 1);
	found->publisher_id = sql_int(s, 2);
	found->first_seen_ms = sql_time_or(s, 3, 0);
	found->lead_id = sql_int(s, 4);
	found->sources = sql_count(s, 5);
	found->reports = sql_count(s, 6);
	if (!read_key(s, 7, found->uid) || !read_key(s, 8, found->story_uid) || !read_key(s, 9, found->digest))
		return 0;
	for (int i = 0; i < 4; i++) {
		struct str text = i == 0 ? sql_blob(s, 10) : sql_text(s, 10 + i);

		/* url_key, which is a key or nothing */
		if (i == 0 && text.len != STORE_KEY_LEN)
			text = STR_NONE;
		*texts_out[i] = arena_str(&n->arena, text);
		if (text.data != NULL && texts_out[i]->data == NULL)
			return -ENOMEM;
	}
	result = record_decode(sql_blob(s, 14), found->item_id, &n->arena, &found->item);
	return result == 0 ? 1 : result == -ENOMEM ? result : 0;
}

int item_lookup_load(struct item_lookup *n, int64_t item_id, struct lookup_result *found, struct error *err)
{
	struct sql_stmt *s = n->s[ITEM_LOOKUP_LOAD];
	int result;

	*found = (struct lookup_result){.item_id = item_id};
	result = sql_find(s, err, cannot_find, as_int(item_id));
	if (result == 1) {
		result = read_row(n, s, found);
		if (result < 0)
			error_sys(err, result, cannot_find);
	}
	return sql_end(s, result);
}

/* ---- by its name ---- */

static int find_by(
	struct item_lookup *n, enum item_lookup_statement which, const uint8_t *key, int64_t *id, struct error *err)
{
	return sql_find_int(n->s[which], id, err, cannot_find, as_key(key));
}

/* By the link's key, which the workers make for whole items: a link alone needs no sandbox. */
static int find_by_link(struct item_lookup *n, struct str link, int64_t *id, struct error *err)
{
	struct item it;

	item_init(&it);
	it.link = link;
	if (identity_assign(n->identity, &n->arena, &it) != 0)
		return error_sys(err, -ENOMEM, cannot_find);
	return it.url_key.len < STORE_KEY_LEN
		       ? 0
		       : find_by(n, ITEM_LOOKUP_BY_URL, (const uint8_t *)it.url_key.data, id, err);
}

static int find_by_id(
	struct item_lookup *n, const uint8_t *uid, enum item_lookup_kind kind, int64_t *id, struct error *err)
{
	int result = find_by(n, kind == ITEM_LOOKUP_ITEM ? ITEM_LOOKUP_BY_UID : ITEM_LOOKUP_BY_STORY, uid, id, err);

	return result == 0
		       ? find_by(n, kind == ITEM_LOOKUP_ITEM ? ITEM_LOOKUP_BY_STORY : ITEM_LOOKUP_BY_UID, uid, id, err)
		       : result;
}

static int not_found(struct str name, struct error *err)
{
	struct buf shown = BUF_INIT(SHOWN_MAX);

	/* The name is shown on a terminal: as one line, cut at SHOWN_MAX. */
	utf8_one_line(&shown, name);
	error_set(err, -ENOENT, "no item has the id or link %.*s", STR_ARG(buf_str(&shown)));
	buf_release(&shown);
	return -ENOENT;
}

int item_lookup_find(struct item_lookup *n, struct str name, enum item_lookup_kind kind, struct lookup_result *found,
	struct error *err)
{
	const struct str prefix = STR("urn:uuid:");
	uint8_t uid[STORE_KEY_LEN];
	int64_t id = 0;
	int result;

	if (str_starts_nocase(name, prefix))
		name = str_slice(name, prefix.len, name.len);
	if (uid_parse(name, uid) == 0)
		result = find_by_id(n, uid, kind, &id, err);
	else
		result = find_by_link(n, str_slice(name, 0, LIMIT_URL), &id, err);
	if (result == 1)
		result = item_lookup_load(n, id, found, err);
	if (result == 0)
		return not_found(name, err);
	return result < 0 ? result : 0;
}
