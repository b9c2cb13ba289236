/* SPDX-License-Identifier: ISC */
/* Links: the examples of RFC 3986, what browsers forgive, normal forms, and judgements. */
#include "../scratch.h"
#include "sitrep/text/url.h"

struct example {
	const char *base;
	const char *given;
	const char *made;
};

#define RFC_BASE "http://a/b/c/d;p?q"

static const struct example resolved[] = {
	/* RFC 3986, 5.4.1 and 5.4.2 */
	{RFC_BASE, "g:h", "g:h"},
	{RFC_BASE, "g", "http://a/b/c/g"},
	{RFC_BASE, "./g", "http://a/b/c/g"},
	{RFC_BASE, "g/", "http://a/b/c/g/"},
	{RFC_BASE, "/g", "http://a/g"},
	{RFC_BASE, "//g", "http://g"},
	{RFC_BASE, "?y", "http://a/b/c/d;p?y"},
	{RFC_BASE, "g?y", "http://a/b/c/g?y"},
	{RFC_BASE, "#s", "http://a/b/c/d;p?q#s"},
	{RFC_BASE, "g#s", "http://a/b/c/g#s"},
	{RFC_BASE, "g?y#s", "http://a/b/c/g?y#s"},
	{RFC_BASE, ";x", "http://a/b/c/;x"},
	{RFC_BASE, "", "http://a/b/c/d;p?q"},
	{RFC_BASE, ".", "http://a/b/c/"},
	{RFC_BASE, "..", "http://a/b/"},
	{RFC_BASE, "../g", "http://a/b/g"},
	{RFC_BASE, "../..", "http://a/"},
	{RFC_BASE, "../../../g", "http://a/g"},
	{RFC_BASE, "/./g", "http://a/g"},
	{RFC_BASE, "/../g", "http://a/g"},
	{RFC_BASE, "g.", "http://a/b/c/g."},
	{RFC_BASE, "..g", "http://a/b/c/..g"},
	{RFC_BASE, "./g/.", "http://a/b/c/g/"},
	{RFC_BASE, "g/../h", "http://a/b/c/h"},
	{RFC_BASE, "g;x=1/../y", "http://a/b/c/y"},
	{RFC_BASE, "g?y/../x", "http://a/b/c/g?y/../x"},
	{RFC_BASE, "g#s/../x", "http://a/b/c/g#s/../x"},
	{RFC_BASE, "http:g", "http://a/b/c/g"},
	{"http://a/b#frag", "", "http://a/b"},
	/* a base without a path, and one with much */
	{"http://news.example", "x.html", "http://news.example/x.html"},
	{"http://news.example", "../x", "http://news.example/x"},
	{"http://u:p@news.example:33", "x", "http://u:p@news.example:33/x"},
	{"news://server/group/a", "b", "news://server/group/b"},
	/* what browsers forgive */
	{"https://a.example/b", " \n x y\t.html ", "https://a.example/x%20y.html"},
	{"  https://a.example/b \n", "c", "https://a.example/c"},
	{"https://a.example/b", "java\nscript:alert(1)", "javascript:alert(1)"},
	{"https://a.example/b", "\x01javascript:alert(1)", "javascript:alert(1)"},
	{"https://a.example/b", "\\c\\d?e\\f", "https://a.example/c/d?e%5Cf"},
	{"https://a.example/b", "///c.example/d", "https://c.example/d"},
	{"https://a.example/b", "http:\\\\c.example\\d", "http://c.example/d"},
	{"https://a.example/b", "http:c.example", "http://c.example"},
	{"https://a.example/b/", "https:c", "https://a.example/b/c"},
	{"", "http:/c.example/d", "http://c.example/d"},
	{"https://a.example/b", "\"<x>\"", "https://a.example/%22%3Cx%3E%22"},
	{"https://a.example/b", "{x}?{y}", "https://a.example/%7Bx%7D?{y}"},
	{"https://a.example/b", "100%?50%&a=%2f", "https://a.example/100%25?50%25&a=%2f"},
	{"https://a.example/b", ":c", "https://a.example/:c"},
	{"https://a.example/b", "HTTP://Us:Er@C.Example/D", "http://Us:Er@c.example/D"},
	{"HTTPS://A.Example/b", "/C", "https://a.example/C"},
	/* nothing to be done */
	{NULL, "c/d", "c/d"},
	{"://bad", "c/d", "c/d"},
	{"mailto:a@b.example", "c", "c"},
	{"https://a.example/b", "mailto:x@y.example", "mailto:x@y.example"},
	{"https://a.example/b", "https://c.example/d?u=http://e/../f", "https://c.example/d?u=http://e/../f"},
	{"https://a.example/b", "https://c.example/./d/../e", "https://c.example/e"},
	{"https://a.example/b", "/\xC3\xA9t\xC3\xA9", "https://a.example/\xC3\xA9t\xC3\xA9"},
};

static const struct example normal[] = {
	{NULL, "HTTP://News.Example.COM", "http://news.example.com/"},
	{NULL, "https://a.example:443/x", "https://a.example/x"},
	{NULL, "http://a.example:443/x", "http://a.example:443/x"},
	{NULL, "http://a.example:/", "http://a.example/"},
	{NULL, "http://@a.example/", "http://a.example/"},
	{NULL, "http://Us:Er@a.example/", "http://Us:Er@a.example/"},
	{NULL, "http://a.example/%7eb/%2f%c3%a9", "http://a.example/~b/%2F%C3%A9"},
	{NULL, "http://a.example/b/%2e%2e/c", "http://a.example/c"},
	{NULL, "http://a.example/\xC3\xA9?\xC3\xA9", "http://a.example/%C3%A9?%C3%A9"},
	{NULL, "http://a.example/?b=%7e&a=%2f", "http://a.example/?b=%7e&a=%2f"},
	{NULL, "http://bücher.example/", "http://xn--bcher-kva.example/"},
	/* RFC 3492, 7.1 (B), (I); full-width forms, ideographic full stop, sharp s, an invisible character */
	{NULL,
		"http://\xE4\xBB\x96\xE4\xBB\xAC\xE4\xB8\xBA\xE4\xBB\x80\xE4\xB9\x88\xE4\xB8\x8D\xE8\xAF\xB4"
		"\xE4\xB8\xAD\xE6\x96\x87.example/",
		"http://xn--ihqwcrb4cv8a8dqg056pqjye.example/"},
	{NULL,
		"http://\xD0\xBF\xD0\xBE\xD1\x87\xD0\xB5\xD0\xBC\xD1\x83\xD0\xB6\xD0\xB5\xD0\xBE\xD0\xBD\xD0\xB8\xD0"
		"\xBD\xD0\xB5\xD0\xB3\xD0\xBE\xD0\xB2\xD0\xBE\xD1\x80\xD1\x8F\xD1\x82\xD0\xBF\xD0\xBE\xD1\x80\xD1\x83"
		"\xD1\x81\xD1\x81\xD0\xBA\xD0\xB8/",
		"http://xn--b1abfaaepdrnnbgefbadotcwatmq2g4l/"},
	{NULL, "http://\xEF\xBC\xAE\xEF\xBC\xA5\xEF\xBC\xB7\xEF\xBC\xB3\xE3\x80\202example/", "http://news.example/"},
	{NULL, "http://straße.example/", "http://xn--strae-oqa.example/"},
	{NULL, "http://ne\xE2\x80\x8Bws.example/", "http://news.example/"},
	{NULL, "http://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.1/", "http://127.0.0.1/"},
	{NULL, "http://%E4%BD%A0.example/", "http://xn--6qq.example/"},
	{NULL, "http://0x7f.1/", "http://127.0.0.1/"},
	{NULL, "http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"},
	/* none of ours */
	{NULL, "mailto:A@B.example", "mailto:A@B.example"},
	{NULL, "FTP://a.example/", "FTP://a.example/"},
	{NULL, "http://", "http://"},
	{NULL, "http://a b/", "http://a b/"},
};

static void check(const char *what, const struct example *e, struct str made)
{
	if (!str_eq(made, str_from(e->made)))
		fail_msg("%s of \"%s\" (base %s) gives \"%.*s\", not \"%s\"", what, e->given,
			e->base != NULL ? e->base : "none", STR_ARG(made), e->made);
}

TEST(resolves)
{
	struct arena *a = scratch_arena(1 << 20);

	for (size_t i = 0; i < sizeof(resolved) / sizeof(resolved[0]); i++) {
		struct str base = str_from(resolved[i].base), once, twice;

		once = url_resolve(a, base, str_from(resolved[i].given));
		check("resolving", &resolved[i], once);
		twice = url_resolve(a, base, once);
		assert_true(str_eq(once, twice));
	}
}

TEST(normalises)
{
	struct arena *a = scratch_arena(1 << 20);

	for (size_t i = 0; i < sizeof(normal) / sizeof(normal[0]); i++) {
		struct str once = url_normalise(a, str_from(normal[i].given));

		check("the normal form", &normal[i], once);
		assert_true(str_eq(once, url_normalise(a, once)));
	}
}

/* Clean absolute links, which is nearly all of them, cost no memory. */
TEST(clean_links_are_borrowed)
{
	struct str link = STR("https://news.example/2026/11/carrier-leaves-port/?utm=1#top");
	struct arena *a = scratch_arena(1 << 20);

	assert_ptr_equal(url_resolve(a, STR("https://feeds.example/rss"), link).data, link.data);
	assert_int_equal(a->used, 0);
}

TEST(runs_out_of_memory_cleanly)
{
	struct arena *a = scratch_arena(16);

	assert_null(url_resolve(a, STR("https://news.example/a/b"), STR("c d")).data);
	assert_null(url_resolve(a, STR("https://news.example/a/b"), STR("../c")).data);
}

TEST(judges)
{
	static const struct {
		const char *url;
		bool safe, web;
	} cases[] = {
		{"http://a.example", true, true},
		{"HTTPS://A.example/x?y#z", true, true},
		{"https://u@a.example:8443/", true, true},
		{"http://127.0.0.1/", true, true},
		{"http://[::1]:80/", true, true},
		{"http://bücher.example/", true, true},
		{"mailto:desk@news.example", true, false},
		{"MailTo:desk@news.example", true, false},
		{"mailto:", false, false},
		{"mailto:a b", false, false},
		{"javascript:alert(1)", false, false},
		{"data:text/html,x", false, false},
		{"ftp://a.example/", false, false},
		{"//a.example/", false, false},
		{"a.example", false, false},
		{"", false, false},
		{"http:a.example", false, false},
		{"http://", false, false},
		{"http:///x", false, false},
		{"http://?x", false, false},
		{"http://a.example:70000/", false, false},
		{"http://a.example:8x/", false, false},
		{"http://a b/", false, false},
		{"http://a.example/\n", false, false},
		{"http://a.example/ b", false, false},
		/* what looks like a slash, or a space, within a name */
		{"http://a.example\xEF\xBC\x8Fx/", false, false},
		{"http://a\xC2\240b.example/", false, false},
		{"http://a<b/", false, false},
		{"http://[::1/", false, false},
		{"http://a..b.example/", true, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str url = str_from(cases[i].url);

		if (url_is_safe_link(url) != cases[i].safe || url_is_web(url) != cases[i].web)
			fail_msg("\"%s\" is judged safe %d, web %d", cases[i].url, url_is_safe_link(url),
				url_is_web(url));
	}
	assert_false(url_is_web(str_make("http://a.example/\0x", 19)));
}

TEST(finds_hosts)
{
	static const struct example hosts[] = {
		{NULL, "http://news.example/x", "news.example"},
		{NULL, "https://user:p@ss@News.Example:8080?x", "news.example"},
		{NULL, "http://[::1]:80/", "[::1]"},
		{NULL, "http://bücher.example", "xn--bcher-kva.example"},
		{NULL, "http://2130706433/", "127.0.0.1"},
		{NULL, "mailto:a@b.example", ""},
		{NULL, "http:///x", ""},
		{NULL, "/x", ""},
	};
	struct arena *a = scratch_arena(1 << 20);

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		check("the host", &hosts[i], url_host(a, str_from(hosts[i].given)));
	assert_null(url_host(a, STR("mailto:a@b.example")).data);
}
