/* SPDX-License-Identifier: ISC */
/* The operator's corrections: which item belongs to which story, or does not. */
#include "story_constraint.h"

#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char *const texts[STORY_CONSTRAINT_STATEMENTS] = {
	[STORY_CONSTRAINT_IS_APART] = "SELECT 1 FROM held WHERE item_id = ?1 AND story_id = ?2 AND together = 0",
	[STORY_CONSTRAINT_IS_JOINED] = "SELECT 1 FROM held WHERE story_id = ?1 AND together = 1 LIMIT 1",
};
SQL_TEXTS(texts, STORY_CONSTRAINT_STATEMENTS);

static const char cannot_ask[] = "cannot look up what the operator said";

int story_constraint_init(struct story_constraints *h, struct sql_db *db, struct error *err)
{
	return sql_prepare(db, texts, STORY_CONSTRAINT_STATEMENTS, h->s, err);
}

void story_constraint_release(struct story_constraints *h)
{
	sql_finalize(h->s, STORY_CONSTRAINT_STATEMENTS);
}

int story_constraint_is_apart(struct story_constraints *h, int64_t item_id, int64_t story_id, struct error *err)
{
	int64_t one;

	sql_bind_int(h->s[STORY_CONSTRAINT_IS_APART], 1, item_id);
	sql_bind_int(h->s[STORY_CONSTRAINT_IS_APART], 2, story_id);
	return sql_get_int(h->s[STORY_CONSTRAINT_IS_APART], &one, err, cannot_ask);
}

int story_constraint_is_joined(struct story_constraints *h, int64_t story_id, struct error *err)
{
	int64_t one;

	sql_bind_int(h->s[STORY_CONSTRAINT_IS_JOINED], 1, story_id);
	return sql_get_int(h->s[STORY_CONSTRAINT_IS_JOINED], &one, err, cannot_ask);
}
