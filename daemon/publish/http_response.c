/* SPDX-License-Identifier: ISC */
/* The head of an answer: what the request accepts, whether the client has the document already, and which headers go
 * with it. */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "http_internal.h"
#include "sitrep/base/clock.h"
#include "sitrep/pages/page.h"

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

static bool may_be_kept(const struct http_answer *answer)
{
	return answer->cache_control != NULL ? strcmp(answer->cache_control, "no-store") != 0 : answer->max_age_s > 0;
}

static void add_cache_control(struct MHD_Response *response, const struct http_answer *answer)
{
	char text[40];

	snprintf(text, sizeof(text), "max-age=%u", answer->max_age_s);
	if (answer->cache_control != NULL || answer->max_age_s > 0)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
			answer->cache_control != NULL ? answer->cache_control : text);
}

/* The weight of a coding by its name, else of "*"; -1: neither is named. */
static int coding_weight(struct str accept, const char *name)
{
	int weight = http_weight(accept, str_from(name));

	if (weight < 0 && strcmp(name, "gzip") == 0)
		weight = http_weight(accept, STR("x-gzip"));
	return weight >= 0 ? weight : http_weight(accept, STR("*"));
}

int http_coding(struct MHD_Connection *connection)
{
	struct str accept = str_from(http_header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	/* Without a weight of its own, identity comes last. */
	int best = http_weight(accept, STR("identity")) - 1, coding = HTTP_IDENTITY;

	for (int i = 0; i < COMPRESSION_CODINGS; i++) {
		enum compression_coding c = (enum compression_coding)i;
		int weight = compression_is_known(c) ? coding_weight(accept, compression_name(c)) : 0;

		if (weight > 0 && weight > best) {
			best = weight;
			coding = i;
		}
	}
	return coding;
}

/* Also in the answer to the question whether scripts may ask (OPTIONS). */
void http_add_origin(struct MHD_Connection *connection, struct MHD_Response *response, const struct http_answer *answer)
{
	const char *asking = http_header(connection, "Origin");

	if (answer->origin == HTTP_ORIGIN_ASKING || answer->origin == HTTP_ORIGIN_OTHER)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Origin");
	if (answer->origin == HTTP_ORIGIN_ANY)
		asking = "*";
	else if (answer->origin != HTTP_ORIGIN_ASKING || asking == NULL)
		return;
	(void)MHD_add_response_header(response, "Access-Control-Allow-Origin", asking);
	(void)MHD_add_response_header(response, "Access-Control-Expose-Headers", "Content-Range, ETag");
	if (answer->status != MHD_HTTP_NO_CONTENT)
		return;
	(void)MHD_add_response_header(response, "Access-Control-Allow-Methods", "GET, HEAD");
	(void)MHD_add_response_header(response, "Access-Control-Allow-Headers",
		"A-IM, Authorization, If-Modified-Since, If-None-Match, Range");
	(void)MHD_add_response_header(response, "Access-Control-Max-Age", "86400");
}

static void add_headers(
	struct MHD_Connection *connection, struct MHD_Response *response, const struct http_answer *answer, int coding)
{
	const struct http_body *b = answer->body;
	char text[TIME_TEXT_MAX];
	char etag[HTTP_ETAG_MAX];

	(void)MHD_add_response_header(
		response, MHD_HTTP_HEADER_VARY, answer->status < 400 ? "Accept-Encoding" : "Accept, Accept-Encoding");
	http_add_origin(connection, response, answer);
	if (answer->status == MHD_HTTP_IM_USED)
		(void)MHD_add_response_header(response, "IM", "feed");
	if (answer->ranges)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
	add_cache_control(response, answer);
	if (may_be_kept(answer)) {
		http_etag_write(etag, b, coding);
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
		if (b->modified_ms != TIME_NONE)
			(void)MHD_add_response_header(
				response, MHD_HTTP_HEADER_LAST_MODIFIED, time_format_http(text, b->modified_ms));
	}
}

/* ---- ranges ---- */

struct range {
	enum { RANGE_NONE, RANGE_PART, RANGE_OUTSIDE } kind;
	size_t from, len;
};

/* "bytes=0-99", "bytes=100-", "bytes=-100".  Several ranges, or another form, are as if there was none. */
static struct range read_range(struct str value, size_t size)
{
	static const struct str unit = {"bytes=", 6};
	struct range none = {.kind = RANGE_NONE}, outside = {.kind = RANGE_OUTSIDE};
	long long from = 0, to = 0;
	struct str first;

	if (!str_starts_nocase(value, unit))
		return none;
	value = str_slice(value, unit.len, value.len);
	if (str_find_char(value, '-', 0) == STR_NPOS)
		return none;
	str_split(&value, '-', &first);
	if ((!str_empty(first) && (!str_to_int(first, &from) || from < 0)) ||
		(!str_empty(value) && (!str_to_int(value, &to) || to < 0)) || (str_empty(first) && str_empty(value)))
		return none;
	if (str_empty(first)) {
		if (to == 0 || size == 0)
			return outside;
		from = (unsigned long long)to < size ? (long long)size - to : 0;
	} else if ((unsigned long long)from >= size) {
		return outside;
	} else if (!str_empty(value) && to < from) {
		return none;
	}
	if (str_empty(first) || str_empty(value) || (unsigned long long)to >= size)
		to = (long long)size - 1;
	return (struct range){RANGE_PART, (size_t)from, (size_t)(to - from + 1)};
}

static struct range wanted_range(struct MHD_Connection *connection, const struct http_answer *answer)
{
	const char *value =
		answer->ranges && answer->status == MHD_HTTP_OK ? http_header(connection, MHD_HTTP_HEADER_RANGE) : NULL;

	if (value == NULL || !http_etag_is_of_range(connection, answer->body))
		return (struct range){.kind = RANGE_NONE};
	return read_range(str_from(value), answer->body->len);
}

/* Allows only what the document needs, in case markup slips through the sanitizer.  Pages have a sheet and a script of
 * ours and nothing inline; feeds have the outlets' pictures. */
static void add_protection(struct MHD_Response *response, const char *content_type)
{
	static const char of_pages[] = "default-src 'self'; base-uri 'none'; form-action 'self'; "
				       "frame-ancestors 'none'; object-src 'none'";
	static const char of_others[] =
		"default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; base-uri 'none'; "
		"form-action 'none'; frame-ancestors 'none'";

	(void)MHD_add_response_header(response, "Content-Security-Policy",
		strcmp(content_type, PAGE_CONTENT_TYPE) == 0 ? of_pages : of_others);
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	(void)MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
}

static void release_body(void *body)
{
	http_body_unref(body);
}

static struct MHD_Response *with_bytes(struct http_body *b, const char *data, size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		len, (void *)data, release_body, http_body_ref(b));

	if (response == NULL)
		http_body_unref(b);
	return response;
}

static struct MHD_Response *with_form(struct http_body *b, int coding)
{
	return coding != HTTP_IDENTITY ? with_bytes(b, b->forms[coding].data, b->forms[coding].len)
				       : with_bytes(b, b->data, b->len);
}

static struct MHD_Response *without_bytes(void)
{
	return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
}

static void add_content_range(struct MHD_Response *response, const struct range *range, size_t size)
{
	char text[80];

	if (range->kind == RANGE_PART)
		snprintf(text, sizeof(text), "bytes %zu-%zu/%zu", range->from, range->from + range->len - 1, size);
	else
		snprintf(text, sizeof(text), "bytes */%zu", size);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, text);
}

struct MHD_Response *http_response(struct MHD_Connection *connection, struct http_answer *answer)
{
	struct http_body *b = answer->body;
	struct range range = wanted_range(connection, answer);
	int coding = range.kind == RANGE_NONE ? http_coding(connection) : HTTP_IDENTITY;
	struct MHD_Response *response;

	if (coding != HTTP_IDENTITY && b->forms[coding].data == NULL)
		coding = HTTP_IDENTITY;
	if (answer->status == MHD_HTTP_OK && may_be_kept(answer) && http_etag_is_current(connection, b)) {
		/* The bytes are not sent, but their number is, since it must be that of a 200 (RFC 9110, 8.6). */
		answer->status = MHD_HTTP_NOT_MODIFIED;
		response = with_form(b, coding);
	} else if (range.kind == RANGE_OUTSIDE) {
		answer->status = MHD_HTTP_RANGE_NOT_SATISFIABLE;
		response = without_bytes();
	} else if (answer->status == MHD_HTTP_NO_CONTENT) {
		response = without_bytes();
	} else if (range.kind == RANGE_PART) {
		answer->status = MHD_HTTP_PARTIAL_CONTENT;
		response = with_bytes(b, b->data + range.from, range.len);
	} else {
		response = with_form(b, coding);
	}
	if (response == NULL)
		return NULL;
	add_headers(connection, response, answer, coding);
	if (answer->status == MHD_HTTP_PARTIAL_CONTENT || answer->status == MHD_HTTP_RANGE_NOT_SATISFIABLE)
		add_content_range(response, &range, b->len);
	if (answer->status != MHD_HTTP_NOT_MODIFIED && answer->status != MHD_HTTP_NO_CONTENT) {
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, b->content_type);
		if (coding != HTTP_IDENTITY)
			(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING,
				compression_name((enum compression_coding)coding));
	}
	add_protection(response, b->content_type);
	return response;
}
