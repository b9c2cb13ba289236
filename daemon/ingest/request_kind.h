/* SPDX-License-Identifier: ISC */
/* request_kind.h: the functions of each kind of request (request.h). */
#ifndef SITREP_INGEST_REQUEST_KIND_H
#define SITREP_INGEST_REQUEST_KIND_H

#include <stddef.h>

#include "ingest.h"
#include "sitrep/ingest/request.h"

struct request_kind {
	size_t size;       /* of the kind's struct, which begins with a struct request */
	size_t answer_max; /* bytes */
	bool in_turn;      /* behind outcomes that wait */
	/* In the writer's thread, within a transaction. */
	int (*carry_out)(struct request *q, struct ingest *k, struct error *err);
	/* In the loop, with the end in q->error: true when q was submitted again.  NULL: nothing to do. */
	bool (*goes_on)(struct request *q);
	/* Frees the kind's own members.  NULL: it has none. */
	void (*release)(struct request *q);
};

/* A request whose own members are zero; op is kept.  NULL without memory. */
struct request *request_new(const struct request_kind *kind, const char *op);
/* A copy of text, NULL when it is absent; *failed is set without memory. */
char *request_copy(struct str text, bool *failed);

#endif
