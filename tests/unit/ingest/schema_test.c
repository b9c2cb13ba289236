/* SPDX-License-Identifier: ISC */
/* That steps stay as they were released, that any released shape of the tables becomes today's, and that a migration
 * which fails leaves the file as it was.  Databases that old programs wrote are tried in tests/system/test_upgrade.py.
 */
#include "folder_fixture.h"
#include "raw.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"

#include <sys/stat.h>

#include "../../../daemon/store/schema.h"
#include "../../../daemon/store/schema_steps.h"
#include "../../../daemon/story/near_schema.h"
#include "../../../daemon/story/story_constraint.h"
#include "sitrep/sql/statements.h"
#include "sitrep/store/counters.h"

/* Never changed: a step that is on the main branch keeps its text, a correction is a new step. */
static const char *const digests[] = {
	"2bbdd9bfbda81124c271fd86f58be277a671c823835c2ab03365637a3803f057",
	"f8b237e5c69c830b073a4cd0271dc4257ea2b93ec32737faa994d277925aa391",
	"40f606fe8db36c7b0d4e1362701fdc0ea48f5224cb876df2d21550c3bbd2a86a",
	"c79c7a96aa1d6530787183e8e56ee37fb26a68bf7e54048aa429295e867df1d6",
	"cbbd753d9ba84d23a1d0e10c16c2a568fcda25d8ef413e224f88aead7642946c",
	"94b24e3bbd000c13d30e57c48d7247c6abc011f4eb347a0e8d65db11a31730bd",
	"e54caa02aa3145cefe85fb5ece6714b504b9ff6591338c408685e6ee37554691",
	"017967a03681ffc0ef6750071a52d8c1178acf5deffb13bba6ccc436d30c15be",
	"8d1caf85cf495759d65cf9d9d21da8c727293bee61ed7bdd30b11f1de526bea0",
	"b20cb1547b8c62bef3c97cc85072529db663545f00d2f6edc86aa50e5eb60d97",
	"bb344d750888cc69f5ce532bad3cec073dd56e9aca26bda6b33317d68e34da9d",
	"08d62411ea5368eae29ebb0cdfec07b1f6b26bd5c43d7d280b3decdc85b6b556",
	"f26916ca0faa1a31a6bce779098c2946b2043b327a11ce52ab4f8ee4423aeaf5",
	"4f8cfd4f65f49e0bc5218197d9939d401119baf7b9d1a0eb45cee82db930fc76",
	"2afa5725574b519fe02addff44140e97d97ebce8d58309e1f0474377a3e1dad2",
	"7f2b601d7303b52566a97e42ee21d9deaaff8c35ffc7c943ad61a5ccbf360fa8",
	"654f05aa0f3962567958e2468cd1bb186692ad290c4887c3b51ac9fa58ea66a4",
	"433124b807f1ccd69e8fd5e845fe7dc78b96795fbc4a5fa94dfd67433166a391",
	"1147d26043c0a143152554266ad447478e315a4057ef83aa81431867da6684fe",
	"28b207d898e67fbd6c29409668789c0598b9c445c4a428a66868ff6a293e5841",
	"224bde8fc4f55a1456d38c9c5887ad46eb36487928227cba6a7bafff46927b49",
	"60b83022d473bf7a40ebef85e16bf60c9588cafe8ba4851a9ecd38e159da73a1",
	"1b31288565f8a91404ad90b3047e57395808e7d29b995a50a16494c2a544004a",
	"d566f042ac15f0a6f72d9c44184a27ad0ad16c61157c1d76fd6806cdd5249cda",
	"109aba126d0f60cda7b56d191783540c35a405544730a7711c5662b7b6c03543",
	"eb5ff4f7c32099994d34a3b07a9109231f541d138e2288a1806799f482469db0",
};

TEST(steps_are_frozen)
{
	assert_int_equal(sizeof(digests) / sizeof(digests[0]), STORE_SCHEMA_VERSION);
	for (size_t i = 0; i < STORE_SCHEMA_VERSION; i++) {
		uint8_t digest[SHA256_LEN];
		char text[SHA256_HEX];

		sha256_of(&(struct str){schema_steps[i], strlen(schema_steps[i])}, 1, digest);
		hex_encode(text, digest, SHA256_LEN);
		if (strcmp(text, digests[i]) != 0)
			fail_msg("the text of step %zu has changed: %s", i + 1, text);
	}
}

/* Takes away what the steps after 16 made, so that they may run again. */
#define UNDO_17                                                                                                        \
	UNDO_19                                                                                                        \
	"DROP INDEX feed_uid_stem; ALTER TABLE feed DROP COLUMN uid_stem; ALTER TABLE feed DROP COLUMN url_key;"
/* The same of the steps after 11. */
#define UNDO_LATER                                                                                                     \
	UNDO_17 "DROP TABLE rule; DROP INDEX item_publisher; DROP INDEX feed_kept; ALTER TABLE feed DROP COLUMN "      \
		"kept_bytes; DROP INDEX item_story; CREATE INDEX item_story ON item(story_id)"

/* Rows of a query, one a line; there until the test ends. */
static int add_row(void *arg, int count, char **values, char **names)
{
	(void)names;
	for (int i = 0; i < count; i++)
		buf_printf(arg, "%s%s", values[i] != NULL ? values[i] : "NULL", i + 1 < count ? "|" : "\n");
	return 0;
}

static char *rows(const char *path, const char *text)
{
	struct buf *out = scratch(DOCUMENT_MAX);
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, add_row, out, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(buf_puts(out, ""), 0);
	return out->data;
}

static void assert_rows(const char *path, const char *text, const char *expected)
{
	assert_string_equal(rows(path, text), expected);
}

/* Every table's columns and every index, by name: what two databases of one shape have in common, whatever they went
 * through. */
static const char shape[] =
	"SELECT t.name, c.name, c.type, c.\"notnull\", c.pk > 0 FROM sqlite_schema t, pragma_table_info(t.name) c"
	" WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1, 2;"
	"SELECT name, sql FROM sqlite_schema WHERE type != 'table' ORDER BY 1";

/* `sitrep stories` compares in memory, with the tables as they are now. */
TEST_ON(tables_in_memory_are_those_of_the_steps, folder, f)
{
	static const char own[] = "SELECT sql FROM sqlite_schema WHERE (tbl_name LIKE 'near\\_%' ESCAPE '\\'"
				  " OR tbl_name IN ('story_link', 'story_constraint')) AND sql NOT NULL ORDER BY name";
	char memory[420];
	char *expected;

	folder_fill(f);
	snprintf(memory, sizeof(memory), "%s/memory.db", f->dir);
	raw_run(memory, NEAR_SCHEMA STORY_CONSTRAINT_SCHEMA);
	expected = rows(f->db, own);
	assert_rows(memory, own, expected);
}

/* What earlier texts of the steps made, and what step 15 must make of it. */
static const struct {
	const char *name, *text;
	int version;
} variants[] = {
	{"columns of the feed that another version 11 lacked",
		"ALTER TABLE feed DROP COLUMN identity; ALTER TABLE feed DROP COLUMN identity_trust;"
		"ALTER TABLE feed ADD COLUMN ident_trust BLOB",
		14},
	{"no feeds that move on: version 8 stood for something else",
		"ALTER TABLE feed DROP COLUMN onward_url; ALTER TABLE feed DROP COLUMN onward_since;"
		"ALTER TABLE feed DROP COLUMN onward_count; ALTER TABLE feed DROP COLUMN emptiness;"
		"ALTER TABLE feed DROP COLUMN identity; ALTER TABLE feed DROP COLUMN identity_trust; " UNDO_LATER,
		8},
	{"sketches without what was left out of them",
		"ALTER TABLE near_sketch DROP COLUMN omitted; ALTER TABLE near_sketch DROP COLUMN omitted_of;"
		"CREATE TABLE near_omitted(item_id INTEGER PRIMARY KEY, shingles INTEGER NOT NULL,"
		" shingles_of INTEGER NOT NULL) STRICT;"
		"CREATE TRIGGER near_omitted_gone AFTER DELETE ON near_sketch BEGIN"
		" DELETE FROM near_omitted WHERE item_id = old.item_id; END;",
		14},
	{"postings by bucket and number",
		"DROP TABLE near_bucket_2; CREATE TABLE near_bucket_2(bucket INTEGER NOT NULL, seq INTEGER NOT NULL,"
		" postings BLOB NOT NULL, PRIMARY KEY(bucket, seq)) STRICT, WITHOUT ROWID",
		14},
	{"numbers that are weeks",
		"DROP TABLE near_state; CREATE TABLE near_state(name TEXT PRIMARY KEY, week INTEGER NOT NULL) STRICT,"
		" WITHOUT ROWID; INSERT INTO near_state VALUES('halved', 2969); CREATE TABLE near_shingle_0(x)",
		14},
	{"one row of numbers",
		"DROP TABLE near_state; CREATE TABLE near_state(one INTEGER PRIMARY KEY CHECK(one = 1),"
		" week INTEGER NOT NULL, halved INTEGER) STRICT",
		14},
	{"links with other columns",
		"DROP TABLE story_link; CREATE TABLE story_link(item_id INTEGER NOT NULL, other_id INTEGER NOT NULL,"
		" relation INTEGER NOT NULL, score REAL NOT NULL, shared INTEGER NOT NULL, smaller INTEGER NOT NULL,"
		" shared_numbers INTEGER NOT NULL, smaller_numbers INTEGER NOT NULL, at INTEGER NOT NULL,"
		" PRIMARY KEY(item_id, other_id)) STRICT, WITHOUT ROWID;"
		"INSERT INTO story_link VALUES(1, 2, 3, 0.5, 4, 5, 6, 7, 8)",
		14},
	{"tables and indexes that are missing, and an index over less",
		"DROP TABLE held; DROP TABLE story_alias; DROP TABLE revision; DROP TABLE websub; DROP INDEX item_uid;"
		"DROP INDEX feed_active; DROP INDEX story_link_other; DROP INDEX item_url;"
		"CREATE INDEX item_url ON item(url_key) WHERE url_key IS NOT NULL",
		14},
	{"all tables of texts missing",
		"DROP TABLE near_bucket_0; DROP TABLE near_bucket_1; DROP TABLE near_bucket_2; DROP TABLE "
		"near_bucket_3;"
		"DROP TABLE near_pending; DROP TABLE near_sketch; DROP TABLE near_state; DROP TABLE near_phrase;"
		"DROP TABLE story_link",
		14},
};

TEST_ON(every_shape_becomes_todays, folder, f)
{
	char *expected;

	folder_fill(f);
	expected = rows(f->db, shape);
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		struct error err = {0};
		struct store s;
		char text[64], copy[420];

		assert_int_equal(unlink(f->db), 0);
		folder_fill(f);
		if (strstr(variants[i].text, UNDO_17) == NULL)
			raw_run(f->db, UNDO_17);
		raw_run(f->db, variants[i].text);
		snprintf(text, sizeof(text), "PRAGMA user_version = %d", variants[i].version);
		raw_run(f->db, text);
		if (store_open(&s, f->dir, STORE_WRITE, &err) != 0)
			fail_msg("%s: %s", variants[i].name, err.text);
		store_close(&s);
		assert_rows(f->db, shape, expected);
		assert_rows(f->db, "PRAGMA integrity_check", "ok\n");
		snprintf(copy, sizeof(copy), "%s.v%d", f->db, variants[i].version);
		unlink(copy);
	}
}

TEST_ON(links_keep_what_they_say, folder, f)
{
	folder_fill(f);
	raw_run(f->db, variants[6].text);
	raw_run(f->db, UNDO_17 "PRAGMA user_version = 14");
	folder_fill(f);
	assert_rows(f->db,
		"SELECT item_id, other_id, relation, score, shared, shared_of, numbers, numbers_of, title"
		" FROM story_link",
		"1|2|3|0.5|4|5|6|7|0.0\n");
}

TEST_ON(what_was_left_out_is_taken_over, folder, f)
{
	folder_fill(f);
	raw_run(f->db, variants[2].text);
	raw_run(f->db,
		"INSERT INTO near_sketch(item_id, story_id, source, seen, sketch) VALUES(7, 7, 1, 1, x'00'),"
		" (8, 8, 1, 1, x'00'); INSERT INTO near_omitted VALUES(7, 3, 9);" UNDO_17 "PRAGMA user_version = 14");
	folder_fill(f);
	assert_rows(f->db, "SELECT item_id, omitted, omitted_of FROM near_sketch", "7|3|9\n8|0|0\n");
}

TEST_ON(renamed_tables_keep_their_rows, folder, f)
{
	static const char insert[] =
		"INSERT INTO feed(id, name, url, categories, rank, active, backlog, health, failure, http_status, "
		"errors,"
		" polls, not_modified, bytes, items, server_wait, uid_stem, history)"
		" VALUES(1, 'a', 'https://a.example/', '', 50, 1, 0, 1, 0, 200, 0, 7, 3, 1, 1, 0, 'a', x'0102');"
		"INSERT INTO story VALUES(1, 10, 11, 12, 13, 1, 1, x'01'), (2, 20, 21, 22, 23, 1, 1, x'02');"
		"INSERT INTO item(id, feed_id, story_id, digest, canon_version, rev, first_seen, sort_ms, uid, record)"
		" VALUES(1, 1, 1, x'03', 2, 1, 11, 10, x'04', x'05');"
		"INSERT INTO story_constraint VALUES(1, 2, 0, 30);"
		"INSERT INTO rule VALUES('output/x#1', 'output/x', NULL, 3);"
		"INSERT INTO rule_match VALUES('output/x#1', 10, 1, 1, 40);"
		"UPDATE counter SET item_id = 5, cursor = 6, generation = 7, changed = 8, items = 1, stories = 2;";
	static const char renamed[] =
		"SELECT * FROM counter; SELECT * FROM story_constraint; SELECT rule_key, sort_ms, story_id, item_id, at"
		" FROM rule_match; SELECT rule_key, name, generation FROM rule; SELECT hex(history), polls FROM feed";

	folder_fill(f);
	raw_run(f->db, insert);
	raw_run(f->db, UNDO_19 "PRAGMA user_version = 18");
	folder_fill(f);
	assert_rows(f->db, renamed, "1|5|6|7|8|1|2|0\n1|2|0|30\noutput/x#1|10|1|1|40\noutput/x#1|output/x|3\n0102|7\n");
	/* and the rows still go with their story */
	raw_run(f->db, "PRAGMA foreign_keys = ON; DELETE FROM item; DELETE FROM story");
	assert_rows(f->db, "SELECT * FROM story_constraint; SELECT * FROM rule_match", "");
}

TEST_ON(numbers_of_alerts_are_counted_from_the_start, folder, f)
{
	struct counters counters;
	struct store s;

	folder_fill(f);
	raw_run(f->db, "UPDATE counter SET item_id = 5, cursor = 6;" UNDO_20 "PRAGMA user_version = 19");
	folder_fill(f);
	assert_rows(f->db, "SELECT item_id, cursor, alert_id FROM counter; SELECT count(*) FROM alert", "5|6|0\n0\n");
	/* an alert's number is never used again, not even when the row of counters is damaged */
	raw_run(f->db, "INSERT INTO alert VALUES(3, 'x', 1, 0, 1, 1, 1, 1, 1, 1, 1, 2, 0, 1, 0, NULL, NULL);"
		       "UPDATE counter SET alert_id = 2");
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	assert_int_equal(counters_load(s.db, &counters, NULL), 0);
	assert_int_equal(counters.alert_id, 6);
	store_close(&s);
}

/* Refused with that word; the version and all that is in the file stay. */
static void assert_stays(struct folder *f, int code, const char *word)
{
	static const char all[] = "PRAGMA user_version; SELECT name, sql FROM sqlite_schema ORDER BY 1";
	char *before = rows(f->db, all);
	struct error err = {0};
	struct store s;

	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), code);
	assert_ok(strstr(err.text, word) != NULL, err);
	assert_rows(f->db, all, before);
	assert_rows(f->db, "PRAGMA integrity_check", "ok\n");
}

TEST_ON(failure_leaves_the_file, folder, f)
{
	folder_fill(f);
	/* steps 8 to 14 have nothing against it, step 15 has */
	raw_run(f->db, "ALTER TABLE feed DROP COLUMN onward_url; ALTER TABLE feed DROP COLUMN onward_since;"
		       "ALTER TABLE feed DROP COLUMN onward_count; ALTER TABLE feed DROP COLUMN emptiness;"
		       "ALTER TABLE feed DROP COLUMN identity; ALTER TABLE feed DROP COLUMN identity_trust;"
		       "ALTER TABLE item RENAME COLUMN digest TO digests; " UNDO_LATER "; PRAGMA user_version = 7");
	assert_stays(f, -EUCLEAN, "item");
	/* a step that fails in the middle */
	raw_run(f->db, "ALTER TABLE item RENAME COLUMN digests TO digest;"
		       "ALTER TABLE feed ADD COLUMN identity INTEGER NOT NULL DEFAULT 0");
	assert_stays(f, -EIO, "identity");
	/* and what was wrong being mended, it goes on */
	raw_run(f->db, "ALTER TABLE feed DROP COLUMN identity");
	folder_fill(f);
}

/* A table that a program of today asks something of and that is a view of less: all steps pass, the statements do not.
 */
TEST_ON(statements_are_prepared_before_the_commit, folder, f)
{
	folder_fill(f);
	raw_run(f->db, UNDO_19 "ALTER TABLE near_pending RENAME COLUMN week TO month; PRAGMA user_version = 18");
	assert_stays(f, -EUCLEAN, "week");
}

TEST_ON(statements_check, folder, f)
{
	struct error err = {0};
	struct sql_db *db;

	folder_fill(f);
	assert_int_equal(sql_open(&db, f->db, SQL_WRITE, &err, "test"), 0);
	assert_int_equal(statements_check(db, &err), 0);
	run_statements(db, "ALTER TABLE near_pending RENAME COLUMN week TO month");
	assert_int_equal(statements_check(db, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "week"));
	assert_int_equal(sql_close(db), 0);
}

/* ---- the copy ---- */

static void copy_name(const struct folder *f, char name[420], const char *suffix)
{
	snprintf(name, 420, "%s.v14%s", f->db, suffix);
}

static void mark_as_old(struct folder *f, const char *text)
{
	raw_run(f->db, text);
	raw_run(f->db, UNDO_17 "PRAGMA user_version = 14");
}

TEST_ON(copy_is_made_once_for_each_state, folder, f)
{
	char first[420], second[420], third[420], part[420];
	struct stat before, after;

	copy_name(f, first, "");
	copy_name(f, second, "-2");
	copy_name(f, third, "-3");
	copy_name(f, part, ".part");
	folder_fill(f);
	assert_int_equal(access(first, F_OK), -1); /* a new database is not copied */
	mark_as_old(f, "UPDATE counter SET cursor = 41");
	raw_run(part, "CREATE TABLE left_by_a_start_that_was_killed(x)");
	folder_fill(f);
	assert_rows(first, "PRAGMA user_version; SELECT cursor FROM total; PRAGMA integrity_check", "14\n41\nok\n");
	assert_int_equal(stat(first, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	assert_int_equal(access(part, F_OK), -1);

	/* the same again, as after a migration that failed: the copy is the same file */
	mark_as_old(f, "");
	folder_fill(f);
	assert_int_equal(stat(first, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(access(second, F_OK), -1);

	/* another state, as after a way back and forth: both are kept */
	mark_as_old(f, "UPDATE counter SET cursor = 40");
	folder_fill(f);
	assert_rows(first, "SELECT cursor FROM total", "41\n");
	assert_rows(second, "SELECT cursor FROM total", "40\n");

	/* a file under the name that is no database is kept too */
	assert_int_equal(truncate(second, 100), 0);
	mark_as_old(f, "");
	folder_fill(f);
	assert_int_equal(stat(second, &after), 0);
	assert_int_equal(after.st_size, 100);
	assert_rows(third, "SELECT cursor FROM total", "40\n");
}

TEST_ON(copy_has_what_stands_in_the_wal, folder, f)
{
	struct store s;
	char first[420];
	sqlite3 *other;

	copy_name(f, first, "");
	folder_fill(f);
	/* left open, so that nothing moves from the WAL into the file */
	assert_int_equal(sqlite3_open(f->db, &other), SQLITE_OK);
	raw_exec(other,
		"PRAGMA wal_autocheckpoint = 0; UPDATE counter SET cursor = 77;" UNDO_17 "PRAGMA user_version = 14");
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	assert_rows(first, "PRAGMA user_version; SELECT cursor FROM total", "14\n77\n");
	store_close(&s);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

TEST_ON(copies_have_a_bound, folder, f)
{
	struct error err = {0};
	struct store s;

	folder_fill(f);
	for (int i = 0; i < 9; i++) {
		char text[64];

		snprintf(text, sizeof(text), "UPDATE counter SET cursor = %d", i);
		mark_as_old(f, text);
		folder_fill(f);
	}
	mark_as_old(f, "UPDATE counter SET cursor = 9");
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), -EEXIST);
	assert_non_null(strstr(err.text, "remove the old copies"));
}
