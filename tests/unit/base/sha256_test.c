/* SPDX-License-Identifier: ISC */
/* SHA-256: the examples of FIPS 180 and of NIST's example values, in one piece and in many. */
#include "../test.h"
#include "sitrep/base/sha256.h"

enum { LONGEST = 1000000, PIECES_MAX = 1000 };

static void check(struct sha256 *h, struct str message, size_t piece, const char *expected)
{
	static struct str pieces[PIECES_MAX];
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX];
	size_t count = 0;

	for (size_t i = 0; i < message.len; i += piece) {
		assert_in_range(count, 0, PIECES_MAX - 1);
		pieces[count++] = str_slice(message, i, i + piece);
	}
	assert_int_equal(sha256_of(h, pieces, count, digest), 0);
	hex_encode(hex, digest, sizeof(digest));
	assert_string_equal(hex, expected);
}

TEST(known_answers)
{
	static const struct {
		struct str message;
		const char *digest;
	} cases[] = {
		{{"", 0}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{{"abc", 3}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56},
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
		  "mnopqrstnopqrstu",
			 112},
			"cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
	};
	struct error err;
	struct sha256 *h = sha256_new(&err);

	assert_non_null(h);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t piece = 1; piece < 60; piece += 9)
			check(h, cases[i].message, piece, cases[i].digest);
	sha256_free(h);
}

/* A million times the letter a. */
TEST(long_message)
{
	char *message = malloc(LONGEST);
	struct sha256 *h = sha256_new(NULL);

	assert_non_null(message);
	assert_non_null(h);
	memset(message, 'a', LONGEST);
	for (size_t piece = 1000; piece <= LONGEST; piece *= 10)
		check(h, str_make(message, LONGEST), piece,
			"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	/* around the length of a block, pieces and whole agree */
	for (size_t len = 54; len < 130; len++) {
		uint8_t whole[SHA256_LEN];
		char hex[SHA256_HEX];

		assert_int_equal(sha256_of(h, &(struct str){message, len}, 1, whole), 0);
		hex_encode(hex, whole, sizeof(whole));
		for (size_t piece = 1; piece < len; piece += 13)
			check(h, str_make(message, len), piece, hex);
	}
	sha256_free(h);
	free(message);
}

/* An absent piece adds nothing, the digest may replace a piece, and a context is used again. */
TEST(pieces)
{
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	struct sha256 *h = sha256_new(NULL);
	uint8_t digest[SHA256_LEN] = "abc", again[SHA256_LEN];
	const struct str own = str_make((const char *)digest, 3), whole = str_make((const char *)digest, SHA256_LEN);
	char hex[SHA256_HEX];

	assert_non_null(h);
	assert_int_equal(sha256_of(h, (const struct str[]){STR("a"), STR_NONE, STR("bc")}, 3, again), 0);
	hex_encode(hex, again, sizeof(again));
	assert_string_equal(hex, abc);
	check(h, STR("other"), 5, "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa");
	assert_int_equal(sha256_of(h, &own, 1, digest), 0);
	hex_encode(hex, digest, sizeof(digest));
	assert_string_equal(hex, abc);
	assert_int_equal(sha256_of(h, &whole, 1, again), 0);
	check(h, whole, 1, (hex_encode(hex, again, sizeof(again)), hex));
	sha256_free(h);
	sha256_free(NULL);
}

TEST(hex)
{
	static const uint8_t bytes[] = {0x00, 0x0f, 0xf0, 0xff, 0x5a};
	char hex[2 * sizeof(bytes) + 2];

	memset(hex, '#', sizeof(hex));
	hex_encode(hex, bytes, sizeof(bytes));
	assert_memory_equal(hex, "000ff0ff5a\0#", sizeof(hex));
	hex_encode(hex, bytes, 0);
	assert_string_equal(hex, "");
}
