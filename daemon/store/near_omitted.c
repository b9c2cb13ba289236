/* How much boilerplate was left out of a sketch when it was kept. */
#include "near_omitted.h"

#include "sql.h"

static const char *const texts[NEAR_OMITTED_STATEMENTS] = {
	[NEAR_OMITTED_PUT] = "INSERT OR REPLACE INTO near_omitted(item_id, shingles, shingles_of) VALUES(?1, ?2, ?3)",
	[NEAR_OMITTED_DROP] = "DELETE FROM near_omitted WHERE item_id = ?1",
	[NEAR_OMITTED_GET] = "SELECT shingles, shingles_of FROM near_omitted WHERE item_id = ?1",
};

int near_omitted_init(struct near_omitted *n, sqlite3 *db, struct error *err)
{
	return sql_prepare(db, texts, NEAR_OMITTED_STATEMENTS, n->s, err);
}

void near_omitted_release(struct near_omitted *n)
{
	sql_finalize(n->s, NEAR_OMITTED_STATEMENTS);
}

int near_omitted_put(struct near_omitted *n, int64_t item_id, size_t shingles, size_t of, struct error *err)
{
	sqlite3_stmt *s = n->s[shingles > 0 ? NEAR_OMITTED_PUT : NEAR_OMITTED_DROP];

	sql_bind_int(s, 1, item_id);
	if (shingles > 0) {
		sql_bind_int(s, 2, (int64_t)shingles);
		sql_bind_int(s, 3, (int64_t)of);
	}
	return sql_done(s, err, "cannot note what was left out of a sketch");
}

int near_omitted_get(struct near_omitted *n, int64_t item_id, size_t *shingles, size_t *of, struct error *err)
{
	sqlite3_stmt *s = n->s[NEAR_OMITTED_GET];
	int result;

	*shingles = *of = 0;
	sql_bind_int(s, 1, item_id);
	result = sql_step(s, err, "cannot look up what was left out of a sketch");
	if (result == 1) {
		*shingles = (size_t)sqlite3_column_int64(s, 0);
		*of = (size_t)sqlite3_column_int64(s, 1);
	}
	sql_reset(s);
	return result;
}
