/* SPDX-License-Identifier: ISC */
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
	struct sql_stmt *load, *save; /* load and save a feed_row */
};

int feed_store_init(struct feed_store *f, struct sql_db *db, struct error *err);
void feed_store_release(struct feed_store *f);

/* A feed's state, and the other columns that a poll needs. */
struct feed_row {
	struct feed_state state;
	char *configured_title; /* may be NULL */
	char *own_title;        /* of its last document, may be NULL */
	/* the same, for atom:source: its atom:id, its first author's name, its rights */
	char *own_id, *own_author, *own_rights;
	char *publisher; /* configured, may be NULL */
	char *uid_stem;  /* part of the uids of its items */
	bool backlog;    /* no document of it is stored yet */
	enum feed_emptiness emptiness;
	struct identity_trust trust;
	int64_t kept_bytes; /* its size in the database (size.h) */
};
void feed_row_release(struct feed_row *row);

/* -ENOENT when no row has that id. */
int feed_store_load(struct feed_store *f, int64_t id, struct feed_row *row, struct error *err);
/* Saves all columns except those from the configuration. */
int feed_store_save(struct feed_store *f, const struct feed_row *row, struct error *err);
/* Adds items and bytes to the feed's counts. */
int feed_store_count(struct feed_store *f, int64_t id, int64_t items, int64_t bytes, struct error *err);

/* The ids of all active feeds; the caller frees *ids. */
int feed_store_list_active(struct feed_store *f, int64_t **ids, size_t *count, struct error *err);

/* Makes the table match the configured feeds, within the caller's transaction; fills states.  *changed: outputs have
 * changed. */
int feed_store_sync(struct feed_store *f, const struct feed_spec *feeds, size_t count, struct feed_state *states,
	bool *changed, struct error *err);

#endif
