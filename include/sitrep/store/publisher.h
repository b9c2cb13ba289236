/* SPDX-License-Identifier: ISC */
/* publisher.h: the publisher of an item, as a number.
 *
 * Sources of a story are counted by publisher, not by feed: three feeds of an outlet are one source.  The publisher
 * is, in this order: the configured one (publisher = in the feed's section); the registrable domain of the outlet
 * that the item names (RSS source, atom:source); the domain of the feed's site; that of its URL; the feed's name. */
#ifndef SITREP_STORE_PUBLISHER_H
#define SITREP_STORE_PUBLISHER_H

#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/model/document.h"
#include "sitrep/store/feed_store.h"

struct sql_db;
struct sql_stmt;

enum publisher_statement { PUBLISHER_FIND, PUBLISHER_ADD, PUBLISHER_STATEMENTS };

struct publishers {
	struct sql_stmt *s[PUBLISHER_STATEMENTS];
	struct arena scratch;
	/* For the document at hand: the operator's publisher, the feed's own, and the last one found. */
	struct str configured;
	struct buf of_feed;
	struct buf last;
	int64_t last_id;
};

int publishers_init(struct publishers *p, struct sql_db *db, struct error *err);
void publishers_release(struct publishers *p);

/* Begins a feed's document; feed must outlive the look-ups of its items.  0 or -ENOMEM. */
int publishers_begin(struct publishers *p, const struct feed_row *feed, const struct document *d, struct error *err);
/* The number of an item's publisher, within the caller's transaction. */
int publishers_find(struct publishers *p, const struct item *it, int64_t *id, struct error *err);
/* The name of the publisher found last, valid until the next call. */
struct str publishers_name(const struct publishers *p);

#endif
