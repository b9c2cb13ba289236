/* SPDX-License-Identifier: ISC */
/* Servers that send too much, too slowly, or nonsense.  Each must cost one transfer, for a bounded time and
 * within the cap on memory, and be told by its name. */
#include <stdatomic.h>
#include <zlib.h>

#include "transfer_fixture.h"

enum {
	BOMB_SIZE = 64 * 1024 * 1024, /* decoded */
	SHORT_MS = 1000,              /* a timeout that is meant to be reached */
};

/* ---- what the server does ---- */

/* Zeros by the million in few kilobytes, made once. */
enum bomb { BOMB_GZIP, BOMB_TWICE, BOMB_ZSTD, BOMB_COUNT };
static struct buf bombs[BOMB_COUNT];

/* The same from brotli's encoder (quality 9, window 24), too long to be made by hand. */
static const unsigned char brotli_bomb[] = {0xcf, 0xff, 0xff, 0x7f, 0x00, 0x24, 0x00, 0xe2, 0xb1, 0x40, 0x72, 0xef,
	0xff, 0xf9, 0xff, 0xff, 0x0f, 0x80, 0x04, 0x40, 0x1c, 0x16, 0x80, 0xee, 0xfd, 0x3f, 0xff, 0xff, 0xf0, 0x19,
	0x00, 0x08, 0x8c, 0x30, 0x2d, 0x0b, 0xdf, 0xfc, 0xff, 0xff, 0xf7, 0xf0, 0x01, 0x20, 0x07, 0x15, 0x80, 0x0b,
	0xaf, 0x7f, 0xf0};

static bool send_packed(struct exchange *x, const char *coding, const void *data, size_t len)
{
	if (strstr(x->request, "/chunked ") != NULL)
		return loopback_printf(x,
			       "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n",
			       coding, len) &&
		       loopback_send(x, data, len) && loopback_printf(x, "\r\n0\r\n\r\n");
	if (coding == NULL)
		return loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len) &&
		       loopback_send(x, data, len);
	return loopback_printf(
		       x, "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %zu\r\n\r\n", coding, len) &&
	       loopback_send(x, data, len);
}

static bool answer_bomb(struct exchange *x)
{
	if (strstr(x->request, "/bomb/br") != NULL)
		return send_packed(x, "br", brotli_bomb, sizeof(brotli_bomb));
	if (strstr(x->request, "/bomb/zstd") != NULL)
		return send_packed(x, "zstd", bombs[BOMB_ZSTD].data, bombs[BOMB_ZSTD].len);
	if (strstr(x->request, "/bomb/twice") != NULL)
		return send_packed(x, "gzip, gzip", bombs[BOMB_TWICE].data, bombs[BOMB_TWICE].len);
	return send_packed(x,
		strstr(x->request, "/bomb/unannounced") != NULL ? NULL
		: strstr(x->request, "/bomb/unknown") != NULL   ? "rot13"
								: "gzip",
		bombs[BOMB_GZIP].data, bombs[BOMB_GZIP].len);
}

/* A long feed of much alike entries, as a press office's archive: what packs best of all that is honest. */
static struct buf archive, archive_packed;

static bool answer_archive(struct exchange *x)
{
	return send_packed(x, "gzip", archive_packed.data, archive_packed.len);
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

static bool answer_reset(struct exchange *x)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (strstr(x->request, "/reset/body") != NULL)
		loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>");
	else if (strstr(x->request, "/reset/head") != NULL)
		loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-");
	setsockopt(x->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return false;
}

static atomic_int dripped; /* bytes, of the last drip */

/* Each byte long before the transfer's time is up, all of them never. */
static bool drip(struct exchange *x, const char *text)
{
	struct pollfd closed = {.fd = x->fd, .events = POLLIN};

	for (dripped = 0;; text += text[1] != '\0') {
		if (!loopback_send(x, text, 1) || poll(&closed, 1, 20) != 0)
			return false;
		dripped++;
	}
}

static bool answer_slow_head(struct exchange *x)
{
	return drip(x, "HTTP/1.1 200 OK\r\nX-Slow: aa");
}

static bool answer_slow_body(struct exchange *x)
{
	return loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n") && drip(x, "<rs");
}

/* 1200 bytes a second, for longer than any window of the test, and then its end. */
static bool answer_slow_and_steady(struct exchange *x)
{
	struct pollfd closed = {.fd = x->fd, .events = POLLIN};
	char piece[300];

	memset(piece, 'x', sizeof(piece));
	if (!loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: 3600\r\n\r\n"))
		return false;
	for (int i = 0; i < 12; i++)
		if (!loopback_send(x, piece, sizeof(piece)) || poll(&closed, 1, 250) != 0)
			return false;
	return true;
}

static const struct loopback_route routes[] = {
	{"/bomb", .answer = answer_bomb},
	{"/archive", .answer = answer_archive},
	{"/damaged-gzip", .text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"
				  "\x1f\x8b\x08this is not gzip."},
	{"/announced-too-large", .text = "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n<rss>"},
	{"/without-end", .text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", .flood = "x"},
	{"/error-without-end", .text = "HTTP/1.1 503 Oops\r\nRetry-After: 7\r\nConnection: close\r\n\r\n",
		.flood = "x"},
	{"/exactly", .answer = answer_exactly},
	{"/shorter-than-said", .text = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss version=\"2.0\">",
		.then = LOOPBACK_CLOSES},
	{"/broken-chunk", .text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>\r\n",
		.then = LOOPBACK_CLOSES},
	{"/reset", .answer = answer_reset},
	{"/nothing", .text = "", .then = LOOPBACK_CLOSES},
	{"/garbage", .text = "220 mail.example.org ESMTP\r\n", .then = LOOPBACK_CLOSES},
	{"/silence", .text = "", .then = LOOPBACK_WAITS},
	{"/slow-head", .answer = answer_slow_head},
	{"/half-head", .text = "HTTP/1.1 200 OK\r\nContent-Type: app", .then = LOOPBACK_WAITS},
	{"/to-silence", .text = REDIRECT("302", "/silence")},
	{"/slow-body", .answer = answer_slow_body},
	{"/slow-and-steady", .answer = answer_slow_and_steady},
	{"/many-headers", .text = "HTTP/1.1 200 OK\r\n",
		.flood = "X-Flood: all work and no play makes a dull server\r\n"},
	{"/long-header", .text = "HTTP/1.1 200 OK\r\nX-Flood: ", .flood = "x"},
	{"/long-status", .text = "HTTP/1.1 200 ", .flood = "x"},
	{"/interim-for-ever", .text = "",
		.flood = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"},
	{NULL},
};

/* ---- the tests ---- */

static void begin(void)
{
	fixture_start(routes);
}

static struct result *get_within(const char *path, int64_t timeout_ms)
{
	struct transfer_request r = fetcher_request(&fetcher, url(path));

	r.timeout_ms = timeout_ms;
	return fetcher_get(&fetcher, &r);
}

TEST_WITH(bomb, begin, end)
{
	struct result *r = get("/bomb");

	assert_true(bombs[BOMB_GZIP].len < 100 * 1024);
	assert_failure(r, FAILURE_TOO_LARGE, "the answer is larger than 1M");
	assert_int_equal(r->answer.body.len, 0);
	/* all of it came in, and what it would have become was never held */
	assert_true(r->answer.received < 200 * 1024);
}

/* However large an answer may be. */
TEST_WITH(bombs_are_told_by_what_they_unpack_to, begin, end)
{
	static const char *const paths[] = {"/bomb/gzip", "/bomb/br", "/bomb/zstd", "/bomb/twice", "/bomb/gzip/chunked",
		"/bomb/br/chunked", "/bomb/zstd/chunked", "/bomb/unannounced", "/bomb/unknown"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct transfer_request request = fetcher_request(&fetcher, url(paths[i]));
		struct result *r;

		request.max_body = INT64_C(1024) * 1024 * 1024;
		r = fetcher_get(&fetcher, &request);
		if (r->answer.failure != FAILURE_TOO_LARGE ||
			strcmp(r->answer.error.text, "the answer unpacks to more than 200 times its size") != 0)
			fail_msg("%s: %s", paths[i], r->answer.error.text);
		assert_int_equal(r->answer.body.len, 0);
		/* the cap on size is there as before */
		assert_string_equal(get(paths[i])->answer.error.text, "the answer is larger than 1M");
	}
}

TEST_WITH(what_packs_well_is_no_bomb, begin, end)
{
	struct transfer_request request = fetcher_request(&fetcher, url("/archive"));
	struct result *r;

	request.max_body = INT64_C(64) * 1024 * 1024;
	r = fetcher_get(&fetcher, &request);
	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(r->answer.body.len, archive.len);
	assert_memory_equal(r->answer.body.data, archive.data, archive.len);
	assert_true(archive.len > 20 * archive_packed.len);
}

TEST_WITH(too_large, begin, end)
{
	assert_int_equal(get("/announced-too-large")->answer.failure, FAILURE_TOO_LARGE);
	assert_int_equal(get("/without-end")->answer.failure, FAILURE_TOO_LARGE);
}

TEST_WITH(exactly_the_cap_is_fine, begin, end)
{
	struct result *r = get("/exactly/fine");

	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(r->answer.body.len, FETCHER_MAX_BODY);
	assert_int_equal(get("/exactly/more")->answer.failure, FAILURE_TOO_LARGE);
}

TEST_WITH(error_page_is_not_read_to_its_end, begin, end)
{
	struct result *r = get("/error-without-end");

	assert_int_equal(r->answer.failure, FAILURE_HTTP);
	assert_int_equal(r->answer.http_status, 503);
	assert_int_equal(r->answer.retry_after_ms, 7000);
	assert_int_equal(r->answer.body.len, 0);
	assert_true(r->answer.received < 1024 * 1024);
}

TEST_WITH(broken_off, begin, end)
{
	static const char *const paths[] = {"/damaged-gzip", "/shorter-than-said", "/broken-chunk", "/reset/body",
		"/reset/head", "/reset/request", "/nothing", "/garbage"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct result *r = get(paths[i]);

		assert_int_equal(r->answer.failure, FAILURE_PROTOCOL);
		assert_true(r->answer.error.text[0] != '\0');
		assert_null(r->answer.etag);
	}
	assert_string_equal(get("/shorter-than-said")->answer.error.text,
		"the answer is shorter than its Content-Length or broken off");
}

TEST_WITH(too_slow, begin, end)
{
	struct result *r;

	assert_failure(get_within("/silence", SHORT_MS), FAILURE_TIMEOUT, "no answer within 1s");
	assert_int_equal(get_within("/slow-head", SHORT_MS)->answer.failure, FAILURE_TOO_SLOW);
	r = get_within("/slow-body", SHORT_MS);
	assert_int_equal(r->answer.failure, FAILURE_TOO_SLOW);
	assert_int_equal(r->answer.http_status, 200);
}

/* Long before its time is up. */
TEST_WITH(dripping_body_ends_by_its_rate, begin, end)
{
	struct result *r = get_within("/slow-body", 5900);

	assert_int_equal(r->answer.failure, FAILURE_TOO_SLOW);
	/* 50 bytes a second over all of its time would be 295, and the head */
	assert_true(r->answer.received < 220);
}

TEST_WITH(slow_but_steady_is_fine, begin, end)
{
	struct result *r = get_within("/slow-and-steady", 5900);

	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(r->answer.body.len, 3600);
}

TEST_WITH(dripping_head_ends_by_its_window, begin, end)
{
	static const char sentence[] = "the answer's headers came too slowly: not complete within 1s";

	assert_failure(get_within("/slow-head", 5900), FAILURE_TOO_SLOW, sentence);
	/* 50 bytes a second over all of its time would be 295 */
	assert_true(dripped > 0 && dripped < 200);
	/* a server that falls silent in the middle of it is no better */
	assert_failure(get_within("/half-head", 5900), FAILURE_TOO_SLOW, sentence);
	/* while one that has not begun may think */
	assert_string_equal(get_within("/silence", 3000)->answer.error.text, "no answer within 3s");
	/* also after another one has sent us there */
	assert_string_equal(get_within("/to-silence", 3000)->answer.error.text, "no answer within 3s");
}

TEST_WITH(header_floods, begin, end)
{
	static const char *const paths[] = {"/many-headers", "/long-header", "/long-status", "/interim-for-ever"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(get(paths[i])->answer.failure, FAILURE_TOO_LARGE);
}

TEST_WITH(nobody_listens, begin, end)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[64];
	struct transfer_request request;

	/* bound and not listening: nobody else can take the port meanwhile */
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	snprintf(text, sizeof(text), "http://127.0.0.1:%d/", ntohs(in.sin_port));
	request = fetcher_request(&fetcher, text);
	assert_failure(fetcher_get(&fetcher, &request), FAILURE_CONNECT, "cannot connect: Connection refused");
	close(fd);
}

TEST_WITH(no_tls_there, begin, end)
{
	char text[64];
	struct transfer_request request;
	struct result *r;

	snprintf(text, sizeof(text), "https://127.0.0.1:%d/garbage", server.port);
	request = fetcher_request(&fetcher, text);
	r = fetcher_get(&fetcher, &request);
	assert_int_equal(r->answer.failure, FAILURE_TLS);
	assert_non_null(strstr(r->answer.error.text, "SSL"));
}

TEST_WITH(no_such_name, begin, end)
{
	/* a label of more than 63 octets is refused before anybody is asked (RFC 1035, 2.3.4) */
	struct transfer_request request = fetcher_request(
		&fetcher, "http://a2345678901234567890123456789012345678901234567890123456789012345.invalid/feed");

	assert_int_equal(fetcher_get(&fetcher, &request)->answer.failure, FAILURE_DNS);
}

/* ---- packed bodies ---- */

static bool pack(struct buf *out, const struct buf *in)
{
	z_stream z = {0};
	bool packed;

	buf_init(out, in->len + 1024);
	if (buf_reserve(out, in->len / 2 + 1024) != 0 ||
		deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	z.next_in = (unsigned char *)in->data;
	z.avail_in = (uInt)in->len;
	z.next_out = (unsigned char *)out->data;
	z.avail_out = (uInt)(in->len / 2 + 1024);
	packed = deflate(&z, Z_FINISH) == Z_STREAM_END;
	out->len = z.total_out;
	return deflateEnd(&z) == Z_OK && packed;
}

/* RFC 8878: a frame of blocks that each say one byte and how often. */
static void pack_zstd(struct buf *out)
{
	enum { BLOCK = 128 * 1024, RUN = 1 << 1 };
	static const unsigned char head[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38}; /* window of BLOCK, no size */

	buf_init(out, BOMB_SIZE);
	buf_append(out, head, sizeof(head));
	for (size_t left = BOMB_SIZE; left > 0; left -= BLOCK) {
		uint32_t block = (uint32_t)BLOCK << 3 | RUN | (left == BLOCK);
		const unsigned char bytes[] = {
			(unsigned char)block, (unsigned char)(block >> 8), (unsigned char)(block >> 16), 0};

		buf_append(out, bytes, sizeof(bytes));
	}
}

static void make_bodies(void)
{
	struct buf zeros = BUF_INIT(BOMB_SIZE + 1);

	assert_int_equal(buf_reserve(&zeros, BOMB_SIZE), 0);
	memset(zeros.data, 0, BOMB_SIZE);
	zeros.len = BOMB_SIZE;
	buf_init(&archive, FETCHER_MAX_BODY * 8);
	for (int i = 0; i < 20000; i++)
		buf_printf(&archive,
			"<item><title>Contracts for the day number "
			"%d</title><link>https://news.example/contracts/%d</link>"
			"<guid>https://news.example/contracts/%d</guid><description>What the ministry has awarded "
			"today, "
			"with the names of the companies and the amounts.</description></item>\n",
			i * 7919 % 20000, i, i);
	assert_true(pack(&bombs[BOMB_GZIP], &zeros) && pack(&bombs[BOMB_TWICE], &bombs[BOMB_GZIP]) &&
		    pack(&archive_packed, &archive));
	pack_zstd(&bombs[BOMB_ZSTD]);
	buf_release(&zeros);
	assert_false(buf_failed(&archive) || buf_failed(&bombs[BOMB_ZSTD]));
}

static void free_bodies(void)
{
	for (size_t i = 0; i < BOMB_COUNT; i++)
		buf_release(&bombs[i]);
	buf_release(&archive);
	buf_release(&archive_packed);
}

TEST_GROUP(make_bodies, free_bodies)
