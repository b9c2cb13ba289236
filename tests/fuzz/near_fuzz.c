/* SPDX-License-Identifier: ISC */
/* The tables of the index of shingles, damaged: the input's pieces stand as rows where the index expects its own.  It
 * opens, answers with numbers within their bounds, and goes on taking items in and finding them. */
#include "../../daemon/story/near_schema.h"
#include "../../daemon/story/posting_row.h"
#include "fuzz.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/near_index.h"

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
#define NOW_MS (2968 * WEEK_MS)

static struct sql_db *db;
static struct near_store store;
static struct near_index near_of_input;

FUZZ_SETUP
{
	struct error err = {0};

	log_set_level(LOG_LEVEL_ERROR);
	return sql_open(&db, NULL, SQL_MEMORY, &err, "cannot open") != 0 ||
	       sql_exec(db, NEAR_SCHEMA, &err, "cannot make tables") != 0;
}

/* A piece: the table, a number of two bytes, the length of the blob. */
static struct str next_piece(struct str *rest, unsigned *table, int64_t *number)
{
	const uint8_t *at = (const uint8_t *)rest->data;
	struct str blob;

	if (rest->len < 4)
		return STR_NONE;
	*table = at[0];
	*number = (int64_t)(at[1] | at[2] << 8) - 3;
	blob = str_slice(*rest, 4, 4 + (size_t)at[3]);
	*rest = str_slice(*rest, 4 + (size_t)at[3], rest->len);
	return blob;
}

static void insert(const char *sql, int64_t number, struct str blob, struct str input)
{
	struct sql_stmt *s;
	struct error err = {0};
	int result = sql_prepare_once(db, sql, &s, &err, sql);

	fuzz_require(result == 0, str_from(err.text));
	sql_bind(s, as_int(number), as_blob(blob.len > 0 ? blob.data : "", blob.len));
	/* what the tables' own constraints refuse is not there */
	sql_step(s, NULL, sql);
	sql_finalize(&s, 1);
	fuzz_require(sql_in_transaction(db), input);
}

static void fill(struct str input)
{
	static const char *const tables[] = {
		"INSERT INTO near_bucket_0(place, postings) VALUES(?1 << 32 | 2968, ?2)",
		"INSERT INTO near_pending(item_id, week, shingles) VALUES(?1, 2968, ?2)",
		"INSERT INTO near_pending(item_id, week, shingles) VALUES(7, ?1, ?2)",
		"INSERT OR REPLACE INTO near_state(name, value) VALUES('week_0', ?1 * 371)",
		"INSERT OR REPLACE INTO near_state(name, value) VALUES('postings_0', ?1 * 1000003)",
	};
	static const char week[] = "INSERT INTO near_state(name, value) VALUES('week_0', ?1)";
	struct str rest = input, blob;
	unsigned table = 0;
	int64_t number = 0;

	insert(week, NOW_MS / WEEK_MS, STR_NONE, input);
	while ((blob = next_piece(&rest, &table, &number)).data != NULL)
		insert(tables[table % (sizeof(tables) / sizeof(tables[0]))], number, blob, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t shingles[] = {1, 0x3039, 0x800000000000, 0xFFFFFFFFFFFE};
	struct str input = fuzz_str(data, size);
	struct near_index *n = &near_of_input;
	int64_t ids[NEAR_CANDIDATES_MAX];
	struct error err = {0};
	size_t found = 0;
	bool is_there = false;

	fuzz_require(sql_exec(db, "BEGIN", &err, "begin") == 0, input);
	fill(input);
	fuzz_require(near_store_init(&store, db, &err) == 0, str_from(err.text));
	fuzz_require(near_index_init(n, db, &store, &err) == 0, str_from(err.text));
	fuzz_require(near_index_postings(n) >= 0, input);
	for (int64_t weeks = -1; weeks <= 2; weeks++) {
		fuzz_require(near_index_find(n, shingles, 4, NOW_MS + weeks * WEEK_MS, ids, &found, &err) == 0, input);
		fuzz_require(found <= NEAR_CANDIDATES_MAX, input);
		for (size_t i = 0; i < found; i++)
			fuzz_require(ids[i] >= 0 && ids[i] <= POSTING_ITEM_MAX, input);
	}
	fuzz_require(near_index_add(n, POSTING_ITEM_MAX, false, shingles, 4, NOW_MS + 3 * WEEK_MS, &err) == 0, input);
	fuzz_require(near_index_find(n, shingles, 4, NOW_MS + 3 * WEEK_MS, ids, &found, &err) == 0, input);
	for (size_t i = 0; i < found; i++)
		is_there = is_there || ids[i] == POSTING_ITEM_MAX;
	fuzz_require(is_there, input);
	near_index_release(n);
	near_store_release(&store);
	memset(n, 0, sizeof(*n));
	fuzz_require(sql_exec(db, "ROLLBACK", &err, "roll back") == 0, input);
	return 0;
}
