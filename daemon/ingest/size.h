/* SPDX-License-Identifier: ISC */
/* size.h: the database stays within [keep] size while it grows.
 *
 * The size is that of the file's pages in use.  A quarter of [keep] size, 64 MiB at most, is left free for the
 * write-ahead log and for the rows of one batch.  Past that, items are removed: the oldest items of the largest
 * feed, until another feed is as large.  So each feed has a share that no other feed can take, and other feeds may
 * use the part that it leaves (max-min fairness).  Rows that removed items leave behind are removed by passes over
 * the tables, one whenever enough was added or dropped.
 *
 * A feed counts for its items with their stories, sketches, events and revisions, and for all identities that these
 * have had: column kept_bytes of its row, updated with each document and each removed item. */
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

/* Feeds beyond their share that are listed; of more, the largest. */
enum { SIZE_FEEDS_MAX = 512 };

struct size {
	struct sql_stmt *s[SIZE_STATEMENTS];
	struct pruner pruner;
	struct near_compact compact;
	int64_t beyond[SIZE_FEEDS_MAX]; /* the largest first */
	size_t beyond_count;

	enum size_pass pass;
	size_t at_feed; /* the position of the pass: in beyond, and by keys */
	int64_t at_id, at_item;
	uint8_t at_key[STORE_KEY_LEN];
	int64_t events; /* events of items still there, found by the pass */

	/* counters at the last pass, and items dropped since */
	int64_t pass_cursor, pass_written, dropped;
};

int size_init(struct size *z, struct ingest *k, struct error *err);
void size_release(struct size *z);

/* Bytes of the WAL after which a checkpoint moves it into the database; its file is cut to as many. */
int64_t size_wal_bytes(const struct writer_options *o);
/* Bytes that one document's newest items may take, as counted for its feed. */
int64_t size_document_bytes(const struct writer_options *o);
/* Bytes of documents after which a transaction takes no more. */
int64_t size_batch_bytes(const struct writer_options *o);
/* True when phrase counts (8 MiB) are saved: for a size of 128 MiB or more. */
bool size_keeps_phrases(const struct writer_options *o);

/* Bytes of the pages in use, and of all pages. */
struct pages {
	int64_t used, all;
};
int size_read_pages(struct size *z, struct pages *p, struct error *err);
/* 1 when more bytes are in use than allowed, so that nothing should be added; 0; or negative errno. */
int size_is_over(struct size *z, const struct ingest *k, struct error *err);
/* One step within the caller's transaction: 1 when there is more to do, 0 when there is not. */
int size_step(struct size *z, struct ingest *k, int64_t now_ms, struct error *err);

#endif
