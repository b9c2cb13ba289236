/* Servers that send too much, too slowly, or nonsense.  Each must cost one transfer, for a bounded time and
 * within the cap on memory, and be told by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <zlib.h>

#include "transfer_fixture.h"

enum {
	BOMB_SIZE = 64 * 1024 * 1024, /* decoded */
	SHORT_MS = 1000,              /* a timeout that is meant to be reached */
};

/* ---- what the server does ---- */

/* Zeros by the million in few kilobytes, made once. */
static unsigned char *bomb;
static size_t bomb_len;

static bool answer_bomb(struct exchange *x)
{
	return loopback_printf(
		       x, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", bomb_len) &&
	       loopback_send(x, bomb, bomb_len);
}

static bool answer_damaged_gzip(struct exchange *x)
{
	return loopback_printf(x,
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b\x08this is not gzip.");
}

static bool answer_announced_too_large(struct exchange *x)
{
	return loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n<rss>");
}

static bool answer_without_end(struct exchange *x)
{
	char block[4096];

	memset(block, 'x', sizeof(block));
	if (!loopback_printf(x, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"))
		return false;
	while (loopback_send(x, block, sizeof(block)))
		;
	return false;
}

static bool answer_error_without_end(struct exchange *x)
{
	char block[4096];

	memset(block, 'x', sizeof(block));
	if (!loopback_printf(x, "HTTP/1.1 503 Oops\r\nRetry-After: 7\r\nConnection: close\r\n\r\n"))
		return false;
	while (loopback_send(x, block, sizeof(block)))
		;
	return false;
}

static bool answer_exactly(struct exchange *x)
{
	char *body = calloc(1, FETCHER_MAX_BODY + 1);
	size_t size = strstr(x->request, "/exactly/more") != NULL ? FETCHER_MAX_BODY + 1 : FETCHER_MAX_BODY;
	bool sent;

	memset(body, 'x', size);
	/* no Content-Length, so that only counting tells */
	sent = loopback_printf(x, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n") && loopback_send(x, body, size);
	free(body);
	return sent && false;
}

static bool answer_shorter_than_said(struct exchange *x)
{
	(void)loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss version=\"2.0\">");
	return false;
}

static bool answer_broken_chunk(struct exchange *x)
{
	(void)loopback_printf(x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>\r\n");
	return false;
}

static bool answer_reset(struct exchange *x)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (strstr(x->request, "/reset/body") != NULL)
		(void)loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>");
	else if (strstr(x->request, "/reset/head") != NULL)
		(void)loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-");
	(void)setsockopt(x->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return false;
}

static bool answer_nothing(struct exchange *x)
{
	(void)x;
	return false;
}

static bool answer_garbage(struct exchange *x)
{
	(void)loopback_printf(x, "220 mail.example.org ESMTP\r\n");
	return false;
}

static bool answer_silence(struct exchange *x)
{
	loopback_wait_close(x);
	return false;
}

/* Each byte long before the transfer's time is up, all of them never. */
static bool drip(struct exchange *x, const char *text)
{
	struct pollfd closed = {.fd = x->fd, .events = POLLIN};

	for (;; text += text[1] != '\0')
		if (!loopback_send(x, text, 1) || poll(&closed, 1, 20) != 0)
			return false;
}

static bool answer_slow_head(struct exchange *x)
{
	return drip(x, "HTTP/1.1 200 OK\r\nX-Slow: aa");
}

static bool answer_slow_body(struct exchange *x)
{
	return loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n") && drip(x, "<rs");
}

static bool answer_many_headers(struct exchange *x)
{
	if (!loopback_printf(x, "HTTP/1.1 200 OK\r\n"))
		return false;
	while (loopback_printf(x, "X-Flood: all work and no play makes a dull server\r\n"))
		;
	return false;
}

static bool answer_long_header(struct exchange *x)
{
	char block[4096];

	memset(block, 'x', sizeof(block));
	if (!loopback_printf(x, "HTTP/1.1 200 OK\r\nX-Flood: "))
		return false;
	while (loopback_send(x, block, sizeof(block)))
		;
	return false;
}

static bool answer_long_status(struct exchange *x)
{
	char block[4096];

	memset(block, 'x', sizeof(block));
	if (!loopback_printf(x, "HTTP/1.1 200 "))
		return false;
	while (loopback_send(x, block, sizeof(block)))
		;
	return false;
}

static bool answer_interim_for_ever(struct exchange *x)
{
	while (loopback_printf(x, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"))
		;
	return false;
}

static const struct loopback_route routes[] = {
	{"/bomb", answer_bomb},
	{"/damaged-gzip", answer_damaged_gzip},
	{"/announced-too-large", answer_announced_too_large},
	{"/without-end", answer_without_end},
	{"/error-without-end", answer_error_without_end},
	{"/exactly", answer_exactly},
	{"/shorter-than-said", answer_shorter_than_said},
	{"/broken-chunk", answer_broken_chunk},
	{"/reset", answer_reset},
	{"/nothing", answer_nothing},
	{"/garbage", answer_garbage},
	{"/silence", answer_silence},
	{"/slow-head", answer_slow_head},
	{"/slow-body", answer_slow_body},
	{"/many-headers", answer_many_headers},
	{"/long-header", answer_long_header},
	{"/long-status", answer_long_status},
	{"/interim-for-ever", answer_interim_for_ever},
	{NULL, NULL},
};

/* ---- the tests ---- */

static int begin(void **state)
{
	(void)state;
	fixture_start(routes);
	return 0;
}

static struct result *get_within(const char *path, int64_t timeout_ms)
{
	struct transfer_request r = fetcher_request(&fetcher, url(path));

	r.timeout_ms = timeout_ms;
	return fetcher_get(&fetcher, &r);
}

static void test_bomb(void **state)
{
	struct result *r = get("/bomb");

	(void)state;
	assert_true(bomb_len < 100 * 1024);
	assert_int_equal(r->answer.failure, FAILURE_TOO_LARGE);
	assert_string_equal(r->answer.error.text, "the answer is larger than 1M");
	assert_int_equal(r->answer.body.len, 0);
	/* all of it came in, and what it would have become was never held */
	assert_true(r->answer.received < 200 * 1024);
}

static void test_too_large(void **state)
{
	(void)state;
	assert_int_equal(get("/announced-too-large")->answer.failure, FAILURE_TOO_LARGE);
	assert_int_equal(get("/without-end")->answer.failure, FAILURE_TOO_LARGE);
}

static void test_exactly_the_cap_is_fine(void **state)
{
	struct result *r = get("/exactly/fine");

	(void)state;
	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(r->answer.body.len, FETCHER_MAX_BODY);
	assert_int_equal(get("/exactly/more")->answer.failure, FAILURE_TOO_LARGE);
}

static void test_error_page_is_not_read_to_its_end(void **state)
{
	struct result *r = get("/error-without-end");

	(void)state;
	assert_int_equal(r->answer.failure, FAILURE_HTTP);
	assert_int_equal(r->answer.http_status, 503);
	assert_int_equal(r->answer.retry_after_ms, 7000);
	assert_int_equal(r->answer.body.len, 0);
	assert_true(r->answer.received < 1024 * 1024);
}

static void test_broken_off(void **state)
{
	static const char *const paths[] = {"/damaged-gzip", "/shorter-than-said", "/broken-chunk", "/reset/body",
		"/reset/head", "/reset/request", "/nothing", "/garbage"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct result *r = get(paths[i]);

		assert_int_equal(r->answer.failure, FAILURE_PROTOCOL);
		assert_true(r->answer.error.text[0] != '\0');
		assert_null(r->answer.etag);
	}
	assert_string_equal(get("/shorter-than-said")->answer.error.text,
		"the answer is shorter than its Content-Length or broken off");
}

static void test_too_slow(void **state)
{
	struct result *r = get_within("/silence", SHORT_MS);

	(void)state;
	assert_int_equal(r->answer.failure, FAILURE_TIMEOUT);
	assert_string_equal(r->answer.error.text, "no answer within 1s");
	assert_int_equal(get_within("/slow-head", SHORT_MS)->answer.failure, FAILURE_TIMEOUT);
	r = get_within("/slow-body", SHORT_MS);
	assert_int_equal(r->answer.failure, FAILURE_TOO_SLOW);
	assert_int_equal(r->answer.http_status, 200);
}

/* Long before its time is up. */
static void test_dripping_body_ends_by_its_rate(void **state)
{
	struct result *r = get_within("/slow-body", 5900);

	(void)state;
	assert_int_equal(r->answer.failure, FAILURE_TOO_SLOW);
	/* 50 bytes a second over all of its time would be 295, and the head */
	assert_true(r->answer.received < 220);
}

static void test_header_floods(void **state)
{
	static const char *const paths[] = {"/many-headers", "/long-header", "/long-status", "/interim-for-ever"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(get(paths[i])->answer.failure, FAILURE_TOO_LARGE);
}

static void test_nobody_listens(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[64];
	struct transfer_request request;
	struct result *r;

	(void)state;
	/* bound and not listening: nobody else can take the port meanwhile */
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%d/", ntohs(in.sin_port));
	request = fetcher_request(&fetcher, text);
	r = fetcher_get(&fetcher, &request);
	assert_int_equal(r->answer.failure, FAILURE_CONNECT);
	assert_string_equal(r->answer.error.text, "cannot connect: Connection refused");
	(void)close(fd);
}

static void test_no_tls_there(void **state)
{
	char text[64];
	struct transfer_request request;
	struct result *r;

	(void)state;
	(void)snprintf(text, sizeof(text), "https://127.0.0.1:%d/garbage", server.port);
	request = fetcher_request(&fetcher, text);
	r = fetcher_get(&fetcher, &request);
	assert_int_equal(r->answer.failure, FAILURE_TLS);
	assert_non_null(strstr(r->answer.error.text, "SSL"));
}

static void test_no_such_name(void **state)
{
	/* a label of more than 63 octets is refused before anybody is asked (RFC 1035, 2.3.4) */
	struct transfer_request request = fetcher_request(
		&fetcher, "http://a2345678901234567890123456789012345678901234567890123456789012345.invalid/feed");

	(void)state;
	assert_int_equal(fetcher_get(&fetcher, &request)->answer.failure, FAILURE_DNS);
}

/* ---- the bomb ---- */

static int make_bomb(void **state)
{
	static unsigned char zeros[64 * 1024];
	z_stream z = {0};
	size_t room = 256 * 1024;

	(void)state;
	bomb = malloc(room);
	if (bomb == NULL || deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	z.next_out = bomb;
	z.avail_out = (uInt)room;
	for (size_t i = 0; i <= BOMB_SIZE / sizeof(zeros); i++) {
		bool last = i == BOMB_SIZE / sizeof(zeros);

		z.next_in = zeros;
		z.avail_in = last ? 0 : sizeof(zeros);
		if (deflate(&z, last ? Z_FINISH : Z_NO_FLUSH) < 0)
			return -1;
	}
	bomb_len = z.total_out;
	return deflateEnd(&z) == Z_OK ? 0 : -1;
}

static int free_bomb(void **state)
{
	(void)state;
	free(bomb);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bomb, begin, end),
		cmocka_unit_test_setup_teardown(test_too_large, begin, end),
		cmocka_unit_test_setup_teardown(test_exactly_the_cap_is_fine, begin, end),
		cmocka_unit_test_setup_teardown(test_error_page_is_not_read_to_its_end, begin, end),
		cmocka_unit_test_setup_teardown(test_broken_off, begin, end),
		cmocka_unit_test_setup_teardown(test_too_slow, begin, end),
		cmocka_unit_test_setup_teardown(test_dripping_body_ends_by_its_rate, begin, end),
		cmocka_unit_test_setup_teardown(test_header_floods, begin, end),
		cmocka_unit_test_setup_teardown(test_nobody_listens, begin, end),
		cmocka_unit_test_setup_teardown(test_no_tls_there, begin, end),
		cmocka_unit_test_setup_teardown(test_no_such_name, begin, end),
	};

	return cmocka_run_group_tests(tests, make_bomb, free_bomb);
}
