/* SPDX-License-Identifier: ISC */
/* URLs: the first line is the base, the rest the reference.  What is made absolute stays as it is when made absolute
 * again, the normal form is its own normal form, and libcurl, which fetches, sees the same host as we do. */
#include "fuzz.h"

#include <curl/curl.h>

#include "sitrep/base/utf8.h"
#include "sitrep/text/url.h"

static struct arena arena;

FUZZ_SETUP
{
	arena_init(&arena, FUZZ_ARENA_MAX);
	return 0;
}

static void check_characters(struct str url)
{
	for (size_t i = 0; i < url.len; i++) {
		unsigned char c = (unsigned char)url.data[i];
		fuzz_require(c > ' ' && c != 0x7f, url);
	}
}

/* Of a normal form: what is judged and kept is what is fetched. */
static void check_host(struct str url)
{
	struct str ours = url_host(&arena, url);
	char *text = arena_cstr(&arena, url);
	CURLU *u = curl_url();
	char *theirs = NULL;

	fuzz_require(u != NULL && text != NULL && ours.len > 0, url);
	fuzz_require(curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK, url);
	fuzz_require(curl_url_get(u, CURLUPART_HOST, &theirs, 0) == CURLUE_OK, url);
	if (!str_eq_nocase(ours, str_from(theirs)))
		fprintf(stderr, "ours: %.*s, libcurl's: %s\n", STR_ARG(ours), theirs);
	fuzz_require(str_eq_nocase(ours, str_from(theirs)), url);
	curl_free(theirs);
	curl_url_cleanup(u);
}

static void check_normal(struct str url)
{
	struct str once = url_normalise(&arena, url);
	struct str twice = url_normalise(&arena, once);

	fuzz_require(once.data != NULL || url.data == NULL, url);
	fuzz_require(str_eq(once, twice), url);
	if (!url_is_web(url))
		return;
	fuzz_require(url_is_web(once), url);
	check_characters(once);
	check_host(once);
	fuzz_require(str_eq(url_host(&arena, once), url_host(&arena, url)), url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str reference = fuzz_str(data, size);
	struct str base = fuzz_first_line(&reference);
	struct str resolved;

	arena_clear(&arena);
	resolved = url_resolve(&arena, base, reference);
	fuzz_require(resolved.data != NULL || reference.data == NULL, reference);
	if (url_is_safe_link(resolved)) {
		struct str again = url_resolve(&arena, base, resolved);

		check_characters(resolved);
		fuzz_require(str_eq(again, resolved), reference);
	}
	fuzz_require(!url_is_web(resolved) || url_is_safe_link(resolved), reference);
	check_normal(resolved);
	check_normal(reference);
	url_host(&arena, reference);
	return 0;
}
