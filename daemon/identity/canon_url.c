/* SPDX-License-Identifier: ISC */
/* url.h brings the link into its normal form first; this file edits a well-formed URL.  The key goes further than the
 * equality of RFC 3986: it drops the parts that news sites vary for one article (scheme, www. and mobile hosts, AMP
 * pages, campaign parameters).  A key is compared and hashed, never fetched or shown. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/identity/canon.h"
#include "sitrep/text/url.h"
#include "trackers.h"

enum {
	UNWRAP_MAX = 4, /* nested wrappers that are undone */
	/* A query of more parameters is kept unsorted: no article's URL has so many. */
	PARAMETERS_MAX = 1024,
};

struct parts {
	struct str host; /* with port, without user */
	struct str path; /* begins with "/", or is empty */
	struct str query;
	struct str fragment;
};

/* Splits an absolute http or https URL; the parts point into url.  False when it has no host. */
static bool split_url(struct str url, struct parts *p)
{
	size_t from, end, at;

	*p = (struct parts){0};
	from = str_find(url, STR("://"), 0);
	if (from == STR_NPOS)
		return false;
	from += 3;
	for (end = from; end < url.len; end++) {
		char c = url.data[end];

		if (c == '/' || c == '?' || c == '#' || c == '\\')
			break;
	}
	p->host = str_slice(url, from, end);
	while ((at = str_find_char(p->host, '@', 0)) != STR_NPOS)
		p->host = str_slice(p->host, at + 1, p->host.len);
	for (from = end; end < url.len && url.data[end] != '?' && url.data[end] != '#'; end++)
		;
	p->path = str_slice(url, from, end);
	if (end < url.len && url.data[end] == '?') {
		for (from = ++end; end < url.len && url.data[end] != '#'; end++)
			;
		p->query = str_slice(url, from, end);
	}
	if (end < url.len)
		p->fragment = str_slice(url, end + 1, url.len);
	return p->host.len > 0;
}

static void split_parameter(struct str parameter, struct str *name, struct str *value)
{
	size_t equals = str_find_char(parameter, '=', 0);

	if (equals == STR_NPOS) {
		*name = parameter;
		*value = STR_NONE;
	} else {
		*name = str_slice(parameter, 0, equals);
		*value = str_slice(parameter, equals + 1, parameter.len);
	}
}

/* ---- percent-encoding */

/* The byte that is encoded as %XX at s[i], or -1. */
static int percent_byte(struct str s, size_t i)
{
	if (s.data[i] != '%' || s.len - i < 3 || char_hex_value(s.data[i + 1]) < 0 || char_hex_value(s.data[i + 2]) < 0)
		return -1;
	return char_hex_value(s.data[i + 1]) * 16 + char_hex_value(s.data[i + 2]);
}

/* Appends s with percent-encoding in its normal form (RFC 3986, 6.2.2): hex digits in upper case, unreserved characters
 * decoded; and in queries %20 for "+", as forms mean it. */
static void put_encoded(struct buf *out, struct str s, bool query)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		int byte = percent_byte(s, i);
		char c = (char)byte;

		if (byte < 0) {
			if (query && s.data[i] == '+')
				buf_puts(out, "%20");
			else
				buf_putc(out, s.data[i]);
			continue;
		}
		if (char_is_alpha(c) || char_is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
			buf_putc(out, c);
		} else {
			buf_putc(out, '%');
			buf_putc(out, hex[byte >> 4]);
			buf_putc(out, hex[byte & 15]);
		}
		i += 2;
	}
}

/* ---- wrappers */

/* Redirectors that carry the target in a parameter; the host matches with its subdomains. */
static const struct wrapper {
	const char *host;
	const char *path; /* prefix */
	const char *parameters[2];
} wrappers[] = {
	{"google.com", "/url", {"url", "q"}}, /* also Google Alerts' feeds */
	{"bing.com", "/news/apiclick.aspx", {"url", NULL}},
	{"facebook.com", "/l.php", {"u", NULL}},
	{"l.instagram.com", "/", {"u", NULL}},
	{"youtube.com", "/redirect", {"q", NULL}},
	{"out.reddit.com", "/", {"url", NULL}},
	{"duckduckgo.com", "/l/", {"uddg", NULL}},
	{"t.umblr.com", "/redirect", {"z", NULL}},
	{"vk.com", "/away.php", {"to", NULL}},
	{"slack-redir.net", "/link", {"url", NULL}},
	{"feedproxy.google.com", "/", {"url", NULL}},
	{"safelinks.protection.outlook.com", "/", {"url", NULL}},
	{"viglink.com", "/", {"u", NULL}},
};

static bool host_is_under(struct str host, struct str domain)
{
	return str_eq(host, domain) ||
	       (str_ends(host, domain) && host.len > domain.len && host.data[host.len - domain.len - 1] == '.');
}

/* s when it is an absolute http or https URL, else STR_NONE. */
static struct str as_target(struct str s)
{
	return str_starts_nocase(s, STR("http://")) || str_starts_nocase(s, STR("https://")) ? s : STR_NONE;
}

static struct str find_parameter(struct arena *a, struct str query, struct str wanted)
{
	struct str parameter, name, value;

	while (str_split(&query, '&', &parameter)) {
		split_parameter(parameter, &name, &value);
		if (str_eq_nocase(name, wanted))
			return as_target(url_percent_decode(a, value));
	}
	return STR_NONE;
}

static struct str with_scheme(struct arena *a, const char *scheme, struct str rest)
{
	struct str scheme_str = str_from(scheme);
	char *out = arena_alloc(a, scheme_str.len + rest.len + 1);

	if (out == NULL || rest.len == 0)
		return STR_NONE;
	memcpy(out, scheme_str.data, scheme_str.len);
	memcpy(out + scheme_str.len, rest.data, rest.len);
	return str_make(out, scheme_str.len + rest.len);
}

/* Google's AMP cache: google.com/amp/s/HOST/PATH, and HOST.cdn.ampproject.org/c/s/HOST/PATH, where "s" stands
 * for https and "c" may be "v", "i" or "wp". */
static struct str amp_cache_target(struct arena *a, const struct parts *p)
{
	static const char *const folders[] = {"/c/", "/v/", "/i/", "/wp/"};
	struct str rest = STR_NONE;
	bool secure;

	if (host_is_under(p->host, STR("google.com")) && str_starts(p->path, STR("/amp/"))) {
		rest = str_slice(p->path, 5, p->path.len);
	} else if (host_is_under(p->host, STR("cdn.ampproject.org"))) {
		for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
			struct str folder = str_from(folders[i]);

			if (str_starts(p->path, folder))
				rest = str_slice(p->path, folder.len, p->path.len);
		}
	}
	secure = str_starts(rest, STR("s/"));
	if (secure)
		rest = str_slice(rest, 2, rest.len);
	/* a host must follow, or it is a page of google.com's own */
	if (str_find_char(str_slice(rest, 0, str_find_char(rest, '/', 0)), '.', 0) == STR_NPOS)
		return STR_NONE;
	return with_scheme(a, secure ? "https://" : "http://", rest);
}

/* A whole URL inside the path, as old feed redirectors and archives write it: /rss/x/ *http://host/path. */
static struct str path_target(struct arena *a, struct str path)
{
	for (size_t i = 0; i + 1 < path.len; i++) {
		struct str rest = str_slice(path, i + 1, path.len);

		if (path.data[i] != '/' && path.data[i] != '*')
			continue;
		if (str_starts_nocase(rest, STR("http%3A")) || str_starts_nocase(rest, STR("https%3A")))
			rest = url_percent_decode(a, rest);
		rest = as_target(rest);
		if (rest.len > 0)
			return rest;
	}
	return STR_NONE;
}

/* The article's own link when the URL is a wrapper around it, else STR_NONE. */
static struct str wrapped_target(struct arena *a, const struct parts *p)
{
	struct str target = amp_cache_target(a, p);

	if (target.len == 0)
		target = path_target(a, p->path);
	for (size_t i = 0; target.len == 0 && i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		const struct wrapper *w = &wrappers[i];

		if (!host_is_under(p->host, str_from(w->host)) || !str_starts(p->path, str_from(w->path)))
			continue;
		for (size_t k = 0; target.len == 0 && k < 2 && w->parameters[k] != NULL; k++)
			target = find_parameter(a, p->query, str_from(w->parameters[k]));
	}
	return target;
}

/* ---- the key's pieces */

/* The host without its prefixes, trailing dots and default port. */
static void put_host(struct buf *out, struct str host)
{
	static const char *const prefixes[] = {"www.", "m.", "mobile.", "amp.", "edition."};
	/* an IPv6 address has colons of its own */
	size_t colon = host.data[0] == '[' ? STR_NPOS : str_find_char(host, ':', 0);
	struct str name = str_slice(host, 0, colon);
	struct str port = str_slice(host, colon, host.len);
	bool again = true;

	/* the scheme is not part of the key, so the default ports of both go */
	if (str_eq(port, STR(":80")) || str_eq(port, STR(":443")))
		port = STR_NONE;
	while (str_ends(name, STR(".")))
		name = str_slice(name, 0, name.len - 1);
	while (again) {
		again = false;
		for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
			struct str prefix = str_from(prefixes[i]);

			/* amp.dev is a site */
			if (str_starts(name, prefix) && str_find_char(name, '.', prefix.len) != STR_NPOS) {
				name = str_slice(name, prefix.len, name.len);
				again = true;
			}
		}
	}
	buf_add(out, name);
	buf_add(out, port);
}

/* A path segment without the marks of an AMP page. */
static struct str without_amp(struct str segment)
{
	if (str_eq(segment, STR("amp")))
		return STR("");
	if (str_ends(segment, STR(".amp")) && segment.len > 4)
		return str_slice(segment, 0, segment.len - 4);
	return segment;
}

static void put_path(struct buf *out, struct str path)
{
	struct str segment;

	while (str_split(&path, '/', &segment)) {
		bool html = str_ends(segment, STR(".amp.html"));

		segment = without_amp(html ? str_slice(segment, 0, segment.len - 5) : segment);
		if (segment.len == 0)
			continue;
		buf_putc(out, '/');
		put_encoded(out, segment, false);
		if (html)
			buf_puts(out, ".html");
	}
}

static bool asks_for_amp(struct str name, struct str value)
{
	return str_eq_nocase(name, STR("amp")) ||
	       (str_eq_nocase(name, STR("outputType")) && str_eq_nocase(value, STR("amp")));
}

static int compare_parameters(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static size_t count_parameters(struct str query)
{
	size_t count = 1;

	for (size_t i = 0; i < query.len; i++)
		count += query.data[i] == '&';
	return count < PARAMETERS_MAX ? count : PARAMETERS_MAX;
}

/* Appends "?" and the parameters that may name the article. */
static int put_query(struct buf *out, struct arena *a, struct str query, struct str host)
{
	struct str *kept = arena_alloc_array(a, count_parameters(query), sizeof(*kept));
	struct buf normal = BUF_INIT(3 * LIMIT_URL);
	struct str parameter, name, value;
	size_t count = 0;
	int ret = 0;

	if (kept == NULL)
		return -ENOMEM;
	while (count < PARAMETERS_MAX && str_split(&query, '&', &parameter)) {
		while (str_starts(parameter, STR("amp;")))
			parameter = str_slice(parameter, 4, parameter.len);
		buf_clear(&normal);
		put_encoded(&normal, parameter, true);
		ret = normal.failed;
		if (ret < 0)
			goto out;
		split_parameter(buf_str(&normal), &name, &value);
		if (name.len == 0 || tracker_is(name, value, host, TRACKER_LIKELY) || asks_for_amp(name, value))
			continue;
		kept[count] = arena_str(a, buf_str(&normal));
		ret = kept[count].data == NULL ? -ENOMEM : 0;
		if (ret < 0)
			goto out;
		count++;
	}
	qsort(kept, count, sizeof(*kept), compare_parameters);
	for (size_t i = 0; i < count; i++) {
		buf_putc(out, i == 0 ? '?' : '&');
		buf_add(out, kept[i]);
	}
	if (query.len > 0) {
		buf_putc(out, '&');
		buf_add(out, query);
	}
out:
	buf_release(&normal);
	return ret;
}

struct str canon_url_key(struct arena *a, struct str url)
{
	struct parts p;
	struct buf key;
	struct str result = STR_NONE;

	for (int i = 0; i < UNWRAP_MAX; i++) {
		struct str target;

		url = url_normalise(a, url);
		if (!url_is_web(url) || !split_url(url, &p))
			return STR_NONE;
		target = wrapped_target(a, &p);
		if (target.len == 0 || !url_is_web(target))
			break;
		url = target;
	}
	buf_init(&key, 4 * LIMIT_URL);
	buf_puts(&key, "https://");
	put_host(&key, p.host);
	put_path(&key, p.path);
	if (put_query(&key, a, p.query, p.host) == 0 && !buf_failed(&key))
		result = arena_str(a, buf_str(&key));
	buf_release(&key);
	return result;
}

/* ---- the link as it is shown */

static bool all_trackers(struct str parameters, struct str host)
{
	struct str parameter, name, value;
	bool any = false;

	while (str_split(&parameters, '&', &parameter)) {
		split_parameter(parameter, &name, &value);
		if (!tracker_is(name, value, host, TRACKER_SURE))
			return false;
		any = true;
	}
	return any;
}

static bool any_tracker(struct str parameters, struct str host)
{
	struct str parameter, name, value;

	while (str_split(&parameters, '&', &parameter)) {
		split_parameter(parameter, &name, &value);
		if (tracker_is(name, value, host, TRACKER_SURE))
			return true;
	}
	return false;
}

struct str canon_url_clean(struct arena *a, struct str url)
{
	struct parts p;
	struct str parameter, name, value;
	size_t question;
	char *out;
	size_t n;
	bool first = true;

	if (as_target(url).len == 0 || !split_url(url, &p))
		return url;
	/* a fragment of trackers only, as #xtor=, is removed too */
	if (all_trackers(p.fragment, p.host))
		url = str_slice(url, 0, (size_t)(p.fragment.data - 1 - url.data));
	if (!any_tracker(p.query, p.host))
		return url;
	out = arena_alloc(a, url.len);
	if (out == NULL)
		return url;
	question = (size_t)(p.query.data - 1 - url.data);
	memcpy(out, url.data, question);
	n = question;
	for (struct str rest = p.query; str_split(&rest, '&', &parameter);) {
		split_parameter(parameter, &name, &value);
		if (tracker_is(name, value, p.host, TRACKER_SURE))
			continue;
		out[n++] = first ? '?' : '&';
		first = false;
		memcpy(out + n, parameter.data, parameter.len);
		n += parameter.len;
	}
	for (size_t i = question + 1 + p.query.len; i < url.len; i++)
		out[n++] = url.data[i];
	return str_make(out, n);
}
