/* feed_store.h: the table of feeds.
 *
 * Its statements belong to the writer's connection. */
#ifndef SITREP_STORE_FEED_STORE_H
#define SITREP_STORE_FEED_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/error.h"
#include "sitrep/identity/identity_trust.h"
#include "sitrep/model/feed_progress.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/model/specs.h"

struct sql_db;
struct sql_stmt;

enum feed_statement {
	FEED_CURRENT,
	FEED_INSERT,
	FEED_STEM,
	FEED_RENAME,
	FEED_NAMES,
	FEED_HIDE,
	FEED_CONFIGURE,
	FEED_RESET,
	FEED_UNSUBSCRIBE,
	FEED_ACTIVE,
	FEED_RETIRE,
	FEED_COUNT,
	FEED_STATEMENTS
};

struct feed_store {
	struct sql_stmt *s[FEED_STATEMENTS];
	struct sql_stmt *load, *save; /* a feed_row */
};

int feed_store_init(struct feed_store *f, struct sql_db *db, struct error *err);
void feed_store_release(struct feed_store *f);

/* What a poll needs of a feed beside its state. */
struct feed_row {
	struct feed_state state;
	char *configured_title; /* NULL */
	char *own_title;        /* as its last document said, NULL */
	char *publisher;        /* configured, NULL */
	char *uid_stem;         /* what the uids of its items are made of */
	bool backlog;           /* no document of it is in yet */
	enum feed_emptiness emptiness;
	struct identity_trust trust;
	int64_t kept_bytes; /* what the database spends on it (size.h) */
};
void feed_row_release(struct feed_row *row);

/* -ENOENT when there is none of that id. */
int feed_store_load(struct feed_store *f, int64_t id, struct feed_row *row, struct error *err);
/* All but what the configuration says. */
int feed_store_save(struct feed_store *f, const struct feed_row *row, struct error *err);
/* So many items and bytes more are kept of a feed. */
int feed_store_count(struct feed_store *f, int64_t id, int64_t items, int64_t bytes, struct error *err);

/* The numbers of all active feeds; *ids is the caller's to free. */
int feed_store_list_active(struct feed_store *f, int64_t **ids, size_t *count, struct error *err);

/* writer_sync_feeds() within the caller's transaction; *changed says whether outputs show something else. */
int feed_store_sync(struct feed_store *f, const struct feed_spec *feeds, size_t count, struct feed_state *states,
	bool *changed, struct error *err);

#endif
