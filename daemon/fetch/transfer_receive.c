/* SPDX-License-Identifier: ISC */
/* Receives the answer of one request: its head, and the part of its body that is kept.
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

int transfer_receive_prepare(struct transfer *tr)
{
	CURL *easy = tr->easy;

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
