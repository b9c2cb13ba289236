/* SPDX-License-Identifier: ISC */
/* The text of each step.
 *
 * FROZEN: once a step is on the main branch its text never changes, not by a macro either, and its number is given to
 * no other text.  A database that has passed a step is never shown it again, so a later correction would reach new
 * databases alone.  tests/unit/ingest/schema_test.c pins a digest of each text.  A correction is a new step.
 *
 * This rule was broken before version 15.  The steps 6, 7, 9 and 11 were edited after databases had passed them, and
 * number 8 stood for two different texts.  The texts here are those of 47c0d32; step 15 adds the missing parts to older
 * databases.
 *
 * The layout serves two paths.  A warm poll reads one row of ident and the head of one row of item per item and writes
 * nothing.  An output reads the newest stories by one index.  Numbers of items and events are handed out by the row in
 * counter, never by a table's largest key, so that no number is used twice after its row has been pruned.
 *
 * Rows of ident and digest outlive their items: without its item, a row is a tombstone, and says that the item was here
 * before.  Their item_id is therefore no foreign key.  An event's item_id is none either, since events may outlive
 * their items. */
#include "schema_steps.h"

static const char version_1[] =
	/* One row: the last numbers given out, the generation of outputs, and counts that are slow to compute. */
	"CREATE TABLE total("
	" one INTEGER PRIMARY KEY CHECK(one = 1),"
	" item_id INTEGER NOT NULL," /* last given out */
	" cursor INTEGER NOT NULL,"  /* of the last event */
	" generation INTEGER NOT NULL,"
	" changed INTEGER NOT NULL,"
	" items INTEGER NOT NULL,"
	" stories INTEGER NOT NULL"
	") STRICT;"
	"INSERT INTO total VALUES(1, 0, 0, 0, 0, 0, 0);"

	"CREATE TABLE feed("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" active INTEGER NOT NULL,"
	" backlog INTEGER NOT NULL," /* 1 until its first document is in */
	" health INTEGER NOT NULL,"
	" failure INTEGER NOT NULL,"
	" http_status INTEGER NOT NULL,"
	" errors INTEGER NOT NULL,"
	" due INTEGER,"
	" failing_since INTEGER,"
	" first_poll INTEGER,"
	" last_poll INTEGER,"
	" last_success INTEGER,"
	" last_new INTEGER,"
	" polls INTEGER NOT NULL,"
	" not_modified INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL,"
	" items INTEGER NOT NULL,"
	" server_wait INTEGER NOT NULL,"
	" etag TEXT,"
	" last_modified TEXT,"
	" reason TEXT,"
	" rank INTEGER NOT NULL,"
	" name TEXT NOT NULL UNIQUE,"
	" url TEXT NOT NULL,"
	" categories TEXT NOT NULL,"
	" publisher TEXT,"
	" configured_title TEXT,"
	" own_title TEXT,"
	" link TEXT"
	") STRICT;"
	"CREATE INDEX feed_active ON feed(id) WHERE active = 1;"

	/* sort_ms is fixed when the story begins; item and mark repeat it for their indexes. */
	"CREATE TABLE story("
	" id INTEGER PRIMARY KEY," /* that of its first item */
	" sort_ms INTEGER NOT NULL,"
	" first_seen INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL,"
	" updated INTEGER NOT NULL,"
	" sources INTEGER NOT NULL,"
	" reports INTEGER NOT NULL,"
	" uid BLOB NOT NULL"
	") STRICT;"
	"CREATE INDEX story_sort ON story(sort_ms);"
	"CREATE INDEX story_uid ON story(uid);"

	/* record is the last column: a poll reads the columns before it without the record. */
	"CREATE TABLE item("
	" id INTEGER PRIMARY KEY,"
	" feed_id INTEGER NOT NULL REFERENCES feed(id),"
	" story_id INTEGER NOT NULL REFERENCES story(id),"
	" digest BLOB NOT NULL,"
	" canon_version INTEGER NOT NULL,"
	" rev INTEGER NOT NULL,"
	" first_seen INTEGER NOT NULL,"
	" published INTEGER,"
	" updated INTEGER," /* when its text changed last */
	" sort_ms INTEGER NOT NULL,"
	" uid BLOB NOT NULL,"
	" url_key BLOB,"
	" record BLOB NOT NULL" /* wire.h */
	") STRICT;"
	"CREATE INDEX item_feed ON item(feed_id, sort_ms, story_id);"
	"CREATE INDEX item_story ON item(story_id);"
	"CREATE INDEX item_url ON item(url_key, feed_id) WHERE url_key IS NOT NULL;"

	"CREATE TABLE ident("
	" feed_id INTEGER NOT NULL,"
	" identity BLOB NOT NULL,"
	" item_id INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL," /* to the day */
	" alias INTEGER NOT NULL,"     /* 1: the item began under another identity */
	" PRIMARY KEY(feed_id, identity)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE digest("
	" digest BLOB NOT NULL,"
	" feed_id INTEGER NOT NULL,"
	" item_id INTEGER NOT NULL,"
	" last_seen INTEGER NOT NULL,"
	" PRIMARY KEY(digest, feed_id, item_id)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE mark("
	" name TEXT NOT NULL," /* alert/x, output/y */
	" sort_ms INTEGER NOT NULL,"
	" story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,"
	" item_id INTEGER NOT NULL,"
	" at INTEGER NOT NULL,"
	" PRIMARY KEY(name, sort_ms, story_id)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX mark_story ON mark(story_id);"

	"CREATE TABLE event("
	" cursor INTEGER PRIMARY KEY,"
	" time INTEGER NOT NULL,"
	" kind INTEGER NOT NULL,"
	" backlog INTEGER NOT NULL,"
	" feed_id INTEGER NOT NULL,"
	" item_id INTEGER,"
	" detail TEXT"
	") STRICT;"

	"PRAGMA user_version = 1;";

/* The target of permanent redirects, and whether the feed is polled there. */
static const char version_2[] = "ALTER TABLE feed ADD COLUMN moved_url TEXT;"
				"ALTER TABLE feed ADD COLUMN moved_since INTEGER;"
				"ALTER TABLE feed ADD COLUMN moved_count INTEGER NOT NULL DEFAULT 0;"
				"ALTER TABLE feed ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;"
				"PRAGMA user_version = 2;";

/* Subscriptions at hubs: one row for each feed that names a hub, even when it is not subscribed. */
static const char version_3[] = "CREATE TABLE websub("
				" feed_id INTEGER PRIMARY KEY REFERENCES feed(id),"
				" phase INTEGER NOT NULL,"
				" hub INTEGER NOT NULL,"
				" errors INTEGER NOT NULL,"
				" asked INTEGER,"
				" action INTEGER,"
				" verified INTEGER,"
				" lease_until INTEGER,"
				" pushed INTEGER,"
				" suspect INTEGER,"
				" hubs TEXT,"
				" topic TEXT,"
				" callback TEXT,"
				" secret TEXT,"
				" reason TEXT"
				") STRICT;"
				"PRAGMA user_version = 3;";

/* The schedule's history of a feed, encoded by feed_history.c. */
static const char version_4[] = "ALTER TABLE feed ADD COLUMN habits BLOB;"
				"PRAGMA user_version = 4;";

/* Sources of a story are counted by publisher; in older rows they were counted by feed. */
static const char version_5[] = "CREATE TABLE publisher("
				" id INTEGER PRIMARY KEY,"
				" name TEXT NOT NULL UNIQUE"
				") STRICT;"
				"ALTER TABLE item ADD COLUMN publisher_id INTEGER NOT NULL DEFAULT 0;"
				"UPDATE item SET publisher_id = -feed_id;"
				"PRAGMA user_version = 5;";

/* The tables by which copies of a text are found (grouping.c). */
static const char version_6[] = "CREATE TABLE IF NOT EXISTS near_bucket_0("
				" place INTEGER PRIMARY KEY," /* bucket of shingles << 32 | when */
				" postings BLOB NOT NULL"     /* near_index.c */
				") STRICT;"
				"CREATE TABLE IF NOT EXISTS near_bucket_1("
				" place INTEGER PRIMARY KEY,"
				" postings BLOB NOT NULL"
				") STRICT;"
				"CREATE TABLE IF NOT EXISTS near_bucket_2("
				" place INTEGER PRIMARY KEY,"
				" postings BLOB NOT NULL"
				") STRICT;"
				"CREATE TABLE IF NOT EXISTS near_bucket_3("
				" place INTEGER PRIMARY KEY,"
				" postings BLOB NOT NULL"
				") STRICT;"
				/* postings that wait until there are enough for all buckets */
				"CREATE TABLE IF NOT EXISTS near_pending("
				" seq INTEGER PRIMARY KEY,"
				" item_id INTEGER NOT NULL,"
				" week INTEGER NOT NULL,"
				" shingles BLOB NOT NULL"
				") STRICT;"
				/* sketches that items are compared by, while they are in the window */
				"CREATE TABLE IF NOT EXISTS near_sketch("
				" item_id INTEGER PRIMARY KEY,"
				" story_id INTEGER NOT NULL,"
				" source INTEGER NOT NULL," /* a hash */
				" seen INTEGER NOT NULL,"
				" omitted INTEGER NOT NULL,"    /* shingles that were boilerplate, */
				" omitted_of INTEGER NOT NULL," /* of so many */
				" sketch BLOB NOT NULL"         /* sketch.h */
				") STRICT;"
				"CREATE INDEX IF NOT EXISTS near_sketch_story ON near_sketch(story_id);"
				/* numbers kept by name */
				"CREATE TABLE IF NOT EXISTS near_state("
				" name TEXT PRIMARY KEY,"
				" value INTEGER NOT NULL"
				") STRICT, WITHOUT ROWID;"
				/* boilerplate.h, saved */
				"CREATE TABLE IF NOT EXISTS near_phrase("
				" page INTEGER PRIMARY KEY,"
				" counts BLOB NOT NULL"
				") STRICT;"
				/* links that put an item into its story; removed with the item */
				"CREATE TABLE IF NOT EXISTS story_link("
				" item_id INTEGER NOT NULL,"
				" other_id INTEGER NOT NULL,"
				" relation INTEGER NOT NULL," /* enum story_relation */
				" score REAL NOT NULL,"
				" shared INTEGER NOT NULL," /* shingles, of so many */
				" shared_of INTEGER NOT NULL,"
				" numbers INTEGER NOT NULL,"
				" numbers_of INTEGER NOT NULL,"
				" title REAL NOT NULL,"
				" PRIMARY KEY(item_id, other_id)"
				") STRICT, WITHOUT ROWID;"
				"CREATE INDEX IF NOT EXISTS story_link_other ON story_link(other_id);";

/* Earlier versions of an item. */
static const char version_7[] = "CREATE TABLE revision("
				" item_id INTEGER NOT NULL,"
				" rev INTEGER NOT NULL,"
				" at INTEGER NOT NULL,"
				" record BLOB NOT NULL,"
				" PRIMARY KEY(item_id, rev)"
				") STRICT;";

/* A feed that has moved may move again. */
static const char version_8[] = "ALTER TABLE feed ADD COLUMN onward_url TEXT;"
				"ALTER TABLE feed ADD COLUMN onward_since INTEGER;"
				"ALTER TABLE feed ADD COLUMN onward_count INTEGER NOT NULL DEFAULT 0;";

/* The operator's edits of stories: items held apart and together, the former names of stories that became part of
 * another one, and an index of items by name.  IF NOT EXISTS: 4cfdc09 made these tables as its version 8. */
static const char version_9[] = "CREATE TABLE IF NOT EXISTS held("
				" item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,"
				" story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,"
				" together INTEGER NOT NULL,"
				" at INTEGER NOT NULL,"
				" PRIMARY KEY(item_id, story_id)"
				") STRICT, WITHOUT ROWID;"
				"CREATE INDEX IF NOT EXISTS held_story ON held(story_id);"
				"CREATE TABLE IF NOT EXISTS story_alias("
				" uid BLOB PRIMARY KEY,"
				" story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,"
				" at INTEGER NOT NULL"
				") STRICT, WITHOUT ROWID;"
				"CREATE INDEX IF NOT EXISTS story_alias_story ON story_alias(story_id);"
				"CREATE INDEX IF NOT EXISTS item_uid ON item(uid);";

/* Whether a feed often has documents without items. */
static const char version_10[] = "ALTER TABLE feed ADD COLUMN emptiness INTEGER NOT NULL DEFAULT 0;";

/* The identity that a feed's items are known by, and its reasons (identity_trust.c). */
static const char version_11[] = "ALTER TABLE feed ADD COLUMN identity INTEGER NOT NULL DEFAULT 0;"
				 "ALTER TABLE feed ADD COLUMN identity_trust BLOB;";

/* The rule that a mark belongs to (rule_store.h).  Older marks have no rule, so their rules count as gone. */
static const char version_12[] = "CREATE TABLE rule("
				 " mark TEXT PRIMARY KEY,"
				 " name TEXT UNIQUE,"
				 " from_id INTEGER,"
				 " generation INTEGER NOT NULL"
				 ") STRICT, WITHOUT ROWID;"
				 "INSERT INTO rule(mark, name, from_id, generation)"
				 " SELECT DISTINCT name, NULL, 0, 0 FROM mark;";

/* Indexes for stories of thousands of items: the story's feeds, a feed's first item, and whether a publisher has an
 * item in the story take a few steps each. */
static const char version_13[] = "DROP INDEX item_story;"
				 "CREATE INDEX item_story ON item(story_id, feed_id);"
				 "CREATE INDEX item_publisher ON item(publisher_id, story_id);";

/* The size of each feed in the database, so that the largest is trimmed first (size.c). */
static const char version_14[] =
	"ALTER TABLE feed ADD COLUMN kept_bytes INTEGER NOT NULL DEFAULT 0;"
	"UPDATE feed SET kept_bytes = 160 * (SELECT count(*) FROM ident n WHERE n.feed_id = feed.id)"
	" + (SELECT coalesce(sum(1200 + length(record) + min(length(record), 3000)), 0) FROM item i"
	" WHERE i.feed_id = feed.id);"
	"CREATE INDEX feed_kept ON feed(kept_bytes);";

/* Drops tables of former versions: their content is in other tables, or is derived. */
static const char version_15[] = "DROP TRIGGER IF EXISTS near_omitted_gone;"
				 "DROP TABLE IF EXISTS near_shingle_0;"
				 "DROP TABLE IF EXISTS near_shingle_1;"
				 "DROP TABLE IF EXISTS near_shingle_2;"
				 "DROP TABLE IF EXISTS near_shingle_3;"
				 "DROP TABLE IF EXISTS near_text_0;"
				 "DROP TABLE IF EXISTS near_text_1;"
				 "DROP TABLE IF EXISTS near_text_2;"
				 "DROP TABLE IF EXISTS near_text_3;"
				 "DROP TABLE IF EXISTS near_common;";

/* The state of the wall clock (clock_record.c). */
static const char version_16[] = "CREATE TABLE IF NOT EXISTS clock("
				 " one INTEGER PRIMARY KEY CHECK(one = 1),"
				 " run TEXT NOT NULL,"
				 " wall INTEGER NOT NULL,"
				 " elapsed INTEGER NOT NULL,"
				 " ahead INTEGER NOT NULL,"
				 " doubt INTEGER NOT NULL,"
				 " doubt_from_item INTEGER NOT NULL,"
				 " doubt_from_cursor INTEGER NOT NULL"
				 ") STRICT;";

/* Feeds of subscription lists are found by their URL and may be renamed.  The uids of a feed's items are made of its
 * first name (uid_stem), so that they stay.  url_key: see feed_match.c; NULL until the next feed_store_sync(). */
static const char version_17[] = "ALTER TABLE feed ADD COLUMN uid_stem TEXT;"
				 "ALTER TABLE feed ADD COLUMN url_key BLOB;"
				 "UPDATE feed SET uid_stem = name;"
				 "CREATE UNIQUE INDEX feed_uid_stem ON feed(uid_stem);";

/* The part of an item's text that changes at each poll (churn.h). */
static const char version_18[] = "CREATE TABLE IF NOT EXISTS churn("
				 " item_id INTEGER PRIMARY KEY REFERENCES item(id) ON DELETE CASCADE,"
				 " state BLOB NOT NULL"
				 ") STRICT;";

/* Tables and columns under the names that the code has for them. */
static const char version_19[] = "ALTER TABLE total RENAME TO counter;"
				 "ALTER TABLE held RENAME TO story_constraint;"
				 "ALTER TABLE mark RENAME TO rule_match;"
				 "ALTER TABLE rule_match RENAME COLUMN name TO rule_key;"
				 "ALTER TABLE rule RENAME COLUMN mark TO rule_key;"
				 "ALTER TABLE feed RENAME COLUMN habits TO history;"
				 "DROP INDEX IF EXISTS held_story;"
				 "DROP INDEX IF EXISTS mark_story;"
				 "CREATE INDEX story_constraint_story ON story_constraint(story_id);"
				 "CREATE INDEX rule_match_story ON rule_match(story_id);";

/* The life of alerts (alert_store.h).  An alert and its days may outlive story, items and rule, so nothing here is a
 * foreign key.  counter.alert_id is the last number given out; databases that have alerts have given out none yet. */
static const char version_20[] =
	"ALTER TABLE counter ADD COLUMN alert_id INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE alert("
	" id INTEGER PRIMARY KEY,"
	" rule TEXT NOT NULL,"          /* its name in the configuration */
	" story_id INTEGER NOT NULL,"   /* 0: became part of another alert */
	" item_id INTEGER NOT NULL,"    /* the one item that it is about; 0: it is about the story */
	" raised_by INTEGER NOT NULL,"  /* the item that raised it */
	" last_item INTEGER NOT NULL,"  /* of the last news */
	" first_ms INTEGER NOT NULL,"   /* raised */
	" last_ms INTEGER NOT NULL,"    /* last news */
	" told_ms INTEGER NOT NULL,"    /* last event */
	" revision INTEGER NOT NULL,"   /* of the last event */
	" state INTEGER NOT NULL,"      /* enum alert_state */
	" priority INTEGER NOT NULL,"   /* enum alert_priority */
	" escalated INTEGER NOT NULL,"  /* 1: its story passed the number of publishers */
	" publishers INTEGER NOT NULL," /* of the story, at the last event */
	" pending INTEGER NOT NULL,"    /* reasons that no event has told yet, bits of enum alert_why */
	" muted TEXT,"                  /* reason why its events are held back; NULL: they are not */
	" terms TEXT"                   /* found in the item that raised it, one a line */
	") STRICT;"
	"CREATE INDEX alert_story ON alert(story_id, rule);"
	"CREATE INDEX alert_open ON alert(last_ms) WHERE state = 1;"
	"CREATE INDEX alert_pending ON alert(told_ms) WHERE pending != 0;"

	/* What became of a rule's matches, by day. */
	"CREATE TABLE alert_day("
	" rule TEXT NOT NULL,"
	" day INTEGER NOT NULL," /* since 1970, UTC */
	" matches INTEGER NOT NULL DEFAULT 0,"
	" raised INTEGER NOT NULL DEFAULT 0,"
	" revised INTEGER NOT NULL DEFAULT 0,"
	" muted INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY(rule, day)"
	") STRICT, WITHOUT ROWID;"

	/* Since when a rule is in force, and its last match. */
	"CREATE TABLE alert_rule("
	" rule TEXT PRIMARY KEY,"
	" rule_key TEXT NOT NULL," /* stored_rules.h: another expression begins anew */
	" since_ms INTEGER NOT NULL,"
	" last_ms INTEGER"
	") STRICT, WITHOUT ROWID;";

/* Rules that wait for conditions on a story (rule_pending.c). */
static const char version_21[] =
	"CREATE TABLE IF NOT EXISTS rule_pending("
	" story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,"
	" rule_key TEXT NOT NULL,"
	" item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,"
	" truth INTEGER NOT NULL," /* a bit for each combination of the rule's conditions (rule.h) */
	" terms TEXT,"             /* the words that were found, one a line */
	" backlog INTEGER NOT NULL,"
	" due INTEGER,"
	" PRIMARY KEY(story_id, rule_key, item_id)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS rule_pending_item ON rule_pending(item_id);"
	"CREATE INDEX IF NOT EXISTS rule_pending_rule ON rule_pending(rule_key);"
	"CREATE INDEX IF NOT EXISTS rule_pending_due ON rule_pending(due) WHERE due IS NOT NULL;";

/* What the operator silences, and alerts that are held back (silences.h, digests.h). */
static const char version_22[] =
	"CREATE TABLE silence("
	" id INTEGER PRIMARY KEY,"
	" matcher TEXT NOT NULL,"
	" why TEXT,"
	" said_by TEXT,"
	" at INTEGER NOT NULL,"
	" until INTEGER NOT NULL,"
	" ended INTEGER" /* by the operator, before its time */
	") STRICT;"

	"CREATE TABLE alert_group("
	" name TEXT PRIMARY KEY,"
	" reason INTEGER NOT NULL," /* enum hold_reason */
	" due INTEGER,"             /* NULL: no alert is held */
	" first INTEGER NOT NULL,"
	" last INTEGER NOT NULL,"
	" alerts INTEGER NOT NULL,"
	" events INTEGER NOT NULL,"
	" sent INTEGER"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE alert_held("
	" name TEXT NOT NULL," /* of the group */
	" alert_id INTEGER NOT NULL,"
	" cursor INTEGER NOT NULL,"
	" feed_id INTEGER NOT NULL,"
	" item_id INTEGER NOT NULL,"
	" rule TEXT NOT NULL,"
	" priority TEXT NOT NULL,"
	" title TEXT,"
	" events INTEGER NOT NULL,"
	" detail TEXT,"
	" PRIMARY KEY(name, alert_id)"
	") STRICT, WITHOUT ROWID;"

	/* Alerts of rules with a rate, as long as they count. */
	"CREATE TABLE alert_sent("
	" rule TEXT NOT NULL,"
	" cursor INTEGER NOT NULL,"
	" at INTEGER NOT NULL,"
	" PRIMARY KEY(rule, cursor)"
	") STRICT, WITHOUT ROWID;"

	/* How often a term, a category or a rule is matched, by the hour of the week (burst.h). */
	"CREATE TABLE burst("
	" name TEXT PRIMARY KEY,"
	" state BLOB NOT NULL"
	") STRICT, WITHOUT ROWID;"

	/* Stories that were told of as breaking. */
	"CREATE TABLE breaking("
	" story_id INTEGER PRIMARY KEY,"
	" at INTEGER NOT NULL"
	") STRICT;";

/* An alert leaves the group that it waits in when a later event of it is told.  put_off: 1 when due is the end of quiet
 * hours, which a new configuration may change. */
static const char version_23[] = "CREATE INDEX alert_held_alert ON alert_held(alert_id);"
				 "ALTER TABLE alert_group ADD COLUMN put_off INTEGER NOT NULL DEFAULT 0;";

/* How a feed names itself in its documents, for atom:source. */
static const char version_24[] = "ALTER TABLE feed ADD COLUMN own_id TEXT;"
				 "ALTER TABLE feed ADD COLUMN own_author TEXT;"
				 "ALTER TABLE feed ADD COLUMN own_rights TEXT;";

/* The times in which polls of a feed failed (feed_troubles.h). */
static const char version_25[] = "CREATE TABLE IF NOT EXISTS feed_trouble("
				 " feed_id INTEGER NOT NULL,"
				 " since INTEGER NOT NULL,"
				 " until INTEGER," /* NULL: it lasts */
				 " polls INTEGER NOT NULL,"
				 " failure INTEGER NOT NULL," /* enum poll_failure, as in feed */
				 " http_status INTEGER NOT NULL,"
				 " reason TEXT,"
				 " PRIMARY KEY(feed_id, since)"
				 ") STRICT, WITHOUT ROWID;";

/* Items that have another text now or are gone, in this order, for the search index (item_follow.h).  The last 200,000
 * are kept.  An item that is added is in no row. */
static const char version_26[] =
	"CREATE TABLE IF NOT EXISTS item_change(id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL) STRICT;"
	"CREATE TRIGGER IF NOT EXISTS item_text_changed AFTER UPDATE OF record ON item BEGIN"
	" INSERT INTO item_change(item_id) VALUES(new.id);"
	" DELETE FROM item_change WHERE id <= (SELECT max(id) FROM item_change) - 200000;"
	" END;"
	"CREATE TRIGGER IF NOT EXISTS item_removed AFTER DELETE ON item BEGIN"
	" INSERT INTO item_change(item_id) VALUES(old.id);"
	" DELETE FROM item_change WHERE id <= (SELECT max(id) FROM item_change) - 200000;"
	" END;";

const char *const schema_steps[STORE_SCHEMA_VERSION] = {
	version_1,
	version_2,
	version_3,
	version_4,
	version_5,
	version_6,
	version_7,
	version_8,
	version_9,
	version_10,
	version_11,
	version_12,
	version_13,
	version_14,
	version_15,
	version_16,
	version_17,
	version_18,
	version_19,
	version_20,
	version_21,
	version_22,
	version_23,
	version_24,
	version_25,
	version_26,
};
