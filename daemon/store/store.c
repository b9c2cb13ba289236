/* SPDX-License-Identifier: ISC */
/* A file of another program must not be changed, but SQLite's first read of a WAL database writes files beside it.
 * So the first 100 bytes are checked before SQLite reads any.  SQLite's checks follow: damage elsewhere, and a
 * version that is still in the WAL. */
#include "sitrep/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema.h"
#include "sitrep/base/file.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/file_access.h"

enum {
	PATH_LEN_MAX = 4096,
	HEADER_LEN = 100, /* of an SQLite file, https://sqlite.org/fileformat2.html section 1.3 */
	WRITER_CACHE_KIB = 3 * 1024,
	READER_CACHE_KIB = 1024,
	/* The WAL is truncated to this size after a burst. */
	WAL_KEPT_BYTES = 16 * 1024 * 1024,
	/* The only other writer is a person's tool. */
	WRITER_BUSY_MS = 5000,
	/* Readers wait only while the first opener recovers the WAL. */
	READER_BUSY_MS = 1000,
};

struct paths {
	const char *dir;
	char db[PATH_LEN_MAX];
	char wal[PATH_LEN_MAX];
	char lock[PATH_LEN_MAX];
};

static int make_paths(struct paths *p, const char *state_dir, struct error *err)
{
	const char *names[] = {"sitrepd.db", "sitrepd.db-wal", "sitrepd.lock"};
	char *out[] = {p->db, p->wal, p->lock};

	p->dir = state_dir;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int n = snprintf(out[i], PATH_LEN_MAX, "%s/%s", state_dir, names[i]);

		if (n < 0 || n >= PATH_LEN_MAX)
			return error_set(err, -ENAMETOOLONG, "the state folder's name is too long");
	}
	return 0;
}

/* ---- the folder and its lock ---- */

static int make_folder(const char *path, struct error *err)
{
	char parent[PATH_LEN_MAX];
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : error_set(err, -ENOTDIR, "the state folder %s is not a folder", path);
	if (errno != ENOENT)
		return error_sys(err, -errno, "cannot use the state folder %s", path);
	for (size_t i = 1; path[i] != '\0' && i < sizeof(parent); i++) {
		if (path[i] != '/')
			continue;
		memcpy(parent, path, i);
		parent[i] = '\0';
		if (mkdir(parent, 0755) != 0 && errno != EEXIST)
			return error_sys(err, -errno, "cannot make the folder %s", parent);
	}
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return error_sys(err, -errno, "cannot make the state folder %s", path);
	return 0;
}

static int take_lock(const struct paths *p, int *lock_fd, struct error *err)
{
	char pid[32];
	int fd = open(p->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int len;

	if (fd < 0)
		return error_sys(err, -errno, "cannot write to the state folder %s", p->dir);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int code = errno;
		ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

		close(fd);
		if (code != EWOULDBLOCK)
			return error_sys(err, -code, "cannot lock %s", p->lock);
		pid[n > 0 ? n : 0] = '\0';
		pid[strspn(pid, "0123456789")] = '\0';
		return error_set(err, -EBUSY, "another sitrepd%s%s%s is running on %s",
			pid[0] != '\0' ? " (process " : "", pid, pid[0] != '\0' ? ")" : "", p->dir);
	}
	/* Only the error above uses the process number, so a failed write is ignored. */
	len = snprintf(pid, sizeof(pid), "%-20ld\n", (long)getpid());
	if (len > 0)
		(void)!pwrite(fd, pid, (size_t)len, 0);
	*lock_fd = fd;
	return 0;
}

/* ---- the file before SQLite sees it ---- */

static uint32_t big_endian_32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static int refuse_newer(const struct paths *p, int64_t version, struct error *err)
{
	return error_set(err, -ENOTSUP,
		"%s was written by a newer sitrepd (its schema is %lld, this program has %d): use that one, or "
		"another "
		"state folder",
		p->db, (long long)version, STORE_SCHEMA_VERSION);
}

static int refuse_foreign(const struct paths *p, struct error *err)
{
	return error_set(err, -EPROTO, "%s is a database of another program", p->db);
}

/* An SQLite file without an application id is accepted only when it is empty.  It is read by a connection of its own
 * with SQL_FROZEN, since a usual one makes a WAL index as soon as it reads.  SQLite closes that connection without
 * dropping the process's other locks on the file. */
static int check_anonymous(const struct paths *p, struct error *err)
{
	struct sql_db *db;
	struct sql_stmt *s = NULL;
	int result = sql_open(&db, p->db, SQL_FROZEN, err, p->db);

	if (result == 0)
		result = sql_prepare_once(db, "SELECT 1 FROM sqlite_schema", &s, err, p->db);
	if (result == 0 && sql_step(s, NULL, p->db) != 0)
		result = refuse_foreign(p, err);
	sql_finalize(&s, 1);
	sql_close(db);
	return result;
}

/* Makes the file if it does not exist: SQLite would make it readable for all.  A new file has no locks yet that close()
 * could drop. */
static int make_file(const struct paths *p, struct error *err)
{
	int fd = open(p->db, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : error_sys(err, -errno, "cannot create %s", p->db);
	close(fd);
	return 0;
}

/* Reads the header through the file that SQLite has open, without a lock and before SQLite reads anything.  This
 * program never opens the file by itself: POSIX locks belong to the process, and close() of any descriptor of the
 * file would drop those of all its connections.  The next tool that opens the database would then take itself for
 * the only user, and delete the daemon's WAL. */
static int check_file(const struct paths *p, struct sql_db *db, struct error *err)
{
	static const char magic[16] = "SQLite format 3";
	uint8_t h[HEADER_LEN];
	struct stat wal;
	int64_t page_size, pages, size;

	if (sql_peek(db, h, sizeof(h), &size) != 0)
		return error_set(err, -EIO, "cannot read %s", p->db);
	if (size == 0)
		return 0;
	if (size < HEADER_LEN)
		return error_set(err, -EPROTO, "%s is not a database", p->db);
	if (memcmp(h, magic, sizeof(magic)) != 0)
		return error_set(err, -EPROTO, "%s is not a database", p->db);
	if (big_endian_32(h + 68) == 0)
		return check_anonymous(p, err);
	if (big_endian_32(h + 68) != STORE_APPLICATION_ID)
		return refuse_foreign(p, err);
	if (big_endian_32(h + 60) > STORE_SCHEMA_VERSION)
		return refuse_newer(p, big_endian_32(h + 60), err);
	/* With a WAL the file may be shorter than its header says; SQLite checks it then. */
	page_size = h[16] << 8 | h[17];
	page_size = page_size == 1 ? 65536 : page_size;
	pages = big_endian_32(h + 28);
	if (stat(p->wal, &wal) != 0 || wal.st_size == 0)
		if (memcmp(h + 24, h + 92, 4) == 0 && size < pages * page_size)
			return error_set(err, -EUCLEAN, "%s is damaged: it has %lld of %lld bytes", p->db,
				(long long)size, (long long)(pages * page_size));
	return 0;
}

/* ---- the connection ---- */

/* Repeats check_file() on the values that include the WAL's. */
static int check_open(const struct paths *p, struct sql_db *db, int64_t *version, struct error *err)
{
	int64_t id, objects;
	int result = sql_ask_int(db, "PRAGMA application_id", &id, err, p->db);

	if (result == 0)
		result = sql_ask_int(db, "PRAGMA user_version", version, err, p->db);
	if (result == 0)
		result = sql_ask_int(db, "SELECT count(*) FROM sqlite_schema", &objects, err, p->db);
	if (result != 0)
		return result;
	if (id != STORE_APPLICATION_ID && (id != 0 || objects != 0))
		return refuse_foreign(p, err);
	if (*version > STORE_SCHEMA_VERSION)
		return refuse_newer(p, *version, err);
	return 0;
}

/* Syncs the folders that hold the names of a new database and of its new folders, so that they outlive a power cut.
 * SQLite syncs the folder of the WAL only, and later.  Errors in folders further up are ignored: this user may not be
 * able to read them, and they are not new. */
static int sync_names(const struct paths *p, struct error *err)
{
	char path[PATH_LEN_MAX];
	int result = file_sync_parent(p->db);

	if (result != 0)
		return error_sys(err, result, "cannot sync the folder %s", p->dir);
	snprintf(path, sizeof(path), "%s", p->dir);
	for (char *slash; (slash = strrchr(path, '/')) != NULL && slash != path;) {
		file_sync_parent(path);
		*slash = '\0';
	}
	return 0;
}

static int prepare_writer(const struct paths *p, struct sql_db *db, struct error *err)
{
	char text[512];
	int64_t version;
	int result = check_open(p, db, &version, err);

	/* auto_vacuum works only before the first table; the id is written before WAL mode, so that it is in the file
	 * itself. */
	if (result == 0 && version == 0)
		result = sync_names(p, err);
	if (result == 0 && version == 0) {
		snprintf(text, sizeof(text), "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = %d",
			STORE_APPLICATION_ID);
		result = sql_exec(db, text, err, p->db);
	}
	if (result != 0)
		return result;
	/* The writer makes checkpoints itself, between transactions (writer.c). */
	sql_own_checkpoints(db);
	snprintf(text, sizeof(text),
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
		"PRAGMA journal_size_limit = %d; PRAGMA cache_size = -%d;"
		"PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY",
		WAL_KEPT_BYTES, WRITER_CACHE_KIB);
	result = sql_exec(db, text, err, p->db);
	if (result == 0)
		result = schema_migrate(db, p->db, (int)version, err);
	/* The database's instance id, drawn once. On a full disk it waits for the next start. */
	if (result == 0)
		sql_exec(db, "INSERT OR IGNORE INTO near_state(name, value) VALUES('instance', random())", NULL, "");
	return result;
}

static int prepare_reader(const struct paths *p, struct sql_db *db, struct error *err)
{
	char text[256];
	int64_t version;
	int result = check_open(p, db, &version, err);

	if (result != 0)
		return result;
	if (version == 0)
		return error_set(err, -ENOENT, "%s is empty: start sitrepd first", p->db);
	if (version != STORE_SCHEMA_VERSION)
		return error_set(err, -ENOENT,
			"%s was written by an older sitrepd (its schema is %lld, this program has %d): start sitrepd, "
			"which "
			"migrates it",
			p->db, (long long)version, STORE_SCHEMA_VERSION);
	snprintf(text, sizeof(text),
		"PRAGMA query_only = ON; PRAGMA cache_size = -%d; PRAGMA mmap_size = 0;"
		"PRAGMA temp_store = MEMORY;",
		READER_CACHE_KIB);
	return sql_exec(db, text, err, p->db);
}

int store_open(struct store *s, const char *state_dir, enum store_access access, struct error *err)
{
	struct paths p;
	struct stat st;
	int result;

	*s = (struct store){.db = NULL, .lock_fd = -1};
	result = make_paths(&p, state_dir, err);
	if (result == 0 && access == STORE_WRITE) {
		result = make_folder(state_dir, err);
		if (result == 0)
			result = file_access_check(state_dir, err);
		if (result == 0)
			result = take_lock(&p, &s->lock_fd, err);
	}
	if (result == 0 && access == STORE_WRITE)
		result = make_file(&p, err);
	else if (result == 0 && stat(p.db, &st) != 0)
		result = error_sys(err, -errno, "cannot open %s", p.db);
	if (result != 0)
		goto out;
	result = sql_open(&s->db, p.db, access == STORE_WRITE ? SQL_WRITE : SQL_READ, err, p.db);
	if (result == 0)
		result = check_file(&p, s->db, err);
	if (result != 0)
		goto out;
	sql_set_safe(s->db);
	sql_set_wait(s->db, access == STORE_WRITE ? WRITER_BUSY_MS : READER_BUSY_MS);
	result = access == STORE_WRITE ? prepare_writer(&p, s->db, err) : prepare_reader(&p, s->db, err);
out:
	if (result != 0)
		store_close(s);
	return result;
}

int store_open_memory(struct store *s, struct error *err)
{
	static const char cannot_make[] = "cannot make a database in memory";
	int result;

	*s = (struct store){.db = NULL, .lock_fd = -1};
	result = sql_open(&s->db, NULL, SQL_MEMORY, err, cannot_make);
	if (result == 0)
		result = schema_migrate(s->db, cannot_make, 0, err);
	if (result != 0)
		store_close(s);
	return result;
}

void store_close(struct store *s)
{
	sql_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	*s = (struct store){.db = NULL, .lock_fd = -1};
}
