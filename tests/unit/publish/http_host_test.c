/* SPDX-License-Identifier: ISC */
/* http_host_test.c: for which names the server answers, however a request spells them. */
#include "http_fixture.h"

#include "sitrep/publish/http_access.h"

#include "../../../daemon/publish/http_host.h"

static void assert_read(const char *authority, enum http_host_kind kind, const char *name)
{
	struct str read;

	if (http_host_read(str_from(authority), &read) != kind)
		fail_msg("\"%s\" is not of kind %d", authority, (int)kind);
	if (name != NULL && !str_eq(read, str_from(name)))
		fail_msg("\"%s\" has the host \"%.*s\", not \"%s\"", authority, STR_ARG(read), name);
}

TEST(authorities)
{
	assert_read("news.example.org", HTTP_HOST_NAME, "news.example.org");
	assert_read("news.example.org:8484", HTTP_HOST_NAME, "news.example.org");
	assert_read("news.example.org.:8484", HTTP_HOST_NAME, "news.example.org");
	assert_read("nas", HTTP_HOST_NAME, "nas");
	assert_read("nas:", HTTP_HOST_NAME, "nas");
	assert_read("127.0.0.1:8484", HTTP_HOST_ADDRESS, "127.0.0.1");
	assert_read("192.0.2.7.", HTTP_HOST_ADDRESS, "192.0.2.7");
	assert_read("[::1]", HTTP_HOST_ADDRESS, "::1");
	assert_read("[2001:db8::7]:80", HTTP_HOST_ADDRESS, "2001:db8::7");
	assert_read("[fe80::1%25eth0]", HTTP_HOST_ADDRESS, NULL);
	/* such a number is resolved as a name */
	assert_read("127.1", HTTP_HOST_NAME, "127.1");
}

TEST(malformed_authorities)
{
	static const char *const bad[] = {"", ":80", ".", "a b", "user@news.example.org", "a/b", "a:x", "a:80:80",
		"a:65536", "[::1", "[::1]x", "[127.0.0.1]", "::1", "[]", "a,b", "a\tb", ".example.org"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_read(bad[i], HTTP_HOST_BAD, NULL);
}

TEST(absolute_targets)
{
	struct str authority = STR_NONE;
	const char *path;

	assert_true(http_host_split("http://a.example:80/x/y", &authority, &path));
	assert_true(str_eq(authority, STR("a.example:80")));
	assert_string_equal(path, "/x/y");
	assert_true(http_host_split("HTTPS://a.example", &authority, &path));
	assert_string_equal(path, "/");
	assert_false(http_host_split("/http://a.example/", &authority, &path));
	assert_string_equal(path, "/http://a.example/");
	assert_false(http_host_split("*", &authority, &path));
}

/* ---- requests ---- */

FIXTURE(fixture, setup, teardown)

static void take_names(struct fixture *f)
{
	static const char *hosts[] = {"nas", "b\xc3\xbc"
					     "cher.example"};
	const struct config c = {.http_hosts = hosts, .http_host_count = 2};
	struct error err = {0};
	struct http_access *access = http_access_new(&c, "https://News.example.org:8443/sitrep", &err);

	assert_non_null(access);
	http_server_set_access(f->server, access);
}

static void assert_answer(struct fixture *f, const char *target, const char *head, int status)
{
	struct buf *request = scratch(4096);
	const struct answer *a;

	buf_printf(request, "GET %s HTTP/1.%d\r\n%sConnection: close\r\n\r\n", target, head[0] != '\0', head);
	a = ask_raw(f, buf_str(request));
	if (a->status != status)
		fail_msg("%s with \"%s\" gives %d, not %d", target, head, a->status, status);
}

TEST_ON(names_of_the_server, fixture, f)
{
	take_names(f);
	assert_answer(f, "/small", "Host: news.example.org\r\n", 200);
	assert_answer(f, "/small", "Host: NEWS.Example.ORG.:8484\r\n", 200);
	assert_answer(f, "/small", "Host: nas:8484\r\n", 200);
	assert_answer(f, "/small", "Host: xn--bcher-kva.example\r\n", 200);
	assert_answer(f, "/small", "Host: LOCALHOST\r\n", 200);
	assert_answer(f, "/small", "Host: 203.0.113.9\r\n", 200);
	assert_answer(f, "/small", "Host: [2001:db8::1]:8484\r\n", 200);
	/* only HTTP/1.0 may leave it out */
	assert_answer(f, "/small", "", 200);
	assert_int_equal(stats_of(f).misdirected, 0);
}

TEST_ON(other_names, fixture, f)
{
	take_names(f);
	assert_answer(f, "/small", "Host: evil.example\r\n", 421);
	assert_answer(f, "/nowhere", "Host: example.org\r\n", 421);
	assert_answer(f, "/small", "Host: xnews.example.org\r\n", 421);
	assert_answer(f, "/small", "Host: 127.0.0.1.evil.example\r\n", 421);
	assert_int_equal(stats_of(f).misdirected, 4);
	assert_int_equal(f->paths.len, 0);
	assert_answer(f, "/small", "Host: a b\r\n", 400);
	assert_answer(f, "/small", "Host:\r\n", 400);
	assert_answer(f, "/small", "Host: nas\r\nHost: nas\r\n", 400);
	assert_answer(f, "/small", "Accept: text/html\r\n", 400);
	assert_int_equal(f->paths.len, 0);
}

/* RFC 9112, 3.2.2: the target's authority counts, not the Host field. */
TEST_ON(targets_that_are_whole_urls, fixture, f)
{
	take_names(f);
	assert_answer(f, "http://nas/small?a=b", "Host: evil.example\r\n", 200);
	assert_true(str_eq(buf_str(&f->paths), STR("[/small]")));
	assert_answer(f, "http://evil.example/small", "Host: nas\r\n", 421);
	assert_answer(f, "http:///small", "Host: nas\r\n", 400);
	assert_answer(f, "http://nas", "Host: nas\r\n", 404);
	assert_true(str_ends(buf_str(&f->paths), STR("[/]")));
}
