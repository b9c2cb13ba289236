/* SPDX-License-Identifier: ISC */
/* Backup of the database: copies, checks, syncs, and renames the copy. */
#include "sitrep/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "sitrep/base/file.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/store.h"

enum {
	PATH_LEN_MAX = 4096,
	/* 2 MiB of 4 KiB pages: some hundred steps a second, so that progress is shown and the copy can be stopped. */
	STEP_PAGES = 512,
	/* Waits for an exclusive lock (of a checkpoint that restarts the WAL), 10 s in all. */
	BUSY_MS = 100,
	BUSY_TIMES = 100,
	/* Instructions of SQLite's virtual machine between two calls of progress(). */
	CHECK_STEPS = 100000,
};

struct backup {
	const struct backup_options *options;
	char source_path[PATH_LEN_MAX];
	char part_path[PATH_LEN_MAX];
	char folder[PATH_LEN_MAX];
	struct sql_db *source, *copy;
	bool has_part;
	bool is_cancelled;
};

static const char cannot_copy[] = "cannot copy the database";

static int cancelled(struct error *err)
{
	return error_set(err, -ECANCELED, "stopped before the end: no copy was made");
}

static bool report_progress(struct backup *b, enum backup_stage stage, int64_t done, int64_t total)
{
	const struct backup_options *o = b->options;

	if (o->progress != NULL && o->progress(o->arg, stage, done, total) != 0)
		b->is_cancelled = true;
	return !b->is_cancelled;
}

/* ---- checks before anything is written ---- */

static int make_paths(struct backup *b, struct error *err)
{
	const char *file = b->options->file, *slash = strrchr(file, '/');
	int n[3];

	n[0] = snprintf(b->source_path, PATH_LEN_MAX, "%s/sitrepd.db", b->options->state_dir);
	n[1] = snprintf(b->part_path, PATH_LEN_MAX, "%s.part-XXXXXX", file);
	n[2] = slash == NULL   ? snprintf(b->folder, PATH_LEN_MAX, ".")
	       : slash == file ? snprintf(b->folder, PATH_LEN_MAX, "/")
			       : snprintf(b->folder, PATH_LEN_MAX, "%.*s", (int)(slash - file), file);
	for (int i = 0; i < 3; i++)
		if (n[i] < 0 || n[i] >= PATH_LEN_MAX)
			return error_set(
				err, -ENAMETOOLONG, "the file's name is too long: at most %d bytes", PATH_LEN_MAX - 16);
	if (file[0] == '\0' || (slash != NULL && slash[1] == '\0'))
		return error_set(err, -EISDIR, "%s is a folder: give the name of a file", file);
	return 0;
}

/* A file "sitrepd.*" in the state folder: the daemon or SQLite may take it for its own. */
static bool is_the_daemons(const struct backup *b, const struct stat *folder)
{
	const char *slash = strrchr(b->options->file, '/');
	struct stat state;

	return stat(b->options->state_dir, &state) == 0 && state.st_dev == folder->st_dev &&
	       state.st_ino == folder->st_ino &&
	       strncmp(slash != NULL ? slash + 1 : b->options->file, "sitrepd.", strlen("sitrepd.")) == 0;
}

/* SQLite would apply a journal beside the copy to the copy. */
static int check_journals(const struct backup *b, struct error *err)
{
	static const char *const endings[] = {"-wal", "-journal", "-shm"};
	char path[PATH_LEN_MAX + 16];

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", b->options->file, endings[i]);
		if (access(path, F_OK) != 0)
			continue;
		if (!b->options->force)
			return error_set(err, -EEXIST,
				"%s exists: a program may have %s open; close it, or choose another name", path,
				b->options->file);
		if (unlink(path) != 0)
			return error_sys(err, -errno, "cannot remove %s", path);
	}
	return 0;
}

static int check_place(struct backup *b, struct error *err)
{
	struct stat file, folder, source;
	struct statvfs space;

	if (stat(b->folder, &folder) != 0)
		return error_sys(err, -errno, "cannot write to the folder %s", b->folder);
	if (is_the_daemons(b, &folder))
		return error_set(
			err, -EINVAL, "%s is a name that the daemon uses: choose another one", b->options->file);
	if (stat(b->options->file, &file) == 0) {
		if (!S_ISREG(file.st_mode))
			return error_set(err, -EEXIST, "%s is not an ordinary file", b->options->file);
		if (!b->options->force)
			return error_set(err, -EEXIST, "%s exists; --force replaces it", b->options->file);
	}
	if (stat(b->source_path, &source) != 0) {
		if (errno == EACCES)
			return error_set(err, -EACCES,
				"cannot read %s: run this as root or as the daemon's user, as in \"sudo -u sitrepd "
				"sitrep backup ...\"",
				b->source_path);
		return error_sys(
			err, -errno, "cannot read the database %s (--state-dir names its folder)", b->source_path);
	}
	if (access(b->source_path, R_OK) != 0)
		return error_set(
			err, -EACCES, "cannot read %s: run this as root or as the daemon's user", b->source_path);
	if (statvfs(b->folder, &space) == 0 && (uint64_t)space.f_bavail * space.f_frsize < (uint64_t)source.st_size)
		return error_set(err, -ENOSPC,
			"%s has no room for a copy of %lld bytes: free some, or choose another folder", b->folder,
			(long long)source.st_size);
	return check_journals(b, err);
}

/* ---- copying ---- */

static int open_source(struct backup *b, struct error *err)
{
	int64_t id = 0;
	int result;

	result = sql_open(&b->source, b->source_path, SQL_READ, err, b->source_path);
	if (result != 0)
		return result;
	sql_set_wait(b->source, BUSY_MS * BUSY_TIMES);
	result = sql_ask_int(b->source, "PRAGMA application_id", &id, err, cannot_copy);
	if (result == 0 && id != STORE_APPLICATION_ID)
		result = error_set(err, -EPROTO, "%s is not a database of sitrepd", b->source_path);
	/* The read transaction fixes the state that is copied while the daemon writes. */
	if (result == 0)
		result = sql_exec(b->source, "BEGIN; SELECT count(*) FROM sqlite_schema", err, cannot_copy);
	return result;
}

static int open_copy(struct backup *b, struct error *err)
{
	int fd = mkostemp(b->part_path, O_CLOEXEC), result;

	if (fd < 0)
		return error_sys(err, -errno, "cannot write to the folder %s", b->folder);
	b->has_part = true;
	/* closed before SQLite opens it: closing it later would drop SQLite's locks */
	close(fd);
	result = sql_open(&b->copy, b->part_path, SQL_WRITE, err, b->part_path);
	if (result != 0)
		return result;
	/* No other program opens the copy before it is complete; it is synced once, at the end. */
	return sql_exec(b->copy, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", err, cannot_copy);
}

static int copy_pages(struct backup *b, struct error *err)
{
	const struct timespec pause = {.tv_nsec = BUSY_MS * 1000L * 1000L};
	struct sql_copy *copying = sql_copy_begin(b->copy, b->source, err, cannot_copy);
	int busy = 0, code = 1;

	if (copying == NULL)
		return err->code;
	while (code == 1 || code == -EBUSY) {
		int64_t total;

		code = sql_copy_step(copying, STEP_PAGES);
		total = sql_copy_total(copying);
		if (!report_progress(b, BACKUP_COPY, total - sql_copy_left(copying), total))
			break;
		if (code == -EBUSY) {
			if (++busy > BUSY_TIMES)
				break;
			nanosleep(&pause, NULL);
		}
	}
	code = sql_copy_end(copying, err, cannot_copy);
	if (b->is_cancelled)
		return cancelled(err);
	if (busy > BUSY_TIMES)
		return error_set(err, -EBUSY, "%s: another program has locked the database; try again", cannot_copy);
	return code == 0 ? sql_exec(b->source, "COMMIT", err, cannot_copy) : code;
}

/* ---- checking ---- */

static int on_steps(void *arg)
{
	return !report_progress(arg, BACKUP_CHECK, 0, 0);
}

static int check_copy(struct backup *b, struct backup_result *result, struct error *err)
{
	struct sql_stmt *s;
	int code;

	/* A restored copy is another instance: cursors after the backup are given out again, for other events. A schema
	 * without instances has none to remove. */
	sql_exec(b->copy, "DELETE FROM near_state WHERE name = 'instance'", NULL, "");
	/* the copy is one file, without a WAL */
	code = sql_exec(b->copy, "PRAGMA journal_mode = DELETE", err, cannot_copy);
	if (code != 0)
		return code;
	sql_on_progress(b->copy, CHECK_STEPS, on_steps, b);
	code = sql_prepare_once(b->copy, "PRAGMA integrity_check(1)", &s, err, cannot_copy);
	if (code != 0)
		return code;
	code = sql_step(s, err, "cannot check the copy");
	if (b->is_cancelled)
		code = cancelled(err);
	else if (code == 1 && !str_eq(sql_text(s, 0), STR("ok")))
		code = error_set(err, -EUCLEAN,
			"the copy is damaged, as the database most likely is (%.*s): see sitrepd --verify",
			STR_ARG(str_slice(sql_text(s, 0), 0, 200)));
	sql_finalize(&s, 1);
	if (code >= 0)
		code = sql_ask_int(b->copy, "SELECT count(*) FROM item", &result->items, err, cannot_copy);
	if (code >= 0)
		code = sql_ask_int(b->copy, "SELECT count(*) FROM story", &result->stories, err, cannot_copy);
	return code < 0 ? code : 0;
}

/* ---- the name ---- */

/* Without force, a file that has appeared under that name is not replaced. */
static int give_name(struct backup *b, struct error *err)
{
	const char *file = b->options->file;
	int result;

	if (b->options->force)
		result = rename(b->part_path, file);
	else
		result = renameat2(AT_FDCWD, b->part_path, AT_FDCWD, file, RENAME_NOREPLACE);
	/* a file system without RENAME_NOREPLACE: try a hard link */
	if (result != 0 && !b->options->force && (errno == EINVAL || errno == ENOSYS)) {
		result = link(b->part_path, file);
		if (result == 0)
			unlink(b->part_path);
	}
	if (result != 0)
		return error_sys(err, -errno, "cannot rename the copy to %s", file);
	b->has_part = false;
	result = file_sync(b->folder);
	return result == 0 ? 0 : error_sys(err, result, "cannot sync %s to the disk", b->folder);
}

static int close_both(struct backup *b, struct error *err)
{
	int result = 0;

	if (sql_close(b->source) != 0)
		result = error_set(err, -EIO, "cannot close the database");
	if (sql_close(b->copy) != 0)
		result = error_set(err, -EIO, "cannot close the copy");
	b->source = b->copy = NULL;
	return result;
}

int backup_make(const struct backup_options *options, struct backup_result *result, struct error *err)
{
	struct backup b = {.options = options};
	struct stat st;
	int code = make_paths(&b, err);

	*result = (struct backup_result){0};
	if (code == 0)
		code = check_place(&b, err);
	if (code == 0)
		code = open_source(&b, err);
	if (code == 0)
		code = open_copy(&b, err);
	if (code == 0)
		code = copy_pages(&b, err);
	if (code == 0)
		code = check_copy(&b, result, err);
	if (close_both(&b, code == 0 ? err : NULL) != 0 && code == 0)
		code = -EIO;
	if (code == 0 && (code = file_sync(b.part_path)) != 0)
		error_sys(err, code, "cannot sync %s to the disk", b.part_path);
	if (code == 0 && stat(b.part_path, &st) == 0)
		result->bytes = st.st_size;
	if (code == 0)
		code = give_name(&b, err);
	if (b.has_part)
		unlink(b.part_path);
	return code;
}
