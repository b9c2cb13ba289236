/* SPDX-License-Identifier: ISC */
/* charset_test.c: whose word about an encoding counts, and what becomes of bytes that are none. */
#include "../scratch.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/charset.h"

static struct arena arena;
static struct buf out = {NULL, 0, 0, 1024 * 1024, 0};

struct expectation {
	const char *what;
	struct str body;
	const char *http;
	const char *text;
	const char *name;
	const char *by;
	bool overruled;
	bool damaged;
};

#define BYTES(literal)                                                                                                 \
	{                                                                                                              \
		literal, sizeof(literal) - 1                                                                           \
	}
#define LATIN_DECL "<?xml version='1.0' encoding='iso-8859-1'?>"
#define UTF8_DECL "<?xml version='1.0' encoding=\"UTF-8\"?>"

TEST(who_is_believed)
{
	static const struct expectation cases[] = {
		{"nothing said, ASCII", BYTES("<a>x</a>"), NULL, "<a>x</a>", "utf-8", "default", false, false},
		{"nothing said, UTF-8", BYTES("<a>\xc3\xa9</a>"), NULL, "<a>\u00e9</a>", "utf-8", "default", false,
			false},
		{"nothing said, Latin", BYTES("<a>\xe9</a>"), NULL, "<a>\u00e9</a>", "windows-1252", "detected", true,
			false},
		{"a BOM beats all", BYTES("\xef\xbb\xbf" LATIN_DECL "\xc3\xa9"), "koi8-r", LATIN_DECL "\u00e9", "utf-8",
			"bom", false, false},
		{"declaration", BYTES(LATIN_DECL "\xe9"), NULL, LATIN_DECL "\u00e9", "iso-8859-1", "declaration", false,
			false},
		{"HTTP before declaration", BYTES(LATIN_DECL "\xd0\xd2"), "koi8-r", LATIN_DECL "\u043f\u0440", "koi8-r",
			"http", false, false},
		{"HTTP says UTF-8, declaration knows better", BYTES(LATIN_DECL "\xe9"), "utf-8", LATIN_DECL "\u00e9",
			"iso-8859-1", "declaration", true, false},
		{"declared Latin, is UTF-8", BYTES(LATIN_DECL "\xc3\xa9"), NULL, LATIN_DECL "\u00e9", "utf-8",
			"detected", true, false},
		{"declared UTF-8, is Latin", BYTES(UTF8_DECL "\xe9t\xe9"), NULL, UTF8_DECL "\u00e9t\u00e9",
			"windows-1252", "detected", true, false},
		{"mostly UTF-8", BYTES(UTF8_DECL "\xc3\xa9\xc3\xa9\xff"), NULL, UTF8_DECL "\u00e9\u00e9\ufffd", "utf-8",
			"declaration", false, true},
		{"declared Latin, is UTF-8 but for a byte",
			BYTES(LATIN_DECL "\xc3\xa6\xc3\xb8\xc3\xa5\xc3\xa6\xc3\xb8\xc3\xa5\xc3\xa6\xc3\xb8\xc3\xa5\xc3"
					 "\xa6\xc3\xb8"
					 "e\xf8"),
			NULL, LATIN_DECL "\u00e6\u00f8\u00e5\u00e6\u00f8\u00e5\u00e6\u00f8\u00e5\u00e6\u00f8e\ufffd",
			"utf-8", "detected", true, true},
		{"declared Latin, with a UTF-8 sequence in it", BYTES(LATIN_DECL "\xc3\xa6\xc3\xa6\xc3\xa6 e\xf8"),
			NULL, LATIN_DECL "\u00c3\u00a6\u00c3\u00a6\u00c3\u00a6 e\u00f8", "iso-8859-1", "declaration",
			false, false},
		{"unknown name", BYTES("<a>\xc3\xa9</a>"), "x-no-such", "<a>\u00e9</a>", "utf-8", "default", true,
			false},
		{"UTF-16 claimed of ASCII", BYTES("<?xml version='1.0' encoding='utf-16'?>"), NULL,
			"<?xml version='1.0' encoding='utf-16'?>", "utf-8", "default", true, false},
		{"UTF-16 with BOM", BYTES("\xff\xfe<\0a\0\x3d\xd8\x00\xde>\0"), NULL, "<a\U0001f600>", "utf-16le",
			"bom", false, false},
		{"UTF-16 without", BYTES("\0<\0a\0/\0>"), NULL, "<a/>", "utf-16be", "detected", false, false},
		{"UTF-16 cut", BYTES("\xfe\xff\0<\xd8\x3d\0"), NULL, "<\ufffd\ufffd", "utf-16be", "bom", false, true},
		{"UTF-32", BYTES("<\0\0\0\xac\x20\0\0"), NULL, "<\u20ac", "utf-32le", "detected", false, false},
		{"Mac Turkish", BYTES("<\xdf\x8a\xdd>"), "x-mac-turkish", "<\u015f\u00e4\u0131>", "x-mac-turkish",
			"http", false, false},
		{"EBCDIC", BYTES("\x4c\x6f\xa7\x94\x93\x6f\x6e"), NULL, "<?xml?>", "ibm037", "detected", false, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct expectation *c = &cases[i];
		struct charset_choice choice;
		struct str text;
		buf_clear(&out);
		assert_int_equal(charset_to_utf8(&out, &arena, c->body, str_from(c->http), true, &choice, &text), 0);
		bool as_expected = str_eq(text, str_from(c->text)) && str_eq(choice.name, str_from(c->name)) &&
				   strcmp(choice.by, c->by) == 0 && choice.overruled == c->overruled &&
				   choice.damaged == c->damaged;
		if (!as_expected)
			fail_msg("%s: \"%.*s\" as %.*s by %s%s%s", c->what, STR_ARG(text), STR_ARG(choice.name),
				choice.by, choice.overruled ? ", overruled" : "", choice.damaged ? ", damaged" : "");
	}
}

/* The same news in the encodings of old, with nothing declared. */
TEST(guesses)
{
	static const struct {
		const char *name;
		struct str bytes;
		const char *text;
	} cases[] = {
		{"windows-1251", BYTES("\xd4\xeb\xee\xf2 \xe2\xfb\xf8\xe5\xeb \xe2 \xec\xee\xf0\xe5"),
			"Флот вышел в море"},
		{"koi8-r", BYTES("\xe6\xcc\xcf\xd4 \xd7\xd9\xdb\xc5\xcc \xd7 \xcd\xcf\xd2\xc5"), "Флот вышел в море"},
		{"windows-1255", BYTES("\xe7\xe9\xec \xe4\xe9\xed \xe4\xf4\xec\xe9\xe2 \xec\xe9\xed"),
			"חיל הים הפליג לים"},
		{"shift_jis", BYTES("\x8a\xcd\x91\xe0\x82\xaa\x8f\x6f\x8d\x60\x82\xb5\x82\xbd"), "艦隊が出港した"},
		{"euc-jp", BYTES("\xb4\xcf\xc2\xe2\xa4\xac\xbd\xd0\xb9\xc1\xa4\xb7\xa4\xbf"), "艦隊が出港した"},
		{"euc-kr", BYTES("\xc7\xd4\xb4\xeb\xb0\xa1 \xc3\xe2\xc7\xd7\xc7\xdf\xb4\xd9"), "함대가 출항했다"},
		{"gb18030", BYTES("\xbd\xa2\xb6\xd3\xd2\xd1\xbe\xad\xb3\xf6\xba\xa3"), "舰队已经出海"},
		{"big5", BYTES("\xc4\xa5\xb6\xa4\xa4\x77\xb8\x67\xa5\x58\xae\xfc"), "艦隊已經出海"},
		{"windows-1252", BYTES("fr\xe9gate livr\351e \xe0 l\x92\xe9quipage l\xe0-bas, \xe9t\xe9"),
			"frégate livrée à l’équipage là-bas, été"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct charset_choice choice;
		struct str text;
		buf_clear(&out);
		assert_int_equal(charset_to_utf8(&out, &arena, cases[i].bytes, STR_NONE, true, &choice, &text), 0);
		if (!str_eq(choice.name, str_from(cases[i].name)) || !str_eq(text, str_from(cases[i].text)))
			fail_msg("%s: \"%.*s\" as %.*s", cases[i].name, STR_ARG(text), STR_ARG(choice.name));
		assert_string_equal(choice.by, "detected");
	}
}

TEST(utf8_is_not_copied)
{
	static const char body[] = "<a>\xc3\xa9</a>";
	struct charset_choice choice;
	struct str text;
	buf_clear(&out);
	assert_int_equal(
		charset_to_utf8(&out, &arena, str_make(body, sizeof(body) - 1), STR("utf-8"), true, &choice, &text), 0);
	assert_ptr_equal(text.data, body);
	assert_int_equal(out.len, 0);
}

TEST(labels)
{
	static const struct {
		const char *label;
		struct str bytes;
		const char *text;
	} cases[] = {
		{"Latin-1", BYTES("\x80"), "\u20ac"},
		{" ISO_8859-15 ", BYTES("\xa4"), "\u20ac"},
		{"'us-ascii'", BYTES("a"), "a"},
		{"GB2312", BYTES("\xb9\xfa"), "\u56fd"},
		{"x-sjis", BYTES("\x95\x5c"), "\u8868"},
		{"ks_c_5601-1987", BYTES("\xb1\xb9"), "\uad6d"},
		{"Big5", BYTES("\xb0\xea"), "\u570b"},
		{"EUC-JP", BYTES("\xb9\xf1"), "\u56fd"},
		{"iso-2022-jp", BYTES("\x1b$B9q\x1b(B."), "\u56fd."},
		{"windows_1251", BYTES("\xd0"), "\u0420"},
		{"cp866", BYTES("\x90"), "\u0420"},
		{"macintosh", BYTES("\x8e"), "\u00e9"},
		{"iso-8859-9", BYTES("\xfe"), "\u015f"},
		{"tis-620", BYTES("\xa1"), "\u0e01"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&out);
		assert_int_equal(charset_convert(&out, cases[i].bytes, str_from(cases[i].label)), 0);
		if (!str_eq(buf_str(&out), str_from(cases[i].text)))
			fail_msg("%s gives \"%.*s\"", cases[i].label, STR_ARG(buf_str(&out)));
	}
	assert_int_equal(charset_convert(&out, STR("a"), STR("klingon")), -EINVAL);
	assert_int_equal(charset_convert(&out, STR("a"), STR("")), -EINVAL);
	assert_int_equal(charset_convert(&out, STR("a"), STR("../../etc/passwd")), -EINVAL);
}

/* Whatever bytes come, UTF-8 goes out; a bad byte costs one replacement and not what follows it. */
TEST(any_bytes_give_utf8)
{
	static const char *const labels[] = {"utf-8", "utf-16", "utf-16be", "utf-32", "shift_jis", "euc-jp", "gb18030",
		"big5", "euc-kr", "iso-2022-jp", "iso-2022-kr", "utf-7", "windows-1253", "johab", "ibm037"};
	char bytes[1024];
	uint32_t seed = 2026;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		seed = seed * 1664525U + 1013904223U;
		bytes[i] = (char)(unsigned char)(seed >> 24);
	}
	for (size_t l = 0; l < sizeof(labels) / sizeof(*labels); l++) {
		for (size_t from = 0; from < 8; from++) {
			buf_clear(&out);
			assert_int_equal(charset_convert(&out, str_make(bytes + from, sizeof(bytes) - from),
						 str_from(labels[l])),
				0);
			assert_true(out.len > 0);
			assert_true(utf8_valid(buf_str(&out)));
		}
	}
	buf_clear(&out);
	assert_int_equal(charset_convert(&out, STR("\x81\377ab"), STR("euc-kr")), 0);
	assert_true(str_ends(buf_str(&out), STR("ab")));
}

TEST(full_buffer)
{
	struct buf *small = scratch(4);
	assert_int_equal(charset_convert(small, STR("\xe9\xe9\xe9"), STR("latin1")), -E2BIG);
}

static void setup(void)
{
	arena_init(&arena, 1024 * 1024);
	charset_prepare();
}

static void teardown(void)
{
	arena_release(&arena);
	buf_release(&out);
}

TEST_GROUP(setup, teardown)
