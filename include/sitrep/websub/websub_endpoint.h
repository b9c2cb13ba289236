/* SPDX-License-Identifier: ISC */
/* websub_endpoint.h: the WebSub callback endpoint, /websub/TOKEN: verification (GET) and content delivery (POST).
 *
 * The endpoint is public.  A request without a valid token gets 404 before its body is read, or 410 if the feed whose
 * number is in the token has no subscription.  A push with a bad signature is answered 202 like a good one and dropped,
 * so that a forger learns nothing.  A good push goes through the parse pool as a job of its own, even while the same
 * feed is polled: storing an item twice changes nothing. */
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
	struct buf *body; /* of a POST; the endpoint may take it */
	/* Append the value of the query argument, or of the header field, to out; false when the request has none. */
	bool (*argument)(const void *request, const char *name, struct buf *out);
	bool (*field)(const void *request, const char *name, struct buf *out);
	const void *request; /* for argument() and field() */
	/* Makes text the body of the answer; false without memory. */
	bool (*reply)(void *answer, struct str text);
	void *answer; /* for reply() */
};

/* Whether path belongs to the endpoint. */
bool websub_endpoint_has(struct str path);
/* To be called after the head of a POST.  Returns 0 and the largest body to accept, or the refusal's HTTP status. */
int websub_endpoint_judge_post(struct websub_feeds *w, struct str path, size_t *limit);
/* Returns the HTTP status of the answer. */
int websub_endpoint_answer(struct websub_feeds *w, const struct websub_request *request);

#endif
