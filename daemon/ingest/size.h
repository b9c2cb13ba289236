/* size.h: the database stays within [keep] size while it grows.
 *
 * Counted are the pages of the file that are in use.  A quarter of the size, 64 MiB at most, is left free for the
 * write-ahead log beside it and for what one batch adds.  Past that, items go: the oldest ones of the feed that takes
 * most, until another one takes as much.  So each feed has a share that nobody can take from it, and what a feed does
 * not use of its share the others have (max-min fairness).  What an item leaves is cleared by passes over the tables:
 * one whenever enough was added or dropped.
 *
 * A feed counts for its items with their stories, sketches, events and revisions, and for what it has named them so
 * far: column kept_bytes of its row, brought up to date with each document and each item that goes. */
#ifndef SITREP_INGEST_SIZE_H
#define SITREP_INGEST_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest.h"
#include "prune.h"
#include "sitrep/base/error.h"
#include "sitrep/story/near_compact.h"

struct sql_stmt;

enum size_statement {
	SIZE_PAGES,
	SIZE_FREE_PAGES,
	SIZE_PAGE_BYTES,
	SIZE_FEEDS,
	SIZE_LARGEST,
	SIZE_OLDEST,
	SIZE_DROP_DIGEST,
	SIZE_NEXT_IDENTITIES,
	SIZE_DROP_IDENTITY,
	SIZE_NEXT_DIGESTS,
	SIZE_NEXT_EVENTS,
	SIZE_DROP_EVENT,
	SIZE_DROP_OLD_EVENTS,
	SIZE_NEXT_PUBLISHERS,
	SIZE_DROP_PUBLISHER,
	SIZE_DROP_PHRASES,
	SIZE_STATEMENTS
};

enum size_pass {
	PASS_NONE,
	PASS_IDENTITIES,
	PASS_DIGESTS,
	PASS_EVENTS,
	PASS_POSTINGS,
	PASS_PUBLISHERS,
};

/* Feeds beyond their share; only the largest of very many are told apart. */
enum { SIZE_FEEDS_MAX = 512 };

struct size {
	struct sql_stmt *s[SIZE_STATEMENTS];
	struct pruner pruner;
	struct near_compact compact;
	int64_t beyond[SIZE_FEEDS_MAX]; /* the largest first */
	size_t beyond_count;

	enum size_pass pass;
	size_t at_feed; /* where it stands: in beyond, */
	int64_t at_id, at_item;
	uint8_t at_key[STORE_KEY_LEN];
	int64_t events; /* that it found */

	/* what was added and dropped since the last pass */
	int64_t pass_cursor, pass_written, dropped;
};

int size_init(struct size *z, struct ingest *k, struct error *err);
void size_release(struct size *z);

/* Bytes of the WAL after which it is moved into the database; as many may stay in its file. */
int64_t size_wal_bytes(const struct writer_options *o);
/* Of one document, as its feed is counted for it; of its newest items. */
int64_t size_document_bytes(const struct writer_options *o);
/* Of the documents of one transaction: no more are taken from there on. */
int64_t size_batch_bytes(const struct writer_options *o);
/* Are there counts of phrases worth their room in the database? */
bool size_keeps_phrases(const struct writer_options *o);

/* Is the database larger than it may be at any moment, so that nothing should be added?  Negative errno. */
int size_is_over(struct size *z, const struct ingest *k, struct error *err);
/* One step within the caller's transaction: 1 when there is more to do, 0 when there is not. */
int size_step(struct size *z, struct ingest *k, int64_t now_ms, struct error *err);

#endif
