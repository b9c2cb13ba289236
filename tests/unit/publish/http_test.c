/* SPDX-License-Identifier: ISC */
/* http_test.c: what clients are answered: documents, nothing new, and the packed form to whoever takes it. */
#include "../../../daemon/publish/compression.h"
#include "http_fixture.h"

#include <zlib.h>

/* ---- answers ---- */

FIXTURE(fixture, setup, teardown)

TEST_ON(get, fixture, f)
{
	const struct answer *a = ask(f, "GET", "/document", "");

	assert_int_equal(a->status, 200);
	assert_true(is_document(a->body));
	assert_header(a, "Content-Length", "20000");
	assert_header(a, "Content-Type", "application/atom+xml; charset=utf-8");
	assert_header(a, "Cache-Control", "max-age=60");
	assert_header(a, "Last-Modified", MODIFIED);
	assert_header(a, "Vary", "Accept-Encoding");
	assert_header(a, "X-Content-Type-Options", "nosniff");
	assert_true(str_starts(header(a, "Content-Security-Policy"), STR("default-src 'none'")));
	assert_no_header(a, "Content-Encoding");
	assert_true(header(a, "ETag").len > 2);
	assert_int_equal(stats_of(f).requests, 1);
}

TEST_ON(head, fixture, f)
{
	static const char *const same[] = {
		"ETag", "Content-Length", "Content-Type", "Last-Modified", "Cache-Control", "Vary", "Content-Encoding"};
	static const char *const asked[] = {"", "Accept-Encoding: gzip\r\n"};

	for (size_t i = 0; i < 2; i++) {
		const struct answer *get = ask(f, "GET", "/document", asked[i]);
		const struct answer *head = ask(f, "HEAD", "/document", asked[i]);

		assert_int_equal(head->status, 200);
		assert_int_equal(head->body.len, 0);
		for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++)
			assert_true(str_eq(header(get, same[k]), header(head, same[k])));
	}
	assert_status(f, "HEAD", "/nowhere", "", 404);
}

TEST_ON(unknown_path, fixture, f)
{
	const struct answer *a = ask(f, "GET", "/nowhere", "If-None-Match: *\r\n");

	assert_int_equal(a->status, 404);
	assert_true(str_eq(a->body, STR("404\n")));
	assert_header(a, "Content-Type", "text/plain; charset=utf-8");
	/* nobody is to keep that */
	assert_no_header(a, "Cache-Control");
	assert_no_header(a, "ETag");
	a = ask(f, "GET", "/busy", "");
	assert_int_equal(a->status, 503);
	assert_true(str_eq(a->body, STR("503\n")));
}

TEST_ON(other_methods, fixture, f)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH", "PROPFIND", "get"};
	const struct answer *a;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		a = ask(f, methods[i], "/document", "");

		assert_int_equal(a->status, 405);
		assert_header(a, "Allow", "GET, HEAD, OPTIONS");
		assert_true(str_eq(a->body, STR("405\n")));
	}
	/* with a body, which is swallowed */
	a = ask_raw(
		f, STR("POST /document HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 11\r\n\r\n"
		       "hello=world"));
	assert_int_equal(a->status, 405);
	assert_int_equal(f->paths.len, 0);
}

/* ---- conditional requests ---- */

TEST_ON(if_none_match, fixture, f)
{
	static const struct {
		const char *value; /* %s: the tag */
		int status;
	} cases[] = {
		{"\"%s\"", 304},
		{"W/\"%s\"", 304},
		{"\"%s-gz\"", 304},
		{"\"other\", \"%s\"", 304},
		{"\"other\" , W/\"%s-gz\",\"more\"", 304},
		{"*", 304},
		{"\"other\"", 200},
		{"%s", 200},
		{"\"%s", 200},
		{"\"%s2\"", 200},
		{"\"\"", 200},
		{"\"", 200},
		{"", 200},
	};
	char tag[64], value[160], line[256];

	get_tag(f, tag);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *hole = strstr(cases[i].value, "%s");

		snprintf(value, sizeof(value), "%.*s%s%s",
			hole != NULL ? (int)(hole - cases[i].value) : (int)strlen(cases[i].value), cases[i].value,
			hole != NULL ? tag : "", hole != NULL ? hole + 2 : "");
		snprintf(line, sizeof(line), "If-None-Match: %s\r\n", value);
		assert_status(f, "GET", "/document", line, cases[i].status);
		assert_status(f, "HEAD", "/document", line, cases[i].status);
	}
	assert_int_equal(stats_of(f).not_modified, 12);
}

TEST_ON(not_modified, fixture, f)
{
	char tag[64], line[128], quoted[80];
	const struct answer *a;

	get_tag(f, tag);
	snprintf(line, sizeof(line), "If-None-Match: \"%s\"\r\n", tag);
	snprintf(quoted, sizeof(quoted), "\"%s\"", tag);
	a = ask(f, "GET", "/document", line);
	assert_int_equal(a->status, 304);
	assert_int_equal(a->body.len, 0);
	/* RFC 9110, 15.4.5: what a 200 would have had */
	assert_header(a, "ETag", quoted);
	assert_header(a, "Cache-Control", "max-age=60");
	assert_header(a, "Vary", "Accept-Encoding");
	assert_no_header(a, "Content-Encoding");
	/* what may not be kept cannot be the same as what was */
	assert_status(f, "GET", "/live", line, 200);
	/* the tag is made from the bytes: another document has another, the same bytes the same */
	assert_status(f, "GET", "/small", line, 200);
	http_body_unref(f->document);
	f->document = make_body(DOCUMENT_LEN, false);
	assert_status(f, "GET", "/document", line, 304);
	http_body_unref(f->document);
	f->document = make_body(DOCUMENT_LEN, true);
	assert_status(f, "GET", "/document", line, 200);
}

TEST_ON(if_modified_since, fixture, f)
{
	static const struct {
		const char *value;
		int status;
	} cases[] = {
		{MODIFIED, 304},
		{"Mon, 23 Nov 2026 10:00:01 GMT", 304},
		{"Mon, 23 Nov 2026 09:59:59 GMT", 200},
		{"Monday, 23-Nov-26 10:00:00 GMT", 304},
		{"Mon Nov 23 10:00:00 2026", 304},
		{"Sun, 22 Nov 2026 10:00:00 GMT", 200},
		{"yesterday", 200},
		{"", 200},
		{"1795428000", 200},
	};
	char line[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(line, sizeof(line), "If-Modified-Since: %s\r\n", cases[i].value);
		assert_status(f, "GET", "/document", line, cases[i].status);
	}
	/* RFC 9110, 13.1.3: the tag decides where there is one */
	assert_status(f, "GET", "/document", "If-None-Match: \"other\"\r\nIf-Modified-Since: " MODIFIED "\r\n", 200);
	assert_status(
		f, "GET", "/document", "If-None-Match: *\r\nIf-Modified-Since: Sun, 22 Nov 2026 10:00:00 GMT\r\n", 304);
}

/* ---- gzip ---- */

static bool unpacks(struct str packed)
{
	char *room = scratch_take(malloc(DOCUMENT_LEN + 1));
	z_stream z = {0};
	bool good;

	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	z.next_in = (Bytef *)packed.data;
	z.avail_in = (uInt)packed.len;
	z.next_out = (Bytef *)room;
	z.avail_out = DOCUMENT_LEN + 1;
	good = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0 && is_document(str_make(room, z.total_out));
	inflateEnd(&z);
	return good;
}

TEST_ON(gzip, fixture, f)
{
	size_t before = http_body_size(f->document);
	const struct answer *a = ask(f, "GET", "/document", "Accept-Encoding: gzip, deflate\r\n");
	char length[24];

	assert_int_equal(a->status, 200);
	assert_header(a, "Content-Encoding", "gzip");
	assert_header(a, "Vary", "Accept-Encoding");
	assert_true(a->body.len < DOCUMENT_LEN / 10);
	snprintf(length, sizeof(length), "%zu", a->body.len);
	assert_header(a, "Content-Length", length);
	assert_true(unpacks(a->body));
	/* another representation has another strong tag */
	assert_true(str_ends(header(a, "ETag"), STR("-gz\"")));
	/* its memory is counted */
	assert_int_equal(http_body_size(f->document), before + a->body.len);
	/* and the plain one is still there */
	assert_true(is_document(ask(f, "GET", "/document", "")->body));
}

TEST_ON(codings_by_weight, fixture, f)
{
	static const struct {
		const char *value;
		const char *coding,
			*gzip_only; /* of a build with all libraries, and of one with zlib alone; "": identity */
	} cases[] = {
		{"gzip", "gzip", "gzip"},
		{"GZip", "gzip", "gzip"},
		{"x-gzip", "gzip", "gzip"},
		{"br, gzip;q=0.5", "br", "gzip"},
		{"br;q=0.4, gzip;q=0.5", "gzip", "gzip"},
		{"gzip, deflate, br", "br", "gzip"},
		{"gzip, deflate, br, zstd", "zstd", "gzip"},
		{"zstd;q=0.9, br;q=0.91, gzip;q=0.2", "br", "gzip"},
		{"gzip;q=0.001", "gzip", "gzip"},
		{"gzip; q=1.0", "gzip", "gzip"},
		{"deflate , gzip", "gzip", "gzip"},
		{"*", "zstd", "gzip"},
		{"br;q=0, zstd;q=0, *", "gzip", "gzip"},
		{"br, *;q=0.1", "br", "gzip"},
		{"identity;q=0, gzip", "gzip", "gzip"},
		{"identity;q=0.5, gzip;q=0.5", "gzip", "gzip"},
		{"identity, gzip;q=0.5", "", ""},
		{"*;q=0, gzip", "gzip", "gzip"},
		{"gzip;q=0", "", ""},
		{"gzip; q=0", "", ""},
		{"gzip;q=0.000", "", ""},
		{"gzip;Q=0", "", ""},
		{"gzip;q=0, *", "zstd", ""},
		{"*, gzip;q=0", "zstd", ""},
		{"*;q=0", "", ""},
		{"identity", "", ""},
		{"br, deflate", "br", ""},
		{"gzippy, notgzip", "", ""},
		{"", "", ""},
		{",;,", "", ""},
	};
	bool all = compression_is_known(COMPRESSION_BROTLI) && compression_is_known(COMPRESSION_ZSTD);
	char line[128];

	if (!all && (compression_is_known(COMPRESSION_BROTLI) || compression_is_known(COMPRESSION_ZSTD)))
		return;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *coding = all ? cases[i].coding : cases[i].gzip_only;
		const struct answer *a;

		snprintf(line, sizeof(line), "Accept-Encoding: %s\r\n", cases[i].value);
		a = ask(f, "GET", "/document", line);
		assert_int_equal(a->status, 200);
		if (!str_eq(header(a, "Content-Encoding"), str_from(coding)))
			fail_msg("\"%s\" gets \"%.*s\"", cases[i].value, STR_ARG(header(a, "Content-Encoding")));
		assert_true(coding[0] == '\0'             ? is_document(a->body)
			    : strcmp(coding, "gzip") == 0 ? unpacks(a->body)
							  : a->body.len < DOCUMENT_LEN / 10);
	}
}

/* RFC 9110, 8.6: a 304 has no length but the one that a 200 has. */
TEST_ON(length_of_304, fixture, f)
{
	static const char *const codings[] = {"", "gzip", "br", "zstd"};

	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		char line[160], length[24];
		const struct answer *a;

		snprintf(line, sizeof(line), "Accept-Encoding: %s\r\n", codings[i]);
		a = ask(f, "GET", "/document", line);
		snprintf(length, sizeof(length), "%zu", a->body.len);
		assert_header(a, "Content-Length", length);
		/* the tag of each form stands for the document */
		snprintf(line, sizeof(line), "If-None-Match: %.*s\r\nAccept-Encoding: %s\r\n",
			STR_ARG(header(a, "ETag")), codings[i]);
		a = ask(f, "GET", "/document", line);
		assert_int_equal(a->status, 304);
		assert_int_equal(a->body.len, 0);
		assert_header(a, "Content-Length", length);
		assert_no_header(a, "Content-Encoding");
		assert_header(a, "Vary", "Accept-Encoding");
	}
}

TEST_ON(not_worth_compressing, fixture, f)
{
	static const char *const paths[] = {"/small", "/noise"};
	static const char *const lengths[] = {"100", "5000"};

	for (size_t i = 0; i < 2; i++) {
		/* twice each: a form that was refused once is not tried again, and not served as if it had been made */
		for (int k = 0; k < 2 * COMPRESSION_CODINGS; k++) {
			enum compression_coding c = (enum compression_coding)(k / 2);
			char line[64];
			const struct answer *a;

			if (!compression_is_known(c))
				continue;
			snprintf(line, sizeof(line), "Accept-Encoding: %s\r\n", compression_name(c));
			a = ask(f, "GET", paths[i], line);
			assert_int_equal(a->status, 200);
			assert_no_header(a, "Content-Encoding");
			assert_header(a, "Content-Length", lengths[i]);
			assert_int_equal(str_find_char(header(a, "ETag"), '-', 0), STR_NPOS);
		}
	}
}

/* ---- errors, ranges, origins ---- */

/* Browsers get a page, programs that want it JSON, and each leads home from where it is. */
TEST_ON(errors, fixture, f)
{
	static const struct {
		const char *path, *accept, *type, *body;
	} cases[] = {
		{"/a/b", "Accept: text/html,*/*;q=0.8\r\n", "text/html; charset=utf-8", "<a href=\"../\">"},
		{"/a", "Accept: text/html, application/json;q=0.5\r\n", "text/html; charset=utf-8", "<a href=\"./\">"},
		{"/a/b/c", "Accept: application/json\r\n", "application/json",
			"{\"status\":404,\"error\":\"Nothing is here: the address is wrong, or the page is "
			"gone.\","
			"\"home\":\"../../\"}\n"},
		{"/a.json", "Accept: */*\r\n", "application/json", "\"home\":\"./\""},
		{"/a\"><b>", "Accept: text/html\r\n", "text/html; charset=utf-8", "<h1>Not Found</h1>"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct answer *a = ask(f, "GET", cases[i].path, cases[i].accept);

		assert_int_equal(a->status, 404);
		assert_header(a, "Content-Type", cases[i].type);
		assert_true(str_find(a->body, str_from(cases[i].body), 0) != STR_NPOS);
		assert_true(str_find(a->body, STR("<b>"), 0) == STR_NPOS);
	}
}

TEST_ON(ranges, fixture, f)
{
	static const struct {
		const char *range;
		int status;
		size_t from, len;
		const char *content_range;
	} cases[] = {
		{"bytes=0-99", 206, 0, 100, "bytes 0-99/5000"},
		{"bytes=4990-", 206, 4990, 10, "bytes 4990-4999/5000"},
		{"bytes=-10", 206, 4990, 10, "bytes 4990-4999/5000"},
		{"bytes=-9999", 206, 0, 5000, "bytes 0-4999/5000"},
		{"bytes=100-999999", 206, 100, 4900, "bytes 100-4999/5000"},
		{"bytes=5000-", 416, 0, 0, "bytes */5000"},
		{"bytes=-0", 416, 0, 0, "bytes */5000"},
		{"bytes=0-1,3-4", 200, 0, 5000, NULL},
		{"bytes=9-1", 200, 0, 5000, NULL},
		{"bytes=-", 200, 0, 5000, NULL},
		{"bytes=x-1", 200, 0, 5000, NULL},
		{"pages=1-2", 200, 0, 5000, NULL},
	};
	const struct answer *whole = ask(f, "GET", "/closed", "");
	char fields[200];

	assert_header(whole, "Accept-Ranges", "bytes");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct answer *a;

		snprintf(fields, sizeof(fields), "Accept-Encoding: gzip\r\nRange: %s\r\n", cases[i].range);
		a = ask(f, "GET", "/closed", fields);
		assert_int_equal(a->status, cases[i].status);
		assert_true(str_eq(a->body, str_slice(whole->body, cases[i].from, cases[i].from + cases[i].len)));
		if (cases[i].content_range != NULL)
			assert_header(a, "Content-Range", cases[i].content_range);
	}
	/* only a part of what the client has parts of */
	snprintf(fields, sizeof(fields), "Range: bytes=0-9\r\nIf-Range: %.*s\r\n", STR_ARG(header(whole, "ETag")));
	assert_status(f, "GET", "/closed", fields, 206);
	assert_status(f, "GET", "/closed", "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n", 200);
	assert_status(f, "GET", "/closed", "Range: bytes=0-9\r\nIf-Range: " MODIFIED "\r\n", 206);
	assert_status(f, "HEAD", "/closed", "Range: bytes=0-9\r\n", 200);
	assert_status(f, "GET", "/document", "Range: bytes=0-9\r\n", 200);
}

TEST_ON(origins, fixture, f)
{
	const struct answer *a = ask(f, "GET", "/shared", "Origin: https://desk.example\r\n");

	assert_header(a, "Access-Control-Allow-Origin", "https://desk.example");
	assert_no_header(a, "Access-Control-Allow-Methods");
	assert_true(str_find(a->head, STR("Vary: Origin\r\n"), 0) != STR_NPOS);
	a = ask(f, "OPTIONS", "/shared", "Origin: https://desk.example\r\nAccess-Control-Request-Method: GET\r\n");
	assert_int_equal(a->status, 204);
	assert_int_equal(a->body.len, 0);
	assert_header(a, "Allow", "GET, HEAD, OPTIONS");
	assert_header(a, "Access-Control-Allow-Methods", "GET, HEAD");
	assert_header(
		a, "Access-Control-Allow-Headers", "A-IM, Authorization, If-Modified-Since, If-None-Match, Range");
	a = ask(f, "GET", "/document", "Origin: https://desk.example\r\n");
	assert_no_header(a, "Access-Control-Allow-Origin");
}
