/* SPDX-License-Identifier: ISC */
/* A round has phases: old events, closed alerts whose story is gone, old items, items past the allowed size, tombstones
 * that are no longer needed, and pages that can be returned to the file system.  Each step touches at most STEP_ROWS
 * rows, so an outcome that arrives meanwhile waits for milliseconds.
 *
 * A removed item leaves its identity and digest as tombstones: its feed may show it for years, and it must not come
 * back as new.  While the feed shows it, intake notes that once a day.  A tombstone is removed when its feed has not
 * shown it for three times as long as items are kept.  An alias (a second identity of an item) is only a short cut,
 * since the digest finds the item too.  It is removed after a week unseen, so that a feed whose guids change at
 * every poll leaves at most a week of them. */
#include "retention.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/mend.h"

enum {
	STEP_ROWS = 200,
	STEP_PAGES = 64,
	/* Fewer free pages, of 4 KiB, are not returned. */
	FREE_PAGES_KEPT = 256,
	PAGE_BYTES = 4096,
	TOMBSTONE_TIMES = 3,
	/* Pages of phrase counts, 64 KiB each, saved in one step. */
	STEP_COUNTS = 16,
};

static const int64_t round_ms = INT64_C(3600) * 1000;
/* A walk over the tombstones reads two whole tables; they last for weeks, so once a day is enough. */
static const int64_t sweep_ms = INT64_C(24) * 3600 * 1000;
static const int64_t alias_kept_ms = INT64_C(7) * 24 * 3600 * 1000;
static const int64_t tombstone_least_ms = INT64_C(90) * 24 * 3600 * 1000;

static const char *const texts[RETENTION_STATEMENTS] = {
	/* A time in the future does not give a row's age: such a row is removed together with the rows after it. */
	[OLD_EVENTS] = "SELECT cursor, time FROM event WHERE time <= ?2 ORDER BY cursor LIMIT ?1",
	[DROP_EVENTS] = "DELETE FROM event WHERE cursor <= ?1",
	[OLD_ITEMS] = "SELECT id, first_seen FROM item WHERE first_seen <= ?2 ORDER BY id LIMIT ?1",
	[ITEMS_UNTIL] = "SELECT i.id, i.feed_id, i.story_id, i.publisher_id, " ITEM_BYTES_SQL
			" FROM item i WHERE i.id <= ?2 ORDER BY i.id LIMIT ?1",
	[NEXT_IDENTITIES] = "SELECT n.feed_id, n.identity, n.last_seen, n.alias, i.id FROM ident n"
			    " LEFT JOIN item i ON i.id = n.item_id WHERE (n.feed_id, n.identity) > (?1, ?2)"
			    " ORDER BY n.feed_id, n.identity LIMIT ?3",
	[DROP_IDENTITY] = "DELETE FROM ident WHERE feed_id = ?1 AND identity = ?2",
	[NEXT_DIGESTS] = "SELECT d.feed_id, d.digest, d.last_seen, d.item_id, i.id FROM digest d"
			 " LEFT JOIN item i ON i.id = d.item_id WHERE (d.digest, d.feed_id, d.item_id) > (?1, ?2, ?3)"
			 " ORDER BY d.digest, d.feed_id, d.item_id LIMIT ?4",
	[DROP_DIGEST] = "DELETE FROM digest WHERE digest = ?1 AND feed_id = ?2 AND item_id = ?3",
};
SQL_TEXTS(texts, RETENTION_STATEMENTS);

static const char cannot_prune[] = "cannot remove old rows";

int retention_init(struct retention *r, struct ingest *k, struct error *err)
{
	int result;

	*r = (struct retention){.phase = RETENTION_EVENTS};
	result = size_init(&r->size, k, err);
	if (result == 0)
		result = sql_prepare(k->store.db, texts, RETENTION_STATEMENTS, r->s, err);
	if (result != 0)
		retention_release(r);
	return result;
}

void retention_release(struct retention *r)
{
	sql_finalize(r->s, RETENTION_STATEMENTS);
	size_release(&r->size);
}

bool retention_due(const struct retention *r, int64_t elapsed_ms)
{
	return r->phase != RETENTION_DONE || elapsed_ms >= r->next_ms;
}

void retention_restart(struct retention *r)
{
	r->phase = RETENTION_EVENTS;
	r->next_sweep_ms = 0;
}

static void set_phase(struct retention *r, enum retention_phase phase)
{
	r->phase = phase;
	r->at_feed = 0;
	r->at_item = 0;
	memset(r->at_key, 0, sizeof(r->at_key));
}

/* Each step function below returns 1 when its phase has more to do, 0 when it is complete. */

/* ---- events ---- */

static int drop_events(struct retention *r, int64_t older_than_ms, struct error *err)
{
	struct sql_stmt *s = r->s[OLD_EVENTS];
	int64_t last = 0;
	int rows = 0, result;

	sql_bind(s, as_int(STEP_ROWS), as_int(r->now_ms));
	while ((result = sql_step(s, err, cannot_prune)) == 1 && sql_time_or(s, 1, 0) < older_than_ms) {
		last = sql_int(s, 0);
		rows++;
	}
	sql_reset(s);
	if (result < 0 || rows == 0)
		return result < 0 ? result : 0;
	result = sql_run(r->s[DROP_EVENTS], err, cannot_prune, as_int(last));
	return result != 0 ? result : rows == STEP_ROWS;
}

/* ---- items ---- */

/* The oldest items, as long as they were first seen before older_than_ms. */
static int drop_items(struct retention *r, struct ingest *k, int64_t older_than_ms, struct error *err)
{
	struct sql_stmt *s = r->s[OLD_ITEMS];
	struct pruned_item old[STEP_ROWS];
	int64_t last = 0;
	int count, result;

	sql_bind(s, as_int(STEP_ROWS), as_int(r->now_ms));
	while ((result = sql_step(s, err, cannot_prune)) == 1 && sql_time_or(s, 1, 0) < older_than_ms)
		last = sql_int(s, 0);
	sql_reset(s);
	if (result < 0)
		return result;
	s = r->s[ITEMS_UNTIL];
	sql_bind(s, as_int(STEP_ROWS), as_int(last));
	count = result = pruned_items_read(s, old, STEP_ROWS, err);
	for (int i = 0; i < count && result >= 0; i++)
		result = pruner_drop(&r->size.pruner, k, &old[i], err);
	return result < 0 ? result : count == STEP_ROWS;
}

/* ---- tombstones ---- */

static int64_t tombstone_kept_ms(const struct ingest *k)
{
	int64_t kept_ms;

	if (k->options.keep_items_ms <= 0 ||
		__builtin_mul_overflow(k->options.keep_items_ms, TOMBSTONE_TIMES, &kept_ms))
		return INT64_MAX;
	return kept_ms < tombstone_least_ms ? tombstone_least_ms : kept_ms;
}

static bool is_older(int64_t seen_ms, int64_t kept_ms, int64_t now_ms)
{
	return kept_ms != INT64_MAX && now_ms - kept_ms > seen_ms;
}

static void remember_key(struct retention *r, struct str key)
{
	if (key.len == STORE_KEY_LEN)
		memcpy(r->at_key, key.data, STORE_KEY_LEN);
}

static int drop_identities(struct retention *r, struct ingest *k, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = r->s[NEXT_IDENTITIES];
	int rows = 0, result;

	sql_bind(s, as_int(r->at_feed), as_blob(r->at_key, r->at_feed == 0 ? 0 : STORE_KEY_LEN), as_int(STEP_ROWS));
	while ((result = sql_step(s, err, cannot_prune)) == 1) {
		int64_t seen_ms = sql_time_or(s, 2, 0);
		bool is_alias = sql_bool(s, 3);
		bool pruned = sql_is_null(s, 4);
		int64_t kept_ms = is_alias && !pruned ? alias_kept_ms : pruned ? tombstone_kept_ms(k) : INT64_MAX;

		rows++;
		r->at_feed = sql_int(s, 0);
		remember_key(r, sql_blob(s, 1));
		if (!is_older(seen_ms, kept_ms, now_ms))
			continue;
		result = sql_run(r->s[DROP_IDENTITY], err, cannot_prune, as_int(r->at_feed), as_key(r->at_key));
		if (result == 0)
			result = feed_store_count(&k->feeds, r->at_feed, 0, -KEPT_IDENTITY, err);
		if (result != 0)
			break;
	}
	sql_reset(s);
	return result < 0 ? result : rows == STEP_ROWS;
}

static int drop_digests(struct retention *r, struct ingest *k, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s = r->s[NEXT_DIGESTS];
	int rows = 0, result;

	sql_bind(s, as_blob(r->at_key, r->at_feed == 0 ? 0 : STORE_KEY_LEN), as_int(r->at_feed), as_int(r->at_item),
		as_int(STEP_ROWS));
	while ((result = sql_step(s, err, cannot_prune)) == 1) {
		int64_t seen_ms = sql_time_or(s, 2, 0);
		bool pruned = sql_is_null(s, 4);

		rows++;
		r->at_feed = sql_int(s, 0);
		r->at_item = sql_int(s, 3);
		remember_key(r, sql_blob(s, 1));
		if (!pruned || !is_older(seen_ms, tombstone_kept_ms(k), now_ms))
			continue;
		result = sql_run(r->s[DROP_DIGEST], err, cannot_prune, as_key(r->at_key), as_int(r->at_feed),
			as_int(r->at_item));
		if (result == 0)
			result = feed_store_count(&k->feeds, r->at_feed, 0, -KEPT_DIGEST, err);
		if (result != 0)
			break;
	}
	sql_reset(s);
	return result < 0 ? result : rows == STEP_ROWS;
}

/* ---- free pages ---- */

static int return_pages(struct retention *r, struct ingest *k, struct error *err)
{
	struct pages p;
	int result = size_read_pages(&r->size, &p, err);

	if (result != 0 || p.all - p.used <= FREE_PAGES_KEPT * PAGE_BYTES)
		return result;
	result = sql_give_back(k->store.db, STEP_PAGES, err, cannot_prune);
	return result == 0 ? 1 : result;
}

/* ---- a round ---- */

static bool sweep_is_due(const struct retention *r, int64_t elapsed_ms)
{
	return elapsed_ms >= r->next_sweep_ms;
}

static int run_phase(struct retention *r, struct ingest *k, struct clock_mark now, struct error *err)
{
	const struct writer_options *o = &k->options;
	/* An unexplained jump of the clock is subtracted (clock_record.h). */
	int64_t now_ms = clock_record_prune_ms(&k->clock, now.wall_ms);

	r->now_ms = now.wall_ms;
	switch (r->phase) {
	case RETENTION_EVENTS:
		return o->keep_events_ms > 0 ? drop_events(r, now_ms - o->keep_events_ms, err) : 0;
	case RETENTION_ALERTS:
		return o->keep_events_ms > 0 ? alert_desk_forget(&k->alerts, now_ms - o->keep_events_ms, err) : 0;
	case RETENTION_ITEMS:
		return o->keep_items_ms > 0 ? drop_items(r, k, now_ms - o->keep_items_ms, err) : 0;
	case RETENTION_SIZE:
		return size_step(&r->size, k, now_ms, err);
	case RETENTION_IDENTITIES:
		return !sweep_is_due(r, now.elapsed_ms) ? 0 : drop_identities(r, k, now_ms, err);
	case RETENTION_DIGESTS:
		return !sweep_is_due(r, now.elapsed_ms) ? 0 : drop_digests(r, k, now_ms, err);
	case RETENTION_COUNTS:
		return size_keeps_phrases(o) ? grouping_save(k->grouping, STEP_COUNTS, err) : 0;
	case RETENTION_VACUUM:
		return return_pages(r, k, err);
	case RETENTION_DONE:
		return 0;
	}
	return 0;
}

static void finish_phase(struct retention *r, int64_t elapsed_ms)
{
	if (r->phase == RETENTION_DIGESTS && sweep_is_due(r, elapsed_ms))
		r->next_sweep_ms = elapsed_ms + sweep_ms;
	set_phase(r, (enum retention_phase)(r->phase + 1));
}

int retention_keep_size(struct retention *r, struct ingest *k, int64_t now_ms, struct error *err)
{
	int result = ingest_begin(k, err);

	return result == 0 ? ingest_end(k, size_step(&r->size, k, now_ms, err), now_ms, err) : result;
}

int retention_step(struct retention *r, struct ingest *k, struct clock_mark now, struct error *err)
{
	int result = ingest_begin(k, err);

	if (r->phase == RETENTION_DONE)
		set_phase(r, RETENTION_EVENTS);
	if (result == 0)
		result = ingest_end(k, run_phase(r, k, now, err), now.wall_ms, err);
	/* Repairs the row for the next round. */
	if (result == -EBADMSG && err != NULL)
		mend_after(k->store.db, err, NULL);
	if (result < 0)
		set_phase(r, RETENTION_DONE);
	else if (result == 0)
		finish_phase(r, now.elapsed_ms);
	if (r->phase == RETENTION_DONE)
		r->next_ms = now.elapsed_ms + round_ms;
	return result < 0 ? result : 0;
}
