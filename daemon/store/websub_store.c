/* The table of subscriptions: one row a feed, read at start, written whole whenever its state has changed. */
#include "sitrep/store/websub_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/buf.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char *const texts[WEBSUB_STATEMENTS] = {
	[WEBSUB_LOAD] =
		"SELECT feed_id, phase, hub, errors, asked, action, verified, lease_until, pushed, suspect, hubs,"
		" topic, callback, secret, reason FROM websub",
	[WEBSUB_SAVE] = "INSERT OR REPLACE INTO websub(feed_id, phase, hub, errors, asked, action, verified,"
			" lease_until, pushed, suspect, hubs, topic, callback, secret, reason)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
};
SQL_TEXTS(texts, WEBSUB_STATEMENTS);

enum {
	HUBS_MAX = 4, /* as many are known of a feed (websub.h) */
	ERRORS_MAX = 1000000,
	SUM_LEN = 8,
	SECRET_MAX = 512,
};

static const char cannot_load[] = "cannot read a subscription";
static const char cannot_save[] = "cannot save a subscription";

int websub_store_init(struct websub_store *w, struct sql_db *db, struct error *err)
{
	return sql_prepare(db, texts, WEBSUB_STATEMENTS, w->s, err);
}

void websub_store_release(struct websub_store *w)
{
	sql_finalize(w->s, WEBSUB_STATEMENTS);
}

/* What a subscription holds by, as one number. */
static uint32_t sum_of(const struct websub_state *state, struct str secret)
{
	const struct str parts[] = {str_from(state->hubs), str_from(state->topic), str_from(state->callback), secret};
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sum = sum * 31 + seal_sum(parts[i]);
	return sum;
}

/* A secret is hexadecimal digits; behind it stands the sum, after a mark that none has.  Secrets of before have no sum.
 * False when it does not fit. */
static bool open_secret(struct websub_state *state)
{
	char *end = state->secret != NULL ? strrchr(state->secret, '#') : NULL;
	char sum[SUM_LEN + 1];

	if (end == NULL)
		return true;
	*end = '\0';
	(void)snprintf(sum, sizeof(sum), "%08" PRIx32, sum_of(state, str_from(state->secret)));
	return strcmp(sum, end + 1) == 0;
}

static bool is_subscribed(const struct websub_state *state)
{
	return state->phase == WEBSUB_REQUESTED || state->phase == WEBSUB_VERIFIED || state->phase == WEBSUB_TRUSTED;
}

static bool is_whole(const struct websub_state *state)
{
	return state->hubs != NULL && state->topic != NULL && state->callback != NULL && state->secret != NULL;
}

/* The feed's next document names its hub again. */
static void forget(struct websub_state *state)
{
	int64_t feed_id = state->feed_id;

	websub_state_release(state);
	websub_state_init(state);
	state->feed_id = feed_id;
}

static int read_row(struct sql_stmt *s, struct websub_state *state)
{
	bool failed = false;
	int c = 0;

	websub_state_init(state);
	state->feed_id = sql_int(s, c++);
	state->phase = (enum websub_phase)sql_number(s, c++, WEBSUB_NONE, WEBSUB_FAILED, WEBSUB_NONE);
	state->hub = (int)sql_number(s, c++, 0, HUBS_MAX - 1, 0);
	state->errors = (int)sql_number(s, c++, 0, ERRORS_MAX, 0);
	state->asked_ms = sql_time(s, c++);
	state->action_ms = sql_time(s, c++);
	state->verified_ms = sql_time(s, c++);
	state->lease_until_ms = sql_time(s, c++);
	state->pushed_ms = sql_time(s, c++);
	state->suspect_ms = sql_time(s, c++);
	state->hubs = sql_text_copy(s, c++, &failed);
	state->topic = sql_text_copy(s, c++, &failed);
	state->callback = sql_text_copy(s, c++, &failed);
	state->secret = sql_text_copy(s, c++, &failed);
	state->reason = sql_text_copy(s, c, &failed);
	if (failed)
		return -ENOMEM;
	if (!open_secret(state) || (is_subscribed(state) && !is_whole(state))) {
		damage_note_row("websub", state->feed_id, "secret");
		forget(state);
	}
	return 0;
}

/* Room for one more, which is counted before it is read: so it is released with the others when that fails. */
static struct websub_state *extend(struct websub_state **states, size_t *count, size_t *cap)
{
	if (*count == *cap) {
		size_t larger = *cap == 0 ? 64 : 2 * *cap;
		struct websub_state *grown = realloc(*states, larger * sizeof(*grown));

		if (grown == NULL)
			return NULL;
		*states = grown;
		*cap = larger;
	}
	return &(*states)[(*count)++];
}

int websub_store_load(struct websub_store *w, struct websub_state **states, size_t *count, struct error *err)
{
	struct sql_stmt *s = w->s[WEBSUB_LOAD];
	size_t cap = 0;
	int result;

	*states = NULL;
	*count = 0;
	while ((result = sql_step(s, err, cannot_load)) == 1) {
		struct websub_state *state = extend(states, count, &cap);

		if (state == NULL || read_row(s, state) != 0) {
			result = error_sys(err, -ENOMEM, cannot_load);
			break;
		}
	}
	sql_reset(s);
	while (result != 0 && *count > 0)
		websub_state_release(&(*states)[--*count]);
	if (result != 0) {
		free(*states);
		*states = NULL;
	}
	return result;
}

int websub_store_save(struct websub_store *w, const struct websub_state *state, struct error *err)
{
	struct sql_stmt *s = w->s[WEBSUB_SAVE];
	struct buf secret = BUF_INIT(SECRET_MAX);
	int i = 1, result = 0;

	if (state->secret != NULL)
		result = buf_printf(&secret, "%s#%08" PRIx32, state->secret, sum_of(state, str_from(state->secret)));
	if (result != 0) {
		buf_release(&secret);
		return error_sys(err, result, cannot_save);
	}

	sql_bind_int(s, i++, state->feed_id);
	sql_bind_int(s, i++, (int64_t)state->phase);
	sql_bind_int(s, i++, state->hub);
	sql_bind_int(s, i++, state->errors);
	sql_bind_time(s, i++, state->asked_ms);
	sql_bind_time(s, i++, state->action_ms);
	sql_bind_time(s, i++, state->verified_ms);
	sql_bind_time(s, i++, state->lease_until_ms);
	sql_bind_time(s, i++, state->pushed_ms);
	sql_bind_time(s, i++, state->suspect_ms);
	sql_bind_cstr(s, i++, state->hubs);
	sql_bind_cstr(s, i++, state->topic);
	sql_bind_cstr(s, i++, state->callback);
	sql_bind_text(s, i++, state->secret != NULL ? buf_str(&secret) : STR_NONE);
	sql_bind_cstr(s, i, state->reason);
	result = sql_done(s, err, cannot_save);
	buf_release(&secret);
	return result;
}
