/* SPDX-License-Identifier: ISC */
/* public_url_test.c: what is a secret in an address, and what is not. */
#include "../scratch.h"
#include "sitrep/text/public_url.h"

static void assert_public(const char *url, const char *expected)
{
	struct buf *out = scratch(1 << 20), *again = scratch(1 << 20);

	assert_int_equal(buf_add_public_url(out, str_from(url)), 0);
	if (!str_eq(buf_str(out), str_from(expected)))
		fail_msg("%s is shown as %s, expected %s", url, buf_str(out).data, expected);
	assert_int_equal(url_has_secret(str_from(url)), strcmp(url, expected) != 0);
	/* What was hidden stays so. */
	assert_int_equal(buf_add_public_url(again, buf_str(out)), 0);
	assert_true(str_eq(buf_str(again), buf_str(out)));
}

TEST(forms)
{
	static const struct {
		const char *url, *expected;
	} rows[] = {
		{"https://e.example/f", "https://e.example/f"},
		{"", ""},
		{"https://me:secret@e.example/f", "https://e.example/f"},
		{"https://me@e.example", "https://e.example"},
		{"https://a@b:c@e.example/f@g", "https://e.example/f@g"},
		{"me:secret@e.example/f", "e.example/f"},
		{"https://e.example/f?a=1&token=x&b=2", "https://e.example/f?a=1&token=***&b=2"},
		{"https://e.example/f?a=1;TOKEN=x;b=2", "https://e.example/f?a=1;TOKEN=***;b=2"},
		{"https://e.example?token=x", "https://e.example?token=***"},
		{"https://e.example/f?%74oken=x", "https://e.example/f?%74oken=***"},
		{"https://e.example/f#token=x&a=1", "https://e.example/f#token=***&a=1"},
		{"https://e.example/f?a=1#part", "https://e.example/f?a=1#part"},
		{"https://e.example/f?token=&a", "https://e.example/f?token=&a"},
		{"https://e.example/f?a9F3kQ7xZ1mB5tR8", "https://e.example/f?***"},
		{"https://g.example/?url=https%3A%2F%2Fu%3Ap%40h.example%2Ff", "https://g.example/?url=***"},
		{"https://g.example/?url=https://h.example/f%3Ftoken%3Dx", "https://g.example/?url=***"},
		{"https://g.example/?url=https%3A%2F%2Fh.example%2Ff%3Fa%3D1",
			"https://g.example/?url=https%3A%2F%2Fh.example%2Ff%3Fa%3D1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_public(rows[i].url, rows[i].expected);
}

static void check_parameter(const char *name, const char *value, bool hidden)
{
	char url[512], expected[512];

	snprintf(url, sizeof(url), "https://e.example/f?%s=%s&page=2", name, value);
	snprintf(expected, sizeof(expected), "https://e.example/f?%s=%s&page=2", name, hidden ? "***" : value);
	assert_public(url, expected);
}

TEST(names)
{
	static const char *const secret[] = {"key", "KEY", "api_key", "api-key", "apikey", "apiKey", "APIKEY", "key2",
		"feedkey", "token", "access-token", "accessToken", "user_token", "rsstoken", "auth", "auth_key",
		"authkey", "oauth", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "sig", "signature",
		"wp_sig", "secret", "client_secret", "pass", "password", "passwd", "user-pass", "pwd", "Key-Pair-Id",
		"AWSAccessKeyId", "PHPSESSID", "jwt", "hmac", "authorization", "credentials", "session_id",
		"private_key", "p.key", "data[token]"};
	static const char *const plain[] = {"page", "keyword", "keywords", "author", "authors", "authority", "monkey",
		"turkey", "hockey", "passage", "passport", "compass", "bypass", "design", "signal", "sort", "tag",
		"category", "lang", "format", "type", "feed", "cat", "q", "secretariat", "assign", "insignia", "tokyo"};

	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		check_parameter(secret[i], "x1", true);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		check_parameter(plain[i], "x1", false);
}

TEST(values)
{
	static const char *const secret[] = {"5d41402abc4b2a76b9719d911017c592", "2fd4e1c67a2d28fc", "a9F3kQ7xZ1mB5tR8",
		"550e8400-e29b-41d4-a716-446655440000", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP",
		"JBSWY3DPEHPK3PXP", "aBcDeFgHiJkLmNoPqR", "qzxvkjwpfhgbntrs", "AKIAIOSFODNN7EXAMPLE8Q2Z",
		"wJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY9a", "0f9b3c5e7d1a2b4c6e8f"};
	static const char *const plain[] = {"defence-news-weekly-2026", "internationaldefencenewsandanalysis",
		"MH370SearchUpdate2026", "12345678901234567890", "2026-11-26T08:00:00.000Z", "20261126T080000Z",
		"f-35-b-21-su-57-mig-29-b-52", "north+korea+missile+test", "Landstreitkraefte",
		"wiadomoscizkrajuzeswiata",
		"%D0%97%D0%B2%D0%B5%D0%B7%D0%B4%D0%B0%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8",
		"CamelCaseWordsInARow", "application%2Frss%2Bxml", "tag:news.example,2026:all-items",
		"MINISTRYOFDEFENCE", "1.2.3.4.5.6.7.8.9.10.11", "naval,air,land,space,cyber", "-122.4194155,37.7749295",
		"utm_source_newsletter_2026_11"};

	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		check_parameter("id", secret[i], true);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		check_parameter("id", plain[i], false);
	check_parameter("channel_id", "UC16niRr50-MSBwiO3YDb3RA", false);
}

/* A path is shown; the configuration's reader asks whether it looks like a secret. */
TEST(random_paths)
{
	static const char *const random[] = {"https://e.example/feed/k9F3xQ7zZ1mB5tR8vN2cW4pL/rss",
		"https://e.example/key/550e8400-e29b-41d4-a716-446655440000/feed.xml",
		"https://e.example/bot7123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/updates",
		"https://e.example/0f9b3c5e7d1a2b4c6e8f0a1b2c3d4e5f?x=1",
		"https://u:p@e.example/r/0f9b3c5e7d1a2b4c6e8f0a1b#x"};
	static const char *const plain[] = {"https://e.example", "https://e.example/",
		"https://e.example/arc/outboundfeeds/rss/category/global/?outputType=xml",
		"https://e.example/government/organisations/foreign-commonwealth-development-office.atom",
		"https://e.example/DesktopModules/ArticleCS/RSS.ashx?key=k9F3xQ7zZ1mB5tR8vN2cW4pL",
		"https://e.example/2026/11/26/mh370-search-update-no-7-of-2026-11-26/feed",
		"https://k9F3xQ7zZ1mB5tR8vN2cW4pL.example/rss", "https://e.example/rss#k9F3xQ7zZ1mB5tR8vN2cW4pL/a",
		"https://e.example/UC16niRr50-MSBwiO3Y/rss", ""};

	for (size_t i = 0; i < sizeof(random) / sizeof(random[0]); i++)
		if (!url_has_random_path(str_from(random[i])))
			fail_msg("%s: plain", random[i]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (url_has_random_path(str_from(plain[i])))
			fail_msg("%s: random", plain[i]);
}

/* Of random values nearly all are known: 400 of each kind, by a generator of our own that gives the same each time. */
TEST(random_values)
{
	static const struct {
		const char *letters;
		size_t len;
		int at_least;
	} kinds[] = {
		{"0123456789abcdef", 32, 396},
		{"0123456789abcdef", 16, 370},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 22, 392},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 16, 370},
		{"abcdefghijklmnopqrstuvwxyz0123456789", 20, 380},
		{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 43, 392},
	};
	uint64_t seed = 88172645463325252u;

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		size_t letters = strlen(kinds[k].letters);
		int found = 0;

		for (int n = 0; n < 400; n++) {
			char url[128] = "https://e.example/?id=";
			size_t start = strlen(url);

			for (size_t i = 0; i < kinds[k].len; i++) {
				seed ^= seed << 13;
				seed ^= seed >> 7;
				seed ^= seed << 17;
				url[start + i] = kinds[k].letters[seed % letters];
			}
			url[start + kinds[k].len] = '\0';
			found += url_has_secret(str_from(url));
		}
		if (found < kinds[k].at_least)
			fail_msg("%d of 400 of kind %zu", found, k);
	}
}

TEST(less)
{
	struct buf *out = scratch(1 << 16);

	assert_int_equal(buf_add_bare_url(out, STR("https://me:pw@e.example/f?q=a#b")), 0);
	assert_true(str_eq(buf_str(out), STR("https://e.example/f")));
	buf_clear(out);
	assert_int_equal(buf_add_userless_url(out, STR("https://me:pw@e.example/f?token=a@b#c")), 0);
	assert_true(str_eq(buf_str(out), STR("https://e.example/f?token=a@b#c")));
}
