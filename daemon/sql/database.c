/* SPDX-License-Identifier: ISC */
#include "sitrep/sql/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "sql_internal.h"
#include "uri.h"

static int open_handle(sqlite3 **handle, const char *path, enum sql_access access, struct error *err, const char *what)
{
	static const int flags[] = {
		[SQL_READ] = SQLITE_OPEN_READONLY,
		[SQL_WRITE] = SQLITE_OPEN_READWRITE,
		[SQL_FROZEN] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
		[SQL_MEMORY] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY,
	};
	char uri[URI_LEN_MAX];

	if (access == SQL_FROZEN) {
		if (uri_of_file(uri, path, "immutable=1") != 0)
			return error_set(err, -ENAMETOOLONG, "%s: the name of the file is too long", what);
		path = uri;
	} else if (access == SQL_MEMORY) {
		path = ":memory:";
	}
	if (sqlite3_open_v2(path, handle, flags[access] | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sql_error(*handle, err, what);
	return 0;
}

int sql_open(struct sql_db **db, const char *path, enum sql_access access, struct error *err, const char *what)
{
	struct sql_db *opened = calloc(1, sizeof(*opened));
	int result;

	*db = NULL;
	if (opened == NULL)
		return error_sys(err, -ENOMEM, "%s", what);
	result = open_handle(&opened->handle, path, access, err, what);
	if (result != 0) {
		sql_close(opened);
		return result;
	}
	*db = opened;
	return 0;
}

int sql_close(struct sql_db *db)
{
	int result = 0;

	if (db == NULL)
		return 0;
	if (sqlite3_close(db->handle) != SQLITE_OK) {
		sqlite3_close_v2(db->handle);
		result = -EBUSY;
	}
	free(db);
	return result;
}

void sql_set_safe(struct sql_db *db)
{
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_extended_result_codes(db->handle, 0);
}

void sql_set_wait(struct sql_db *db, int wait_ms)
{
	sqlite3_busy_timeout(db->handle, wait_ms);
}

void sql_on_progress(struct sql_db *db, int instructions, int (*fn)(void *arg), void *arg)
{
	sqlite3_progress_handler(db->handle, instructions, fn, arg);
}

/* ---- transactions ---- */

bool sql_in_transaction(struct sql_db *db)
{
	return sqlite3_get_autocommit(db->handle) == 0;
}

int64_t sql_changed_ever(struct sql_db *db)
{
	return sqlite3_total_changes64(db->handle);
}

/* ---- the file ---- */

int sql_peek(struct sql_db *db, void *bytes, size_t len, int64_t *size)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 found = 0;

	if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == NULL ||
		file->pMethods == NULL || file->pMethods->xFileSize(file, &found) != SQLITE_OK)
		return -EIO;
	*size = found;
	if (found < (sqlite3_int64)len)
		return 0;
	return file->pMethods->xRead(file, bytes, (int)len, 0) == SQLITE_OK ? 0 : -EIO;
}

int sql_give_back(struct sql_db *db, int pages, struct error *err, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "PRAGMA incremental_vacuum(%d)", pages);
	return sql_exec(db, text, err, what);
}

static int on_commit(void *arg, sqlite3 *handle UNUSED, const char *name UNUSED, int pages)
{
	struct sql_db *db = arg;

	db->wal_pages = pages;
	return SQLITE_OK;
}

void sql_own_checkpoints(struct sql_db *db)
{
	/* This replaces SQLite's own hook, which would make checkpoints. */
	sqlite3_wal_hook(db->handle, on_commit, db);
}

int sql_wal_pages(const struct sql_db *db)
{
	return db->wal_pages;
}

void sql_checkpoint(struct sql_db *db)
{
	int left = 0, moved = 0;

	/* After a failure SQLite sets both numbers to -1.  The pages are still in the WAL, so the next call tries
	 * again. */
	if (sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &left, &moved) == SQLITE_OK)
		db->wal_pages = left - moved;
}

int64_t sql_wal_bytes(struct sql_db *db)
{
	/* By name: opening and closing a file of the database here would drop SQLite's POSIX locks on it. */
	const char *name = sqlite3_filename_wal(sqlite3_db_filename(db->handle, "main"));
	struct stat st;

	return name != NULL && stat(name, &st) == 0 ? st.st_size : 0;
}

/* ---- a copy of all pages ---- */

struct sql_copy {
	sqlite3_backup *handle;
	struct sql_db *to, *from;
};

struct sql_copy *sql_copy_begin(struct sql_db *to, struct sql_db *from, struct error *err, const char *what)
{
	struct sql_copy *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return error_sys_null(err, -ENOMEM, "%s", what);
	*c = (struct sql_copy){.to = to, .from = from};
	c->handle = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	if (c->handle == NULL) {
		sql_error(to->handle, err, what);
		free(c);
		return NULL;
	}
	return c;
}

int sql_copy_step(struct sql_copy *c, int pages)
{
	switch (sqlite3_backup_step(c->handle, pages)) {
	case SQLITE_OK:
		return 1;
	case SQLITE_DONE:
		return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	default:
		return -EIO;
	}
}

int sql_copy_total(const struct sql_copy *c)
{
	return sqlite3_backup_pagecount(c->handle);
}

int sql_copy_left(const struct sql_copy *c)
{
	return sqlite3_backup_remaining(c->handle);
}

int sql_copy_end(struct sql_copy *c, struct error *err, const char *what)
{
	sqlite3 *from = c->from->handle, *to = c->to->handle;
	int result = 0;

	if (sqlite3_backup_finish(c->handle) != SQLITE_OK)
		result = sql_error(sqlite3_errcode(from) != SQLITE_OK ? from : to, err, what);
	free(c);
	return result;
}
