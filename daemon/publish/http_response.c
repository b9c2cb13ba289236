/* SPDX-License-Identifier: ISC */
/* The head of an answer: what the request accepts, whether the client has the document already, and which headers go
 * with it. */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "http_internal.h"
#include "sitrep/base/clock.h"

const char *http_header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* "q=0.5" is 500; a malformed weight counts as 1000. */
static int read_weight(struct str parameter)
{
	int weight = 0, digit = 1000;

	if (!str_starts_nocase(parameter, STR("q=")))
		return 1000;
	for (size_t i = 2; i < parameter.len && digit > 0; i++) {
		if (parameter.data[i] == '.')
			continue;
		if (!char_is_digit(parameter.data[i]))
			return 0;
		weight += (parameter.data[i] - '0') * digit;
		digit /= 10;
	}
	return weight < 1000 ? weight : 1000;
}

int http_weight(struct str accept, struct str type)
{
	struct str one, name, parameter;
	int weight = -1;

	while (weight < 0 && str_split(&accept, ',', &one)) {
		str_split(&one, ';', &name);
		if (!str_eq_nocase(str_trim(name), type))
			continue;
		weight = 1000;
		while (weight == 1000 && str_split(&one, ';', &parameter))
			weight = read_weight(str_trim(parameter));
	}
	return weight;
}

static bool may_be_kept(const char *cache_control)
{
	return cache_control != NULL && strcmp(cache_control, "no-store") != 0;
}

/* RFC 9110, 12.5.3: is gzip named, by itself or by "*", without q=0. */
bool http_accepts_gzip(struct MHD_Connection *connection)
{
	static const char *const names[] = {"gzip", "x-gzip", "*"};
	struct str accept = str_from(http_header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	int weight = -1;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && weight < 0; i++)
		weight = http_weight(accept, str_from(names[i]));
	return weight > 0;
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
		one = str_slice(one, 1, one.len - 1);
		if (str_ends(one, STR("-gz")))
			one.len -= 3;
		if (str_eq(one, str_from(b->tag)))
			return true;
	}
	return false;
}

static bool is_not_modified(struct MHD_Connection *connection, const struct http_body *b)
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

static void add_headers(
	struct MHD_Response *response, const struct http_body *b, bool packed, const char *cache_control)
{
	char text[TIME_TEXT_MAX];
	char etag[48];

	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
	if (cache_control != NULL)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache_control);
	if (may_be_kept(cache_control)) {
		snprintf(etag, sizeof(etag), "\"%s%s\"", b->tag, packed ? "-gz" : "");
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
		if (b->modified_ms != TIME_NONE)
			(void)MHD_add_response_header(
				response, MHD_HTTP_HEADER_LAST_MODIFIED, time_format_http(text, b->modified_ms));
	}
}

/* Allows only what our own pages need, in case markup slips through the sanitizer. */
static void add_protection(struct MHD_Response *response)
{
	(void)MHD_add_response_header(response, "Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; base-uri 'none'; "
		"form-action 'none'; frame-ancestors 'none'");
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	(void)MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
}

static void release_body(void *body)
{
	http_body_unref(body);
}

struct MHD_Response *http_response(
	struct MHD_Connection *connection, struct http_body *b, int *status, const char *cache_control)
{
	struct MHD_Response *response;
	bool packed = http_accepts_gzip(connection) && b->gzip != NULL;

	if (*status == MHD_HTTP_OK && may_be_kept(cache_control) && is_not_modified(connection, b)) {
		*status = MHD_HTTP_NOT_MODIFIED;
		response = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	} else {
		response = MHD_create_response_from_buffer_with_free_callback_cls(
			packed ? b->gzip_len : b->len, packed ? b->gzip : b->data, release_body, http_body_ref(b));
		if (response == NULL)
			http_body_unref(b);
	}
	if (response == NULL)
		return NULL;
	add_headers(response, b, packed, cache_control);
	if (*status != MHD_HTTP_NOT_MODIFIED) {
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, b->content_type);
		if (packed)
			(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	}
	add_protection(response);
	return response;
}
