/* SPDX-License-Identifier: ISC */
#include "index_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doc.h"
#include "posting.h"
#include "sitrep/base/le.h"
#include "sitrep/identity/canon.h"
#include "sitrep/rules/rule.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/seal.h"

enum {
	/* The index is built anew after a change of its format, of the canonical words or of their forms. */
	INDEX_FORMAT = 1,
	INDEX_VERSION = INDEX_FORMAT * 10000 + RULE_MATCHING * 100 + CANON_VERSION,
	INDEX_APPLICATION_ID = 0x53495849, /* "SIXI" */
	CACHE_KIB = 2048,
	/* A merge writes some 20 MB at once; the WAL keeps the room for the next one. */
	WAL_KEPT_BYTES = 8 * 1024 * 1024,
	BUSY_MS = 2000,
	/* Parts of a segment have the segment's number in front of their own. */
	PART_BITS = 24,
};

static const char tables[] =
	"CREATE TABLE number(which INTEGER PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
	"CREATE TABLE segment("
	" id INTEGER PRIMARY KEY,"
	" docs INTEGER NOT NULL,"
	" dead INTEGER NOT NULL,"
	" blocks INTEGER NOT NULL,"
	" first_item INTEGER NOT NULL,"
	" last_item INTEGER NOT NULL,"
	" first_ms INTEGER NOT NULL,"
	" last_ms INTEGER NOT NULL,"
	" dead_bits BLOB" /* a bitmap with a seal; NULL: no text is dead */
	") STRICT;"
	"CREATE TABLE block(id INTEGER PRIMARY KEY, first BLOB NOT NULL, data BLOB NOT NULL) STRICT;"
	"CREATE TABLE chunk(id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, data BLOB NOT NULL)"
	" STRICT;";

static const char *const texts[INDEX_STATEMENTS] = {
	[INDEX_BEGIN_READ] = "BEGIN",
	[INDEX_BEGIN] = "BEGIN IMMEDIATE",
	[INDEX_COMMIT] = "COMMIT",
	[INDEX_ROLLBACK] = "ROLLBACK",
	[INDEX_GET] = "SELECT value FROM number WHERE which = ?1",
	[INDEX_SET] = "INSERT OR REPLACE INTO number(which, value) VALUES(?1, ?2)",
	[INDEX_SEGMENTS] = "SELECT id, docs, dead, blocks, first_item, last_item, first_ms, last_ms FROM segment"
			   " ORDER BY last_item DESC, id DESC",
	[INDEX_DEAD] = "SELECT dead_bits FROM segment WHERE id = ?1",
	[INDEX_ADD_SEGMENT] = "INSERT INTO segment(id, docs, dead, blocks, first_item, last_item, first_ms, last_ms)"
			      " VALUES(?1, ?2, 0, ?3, ?4, ?5, ?6, ?7)",
	[INDEX_KILL] = "UPDATE segment SET dead = ?2, dead_bits = ?3 WHERE id = ?1",
	[INDEX_DROP_SEGMENT] = "DELETE FROM segment WHERE id = ?1",
	[INDEX_DROP_BLOCKS] = "DELETE FROM block WHERE id >= ?1 AND id < ?2",
	[INDEX_DROP_CHUNKS] = "DELETE FROM chunk WHERE id >= ?1 AND id < ?2",
	[INDEX_ADD_BLOCK] = "INSERT INTO block(id, first, data) VALUES(?1, ?2, ?3)",
	[INDEX_BLOCK] = "SELECT data FROM block WHERE id = ?1",
	[INDEX_FIRST_WORDS] = "SELECT first FROM block WHERE id >= ?1 AND id < ?2 ORDER BY id",
	[INDEX_ADD_CHUNK] = "INSERT INTO chunk(id, first, last, data) VALUES(?1, ?2, ?3, ?4)",
	[INDEX_CHUNK] = "SELECT first, data FROM chunk WHERE id = ?1",
	[INDEX_CHUNK_OF] = "SELECT id FROM chunk WHERE id >= ?1 AND id < ?2 AND first <= ?3 AND last >= ?3 LIMIT 1",
};

static const char cannot_use[] = "cannot use the search index";

/* ---- the file ---- */

static char *make_path(const char *state_dir, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/search.db%s", state_dir, suffix) < 0 ? NULL : path;
}

int index_file_remove(const char *state_dir, struct error *err)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	int result = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && result == 0; i++) {
		char *path = make_path(state_dir, suffixes[i]);

		if (path == NULL)
			return error_sys(err, -ENOMEM, cannot_use);
		if (unlink(path) != 0 && errno != ENOENT)
			result = error_sys(err, -errno, "cannot remove %s", path);
		free(path);
	}
	return result;
}

bool index_file_is_there(const struct index_file *f)
{
	struct stat st;

	return stat(f->path, &st) == 0 && st.st_dev == f->device && st.st_ino == f->inode;
}

void index_file_close(struct index_file *f)
{
	sql_finalize(f->s, INDEX_STATEMENTS);
	if (f->db != NULL)
		sql_close(f->db);
	free(f->path);
	*f = (struct index_file){0};
}

/* Makes the file if it does not exist: SQLite would make it readable for all. */
static int make_file(struct index_file *f, struct error *err)
{
	int fd = open(f->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : error_sys(err, -errno, "cannot create %s", f->path);
	close(fd);
	return 0;
}

static int check_version(struct index_file *f, int64_t *version, struct error *err)
{
	int64_t id;
	int result = sql_ask_int(f->db, "PRAGMA application_id", &id, err, cannot_use);

	if (result == 0)
		result = sql_ask_int(f->db, "PRAGMA user_version", version, err, cannot_use);
	if (result != 0)
		return result;
	if ((id != INDEX_APPLICATION_ID || *version != INDEX_VERSION) && (id != 0 || *version != 0))
		return error_set(err, -EUCLEAN, "the search index is of another version");
	return 0;
}

static int prepare_writer(struct index_file *f, bool *is_new, struct error *err)
{
	char text[512];
	int64_t version;
	int result = check_version(f, &version, err);

	*is_new = result == 0 && version == 0;
	if (*is_new) {
		snprintf(text, sizeof(text), "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = %d",
			INDEX_APPLICATION_ID);
		result = sql_exec(f->db, text, err, cannot_use);
	}
	if (result != 0)
		return result;
	/* After a power cut the last commits may be missing: the index then follows the database from an earlier place.
	 */
	snprintf(text, sizeof(text),
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = %d;"
		"PRAGMA cache_size = -%d; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY",
		WAL_KEPT_BYTES, CACHE_KIB);
	result = sql_exec(f->db, text, err, cannot_use);
	if (result != 0 || !*is_new)
		return result;
	result = sql_exec(f->db, "BEGIN IMMEDIATE", err, cannot_use);
	if (result == 0)
		result = sql_exec(f->db, tables, err, cannot_use);
	snprintf(text, sizeof(text), "PRAGMA user_version = %d; COMMIT", INDEX_VERSION);
	return result == 0 ? sql_exec(f->db, text, err, cannot_use) : result;
}

static int prepare_reader(struct index_file *f, struct error *err)
{
	char text[256];
	int64_t version;
	int result = check_version(f, &version, err);

	if (result == 0 && version == 0)
		return error_set(err, -ENOENT, "the search index is empty");
	snprintf(text, sizeof(text),
		"PRAGMA query_only = ON; PRAGMA cache_size = -%d; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY",
		CACHE_KIB);
	return result == 0 ? sql_exec(f->db, text, err, cannot_use) : result;
}

static int open_once(struct index_file *f, const char *state_dir, bool write, bool *is_new, struct error *err)
{
	struct stat st;
	int result;

	*f = (struct index_file){.path = make_path(state_dir, "")};
	result = f->path == NULL ? error_sys(err, -ENOMEM, cannot_use) : write ? make_file(f, err) : 0;
	if (result == 0 && stat(f->path, &st) != 0)
		result = errno == ENOENT ? error_set(err, -ENOENT, "there is no search index yet")
					 : error_sys(err, -errno, "cannot open %s", f->path);
	if (result == 0)
		result = sql_open(&f->db, f->path, write ? SQL_WRITE : SQL_READ, err, cannot_use);
	if (result == 0) {
		f->device = st.st_dev;
		f->inode = st.st_ino;
		sql_set_safe(f->db);
		sql_set_wait(f->db, BUSY_MS);
		result = write ? prepare_writer(f, is_new, err) : prepare_reader(f, err);
	}
	if (result == 0)
		result = sql_prepare(f->db, texts, INDEX_STATEMENTS, f->s, err);
	if (result != 0)
		index_file_close(f);
	return result;
}

int index_file_open(struct index_file *f, const char *state_dir, bool write, bool *is_new, struct error *err)
{
	bool made = false;
	int result = open_once(f, state_dir, write, &made, err);

	/* A statement that does not fit the tables is damage, too. */
	if (write && (result == -EUCLEAN || result == -EIO) && index_file_remove(state_dir, err) == 0)
		result = open_once(f, state_dir, write, &made, err);
	if (is_new != NULL)
		*is_new = made;
	return result;
}

/* ---- transactions and numbers ---- */

int index_file_begin(struct index_file *f, bool write, struct error *err)
{
	return sql_done(f->s[write ? INDEX_BEGIN : INDEX_BEGIN_READ], err, cannot_use);
}

int index_file_end(struct index_file *f, int result, struct error *err)
{
	/* their rows are handed out; a statement that is not reset would hold on to the state that it read */
	sql_reset(f->s[INDEX_BLOCK]);
	sql_reset(f->s[INDEX_CHUNK]);
	if (result == 0)
		result = sql_done(f->s[INDEX_COMMIT], err, cannot_use);
	if (result != 0 && sql_in_transaction(f->db))
		sql_done(f->s[INDEX_ROLLBACK], NULL, "");
	return result;
}

int index_file_get(struct index_file *f, enum index_number which, int64_t *value, struct error *err)
{
	int result = sql_find_int(f->s[INDEX_GET], value, err, cannot_use, as_int(which));

	if (result == 0)
		*value = 0;
	return result < 0 ? result : 0;
}

int index_file_set(struct index_file *f, enum index_number which, int64_t value, struct error *err)
{
	return sql_run(f->s[INDEX_SET], err, cannot_use, as_int(which), as_int(value));
}

static int damaged(struct error *err, const char *part)
{
	return error_set(err, -EUCLEAN, "%s: %s is damaged", cannot_use, part);
}

/* ---- segments ---- */

static bool is_segment(const struct segment *s)
{
	return s->docs > 0 && s->docs <= SEGMENT_DOCS_MAX && s->dead <= s->docs && s->first_item <= s->last_item;
}

int index_file_segments(struct index_file *f, struct segment **segments, size_t *count, struct error *err)
{
	struct sql_stmt *s = f->s[INDEX_SEGMENTS];
	struct segment *list = NULL;
	size_t cap = 0;
	int result;

	*segments = NULL;
	*count = 0;
	while ((result = sql_step(s, err, cannot_use)) == 1) {
		struct segment at = {
			.id = sql_int(s, 0),
			.docs = (uint32_t)sql_number(s, 1, 0, SEGMENT_DOCS_MAX, 0),
			.dead = (uint32_t)sql_number(s, 2, 0, SEGMENT_DOCS_MAX, 0),
			.blocks = (uint32_t)sql_number(s, 3, 0, (1 << PART_BITS) - 1, 0),
			.first_item = sql_int(s, 4),
			.last_item = sql_int(s, 5),
			.first_ms = sql_time_or(s, 6, 0),
			.last_ms = sql_time_or(s, 7, 0),
		};

		if (*count == cap) {
			struct segment *grown = reallocarray(list, cap + 64, sizeof(*list));

			result = grown == NULL ? error_sys(err, -ENOMEM, cannot_use) : 0;
			if (result != 0)
				break;
			list = grown;
			cap += 64;
		}
		if (!is_segment(&at) || *count == SEGMENTS_MAX) {
			result = damaged(err, "a segment");
			break;
		}
		list[(*count)++] = at;
	}
	sql_reset(s);
	if (result < 0) {
		free(list);
		*count = 0;
		return result;
	}
	*segments = list;
	return 0;
}

static int64_t part_id(int64_t segment, uint32_t number)
{
	return (segment << PART_BITS) + number;
}

int index_file_add_segment(struct index_file *f, const struct segment *s, struct error *err)
{
	return sql_run(f->s[INDEX_ADD_SEGMENT], err, cannot_use, as_int(s->id), as_int(s->docs), as_int(s->blocks),
		as_int(s->first_item), as_int(s->last_item), as_int(s->first_ms), as_int(s->last_ms));
}

int index_file_drop_segment(struct index_file *f, int64_t segment, struct error *err)
{
	static const enum index_statement parts[] = {INDEX_DROP_BLOCKS, INDEX_DROP_CHUNKS};
	int result = sql_run(f->s[INDEX_DROP_SEGMENT], err, cannot_use, as_int(segment));

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && result == 0; i++)
		result = sql_run(
			f->s[parts[i]], err, cannot_use, as_int(part_id(segment, 0)), as_int(part_id(segment + 1, 0)));
	return result;
}

int index_file_dead(struct index_file *f, const struct segment *seg, uint64_t *bits, struct error *err)
{
	struct sql_stmt *s = f->s[INDEX_DEAD];
	size_t bytes = ((size_t)seg->docs + 7) / 8;
	struct str map;
	int result;

	if (seg->dead == 0)
		return 0;
	result = sql_find(s, err, cannot_use, as_int(seg->id));
	if (result == 1 && (seal_open(sql_blob(s, 0), &map) != 1 || map.len != bytes))
		result = damaged(err, "a set of texts");
	for (size_t i = 0; result == 1 && i < bytes; i++)
		bits[i / 8] |= (uint64_t)(unsigned char)map.data[i] << 8 * (i % 8);
	return sql_end(s, result < 0 ? result : 0);
}

int index_file_set_dead(struct index_file *f, struct segment *seg, const uint64_t *bits, struct error *err)
{
	struct buf map = BUF_INIT(SEGMENT_DOCS_MAX / 8 + SEAL_BYTES);
	size_t bytes = ((size_t)seg->docs + 7) / 8;
	int result;

	seg->dead = 0;
	for (size_t i = 0; i < ((size_t)seg->docs + 63) / 64; i++)
		seg->dead += (uint32_t)__builtin_popcountll(bits[i]);
	for (size_t i = 0; i < bytes; i++)
		buf_putc(&map, (char)(bits[i / 8] >> 8 * (i % 8)));
	result = seal_add(&map);
	result = result != 0 ? error_sys(err, result, cannot_use)
			     : sql_run(f->s[INDEX_KILL], err, cannot_use, as_int(seg->id), as_int(seg->dead),
				       as_blob(map.data, map.len));
	buf_release(&map);
	return result;
}

/* ---- blocks ---- */

int index_file_add_block(
	struct index_file *f, int64_t segment, uint32_t number, struct str first, struct str block, struct error *err)
{
	if (number >= 1u << PART_BITS)
		return error_set(err, -E2BIG, "%s: a segment is too large", cannot_use);
	return sql_run(f->s[INDEX_ADD_BLOCK], err, cannot_use, as_int(part_id(segment, number)),
		as_blob(first.data, first.len), as_blob(block.data, block.len));
}

int index_file_block(struct index_file *f, int64_t segment, uint32_t number, struct str *block, struct error *err)
{
	struct sql_stmt *s = f->s[INDEX_BLOCK];
	int result;

	sql_reset(s);
	result = sql_find(s, err, cannot_use, as_int(part_id(segment, number)));
	if (result < 0)
		return result;
	return result == 1 && seal_open(sql_blob(s, 0), block) == 1 ? 0 : damaged(err, "a block of words");
}

int index_file_first_words(struct index_file *f, int64_t segment, first_word_fn *fn, void *arg, struct error *err)
{
	struct sql_stmt *s = f->s[INDEX_FIRST_WORDS];
	int result;

	sql_bind(s, as_int(part_id(segment, 0)), as_int(part_id(segment + 1, 0)));
	while ((result = sql_step(s, err, cannot_use)) == 1)
		if ((result = fn(arg, sql_blob(s, 0))) != 0)
			break;
	return sql_end(s, result);
}

/* ---- chunks ---- */

int index_file_add_chunk(struct index_file *f, int64_t segment, uint32_t number, int64_t first, int64_t last,
	struct str chunk, struct error *err)
{
	return sql_run(f->s[INDEX_ADD_CHUNK], err, cannot_use, as_int(part_id(segment, number)), as_int(first),
		as_int(last), as_blob(chunk.data, chunk.len));
}

int index_file_chunk(struct index_file *f, const struct segment *seg, uint32_t number, int64_t *first,
	struct str *chunk, struct error *err)
{
	struct sql_stmt *s = f->s[INDEX_CHUNK];
	size_t count = seg->docs - number * DOC_CHUNK;
	int result;

	sql_reset(s);
	result = sql_find(s, err, cannot_use, as_int(part_id(seg->id, number)));
	if (result < 0)
		return result;
	*first = result == 1 ? sql_int(s, 0) : 0;
	if (result == 1 && doc_chunk_open(sql_blob(s, 1), count > DOC_CHUNK ? DOC_CHUNK : count, chunk) == 0)
		return 0;
	return damaged(err, "a list of texts");
}

int index_file_chunk_of(
	struct index_file *f, const struct segment *seg, int64_t item_id, uint32_t *number, struct error *err)
{
	int64_t id = 0;
	int result = sql_find_int(f->s[INDEX_CHUNK_OF], &id, err, cannot_use, as_int(part_id(seg->id, 0)),
		as_int(part_id(seg->id + 1, 0)), as_int(item_id));

	*number = (uint32_t)(id & ((1 << PART_BITS) - 1));
	return result;
}
