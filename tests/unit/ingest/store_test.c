/* SPDX-License-Identifier: ISC */
/* Which files are opened and which are refused, and that a refused one is left as it was. */
#include "../../../daemon/sql/sql_internal.h"
#include "../ask.h"
#include "../test.h"
#include "fixture.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

struct folder {
	char dir[256];
	char db[400];
};

static int setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	state_dir_make(f->dir);
	(void)snprintf(f->db, sizeof(f->db), "%s/sitrepd.db", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct folder *f = *state;

	state_dir_remove(f->dir);
	free(f);
	return 0;
}

static void make(struct folder *f)
{
	struct error err = {0};
	struct store s;

	if (store_open(&s, f->dir, STORE_WRITE, &err) != 0)
		fail_msg("%s", err.text);
	store_close(&s);
}

static void run_sql(const char *path, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct buf read_all(const char *path)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	FILE *file = fopen(path, "rb");
	char piece[4096];

	assert_non_null(file);
	for (size_t n; (n = fread(piece, 1, sizeof(piece), file)) > 0;)
		assert_int_equal(buf_append(&out, piece, n), 0);
	(void)fclose(file);
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
	(void)snprintf(wal, sizeof(wal), "%s-wal", f->db);
	assert_int_not_equal(access(wal, F_OK), 0);
	buf_release(&before);
	buf_release(&after);
}

TEST_WITH(made_and_opened_again, setup, teardown)
{
	struct folder *f = *state;
	struct error err = {0};
	struct store writer, reader;
	struct stat st;
	char inner[300];

	/* folders on the way are made as well */
	(void)snprintf(inner, sizeof(inner), "%s/state", f->dir);
	assert_int_equal(store_open(&writer, inner, STORE_WRITE, &err), 0);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(store_open(&reader, inner, STORE_READ, &err), 0);
	store_close(&reader);
	store_close(&writer);
	assert_int_equal(store_open(&writer, inner, STORE_WRITE, &err), 0);
	(void)snprintf(f->db, sizeof(f->db), "%s/sitrepd.db", inner);
	assert_int_equal(stat(f->db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	store_close(&writer);
	state_dir_remove(inner);
}

static int64_t pragma(struct sql_db *db, const char *text)
{
	return ask_number(db, text);
}

/* A database of version 1 becomes one of today, with what was in it. */
TEST_WITH(migration, setup, teardown)
{
	static const char *const undo[] = {"moved_url", "moved_since", "moved_count", "moved", "onward_url",
		"onward_since", "onward_count", "habits", "emptiness", "identity", "identity_trust", "kept_bytes",
		"uid_stem", "url_key"};
	struct folder *f = *state;
	struct store s;
	char sql[128];

	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	store_close(&s);
	run_sql(f->db, "DROP INDEX feed_kept; DROP INDEX feed_uid_stem");
	for (size_t i = 0; i < sizeof(undo) / sizeof(*undo); i++) {
		(void)snprintf(sql, sizeof(sql), "ALTER TABLE feed DROP COLUMN %s", undo[i]);
		run_sql(f->db, sql);
	}
	run_sql(f->db, "DROP INDEX item_publisher; DROP INDEX item_story; CREATE INDEX item_story ON item(story_id);");
	run_sql(f->db, "ALTER TABLE item DROP COLUMN publisher_id; DROP TABLE websub; DROP TABLE publisher;"
		       "DROP TABLE story_link; DROP TABLE revision; DROP TABLE near_sketch; DROP TABLE near_phrase; "
		       "DROP TABLE near_state; DROP TABLE near_pending; DROP TABLE held; DROP TABLE clock; DROP "
		       "TABLE story_alias; DROP "
		       "INDEX item_uid; DROP TABLE rule;");
	for (int slot = 0; slot < 4; slot++) {
		(void)snprintf(sql, sizeof(sql), "DROP TABLE near_bucket_%d", slot);
		run_sql(f->db, sql);
	}
	run_sql(f->db,
		"INSERT INTO feed(name, url, categories, rank, active, backlog, health, failure, http_status, "
		"errors, polls,"
		" not_modified, bytes, items, server_wait, etag, last_modified)"
		" VALUES('old', 'https://old.example/', '', 50, 1, 0, 1, 0, 200, 0, 7, 3, 1, 2, 0, '\"kept\"', 'then');"
		"PRAGMA user_version = 1");
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	assert_int_equal(pragma(s.db, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
	assert_int_equal(pragma(s.db, "SELECT polls FROM feed WHERE name = 'old' AND moved = 0 AND moved_count = 0 AND "
				      "habits IS NULL"),
		7);
	assert_int_equal(pragma(s.db, "SELECT count(*) FROM websub"), 0);
	assert_int_equal(pragma(s.db, "SELECT count(*) FROM feed WHERE uid_stem = 'old'"), 1);
	assert_int_equal(
		pragma(s.db, "SELECT count(*) FROM feed WHERE etag = '\"kept\"' AND last_modified = 'then'"), 1);
	store_close(&s);
}

TEST_WITH(settings, setup, teardown)
{
	struct folder *f = *state;
	struct store s;
	int on;

	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	assert_int_equal(pragma(s.db, "PRAGMA application_id"), STORE_APPLICATION_ID);
	assert_int_equal(pragma(s.db, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
	assert_int_equal(pragma(s.db, "PRAGMA synchronous"), 2);
	assert_int_equal(pragma(s.db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma(s.db, "PRAGMA auto_vacuum"), 2);
	assert_int_equal(pragma(s.db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	assert_int_equal(sqlite3_db_config(s.db->handle, SQLITE_DBCONFIG_DEFENSIVE, -1, &on), SQLITE_OK);
	assert_int_equal(on, 1);
	/* "..." is a name, never a string */
	assert_int_equal(sql_exec(s.db, "SELECT \"naval\"", NULL, "test"), -EIO);
	/* every table is strict */
	assert_int_equal(pragma(s.db, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
				      " AND name NOT LIKE 'sqlite_%' AND strict = 0"),
		0);
	store_close(&s);
}

TEST_WITH(lock, setup, teardown)
{
	struct folder *f = *state;
	struct error err = {0};
	struct store first, second, reader;
	char pid[32];

	assert_int_equal(store_open(&first, f->dir, STORE_WRITE, &err), 0);
	assert_int_equal(store_open(&second, f->dir, STORE_WRITE, &err), -EBUSY);
	assert_non_null(strstr(err.text, "another sitrepd"));
	(void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
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
	(void)snprintf(inode, sizeof(inode), ":%ju ", (uintmax_t)st.st_ino);
	while (fgets(line, sizeof(line), file) != NULL)
		count += strstr(line, "POSIX") != NULL && strstr(line, inode) != NULL;
	(void)fclose(file);
	return count;
}

/* POSIX locks on the file, of any process: nobody else knows it.  The kernel gives the list in pieces, and a line may
 * be missed where other processes lock meanwhile: the most that is seen counts. */
static int locks_on(const char *path)
{
	int most = 0;

	for (int i = 0; i < 5; i++) {
		int count = count_locks(path);

		most = count > most ? count : most;
	}
	return most;
}

/* Whatever is opened and closed in the process, its connections keep their locks on the file and on the WAL's index. */
TEST_WITH(locks_stay, setup, teardown)
{
	struct folder *f = *state;
	struct store writer, reader, other;
	char shm[420];
	int held, held_on_index;

	(void)snprintf(shm, sizeof(shm), "%s-shm", f->db);
	assert_int_equal(store_open(&writer, f->dir, STORE_WRITE, NULL), 0);
	assert_int_equal(pragma(writer.db, "SELECT cursor FROM total"), 0);
	held = locks_on(f->db);
	held_on_index = locks_on(shm);
	assert_true(held > 0);
	assert_true(held_on_index > 0);
	assert_int_equal(store_open(&reader, f->dir, STORE_READ, NULL), 0);
	assert_int_equal(locks_on(f->db), held);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(store_open(&other, f->dir, STORE_READ, NULL), 0);
		store_close(&other);
		assert_int_equal(locks_on(f->db), held);
		assert_int_equal(store_open(&other, f->dir, STORE_WRITE, NULL), -EBUSY);
		assert_int_equal(locks_on(f->db), held);
	}
	store_close(&reader);
	assert_int_equal(locks_on(f->db), held);
	assert_int_equal(locks_on(shm), held_on_index);
	store_close(&writer);
	assert_int_equal(locks_on(f->db), 0);
}

/* The same where the open is refused, or looks into a file without our id. */
TEST_WITH(locks_stay_beside_a_refusal, setup, teardown)
{
	static const char *const ids[] = {
		"PRAGMA application_id = 0", "PRAGMA application_id = 1234", "PRAGMA user_version = 9999"};
	struct folder *f = *state;
	struct sql_db *holder;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct store s;
		int held;

		(void)unlink(f->db);
		make(f);
		run_sql(f->db, ids[i]);
		assert_int_equal(sql_open(&holder, f->db, SQL_WRITE, NULL, "test"), 0);
		(void)pragma(holder, "SELECT count(*) FROM item");
		held = locks_on(f->db);
		assert_true(held > 0);
		assert_true(store_open(&s, f->dir, STORE_READ, NULL) < 0);
		assert_int_equal(locks_on(f->db), held);
		assert_true(store_open(&s, f->dir, STORE_WRITE, NULL) < 0);
		assert_int_equal(locks_on(f->db), held);
		assert_int_equal(sql_close(holder), 0);
	}
}

TEST_WITH(newer, setup, teardown)
{
	struct folder *f = *state;

	make(f);
	run_sql(f->db, "PRAGMA user_version = 9999");
	assert_refused(f, -ENOTSUP, "newer");
}

TEST_WITH(newer_in_the_wal_only, setup, teardown)
{
	struct folder *f = *state;
	struct error err = {0};
	struct store s;
	sqlite3 *other;

	make(f);
	/* left open: nothing is moved from the WAL into the file */
	assert_int_equal(sqlite3_open(f->db, &other), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(other, "PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 9999", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), -ENOTSUP);
	(void)sqlite3_close(other);
}

TEST_WITH(other_program, setup, teardown)
{
	struct folder *f = *state;

	run_sql(f->db, "PRAGMA application_id = 1234; CREATE TABLE t(x)");
	assert_refused(f, -EPROTO, "another program");
}

TEST_WITH(other_program_without_id, setup, teardown)
{
	struct folder *f = *state;

	run_sql(f->db, "CREATE TABLE bookmarks(x); PRAGMA user_version = 1");
	assert_refused(f, -EPROTO, "another program");
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

TEST_WITH(no_database, setup, teardown)
{
	struct folder *f = *state;
	static const char text[] = "these are my notes, not a database, please leave them alone";

	write_file(f->db, text, sizeof(text));
	assert_refused(f, -EPROTO, "not a database");
}

TEST_WITH(empty_files_are_begun, setup, teardown)
{
	struct folder *f = *state;

	write_file(f->db, "", 0);
	make(f);
	(void)unlink(f->db);
	/* as a start that was killed early leaves it */
	run_sql(f->db, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = 1397314642");
	make(f);
}

TEST_WITH(truncated, setup, teardown)
{
	struct folder *f = *state;
	struct stat st;

	make(f);
	assert_int_equal(stat(f->db, &st), 0);
	assert_int_equal(truncate(f->db, st.st_size - 4096), 0);
	assert_refused(f, -EUCLEAN, "damaged");
	assert_int_equal(truncate(f->db, 60), 0);
	assert_refused(f, -EPROTO, "not a database");
}

TEST_WITH(damaged_inside, setup, teardown)
{
	struct folder *f = *state;
	struct error err = {0};
	struct buf bytes;
	struct store s;

	make(f);
	bytes = read_all(f->db);
	memset(bytes.data + 101, 0xa5, 3000);
	write_file(f->db, bytes.data, bytes.len);
	buf_release(&bytes);
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "damaged"));
}

TEST_WITH(folder_that_cannot_be_used, setup, teardown)
{
	struct folder *f = *state;
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
