/* SPDX-License-Identifier: ISC */
/* server_quirks.h: remembers faults of servers that are worked around, so that each poll needs one request only.
 *
 * A fault belongs to a server (scheme, host and port) or to one page (its URL).  It is remembered for a day, in memory
 * only; then the server is tried without the work-around.  When SERVER_QUIRKS_MAX faults are known, a new one replaces
 * the oldest; a fault that is forgotten costs one request. */
#ifndef SITREP_FETCH_SERVER_QUIRKS_H
#define SITREP_FETCH_SERVER_QUIRKS_H

#include <stdint.h>

enum server_quirk {
	QUIRK_HTTP2 = 1,    /* the server's HTTP/2 breaks: HTTP/1.1 is used */
	QUIRK_ENCODING = 2, /* the page's Content-Encoding is wrong or unknown: it is ignored */
};

enum { SERVER_QUIRKS_MAX = 256 };

/* A zeroed struct is empty. */
struct server_quirks {
	struct server_fault {
		uint64_t server;
		enum server_quirk quirk;
		int64_t until_ms; /* 0: unused */
	} faults[SERVER_QUIRKS_MAX];
};

/* The faults of a server or page, as bits of enum server_quirk.  now_ms: elapsed time (clock.h). */
unsigned server_quirks_get(const struct server_quirks *q, const char *server, int64_t now_ms);
void server_quirks_note(struct server_quirks *q, const char *server, enum server_quirk quirk, int64_t now_ms);

#endif
