/* SPDX-License-Identifier: ISC */
/* One request with one curl handle: its options, and the part of the answer that is kept.
 *
 * Bodies are counted after decompression, so that a bomb shows its real size.  Against slow servers, the head has a
 * time limit and the body a minimum rate. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "transfer_state.h"

bool transfer_status_is_full(int status)
{
	return status == 200 || status == 203 || status == 226;
}

/* ---- receiving ---- */

int64_t transfer_window_s(const struct transfer *tr, int64_t at_most_s)
{
	int64_t share_s = tr->timeout_ms / 1000 / WINDOW_SHARE;

	return share_s < 1 ? 1 : share_s > at_most_s ? at_most_s : share_s;
}

/* Sets the minimum rate when the body begins.  Before it answers, a server may take its time. */
static int watch_rate(const struct transfer *tr)
{
	CURL *easy = tr->easy;

	SET(CURLOPT_LOW_SPEED_LIMIT, (long)BODY_RATE_MIN);
	SET(CURLOPT_LOW_SPEED_TIME, (long)transfer_window_s(tr, BODY_RATE_WINDOW_S));
	return 0;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *tr = arg;
	struct hop *hop = &tr->hop;
	size_t len = size * count;

	if (response_head_line(&hop->head, str_make(data, len)) != 0) {
		hop->no_memory = true;
		return 0;
	}
	if (hop->head.bytes > LIMIT_RESPONSE_HEADERS) {
		hop->head_too_large = true;
		return 0;
	}
	if (hop->head.complete && watch_rate(tr) != 0) {
		hop->no_memory = true;
		return 0;
	}
	return len;
}

/* Called by curl once a second. Ends the transfer when a head has begun but is not complete in time. */
static int on_progress(
	void *arg, curl_off_t total UNUSED, curl_off_t so_far UNUSED, curl_off_t up_total UNUSED, curl_off_t up UNUSED)
{
	struct transfer *tr = arg;
	curl_off_t begun_us = 0, now_us = 0;

	if (tr->hop.head.complete)
		return 0;
	curl_easy_getinfo(tr->easy, CURLINFO_STARTTRANSFER_TIME_T, &begun_us);
	curl_easy_getinfo(tr->easy, CURLINFO_TOTAL_TIME_T, &now_us);
	if (begun_us <= 0 || now_us - begun_us < transfer_window_s(tr, HEAD_WINDOW_S) * INT64_C(1000000))
		return 0;
	tr->hop.head_too_slow = true;
	return 1;
}

/* Reserves memory for the whole body when its length is announced; false when the length is over the limit. */
static bool reserve_body(struct transfer *tr)
{
	curl_off_t length = -1;

	curl_easy_getinfo(tr->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length > 0 && (uint64_t)length > tr->max_body)
		return false;
	if (length > 0)
		buf_reserve(&tr->answer.body, (size_t)length);
	return true;
}

/* True when all bodies together are over the limit and this one is larger than an even share. */
static bool is_over_share(const struct transfer *tr, size_t more)
{
	const struct transfers *t = tr->owner;
	uint64_t most =
		tr->max_body > BODIES_MAX / BODIES_LARGEST ? (uint64_t)tr->max_body * BODIES_LARGEST : BODIES_MAX;

	return t->buffered + more > most && tr->answer.body.len + more > most / t->active;
}

static void keep_error_page(struct buf *page, struct str piece)
{
	size_t room = page->max - page->len;

	/* A person reads it; without memory it is shorter. */
	buf_add(page, str_slice(piece, 0, piece.len < room ? piece.len : room));
}

/* True when the body unpacks to far more than any text does.  Finds a bomb long before the body is at its limit. */
static bool is_bomb(const struct transfer *tr, size_t more)
{
	curl_off_t packed = 0;

	curl_easy_getinfo(tr->easy, CURLINFO_SIZE_DOWNLOAD_T, &packed);
	return (tr->answer.body.len + more) / UNPACK_RATIO_MAX > (uint64_t)packed + UNPACK_SLACK;
}

/* Keeps a piece of the unpacked body within all limits. 0 or -EMSGSIZE, with the reason in tr->hop. */
static int keep_body(void *arg, struct str piece)
{
	struct transfer *tr = arg;
	struct hop *hop = &tr->hop;
	struct buf *body = &tr->answer.body;

	hop->body_too_large = piece.len > tr->max_body - body->len;
	hop->body_is_bomb = !hop->body_too_large && is_bomb(tr, piece.len);
	hop->body_over_share = !hop->body_too_large && !hop->body_is_bomb && is_over_share(tr, piece.len);
	if (hop->body_too_large || hop->body_is_bomb || hop->body_over_share)
		return -EMSGSIZE;
	hop->no_memory = buf_append(body, piece.data, piece.len) != 0;
	if (hop->no_memory)
		return -EMSGSIZE;
	tr->owner->buffered += piece.len;
	return 0;
}

static int unpack(struct transfer *tr, struct str packed)
{
	struct hop *hop = &tr->hop;
	int result = gunzip_write(hop->gunzip, packed, keep_body, tr);

	hop->body_is_damaged = result == -EBADMSG;
	hop->no_memory = hop->no_memory || result == -ENOMEM;
	return result;
}

/* Keeps a piece while fewer than GUNZIP_MAGIC_LEN bytes are there.  When the first bytes are those of gzip, which no
 * header announced, they are taken out of the body again and unpacked. */
static int keep_first(struct transfer *tr, struct str piece)
{
	struct buf *body = &tr->answer.body;
	char first[GUNZIP_MAGIC_LEN];
	size_t had = body->len, more = piece.len < sizeof(first) - had ? piece.len : sizeof(first) - had;
	int result;

	memcpy(first, body->data != NULL ? body->data : "", had);
	memcpy(first + had, piece.data, more);
	if (!gunzip_is_magic(str_make(first, had + more)))
		return keep_body(tr, piece);
	tr->hop.gunzip = gunzip_new();
	if (tr->hop.gunzip == NULL) {
		tr->hop.no_memory = true;
		return -ENOMEM;
	}
	tr->owner->buffered -= had;
	buf_clear(body);
	result = unpack(tr, str_make(first, had));
	return result == 0 ? unpack(tr, piece) : result;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *tr = arg;
	struct hop *hop = &tr->hop;
	const struct buf *body = &tr->answer.body;
	size_t len = size * count;
	struct str piece = str_make(data, len);
	int result;

	if (!transfer_status_is_full(hop->head.status)) {
		hop->unwanted += len;
		if (tr->want_error_page && hop->head.status >= 400)
			keep_error_page(&tr->answer.error_page, str_make(data, len));
		return hop->unwanted > UNWANTED_BODY_MAX ? CURL_WRITEFUNC_ERROR : len;
	}
	if (hop->gunzip == NULL && body->len == 0 && !reserve_body(tr)) {
		hop->body_too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (hop->gunzip != NULL)
		result = unpack(tr, piece);
	else if (body->len < GUNZIP_MAGIC_LEN)
		result = keep_first(tr, piece);
	else
		result = keep_body(tr, piece);
	return result == 0 ? len : CURL_WRITEFUNC_ERROR;
}

/* ---- the request ---- */

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

static int set_callbacks(CURL *easy, struct transfer *tr)
{
	SET(CURLOPT_PRIVATE, tr);
	SET(CURLOPT_ERRORBUFFER, tr->hop.curl_text);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, tr);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, tr);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, tr);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	return 0;
}

int transfer_hop_prepare(struct transfer *tr, const struct transfer_request *request)
{
	CURL *easy = tr->easy;

	if (set_fixed_options(easy) != 0 || set_callbacks(easy, tr) != 0 || transfer_route_prepare(tr, request) != 0)
		return -ENOMEM;
	if (request->user_agent != NULL)
		SET(CURLOPT_USERAGENT, request->user_agent);
	if (request->user != NULL) {
		SET(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, request->user);
		SET(CURLOPT_PASSWORD, request->password != NULL ? request->password : "");
	}
	if (request->form != NULL)
		SET(CURLOPT_COPYPOSTFIELDS, request->form);
	SET(CURLOPT_HTTPHEADER, tr->headers);
	return 0;
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
	/* A time of 0 means no limit yet, but makes curl call on_progress() each second. */
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, 0L);
	return transfer_loop_add(tr);
}
