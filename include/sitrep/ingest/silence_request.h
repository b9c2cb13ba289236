/* SPDX-License-Identifier: ISC */
/* silence_request.h: requests of an operator about silences: add one, end one, list them.
 *
 * A request is answered in the writer's thread, in a transaction of its own, before waiting outcomes of polls. */
#ifndef SITREP_INGEST_SILENCE_REQUEST_H
#define SITREP_INGEST_SILENCE_REQUEST_H

#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/store/silences.h"

struct writer;

struct silence_request {
	enum { SILENCE_REQUEST_LIST, SILENCE_REQUEST_ADD, SILENCE_REQUEST_END } kind;
	int64_t id;                              /* END; with ADD the answer's */
	struct silence_wish wish;                /* ADD; its texts are owned by the request */
	void (*done)(struct silence_request *q); /* called in the loop; all changes are committed */
	void *arg;                               /* the caller's */
	struct buf answer;                       /* a JSON array of silences, after the change */
	struct error error;                      /* code 0: answer stands */
	char *matcher, *why;                     /* silence_request.c's own: the texts of wish */
};
/* The texts of wish are copied; absent ones stay so.  NULL without memory. */
struct silence_request *silence_request_new(const struct silence_wish *wish);
void silence_request_free(struct silence_request *q);

/* Hands q to the writer without blocking. q must live until its done has been called, or until writer_free().
 * -ENOMEM: q was not handed over. */
int silence_request_submit(struct silence_request *q, struct writer *w);

#endif
