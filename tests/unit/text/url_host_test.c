/* SPDX-License-Identifier: ISC */
/* Hosts are what libcurl takes them for: some hundred thousand of them, made of the pieces that addresses and odd names
 * consist of, are judged by both.  The seed is fixed; SEED in the environment sets another. */
#include <ctype.h>
#include <curl/curl.h>

#include "../scratch.h"
#include "sitrep/text/url.h"

enum { CASES = 200000, PIECES_MAX = 9, ROUNDS = 4, HOST_MAX = 1024, ARENA_MAX = 1 << 20 };

static uint64_t seed = 20261126;

static uint32_t random_below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

static const char *const pieces[] = {"0", "1", "7", "8", "9", "10", "127", "128", "254", "255", "256", "257", "300",
	"0x", "0X7f", "0x7f", "0xff", "0x100", "0xffffff", "0x1000000", "0xffffffff", "0x100000000", "017", "0377",
	"0400", "08", "00", "01", "0b1", "0B01", "65535", "65536", "16777215", "16777216", "4294967295", "4294967296",
	"18446744073709551615", "18446744073709551616", "99999999999999999999", ".", ".", ".", ".", ".", "..", "a", "B",
	"z", "example", "com", "news", "-", "--", "xn--", "xn--bcher-kva", "_", "~", "%", "%2", "%30", "%31", "%2e",
	"%2E", "%2f", "%3a", "%40", "%00", "%0a", "%7f", "%80", "%25", "%2530", "%c3%bc", "[", "]", "::", ":", "[::1]",
	"[::]", "[fe80::1]", "[FE80::A]", "[1:2:3:4:5:6:7:8]", "[::ffff:1.2.3.4]", "[::ffff:102:304]",
	"[0:0:0:0:0:0:0:1]", "[1::2::3]", "[::1.2.3]", "[::g]", "[12345::]", "ffff", "!", "$", "&", "'", "(", ")", "*",
	"+", ",", ";", "=", "^", "`", "{", "}", "|", "<", ">", "\"", "e"};

/* What CURLU makes of it in lower case; false when it refuses. */
static bool ask_curl(const char *host, char *made, size_t size)
{
	char url[2 * HOST_MAX], *answer = NULL;
	CURLU *u = curl_url();
	bool good;

	snprintf(url, sizeof(url), "http://%s/", host);
	good = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	       curl_url_get(u, CURLUPART_HOST, &answer, 0) == CURLUE_OK;
	if (good)
		snprintf(made, size, "%s", answer);
	for (size_t i = 0; good && made[i] != '\0'; i++)
		made[i] = char_lower(made[i]);
	curl_free(answer);
	curl_url_cleanup(u);
	return good;
}

static bool is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Asked until it changes no more, as a chain of redirects would; names beyond ASCII are ours alone. */
static bool curl_settles(const char *host, char *made, size_t size)
{
	char before[HOST_MAX];

	snprintf(before, sizeof(before), "%s", host);
	for (int i = 0; i < ROUNDS; i++) {
		if (!is_ascii(before) || !ask_curl(before, made, size))
			return false;
		if (strcmp(before, made) == 0)
			return true;
		snprintf(before, sizeof(before), "%s", made);
	}
	return false;
}

/* Whether decoding leaves a percent sign: "%25", or "%" without two digits behind it. */
static bool keeps_percent(const char *host)
{
	for (const char *at = strchr(host, '%'); at != NULL; at = strchr(at + 1, '%'))
		if (strncmp(at, "%25", 3) == 0 || !isxdigit((unsigned char)at[1]) || !isxdigit((unsigned char)at[2]))
			return true;
	return false;
}

/* Where we are stricter, and mean it. */
static bool is_strict(const char *host)
{
	if (keeps_percent(host))
		return true;
	/* a second port; a zone */
	return (host[0] != '[' && strchr(host, ':') != NULL) || (host[0] == '[' && strchr(host, '%') != NULL) ||
	       (host[0] == '[' && host[strlen(host) - 1] != ']') || strchr(host, '@') != NULL;
}

static void compare(struct arena *a, const char *host)
{
	char url[2 * HOST_MAX], made[HOST_MAX];
	struct str ours;
	bool theirs;

	snprintf(url, sizeof(url), "http://%s/", host);
	arena_clear(a);
	ours = url_host(a, str_from(url));
	theirs = curl_settles(host, made, sizeof(made));
	if (!theirs && ours.data != NULL && is_ascii(host) && strstr(host, "%8") == NULL && strstr(host, "%c3") == NULL)
		fail_msg("\"%s\" is \"%.*s\" for us, and refused by libcurl", host, STR_ARG(ours));
	if (theirs && ours.data == NULL && !is_strict(host))
		fail_msg("\"%s\" is \"%s\" for libcurl, and refused by us", host, made);
	if (theirs && ours.data != NULL && !str_eq(ours, str_from(made)))
		fail_msg("\"%s\" is \"%s\" for libcurl, \"%.*s\" for us", host, made, STR_ARG(ours));
	/* and it is the same without asking for the host */
	assert_int_equal(url_is_web(str_from(url)), ours.data != NULL);
}

TEST(hosts_are_read_as_libcurl_reads_them)
{
	struct arena *a = scratch_arena(ARENA_MAX);

	for (int i = 0; i < CASES; i++) {
		char host[HOST_MAX] = "";
		size_t len = 0;
		uint32_t count = 1 + random_below(PIECES_MAX);

		for (uint32_t k = 0; k < count; k++)
			len += (size_t)snprintf(host + len, sizeof(host) - len, "%s",
				pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))]);
		compare(a, host);
	}
	for (int i = 0; i < CASES; i++) {
		char host[HOST_MAX];
		size_t len = 1 + random_below(60);

		for (size_t k = 0; k < len; k++)
			host[k] = (char)(1 + random_below(126));
		host[len] = '\0';
		/* what ends a host for both */
		if (strpbrk(host, "/?#\\@") == NULL)
			compare(a, host);
	}
}

static void read_seed(void)
{
	const char *text = getenv("SEED");

	if (text != NULL)
		seed = strtoull(text, NULL, 10);
}

TEST_GROUP(read_seed, NULL)
