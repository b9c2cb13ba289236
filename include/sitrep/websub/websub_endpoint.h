/* websub_endpoint.h: the WebSub callback endpoint, /websub/TOKEN: verification (GET) and content delivery (POST).
 *
 * The endpoint is public.  A request without a valid token gets 404 before its body is read.  A push without a good
 * signature is answered as if it had been taken and is forgotten, so that a forger learns nothing.  A good push goes
 * through the parse pool as a job of its own: a poll of the same feed may be under way, since taking an item in twice
 * changes nothing. */
#ifndef SITREP_WEBSUB_WEBSUB_ENDPOINT_H
#define SITREP_WEBSUB_WEBSUB_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/websub/websub_feeds.h"

/* A request as the HTTP server received it. */
struct websub_request {
	enum { WEBSUB_GET, WEBSUB_POST, WEBSUB_OTHER_METHOD } method;
	struct str path;
	struct buf *body; /* of a POST; may be taken */
	/* Append the argument of the query, and the field of the head; false when there is none. */
	bool (*argument)(const void *request, const char *name, struct buf *out);
	bool (*field)(const void *request, const char *name, struct buf *out);
	const void *request; /* for both */
};

/* Whether path belongs to the endpoint. */
bool websub_endpoint_has(struct str path);
/* The head of a POST is in: 0 and the largest body that is read, or the status that refuses it. */
int websub_endpoint_judge_post(struct websub_feeds *w, struct str path, size_t *limit);
/* The status of the answer; with 200, text is its body when it is not empty. */
int websub_endpoint_answer(struct websub_feeds *w, const struct websub_request *request, struct buf *text);

#endif
