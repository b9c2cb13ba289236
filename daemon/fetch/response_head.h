/* SPDX-License-Identifier: ISC */
/* response_head.h: the head of one HTTP answer: the fields that the daemon needs, each as the server wrote it.
 *
 * Lines are added one at a time, as they arrive.  Lines after the head (trailers) are ignored.  The freshness rules are
 * those of RFC 9111, 4.2, for a private cache. */
#ifndef SITREP_FETCH_RESPONSE_HEAD_H
#define SITREP_FETCH_RESPONSE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

enum head_field {
	HEAD_AGE,
	HEAD_CF_MITIGATED,
	HEAD_CACHE_CONTROL,    /* several lines joined by ", " */
	HEAD_CONTENT_ENCODING, /* joined as well */
	HEAD_CONTENT_LANGUAGE,
	HEAD_CONTENT_LOCATION,
	HEAD_CONTENT_TYPE,
	HEAD_DATE,
	HEAD_ETAG,
	HEAD_IM,
	HEAD_EXPIRES,
	HEAD_LAST_MODIFIED,
	HEAD_LINK, /* joined as well */
	HEAD_LOCATION,
	HEAD_RETRY_AFTER,
	HEAD_SET_COOKIE,
	HEAD_FIELD_COUNT
};

struct response_head {
	int status;                     /* 0 before the status line */
	bool complete;                  /* the empty line of a final (not 1xx) answer was seen */
	size_t bytes;                   /* of all lines, with interim answers and trailers */
	char *fields[HEAD_FIELD_COUNT]; /* heap, NULL: absent */
};

/* A zeroed struct is an empty head. */
void response_head_release(struct response_head *h);

/* One line with or without its line end.  0, or -ENOMEM. */
int response_head_line(struct response_head *h, struct str line);

/* Takes a field out of the head; the caller frees it.  NULL when absent. */
char *response_head_take(struct response_head *h, enum head_field field);

/* Retry-After (RFC 9110, 10.2.3) as a duration of at most HEAD_WAIT_MAX_MS.  0: its time has passed; -1: absent or
 * malformed.  now_ms is used when the server sent no Date. */
#define HEAD_WAIT_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)
int64_t response_head_retry_after_ms(const struct response_head *h, int64_t now_ms);

/* How long the answer stays fresh from now on: max-age less Age, else Expires less Date.  0: it is stale, or must not
 * be kept (no-store, no-cache); -1: no lifetime is given. */
int64_t response_head_fresh_ms(const struct response_head *h, int64_t now_ms);

/* "Not Found" for 404 (RFC 9110, 15, and what large front ends add); NULL for a number without a name. */
const char *http_status_words(int status);

#endif
