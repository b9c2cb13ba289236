/* SPDX-License-Identifier: ISC */
/* Normal forms of URLs, and tests on URLs.  url_host.c reads hosts. */
#include <stdint.h>

#include "sitrep/base/limits.h"
#include "sitrep/text/url.h"
#include "url_parts.h"

/* user@host:port; port absent when there is none, host with its brackets. */
struct authority {
	struct str user; /* with its @ */
	struct str host;
	struct str port;
};

static void split_authority(struct str s, struct authority *out)
{
	size_t at = STR_NPOS, colon = STR_NPOS;

	for (size_t i = s.len; i > 0 && at == STR_NPOS; i--)
		if (s.data[i - 1] == '@')
			at = i;
	*out = (struct authority){.user = at == STR_NPOS ? STR_NONE : str_slice(s, 0, at)};
	if (at != STR_NPOS)
		s = str_slice(s, at, s.len);
	for (size_t i = s.len; i > 0 && s.data[i - 1] != ']' && colon == STR_NPOS; i--)
		if (s.data[i - 1] == ':')
			colon = i - 1;
	out->host = colon == STR_NPOS ? s : str_slice(s, 0, colon);
	if (colon != STR_NPOS)
		out->port = str_slice(s, colon + 1, s.len);
}

static bool is_port(struct str port)
{
	long long n;

	return port.len == 0 || (char_is_digit(port.data[0]) && str_to_int(port, &n) && n <= 65535);
}

/* Splits a web URL; false for another URL or an invalid port. */
static bool split_web(struct str url, struct url_parts *p, struct authority *at)
{
	if (url.len == 0 || (url.data[0] | 32) != 'h')
		return false;
	url_split(url, p);
	if (p->authority.data == NULL || !url_scheme_is_web(p->scheme))
		return false;
	/* Browsers end the host at a backslash, other readers do not. url_resolve() makes it a slash; here it is
	 * refused. */
	if (str_find_char(p->authority, '\\', 0) != STR_NPOS)
		return false;
	split_authority(p->authority, at);
	return is_port(at->port);
}

struct str url_host(struct arena *a, struct str url)
{
	struct url_parts p;
	struct authority at;

	if (!split_web(url, &p, &at))
		return STR_NONE;
	return url_judge_host(a, at.host);
}

bool url_is_web(struct str url)
{
	struct url_parts p;
	struct authority at;
	struct arena a;
	bool lower, good;

	if (str_has_below(url, '!') || !split_web(url, &p, &at))
		return false;
	if (url_is_plain_host(at.host, &lower))
		return true;
	arena_init(&a, 64 * 1024);
	good = url_judge_host(&a, at.host).data != NULL;
	arena_release(&a);
	return good;
}

bool url_is_safe_link(struct str url)
{
	if (str_starts_nocase(url, STR("mailto:")))
		return url.len > 7 && !str_has_below(url, '!');
	return url_is_web(url);
}

/* ---- normal form */

static bool is_unreserved(int c)
{
	return char_is_alpha((char)c) || char_is_digit((char)c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* s with bytes beyond ASCII encoded and, where decode is set, percent-encoding in its normal form. */
static struct str normal_percent(struct arena *a, struct str s, bool decode)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;
	char *out;

	if (s.data == NULL)
		return s;
	out = s.len > SIZE_MAX / 3 ? NULL : arena_alloc(a, s.len * 3 + 1);
	if (out == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];
		int high = s.len - i > 2 ? char_hex_value(s.data[i + 1]) : -1,
		    low = high >= 0 ? char_hex_value(s.data[i + 2]) : -1;

		if (c == '%' && decode && low >= 0) {
			if (high < 8 && is_unreserved(high << 4 | low)) {
				out[n++] = (char)(high << 4 | low);
			} else {
				out[n++] = '%';
				out[n++] = hex[high];
				out[n++] = hex[low];
			}
			i += 2;
		} else if (c >= 0x80) {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		} else {
			out[n++] = (char)c;
		}
	}
	return str_make(out, n);
}

static bool is_default_port(struct str scheme, struct str port)
{
	return port.len == 0 || str_eq(port, scheme.len == 4 ? STR("80") : STR("443"));
}

static struct str normal_authority(struct arena *a, struct str scheme, const struct authority *at)
{
	struct str host = url_judge_host(a, at->host);
	size_t n = 0;
	char *out;

	if (host.data == NULL)
		return STR_NONE;
	if (at->user.len > LIMIT_URL)
		return STR_NONE;
	out = arena_alloc(a, at->user.len * 3 + host.len + at->port.len + 2);
	if (out == NULL)
		return STR_NONE;
	/* Browsers end the user at the last @, libcurl at the first: all but the last are encoded. */
	for (size_t i = 0; at->user.len > 1 && i < at->user.len; i++) {
		bool inside = at->user.data[i] == '@' && i + 1 < at->user.len;

		memcpy(out + n, inside ? "%40" : &at->user.data[i], inside ? 3 : 1);
		n += inside ? 3 : 1;
	}
	memcpy(out + n, host.data, host.len);
	n += host.len;
	if (!is_default_port(scheme, at->port)) {
		out[n++] = ':';
		memcpy(out + n, at->port.data, at->port.len);
		n += at->port.len;
	}
	return str_make(out, n);
}

struct str url_normalise(struct arena *a, struct str url)
{
	struct str clean = url_resolve(a, STR_NONE, url);
	struct url_parts p, out;
	struct authority at;

	if (clean.data == NULL)
		return STR_NONE;
	if (!split_web(clean, &p, &at))
		return url;
	out.scheme = p.scheme.len == 4 ? STR("http") : STR("https");
	out.authority = normal_authority(a, out.scheme, &at);
	if (out.authority.data == NULL)
		return url;
	out.path = p.path.len == 0 ? STR("/") : normal_percent(a, p.path, true);
	out.query = normal_percent(a, p.query, false);
	out.fragment = normal_percent(a, p.fragment, true);
	if (out.path.data == NULL || (p.query.data != NULL && out.query.data == NULL) ||
		(p.fragment.data != NULL && out.fragment.data == NULL))
		return STR_NONE;
	return url_join(a, &out);
}
