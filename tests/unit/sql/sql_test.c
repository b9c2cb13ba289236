/* SPDX-License-Identifier: ISC */
/* Connections and statements. */
#include <fcntl.h>

#include "../ask.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"

static const char what[] = "cannot test";

struct folder {
	char path[64];
	char a[80], b[80], wal[90], shm[90]; /* files */
};

static void set_up(struct folder *f)
{
	snprintf(f->path, sizeof(f->path), "/tmp/sql-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	snprintf(f->a, sizeof(f->a), "%s/a", f->path);
	snprintf(f->b, sizeof(f->b), "%s/b", f->path);
	snprintf(f->wal, sizeof(f->wal), "%s-wal", f->a);
	snprintf(f->shm, sizeof(f->shm), "%s-shm", f->a);
}

static void tear_down(struct folder *f)
{
	const char *names[] = {f->a, f->b, f->wal, f->shm};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	assert_int_equal(rmdir(f->path), 0);
}

FIXTURE(folder, set_up, tear_down)

/* A new file. */
static struct sql_db *make(const char *path)
{
	struct sql_db *db;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(sql_open(&db, path, SQL_WRITE, NULL, what), 0);
	return db;
}

static struct sql_db *make_in_memory(void)
{
	struct sql_db *db;

	assert_int_equal(sql_open(&db, NULL, SQL_MEMORY, NULL, what), 0);
	run_statements(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, x INTEGER UNIQUE)");
	return db;
}

TEST_ON(no_file_is_made_by_opening, folder, f)
{
	struct error err = {0};
	struct sql_db *db;

	assert_int_equal(sql_open(&db, f->a, SQL_WRITE, &err, what), -EACCES);
	assert_null(db);
	assert_non_null(strstr(err.text, "cannot test: "));
	assert_int_equal(sql_open(&db, f->a, SQL_READ, NULL, what), -EACCES);
	assert_int_equal(access(f->a, F_OK), -1);
}

TEST(a_statement_that_is_left_is_told)
{
	struct sql_db *db = make_in_memory();
	struct sql_stmt *s;

	assert_int_equal(sql_prepare_once(db, "SELECT 1", &s, NULL, what), 0);
	assert_int_equal(sql_close(db), -EBUSY);
	sql_finalize(&s, 1);
	assert_null(s);
	assert_int_equal(sql_close(NULL), 0);
}

TEST(changes_are_counted_for_each_statement)
{
	static const char *const texts[] = {
		"INSERT INTO t(x) VALUES(?1) RETURNING id", "UPDATE t SET x = x + 10 WHERE x > ?1", "SELECT x FROM t"};
	struct sql_db *db = make_in_memory();
	struct sql_stmt *s[3];
	int64_t id = 0, before = sql_changed_ever(db);

	assert_int_equal(sql_prepare(db, texts, 3, s, NULL), 0);
	for (int i = 1; i <= 3; i++) {
		sql_bind(s[0], as_int(i));
		assert_int_equal(sql_insert(s[0], &id, NULL, what), 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(sql_run(s[1], NULL, what, as_int(1)), 0);
	assert_int_equal(sql_changed(s[1]), 2);
	assert_int_equal(sql_get_int(s[2], &id, NULL, what), 1);
	assert_int_equal(sql_changed(s[0]), 1);
	assert_int_equal(sql_run(s[1], NULL, what, as_int(100)), 0);
	assert_int_equal(sql_changed(s[1]), 0);
	assert_int_equal(sql_changed_ever(db) - before, 5);
	/* a value that is there already */
	sql_bind(s[0], as_int(12));
	assert_int_equal(sql_insert(s[0], &id, NULL, what), -EBADMSG);
	assert_int_equal(ask_number(db, "SELECT count(*) FROM t"), 3);
	sql_finalize(s, 3);
	assert_int_equal(sql_close(db), 0);
}

TEST(a_failed_preparation_leaves_no_statement)
{
	static const char *const texts[] = {"SELECT 1", "SELECT missing"};
	struct sql_db *db = make_in_memory();
	struct sql_stmt *s[2];

	assert_true(sql_prepare(db, texts, 2, s, NULL) < 0);
	assert_null(s[0]);
	assert_null(s[1]);
	assert_int_equal(sql_close(db), 0);
}

TEST(a_value_moves_from_one_statement_to_another)
{
	struct sql_db *db = make_in_memory();
	struct sql_stmt *from, *to;
	struct sql_value *value;

	assert_int_equal(sql_prepare_once(db, "SELECT x'00ff', NULL", &from, NULL, what), 0);
	assert_int_equal(sql_prepare_once(db, "SELECT hex(?1) = '00FF'", &to, NULL, what), 0);
	assert_int_equal(sql_step(from, NULL, what), 1);
	assert_int_equal(sql_columns(from), 2);
	assert_false(sql_is_null(from, 0));
	assert_true(sql_is_null(from, 1));
	assert_int_equal(sql_int(from, 1), 0);
	assert_null(sql_cstr(from, 1));
	value = sql_value_copy(from, 0);
	sql_finalize(&from, 1);
	sql_bind_value(to, 1, value);
	assert_int_equal(sql_step(to, NULL, what), 1);
	assert_true(sql_bool(to, 0));
	sql_value_free(value);
	sql_finalize(&to, 1);
	assert_int_equal(sql_close(db), 0);
}

TEST(a_transaction_is_seen)
{
	struct sql_db *db = make_in_memory();

	assert_false(sql_in_transaction(db));
	run_statements(db, "BEGIN");
	assert_true(sql_in_transaction(db));
	run_statements(db, "ROLLBACK");
	assert_false(sql_in_transaction(db));
	assert_int_equal(sql_close(db), 0);
}

/* With SQLite's own checkpoints the WAL would be emptied after a thousand pages. */
TEST_ON(checkpoints_are_the_owners, folder, f)
{
	struct sql_db *db = make(f->a);
	int64_t size = 0;
	char head[16] = "";

	run_statements(db, "PRAGMA journal_mode = WAL");
	sql_own_checkpoints(db);
	run_statements(db, "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(8000000))");
	assert_true(sql_wal_pages(db) > 1500);
	assert_true(sql_wal_bytes(db) > 6000000);
	assert_int_equal(sql_peek(db, head, sizeof(head), &size), 0);
	assert_string_equal(head, "SQLite format 3");
	assert_true(size < 100000);
	sql_checkpoint(db);
	assert_int_equal(sql_wal_pages(db), 0);
	assert_int_equal(sql_peek(db, head, sizeof(head), &size), 0);
	assert_true(size > 6000000);
	assert_int_equal(sql_close(db), 0);
}

TEST_ON(a_frozen_file_is_read_without_traces, folder, f)
{
	struct sql_db *db = make(f->a);

	run_statements(db, "PRAGMA journal_mode = WAL; CREATE TABLE t(x)");
	assert_int_equal(sql_close(db), 0);
	assert_int_equal(sql_open(&db, f->a, SQL_FROZEN, NULL, what), 0);
	assert_int_equal(ask_number(db, "SELECT count(*) FROM t"), 0);
	assert_int_equal(access(f->wal, F_OK), -1);
	assert_int_equal(access(f->shm, F_OK), -1);
	assert_int_equal(sql_exec(db, "INSERT INTO t VALUES(1)", NULL, what), -EACCES);
	assert_int_equal(sql_close(db), 0);
}

TEST_ON(pages_are_copied_in_pieces, folder, f)
{
	struct sql_db *from = make(f->a), *to = make(f->b), *reader;
	struct sql_copy *copy;
	struct error err = {0};
	int steps = 0, result;

	run_statements(from, "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(100000))");
	copy = sql_copy_begin(to, from, NULL, what);
	assert_non_null(copy);
	while ((result = sql_copy_step(copy, 10)) == 1) {
		steps++;
		assert_int_equal(sql_copy_left(copy), sql_copy_total(copy) - 10 * steps);
	}
	assert_int_equal(result, 0);
	assert_true(steps >= 2);
	assert_int_equal(sql_copy_end(copy, NULL, what), 0);
	assert_int_equal(ask_number(to, "SELECT length(x) FROM t"), 100000);
	/* another program is writing */
	run_statements(from, "BEGIN EXCLUSIVE");
	assert_int_equal(sql_open(&reader, f->a, SQL_READ, NULL, what), 0);
	copy = sql_copy_begin(to, reader, NULL, what);
	assert_non_null(copy);
	assert_int_equal(sql_copy_step(copy, 10), -EBUSY);
	assert_int_equal(sql_copy_end(copy, &err, what), -EBUSY);
	assert_non_null(strstr(err.text, "another program"));
	assert_int_equal(sql_close(reader), 0);
	assert_int_equal(sql_close(from), 0);
	assert_int_equal(sql_close(to), 0);
}
