/* SPDX-License-Identifier: ISC */
/* The body of a POST while it arrives. A refused body is still read for a while: a client that is cut off while it
 * sends does not see the answer. */
#include <microhttpd.h>
#include <stdlib.h>

#include "http_internal.h"

enum {
	/* Bytes kept by all uploads together; a body that would exceed it gets 503. */
	TOTAL_MAX = 16 * 1024 * 1024,
	/* Bytes of one refused body that are skipped. */
	DISCARD_MAX = 8 * 1024 * 1024,
};

struct http_upload *http_upload_new(int status, size_t limit, uint64_t announced, size_t *total)
{
	struct http_upload *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	buf_init(&u->body, limit);
	u->total = total;
	u->status = status;
	if (status == 0 && announced > limit)
		u->status = MHD_HTTP_CONTENT_TOO_LARGE;
	return u;
}

bool http_upload_is_hopeless(uint64_t announced)
{
	return announced > DISCARD_MAX;
}

static void drop_body(struct http_upload *u)
{
	*u->total -= u->kept;
	u->kept = 0;
	buf_release(&u->body);
}

static void refuse_body(struct http_upload *u, int status)
{
	u->status = status;
	drop_body(u);
}

bool http_upload_add(struct http_upload *u, const char *data, size_t len)
{
	if (u->status == 0 && len > u->body.max - u->body.len)
		refuse_body(u, MHD_HTTP_CONTENT_TOO_LARGE);
	else if (u->status == 0 && (len > TOTAL_MAX - *u->total || buf_append(&u->body, data, len) != 0))
		refuse_body(u, MHD_HTTP_SERVICE_UNAVAILABLE);
	if (u->status == 0) {
		u->kept += len;
		*u->total += len;
		return true;
	}
	u->discarded += len;
	return u->discarded <= DISCARD_MAX;
}

void http_upload_free(struct http_upload *u)
{
	if (u == NULL)
		return;
	drop_body(u);
	free(u);
}
