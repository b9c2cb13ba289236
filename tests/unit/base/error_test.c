/* SPDX-License-Identifier: ISC */
/* Errors: the code comes back, the sentence is kept as far as it fits and never ends inside a character. */
#include "../test.h"
#include "sitrep/base/error.h"
#include "sitrep/base/utf8.h"

enum { LONG_LEN = 2 * ERROR_TEXT_MAX };

TEST(code_and_sentence)
{
	struct error err = {0};

	assert_int_equal(error_set(&err, -EINVAL, "feed %s has %d faults", "alpha", 3), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.text, "feed alpha has 3 faults");
	/* the next one replaces it whole */
	assert_int_equal(error_set(&err, -E2BIG, "%s", ""), -E2BIG);
	assert_int_equal(err.code, -E2BIG);
	assert_string_equal(err.text, "");
}

TEST(nobody_asks)
{
	assert_int_equal(error_set(NULL, -EPERM, "feed %s", "alpha"), -EPERM);
	assert_int_equal(error_sys(NULL, -ENOENT, "feed %s", "alpha"), -ENOENT);
}

TEST(reason_of_the_system)
{
	struct error err = {0};
	char expected[ERROR_TEXT_MAX];

	assert_int_equal(error_sys(&err, -ENOENT, "cannot open %s", "a.conf"), -ENOENT);
	assert_int_equal(err.code, -ENOENT);
	snprintf(expected, sizeof(expected), "cannot open a.conf: %s", strerror(ENOENT));
	assert_string_equal(err.text, expected);
	/* the limit of a buffer, not the "Argument list too long" of exec() */
	error_sys(&err, -E2BIG, "cannot read %s", "a.xml");
	assert_string_equal(err.text, "cannot read a.xml: it is too large");
}

/* A caller puts more before the sentence that it was handed. */
TEST(sentence_in_a_sentence)
{
	struct error err = {0};

	error_set(&err, -EINVAL, "line 3 has no value");
	error_set(&err, err.code, "feeds.conf: %s", err.text);
	assert_string_equal(err.text, "feeds.conf: line 3 has no value");
	error_sys(&err, -EIO, "again, %s", err.text);
	assert_memory_equal(err.text, "again, feeds.conf: line 3 has no value: ", 40);
}

/* Every length around the end, with a character of each width across it. */
TEST(cut_at_whole_characters)
{
	static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9a\xa2"};
	char filler[LONG_LEN + 1], given[LONG_LEN + 16];
	struct error err;

	memset(filler, 'a', LONG_LEN);
	filler[LONG_LEN] = '\0';
	for (size_t c = 0; c < sizeof(characters) / sizeof(*characters); c++) {
		for (int before = ERROR_TEXT_MAX - 8; before < ERROR_TEXT_MAX + 8; before++) {
			size_t width = strlen(characters[c]), whole = (size_t)before + width, kept;

			snprintf(given, sizeof(given), "%.*s%s", before, filler, characters[c]);
			assert_int_equal(error_set(&err, -EINVAL, "%s", given), -EINVAL);
			kept = strlen(err.text);
			assert_memory_equal(err.text, given, kept);
			assert_true(utf8_valid(str_from(err.text)));
			if (whole <= ERROR_TEXT_MAX - 1)
				assert_int_equal(kept, whole);
			else if (before <= ERROR_TEXT_MAX - 1)
				assert_int_equal(kept, before);
			else
				assert_int_equal(kept, ERROR_TEXT_MAX - 1);
		}
	}
}

/* However long the name that it quotes: why it did not work is still there. */
TEST(reason_outlives_the_cut)
{
	char name[LONG_LEN + 1];
	struct error err;
	size_t len;

	for (size_t i = 0; i < LONG_LEN; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	name[LONG_LEN] = '\0';
	for (size_t from = 0; from < 2; from++) {
		assert_int_equal(error_sys(&err, -EACCES, from == 0 ? "%s" : "x%s", name), -EACCES);
		len = strlen(err.text);
		assert_true(utf8_valid(str_from(err.text)));
		assert_in_range(len, ERROR_TEXT_MAX - 3, ERROR_TEXT_MAX - 1);
		assert_true(str_ends(str_from(err.text), str_from(strerror(EACCES))));
	}
}

/* Text that is no UTF-8 is for whoever prints it to escape, but it is not lost. */
TEST(invalid_text_is_kept)
{
	char bytes[LONG_LEN + 1];
	struct error err;

	memset(bytes, 0x80, LONG_LEN);
	bytes[LONG_LEN] = '\0';
	error_set(&err, -EINVAL, "%s", bytes);
	assert_in_range(strlen(err.text), ERROR_TEXT_MAX - 4, ERROR_TEXT_MAX - 1);
	assert_memory_equal(err.text, bytes, strlen(err.text));
}
