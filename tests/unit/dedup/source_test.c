/* Who speaks, told from a host name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sitrep/source.h"

static void hosts_give_their_registrable_part(void **state)
{
	static const struct {
		const char *host, *source;
	} cases[] = {
		{"example.com", "example.com"},
		{"www.example.com", "example.com"},
		{"a.b.c.example.com", "example.com"},
		{"feeds.example.com.", "example.com"},
		{"www.example.co.uk", "example.co.uk"},
		{"example.co.uk", "example.co.uk"},
		{"news.example.com.au", "example.com.au"},
		{"www.army.mil", "army.mil"},
		{"www.mod.gov.tw", "mod.gov.tw"},
		{"amp.dw.de", "dw.de"},
		{"t.co", "t.co"},
		{"co.uk", "co.uk"},
		{"gov.uk", "gov.uk"},
		{"www.example.de", "example.de"},
		{"localhost", "localhost"},
		{"192.0.2.17", "192.0.2.17"},
		{"[2001:db8::1]", "[2001:db8::1]"},
		{"", ""},
		{".", ""},
		{"..", "."},
		{".com", ".com"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str got = source_of_host(str_from(cases[i].host));

		if (!str_eq(got, str_from(cases[i].source)))
			fail_msg("%s: %.*s", cases[i].host, (int)got.len, got.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hosts_give_their_registrable_part)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
