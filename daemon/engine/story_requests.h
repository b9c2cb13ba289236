/* SPDX-License-Identifier: ISC */
/* story_requests.h: operators' questions about stories and edits of them, between the control socket and the writer's
 * thread. */
#ifndef SITREP_ENGINE_STORY_REQUESTS_H
#define SITREP_ENGINE_STORY_REQUESTS_H

#include "sitrep/ingest/story_request.h"
#include "stages.h"

/* Requests under way at one time. */
enum { STORY_REQUESTS_MAX = 16 };

struct story_requests {
	const struct stages *stages;
	struct story_asker {
		const struct stages *stages;
		struct story_request *request; /* NULL: this place is free */
		struct control_peer *peer;     /* NULL: the peer has gone */
	} askers[STORY_REQUESTS_MAX];
};

/* As control_operations.story. */
int story_requests_ask(struct story_requests *r, const char *op, struct str item, struct str other,
	struct control_peer *peer, struct error *err);
void story_requests_forget_peer(struct story_requests *r, const struct control_peer *peer);
/* To be called when the writer has been freed. */
void story_requests_release(struct story_requests *r);

#endif
