/* SPDX-License-Identifier: ISC */
/* Resolves references as text.
 *
 * CURLU is not used: it takes a dozen allocations a link, refuses spaces, and does not repair links as browsers do.
 * References are cleaned first, then split, merged and joined by RFC 3986.  A clean absolute web link, as nearly
 * every link in a feed is, is recognised in one pass and returned unchanged. */
#include "sitrep/text/url.h"

#include <stdint.h>
#include <string.h>

#include "url_parts.h"

bool url_scheme_is_web(struct str scheme)
{
	return str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https"));
}

/* Length of the scheme at the start of s, without its colon; 0 when there is none. */
static size_t scheme_len(struct str s)
{
	size_t i = 0;

	if (s.len == 0 || !char_is_alpha(s.data[0]))
		return 0;
	while (i < s.len && (char_is_alpha(s.data[i]) || char_is_digit(s.data[i]) || s.data[i] == '+' ||
				    s.data[i] == '-' || s.data[i] == '.'))
		i++;
	return i < s.len && s.data[i] == ':' ? i : 0;
}

/* Offset of the first of the three characters at or after from, or the length. */
static size_t until(struct str s, size_t from, char one, char other, char third)
{
	while (from < s.len && s.data[from] != one && s.data[from] != other && s.data[from] != third)
		from++;
	return from;
}

static void split_relative(struct str url, struct url_parts *p)
{
	size_t end;

	*p = (struct url_parts){0};
	if (str_starts(url, STR("//"))) {
		end = until(url, 2, '/', '?', '#');
		p->authority = str_slice(url, 2, end);
		url = str_slice(url, end, url.len);
	}
	end = until(url, 0, '?', '#', '#');
	p->path = url.data == NULL ? STR("") : str_slice(url, 0, end);
	if (end < url.len && url.data[end] == '?') {
		size_t from = end + 1;

		end = until(url, from, '#', '#', '#');
		p->query = str_slice(url, from, end);
	}
	if (end < url.len)
		p->fragment = str_slice(url, end + 1, url.len);
}

void url_split(struct str url, struct url_parts *p)
{
	size_t n = scheme_len(url);

	split_relative(n > 0 ? str_slice(url, n + 1, url.len) : url, p);
	if (n > 0)
		p->scheme = str_slice(url, 0, n);
}

/* RFC 3986, 5.2.4, in place: segments move to the left, and ".." removes the segment before it.  Each byte is moved
 * at most once and removed at most once. */
static size_t resolve_dots(char *path, size_t len)
{
	size_t from = 0, to = 0;

	while (from < len) {
		size_t end = from + (path[from] == '/');
		struct str segment;
		bool last;

		while (end < len && path[end] != '/')
			end++;
		last = end == len;
		segment = str_make(path + from, end - from);
		if (segment.len > 0 && segment.data[0] == '/')
			segment = str_slice(segment, 1, segment.len);
		if (str_eq(segment, STR(".."))) {
			while (to > 0 && path[--to] != '/')
				continue;
			if (last)
				path[to++] = '/';
		} else if (str_eq(segment, STR("."))) {
			if (last)
				path[to++] = '/';
		} else {
			memmove(path + to, path + from, end - from);
			to += end - from;
		}
		from = end;
	}
	return to;
}

static char *put_str(char *to, struct str s)
{
	if (s.len > 0)
		memcpy(to, s.data, s.len);
	return to + s.len;
}

struct str url_join(struct arena *a, const struct url_parts *p)
{
	size_t room = p->scheme.len + p->authority.len + p->path.len + p->query.len + p->fragment.len + 8;
	char *start = arena_alloc(a, room), *to = start, *path;

	if (start == NULL)
		return STR_NONE;
	if (p->scheme.data != NULL) {
		to = put_str(to, p->scheme);
		to = put_str(to, STR(":"));
	}
	if (p->authority.data != NULL) {
		to = put_str(to, STR("//"));
		to = put_str(to, p->authority);
	}
	path = to;
	if (p->authority.data != NULL && p->path.len > 0 && p->path.data[0] != '/')
		to = put_str(to, STR("/"));
	to = put_str(to, p->path);
	if (p->scheme.data == NULL || p->authority.data != NULL)
		to = path + resolve_dots(path, (size_t)(to - path));
	if (p->query.data != NULL) {
		to = put_str(to, STR("?"));
		to = put_str(to, p->query);
	}
	if (p->fragment.data != NULL) {
		to = put_str(to, STR("#"));
		to = put_str(to, p->fragment);
	}
	return str_make(start, (size_t)(to - start));
}

/* ---- cleaning */

/* The treatment of each byte of a reference. */
enum treatment { KEEP, DROP, ENCODE, SLASH };

static enum treatment treat(struct str s, size_t i, bool in_query, bool is_web)
{
	char c = s.data[i];

	switch (c) {
	case ' ':
	case '"':
	case '<':
	case '>':
		return ENCODE;
	case '\\':
		return in_query || !is_web ? ENCODE : SLASH;
	case '^':
	case '`':
	case '{':
	case '|':
	case '}':
		/* Browsers send these unencoded in a query, and a signature may cover them. */
		return in_query ? KEEP : ENCODE;
	case '%':
		return s.len - i > 2 && char_hex_value(s.data[i + 1]) >= 0 && char_hex_value(s.data[i + 2]) >= 0
			       ? KEEP
			       : ENCODE;
	default:
		return (unsigned char)c < 0x20 || c == 0x7f ? DROP : KEEP;
	}
}

/* As bits: ASCII bytes that treat() does not always keep, and those that begin a query. */
static const uint64_t suspects[2] = {UINT64_C(0xd000002dffffffff), UINT64_C(0xb800000150000000)};

/* Cleans s as treat() says.  Returns s itself when nothing changes, else a copy in a. */
static struct str clean(struct arena *a, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	bool in_query = false, is_web;
	size_t i, n;
	char *out;

	while (s.len > 0 && (unsigned char)s.data[0] <= ' ')
		s = str_slice(s, 1, s.len);
	while (s.len > 0 && (unsigned char)s.data[s.len - 1] <= ' ')
		s.len--;
	n = scheme_len(s);
	is_web = n == 0 || url_scheme_is_web(str_slice(s, 0, n));
	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c >= 0x80 || (suspects[c >> 6] >> (c & 63) & 1) == 0)
			continue;
		in_query = in_query || c == '?' || c == '#';
		if (treat(s, i, in_query, is_web) != KEEP)
			break;
	}
	if (i == s.len)
		return s.data == NULL ? STR("") : s;
	out = s.len > SIZE_MAX / 3 ? NULL : arena_alloc(a, s.len * 3);
	if (out == NULL)
		return STR_NONE;
	in_query = false;
	n = 0;
	for (i = 0; i < s.len; i++) {
		char c = s.data[i];

		in_query = in_query || c == '?' || c == '#';
		switch (treat(s, i, in_query, is_web)) {
		case KEEP:
			out[n++] = c;
			break;
		case SLASH:
			out[n++] = '/';
			break;
		case ENCODE:
			out[n++] = '%';
			out[n++] = hex[(unsigned char)c >> 4];
			out[n++] = hex[(unsigned char)c & 15];
			break;
		case DROP:
			break;
		}
	}
	return str_make(out, n);
}

/* Whether a cleaned reference needs no more work: absolute web link, host in lower case, no dot segment. */
static bool is_finished(struct str s)
{
	size_t i;

	if (str_starts(s, STR("https://")))
		i = 8;
	else if (str_starts(s, STR("http://")))
		i = 7;
	else
		return false;
	if (i == s.len || s.data[i] == '/')
		return false;
	for (; i < s.len && s.data[i] != '/' && s.data[i] != '?' && s.data[i] != '#'; i++)
		if (s.data[i] >= 'A' && s.data[i] <= 'Z')
			return false;
	for (; i + 1 < s.len && s.data[i] != '?' && s.data[i] != '#'; i++)
		if (s.data[i] == '/' && s.data[i + 1] == '.')
			return false;
	return true;
}

bool url_is_simple(struct str s)
{
	size_t i = str_starts(s, STR("https://")) ? 8 : str_starts(s, STR("http://")) ? 7 : 0;
	size_t label = i;

	if (i == 0)
		return false;
	/* a host of names in lower case, the last of which is no number */
	for (; i < s.len && s.data[i] != '/'; i++) {
		char c = s.data[i];

		if (c == '.' && i > label)
			label = i + 1;
		else if (!(c >= 'a' && c <= 'z') && !char_is_digit(c) && c != '-')
			return false;
	}
	if (i == s.len || i == label || i > 250 || char_is_digit(s.data[label]))
		return false;
	for (bool in_query = false; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c < 0x80 && (suspects[c >> 6] >> (c & 63) & 1) == 0 &&
			(c != '.' || in_query || s.data[i - 1] != '/'))
			continue;
		if (c != '?' || in_query)
			return false;
		in_query = true;
	}
	return true;
}

/* ---- resolving */

/* Browsers read any number of slashes before a web host as two. */
static struct str skip_slashes(struct str s)
{
	while (str_starts(s, STR("///")))
		s = str_slice(s, 1, s.len);
	return s;
}

/* Replaces the last segment of the base's path by r's path, into r.  False without memory. */
static bool merge(struct arena *a, const struct url_parts *base, struct url_parts *r)
{
	size_t keep = base->path.len;
	char *path;

	while (keep > 0 && base->path.data[keep - 1] != '/')
		keep--;
	path = arena_alloc(a, keep + r->path.len + 1);
	if (path == NULL)
		return false;
	put_str(put_str(path, str_slice(base->path, 0, keep)), r->path);
	r->path = str_make(path, keep + r->path.len);
	return true;
}

/* Whether a web reference that names its scheme is relative to a base of the same scheme, as "http:path" is.  *rest is
 * the reference without its scheme. */
static bool is_same_scheme_relative(struct str reference, const struct url_parts *base, struct str *rest)
{
	size_t n = scheme_len(reference);

	*rest = str_slice(reference, n + 1, reference.len);
	return !str_starts(*rest, STR("//")) && base->authority.data != NULL &&
	       str_eq_nocase(base->scheme, str_slice(reference, 0, n));
}

/* Joins a web URL, scheme and host in lower case.  User and password before the host keep their case. */
static struct str join_web(struct arena *a, struct url_parts *p)
{
	char *authority = arena_cstr(a, p->authority);
	size_t host = p->authority.len;

	if (authority == NULL)
		return STR_NONE;
	while (host > 0 && authority[host - 1] != '@')
		host--;
	for (size_t i = host; i < p->authority.len; i++)
		authority[i] = char_lower(authority[i]);
	p->authority.data = authority;
	p->scheme = p->scheme.len == 4 ? STR("http") : STR("https");
	return url_join(a, p);
}

/* scheme://rest, where rest may begin with any number of slashes. */
static struct str absolute(struct arena *a, struct str scheme, struct str rest)
{
	struct url_parts r;
	char *text;

	while (rest.len > 0 && rest.data[0] == '/')
		rest = str_slice(rest, 1, rest.len);
	text = arena_alloc(a, rest.len + 2);
	if (text == NULL)
		return STR_NONE;
	put_str(put_str(text, STR("//")), rest);
	url_split(str_make(text, rest.len + 2), &r);
	r.scheme = scheme;
	return join_web(a, &r);
}

struct str url_forgive(struct arena *a, struct str reference)
{
	struct str before = STR("http://"), rest = reference = str_trim(reference);
	size_t n = scheme_len(reference);
	char *text;

	if (n > 0) {
		before = str_slice(reference, 0, n + 1);
		rest = str_slice(reference, n + 1, reference.len);
		if (!url_scheme_is_web(str_slice(reference, 0, n)) || rest.len < 2 || rest.data[0] != '/' ||
			rest.data[1] == '/' || rest.data[1] == '\\')
			return reference;
	} else if (!str_starts_nocase(reference, STR("www.")) || reference.len < 5 || reference.data[4] == '.' ||
		   reference.data[4] == '/') {
		return reference;
	}
	text = arena_alloc(a, before.len + 1 + rest.len);
	if (text == NULL)
		return STR_NONE;
	/* "http:" and "/x/8" lack one slash */
	put_str(put_str(put_str(text, before), n > 0 ? STR("/") : STR("")), rest);
	return str_make(text, before.len + (n > 0) + rest.len);
}

struct str url_resolve(struct arena *a, struct str base, struct str reference)
{
	struct str ref = clean(a, reference), root;
	struct url_parts b, r;
	size_t n;

	if (ref.data == NULL || is_finished(ref))
		return ref;
	root = clean(a, base);
	if (root.data == NULL)
		return STR_NONE;
	url_split(root, &b);
	n = scheme_len(ref);
	if (n > 0) {
		struct str scheme = str_slice(ref, 0, n), rest;

		if (!url_scheme_is_web(scheme))
			return ref;
		if (!is_same_scheme_relative(ref, &b, &rest))
			return absolute(a, scheme, rest);
		ref = rest;
	}
	if (b.scheme.data == NULL || b.authority.data == NULL)
		return ref;
	if (url_scheme_is_web(b.scheme))
		ref = skip_slashes(ref);
	split_relative(ref, &r);
	if (r.authority.data == NULL) {
		r.authority = b.authority;
		if (r.path.len == 0) {
			r.path = b.path;
			if (r.query.data == NULL)
				r.query = b.query;
		} else if (r.path.data[0] != '/' && !merge(a, &b, &r)) {
			return STR_NONE;
		}
	}
	r.scheme = b.scheme;
	return url_scheme_is_web(r.scheme) ? join_web(a, &r) : url_join(a, &r);
}

void url_add_escaped(struct buf *out, struct str text, const char *kept)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (char_is_alpha(c) || char_is_digit(c) || (c != '\0' && strchr(kept, c) != NULL))
			buf_putc(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}
