/* SPDX-License-Identifier: ISC */
/* ETags, and the requests that depend on them (RFC 9110, 13).
 *
 * A tag is made from the bytes of a document, so it is the same after a restart, and a reader that sends it still gets
 * 304.  A compressed form has the document's tag with a suffix, "-gz". */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "http_internal.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/sha256.h"

enum { ETAG_BYTES = 12 };

void http_etag_make(char tag[HTTP_TAG_MAX], struct str document)
{
	uint8_t digest[SHA256_LEN];

	sha256_of(&document, 1, digest);
	hex_encode(tag, digest, ETAG_BYTES);
}

void http_etag_write(char tag[HTTP_ETAG_MAX], const struct http_body *b, int coding)
{
	if (coding == HTTP_IDENTITY)
		snprintf(tag, HTTP_ETAG_MAX, "\"%s\"", b->tag);
	else
		snprintf(tag, HTTP_ETAG_MAX, "\"%s-%s\"", b->tag, compression_suffix((enum compression_coding)coding));
}

/* A tag without the suffix of a compressed form. */
static struct str without_suffix(struct str tag)
{
	for (int i = 0; i < COMPRESSION_CODINGS; i++) {
		struct str suffix = str_from(compression_suffix((enum compression_coding)i));

		if (!str_empty(suffix) && tag.len > suffix.len && str_ends(tag, suffix) &&
			tag.data[tag.len - suffix.len - 1] == '-')
			return str_slice(tag, 0, tag.len - suffix.len - 1);
	}
	return tag;
}

/* RFC 9110, 13.1.2 with weak comparison; either form's tag means the same resource state. */
static bool names_tag(struct str list, const struct http_body *b)
{
	struct str one;

	while (str_split(&list, ',', &one)) {
		one = str_trim(one);
		if (str_eq(one, STR("*")))
			return true;
		if (str_starts(one, STR("W/")))
			one = str_slice(one, 2, one.len);
		if (one.len < 2 || one.data[0] != '"' || one.data[one.len - 1] != '"')
			continue;
		one = without_suffix(str_slice(one, 1, one.len - 1));
		if (str_eq(one, str_from(b->tag)))
			return true;
	}
	return false;
}

bool http_etag_is_current(struct MHD_Connection *connection, const struct http_body *b)
{
	const char *tags = http_header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
	const char *since = http_header(connection, MHD_HTTP_HEADER_IF_MODIFIED_SINCE);
	int64_t since_ms;

	if (tags != NULL)
		return names_tag(str_from(tags), b);
	if (since == NULL || b->modified_ms == TIME_NONE)
		return false;
	since_ms = time_parse_http(str_from(since));
	/* A date in the future cannot be one that we sent (RFC 9110, 13.1.3). */
	return since_ms != TIME_NONE && since_ms <= clock_wall_ms() && b->modified_ms / 1000 <= since_ms / 1000;
}

bool http_etag_is_of_range(struct MHD_Connection *connection, const struct http_body *b)
{
	const char *condition = http_header(connection, MHD_HTTP_HEADER_IF_RANGE);
	char tag[HTTP_ETAG_MAX], text[TIME_TEXT_MAX];

	if (condition == NULL)
		return true;
	http_etag_write(tag, b, HTTP_IDENTITY);
	return strcmp(condition, tag) == 0 ||
	       (b->modified_ms != TIME_NONE && strcmp(condition, time_format_http(text, b->modified_ms)) == 0);
}
