/* SPDX-License-Identifier: ISC */
/* transfer_fixture.h: one loopback server and one fetcher for all tests of a file. */
#ifndef TEST_TRANSFER_FIXTURE_H
#define TEST_TRANSFER_FIXTURE_H

#include "fetcher.h"
#include "loopback.h"

static struct loopback server;
static struct fetcher fetcher;

static inline void fixture_start(const struct loopback_route *routes)
{
	loopback_start(&server, routes);
	fetcher_start(&fetcher);
}

static inline void end(void)
{
	fetcher_stop(&fetcher);
	loopback_stop(&server);
}

static inline const char *url(const char *path)
{
	static char text[128];

	snprintf(text, sizeof(text), "http://127.0.0.1:%d%s", server.port, path);
	return text;
}

#define REDIRECT(status, target)                                                                                       \
	"HTTP/1.1 " status " Elsewhere\r\nLocation: " target "\r\nContent-Length: 5\r\n\r\nmoved"

/* The transfer failed so, and says this. */
static inline void assert_failure(const struct result *r, enum poll_failure failure, const char *text)
{
	if (r->answer.failure != failure || strcmp(r->answer.error.text, text) != 0)
		fail_msg("failure %d, \"%s\", not %d, \"%s\"", r->answer.failure, r->answer.error.text, failure, text);
}

static inline struct result *get(const char *path)
{
	struct transfer_request r = fetcher_request(&fetcher, url(path));

	return fetcher_get(&fetcher, &r);
}

#endif
