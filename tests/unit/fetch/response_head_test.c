/* SPDX-License-Identifier: ISC */
/* Heads of answers: which lines count, and what the times in them come to. */
#include "../../../daemon/fetch/response_head.h"
#include "../test.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)

/* Mon, 23 Nov 2026 10:52:35 GMT */
static const int64_t now_ms = INT64_C(1795431155000);

static void read_lines(struct response_head *h, const char *lines)
{
	struct str rest = str_from(lines), line;

	/* the empty line of a head is "\r" here, what stands behind the last line end is none */
	while (str_split(&rest, '\n', &line))
		if (line.len > 0)
			assert_int_equal(response_head_line(h, line), 0);
}

TEST(lines)
{
	struct response_head h = {0};
	char *taken;

	read_lines(&h, "HTTP/1.1 103 Early Hints\r\nETag: \"hint\"\r\n\r\n");
	assert_false(h.complete);
	read_lines(&h, "HTTP/2 200\r\netag:\"tight\"\r\nETAG: \"second\"\r\nLast-Modified:\t soon \t\r\n"
		       "Content-Type : text/plain\r\nno colon here\r\n folded: ETag\r\n");
	assert_false(h.complete);
	read_lines(&h, "\r\n");
	assert_true(h.complete);
	assert_int_equal(h.status, 200);
	assert_string_equal(h.fields[HEAD_ETAG], "\"tight\"");
	assert_string_equal(h.fields[HEAD_LAST_MODIFIED], "soon");
	/* white space before the colon makes it no field (RFC 9112, 5.1) */
	assert_null(h.fields[HEAD_CONTENT_TYPE]);
	read_lines(&h, "Content-Type: text/evil\r\n");
	assert_null(h.fields[HEAD_CONTENT_TYPE]);
	taken = response_head_take(&h, HEAD_ETAG);
	assert_null(h.fields[HEAD_ETAG]);
	free(taken);
	response_head_release(&h);
	assert_int_equal(h.status, 0);
}

TEST(what_could_not_be_sent_back_is_absent)
{
	struct response_head h = {0};
	char long_line[5000] = "ETag: \"";

	assert_int_equal(response_head_line(&h, STR("ETag: a\rb")), 0);
	assert_int_equal(response_head_line(&h, STR("ETag: a\0b")), 0);
	assert_int_equal(response_head_line(&h, STR("ETag: a\x1b[2J")), 0);
	assert_int_equal(response_head_line(&h, STR("ETag:  \r\n")), 0);
	memset(long_line + 7, 'x', sizeof(long_line) - 8);
	assert_int_equal(response_head_line(&h, str_from(long_line)), 0);
	assert_null(h.fields[HEAD_ETAG]);
	assert_int_equal(response_head_line(&h, STR("ETag: \xff\xfe")), 0);
	assert_string_equal(h.fields[HEAD_ETAG], "\xff\xfe");
	response_head_release(&h);
}

TEST(status_lines)
{
	static const struct {
		const char *line;
		int status;
	} cases[] = {
		{"HTTP/1.1 200 OK", 200},
		{"HTTP/1.0 404", 404},
		{"HTTP/2 301 ", 301},
		{"HTTP/3 999", 999},
		{"HTTP/1.1 99 Low", 0},
		{"HTTP/1.1 1000 High", 0},
		{"HTTP/1.1", 0},
		{"HTTP/1.1 abc", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct response_head h = {0};

		assert_int_equal(response_head_line(&h, str_from(cases[i].line)), 0);
		assert_int_equal(h.status, cases[i].status);
		response_head_release(&h);
	}
}

struct time_case {
	const char *lines;
	int64_t ms;
};

static void check_times(
	const struct time_case *cases, size_t count, int64_t (*ms_of)(const struct response_head *h, int64_t now_ms))
{
	for (size_t i = 0; i < count; i++) {
		struct response_head h = {0};

		read_lines(&h, cases[i].lines);
		if (ms_of(&h, now_ms) != cases[i].ms)
			fail_msg("%s: %lld", cases[i].lines, (long long)ms_of(&h, now_ms));
		response_head_release(&h);
	}
}

TEST(retry_after)
{
	static const struct time_case cases[] = {
		{"", -1},
		{"Retry-After: 120", 120000},
		{"Retry-After: 0", 0},
		{"Retry-After: -1", -1},
		{"Retry-After: 1.5", -1},
		{"Retry-After: soon", -1},
		{"Retry-After: 99999999999999999999999", HEAD_WAIT_MAX_MS},
		{"Retry-After: Mon, 23 Nov 2026 11:52:35 GMT", HOUR},
		{"Retry-After: Mon, 23 Nov 2026 09:52:35 GMT", 0},
		/* by the server's own clock, which is ten minutes slow */
		{"Retry-After: Mon, 23 Nov 2026 11:52:35 GMT\nDate: Mon, 23 Nov 2026 10:42:35 GMT", HOUR + 10 * MINUTE},
		{"Retry-After: Monday, 23-Nov-26 11:52:35 GMT", HOUR},
		{"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", HEAD_WAIT_MAX_MS},
	};

	check_times(cases, sizeof(cases) / sizeof(cases[0]), response_head_retry_after_ms);
}

TEST(freshness)
{
	static const struct time_case cases[] = {
		{"", -1},
		{"Cache-Control: public", -1},
		{"Cache-Control: max-age=600", 10 * MINUTE},
		{"Cache-Control: public,max-age=600, must-revalidate", 10 * MINUTE},
		{"Cache-Control: MAX-AGE=\"600\"", 10 * MINUTE},
		{"Cache-Control: max-age = 600", 10 * MINUTE},
		{"Cache-Control: ext=\"max-age=5, no-store\", max-age=600", 10 * MINUTE},
		{"Cache-Control: ext=\"a \\\" b\", max-age=600", 10 * MINUTE},
		{"Cache-Control: ext=\"never closed, max-age=600", -1},
		{"Cache-Control: s-maxage=5, max-age=600", 10 * MINUTE},
		{"Cache-Control: x-max-age=600", -1},
		{"Cache-Control: max-age=600, max-age=5", 10 * MINUTE},
		{"Cache-Control: max-age=600, no-cache", 0},
		{"Cache-Control: no-store, max-age=600", 0},
		{"Cache-Control: no-cache=\"set-cookie\", max-age=600", 10 * MINUTE},
		{"Cache-Control: max-age=600\nCache-Control: no-store", 0},
		{"Cache-Control: max-age=ten", 0},
		{"Cache-Control: max-age", 0},
		{"Cache-Control: max-age=-5", 0},
		{"Cache-Control: max-age=99999999999999999999", HEAD_WAIT_MAX_MS},
		{"Cache-Control: max-age=600\nAge: 100", 500000},
		{"Cache-Control: max-age=600\nAge: 700", 0},
		{"Cache-Control: max-age=600\nAge: odd", 10 * MINUTE},
		{"Cache-Control: max-age=600\nExpires: Mon, 23 Nov 2026 20:52:35 GMT", 10 * MINUTE},
		{"Expires: Mon, 23 Nov 2026 11:52:35 GMT", HOUR},
		{"Expires: Mon, 23 Nov 2026 11:52:35 GMT\nDate: Mon, 23 Nov 2026 11:22:35 GMT", HOUR / 2},
		{"Expires: Mon, 23 Nov 2026 09:52:35 GMT", 0},
		{"Expires: 0", 0},
		{"Expires: Mon, 23 Nov 2026 11:52:35 GMT\nCache-Control: no-cache", 0},
		{"Cache-Control: ,,  ,", -1},
		{"Cache-Control: =5,max-age=600", 10 * MINUTE},
	};

	check_times(cases, sizeof(cases) / sizeof(cases[0]), response_head_fresh_ms);
}

TEST(words)
{
	assert_string_equal(http_status_words(404), "Not Found");
	assert_string_equal(http_status_words(410), "Gone");
	assert_null(http_status_words(299));
}
