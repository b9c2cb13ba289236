/* SPDX-License-Identifier: ISC */
/* writer_requests.h: operators' requests that the writer's thread serves: about stories, about silences and alert
 * rules, and to forget a removed feed.
 *
 * The request goes to the writer and the answer comes back with its next reports.  The peer may have gone by then; a
 * change takes effect all the same. */
#ifndef SITREP_ENGINE_WRITER_REQUESTS_H
#define SITREP_ENGINE_WRITER_REQUESTS_H

#include "sitrep/ingest/request.h"
#include "stages.h"

/* Requests under way: of one connection, so that it leaves room for others, and of all (the control socket has 64
 * connections). */
enum { WRITER_REQUESTS_A_PEER = 32, WRITER_REQUESTS_MAX = 64 * WRITER_REQUESTS_A_PEER };

struct writer_requests {
	const struct stages *stages;
	/* A request, and the peer that waits for its answer. */
	struct asker {
		struct request *request;   /* NULL: this place is free */
		struct control_peer *peer; /* NULL: the peer has gone */
	} askers[WRITER_REQUESTS_MAX];
};

/* Hands q to the writer, and its answer to peer.  Owns q, also on failure; q may be NULL: there was no memory for it.
 * -EBUSY, -ENOMEM with err. */
int writer_requests_submit(struct writer_requests *r, struct request *q, struct control_peer *peer, struct error *err);
void writer_requests_forget_peer(struct writer_requests *r, const struct control_peer *peer);
/* To be called when the writer has been freed. */
void writer_requests_release(struct writer_requests *r);

#endif
