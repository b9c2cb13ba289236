/* SPDX-License-Identifier: ISC */
#include "store_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sitrep/base/file.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/store.h"

enum {
	PATH_LEN_MAX = 4096,
	/* Pages that are copied between two signs of life: 4 MiB. */
	PIECE_PAGES = 1024,
	/* Most copies of one version with different contents. */
	COPIES_MAX = 9,
	/* Room left on the disk for the migration itself. */
	RESERVE_BYTES = 16 * 1024 * 1024,
};

struct copy {
	struct sql_db *db;
	const char *path; /* of the database */
	int version;
	char name[PATH_LEN_MAX];
	char part[PATH_LEN_MAX];
};

static const char cannot_copy[] = "cannot copy the database before its migration";

#define STATE(table)                                                                                                   \
	"SELECT printf('%d %d %d %d %d %d %d', (SELECT user_version FROM pragma_user_version()), item_id, cursor,"     \
	" generation, changed, (SELECT coalesce(sum(polls), 0) FROM feed),"                                            \
	" (SELECT coalesce(max(last_poll), 0) FROM feed)) FROM " table

/* Numbers that tell two states of one database apart: each change of items, stories, events or feeds changes one of
 * them.  Before version 19 table counter was called total. */
static int read_state(struct sql_db *db, int version, char state[256], struct error *err)
{
	struct sql_stmt *s;
	int result = sql_prepare_once(db, version < 19 ? STATE("total") : STATE("counter"), &s, err, cannot_copy);

	if (result != 0)
		return result;
	result = sql_step(s, err, cannot_copy);
	if (result == 1)
		snprintf(state, 256, "%.*s", STR_ARG(sql_text(s, 0)));
	else
		state[0] = '\0';
	sql_finalize(&s, 1);
	return result < 0 ? result : 0;
}

/* Whether the file at path holds the state; false when it cannot be read.  No program has the copy open, so it is
 * opened with SQL_FROZEN, which makes no files beside it. */
static bool holds_state(const char *path, int version, const char *state)
{
	char found[256] = "";
	struct sql_db *db;
	bool holds = false;

	if (sql_open(&db, path, SQL_FROZEN, NULL, cannot_copy) == 0)
		holds = read_state(db, version, found, NULL) == 0 && strcmp(found, state) == 0;
	sql_close(db);
	return holds;
}

/* 1: c->name is a copy of this state; 0: c->name is free. */
static int find_name(struct copy *c, struct error *err)
{
	char state[256];
	struct stat st;
	int result = read_state(c->db, c->version, state, err);

	for (int n = 1; n <= COPIES_MAX && result == 0; n++) {
		int len = n == 1 ? snprintf(c->name, sizeof(c->name), "%s.v%d", c->path, c->version)
				 : snprintf(c->name, sizeof(c->name), "%s.v%d-%d", c->path, c->version, n);

		if (len < 0 || (size_t)len >= sizeof(c->name))
			return error_set(err, -ENAMETOOLONG, "%s: its name is too long", cannot_copy);
		if (lstat(c->name, &st) != 0)
			return errno == ENOENT ? 0 : error_sys(err, -errno, "%s to %s", cannot_copy, c->name);
		if (holds_state(c->name, c->version, state))
			return 1;
	}
	return result != 0 ? result
			   : error_set(err, -EEXIST, "%s: remove the old copies %s.v%d to %s.v%d-%d first", cannot_copy,
				     c->path, c->version, c->path, c->version, COPIES_MAX);
}

static int refuse_small_disk(const struct copy *c, int64_t bytes, struct error *err)
{
	return error_set(err, -ENOSPC,
		"no room to copy the database before its migration: %s needs %" PRId64 " MB free on its disk", c->name,
		(bytes + RESERVE_BYTES) / 1000000 + 1);
}

static int check_room(const struct copy *c, int64_t bytes, struct error *err)
{
	struct statvfs fs;

	if (statvfs(c->path, &fs) != 0)
		return error_sys(err, -errno, "%s", cannot_copy);
	if ((int64_t)((uint64_t)fs.f_bavail * fs.f_frsize) < bytes + RESERVE_BYTES)
		return refuse_small_disk(c, bytes, err);
	return 0;
}

static int copy_pages(struct copy *c, struct sql_db *to, void (*keep_alive)(void), struct error *err)
{
	struct sql_copy *pages = sql_copy_begin(to, c->db, err, cannot_copy);
	int result = 1;

	if (pages == NULL)
		return err->code;
	/* Only a person's tool can change the database meanwhile; each change restarts the copy.  After too many pieces
	 * the rest is copied in one step. */
	for (int64_t pieces = 0; result == 1; pieces++) {
		bool is_restless = pieces > 2 * (int64_t)sql_copy_total(pages) / PIECE_PAGES + 2;

		result = sql_copy_step(pages, is_restless ? -1 : PIECE_PAGES);
		keep_alive();
	}
	return sql_copy_end(pages, err, cannot_copy);
}

/* Writes c->part, closes and syncs it. */
static int write_part(struct copy *c, void (*keep_alive)(void), struct error *err)
{
	struct sql_db *to = NULL;
	int fd, result;

	unlink(c->part);
	fd = open(c->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_sys(err, -errno, "%s to %s", cannot_copy, c->part);
	close(fd);
	result = sql_open(&to, c->part, SQL_WRITE, err, cannot_copy);
	if (result == 0)
		result = sql_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", err, cannot_copy);
	if (result == 0)
		result = copy_pages(c, to, keep_alive, err);
	sql_close(to);
	if (result == 0) {
		result = file_sync(c->part);
		if (result != 0)
			error_sys(err, result, "%s to %s", cannot_copy, c->part);
	}
	return result;
}

int store_copy(struct sql_db *db, const char *path, int version, void (*keep_alive)(void), struct error *err)
{
	struct copy c = {.db = db, .path = path, .version = version};
	struct error own = {0};
	struct error *e = err != NULL ? err : &own;
	int64_t bytes = 0;
	int result = find_name(&c, e);
	int len;

	if (result == 1)
		log_emit(LOG_LEVEL_NOTICE, "the database is not copied again, a copy of it exists", "copy", c.name,
			NULL);
	if (result != 0)
		return result < 0 ? result : 0;
	len = snprintf(c.part, sizeof(c.part), "%s.v%d.part", path, version);
	if (len < 0 || (size_t)len >= sizeof(c.part))
		return error_set(e, -ENAMETOOLONG, "%s: its name is too long", cannot_copy);
	result = sql_ask_int(db, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", &bytes,
		e, cannot_copy);
	if (result == 0)
		result = check_room(&c, bytes, e);
	if (result == 0)
		result = write_part(&c, keep_alive, e);
	if (result == 0 && rename(c.part, c.name) != 0)
		result = error_sys(e, -errno, "%s to %s", cannot_copy, c.name);
	if (result != 0) {
		unlink(c.part);
		return result == -ENOSPC ? refuse_small_disk(&c, bytes, e) : result;
	}
	result = file_sync_parent(c.name);
	if (result != 0)
		return error_sys(e, result, "%s to %s", cannot_copy, c.name);
	log_emit(LOG_LEVEL_NOTICE, "the database is copied before it is migrated", "copy", c.name, "bytes",
		LOG_NUM(bytes), "schema", LOG_NUM(version), NULL);
	return 0;
}
