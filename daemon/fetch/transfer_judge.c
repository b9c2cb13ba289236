/* SPDX-License-Identifier: ISC */
/* How a request ended: the failure and its sentence, and the fault of the server that a second request works around. */
#include <errno.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/base/units.h"
#include "transfer_state.h"

/* CURLE_TOO_LARGE, new in curl 8.6: a header line over 100 KiB, or more than 5000 header lines. */
enum { CODE_TOO_LARGE = 100 };

static enum poll_failure set_failure(struct error *err, enum poll_failure failure, const char *sentence)
{
	error_set(err, -EIO, "%s", sentence);
	return failure;
}

static enum poll_failure judge_refused(const struct hop *hop, struct error *err)
{
	if (hop->addresses_refused > 1)
		error_set(err, -EACCES, "all %u addresses are refused: %s", hop->addresses_refused, hop->refused);
	else
		error_set(err, -EACCES, "%s", hop->refused);
	return FAILURE_FORBIDDEN;
}

static enum poll_failure tell_slow_head(struct error *err, int64_t within_ms)
{
	char limit[TIME_TEXT_MAX];

	error_set(err, -ETIMEDOUT, "the answer's headers came too slowly: not complete within %s",
		duration_format(limit, within_ms));
	return FAILURE_TOO_SLOW;
}

/* Curl's connect time includes TLS, so the local port is asked for: older ones (7.88) know it before TLS. */
static bool has_connected(const struct transfer *tr)
{
	long local_port = 0;

	curl_easy_getinfo(tr->easy, CURLINFO_LOCAL_PORT, &local_port);
	return local_port > 0 || tr->hop.tls_begun;
}

bool transfer_is_unreached(const struct transfer *tr, enum poll_failure failure)
{
	return failure == FAILURE_DNS || failure == FAILURE_CONNECT ||
	       (failure == FAILURE_TIMEOUT && !has_connected(tr));
}

/* Names the step that took too long, by the progress of the request. */
static enum poll_failure judge_timeout(const struct transfer *tr, struct error *err)
{
	char limit[TIME_TEXT_MAX];
	int64_t connect_ms = tr->owner->connect_timeout_ms;
	curl_off_t resolved = 0, ready = 0, begun = 0;
	const char *what = NULL;
	enum poll_failure failure = FAILURE_TIMEOUT;

	if (tr->hop.head.complete) {
		error_set(err, -ETIMEDOUT, "the body came too slowly: %zu bytes when given up", tr->answer.body.len);
		return FAILURE_TOO_SLOW;
	}
	curl_easy_getinfo(tr->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
	curl_easy_getinfo(tr->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	curl_easy_getinfo(tr->easy, CURLINFO_STARTTRANSFER_TIME_T, &begun);
	if (begun > 0)
		return tell_slow_head(err, tr->timeout_ms);
	if (ready > 0) {
		error_set(err, -ETIMEDOUT, "no answer within %s", duration_format(limit, tr->timeout_ms));
		return FAILURE_TIMEOUT;
	}
	if (has_connected(tr)) {
		what = "no TLS connection";
	} else if (resolved > 0) {
		what = "no connection";
	} else {
		what = "the name was not resolved";
		failure = FAILURE_DNS;
	}
	error_set(err, -ETIMEDOUT, "%s within %s", what,
		duration_format(limit, connect_ms < tr->hop_timeout_ms ? connect_ms : tr->timeout_ms));
	return failure;
}

static enum poll_failure judge_connect(const struct transfer *tr, const char *sentence, struct error *err)
{
	long os_errno = 0;
	int cause = tr->hop.socket_errno;

	if (cause == EMFILE || cause == ENFILE || cause == ENOMEM || cause == ENOBUFS) {
		error_sys(err, -cause, "cannot open a socket");
		return FAILURE_INTERNAL;
	}
	curl_easy_getinfo(tr->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (os_errno > 0 && os_errno != EINPROGRESS)
		error_sys(err, -(int)os_errno, "cannot connect");
	else
		error_set(err, -ECONNREFUSED, "cannot connect: %s", sentence);
	return FAILURE_CONNECT;
}

static enum poll_failure tell_tls(const struct transfer *tr, const char *sentence, struct error *err)
{
	/* OpenSSL's words when allow-old-tls may help. */
	static const char *const old[] = {"unsupported protocol", "protocol version", "too small", "too weak",
		"unsafe legacy renegotiation", "handshake failure"};

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]) && !tr->allow_old_tls; i++) {
		if (strstr(sentence, old[i]) == NULL)
			continue;
		error_set(err, -EIO, "%s; allow-old-tls may help, see its cost in the manual", sentence);
		return FAILURE_TLS;
	}
	return set_failure(err, FAILURE_TLS, sentence);
}

/* A certificate that is expired or not yet valid often means that our own clock is wrong, so the sentence has our time.
 */
static enum poll_failure judge_tls(const struct transfer *tr, const char *sentence, struct error *err)
{
	char shown[TIME_TEXT_MAX];
	long result = 0;

	curl_easy_getinfo(tr->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	if (result != X509_V_ERR_CERT_NOT_YET_VALID && result != X509_V_ERR_CERT_HAS_EXPIRED)
		return tell_tls(tr, sentence, err);
	error_set(err, -EIO, "%s, by this machine's clock, which shows %s", sentence,
		time_format_rfc3339(shown, clock_wall_ms()));
	return FAILURE_TLS;
}

static enum poll_failure judge_code(const struct transfer *tr, CURLcode code, struct error *err)
{
	const char *sentence = tr->hop.curl_text[0] != '\0' ? tr->hop.curl_text : curl_easy_strerror(code);
	curl_off_t first_byte = 0;

	if (tr->hop.http2_tries >= HTTP2_TRIES_MAX && tr->hop.over_http2 &&
		(code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK))
		return set_failure(err, FAILURE_PROTOCOL, "the server refuses each stream of HTTP/2");
	/* Curl has some hundred codes.  FAILURE_PROTOCOL is for a server that breaks the protocol, and for all codes
	 * that are not listed: a GET over http and https cannot meet them. */
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
		return set_failure(err, FAILURE_DNS, sentence);
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
		return set_failure(err, FAILURE_INTERNAL, sentence);
	/* transfer_judge() has reported those of our own callbacks before: the multi handle has failed. */
	if (code == CURLE_ABORTED_BY_CALLBACK) {
		error_set(err, -EIO, "libcurl failed and was restarted%s%s", tr->owner->fault != NULL ? ": " : "",
			tr->owner->fault != NULL ? tr->owner->fault : "");
		return FAILURE_INTERNAL;
	}
	if (code == CURLE_PARTIAL_FILE)
		return set_failure(
			err, FAILURE_PROTOCOL, "the answer is shorter than its Content-Length or broken off");
	/* of a TLS connection that ends without a farewell, newer ones (8.14) tell OpenSSL's words */
	if (code == CURLE_GOT_NOTHING ||
		(code == CURLE_RECV_ERROR && tr->hop.head.bytes == 0 && strstr(sentence, "unexpected eof") != NULL))
		return set_failure(err, FAILURE_PROTOCOL, "the server closed the connection without an answer");
	if ((int)code == CODE_TOO_LARGE) {
		error_set(err, -EMSGSIZE, "the answer's headers are too large: %s", sentence);
		return FAILURE_TOO_LARGE;
	}
	if (code == CURLE_OUT_OF_MEMORY) {
		/* Curl gives this code also for a single header line over its own limit. */
		curl_easy_getinfo(tr->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
		if (first_byte > 0 && !tr->hop.head.complete)
			return set_failure(err, FAILURE_TOO_LARGE, "the answer has a header line without an end");
		return set_failure(err, FAILURE_INTERNAL, sentence);
	}
	return set_failure(err, FAILURE_PROTOCOL, sentence);
}

/* Whether bytes came after the end of a packed body: curl returns CURLE_WRITE_ERROR for them, and the body is whole.
 * This does not hold for gzip, where the bytes may be another member: it is unpacked again, without curl. */
static bool has_bytes_behind(const struct transfer *tr)
{
	struct str coding = str_from(tr->hop.head.fields[HEAD_CONTENT_ENCODING]);

	return tr->answer.body.len > 0 && (tr->quirks & QUIRK_ENCODING) == 0 &&
	       (str_eq_nocase(coding, STR("br")) || str_eq_nocase(coding, STR("deflate")) ||
		       str_eq_nocase(coding, STR("zstd")));
}

enum poll_failure transfer_judge(struct transfer *tr, CURLcode code, struct error *err)
{
	const struct hop *hop = &tr->hop;

	if (hop->addresses_refused > 0 && hop->addresses_tried == 0)
		return judge_refused(hop, err);
	if (hop->head_too_large) {
		error_set(err, -EMSGSIZE, "the answer's headers are larger than %d KiB", LIMIT_RESPONSE_HEADERS / 1024);
		return FAILURE_TOO_LARGE;
	}
	if (hop->head_too_slow)
		return tell_slow_head(err, transfer_window_s(tr, HEAD_WINDOW_S) * 1000);
	if (hop->body_is_bomb) {
		error_set(err, -EMSGSIZE, "the answer unpacks to more than %d times its size", UNPACK_RATIO_MAX);
		return FAILURE_TOO_LARGE;
	}
	if (hop->body_over_share) {
		error_set(err, -EMSGSIZE,
			"the answer is large while many large answers are under way: given up at %zu KiB",
			tr->answer.body.len / 1024);
		return FAILURE_TOO_LARGE;
	}
	if (hop->body_too_large) {
		char limit[TIME_TEXT_MAX];

		error_set(err, -EMSGSIZE, "the answer is larger than %s", size_format(limit, (int64_t)tr->max_body));
		return FAILURE_TOO_LARGE;
	}
	if (hop->body_is_damaged)
		return set_failure(err, FAILURE_PROTOCOL, "the answer is gzip and does not unpack");
	if (hop->no_memory) {
		error_sys(err, -ENOMEM, "cannot keep the answer");
		return FAILURE_INTERNAL;
	}
	/* Only a full answer needs its body.  Any other status counts when the head is complete, even if the body broke
	 * off. */
	if (hop->head.complete && !transfer_status_is_full(hop->head.status))
		return FAILURE_NONE;
	if (code == CURLE_WRITE_ERROR && has_bytes_behind(tr))
		return FAILURE_NONE;
	if (code != CURLE_OK)
		return judge_code(tr, code, err);
	if (!hop->head.complete)
		return set_failure(err, FAILURE_PROTOCOL, "the server did not answer in HTTP");
	return FAILURE_NONE;
}

unsigned transfer_find_quirk(const struct transfer *tr, CURLcode code, enum poll_failure failure)
{
	const struct hop *hop = &tr->hop;

	if (failure != FAILURE_PROTOCOL || hop->body_is_damaged)
		return 0;
	if ((code == CURLE_BAD_CONTENT_ENCODING || code == CURLE_WRITE_ERROR) && (tr->quirks & QUIRK_ENCODING) == 0)
		return QUIRK_ENCODING;
	if (hop->over_http2 && tr->http == TRANSFER_HTTP_AUTO && (tr->quirks & QUIRK_HTTP2) == 0)
		return QUIRK_HTTP2;
	return 0;
}

void transfer_note_quirks(struct transfer *tr, enum poll_failure failure, const struct error *err)
{
	static const struct {
		enum server_quirk quirk;
		const char *message;
	} words[] = {
		{QUIRK_HTTP2, "a server's HTTP/2 fails, it is asked over HTTP/1.1 for a day"},
		{QUIRK_ENCODING, "a Content-Encoding is wrong, it is ignored for a day"},
	};
	const struct hop *hop = &tr->hop;
	const char *reason = tr->first_error.text;
	unsigned quirks = failure == FAILURE_NONE ? tr->tried_quirks : 0;
	char *server;

	if (failure == FAILURE_NONE && hop->http2_tries > 0 && !hop->over_http2) {
		/* Curl has repeated the request over HTTP/1.1 by itself, as the server asked (RFC 9113, 7). */
		quirks |= QUIRK_HTTP2;
		reason = "HTTP_1_1_REQUIRED";
	} else if ((failure == FAILURE_TIMEOUT || failure == FAILURE_TOO_SLOW) && hop->over_http2 &&
		   tr->http == TRANSFER_HTTP_AUTO) {
		/* No time is left to try HTTP/1.1, so the next poll does. */
		quirks |= QUIRK_HTTP2;
		reason = err->text;
	}
	if (quirks == 0)
		return;
	server = transfer_url_server(tr);
	/* An encoding is noted for the page, since each page may set its own; HTTP/2 for the server. */
	for (size_t i = 0; server != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
		if ((quirks & words[i].quirk) == 0)
			continue;
		server_quirks_note(&tr->owner->quirks,
			words[i].quirk == QUIRK_HTTP2 ? server : tr->visited[tr->visited_count - 1], words[i].quirk,
			clock_elapsed_ms());
		log_emit(LOG_LEVEL_NOTICE, words[i].message, "server", server, "reason", reason, NULL);
	}
	free(server);
}
