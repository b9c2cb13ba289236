/* SPDX-License-Identifier: ISC */
/* Which files are opened and which are refused, and that a refused one is left as it was. */
#include "../../../daemon/sql/sql_internal.h"
#include "folder_fixture.h"
#include "raw.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/check.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct buf read_all(const char *path)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	FILE *file = fopen(path, "rb");
	char piece[4096];

	assert_non_null(file);
	for (size_t n; (n = fread(piece, 1, sizeof(piece), file)) > 0;)
		assert_int_equal(buf_append(&out, piece, n), 0);
	fclose(file);
	return out;
}

/* Opening fails so, says so, and leaves the file and the folder as they were. */
static void assert_refused(struct folder *f, int code, const char *word)
{
	char wal[420];
	struct buf before = read_all(f->db), after;
	struct error err = {0};
	struct store s;

	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), code);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.text, word));
	assert_non_null(strstr(err.text, f->db));
	assert_null(s.db);
	after = read_all(f->db);
	assert_true(str_eq(buf_str(&before), buf_str(&after)));
	snprintf(wal, sizeof(wal), "%s-wal", f->db);
	assert_int_not_equal(access(wal, F_OK), 0);
	buf_release(&before);
	buf_release(&after);
}

TEST_ON(made_and_opened_again, folder, f)
{
	struct error err = {0};
	struct store writer, reader;
	struct stat st;
	char inner[300];

	/* folders on the way are made as well */
	snprintf(inner, sizeof(inner), "%s/state", f->dir);
	assert_int_equal(store_open(&writer, inner, STORE_WRITE, &err), 0);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(store_open(&reader, inner, STORE_READ, &err), 0);
	store_close(&reader);
	store_close(&writer);
	assert_int_equal(store_open(&writer, inner, STORE_WRITE, &err), 0);
	snprintf(f->db, sizeof(f->db), "%s/sitrepd.db", inner);
	assert_int_equal(stat(f->db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	store_close(&writer);
	state_dir_remove(inner);
}

/* A database of version 1 becomes one of today, with what was in it. */
TEST_ON(migration, folder, f)
{
	static const char *const undo[] = {"moved_url", "moved_since", "moved_count", "moved", "onward_url",
		"onward_since", "onward_count", "habits", "emptiness", "identity", "identity_trust", "kept_bytes",
		"uid_stem", "url_key"};
	struct store s;
	char sql[128];

	folder_fill(f);
	raw_run(f->db, UNDO_19 "DROP INDEX feed_kept; DROP INDEX feed_uid_stem");
	for (size_t i = 0; i < sizeof(undo) / sizeof(*undo); i++) {
		snprintf(sql, sizeof(sql), "ALTER TABLE feed DROP COLUMN %s", undo[i]);
		raw_run(f->db, sql);
	}
	raw_run(f->db, "DROP INDEX item_publisher; DROP INDEX item_story; CREATE INDEX item_story ON item(story_id);");
	raw_run(f->db, "ALTER TABLE item DROP COLUMN publisher_id; DROP TABLE websub; DROP TABLE publisher;"
		       "DROP TABLE story_link; DROP TABLE revision; DROP TABLE near_sketch; DROP TABLE near_phrase; "
		       "DROP TABLE near_state; DROP TABLE near_pending; DROP TABLE held; DROP TABLE clock; DROP "
		       "TABLE story_alias; DROP "
		       "INDEX item_uid; DROP TABLE rule;");
	for (int slot = 0; slot < 4; slot++) {
		snprintf(sql, sizeof(sql), "DROP TABLE near_bucket_%d", slot);
		raw_run(f->db, sql);
	}
	raw_run(f->db,
		"INSERT INTO feed(name, url, categories, rank, active, backlog, health, failure, http_status, "
		"errors, polls,"
		" not_modified, bytes, items, server_wait, etag, last_modified)"
		" VALUES('old', 'https://old.example/', '', 50, 1, 0, 1, 0, 200, 0, 7, 3, 1, 2, 0, '\"kept\"', 'then');"
		"PRAGMA user_version = 1");
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	assert_int_equal(ask_number(s.db, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
	assert_int_equal(
		ask_number(s.db, "SELECT polls FROM feed WHERE name = 'old' AND moved = 0 AND moved_count = 0 AND "
				 "history IS NULL"),
		7);
	assert_int_equal(ask_number(s.db, "SELECT count(*) FROM websub"), 0);
	assert_int_equal(ask_number(s.db, "SELECT count(*) FROM feed WHERE uid_stem = 'old'"), 1);
	assert_int_equal(
		ask_number(s.db, "SELECT count(*) FROM feed WHERE etag = '\"kept\"' AND last_modified = 'then'"), 1);
	store_close(&s);
}

TEST_ON(settings, folder, f)
{
	struct store s;
	int on;

	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	assert_int_equal(ask_number(s.db, "PRAGMA application_id"), STORE_APPLICATION_ID);
	assert_int_equal(ask_number(s.db, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
	assert_int_equal(ask_number(s.db, "PRAGMA synchronous"), 2);
	assert_int_equal(ask_number(s.db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(ask_number(s.db, "PRAGMA auto_vacuum"), 2);
	assert_int_equal(ask_number(s.db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	assert_int_equal(sqlite3_db_config(s.db->handle, SQLITE_DBCONFIG_DEFENSIVE, -1, &on), SQLITE_OK);
	assert_int_equal(on, 1);
	/* "..." is a name, never a string */
	assert_int_equal(sql_exec(s.db, "SELECT \"naval\"", NULL, "test"), -EIO);
	/* every table is strict */
	assert_int_equal(
		ask_number(s.db, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
				 " AND name NOT LIKE 'sqlite_%' AND strict = 0"),
		0);
	store_close(&s);
}

TEST_ON(lock, folder, f)
{
	struct error err = {0};
	struct store first, second, reader;
	char pid[32];

	assert_int_equal(store_open(&first, f->dir, STORE_WRITE, &err), 0);
	assert_int_equal(store_open(&second, f->dir, STORE_WRITE, &err), -EBUSY);
	assert_non_null(strstr(err.text, "another sitrepd"));
	snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	assert_non_null(strstr(err.text, pid));
	assert_non_null(strstr(err.text, f->dir));
	assert_int_equal(store_open(&reader, f->dir, STORE_READ, &err), 0);
	store_close(&reader);
	store_close(&first);
	assert_int_equal(store_open(&second, f->dir, STORE_WRITE, &err), 0);
	store_close(&second);
}

static int count_locks(const char *path)
{
	FILE *file = fopen("/proc/locks", "r");
	char line[256], inode[32];
	struct stat st;
	int count = 0;

	assert_non_null(file);
	assert_int_equal(stat(path, &st), 0);
	snprintf(inode, sizeof(inode), ":%ju ", (uintmax_t)st.st_ino);
	while (fgets(line, sizeof(line), file) != NULL)
		count += strstr(line, "POSIX") != NULL && strstr(line, inode) != NULL;
	fclose(file);
	return count;
}

/* POSIX locks on the file, of any process: nobody else knows it.  The kernel gives the list in pieces, and a line may
 * be missed, or seen twice, where other processes lock meanwhile: the number that is seen most often counts. */
static int locks_on(const char *path)
{
	enum { LOOKS = 100, MOST = 16 };
	int seen[MOST] = {0}, usual = 0;

	for (int i = 0; i < LOOKS; i++) {
		int count = count_locks(path);

		assert_in_range(count, 0, MOST - 1);
		seen[count]++;
	}
	for (int count = 1; count < MOST; count++)
		if (seen[count] > seen[usual])
			usual = count;
	return usual;
}

/* Of a thousand looks one is right. */
static void assert_locks(const char *path, int expected)
{
	int count = count_locks(path);

	for (int i = 0; i < 1000 && count != expected; i++)
		count = count_locks(path);
	assert_int_equal(count, expected);
}

/* Whatever is opened and closed in the process, its connections keep their locks on the file and on the WAL's index. */
TEST_ON(locks_stay, folder, f)
{
	struct store writer, reader, other;
	char shm[420];
	int held, held_on_index;

	snprintf(shm, sizeof(shm), "%s-shm", f->db);
	assert_int_equal(store_open(&writer, f->dir, STORE_WRITE, NULL), 0);
	assert_int_equal(ask_number(writer.db, "SELECT cursor FROM counter"), 0);
	held = locks_on(f->db);
	held_on_index = locks_on(shm);
	assert_true(held > 0);
	assert_true(held_on_index > 0);
	assert_int_equal(store_open(&reader, f->dir, STORE_READ, NULL), 0);
	assert_locks(f->db, held);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(store_open(&other, f->dir, STORE_READ, NULL), 0);
		store_close(&other);
		assert_locks(f->db, held);
		assert_int_equal(store_open(&other, f->dir, STORE_WRITE, NULL), -EBUSY);
		assert_locks(f->db, held);
	}
	store_close(&reader);
	assert_locks(f->db, held);
	assert_locks(shm, held_on_index);
	store_close(&writer);
	assert_locks(f->db, 0);
}

/* The same where the open is refused, or looks into a file without our id. */
TEST_ON(locks_stay_beside_a_refusal, folder, f)
{
	static const char *const ids[] = {
		"PRAGMA application_id = 0", "PRAGMA application_id = 1234", "PRAGMA user_version = 9999"};
	struct sql_db *holder;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct store s;
		int held;

		unlink(f->db);
		folder_fill(f);
		raw_run(f->db, ids[i]);
		assert_int_equal(sql_open(&holder, f->db, SQL_WRITE, NULL, "test"), 0);
		ask_number(holder, "SELECT count(*) FROM item");
		held = locks_on(f->db);
		assert_true(held > 0);
		assert_true(store_open(&s, f->dir, STORE_READ, NULL) < 0);
		assert_locks(f->db, held);
		assert_true(store_open(&s, f->dir, STORE_WRITE, NULL) < 0);
		assert_locks(f->db, held);
		assert_int_equal(sql_close(holder), 0);
	}
}

TEST_ON(newer, folder, f)
{
	folder_fill(f);
	raw_run(f->db, "PRAGMA user_version = 9999");
	assert_refused(f, -ENOTSUP, "newer");
}

TEST_ON(newer_in_the_wal_only, folder, f)
{
	struct error err = {0};
	struct store s;
	sqlite3 *other;

	folder_fill(f);
	/* left open: nothing is moved from the WAL into the file */
	assert_int_equal(sqlite3_open(f->db, &other), SQLITE_OK);
	raw_exec(other, "PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 9999");
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), -ENOTSUP);
	sqlite3_close(other);
}

TEST_ON(other_program, folder, f)
{
	raw_run(f->db, "PRAGMA application_id = 1234; CREATE TABLE t(x)");
	assert_refused(f, -EPROTO, "another program");
}

TEST_ON(other_program_without_id, folder, f)
{
	raw_run(f->db, "CREATE TABLE bookmarks(x); PRAGMA user_version = 1");
	assert_refused(f, -EPROTO, "another program");
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

TEST_ON(no_database, folder, f)
{
	static const char text[] = "these are my notes, not a database, please leave them alone";

	write_file(f->db, text, sizeof(text));
	assert_refused(f, -EPROTO, "not a database");
}

TEST_ON(empty_files_are_begun, folder, f)
{
	write_file(f->db, "", 0);
	folder_fill(f);
	unlink(f->db);
	/* as a start that was killed early leaves it */
	raw_run(f->db, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = 1397314642");
	folder_fill(f);
}

TEST_ON(truncated, folder, f)
{
	struct stat st;

	folder_fill(f);
	assert_int_equal(stat(f->db, &st), 0);
	assert_int_equal(truncate(f->db, st.st_size - 4096), 0);
	assert_refused(f, -EUCLEAN, "damaged");
	assert_int_equal(truncate(f->db, 60), 0);
	assert_refused(f, -EPROTO, "not a database");
}

TEST_ON(damaged_inside, folder, f)
{
	struct error err = {0};
	struct buf bytes;
	struct store s;

	folder_fill(f);
	bytes = read_all(f->db);
	memset(bytes.data + 101, 0xa5, 3000);
	write_file(f->db, bytes.data, bytes.len);
	buf_release(&bytes);
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "damaged"));
}

TEST_ON(folder_that_cannot_be_used, folder, f)
{
	struct error err = {0};
	struct store s;

	assert_int_equal(store_open(&s, f->dir, STORE_READ, &err), -ENOENT);
	write_file(f->db, "x", 1);
	assert_int_equal(store_open(&s, f->db, STORE_WRITE, &err), -ENOTDIR);
	assert_non_null(strstr(err.text, "not a folder"));
	/* root may write anywhere */
	if (geteuid() != 0) {
		assert_int_equal(chmod(f->dir, 0500), 0);
		assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), -EACCES);
		assert_non_null(strstr(err.text, f->dir));
		assert_int_equal(chmod(f->dir, 0700), 0);
	}
}

static void on_finding(void *arg, const char *table, int64_t row, const char *column, const char *finding)
{
	(void)arg;
	fail_msg("%s row %lld: %s", table, (long long)row, column != NULL ? column : finding);
}

/* 1 while there is more to check: the result of a whole pass. */
static int check_all(struct check *c, struct error *err)
{
	int result;

	while ((result = check_step(c, err)) == 1)
		;
	return result;
}

/* A pass that could not read one of the tables is not told as a good one. */
TEST_ON(check_of_a_table_that_cannot_be_read, folder, f)
{
	struct error err = {0};
	struct check *c;
	int64_t before;

	folder_fill(f);
	before = ask_database(f->dir, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name < 'publisher'"
				      " AND name NOT LIKE 'sqlite%'");
	c = check_new(f->dir, false, on_finding, NULL, &err);
	assert_non_null(c);
	assert_int_equal(check_all(c, &err), 0);
	/* a step lists the tables, then each takes one; of this one, which is not the last, half is left */
	raw_run(f->db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300)"
		       " INSERT INTO publisher SELECT i, 'p' || i FROM n");
	for (int64_t i = 0; i < before + 2; i++)
		assert_int_equal(check_step(c, &err), 1);
	raw_run(f->db, "ALTER TABLE publisher RENAME COLUMN id TO number");
	assert_int_equal(check_all(c, &err), -EIO);
	assert_non_null(strstr(err.text, "id"));
	assert_int_equal(check_all(c, &err), 0);
	check_free(c);
}
