/* publisher.h: who published an item, as a number.
 *
 * Sources of a story are counted by publisher, not by feed: an outlet's three feeds are one voice.  The publisher
 * is what the operator says (publisher = in the feed's section), else the registrable domain of the outlet that the
 * item itself names (RSS source, atom:source), else that of the feed's site, of its address, or the feed's
 * name, where these are no domains. */
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
	/* Of the document at hand: the operator's word, the feed's own publisher, and the last one found. */
	struct str configured;
	struct buf of_feed;
	struct buf last;
	int64_t last_id;
};

int publishers_init(struct publishers *p, struct sql_db *db, struct error *err);
void publishers_release(struct publishers *p);

/* A feed's document is next; feed must outlive its items. -ENOMEM. */
int publishers_begin(struct publishers *p, const struct feed_row *feed, const struct document *d, struct error *err);
/* The number of an item's publisher, within the caller's transaction. */
int publishers_find(struct publishers *p, const struct item *it, int64_t *id, struct error *err);
/* The name of the one found last, until the next call. */
struct str publishers_name(const struct publishers *p);

#endif
