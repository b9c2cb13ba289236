/* SPDX-License-Identifier: ISC */
/* Every column of every table holds what it should not, in one row and in all rows, and single bytes of the file are
 * turned: the daemon's code opens the file, polls, shows, streams and prunes, and nothing of it crashes (the sanitized
 * build looks closely).  Damage of one row costs that row: the other items are shown and feeds are polled. */
#include "damage_fixture.h"

/* Every value in every column, and some hundred turned files, take minutes when sanitized: so each run of `make check`
 * does a part, SITREP_DAMAGE_ALL=1 the whole. */
enum { TABLES_MAX = 64, ONE_ROW_PART = 2, ALL_ROWS_PART = 6, FLIPS = 320, FLIPS_PART = 4 };

static int part(int usual)
{
	const char *all = getenv("SITREP_DAMAGE_ALL");

	return all != NULL && strcmp(all, "1") == 0 ? 1 : usual;
}

struct column {
	char table[64], name[64], type[16], keys[160];
	bool is_key; /* of the row: another number is another row */
};

struct house {
	char dir[256], path[300], wal[310], index[310];
	struct buf image;
	struct column columns[TABLES_MAX * 8];
	size_t count;
	size_t reports, events;
};

static sqlite3 *open_raw(const struct house *h)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(h->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void list_columns(struct house *h)
{
	static const char query[] =
		"SELECT s.name, c.name, c.pk, s.sql LIKE '%WITHOUT ROWID%',"
		" (SELECT group_concat(k.name) FROM pragma_table_info(s.name) k WHERE k.pk > 0), c.type"
		" FROM sqlite_schema s JOIN pragma_table_info(s.name) c"
		" WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite%' ORDER BY s.name, c.cid";
	sqlite3 *db = open_raw(h);
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		struct column *c = &h->columns[h->count++];
		bool has_rowid = sqlite3_column_int(s, 3) == 0;

		assert_true(h->count < sizeof(h->columns) / sizeof(h->columns[0]));
		snprintf(c->table, sizeof(c->table), "%s", (const char *)sqlite3_column_text(s, 0));
		snprintf(c->name, sizeof(c->name), "%s", (const char *)sqlite3_column_text(s, 1));
		snprintf(c->keys, sizeof(c->keys), "%s", has_rowid ? "rowid" : (const char *)sqlite3_column_text(s, 4));
		snprintf(c->type, sizeof(c->type), "%s", (const char *)sqlite3_column_text(s, 5));
		c->is_key = sqlite3_column_int(s, 2) > 0;
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static void setup(struct house *h)
{
	struct sights sights;

	state_dir_make(h->dir);
	db_path(h->dir, h->path);
	snprintf(h->wal, sizeof(h->wal), "%s-wal", h->path);
	snprintf(h->index, sizeof(h->index), "%s-shm", h->path);
	buf_init(&h->image, IMAGE_MAX);
	populate(h->dir);
	read_file(h->path, &h->image);
	list_columns(h);
	/* how much there is when nothing is damaged */
	exercise(h->dir, &sights);
	assert_null(sights.error);
	assert_int_equal(sights.polls, FEEDS);
	assert_int_equal(sights.findings, 0);
	h->reports = sights.reports;
	h->events = sights.events;
	assert_true(h->reports >= 24);
}

static void teardown(struct house *h)
{
	buf_release(&h->image);
	state_dir_remove(h->dir);
}

/* one house for all tests */
FIXTURE(house, setup, teardown)

static void restore(const struct house *h, struct str image)
{
	unlink(h->wal);
	unlink(h->index);
	write_file(h->path, image);
}

/* ---- what a column holds ---- */

enum wrong {
	WRONG_NULL,
	WRONG_MINUS,
	WRONG_LARGEST,
	WRONG_32_BITS,
	WRONG_EMPTY_BLOB,
	WRONG_RANDOM_BLOB,
	WRONG_CUT,
	WRONG_TEXT,
	WRONG_REAL,
	WRONG_COUNT
};

static const char *const wrong_names[WRONG_COUNT] = {
	"NULL", "-1", "2^63-1", "2^31", "an empty blob", "a random blob", "half of itself", "bad text", "a real"};

static void bind_wrong(sqlite3_stmt *s, enum wrong wrong)
{
	static const char blob[] = "\x0b\xff\x08\x00\x9f\x13\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\xf0\x0f";

	switch (wrong) {
	case WRONG_NULL:
	case WRONG_CUT:
	case WRONG_COUNT:
		break;
	case WRONG_MINUS:
		sqlite3_bind_int64(s, 1, -1);
		break;
	case WRONG_LARGEST:
		sqlite3_bind_int64(s, 1, INT64_MAX);
		break;
	case WRONG_32_BITS:
		sqlite3_bind_int64(s, 1, INT64_C(1) << 31);
		break;
	case WRONG_EMPTY_BLOB:
		sqlite3_bind_zeroblob(s, 1, 0);
		break;
	case WRONG_RANDOM_BLOB:
		sqlite3_bind_blob(s, 1, blob, sizeof(blob) - 1, SQLITE_STATIC);
		break;
	case WRONG_TEXT:
		sqlite3_bind_text(s, 1, "{\"\0\n\xc3\x28\xed\xa0\x80", 9, SQLITE_STATIC);
		break;
	case WRONG_REAL:
		sqlite3_bind_double(s, 1, 1e300);
		break;
	}
}

/* Runs text without the rules that the tables have for what they hold; false when SQLite refuses even so. */
static bool write_unruled(const struct house *h, const char *text, enum wrong wrong)
{
	static const char loosen[] =
		"PRAGMA writable_schema = ON; CREATE TEMP TABLE ruled AS SELECT rowid AS id, sql FROM sqlite_schema;"
		"UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ') STRICT, WITHOUT', ') WITHOUT'),"
		" ') STRICT', ')'), ' NOT NULL', '') WHERE type = 'table' AND name NOT LIKE 'sqlite%';"
		"PRAGMA schema_version = 1000";
	static const char tighten[] =
		"PRAGMA writable_schema = ON;"
		"UPDATE sqlite_schema AS s SET sql = (SELECT r.sql FROM ruled r WHERE r.id = s.rowid);"
		"PRAGMA schema_version = 1001";
	sqlite3 *db = open_raw(h);
	sqlite3_stmt *s = NULL;
	bool done;

	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	if (sqlite3_exec(db, loosen, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	if (sqlite3_exec(db, "PRAGMA writable_schema = OFF", NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	bind_wrong(s, wrong);
	done = sqlite3_step(s) == SQLITE_DONE && sqlite3_changes(db) > 0;
	sqlite3_finalize(s);
	if (sqlite3_exec(db, tighten, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_close(db);
	return done;
}

/* Everything that a feed brought hangs on its number. */
static bool costs_more(const struct column *c)
{
	return c->is_key && strcmp(c->table, "feed") == 0;
}

static void damage_column(struct house *h, const struct column *c, enum wrong wrong, bool in_all)
{
	char text[512], what[256];
	struct sights s;
	int n = snprintf(text, sizeof(text), "UPDATE %s SET %s = ?1", c->table, c->name);

	if (wrong == WRONG_CUT)
		n = snprintf(text, sizeof(text),
			"UPDATE %s SET %s = substr(CAST(%s AS BLOB), 1, length(CAST(%s AS BLOB)) / 2)", c->table,
			c->name, c->name, c->name);
	if (!in_all)
		snprintf(text + n, sizeof(text) - (size_t)n,
			" WHERE (%s) = (SELECT %s FROM %s LIMIT 1 OFFSET"
			" (SELECT count(*) / 2 FROM %s))",
			c->keys, c->keys, c->table, c->table);
	snprintf(what, sizeof(what), "%s.%s is %s in %s", c->table, c->name, wrong_names[wrong],
		in_all ? "all rows" : "one row");
	restore(h, buf_str(&h->image));
	if (!write_unruled(h, text, wrong))
		return;
	exercise(h->dir, &s);
	/* a value of another type than its column's is SQLite's finding, unless the opening has mended it */
	if (wrong == WRONG_RANDOM_BLOB && strcmp(c->type, "BLOB") != 0 && strcmp(c->table, "feed") != 0 &&
		strcmp(c->table, "rule") != 0 && strcmp(c->table, "counter") != 0 && s.findings + s.verdicts == 0)
		fail_msg("%s is found by no check", what);
	if (!in_all && !costs_more(c)) {
		if (s.error != NULL)
			fail_msg("%s: %s", what, s.error);
		assert_int_equal(s.polls, FEEDS);
		if (s.reports + 4 < h->reports || s.events + 4 < h->events)
			fail_msg("%s: %zu of %zu reports and %zu of %zu events are left", what, s.reports, h->reports,
				s.events, h->events);
	}
	free(s.error);
}

TEST(damaged_column)
{
	struct house *h = fixture_house;

	for (size_t i = 0; i < h->count; i++)
		for (int wrong = (int)i % part(ONE_ROW_PART); wrong < WRONG_COUNT; wrong += part(ONE_ROW_PART))
			/* of a number, half and nothing are nothing new */
			if (strcmp(h->columns[i].type, "INTEGER") != 0 ||
				(wrong != WRONG_EMPTY_BLOB && wrong != WRONG_CUT))
				damage_column(h, &h->columns[i], (enum wrong)wrong, false);
}

TEST(damaged_column_of_all_rows)
{
	struct house *h = fixture_house;

	for (size_t i = 0; i < h->count; i++)
		for (int wrong = (int)i % part(ALL_ROWS_PART); wrong < WRONG_COUNT; wrong += part(ALL_ROWS_PART))
			damage_column(h, &h->columns[i], (enum wrong)wrong, true);
}

/* ---- bytes of the file ---- */

static uint64_t seed = 1;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

TEST(turned_bytes)
{
	struct house *h = fixture_house;
	struct buf bytes;
	size_t opened = 0, tried = 0;

	buf_init(&bytes, IMAGE_MAX);
	for (int i = 0; i < FLIPS; i += part(FLIPS_PART), tried++) {
		struct sights s;

		buf_clear(&bytes);
		assert_int_equal(buf_add(&bytes, buf_str(&h->image)), 0);
		seed = (uint64_t)i * 2 + 1;
		for (int k = 0; k < 20; k++)
			next_random();
		for (int k = 0; k <= i % 8; k++)
			bytes.data[100 + next_random() % (bytes.len - 100)] ^= (char)(1 + next_random() % 255);
		restore(h, buf_str(&bytes));
		exercise(h->dir, &s);
		opened += s.opened;
		free(s.error);
	}
	buf_release(&bytes);
	print_message("%zu of %zu damaged files were opened\n", opened, tried);
	assert_in_range(opened, tried / 2, tried);
}

TEST_GROUP(fixture_make_house, fixture_release_house)
