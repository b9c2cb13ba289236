/* SPDX-License-Identifier: ISC */
/* One request with one curl handle: its options, the part of the answer that is kept, and the sentence for its failure.
 * Bodies are counted after decompression, so that a bomb shows its real size. Against slow servers the head has a time
 * limit and the body a least rate. */
#include <errno.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "transfer_state.h"

bool transfer_status_is_full(int status)
{
	return status == 200 || status == 203 || status == 226;
}

/* ---- receiving ---- */

static int64_t window_s(const struct transfer *tr, int64_t at_most_s)
{
	int64_t share_s = tr->timeout_ms / 1000 / WINDOW_SHARE;

	return share_s < 1 ? 1 : share_s > at_most_s ? at_most_s : share_s;
}

/* Sets the least rate once the body begins; a server may take its time before it answers. */
static int watch_rate(const struct transfer *tr)
{
	CURL *easy = tr->easy;

	SET(CURLOPT_LOW_SPEED_LIMIT, (long)BODY_RATE_MIN);
	SET(CURLOPT_LOW_SPEED_TIME, (long)window_s(tr, BODY_RATE_WINDOW_S));
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
static int on_progress(void *arg, curl_off_t total, curl_off_t so_far, curl_off_t up_total, curl_off_t up)
{
	struct transfer *tr = arg;
	curl_off_t begun_us = 0, now_us = 0;

	(void)total;
	(void)so_far;
	(void)up_total;
	(void)up;
	if (tr->hop.head.complete)
		return 0;
	(void)curl_easy_getinfo(tr->easy, CURLINFO_STARTTRANSFER_TIME_T, &begun_us);
	(void)curl_easy_getinfo(tr->easy, CURLINFO_TOTAL_TIME_T, &now_us);
	if (begun_us <= 0 || now_us - begun_us < window_s(tr, HEAD_WINDOW_S) * INT64_C(1000000))
		return 0;
	tr->hop.head_too_slow = true;
	return 1;
}

/* Reserves room for the whole body when its length is announced; false when that is over the limit. */
static bool reserve_body(struct transfer *tr)
{
	curl_off_t length = -1;

	(void)curl_easy_getinfo(tr->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length > 0 && (uint64_t)length > tr->max_body)
		return false;
	if (length > 0)
		(void)buf_reserve(&tr->answer.body, (size_t)length);
	return true;
}

/* True when all bodies together are over the limit and this one is larger than an even share. */
static bool is_over_share(const struct transfer *tr, size_t more)
{
	const struct transfers *t = tr->owner;
	size_t most = tr->max_body > BODIES_MAX / BODIES_LARGEST ? tr->max_body * BODIES_LARGEST : BODIES_MAX;

	return t->buffered + more > most && tr->answer.body.len + more > most / t->active;
}

static void keep_refusal(struct buf *refusal, struct str piece)
{
	size_t room = refusal->max - refusal->len;

	/* only shown to people; without memory the text is shorter */
	(void)buf_add(refusal, str_slice(piece, 0, piece.len < room ? piece.len : room));
}

/* True when the body unpacks to far more than any text does. Found long before the body reaches its limit. */
static bool is_bomb(const struct transfer *tr, size_t more)
{
	curl_off_t packed = 0;

	(void)curl_easy_getinfo(tr->easy, CURLINFO_SIZE_DOWNLOAD_T, &packed);
	return (tr->answer.body.len + more) / UNPACK_RATIO_MAX > (uint64_t)packed + UNPACK_SLACK;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *tr = arg;
	struct hop *hop = &tr->hop;
	struct buf *body = &tr->answer.body;
	size_t len = size * count;

	if (!transfer_status_is_full(hop->head.status)) {
		hop->unwanted += len;
		if (tr->want_refusal && hop->head.status >= 400)
			keep_refusal(&tr->answer.refusal, str_make(data, len));
		return hop->unwanted > UNWANTED_BODY_MAX ? CURL_WRITEFUNC_ERROR : len;
	}
	if ((body->len == 0 && !reserve_body(tr)) || len > tr->max_body - body->len) {
		hop->body_too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (is_bomb(tr, len)) {
		hop->body_is_bomb = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (is_over_share(tr, len)) {
		hop->body_over_share = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (buf_append(body, data, len) != 0) {
		hop->no_memory = true;
		return CURL_WRITEFUNC_ERROR;
	}
	tr->owner->buffered += len;
	return len;
}

/* ---- the request ---- */

static int set_manners(CURL *easy)
{
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* Without it the end of a transfer, and so the loop, would wait for the resolver thread. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_ACCEPT_ENCODING, "");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_PIPEWAIT, 0L);
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

	if (set_manners(easy) != 0 || set_callbacks(easy, tr) != 0 || transfer_route_prepare(tr, request) != 0)
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

int transfer_hop_start(struct transfer *tr)
{
	CURL *easy = tr->easy;
	int64_t left_ms = tr->deadline_ms - clock_mono_ms();

	if (left_ms <= 0)
		return -ETIMEDOUT;
	response_head_release(&tr->hop.head);
	tr->hop = (struct hop){0};
	tr->hop_timeout_ms = left_ms;
	if (tr->by_proxy && !transfer_route_may_ask_proxy(tr))
		return -EACCES;
	SET(CURLOPT_URL, tr->visited[tr->visited_count - 1]);
	SET(CURLOPT_TIMEOUT_MS, (long)left_ms);
	/* With a time of 0 there is no limit, but curl calls on_progress() each second. */
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, 0L);
	return transfer_loop_add(tr);
}

/* ---- how it ended ---- */

static enum poll_failure tell(struct error *err, enum poll_failure failure, const char *sentence)
{
	(void)error_set(err, -EIO, "%s", sentence);
	return failure;
}

static enum poll_failure judge_refused(const struct hop *hop, struct error *err)
{
	if (hop->addresses_refused > 1)
		(void)error_set(err, -EACCES, "all %u addresses are refused: %s", hop->addresses_refused, hop->refused);
	else
		(void)error_set(err, -EACCES, "%s", hop->refused);
	return FAILURE_FORBIDDEN;
}

static enum poll_failure tell_slow_head(struct error *err, int64_t within_ms)
{
	char limit[TIME_TEXT_MAX];

	(void)error_set(err, -ETIMEDOUT, "the answer's headers came too slowly: not complete within %s",
		duration_format(limit, within_ms));
	return FAILURE_TOO_SLOW;
}

/* Names the step that was not done in time, by the progress of the request. */
static enum poll_failure judge_timeout(const struct transfer *tr, struct error *err)
{
	char limit[TIME_TEXT_MAX];
	int64_t connect_ms = tr->owner->connect_timeout_ms;
	curl_off_t resolved = 0, ready = 0, begun = 0;
	long local_port = 0;
	const char *what = NULL;
	enum poll_failure failure = FAILURE_TIMEOUT;

	if (tr->hop.head.complete) {
		(void)error_set(
			err, -ETIMEDOUT, "the body came too slowly: %zu bytes when given up", tr->answer.body.len);
		return FAILURE_TOO_SLOW;
	}
	(void)curl_easy_getinfo(tr->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
	/* The connect time includes TLS; the local port is known before TLS. */
	(void)curl_easy_getinfo(tr->easy, CURLINFO_LOCAL_PORT, &local_port);
	(void)curl_easy_getinfo(tr->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	(void)curl_easy_getinfo(tr->easy, CURLINFO_STARTTRANSFER_TIME_T, &begun);
	if (begun > 0)
		return tell_slow_head(err, tr->timeout_ms);
	if (ready > 0) {
		(void)error_set(err, -ETIMEDOUT, "no answer within %s", duration_format(limit, tr->timeout_ms));
		return FAILURE_TIMEOUT;
	}
	if (local_port > 0) {
		what = "no TLS connection";
	} else if (resolved > 0) {
		what = "no connection";
	} else {
		what = "the name was not resolved";
		failure = FAILURE_DNS;
	}
	(void)error_set(err, -ETIMEDOUT, "%s within %s", what,
		duration_format(limit, connect_ms < tr->hop_timeout_ms ? connect_ms : tr->timeout_ms));
	return failure;
}

static enum poll_failure judge_connect(const struct transfer *tr, const char *sentence, struct error *err)
{
	long os_errno = 0;
	int cause = tr->hop.socket_errno;

	if (cause == EMFILE || cause == ENFILE || cause == ENOMEM || cause == ENOBUFS) {
		(void)error_sys(err, -cause, "cannot open a socket");
		return FAILURE_INTERNAL;
	}
	(void)curl_easy_getinfo(tr->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (os_errno > 0 && os_errno != EINPROGRESS)
		(void)error_sys(err, -(int)os_errno, "cannot connect");
	else
		(void)error_set(err, -ECONNREFUSED, "cannot connect: %s", sentence);
	return FAILURE_CONNECT;
}

/* An expired certificate, or one not yet valid, often means that our own clock is wrong, so the sentence has our time.
 */
static enum poll_failure judge_tls(const struct transfer *tr, const char *sentence, struct error *err)
{
	char shown[TIME_TEXT_MAX];
	long result = 0;

	(void)curl_easy_getinfo(tr->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	if (result != X509_V_ERR_CERT_NOT_YET_VALID && result != X509_V_ERR_CERT_HAS_EXPIRED)
		return tell(err, FAILURE_TLS, sentence);
	(void)error_set(err, -EIO, "%s, by this machine's clock, which shows %s", sentence,
		time_format_rfc3339(shown, clock_wall_ms()));
	return FAILURE_TLS;
}

static enum poll_failure judge_code(const struct transfer *tr, CURLcode code, struct error *err)
{
	const char *sentence = tr->hop.curl_text[0] != '\0' ? tr->hop.curl_text : curl_easy_strerror(code);
	curl_off_t first_byte = 0;

	/* Curl has some hundred codes. Codes that a GET over http and https cannot meet, and those for a peer that
	 * breaks the protocol, share one failure. */
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
		return tell(err, FAILURE_DNS, sentence);
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_INTERFACE_FAILED || code == CURLE_PROXY)
		return judge_connect(tr, sentence, err);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return judge_timeout(tr, err);
	if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
		code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER || code == CURLE_SSL_ISSUER_ERROR ||
		code == CURLE_SSL_INVALIDCERTSTATUS || code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CLIENTCERT)
		return judge_tls(tr, sentence, err);
	if (code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CRL_BADFILE || code == CURLE_SSL_ENGINE_NOTFOUND ||
		code == CURLE_SSL_ENGINE_SETFAILED || code == CURLE_SSL_ENGINE_INITFAILED ||
		code == CURLE_FAILED_INIT || code == CURLE_NOT_BUILT_IN || code == CURLE_BAD_FUNCTION_ARGUMENT ||
		code == CURLE_UNRECOVERABLE_POLL)
		return tell(err, FAILURE_INTERNAL, sentence);
	/* Our own callbacks that end a transfer have set the failure already. */
	if (code == CURLE_ABORTED_BY_CALLBACK) {
		(void)error_set(err, -EIO, "given up, since all transfers had to begin anew%s%s",
			tr->owner->fault != NULL ? ": " : "", tr->owner->fault != NULL ? tr->owner->fault : "");
		return FAILURE_INTERNAL;
	}
	if (code == CURLE_PARTIAL_FILE)
		return tell(err, FAILURE_PROTOCOL, "the answer is shorter than its Content-Length or broken off");
	if (code == CURLE_GOT_NOTHING)
		return tell(err, FAILURE_PROTOCOL, "the server closed the connection without an answer");
	if (code == CURLE_OUT_OF_MEMORY) {
		/* Curl gives this code also for a single header line over its own limit. */
		(void)curl_easy_getinfo(tr->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
		if (first_byte > 0 && !tr->hop.head.complete)
			return tell(err, FAILURE_TOO_LARGE, "the answer has a header line without an end");
		return tell(err, FAILURE_INTERNAL, sentence);
	}
	return tell(err, FAILURE_PROTOCOL, sentence);
}

enum poll_failure transfer_hop_judge(struct transfer *tr, CURLcode code, struct error *err)
{
	const struct hop *hop = &tr->hop;

	if (hop->addresses_refused > 0 && hop->addresses_tried == 0)
		return judge_refused(hop, err);
	if (hop->head_too_large) {
		(void)error_set(
			err, -EMSGSIZE, "the answer's headers are larger than %d KiB", LIMIT_RESPONSE_HEADERS / 1024);
		return FAILURE_TOO_LARGE;
	}
	if (hop->head_too_slow)
		return tell_slow_head(err, window_s(tr, HEAD_WINDOW_S) * 1000);
	if (hop->body_is_bomb) {
		(void)error_set(err, -EMSGSIZE, "the answer unpacks to more than %d times its size", UNPACK_RATIO_MAX);
		return FAILURE_TOO_LARGE;
	}
	if (hop->body_over_share) {
		(void)error_set(err, -EMSGSIZE, "the answer is large at a time when many are: given up at %zu KiB",
			tr->answer.body.len / 1024);
		return FAILURE_TOO_LARGE;
	}
	if (hop->body_too_large) {
		char limit[TIME_TEXT_MAX];

		(void)error_set(
			err, -EMSGSIZE, "the answer is larger than %s", size_format(limit, (int64_t)tr->max_body));
		return FAILURE_TOO_LARGE;
	}
	if (hop->no_memory) {
		(void)error_sys(err, -ENOMEM, "cannot keep the answer");
		return FAILURE_INTERNAL;
	}
	/* Only a full answer needs its body. Any other status counts once the head is complete, even if the body broke
	 * off. */
	if (hop->head.complete && !transfer_status_is_full(hop->head.status))
		return FAILURE_NONE;
	if (code != CURLE_OK)
		return judge_code(tr, code, err);
	if (!hop->head.complete)
		return tell(err, FAILURE_PROTOCOL, "the server did not answer in HTTP");
	return FAILURE_NONE;
}
