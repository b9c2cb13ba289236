/* SPDX-License-Identifier: ISC */
/* http_hostile_test.c: clients that mean no good, or too many of them, or that stay for long. */
#include "http_fixture.h"

#include <microhttpd.h>

FIXTURE(fixture, setup, teardown)

/* ---- paths ---- */

TEST_ON(paths, fixture, f)
{
	assert_status(f, "GET", "/document?since=1&x=%00", "", 200);
	assert_status(f, "GET", "/%64ocument", "", 200);
	assert_status(f, "GET", "/%C3%a9+%2f%3F%25", "", 404);
	assert_status(f, "GET", "//document", "", 404);
	assert_string_equal(f->paths.data, "[/document][/document][/\xc3\xa9+/?%][//document]");
}

TEST_ON(paths_that_nobody_means, fixture, f)
{
	static const char *const paths[] = {
		"/document%00", "/%00document", "/a%0d%0ab", "/%1b[31m", "/%7f", "/%", "/%4", "/%zz", "/%u0041"};
	char path[2048] = "/";

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_status(f, "GET", paths[i], "", 400);
	memset(path + 1, 'x', sizeof(path) - 2);
	assert_status(f, "GET", path, "", 400);
	assert_int_equal(f->paths.len, 0);
}

TEST_ON(no_http, fixture, f)
{
	static const struct str requests[] = {
		{"\r\n\r\n\r\nGET\r\n\r\n", 13},
		{"GET /document HTTP/1.1\r\nConnection: close\r\n\r\n", 45},
		{"GET /document HTTP/1.1\r\nHost: a\r\nno colon here\r\n\r\n", 51},
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct str heard = buf_str(&converse(f, requests[i])->raw);

		/* a word why, or none; never the document */
		assert_true(
			heard.len == 0 || str_starts(heard, STR("HTTP/1.1 4")) || str_starts(heard, STR("HTTP/1.0 4")));
	}
	assert_int_equal(f->paths.len, 0);
	assert_status(f, "GET", "/document", "", 200);
}

TEST_ON(headers_without_end, fixture, f)
{
	struct buf *request = scratch(256 * 1024);
	struct answer *a;

	buf_puts(request, "GET /document HTTP/1.1\r\nHost: localhost\r\n");
	for (int i = 0; i < 2000; i++)
		buf_printf(request, "X-Header-%d: some words\r\n", i);
	buf_puts(request, "\r\n");
	a = converse(f, buf_str(request));
	/* it may hang up before the client has said all; what it said is a refusal */
	if (a->raw.len > 0) {
		take_apart(a);
		assert_int_equal(a->status, 431);
	}
	assert_int_equal(f->paths.len, 0);
}

/* ---- connections ---- */

/* One answer with a body of len bytes on a connection that stays. */
static const struct answer *hear_one(struct fixture *f, int fd, size_t len)
{
	struct answer *a = new_answer(f);

	while (str_find(buf_str(&a->raw), STR("\r\n\r\n"), 0) == STR_NPOS ||
		a->raw.len < str_find(buf_str(&a->raw), STR("\r\n\r\n"), 0) + 4 + len)
		assert_true(hear(f, fd, &a->raw));
	take_apart(a);
	assert_int_equal(a->body.len, len);
	return a;
}

TEST_ON(one_connection_many_requests, fixture, f)
{
	int fd = connect_to(f);

	for (int i = 0; i < 5; i++) {
		const struct answer *a;

		send_all(fd, STR("GET /document HTTP/1.1\r\nHost: localhost\r\n\r\n"));
		a = hear_one(f, fd, DOCUMENT_LEN);
		assert_int_equal(a->status, 200);
		assert_true(is_document(a->body));
	}
	assert_int_equal(stats_of(f).requests, 5);
	assert_int_equal(stats_of(f).connections, 1);
	close(fd);
}

TEST_ON(connections_are_bounded, fixture, f)
{
	struct buf *heard = scratch(ANSWER_MAX);
	int fds[CONNECTIONS_MAX];

	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		fds[i] = connect_to(f);
		send_all(fds[i], STR("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"));
		hear_one(f, fds[i], 100);
	}
	/* the one that has waited longest goes for another one */
	assert_status(f, "GET", "/document", "", 200);
	assert_false(hear(f, fds[0], heard));
	assert_int_equal(stats_of(f).dropped[HTTP_DROP_ROOM], 1);
	assert_int_equal(stats_of(f).connections, CONNECTIONS_MAX - 1);
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		close(fds[i]);
	/* room again, as soon as the server has noticed */
	while (stats_of(f).connections > 0)
		assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	assert_status(f, "GET", "/document", "", 200);
}

/* ---- heads that can be read in two ways ---- */

/* The status of the first answer; 0: hung up without one. */
static int status_of(struct fixture *f, const char *request)
{
	struct str heard = buf_str(&converse(f, str_from(request))->raw);
	long long status = 0;

	if (heard.len > 12)
		assert_true(str_to_int(str_slice(heard, 9, 12), &status));
	/* No part of it is taken for another request.  (libmicrohttpd sends the head of a refusal of its own twice.) */
	for (size_t at = 0; (at = str_find(heard, STR("HTTP/1."), at)) != STR_NPOS; at++)
		if (!str_starts(str_slice(heard, at + 9, heard.len), str_slice(heard, 9, 12)))
			fail_msg("%s gives %.*s", request, STR_ARG(heard));
	return (int)status;
}

TEST_ON(ambiguous_heads, fixture, f)
{
	static const char *const requests[] = {
		"GET /document HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
		"GET /document HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcdeGET / "
		"HTTP/1.1\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
		"POST /document HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd",
		"POST /document HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd",
		"POST /document HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nabcd",
		"POST /document HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
		"chunked\r\n\r\n0\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
		"chunked\r\n\r\n0\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
		"chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
		"POST /document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
		"GET /document HTTP/1.1\r\n Host: a\r\n\r\n",
		"GET /document HTTP/1.1\r\nHost a\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		int status = status_of(f, requests[i]);

		if (status != 400 && status != 0 && status != 413)
			fail_msg("%s gives %d", requests[i], status);
	}
	assert_int_equal(f->paths.len, 0);
	assert_int_equal(status_of(f, requests[0]), 400);
	/* libmicrohttpd 1.0 refuses most of them itself */
	assert_true(stats_of(f).ambiguous >= (MHD_VERSION < 0x01000000 ? 8 : 1));
	assert_status(f, "GET", "/document", "", 200);
}

/* ---- crowds ---- */

/* The whole is answered in order, sixty-four requests a turn at most. */
TEST_ON(pipelined, fixture, f)
{
	enum { REQUESTS = 500 };
	struct buf *requests = scratch(ANSWER_MAX);
	size_t count = 0;
	struct str heard;

	for (int i = 0; i < REQUESTS; i++)
		buf_puts(requests, i == REQUESTS - 1 ? "GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
						     : "GET /small HTTP/1.1\r\nHost: a\r\n\r\n");
	heard = buf_str(&converse(f, buf_str(requests))->raw);
	for (size_t at = 0; (at = str_find(heard, STR("HTTP/1.1 200"), at)) != STR_NPOS; at++)
		count++;
	assert_int_equal(count, REQUESTS);
	assert_true(stats_of(f).turn_requests_max <= HTTP_TURN_REQUESTS);
}

/* A handler that takes several turns, and a server that ends while it does. */
TEST_ON(later, fixture, f)
{
	int fd;

	f->turns_needed = 3;
	assert_status(f, "GET", "/slow", "", 200);
	assert_string_equal(f->paths.data, "[/slow][/slow again][/slow again][/slow again]");
	assert_int_equal(stats_of(f).requests, 1);
	assert_int_equal(stats_of(f).postponed, 3);
	f->turns_needed = 1000000;
	fd = connect_to(f);
	send_all(fd, STR("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
	while (stats_of(f).postponed < 10)
		assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	assert_status(f, "GET", "/small", "", 200);
	close(fd);
}

/* The document goes while it is being sent: whoever gets it gets it whole. */
TEST_ON(document_replaced_while_sent, fixture, f)
{
	int fd = connect_to(f);

	send_all(fd, STR("GET /document HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	while (f->paths.len == 0)
		assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	http_body_unref(f->document);
	f->document = make_body(DOCUMENT_LEN, true);
	assert_true(is_document(hear_one(f, fd, DOCUMENT_LEN)->body));
	close(fd);
}

TEST_ON(end_with_open_connections, fixture, f)
{
	struct buf *heard = scratch(ANSWER_MAX);
	int fd = connect_to(f);

	send_all(fd, STR("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\nGET /sm"));
	hear_one(f, fd, 100);
	http_server_free(f->server);
	f->server = NULL;
	assert_false(hear(f, fd, heard));
	close(fd);
}
