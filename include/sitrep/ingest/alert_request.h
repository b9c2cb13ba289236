/* SPDX-License-Identifier: ISC */
/* alert_request.h: an operator's request for the counts of each alert rule (alert_report.h).
 *
 * It is answered in the writer's thread, before waiting outcomes of polls. */
#ifndef SITREP_INGEST_ALERT_REQUEST_H
#define SITREP_INGEST_ALERT_REQUEST_H

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"

struct writer;

struct alert_request {
	void (*done)(struct alert_request *q); /* called in the loop */
	void *arg;                             /* the caller's */
	struct buf answer;                     /* a JSON array of rules (alert_report.h) */
	struct error error;                    /* code 0: answer stands */
};
/* NULL without memory. */
struct alert_request *alert_request_new(void);
void alert_request_free(struct alert_request *q);

/* Hands q to the writer without blocking. q must live until its done has been called, or until writer_free().
 * -ENOMEM: q was not handed over. */
int alert_request_submit(struct alert_request *q, struct writer *w);

#endif
