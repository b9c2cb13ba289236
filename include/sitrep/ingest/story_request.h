/* SPDX-License-Identifier: ISC */
/* story_request.h: requests of an operator about stories: why, split, join.
 *
 * Items are named by their id as it is published or by their link, stories by their id.  A request is answered in
 * the writer's thread, in a transaction of its own, before waiting outcomes of polls: a person waits for the answer,
 * and such requests are few and short.  While storing is stopped, why is still answered; split and join are refused. */
#ifndef SITREP_INGEST_STORY_REQUEST_H
#define SITREP_INGEST_STORY_REQUEST_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct writer;

struct story_request {
	enum { STORY_REQUEST_WHY, STORY_REQUEST_SPLIT, STORY_REQUEST_JOIN } kind;
	char *item;
	char *other;                           /* for WHY and JOIN; NULL: no other item */
	void (*done)(struct story_request *q); /* called in the loop; all changes are committed */
	void *arg;                             /* the caller's */
	struct buf answer;                     /* a JSON object */
	struct error error;                    /* code 0: answer stands */
	bool changed;                          /* stories were changed */
	struct writer *writer;                 /* story_request.c's own */
};
/* item and other are copied; NULL without memory. */
struct story_request *story_request_new(struct str item, struct str other);
void story_request_free(struct story_request *q);

/* Hands q to the writer without blocking. q must live until its done has been called, or until writer_free().
 * -ENOMEM: q was not handed over. */
int story_request_submit(struct story_request *q, struct writer *w);

#endif
