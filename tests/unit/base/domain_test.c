/* SPDX-License-Identifier: ISC */
/* Registrable domains: what belongs to one house. */
#include "../test.h"
#include "sitrep/base/domain.h"

TEST(names)
{
	static const struct {
		const char *host, *domain;
	} cases[] = {
		{"example.org", "example.org"},
		{"news.example.org", "example.org"},
		{"a.b.c.example.co.uk", "example.co.uk"},
		{"News.Example.ORG", "Example.ORG"},
		{"www.example.org.", "example.org"},
		{"feeds.mod.go.jp", "mod.go.jp"},
		{"alice.blogspot.com",
			"alice.blogspot.com"}, /* a private suffix: every name below is somebody else's */
		{"www.alice.blogspot.com", "alice.blogspot.com"},
		{"xn--90ak.xn--p1ai", "xn--90ak.xn--p1ai"},
		{"a.xn--90ak.xn--p1ai", "xn--90ak.xn--p1ai"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str domain = domain_registrable(str_from(cases[i].host));

		if (!str_eq(domain, str_from(cases[i].domain)))
			fail_msg("%s: %.*s", cases[i].host, (int)domain.len, domain.data);
	}
}

/* What has no registrable domain stands for itself. */
TEST(others)
{
	static const char *const hosts[] = {"co.uk", "org", "localhost", "192.0.2.17", "[2001:db8::1]", "2001:db8::1",
		"", "..", "a..b", "-", "\xff\xfe.example"};
	char longest[300];

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct str host = str_from(hosts[i]), domain = domain_registrable(host);

		assert_true(domain.len <= host.len);
		if (i < 6)
			assert_true(str_eq(domain, host));
	}
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(domain_registrable(str_make(longest, sizeof(longest))).len, sizeof(longest));
	assert_int_equal(domain_registrable(STR_NONE).len, 0);
	assert_int_equal(domain_registrable(STR("a.example.org\0.evil")).len, 19);
}
