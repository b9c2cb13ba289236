/* The operator's word on which item tells which story. */
#include "held.h"

#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char *const texts[HELD_STATEMENTS] = {
	[HELD_IS_APART] = "SELECT 1 FROM held WHERE item_id = ?1 AND story_id = ?2 AND together = 0",
	[HELD_IS_JOINED] = "SELECT 1 FROM held WHERE story_id = ?1 AND together = 1 LIMIT 1",
};
SQL_TEXTS(texts, HELD_STATEMENTS);

static const char cannot_ask[] = "cannot look up what the operator said";

int held_init(struct held *h, sqlite3 *db, struct error *err)
{
	return sql_prepare(db, texts, HELD_STATEMENTS, h->s, err);
}

void held_release(struct held *h)
{
	sql_finalize(h->s, HELD_STATEMENTS);
}

int held_is_apart(struct held *h, int64_t item_id, int64_t story_id, struct error *err)
{
	int64_t one;

	sql_bind_int(h->s[HELD_IS_APART], 1, item_id);
	sql_bind_int(h->s[HELD_IS_APART], 2, story_id);
	return sql_get_int(h->s[HELD_IS_APART], &one, err, cannot_ask);
}

int held_is_joined(struct held *h, int64_t story_id, struct error *err)
{
	int64_t one;

	sql_bind_int(h->s[HELD_IS_JOINED], 1, story_id);
	return sql_get_int(h->s[HELD_IS_JOINED], &one, err, cannot_ask);
}
