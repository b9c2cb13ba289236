/* SPDX-License-Identifier: ISC */
/* Transfers against a scripted server on loopback: what is sent, what is taken, many at once.  Redirects are in
 * transfer_redirect_test.c, what hostile servers do in transfer_hostile_test.c. */
#include "transfer_fixture.h"

static const char feed[] = "<rss version=\"2.0\"><channel><title>Harbour watch</title></channel></rss>";

/* ---- what the server does ---- */

static bool answer_feed(struct exchange *x)
{
	return loopback_printf(x,
		"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\nContent-Length: %zu\r\n"
		"ETag:  W/\"odd \\\"one\\\", \xe9\" \r\nLast-Modified: Mon, 23 Nov 2026 10:52:35 GMT\r\n"
		"Content-Location: /real\r\nContent-Language: de-AT\r\nCache-Control: public, max-age=600\r\n"
		"Age: 100\r\n\r\n%s",
		sizeof(feed) - 1, feed);
}

static bool answer_conditional(struct exchange *x)
{
	char value[256];

	if (loopback_field(x->request, "If-None-Match", value, sizeof(value)))
		return loopback_printf(x, "HTTP/1.1 304 Not Modified\r\nETag: \"two\"\r\n\r\n");
	return answer_feed(x);
}

static bool answer_delta(struct exchange *x)
{
	char value[256];

	if (loopback_field(x->request, "A-IM", value, sizeof(value)) && strcmp(value, "feed") == 0)
		return loopback_printf(x,
			"HTTP/1.1 226 IM Used\r\nIM: feed\r\nETag: \"three\"\r\nContent-Length: %zu\r\n\r\n%s",
			sizeof(feed) - 1, feed);
	return answer_feed(x);
}

static bool answer_early_hints(struct exchange *x)
{
	return loopback_printf(x, "HTTP/1.1 103 Early Hints\r\nETag: \"hint\"\r\n\r\n") && answer_feed(x);
}

static const struct loopback_route routes[] = {
	{"/never", .text = "", .then = LOOPBACK_WAITS},
	{"/feed", .answer = answer_feed},
	{"/conditional", .answer = answer_conditional},
	{"/delta", .answer = answer_delta},
	{"/odd-delta", .text = "HTTP/1.1 226 IM Used\r\nIM: diffe\r\nETag: \"x\"\r\nContent-Length: 3\r\n\r\n<>1"},
	{"/always-304", .text = "HTTP/1.1 304 Not Modified\r\n\r\n"},
	{"/busy", .text = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\nETag: \"error page\"\r\n"
			  "Content-Length: 4\r\n\r\nwait"},
	{"/challenge", .text = "HTTP/1.1 403 Forbidden\r\ncf-mitigated: challenge\r\nContent-Length: 5\r\n\r\nthink"},
	{"/gone", .text = "HTTP/1.1 410 Whatever\r\nContent-Length: 0\r\n\r\n"},
	{"/early-hints", .answer = answer_early_hints},
	{"/trailers",
		.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: \"head\"\r\n\r\n4\r\nnews\r\n0\r\n"
			"ETag: \"trailer\"\r\nContent-Type: text/evil\r\n\r\n"},
	{NULL},
};

/* ---- the tests ---- */

static void begin(void)
{
	fixture_start(routes);
}

TEST_WITH(full_answer, begin, end)
{
	struct result *r = get("/feed#fragment");

	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(r->answer.http_status, 200);
	assert_int_equal(r->answer.body.len, sizeof(feed) - 1);
	assert_memory_equal(r->answer.body.data, feed, sizeof(feed) - 1);
	assert_string_equal(r->answer.final_url, url("/feed"));
	assert_string_equal(r->answer.etag, "W/\"odd \\\"one\\\", \xe9\"");
	assert_string_equal(r->answer.last_modified, "Mon, 23 Nov 2026 10:52:35 GMT");
	assert_string_equal(r->answer.content_type, "application/rss+xml; charset=utf-8");
	assert_string_equal(r->answer.content_location, "/real");
	assert_string_equal(r->answer.content_language, "de-AT");
	assert_null(r->answer.permanent_url);
	assert_int_equal(r->answer.retry_after_ms, -1);
	assert_int_equal(r->answer.fresh_ms, 500000);
	assert_true(r->answer.received > (int64_t)sizeof(feed) + 200);
}

TEST_WITH(request_says_what_it_should_and_no_more, begin, end)
{
	static const char *const absent[] = {
		"If-None-Match", "If-Modified-Since", "Cookie", "Referer", "Authorization"};
	char value[256];

	get("/feed");
	assert_int_equal(strncmp(server.log[0], "GET /feed HTTP/1.1\r\n", 20), 0);
	assert_true(loopback_field(server.log[0], "User-Agent", value, sizeof(value)));
	assert_string_equal(value, "sitrepd/test");
	assert_true(loopback_field(server.log[0], "Accept-Encoding", value, sizeof(value)));
	assert_non_null(strstr(value, "gzip"));
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		if (loopback_field(server.log[0], absent[i], value, sizeof(value)))
			fail_msg("%s: %s", absent[i], value);
}

TEST_WITH(validators_go_back_byte_for_byte, begin, end)
{
	struct transfer_request request = fetcher_request(&fetcher, url("/conditional"));
	struct result *r;
	const char *first, *second;

	request.etag = "W/\"odd \\\"one\\\", \xe9\"";
	request.last_modified = "yesterday,  or so";
	r = fetcher_get(&fetcher, &request);
	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(r->answer.http_status, 304);
	assert_int_equal(r->answer.body.len, 0);
	assert_string_equal(r->answer.etag, "\"two\"");
	assert_null(r->answer.last_modified);
	first = strstr(server.log[0], "\r\nIf-None-Match: W/\"odd \\\"one\\\", \xe9\"\r\n");
	second = strstr(server.log[0], "\r\nIf-Modified-Since: yesterday,  or so\r\n");
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
}

TEST_WITH(304_unasked_is_a_fault, begin, end)
{
	struct result *r = get("/always-304");

	assert_int_equal(r->answer.failure, FAILURE_PROTOCOL);
	assert_int_equal(r->answer.http_status, 304);
}

TEST_WITH(http_errors, begin, end)
{
	struct result *r = get("/busy");

	assert_int_equal(r->answer.failure, FAILURE_HTTP);
	assert_int_equal(r->answer.http_status, 429);
	assert_string_equal(r->answer.error.text, "429 Too Many Requests");
	assert_int_equal(r->answer.retry_after_ms, 120000);
	assert_null(r->answer.etag);
	assert_int_equal(r->answer.body.len, 0);
	r = get("/gone");
	assert_int_equal(r->answer.failure, FAILURE_HTTP);
	assert_int_equal(r->answer.http_status, 410);
	assert_string_equal(r->answer.error.text, "410 Gone");
	assert_string_equal(get("/nothing-here")->answer.error.text, "404 Not Found");
}

TEST_WITH(interim_answers_and_trailers_do_not_count, begin, end)
{
	struct result *r = get("/early-hints");

	assert_int_equal(r->answer.http_status, 200);
	assert_string_equal(r->answer.etag, "W/\"odd \\\"one\\\", \xe9\"");
	r = get("/trailers");
	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_string_equal(r->answer.etag, "\"head\"");
	assert_null(r->answer.content_type);
}

TEST_WITH(bad_urls_are_told_by_the_callback, begin, end)
{
	static const char *const bad[] = {"file:///etc/passwd", "ftp://example.org/feed", "no url", "http://", ""};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct transfer_request request = fetcher_request(&fetcher, bad[i]);
		struct result *r = fetcher_get(&fetcher, &request);

		assert_int_equal(r->answer.failure, FAILURE_PROTOCOL);
		assert_int_equal(r->answer.http_status, 0);
	}
}

/* ---- many at once ---- */

enum { MANY = 100 };

struct chain {
	int left;
	struct transfer *victim;
	int victims_heard;
};

static void on_victim(void *arg, struct transfer_answer *answer)
{
	struct chain *c = arg;

	(void)answer;
	c->victims_heard++;
}

/* From inside a callback: one more is begun, another one is cancelled. */
static void on_link(void *arg, struct transfer_answer *answer)
{
	struct chain *c = arg;
	char never[128];
	struct transfer_request request;
	struct error err;

	snprintf(never, sizeof(never), "%s", url("/never"));
	request = fetcher_request(&fetcher, url("/feed"));
	assert_int_equal(answer->failure, FAILURE_NONE);
	transfer_cancel(c->victim);
	c->victim = NULL;
	if (--c->left == 0) {
		assert_int_equal(event_base_loopbreak(fetcher.base), 0);
		return;
	}
	assert_non_null(transfer_start(fetcher.transfers, &request, on_link, c, &err));
	request.url = never;
	c->victim = transfer_start(fetcher.transfers, &request, on_victim, c, &err);
	assert_non_null(c->victim);
}

TEST_WITH(callbacks_may_start_and_cancel, begin, end)
{
	struct chain chain = {.left = MANY};
	struct transfer_request request = fetcher_request(&fetcher, url("/feed"));
	struct error err;

	assert_non_null(transfer_start(fetcher.transfers, &request, on_link, &chain, &err));
	assert_int_equal(event_base_dispatch(fetcher.base), 0);
	assert_int_equal(chain.left, 0);
	assert_int_equal(chain.victims_heard, 0);
	assert_int_equal(transfers_active(fetcher.transfers), 0);
	assert_int_equal(transfers_buffered(fetcher.transfers), 0);
}

struct crowd {
	int left;
	int good;
};

static void on_one_of_many(void *arg, struct transfer_answer *answer)
{
	struct crowd *c = arg;

	c->good += answer->failure == FAILURE_NONE && answer->body.len == sizeof(feed) - 1;
	if (--c->left == 0)
		event_base_loopbreak(fetcher.base);
}

TEST_WITH(many_at_once, begin, end)
{
	struct crowd crowd = {.left = MANY};
	struct error err;

	for (int i = 0; i < MANY; i++) {
		struct transfer_request request = fetcher_request(&fetcher, url(i % 2 == 0 ? "/feed" : "/early-hints"));

		assert_non_null(transfer_start(fetcher.transfers, &request, on_one_of_many, &crowd, &err));
	}
	assert_int_equal(transfers_active(fetcher.transfers), MANY);
	assert_int_equal(event_base_dispatch(fetcher.base), 0);
	assert_int_equal(crowd.good, MANY);
	assert_int_equal(transfers_active(fetcher.transfers), 0);
}

TEST_WITH(free_with_transfers_under_way, begin, end)
{
	struct crowd crowd = {.left = 1000};
	struct transfer_request request = fetcher_request(&fetcher, url("/feed"));
	struct error err;

	for (int i = 0; i < 10; i++)
		assert_non_null(transfer_start(fetcher.transfers, &request, on_one_of_many, &crowd, &err));
	assert_true(event_base_loop(fetcher.base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
	/* end() frees them; the sanitizer would see what is left over */
	crowd.good = 0;
}

TEST_WITH(challenge_is_named, begin, end)
{
	struct result *r = get("/challenge");

	assert_int_equal(r->answer.failure, FAILURE_HTTP);
	assert_int_equal(r->answer.http_status, 403);
	assert_non_null(strstr(r->answer.error.text, "Cloudflare"));
}

/* RFC 3229: only with a validator is there anything to be a difference from. */
TEST_WITH(delta, begin, end)
{
	struct transfer_request r = fetcher_request(&fetcher, url("/delta"));
	struct result *result = fetcher_get(&fetcher, &r);

	assert_int_equal(result->answer.http_status, 200);
	r.url = url("/delta");
	r.etag = "\"two\"";
	result = fetcher_get(&fetcher, &r);
	assert_int_equal(result->answer.failure, FAILURE_NONE);
	assert_int_equal(result->answer.http_status, 226);
	assert_int_equal(result->answer.body.len, sizeof(feed) - 1);
	assert_string_equal(result->answer.etag, "\"three\"");
	r.url = url("/odd-delta");
	result = fetcher_get(&fetcher, &r);
	assert_int_equal(result->answer.failure, FAILURE_PROTOCOL);
	assert_null(result->answer.etag);
	assert_int_equal(result->answer.body.len, 0);
	result = get("/odd-delta");
	assert_int_equal(result->answer.failure, FAILURE_PROTOCOL);
}
