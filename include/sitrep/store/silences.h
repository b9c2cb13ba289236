/* SPDX-License-Identifier: ISC */
/* silences.h: silences, by which the operator mutes alerts for a time.
 *
 * A silence has a matcher, an end and a reason.  The matcher is a rule over the item that an alert is about, or
 * alert:NAME for all alerts of that name.  A silence is a row of the table silence, so that it holds over restarts.  It
 * stays listed for SILENCE_KEPT_MS after its end. */
#ifndef SITREP_STORE_SILENCES_H
#define SITREP_STORE_SILENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/str.h"
#include "sitrep/store/stored_words.h"

struct sql_db;
struct sql_stmt;

enum {
	SILENCES_MAX = 64, /* at a time: each alert is matched with all of them */
	SILENCE_MATCHER_MAX = 4096,
	SILENCE_WHY_MAX = 1024,
};
#define SILENCE_KEPT_MS (INT64_C(7) * 24 * 3600 * 1000)
#define SILENCE_LONGEST_MS (INT64_C(366) * 24 * 3600 * 1000)

struct silence {
	int64_t id;
	int64_t until_ms;
	char *matcher, *why;
};

enum silence_statement {
	SILENCE_IN_FORCE,
	SILENCE_NEXT_ID,
	SILENCE_ADD,
	SILENCE_END,
	SILENCE_LIST,
	SILENCE_CLEAN,
	SILENCE_ITEM,
	SILENCE_FOLLOW,
	SILENCE_STATEMENTS
};

struct silences {
	struct sql_stmt *s[SILENCE_STATEMENTS];
	bool is_stale; /* the table may have changed since it was read */
	struct silence items[SILENCES_MAX];
	size_t count;
	struct rule_set *rules; /* of the matchers that are rules, named by their place in items; NULL: none */
	struct stored_words words;
	struct arena arena;
};

int silences_init(struct silences *all, struct sql_db *db, struct error *err);
void silences_release(struct silences *all);

/* A silence to be added. */
struct silence_wish {
	struct str matcher, why; /* why may be empty */
	int64_t for_ms;
	char by[32]; /* who adds it: "uid 1000"; "": not known */
};
/* Adds a silence, within the caller's transaction; *id is its number.  -EINVAL: the matcher has a mistake, or the time
 * is too long; -ENOSPC: SILENCES_MAX are in force. */
int silences_add(struct silences *all, const struct silence_wish *wish, int64_t now_ms, int64_t *id, struct error *err);
/* Ends a silence now.  -ENOENT when no silence of that number is in force. */
int silences_end(struct silences *all, int64_t id, int64_t now_ms, struct error *err);
/* Writes an array of the silences in force and of those that ended within SILENCE_KEPT_MS, newest first. */
int silences_write(struct silences *all, int64_t now_ms, struct jsonw *w, struct error *err);
/* The clock was set by jump_ms and shows now_ms: silences in force keep the time that is left. */
int silences_follow_clock(struct silences *all, int64_t jump_ms, int64_t now_ms, struct error *err);

/* Finds the silence that mutes an alert of that name and priority about that stored item; NULL: none.  *found is valid
 * until the next call.  0, or negative with err. */
int silences_find(struct silences *all, int64_t now_ms, struct str alert, enum rule_priority priority, int64_t item_id,
	const struct silence **found, struct error *err);

#endif
