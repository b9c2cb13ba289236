/* SPDX-License-Identifier: ISC */
/* SHA-256: the examples of FIPS 180 and of NIST's example values, in one piece and in many. */
#include "../scratch.h"
#include "sitrep/base/sha256.h"

enum { LONGEST = 1000000, PIECES_MAX = 1000 };

static void check(struct str message, size_t piece, const char *expected)
{
	static struct str pieces[PIECES_MAX];
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX];
	size_t count = 0;

	for (size_t i = 0; i < message.len; i += piece) {
		assert_in_range(count, 0, PIECES_MAX - 1);
		pieces[count++] = str_slice(message, i, i + piece);
	}
	sha256_of(pieces, count, digest);
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

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t piece = 1; piece < 60; piece += 9)
			check(cases[i].message, piece, cases[i].digest);
}

/* A million times the letter a. */
TEST(long_message)
{
	char *message = scratch_take(malloc(LONGEST));

	memset(message, 'a', LONGEST);
	for (size_t piece = 1000; piece <= LONGEST; piece *= 10)
		check(str_make(message, LONGEST), piece,
			"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	/* around the length of a block, pieces and whole agree */
	for (size_t len = 54; len < 130; len++) {
		uint8_t whole[SHA256_LEN];
		char hex[SHA256_HEX];

		sha256_of(&(struct str){message, len}, 1, whole);
		hex_encode(hex, whole, sizeof(whole));
		for (size_t piece = 1; piece < len; piece += 13)
			check(str_make(message, len), piece, hex);
	}
}

/* An absent piece adds nothing, and the digest may replace a piece. */
TEST(pieces)
{
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	uint8_t digest[SHA256_LEN] = "abc", again[SHA256_LEN];
	const struct str own = str_make((const char *)digest, 3), whole = str_make((const char *)digest, SHA256_LEN);
	char hex[SHA256_HEX];

	sha256_of((const struct str[]){STR("a"), STR_NONE, STR("bc")}, 3, again);
	hex_encode(hex, again, sizeof(again));
	assert_string_equal(hex, abc);
	check(STR("other"), 5, "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa");
	sha256_of(&own, 1, digest);
	hex_encode(hex, digest, sizeof(digest));
	assert_string_equal(hex, abc);
	sha256_of(&whole, 1, again);
	check(whole, 1, (hex_encode(hex, again, sizeof(again)), hex));
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
