/* SPDX-License-Identifier: ISC */
/* The table of subscriptions: one row for each feed, read at start, saved when its state has changed. */
#include "sitrep/store/websub_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/array.h"
#include "sitrep/base/buf.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/row.h"
#include "sitrep/sql/seal.h"
#include "sitrep/sql/sql.h"

enum {
	HUBS_MAX = 4, /* WEBSUB_HUBS_MAX (websub_subscription.h) */
	ERRORS_MAX = 1000000,
	SUM_LEN = 8,
};

static const char cannot_load[] = "cannot read a subscription";
static const char cannot_save[] = "cannot save a subscription";

/* Checksum over the texts that a subscription depends on. */
static uint32_t sum_of(const struct websub_state *state, struct str secret)
{
	const struct str parts[] = {str_from(state->hubs), str_from(state->topic), str_from(state->callback), secret};
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sum = sum * 31 + seal_sum(parts[i]);
	return sum;
}

/* The column holds the secret (hexadecimal digits), "#" and the checksum; older rows have no checksum.  Removes the
 * checksum; false when it is wrong. */
static bool open_secret(struct websub_state *state)
{
	char *end = state->secret != NULL ? strrchr(state->secret, '#') : NULL;
	char sum[SUM_LEN + 1];

	if (end == NULL)
		return true;
	*end = '\0';
	snprintf(sum, sizeof(sum), "%08" PRIx32, sum_of(state, str_from(state->secret)));
	return strcmp(sum, end + 1) == 0;
}

static int encode_secret(const void *row, struct buf *out)
{
	const struct websub_state *state = row;

	if (state->secret == NULL)
		return 0;
	return buf_printf(out, "%s#%08" PRIx32, state->secret, sum_of(state, str_from(state->secret)));
}

#define STATE(member) offsetof(struct websub_state, member)

/* One column a row. */
/* clang-format off */
static const struct row_column columns[] = {
	{.name = "feed_id", .type = ROW_INT64, .offset = STATE(feed_id), .low = INT64_MIN, .high = INT64_MAX},
	{.name = "phase", .type = ROW_INT, .offset = STATE(phase),
		.low = WEBSUB_NONE, .high = WEBSUB_FAILED, .otherwise = WEBSUB_NONE},
	{.name = "hub", .type = ROW_INT, .offset = STATE(hub), .low = 0, .high = HUBS_MAX - 1},
	{.name = "errors", .type = ROW_INT, .offset = STATE(errors), .low = 0, .high = ERRORS_MAX},
	{.name = "asked", .type = ROW_TIME, .offset = STATE(asked_ms)},
	{.name = "action", .type = ROW_TIME, .offset = STATE(action_ms)},
	{.name = "verified", .type = ROW_TIME, .offset = STATE(verified_ms)},
	{.name = "lease_until", .type = ROW_TIME, .offset = STATE(lease_until_ms)},
	{.name = "pushed", .type = ROW_TIME, .offset = STATE(pushed_ms)},
	{.name = "suspect", .type = ROW_TIME, .offset = STATE(suspect_ms)},
	{.name = "hubs", .type = ROW_TEXT, .offset = STATE(hubs)},
	{.name = "topic", .type = ROW_TEXT, .offset = STATE(topic)},
	{.name = "callback", .type = ROW_TEXT, .offset = STATE(callback)},
	{.name = "secret", .type = ROW_TEXT, .offset = STATE(secret), .encode = encode_secret},
	{.name = "reason", .type = ROW_TEXT, .offset = STATE(reason)},
};
/* clang-format on */

_Static_assert(sizeof(enum websub_phase) == sizeof(int), "ROW_INT reads enums");

static const struct row_table websub_rows = {
	.name = "websub",
	.columns = columns,
	.count = sizeof(columns) / sizeof(columns[0]),
	.selected = "",
	.is_replaced = true,
};
SQL_ROWS(websub_rows);

int websub_store_init(struct websub_store *w, struct sql_db *db, struct error *err)
{
	return row_prepare(&websub_rows, db, &w->load, &w->save, err);
}

void websub_store_release(struct websub_store *w)
{
	sql_finalize(&w->load, 1);
	sql_finalize(&w->save, 1);
}

static bool is_subscribed(const struct websub_state *state)
{
	return state->phase == WEBSUB_REQUESTED || state->phase == WEBSUB_VERIFIED || state->phase == WEBSUB_TRUSTED;
}

static bool is_whole(const struct websub_state *state)
{
	return state->hubs != NULL && state->topic != NULL && state->callback != NULL && state->secret != NULL;
}

/* Empties a damaged row: the feed's next document names its hub again. */
static void empty_row(struct websub_state *state)
{
	int64_t feed_id = state->feed_id;

	websub_state_release(state);
	websub_state_init(state);
	state->feed_id = feed_id;
}

static int read_row(struct sql_stmt *s, struct websub_state *state)
{
	int result;

	websub_state_init(state);
	result = row_read(&websub_rows, s, state);
	if (result != 0)
		return result;
	if (!open_secret(state) || (is_subscribed(state) && !is_whole(state))) {
		damage_note_row("websub", state->feed_id, "secret");
		empty_row(state);
	}
	return 0;
}

/* Appends an element.  It is counted before it is read, so that it is released with the others when reading fails. */
static struct websub_state *append_state(struct websub_state **states, size_t *count, size_t *cap)
{
	return array_reserve(states, cap, *count + 1, sizeof(**states)) == 0 ? &(*states)[(*count)++] : NULL;
}

int websub_store_load(struct websub_store *w, struct websub_state **states, size_t *count, struct error *err)
{
	struct sql_stmt *s = w->load;
	size_t cap = 0;
	int result;

	*states = NULL;
	*count = 0;
	while ((result = sql_step(s, err, cannot_load)) == 1) {
		struct websub_state *state = append_state(states, count, &cap);

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
	return row_save(&websub_rows, w->save, state, err, cannot_save);
}
