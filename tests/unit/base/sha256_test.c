/* SHA-256: the examples of FIPS 180, in one piece and in many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sitrep/sha256.h"

static void check(struct sha256 *h, struct str message, size_t piece, const char *expected)
{
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX];

	assert_int_equal(sha256_begin(h), 0);
	for (size_t i = 0; i < message.len; i += piece)
		assert_int_equal(sha256_add(h, str_slice(message, i, i + piece)), 0);
	assert_int_equal(sha256_end(h, digest), 0);
	hex_encode(hex, digest, sizeof(digest));
	assert_string_equal(hex, expected);
}

static void test_known_answers(void **state)
{
	static const struct {
		struct str message;
		const char *digest;
	} cases[] = {
		{{"", 0}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{{"abc", 3}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56},
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	struct error err;
	struct sha256 *h = sha256_new(&err);

	(void)state;
	assert_non_null(h);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t piece = 1; piece < 60; piece += 9)
			check(h, cases[i].message, piece, cases[i].digest);
	sha256_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_answers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
