/* SPDX-License-Identifier: ISC */
/* A hop is one request of a transfer: the first, or the next after a redirect. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "transfer_state.h"

static int set_fixed_options(CURL *easy)
{
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* Without this, the end of a transfer, and so the loop, would wait for the resolver thread. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_PIPEWAIT, 0L);
	/* Keeps the cookies of redirects in memory. */
	SET(CURLOPT_COOKIEFILE, "");
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	return 0;
}

int transfer_hop_prepare(struct transfer *tr, const struct transfer_request *request)
{
	if (set_fixed_options(tr->easy) != 0 || transfer_receive_prepare(tr) != 0)
		return -ENOMEM;
	return transfer_route_prepare(tr, request);
}

void transfer_hop_release(struct transfer *tr)
{
	response_head_release(&tr->hop.head);
	gunzip_free(tr->hop.gunzip);
	tr->hop = (struct hop){0};
}

/* Sets HTTP version and encodings, with the work-arounds for the server's known faults. */
static int set_by_quirks(struct transfer *tr)
{
	CURL *easy = tr->easy;
	const struct server_quirks *quirks = &tr->owner->quirks;
	char *server = transfer_url_server(tr);
	int64_t now_ms = clock_elapsed_ms();
	bool only_http1, is_plain;

	if (server == NULL)
		return -ENOMEM;
	tr->quirks = tr->tried_quirks | server_quirks_get(quirks, server, now_ms) |
		     server_quirks_get(quirks, tr->visited[tr->visited_count - 1], now_ms);
	free(server);
	only_http1 = tr->http == TRANSFER_HTTP_1 || (tr->http == TRANSFER_HTTP_AUTO && (tr->quirks & QUIRK_HTTP2) != 0);
	is_plain = (tr->quirks & QUIRK_ENCODING) != 0;
	SET(CURLOPT_HTTP_VERSION, (long)(only_http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
	/* The connection that has just failed is not used again. */
	SET(CURLOPT_FRESH_CONNECT, (tr->tried_quirks & QUIRK_HTTP2) != 0 ? 1L : 0L);
	SET(CURLOPT_ACCEPT_ENCODING, is_plain ? "gzip" : "");
	SET(CURLOPT_HTTP_CONTENT_DECODING, is_plain ? 0L : 1L);
	return 0;
}

int transfer_hop_start(struct transfer *tr)
{
	CURL *easy = tr->easy;
	int64_t left_ms = tr->deadline_ms - clock_mono_ms();

	if (left_ms <= 0)
		return -ETIMEDOUT;
	transfer_hop_release(tr);
	if (set_by_quirks(tr) != 0)
		return -ENOMEM;
	tr->hop_timeout_ms = left_ms;
	if (tr->by_proxy && !transfer_route_may_ask_proxy(tr))
		return -EACCES;
	SET(CURLOPT_URL, tr->visited[tr->visited_count - 1]);
	SET(CURLOPT_TIMEOUT_MS, (long)left_ms);
	/* A time of 0 means no limit yet, but makes curl report the progress each second. */
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, 0L);
	return transfer_loop_add(tr);
}
