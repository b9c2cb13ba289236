/* SPDX-License-Identifier: ISC */
/* Reads heads line by line.  Validators are opaque, and go back to the server byte for byte.  A field that cannot be
 * sent back (control characters, more than FIELD_MAX bytes) counts as absent. */
#include "response_head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"

enum {
	/* Servers refuse request lines and fields over 8 KiB, so a longer field could not be sent back. */
	FIELD_MAX = 4096,
	/* A number of seconds with more digits means the maximum. */
	SECONDS_DIGITS_MAX = 10,
};

static const struct {
	const char *name;
	enum head_field field;
} fields[] = {
	{"age", HEAD_AGE},
	{"cache-control", HEAD_CACHE_CONTROL},
	{"cf-mitigated", HEAD_CF_MITIGATED},
	{"content-encoding", HEAD_CONTENT_ENCODING},
	{"content-language", HEAD_CONTENT_LANGUAGE},
	{"content-location", HEAD_CONTENT_LOCATION},
	{"content-type", HEAD_CONTENT_TYPE},
	{"date", HEAD_DATE},
	{"etag", HEAD_ETAG},
	{"expires", HEAD_EXPIRES},
	{"im", HEAD_IM},
	{"last-modified", HEAD_LAST_MODIFIED},
	{"link", HEAD_LINK},
	{"location", HEAD_LOCATION},
	{"retry-after", HEAD_RETRY_AFTER},
	{"set-cookie", HEAD_SET_COOKIE},
};

static void forget_fields(struct response_head *h)
{
	for (size_t i = 0; i < HEAD_FIELD_COUNT; i++) {
		free(h->fields[i]);
		h->fields[i] = NULL;
	}
}

void response_head_release(struct response_head *h)
{
	forget_fields(h);
	*h = (struct response_head){0};
}

char *response_head_take(struct response_head *h, enum head_field field)
{
	char *value = h->fields[field];

	h->fields[field] = NULL;
	return value;
}

/* ---- lines ---- */

/* "HTTP/1.1 404 Not Found", "HTTP/2 404" */
static int parse_status(struct str line)
{
	struct str version, number;
	long long status;

	if (!str_word(&line, &version) || !str_word(&line, &number) || !str_to_int(number, &status))
		return 0;
	return status >= 100 && status <= 999 ? (int)status : 0;
}

static bool is_sendable(struct str value)
{
	if (value.len == 0 || value.len > FIELD_MAX)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static int keep_field(struct response_head *h, enum head_field field, struct str value)
{
	const char *before = h->fields[field];
	size_t before_len = before != NULL ? strlen(before) : 0;
	char *joined;

	/* Of a repeated field the first one counts; these three are lists, and are joined. */
	if (before != NULL && field != HEAD_CACHE_CONTROL && field != HEAD_LINK && field != HEAD_CONTENT_ENCODING)
		return 0;
	joined = malloc(before_len + 2 + value.len + 1);
	if (joined == NULL)
		return -ENOMEM;
	if (before != NULL) {
		memcpy(joined, before, before_len);
		memcpy(joined + before_len, ", ", 2);
		before_len += 2;
	}
	memcpy(joined + before_len, value.data, value.len);
	joined[before_len + value.len] = '\0';
	free(h->fields[field]);
	h->fields[field] = joined;
	return 0;
}

int response_head_line(struct response_head *h, struct str line)
{
	size_t colon;
	struct str name;

	h->bytes += line.len;
	if (h->complete)
		return 0;
	if (str_starts(line, STR("HTTP/"))) {
		forget_fields(h);
		h->status = parse_status(line);
		return 0;
	}
	if (str_empty(str_trim(line))) {
		h->complete = h->status >= 200;
		return 0;
	}
	colon = str_find_char(line, ':', 0);
	if (colon == STR_NPOS)
		return 0;
	name = str_slice(line, 0, colon);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct str value;

		if (!str_eq_nocase(name, str_from(fields[i].name)))
			continue;
		value = str_trim(str_slice(line, colon + 1, line.len));
		return is_sendable(value) ? keep_field(h, fields[i].field, value) : 0;
	}
	return 0;
}

/* ---- times ---- */

static int64_t clamp_wait(int64_t ms)
{
	if (ms < 0)
		return 0;
	return ms > HEAD_WAIT_MAX_MS ? HEAD_WAIT_MAX_MS : ms;
}

/* delta-seconds (RFC 9111, 1.2.2): digits only; a number too large to represent means the maximum. */
static bool parse_seconds(struct str s, int64_t *ms)
{
	int64_t seconds = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_digit(s.data[i]))
			return false;
		if (i < SECONDS_DIGITS_MAX)
			seconds = seconds * 10 + (s.data[i] - '0');
	}
	*ms = s.len > SECONDS_DIGITS_MAX ? HEAD_WAIT_MAX_MS : clamp_wait(seconds * 1000);
	return true;
}

/* The time by the server's Date, else by our clock.  With Date, a wrong clock on either side does no harm. */
static int64_t server_now_ms(const struct response_head *h, int64_t now_ms)
{
	int64_t date_ms = time_parse_http(str_from(h->fields[HEAD_DATE]));

	return date_ms != TIME_NONE ? date_ms : now_ms;
}

int64_t response_head_retry_after_ms(const struct response_head *h, int64_t now_ms)
{
	struct str value = str_from(h->fields[HEAD_RETRY_AFTER]);
	int64_t ms;

	if (str_empty(value))
		return -1;
	if (parse_seconds(value, &ms))
		return ms;
	ms = time_parse_http(value);
	return ms == TIME_NONE ? -1 : clamp_wait(ms - server_now_ms(h, now_ms));
}

/* Cuts the next directive off *rest (RFC 9111, 5.2): name, and value without its quotes. */
static bool next_directive(struct str *rest, struct str *name, struct str *value)
{
	size_t i = 0, from;
	bool quoted = false;

	while (i < rest->len && (char_is_space(rest->data[i]) || rest->data[i] == ','))
		i++;
	if (i == rest->len)
		return false;
	from = i;
	while (i < rest->len && rest->data[i] != ',' && rest->data[i] != '=')
		i++;
	*name = str_trim(str_slice(*rest, from, i));
	*value = STR_NONE;
	if (i < rest->len && rest->data[i] == '=') {
		from = ++i;
		for (; i < rest->len && (quoted || rest->data[i] != ','); i++) {
			if (rest->data[i] == '"')
				quoted = !quoted;
			else if (quoted && rest->data[i] == '\\' && i + 1 < rest->len)
				i++;
		}
		*value = str_trim(str_slice(*rest, from, i));
		if (value->len >= 2 && value->data[0] == '"' && value->data[value->len - 1] == '"')
			*value = str_slice(*value, 1, value->len - 1);
	}
	*rest = str_slice(*rest, i, rest->len);
	return true;
}

/* max-age; -1: none.  *forbidden: the answer must not be used again without a request. */
static int64_t max_age_ms(struct str cache_control, bool *forbidden)
{
	struct str name, value;
	int64_t ms = -1;

	*forbidden = false;
	while (next_directive(&cache_control, &name, &value)) {
		if (str_eq_nocase(name, STR("no-store")) ||
			(str_eq_nocase(name, STR("no-cache")) &&
				value.data == NULL)) /* no-cache="field" forbids that field only */
			*forbidden = true;
		else if (str_eq_nocase(name, STR("max-age")) && ms < 0 && !parse_seconds(value, &ms))
			ms = 0; /* RFC 9111, 4.2.1: a malformed value means stale */
	}
	return ms;
}

int64_t response_head_fresh_ms(const struct response_head *h, int64_t now_ms)
{
	bool forbidden;
	int64_t age_ms, expires_ms;
	int64_t ms = max_age_ms(str_from(h->fields[HEAD_CACHE_CONTROL]), &forbidden);

	if (forbidden)
		return 0;
	if (!parse_seconds(str_from(h->fields[HEAD_AGE]), &age_ms))
		age_ms = 0;
	if (ms >= 0)
		return clamp_wait(ms - age_ms);
	if (h->fields[HEAD_EXPIRES] == NULL)
		return -1;
	expires_ms = time_parse_http(str_from(h->fields[HEAD_EXPIRES]));
	return expires_ms == TIME_NONE ? 0 : clamp_wait(expires_ms - server_now_ms(h, now_ms) - age_ms);
}

/* ---- words ---- */

const char *http_status_words(int status)
{
	static const struct {
		int status;
		const char *words;
	} table[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{203, "Non-Authoritative Information"},
		{204, "No Content"},
		{205, "Reset Content"},
		{206, "Partial Content"},
		{226, "IM Used"},
		{300, "Multiple Choices"},
		{301, "Moved Permanently"},
		{302, "Found"},
		{303, "See Other"},
		{304, "Not Modified"},
		{305, "Use Proxy"},
		{307, "Temporary Redirect"},
		{308, "Permanent Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{402, "Payment Required"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{406, "Not Acceptable"},
		{407, "Proxy Authentication Required"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{410, "Gone"},
		{411, "Length Required"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{416, "Range Not Satisfiable"},
		{417, "Expectation Failed"},
		{418, "I'm a teapot"},
		{421, "Misdirected Request"},
		{422, "Unprocessable Content"},
		{423, "Locked"},
		{425, "Too Early"},
		{426, "Upgrade Required"},
		{428, "Precondition Required"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{451, "Unavailable For Legal Reasons"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{505, "HTTP Version Not Supported"},
		{507, "Insufficient Storage"},
		{508, "Loop Detected"},
		{511, "Network Authentication Required"},
		{520, "Cloudflare: unknown error of the server"},
		{521, "Cloudflare: the server is down"},
		{522, "Cloudflare: connection to the server timed out"},
		{523, "Cloudflare: the server is unreachable"},
		{524, "Cloudflare: the server timed out"},
		{525, "Cloudflare: TLS handshake with the server failed"},
		{526, "Cloudflare: the server's certificate is invalid"},
		{530, "Cloudflare: the site is frozen or unreachable"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].words;
	return NULL;
}
