/* SPDX-License-Identifier: ISC */
/* request.h: requests of an operator that the writer's thread answers: about stories, silences and alert rules, and to
 * forget a removed feed.
 *
 * A person waits for the answer, and such requests are few and short.  So a request is carried out before waiting
 * outcomes of polls, in a transaction of its own.  forget_request_new() is the exception: it takes its turn. */
#ifndef SITREP_INGEST_REQUEST_H
#define SITREP_INGEST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/store/silences.h"

struct writer;
struct request_kind;

struct request {
	const char *op;                  /* the name of the answer */
	void (*done)(struct request *q); /* called in the loop, once; all changes are committed */
	void *arg;                       /* the caller's */
	struct buf answer;               /* JSON */
	struct error error;              /* code 0: answer stands */

	const struct request_kind *kind; /* request.c's own */
	struct writer *writer;
};

/* All texts are copied; NULL without memory. */

/* Explains or changes a story: op is "why", "split" or "join".  Items are named by their id as it is
 * published or by their link, stories by their id; other is for "why" and "join", STR_NONE when absent.  While storing
 * is stopped, why is still answered; split and join are refused.  The answer is an object. */
struct request *story_request_new(const char *op, struct str item, struct str other);
/* Adds a silence, when the wish has a matcher; else ends the one of this id; else, with id 0, changes nothing.  The
 * answer is an array of all silences after that. */
struct request *silence_request_new(const struct silence_wish *wish, int64_t id);
/* The answer is an array with the counts of each alert rule (alert_report.h). */
struct request *alert_request_new(void);
/* Takes the items of a feed that has left the configuration out of the database; unless sure, only counts them.
 *
 * A story that other feeds report, too, keeps their reports; a story of this feed alone is removed.  The identities of
 * the items stay, as after retention: when the feed is put back, none of its old items is new.  Events about removed
 * items are skipped from then on; no cursor is given twice.
 *
 * Items are removed in steps, each in a transaction of its own, so that polls go on.  A feed that comes back to the
 * configuration meanwhile keeps the items that are left.  The answer is an object.  -ENOENT: no feed of that name was
 * ever stored; -EBUSY: the feed is in the configuration. */
struct request *forget_request_new(struct str feed, bool sure);

/* Hands q to the writer without blocking.  q must live until its done has been called, or until writer_free().
 * -ENOMEM: q was not handed over. */
int request_submit(struct request *q, struct writer *w);
void request_free(struct request *q);

#endif
