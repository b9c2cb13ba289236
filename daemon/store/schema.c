/* The tables, and the way from each older version to the present one.
 *
 * Steps are never changed once released; a new version is a new step.  Each runs in a transaction that
 * also sets user_version, so a migration that is cut off leaves the version it came from.
 *
 * What stands here is laid out for two paths.  A warm poll reads one row of ident and the head of one
 * row of item per item and writes nothing.  An output reads the newest stories by one index.  Numbers of
 * items and events are handed out by the row in total, never by a table's largest key, so that none is
 * used twice after its row has been pruned.
 *
 * ident and digest outlive the items they name: a row whose item is gone is a tombstone, and says that
 * what it names was here before.  That is why their item_id is no foreign key; an event's is none since
 * the log says what happened, not what is still kept. */
#include "schema.h"

#include <stdio.h>

#include "held.h"
#include "near_schema.h"
#include "sitrep/store.h"
#include "sql.h"

static const char version_1[] =
	/* One row: numbers given out, the state of outputs, and counts that would be slow to count. */
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

	/* sort_ms is settled when the story begins; item and mark repeat it to be read in that order. */
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

	/* record last: what the decision about a poll needs is read without it. */
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

/* Where permanent redirects lead, and whether that is where the feed is asked by now. */
static const char version_2[] = "ALTER TABLE feed ADD COLUMN moved_url TEXT;"
				"ALTER TABLE feed ADD COLUMN moved_since INTEGER;"
				"ALTER TABLE feed ADD COLUMN moved_count INTEGER NOT NULL DEFAULT 0;"
				"ALTER TABLE feed ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;"
				"PRAGMA user_version = 2;";

/* Subscriptions at hubs: one a feed that names a hub, whether or not it is made use of. */
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

/* What the schedule remembers of a feed, in its own form. */
static const char version_4[] = "ALTER TABLE feed ADD COLUMN habits BLOB;"
				"PRAGMA user_version = 4;";

/* Sources of a story are counted by publisher; those that are there already were counted by feed. */
static const char version_5[] = "CREATE TABLE publisher("
				" id INTEGER PRIMARY KEY,"
				" name TEXT NOT NULL UNIQUE"
				") STRICT;"
				"ALTER TABLE item ADD COLUMN publisher_id INTEGER NOT NULL DEFAULT 0;"
				"UPDATE item SET publisher_id = -feed_id;"
				"PRAGMA user_version = 5;";

/* The texts by which stories are found (grouping.c). */
static const char version_6[] = NEAR_SCHEMA;

/* What an item said before. */
static const char version_7[] = "CREATE TABLE revision("
				" item_id INTEGER NOT NULL,"
				" rev INTEGER NOT NULL,"
				" at INTEGER NOT NULL,"
				" record BLOB NOT NULL,"
				" PRIMARY KEY(item_id, rev)"
				") STRICT;";

/* Feeds that have moved may move on. */
static const char version_8[] = "ALTER TABLE feed ADD COLUMN onward_url TEXT;"
				"ALTER TABLE feed ADD COLUMN onward_since INTEGER;"
				"ALTER TABLE feed ADD COLUMN onward_count INTEGER NOT NULL DEFAULT 0;";

/* What the operator asks and says of stories: the items held apart and together, the names of stories that became part
 * of another one, and a way from an item's name to it. */
static const char version_9[] = HELD_SCHEMA "CREATE TABLE story_alias("
					    " uid BLOB PRIMARY KEY,"
					    " story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,"
					    " at INTEGER NOT NULL"
					    ") STRICT, WITHOUT ROWID;"
					    "CREATE INDEX story_alias_story ON story_alias(story_id);"
					    "CREATE INDEX item_uid ON item(uid);";

/* Whether documents without items are a feed's habit. */
static const char version_10[] = "ALTER TABLE feed ADD COLUMN emptiness INTEGER NOT NULL DEFAULT 0;";

/* What a feed's items are known by, and why so (identity_trust.c). */
static const char version_11[] = "ALTER TABLE feed ADD COLUMN identity INTEGER NOT NULL DEFAULT 0;"
				 "ALTER TABLE feed ADD COLUMN identity_trust BLOB;";

/* Which rule a mark is of (rule_store.h).  Whose marks there are already is not known: their rules are gone. */
static const char version_12[] = "CREATE TABLE rule("
				 " mark TEXT PRIMARY KEY,"
				 " name TEXT UNIQUE,"
				 " from_id INTEGER,"
				 " generation INTEGER NOT NULL"
				 ") STRICT, WITHOUT ROWID;"
				 "INSERT INTO rule(mark, name, from_id, generation)"
				 " SELECT DISTINCT name, NULL, 0, 0 FROM mark;";

/* A story of thousands of items: which feeds it has, which of a feed's items is first, and whether a publisher is in it
 * already or has no item any more, are a few steps each. */
static const char version_13[] = "DROP INDEX item_story;"
				 "CREATE INDEX item_story ON item(story_id, feed_id);"
				 "CREATE INDEX item_publisher ON item(publisher_id, story_id);";

/* What the database spends on each feed, so that the largest gives way first (size.c). */
static const char version_14[] =
	"ALTER TABLE feed ADD COLUMN kept_bytes INTEGER NOT NULL DEFAULT 0;"
	"UPDATE feed SET kept_bytes = 160 * (SELECT count(*) FROM ident n WHERE n.feed_id = feed.id)"
	" + (SELECT coalesce(sum(1200 + length(record) + min(length(record), 3000)), 0) FROM item i"
	" WHERE i.feed_id = feed.id);"
	"CREATE INDEX feed_kept ON feed(kept_bytes);";

/* steps[n] leads from version n to n + 1. */
static const char *const steps[STORE_SCHEMA_VERSION] = {version_1, version_2, version_3, version_4, version_5,
	version_6, version_7, version_8, version_9, version_10, version_11, version_12, version_13, version_14};

int schema_migrate(sqlite3 *db, int from, struct error *err)
{
	for (int version = from; version < STORE_SCHEMA_VERSION; version++) {
		char done[48];
		int result = sql_exec(db, "BEGIN IMMEDIATE", err, "cannot migrate the database");

		if (result == 0)
			result = sql_exec(db, steps[version], err, "cannot migrate the database");
		(void)snprintf(done, sizeof(done), "PRAGMA user_version = %d", version + 1);
		if (result == 0)
			result = sql_exec(db, done, err, "cannot migrate the database");
		if (result == 0)
			result = sql_exec(db, "COMMIT", err, "cannot migrate the database");
		if (result != 0) {
			(void)sql_exec(db, "ROLLBACK", NULL, "");
			return result;
		}
	}
	return 0;
}
