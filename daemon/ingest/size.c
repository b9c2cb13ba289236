/* SPDX-License-Identifier: ISC */
#include "size.h"

#include <string.h>

#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/story/boilerplate.h"

enum {
	STEP_ITEMS = 200,
	STEP_ROWS = 500,
	/* Pages that a step returns to the file system; up to so many free pages are kept for later rows. */
	STEP_PAGES = 128,
	PAGE_BYTES = 4096,
	/* The newest items stay even in the smallest database: outputs show them. */
	ITEMS_KEPT = 200,
	/* A pass is due after so many added rows or events, and one more for each two items kept. */
	PASS_LEAST = 2000,
	/* The approximate bytes of an event and its index entry. */
	EVENT_BYTES = 128,
	PHRASE_TIMES = 16,
};

static const int64_t unshown_ms = INT64_C(48) * 3600 * 1000;
/* At most WAL_KEPT_BYTES of store.c. */
static const int64_t wal_least = INT64_C(256) * 1024, wal_most = INT64_C(16) * 1024 * 1024;
static const int64_t size_least = INT64_C(16) * 1024 * 1024, size_a_feed = INT64_C(64) * 1024;
static const int64_t room_most = INT64_C(64) * 1024 * 1024;
static const int64_t batch_least = INT64_C(256) * 1024;

static const char *const texts[SIZE_STATEMENTS] = {
	[SIZE_PAGES] = "PRAGMA page_count",
	[SIZE_FREE_PAGES] = "PRAGMA freelist_count",
	[SIZE_PAGE_BYTES] = "PRAGMA page_size",
	[SIZE_FEEDS] = "SELECT kept_bytes, id FROM feed ORDER BY kept_bytes DESC",
	[SIZE_LARGEST] = "SELECT id, kept_bytes FROM feed WHERE items > 0 ORDER BY kept_bytes DESC LIMIT 2",
	[SIZE_OLDEST] = "SELECT i.id, i.story_id, i.publisher_id, i.digest, " ITEM_BYTES_SQL
			" FROM item i WHERE i.feed_id = ?1 ORDER BY i.sort_ms, i.story_id LIMIT ?2",
	[SIZE_DROP_DIGEST] = "DELETE FROM digest WHERE digest = ?1 AND feed_id = ?2 AND item_id = ?3",
	/* dropped if not shown for two days (intake notes it once a day), and not a kept item's first identity */
	[SIZE_NEXT_IDENTITIES] = "SELECT n.identity, f.active = 0 OR n.last_seen < ?3, n.alias = 0 AND i.id IS NOT NULL"
				 " FROM ident n JOIN feed f ON f.id = n.feed_id LEFT JOIN item i ON i.id = n.item_id"
				 " WHERE n.feed_id = ?1 AND n.identity > ?2 ORDER BY n.identity LIMIT ?4",
	[SIZE_DROP_IDENTITY] = "DELETE FROM ident WHERE feed_id = ?1 AND identity = ?2",
	[SIZE_NEXT_DIGESTS] = "SELECT d.digest, d.feed_id, d.item_id, i.id IS NOT NULL AND i.digest = d.digest"
			      " FROM digest d LEFT JOIN item i ON i.id = d.item_id"
			      " WHERE (d.digest, d.feed_id, d.item_id) > (?1, ?2, ?3)"
			      " ORDER BY d.digest, d.feed_id, d.item_id LIMIT ?4",
	[SIZE_NEXT_EVENTS] = "SELECT e.cursor, e.item_id IS NULL OR i.id IS NOT NULL FROM event e"
			     " LEFT JOIN item i ON i.id = e.item_id WHERE e.cursor > ?1 ORDER BY e.cursor LIMIT ?2",
	[SIZE_DROP_EVENT] = "DELETE FROM event WHERE cursor = ?1",
	[SIZE_DROP_OLD_EVENTS] =
		"DELETE FROM event WHERE cursor IN (SELECT cursor FROM event ORDER BY cursor LIMIT ?1)",
	[SIZE_NEXT_PUBLISHERS] =
		"SELECT p.id, EXISTS(SELECT 1 FROM item i WHERE i.publisher_id = p.id) FROM publisher p"
		" WHERE p.id > ?1 ORDER BY p.id LIMIT ?2",
	[SIZE_DROP_PUBLISHER] = "DELETE FROM publisher WHERE id = ?1",
	[SIZE_DROP_PHRASES] = "DELETE FROM near_phrase",
};
SQL_TEXTS(texts, SIZE_STATEMENTS);

static const char cannot_prune[] = "cannot keep the database within [keep] size";

int size_init(struct size *z, struct ingest *k, struct error *err)
{
	int result;

	*z = (struct size){.pass = PASS_NONE, .pass_cursor = k->counters.cursor};
	result = sql_prepare(k->store.db, texts, SIZE_STATEMENTS, z->s, err);
	if (result == 0)
		result = pruner_init(&z->pruner, k->store.db, err);
	if (result == 0)
		result = near_compact_init(&z->compact, k->store.db, err);
	if (result != 0)
		size_release(z);
	return result;
}

void size_release(struct size *z)
{
	sql_finalize(z->s, SIZE_STATEMENTS);
	pruner_release(&z->pruner);
	near_compact_release(&z->compact);
}

/* ---- the allowed size ---- */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

int64_t size_wal_bytes(const struct writer_options *o)
{
	return o->keep_size <= 0 ? wal_most : clamp(o->keep_size / 16, wal_least, wal_most);
}

int64_t size_batch_bytes(const struct writer_options *o)
{
	return o->keep_size <= 0 ? INT64_MAX : clamp(o->keep_size / 16, batch_least, INT64_MAX);
}

bool size_keeps_phrases(const struct writer_options *o)
{
	return o->keep_size <= 0 || o->keep_size / PHRASE_TIMES >= (int64_t)BOILERPLATE_PAGE * BOILERPLATE_PAGES;
}

/* Bytes of pages that may be in use; the rest of the size is for the WAL, and for a batch that is not pruned yet. */
static int64_t allowed_bytes(const struct ingest *k)
{
	return k->options.keep_size - clamp(k->options.keep_size / 4, 0, room_most);
}

int64_t writer_least_size(size_t feeds)
{
	int64_t of_feeds = (int64_t)feeds * size_a_feed;

	return of_feeds > size_least ? of_feeds : size_least;
}

int64_t size_document_bytes(const struct writer_options *o)
{
	return o->keep_size <= 0 ? INT64_MAX : o->keep_size / 16;
}

int size_read_pages(struct size *z, struct pages *p, struct error *err)
{
	int64_t pages = 0, free_pages = 0, bytes = 0;
	int result = sql_get_int(z->s[SIZE_PAGES], &pages, err, cannot_prune);

	if (result >= 0)
		result = sql_get_int(z->s[SIZE_FREE_PAGES], &free_pages, err, cannot_prune);
	if (result >= 0)
		result = sql_get_int(z->s[SIZE_PAGE_BYTES], &bytes, err, cannot_prune);
	p->all = pages * bytes;
	p->used = (pages - free_pages) * bytes;
	return result < 0 ? result : 0;
}

int size_is_over(struct size *z, const struct ingest *k, struct error *err)
{
	struct pages p;
	int result;

	if (k->options.keep_size <= 0)
		return 0;
	result = size_read_pages(z, &p, err);
	return result < 0 ? result : p.used > allowed_bytes(k);
}

/* ---- shares ---- */

/* Finds the highest share with which all feeds fit into bytes, each counted for at most its share (max-min fairness).
 * Feeds beyond it are listed in beyond. */
static int find_share(struct size *z, int64_t bytes, int64_t *share, struct error *err)
{
	struct sql_stmt *s = z->s[SIZE_FEEDS];
	int64_t rest = 0, kept;
	int result;

	z->beyond_count = 0;
	*share = INT64_MAX;
	while ((result = sql_step(s, err, cannot_prune)) == 1)
		rest += sql_int(s, 0);
	sql_reset(s);
	if (result < 0 || rest <= bytes)
		return result;
	while (z->beyond_count < SIZE_FEEDS_MAX && (result = sql_step(s, err, cannot_prune)) == 1) {
		kept = sql_int(s, 0);
		if (z->beyond_count > 0 && (bytes - rest) / (int64_t)z->beyond_count >= kept)
			break;
		rest -= kept;
		z->beyond[z->beyond_count++] = sql_int(s, 1);
		*share = (bytes - rest) / (int64_t)z->beyond_count;
	}
	sql_reset(s);
	*share = *share < 0 ? 0 : *share;
	return result < 0 ? result : 0;
}

static bool is_beyond(const struct size *z, int64_t feed_id)
{
	for (size_t i = 0; i < z->beyond_count; i++)
		if (z->beyond[i] == feed_id)
			return true;
	return false;
}

/* True when room is so short that shares are enforced. */
static bool is_short(const struct ingest *k, const struct pages *p)
{
	return p->used > allowed_bytes(k) / 4 * 3;
}

/* An eighth of the allowed bytes is for rows that count for no feed. */
static int set_shares(struct size *z, struct ingest *k, struct error *err)
{
	int64_t allowed = allowed_bytes(k);

	return find_share(z, allowed - allowed / 8, &k->intake.limits.share_bytes, err);
}

/* ---- items ---- */

/* Finds the largest feed that has items, and by how many bytes it is larger than the next one: 1; 0 when no feed has
 * items. */
static int find_largest(struct size *z, int64_t *feed_id, int64_t *ahead, struct error *err)
{
	struct sql_stmt *s = z->s[SIZE_LARGEST];
	int result = sql_step(s, err, cannot_prune), next;

	if (result == 1) {
		*feed_id = sql_int(s, 0);
		*ahead = sql_int(s, 1);
		next = sql_step(s, err, cannot_prune);
		if (next == 1)
			*ahead -= sql_int(s, 1);
		result = next < 0 ? next : 1;
	}
	return sql_end(s, result);
}

struct oldest {
	struct pruned_item item;
	uint8_t digest[STORE_KEY_LEN];
};

static int read_oldest(
	struct size *z, int64_t feed_id, int64_t limit, struct oldest *list, size_t *count, struct error *err)
{
	struct sql_stmt *s = z->s[SIZE_OLDEST];
	int result = 0;

	*count = 0;
	sql_bind(s, as_int(feed_id), as_int(limit));
	while (*count < STEP_ITEMS && (result = sql_step(s, err, cannot_prune)) == 1) {
		struct oldest *o = &list[(*count)++];
		struct str digest = sql_blob(s, 3);

		o->item = (struct pruned_item){
			.id = sql_int(s, 0),
			.feed_id = feed_id,
			.story_id = sql_int(s, 1),
			.publisher_id = sql_int(s, 2),
			.bytes = sql_int(s, 4),
		};
		memset(o->digest, 0, sizeof(o->digest));
		if (digest.len == STORE_KEY_LEN)
			memcpy(o->digest, digest.data, STORE_KEY_LEN);
	}
	return sql_end(s, result < 0 ? result : 0);
}

/* The item's identities stay, so that it is not new again while its feed shows it.  Its digest is removed: it is
 * only needed when the item is shown with another identity. */
static int drop_item(struct size *z, struct ingest *k, const struct oldest *o, struct error *err)
{
	int result = sql_run(z->s[SIZE_DROP_DIGEST], err, cannot_prune, as_key(o->digest), as_int(o->item.feed_id),
		as_int(o->item.id));

	if (result == 0 && sql_changed(z->s[SIZE_DROP_DIGEST]) > 0)
		result = feed_store_count(&k->feeds, o->item.feed_id, 0, -KEPT_DIGEST, err);
	return result == 0 ? pruner_drop(&z->pruner, k, &o->item, err) : result;
}

/* Removes the oldest items of the largest feed, until too_much bytes are gone or the next feed is as large; 1 when an
 * item was removed. */
static int drop_of_largest(struct size *z, struct ingest *k, int64_t too_much, struct error *err)
{
	static const int64_t kept = ITEMS_KEPT;
	struct oldest list[STEP_ITEMS];
	int64_t feed_id = 0, ahead = 0, gone = 0, limit = k->counters.items - kept;
	size_t count = 0;
	int result;

	if (limit <= 0)
		return 0;
	result = find_largest(z, &feed_id, &ahead, err);
	if (result == 1)
		result = read_oldest(z, feed_id, limit < STEP_ITEMS ? limit : STEP_ITEMS, list, &count, err);
	for (size_t i = 0; i < count && result == 0 && (i == 0 || (gone < too_much && gone < ahead)); i++) {
		result = drop_item(z, k, &list[i], err);
		gone += list[i].item.bytes;
		z->dropped++;
	}
	return result < 0 ? result : count > 0;
}

/* ---- passes ---- */

static bool pass_is_due(const struct size *z, const struct ingest *k)
{
	int64_t enough = PASS_LEAST + k->counters.items / 2;

	return k->counters.cursor - z->pass_cursor >= enough || k->items.written - z->pass_written >= enough ||
	       z->dropped >= (PASS_LEAST + k->counters.items) / 4;
}

static void enter_pass(struct size *z, enum size_pass pass)
{
	z->pass = pass;
	z->at_feed = 0;
	z->at_id = z->at_item = 0;
	memset(z->at_key, 0, sizeof(z->at_key));
}

static void begin_pass(struct size *z, const struct ingest *k)
{
	enter_pass(z, PASS_IDENTITIES);
	z->events = 0;
	z->dropped = 0;
	z->pass_cursor = k->counters.cursor;
	z->pass_written = k->items.written;
	near_compact_begin(&z->compact);
}

/* Each function below does a step of its pass: 1 when there is more to do, 0 when it is complete. */

static int clear_identities(struct size *z, struct ingest *k, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = z->s[SIZE_NEXT_IDENTITIES];
	int64_t feed_id, gone = 0;
	int rows = 0, result;

	if (z->at_feed >= z->beyond_count)
		return 0;
	feed_id = z->beyond[z->at_feed];
	sql_bind(s, as_int(feed_id), as_key(z->at_key), as_int(now_ms - unshown_ms), as_int(STEP_ROWS));
	while ((result = sql_step(s, err, cannot_prune)) == 1) {
		struct str key = sql_blob(s, 0);

		rows++;
		if (key.len == STORE_KEY_LEN)
			memcpy(z->at_key, key.data, STORE_KEY_LEN);
		if (!sql_bool(s, 1) || sql_bool(s, 2))
			continue;
		result = sql_run(z->s[SIZE_DROP_IDENTITY], err, cannot_prune, as_int(feed_id), as_key(z->at_key));
		if (result != 0)
			break;
		gone += KEPT_IDENTITY;
	}
	sql_reset(s);
	if (result == 0 && gone > 0)
		result = feed_store_count(&k->feeds, feed_id, 0, -gone, err);
	if (rows < STEP_ROWS) {
		z->at_feed++;
		memset(z->at_key, 0, sizeof(z->at_key));
	}
	return result < 0 ? result : 1;
}

static int clear_digests(struct size *z, struct ingest *k, struct error *err)
{
	struct sql_stmt *s = z->s[SIZE_NEXT_DIGESTS];
	int rows = 0, result;

	sql_bind(s, as_key(z->at_key), as_int(z->at_id), as_int(z->at_item), as_int(STEP_ROWS));
	while ((result = sql_step(s, err, cannot_prune)) == 1) {
		struct str key = sql_blob(s, 0);

		rows++;
		z->at_id = sql_int(s, 1);
		z->at_item = sql_int(s, 2);
		if (key.len == STORE_KEY_LEN)
			memcpy(z->at_key, key.data, STORE_KEY_LEN);
		if (sql_bool(s, 3) || !is_beyond(z, z->at_id))
			continue;
		result = sql_run(z->s[SIZE_DROP_DIGEST], err, cannot_prune, as_key(z->at_key), as_int(z->at_id),
			as_int(z->at_item));
		if (result == 0)
			result = feed_store_count(&k->feeds, z->at_id, 0, -KEPT_DIGEST, err);
		if (result != 0)
			break;
	}
	sql_reset(s);
	return result < 0 ? result : rows == STEP_ROWS;
}

/* One step from z->at_id on: next lists rows (id, whether it is kept), drop removes those that are not.  Adds the kept
 * ones to *kept.  1: there may be more rows; 0: no more; negative errno. */
static int drop_unkept(
	struct size *z, enum size_statement next, enum size_statement drop, int64_t *kept, struct error *err)
{
	struct sql_stmt *s = z->s[next];
	int rows = 0, result;

	sql_bind(s, as_int(z->at_id), as_int(STEP_ROWS));
	while ((result = sql_step(s, err, cannot_prune)) == 1) {
		rows++;
		z->at_id = sql_int(s, 0);
		if (sql_bool(s, 1)) {
			(*kept)++;
			continue;
		}
		result = sql_run(z->s[drop], err, cannot_prune, as_int(z->at_id));
		if (result != 0)
			break;
	}
	sql_reset(s);
	return result < 0 ? result : rows == STEP_ROWS;
}

/* Removes events of removed items, which readers skip anyway; then the oldest events, while they take more than a
 * quarter of the size. */
static int clear_events(struct size *z, struct ingest *k, struct error *err)
{
	int64_t most = k->options.keep_size / 4 / EVENT_BYTES;
	int more = drop_unkept(z, SIZE_NEXT_EVENTS, SIZE_DROP_EVENT, &z->events, err);
	int result;

	if (more < 0 || z->events <= most)
		return more;
	sql_bind(z->s[SIZE_DROP_OLD_EVENTS], as_int(z->events - most));
	z->events = most;
	result = sql_done(z->s[SIZE_DROP_OLD_EVENTS], err, cannot_prune);
	return result < 0 ? result : more;
}

static int clear_publishers(struct size *z, struct error *err)
{
	int64_t kept = 0;

	return drop_unkept(z, SIZE_NEXT_PUBLISHERS, SIZE_DROP_PUBLISHER, &kept, err);
}

static int run_pass(struct size *z, struct ingest *k, int64_t now_ms, struct error *err)
{
	switch (z->pass) {
	case PASS_IDENTITIES:
		return clear_identities(z, k, now_ms, err);
	case PASS_DIGESTS:
		return clear_digests(z, k, err);
	case PASS_EVENTS:
		return clear_events(z, k, err);
	case PASS_POSTINGS:
		return near_compact_step(&z->compact, grouping_index(k->grouping), err);
	case PASS_PUBLISHERS:
		return clear_publishers(z, err);
	case PASS_NONE:
		return 0;
	}
	return 0;
}

static int step_pass(struct size *z, struct ingest *k, int64_t now_ms, struct error *err)
{
	int result = run_pass(z, k, now_ms, err);

	if (result == 0)
		enter_pass(z, z->pass == PASS_PUBLISHERS ? PASS_NONE : (enum size_pass)(z->pass + 1));
	return result < 0 ? result : 1;
}

/* ---- a step ---- */

static int return_pages(struct ingest *k, struct error *err)
{
	int result = sql_give_back(k->store.db, STEP_PAGES, err, cannot_prune);

	return result == 0 ? 1 : result;
}

int size_step(struct size *z, struct ingest *k, int64_t now_ms, struct error *err)
{
	int64_t allowed = allowed_bytes(k);
	struct pages p;
	int result;

	k->intake.limits.share_bytes = INT64_MAX;
	if (k->options.keep_size <= 0)
		return 0;
	result = size_read_pages(z, &p, err);
	if (result == 0 && is_short(k, &p))
		result = set_shares(z, k, err);
	if (result != 0)
		return result;
	if (z->pass != PASS_NONE)
		return step_pass(z, k, now_ms, err);
	if (is_short(k, &p) && pass_is_due(z, k)) {
		begin_pass(z, k);
		return 1;
	}
	if (p.used > allowed) {
		if (!size_keeps_phrases(&k->options))
			result = sql_done(z->s[SIZE_DROP_PHRASES], err, cannot_prune);
		return result == 0 ? drop_of_largest(z, k, p.used - allowed, err) : result;
	}
	return p.all > allowed + (k->options.keep_size - allowed) / 2 && p.all - p.used > STEP_PAGES * PAGE_BYTES
		       ? return_pages(k, err)
		       : 0;
}
