/* SPDX-License-Identifier: ISC */
#include "sitrep/store/item_follow.h"

#include <errno.h>
#include <stdlib.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/le.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/store.h"

enum { DECODED_MAX = 16 * 1024 * 1024 };

enum follow_statement {
	FOLLOW_BEGIN,
	FOLLOW_END,
	FOLLOW_STATE,
	FOLLOW_CHANGES,
	FOLLOW_MARK,
	FOLLOW_ITEMS,
	FOLLOW_ITEM,
	FOLLOW_FEEDS,
	FOLLOW_STORY,
	FOLLOW_STATEMENTS
};

#define FROM_ITEMS " FROM item i JOIN feed f ON f.id = i.feed_id JOIN story s ON s.id = i.story_id"

static const char *const texts[FOLLOW_STATEMENTS] = {
	[FOLLOW_BEGIN] = "BEGIN",
	[FOLLOW_END] = "COMMIT",
	[FOLLOW_STATE] = "SELECT item_id, (SELECT min(id) FROM item_change), (SELECT max(id) FROM item_change),"
			 " (SELECT value FROM near_state WHERE name = 'instance') FROM counter",
	[FOLLOW_CHANGES] = "SELECT id, item_id FROM item_change WHERE id > ?1 ORDER BY id LIMIT ?2",
	[FOLLOW_MARK] = "SELECT uid FROM item WHERE id = ?1",
	[FOLLOW_ITEMS] = "SELECT " HISTORY_COLUMNS FROM_ITEMS " WHERE i.id > ?1 ORDER BY i.id",
	[FOLLOW_ITEM] = "SELECT " HISTORY_COLUMNS FROM_ITEMS " WHERE i.id = ?1",
	[FOLLOW_FEEDS] = "SELECT id, name, categories, coalesce(configured_title, own_title, name), publisher"
			 " FROM feed ORDER BY id",
	[FOLLOW_STORY] = "SELECT uid FROM story WHERE id = ?1",
};
SQL_TEXTS(texts, FOLLOW_STATEMENTS);

static const char cannot_read[] = "cannot read the stored items";

struct item_follow {
	struct store store;
	struct sql_stmt *s[FOLLOW_STATEMENTS];
	struct arena arena; /* of one item */
};

struct item_follow *item_follow_new(const char *state_dir, struct error *err)
{
	struct item_follow *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return error_sys_null(err, -ENOMEM, cannot_read);
	arena_init(&f->arena, DECODED_MAX);
	if (store_open(&f->store, state_dir, STORE_READ, err) != 0) {
		free(f);
		return NULL;
	}
	if (sql_prepare(f->store.db, texts, FOLLOW_STATEMENTS, f->s, err) != 0) {
		item_follow_free(f);
		return NULL;
	}
	return f;
}

void item_follow_free(struct item_follow *f)
{
	if (f == NULL)
		return;
	sql_finalize(f->s, FOLLOW_STATEMENTS);
	store_close(&f->store);
	arena_release(&f->arena);
	free(f);
}

int item_follow_begin(struct item_follow *f, struct error *err)
{
	return sql_done(f->s[FOLLOW_BEGIN], err, cannot_read);
}

void item_follow_end(struct item_follow *f)
{
	sql_done(f->s[FOLLOW_END], NULL, "");
}

int item_follow_state(struct item_follow *f, struct item_follow_state *state, struct error *err)
{
	struct sql_stmt *s = f->s[FOLLOW_STATE];
	int result = sql_step(s, err, cannot_read);

	*state = (struct item_follow_state){0};
	if (result == 1)
		*state = (struct item_follow_state){.last_item = sql_int(s, 0),
			.first_change = sql_int(s, 1),
			.last_change = sql_int(s, 2),
			.instance = sql_int(s, 3)};
	return sql_end(s, result < 0 ? result : 0);
}

int item_follow_changes(
	struct item_follow *f, int64_t after, int64_t *ids, size_t max, size_t *count, int64_t *last, struct error *err)
{
	struct sql_stmt *s = f->s[FOLLOW_CHANGES];
	int result;

	*count = 0;
	*last = after;
	sql_bind(s, as_int(after), as_int((int64_t)max));
	while (*count < max && (result = sql_step(s, err, cannot_read)) == 1) {
		*last = sql_int(s, 0);
		ids[(*count)++] = sql_int(s, 1);
	}
	return sql_end(s, *count < max && result < 0 ? result : 0);
}

int item_follow_mark(struct item_follow *f, int64_t item_id, int64_t *mark, struct error *err)
{
	struct sql_stmt *s = f->s[FOLLOW_MARK];
	int result = sql_find(s, err, cannot_read, as_int(item_id));
	struct str uid = result == 1 ? sql_blob(s, 0) : STR_NONE;

	*mark = uid.len >= 7 ? (int64_t)le_get(uid.data, 7) : 0;
	return sql_end(s, result < 0 ? result : 0);
}

static int pass_items(
	struct item_follow *f, enum follow_statement which, int64_t id, history_fn *fn, void *arg, struct error *err)
{
	struct sql_stmt *s = f->s[which];
	int result;

	sql_bind(s, as_int(id));
	while ((result = sql_step(s, err, cannot_read)) == 1 && (result = history_take(s, &f->arena, fn, arg)) == 0)
		;
	return sql_end(s, result);
}

int item_follow_items(struct item_follow *f, int64_t after, history_fn *fn, void *arg, struct error *err)
{
	return pass_items(f, FOLLOW_ITEMS, after, fn, arg, err);
}

int item_follow_item(struct item_follow *f, int64_t item_id, history_fn *fn, void *arg, struct error *err)
{
	return pass_items(f, FOLLOW_ITEM, item_id, fn, arg, err);
}

int item_follow_feeds(struct item_follow *f, follow_feed_fn *fn, void *arg, struct error *err)
{
	struct sql_stmt *s = f->s[FOLLOW_FEEDS];
	int result;

	while ((result = sql_step(s, err, cannot_read)) == 1) {
		const struct follow_feed feed = {.id = sql_int(s, 0),
			.name = sql_text(s, 1),
			.categories = sql_text(s, 2),
			.title = sql_text(s, 3),
			.publisher = sql_text(s, 4)};

		if ((result = fn(arg, &feed)) != 0)
			break;
	}
	return sql_end(s, result);
}

int item_follow_story_uid(struct item_follow *f, int64_t story_id, char uid[UID_TEXT_MAX], struct error *err)
{
	struct sql_stmt *s = f->s[FOLLOW_STORY];
	int result = sql_find(s, err, cannot_read, as_int(story_id));

	uid[0] = '\0';
	if (result == 1)
		uid_write(uid, sql_blob(s, 0));
	return sql_end(s, result < 0 ? result : 0);
}
