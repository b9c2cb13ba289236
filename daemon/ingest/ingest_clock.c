/* SPDX-License-Identifier: ISC */
/* Moves the times in the database when the wall clock was set, by the same amount, in one transaction.
 *
 * Feeds and subscriptions: the time since their last poll and the time until they are due stay as they were, so that
 * no server is polled sooner than it allowed, or years later.  Items and events: only those that came in while the
 * clock was in doubt are moved, since their times are wrong; all others have times of a trusted clock.  When the
 * doubt begins with this jump, there are no such items yet. */
#include <stdlib.h>

#include "ingest.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char cannot_follow[] = "cannot correct the stored times after the clock was set";

enum {
	FOLLOW_STORIES,
	FOLLOW_ITEMS,
	FOLLOW_SKETCHES,
	FOLLOW_MATCHES,
	FOLLOW_EVENTS,
	FOLLOW_RAISED,
	FOLLOW_NEWS,
	FOLLOW_LATER,
	FOLLOW_PENDING,
	FOLLOW_STATEMENTS
};

/* ?1: the jump; ?2: the last item, or event, from before the doubt; ?3: now. */
static const char *const texts[FOLLOW_STATEMENTS] = {
	/* A backlog story has sort_ms and updated by its own dates, which stay; all others have them by our clock. */
	[FOLLOW_STORIES] = "UPDATE story SET sort_ms = CASE sort_ms WHEN first_seen THEN sort_ms + ?1 ELSE sort_ms END,"
			   " first_seen = first_seen + ?1, last_seen = last_seen + ?1,"
			   " updated = CASE WHEN updated < first_seen THEN updated ELSE updated + ?1 END WHERE id > ?2",
	[FOLLOW_ITEMS] = "UPDATE item SET first_seen = first_seen + ?1, updated = updated + ?1,"
			 " sort_ms = (SELECT sort_ms FROM story WHERE id = story_id) WHERE id > ?2",
	[FOLLOW_SKETCHES] = "UPDATE near_sketch SET seen = seen + ?1 WHERE item_id > ?2",
	[FOLLOW_MATCHES] =
		"UPDATE rule_match SET sort_ms = (SELECT sort_ms FROM story WHERE id = story_id), at = at + ?1"
		" WHERE story_id > ?2",
	[FOLLOW_RAISED] = "UPDATE alert SET first_ms = first_ms + ?1 WHERE raised_by > ?2",
	[FOLLOW_NEWS] = "UPDATE alert SET last_ms = last_ms + ?1, told_ms = told_ms + ?1 WHERE last_item > ?2",
	[FOLLOW_EVENTS] = "UPDATE event SET time = time + ?1 WHERE cursor > ?2",
	/* Older stories that got items meanwhile may have no stamps in the future. */
	[FOLLOW_LATER] = "UPDATE story SET last_seen = min(last_seen, ?3), updated = min(updated, ?3)"
			 " WHERE id IN (SELECT story_id FROM item WHERE id > ?2)",
	/* these are looked at within a minute */
	[FOLLOW_PENDING] = "UPDATE rule_pending SET due = 0 WHERE due IS NOT NULL",
};
SQL_TEXTS(texts, FOLLOW_STATEMENTS);

static int move_stamps(struct ingest *k, int64_t jump_ms, int64_t now_ms, struct error *err)
{
	struct sql_stmt *s[FOLLOW_STATEMENTS];
	int result = sql_prepare(k->store.db, texts, FOLLOW_STATEMENTS, s, err);

	if (result != 0)
		return result;
	for (int i = 0; i < FOLLOW_STATEMENTS && result == 0; i++) {
		int64_t from = i == FOLLOW_EVENTS ? k->clock.doubt_from_cursor : k->clock.doubt_from_item;

		result = sql_run(s[i], err, cannot_follow, as_int(jump_ms), as_int(from), as_int(now_ms));
	}
	sql_finalize(s, FOLLOW_STATEMENTS);
	return result;
}

static int move_feed(struct ingest *k, int64_t id, int64_t jump_ms, int64_t now_ms, struct error *err)
{
	struct feed_row row;
	int result = feed_store_load(&k->feeds, id, &row, err);

	if (result != 0)
		return result;
	feed_state_follow_clock(&row.state, jump_ms, now_ms);
	if (k->options.follow_clock != NULL)
		k->options.follow_clock(&row.state, jump_ms, now_ms);
	result = feed_store_save(&k->feeds, &row, err);
	feed_row_release(&row);
	return result;
}

static int move_feeds(struct ingest *k, int64_t jump_ms, int64_t now_ms, struct error *err)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int result = feed_store_list_active(&k->feeds, &ids, &count, err);

	for (size_t i = 0; i < count && result == 0; i++)
		result = move_feed(k, ids[i], jump_ms, now_ms, err);
	free(ids);
	return result;
}

static int move_subscriptions(struct ingest *k, int64_t jump_ms, int64_t now_ms, struct error *err)
{
	struct websub_state *states;
	size_t count;
	int result = websub_store_load(&k->websub, &states, &count, err);

	for (size_t i = 0; i < count; i++) {
		websub_state_follow_clock(&states[i], jump_ms, now_ms);
		if (result == 0)
			result = websub_store_save(&k->websub, &states[i], err);
		websub_state_release(&states[i]);
	}
	free(states);
	return result;
}

static int follow_jump(struct ingest *k, int64_t jump_ms, int64_t now_ms, struct error *err)
{
	int result = ingest_begin(k, err);

	if (result != 0)
		return result;
	result = move_feeds(k, jump_ms, now_ms, err);
	if (result == 0)
		result = move_subscriptions(k, jump_ms, now_ms, err);
	if (result == 0)
		result = move_stamps(k, jump_ms, now_ms, err);
	if (result == 0)
		result = silences_follow_clock(&k->policy.silences, jump_ms, now_ms, err);
	if (result == 0)
		result = digests_follow_clock(&k->policy.digests, jump_ms, err);
	if (result == 0)
		result = clock_record_save(k->store.db, &k->clock, err);
	k->visible = true;
	if (result == 0)
		result = ingest_commit(k, now_ms, err);
	if (result != 0)
		ingest_rollback(k);
	return result;
}

int ingest_start_clock(struct ingest *k, struct clock_mark now, const char *run, struct error *err)
{
	int64_t jump_ms;
	int result = clock_record_load(
		k->store.db, &k->clock, now, run, k->counters.item_id, k->counters.cursor, &jump_ms, err);

	if (result != 0)
		return result;
	grouping_set_ahead(k->grouping, k->clock.ahead_ms);
	if (jump_ms != 0)
		result = follow_jump(k, jump_ms, now.wall_ms, err);
	/* the next ingest_look_at_clock() tries again */
	if (jump_ms != 0 && result != 0) {
		k->clock.mark.wall_ms -= jump_ms;
		k->clock.ahead_ms = jump_ms > 0 && k->clock.ahead_ms > jump_ms ? k->clock.ahead_ms - jump_ms : 0;
	}
	if (jump_ms != 0)
		return result;
	result = ingest_begin(k, err);
	if (result == 0)
		result = clock_record_save(k->store.db, &k->clock, err);
	if (result == 0)
		result = ingest_commit(k, now.wall_ms, err);
	if (result != 0)
		ingest_rollback(k);
	return result;
}

int ingest_look_at_clock(struct ingest *k, struct clock_mark now, int64_t *jump_ms, struct error *err)
{
	struct clock_record before = k->clock;
	int result;

	*jump_ms = clock_record_look(&k->clock, now, k->counters.item_id, k->counters.cursor);
	grouping_set_ahead(k->grouping, k->clock.ahead_ms);
	if (*jump_ms == 0)
		return 0;
	result = follow_jump(k, *jump_ms, now.wall_ms, err);
	/* the next call tries again */
	if (result != 0)
		k->clock = before;
	return result;
}
