/* SPDX-License-Identifier: ISC */
#include "sitrep/store/feed_troubles.h"

#include <stdbool.h>

#include "sitrep/base/clock.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char *const texts[TROUBLE_STATEMENTS] = {
	[TROUBLE_BEGIN] =
		"INSERT OR REPLACE INTO feed_trouble(feed_id, since, until, polls, failure, http_status, reason)"
		" VALUES(?1, ?2, NULL, ?3, ?4, ?5, ?6)",
	[TROUBLE_LAST] = "UPDATE feed_trouble SET polls = polls + 1 WHERE feed_id = ?1 AND until IS NULL",
	[TROUBLE_END] = "UPDATE feed_trouble SET until = ?2 WHERE feed_id = ?1 AND until IS NULL",
	[TROUBLE_TRIM] = "DELETE FROM feed_trouble WHERE feed_id = ?1 AND since <= (SELECT since FROM feed_trouble"
			 " WHERE feed_id = ?1 ORDER BY since DESC LIMIT 1 OFFSET ?2)",
};
SQL_TEXTS(texts, TROUBLE_STATEMENTS);

static const char cannot_note[] = "cannot store a feed's trouble";

int feed_troubles_init(struct feed_troubles *t, struct sql_db *db, struct error *err)
{
	return sql_prepare(db, texts, TROUBLE_STATEMENTS, t->s, err);
}

void feed_troubles_release(struct feed_troubles *t)
{
	sql_finalize(t->s, TROUBLE_STATEMENTS);
}

static bool is_bad(enum feed_health health)
{
	return health == FEED_FAILING || health == FEED_GONE;
}

static int begin_trouble(struct feed_troubles *t, const struct feed_state *state, int64_t since_ms, struct error *err)
{
	int result = sql_run(t->s[TROUBLE_BEGIN], err, cannot_note, as_int(state->id), as_int(since_ms),
		as_int(state->errors > 0 ? state->errors : 1), as_int(state->failure), as_int(state->http_status),
		as_cstr(state->reason));

	if (result == 0)
		result = sql_run(t->s[TROUBLE_TRIM], err, cannot_note, as_int(state->id), as_int(FEED_TROUBLES_KEPT));
	return result;
}

int feed_troubles_note(struct feed_troubles *t, enum feed_health health, enum poll_failure failure,
	const struct feed_state *state, int64_t at_ms, struct error *err)
{
	bool lasts = is_bad(health) && is_bad(state->health) && failure == state->failure;
	int result = 0;

	if (lasts) {
		result = sql_run(t->s[TROUBLE_LAST], err, cannot_note, as_int(state->id));
		/* It began before troubles were stored. */
		if (result == 0 && sql_changed(t->s[TROUBLE_LAST]) == 0)
			result = begin_trouble(
				t, state, state->failing_since_ms != TIME_NONE ? state->failing_since_ms : at_ms, err);
		return result;
	}
	/* Of a new address the health is new, whatever the last poll was. */
	if (health != FEED_OK)
		result = sql_run(t->s[TROUBLE_END], err, cannot_note, as_int(state->id), as_int(at_ms));
	if (result == 0 && is_bad(state->health))
		result = begin_trouble(t, state, at_ms, err);
	return result;
}
