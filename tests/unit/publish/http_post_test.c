/* SPDX-License-Identifier: ISC */
/* http_post_test.c: what is posted, where it is taken, and what happens to the rest. */
#include "../../../daemon/publish/http_internal.h"
#include "http_fixture.h"

enum { LIMIT = 20000 };

/* Answers with what it was given. */
static void echo(void *arg, const struct http_request *request, struct http_answer *answer)
{
	static const char *const methods[] = {"GET", "HEAD", "POST"};
	struct buf *piece = scratch(1000);
	struct buf out = BUF_INIT(64 * 1024);
	size_t len;

	(void)arg;
	buf_printf(&out, "%s %.*s", methods[request->method], STR_ARG(request->path));
	if (http_request_field(request, "Link", piece))
		buf_printf(&out, " link=%.*s", STR_ARG(buf_str(piece)));
	buf_clear(piece);
	if (http_request_argument(request, "hub.challenge", piece))
		buf_printf(&out, " challenge=%.*s", STR_ARG(buf_str(piece)));
	if (request->body != NULL && request->body->len > 100) {
		char *taken = buf_take(request->body, &len);

		buf_printf(&out, " body=%zu", len);
		free(taken);
	} else if (request->body != NULL) {
		buf_printf(&out, " body=%.*s", STR_ARG(buf_str(request->body)));
	}
	answer->status = 202;
	out.data = buf_take(&out, &len);
	answer->body = http_body_new(out.data, len, "text/plain", INT64_MIN);
}

static int judge(void *arg, struct str path, size_t *limit)
{
	(void)arg;
	*limit = LIMIT;
	return str_starts(path, STR("/in/")) ? 0 : str_eq(path, STR("/gone")) ? 410 : 405;
}

static void begin(struct fixture *f)
{
	const struct http_options options = {.max_connections = CONNECTIONS_MAX, .max_per_address = 2};
	struct error err = {0};

	setup(f);
	http_server_free(f->server);
	f->server = http_server_new(f->base, &options, echo, f, &err);
	assert_non_null(f->server);
	http_server_allow_post(f->server, judge);
	assert_int_equal(http_server_listen(f->server, f->listener, HTTP_FOR_ALL, &err), 0);
}

FIXTURE(fixture, begin, teardown)

static const struct answer *post(struct fixture *f, const char *path, const char *headers, size_t len)
{
	struct buf *request = scratch(64 * 1024);
	const struct answer *a;

	buf_printf(request,
		"POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s"
		"Content-Length: %zu\r\n\r\n",
		path, headers, len);
	for (size_t i = 0; i < len; i++)
		buf_putc(request, 'x');
	assert_false(buf_failed(request));
	a = ask_raw(f, buf_str(request));
	return a;
}

static void assert_body(const struct answer *a, int status, const char *expected)
{
	assert_int_equal(a->status, status);
	assert_string_equal(a->body.data, expected);
}

TEST_ON(body_arrives, fixture, f)
{
	assert_body(post(f, "/in/a%2Fb?x", "", 3), 202, "POST /in/a/b body=xxx");
	assert_body(post(f, "/in/", "", 0), 202, "POST /in/ body=");
	assert_body(post(f, "/in/", "", LIMIT), 202, "POST /in/ body=20000");
	assert_body(post(f, "/in/", "Link: <a>; rel=hub\r\nLINK: <b>; rel=self\r\n", 1), 202,
		"POST /in/ link=<a>; rel=hub, <b>; rel=self body=x");
	assert_int_equal(stats_of(f).requests, 4);
}

TEST_ON(chunks, fixture, f)
{
	assert_body(ask_raw(f, STR("POST /in/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")),
		202, "POST /in/ body=abcde");
}

TEST_ON(refused_by_the_head, fixture, f)
{
	assert_body(post(f, "/gone", "", 1000), 410, "410\n");
	assert_body(post(f, "/document", "", 1000), 405, "405\n");
	assert_body(post(f, "/in/%0a", "", 10), 400, "400\n");
	assert_body(post(f, "/in/", "", LIMIT + 1), 413, "413\n");
	/* so long that nobody listens to it: the body never comes here, and still there is an answer */
	assert_body(ask_raw(f, STR("POST /gone HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\nx")),
		413, "413\n");
}

TEST_ON(too_large_without_saying_so, fixture, f)
{
	struct buf *request = scratch(64 * 1024);

	buf_puts(request, "POST /in/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
			  "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < LIMIT / 1000 + 5; i++)
		buf_printf(request, "3e8\r\n%01000d\r\n", 0);
	buf_puts(request, "0\r\n\r\n");
	assert_false(buf_failed(request));
	assert_body(ask_raw(f, buf_str(request)), 413, "413\n");
}

TEST_ON(other_methods_are_as_before, fixture, f)
{
	assert_body(ask(f, "PUT", "/in/", ""), 405, "405\n");
	assert_body(ask(f, "GET", "/in/?hub.challenge=a%2Bb+c%26&hub.mode=x", ""), 202, "GET /in/ challenge=a+b c&");
	assert_body(ask(f, "GET", "/in/?hub.challenge=%0a", ""), 202, "GET /in/");
	assert_body(ask(f, "GET", "/in/?hub.challenge=%4", ""), 202, "GET /in/");
	assert_body(ask(f, "GET", "/in/?hub.challenge", ""), 202, "GET /in/");
}

/* A sender that goes away in the middle leaves nothing behind: later ones have all the room. */
TEST_ON(broken_off, fixture, f)
{
	for (int i = 0; i < 3; i++) {
		int fd = connect_to(f);

		send_all(fd, STR("POST /in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"));
		close(fd);
	}
	assert_body(post(f, "/in/", "", 3), 202, "POST /in/ body=xxx");
}

/* All uploads together have a limit; what was handed on counts until its request is over. */
TEST(all_together)
{
	enum { PIECE = 1024 * 1024, ROUNDS = 15 };
	char *piece = calloc(1, PIECE);
	size_t total = 0;
	struct http_upload *first = http_upload_new(0, 64 * PIECE, 0, &total);
	struct http_upload *second = http_upload_new(0, 64 * PIECE, 0, &total);

	assert_non_null(piece);
	assert_true(first != NULL && second != NULL);
	for (int i = 0; i < ROUNDS; i++)
		assert_true(http_upload_add(first, piece, PIECE));
	free(buf_take(&first->body, NULL));
	assert_true(http_upload_add(second, piece, PIECE));
	assert_int_equal(second->status, 0);
	assert_true(http_upload_add(second, piece, PIECE));
	assert_int_equal(second->status, 503);
	assert_int_equal(total, ROUNDS * PIECE);
	/* it is listened to for a while, and then no more */
	for (int i = 0; i < 7; i++)
		assert_true(http_upload_add(second, piece, PIECE));
	assert_false(http_upload_add(second, piece, PIECE));
	http_upload_free(first);
	assert_int_equal(total, 0);
	http_upload_free(second);
	assert_int_equal(total, 0);
	free(piece);
}
