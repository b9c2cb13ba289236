/* SPDX-License-Identifier: ISC */
#include "story_constraint.h"

#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char *const texts[STORY_CONSTRAINT_STATEMENTS] = {
	[STORY_CONSTRAINT_IS_APART] =
		"SELECT 1 FROM story_constraint WHERE item_id = ?1 AND story_id = ?2 AND together = 0",
	[STORY_CONSTRAINT_IS_JOINED] = "SELECT 1 FROM story_constraint WHERE story_id = ?1 AND together = 1 LIMIT 1",
};
SQL_TEXTS(texts, STORY_CONSTRAINT_STATEMENTS);

static const char cannot_ask[] = "cannot look up the operator's corrections";

int story_constraint_init(struct story_constraints *c, struct sql_db *db, struct error *err)
{
	return sql_prepare(db, texts, STORY_CONSTRAINT_STATEMENTS, c->s, err);
}

void story_constraint_release(struct story_constraints *c)
{
	sql_finalize(c->s, STORY_CONSTRAINT_STATEMENTS);
}

int story_constraint_is_apart(struct story_constraints *c, int64_t item_id, int64_t story_id, struct error *err)
{
	int64_t one;

	return sql_find_int(c->s[STORY_CONSTRAINT_IS_APART], &one, err, cannot_ask, as_int(item_id), as_int(story_id));
}

int story_constraint_is_joined(struct story_constraints *c, int64_t story_id, struct error *err)
{
	int64_t one;

	return sql_find_int(c->s[STORY_CONSTRAINT_IS_JOINED], &one, err, cannot_ask, as_int(story_id));
}
