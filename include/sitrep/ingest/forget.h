/* SPDX-License-Identifier: ISC */
/* forget.h: takes the items of a feed that has left the configuration out of the database (`sitrep forget`).
 *
 * A story that other feeds report, too, keeps their reports; a story of this feed alone is removed.  The identities of
 * the items stay, as after retention: when the feed is put back, none of its old items is new.  Events about removed
 * items are skipped from then on; no cursor is given twice.
 *
 * A request with sure false changes nothing and is answered by counts, so that the operator can be asked.  Items are
 * removed in steps, each in a transaction of its own, so that polls go on; the caller submits the request again while
 * has_more is true. */
#ifndef SITREP_INGEST_FORGET_H
#define SITREP_INGEST_FORGET_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct writer;

struct forget_request {
	char *feed;
	bool sure;                              /* false: only the counts are wanted */
	void (*done)(struct forget_request *q); /* called in the loop; the step is committed */
	void *arg;                              /* the caller's */

	/* The step's answer; error.code 0: it stands. */
	int64_t items;        /* with sure: removed in all steps so far; else: the items that the feed has */
	int64_t own_stories;  /* without sure: stories of this feed alone, which would be removed */
	int64_t kept_stories; /* without sure: stories that other feeds report, too */
	bool has_more;        /* with sure: submit it again */
	struct error error;

	int64_t step_items; /* forget.c's own: removed in this step, which is not committed yet */
};

/* feed is copied; NULL without memory. */
struct forget_request *forget_request_new(struct str feed, bool sure);
void forget_request_free(struct forget_request *q);

/* Hands q to the writer without blocking.  q must live until its done has been called, or until writer_free(). -ENOMEM:
 * q was not handed over.  Codes in q->error: -ENOENT: no feed of that name was ever stored; -EBUSY: the feed is in the
 * configuration. */
int forget_request_submit(struct forget_request *q, struct writer *w);

#endif
