/* SPDX-License-Identifier: ISC */
/* retention.h: removes old events, items and tombstones, a little at a time.
 *
 * Called by the writer's thread when no outcome waits.  Each step is one short transaction. */
#ifndef SITREP_INGEST_RETENTION_H
#define SITREP_INGEST_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest.h"
#include "sitrep/base/error.h"
#include "size.h"

struct sql_stmt;

enum retention_statement {
	OLD_EVENTS,
	DROP_EVENTS,
	OLD_ITEMS,
	ITEMS_UNTIL,
	NEXT_IDENTITIES,
	DROP_IDENTITY,
	NEXT_DIGESTS,
	DROP_DIGEST,
	RETENTION_STATEMENTS
};

enum retention_phase {
	RETENTION_EVENTS,
	RETENTION_ALERTS,
	RETENTION_ITEMS,
	RETENTION_SIZE,
	RETENTION_IDENTITIES,
	RETENTION_DIGESTS,
	RETENTION_COUNTS,
	RETENTION_VACUUM,
	RETENTION_DONE
};

struct retention {
	struct sql_stmt *s[RETENTION_STATEMENTS];
	struct size size;
	enum retention_phase phase;
	int64_t next_ms;       /* when the next round begins; elapsed time, as next_sweep_ms */
	int64_t next_sweep_ms; /* when tombstones are checked again */
	int64_t now_ms;        /* the wall clock at this step */
	/* the position of the walk over identities and digests */
	int64_t at_feed;
	int64_t at_item;
	uint8_t at_key[STORE_KEY_LEN];
};

int retention_init(struct retention *r, struct ingest *k, struct error *err);
void retention_release(struct retention *r);

/* True when a step is due. */
bool retention_due(const struct retention *r, int64_t elapsed_ms);
/* One step.  A failure ends the round. */
int retention_step(struct retention *r, struct ingest *k, struct clock_mark now, struct error *err);
/* One step towards the allowed size, outside of rounds: 1 when there is more to do, 0 when there is not. */
int retention_keep_size(struct retention *r, struct ingest *k, int64_t now_ms, struct error *err);
/* Begins a round with the next step, for options that changed. */
void retention_restart(struct retention *r);

#endif
