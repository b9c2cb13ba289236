/* SPDX-License-Identifier: ISC */
/* Reads the authority of a request. */
#include "http_host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { NAME_MAX_LEN = 253, PORT_MAX = 65535 };

/* An empty port is allowed (RFC 3986, 3.2.3). */
static bool is_port(struct str s)
{
	long long port = 0;

	for (size_t i = 0; i < s.len; i++)
		if (!char_is_digit(s.data[i]))
			return false;
	return str_empty(s) || (str_to_int(s, &port) && port <= PORT_MAX);
}

/* Letters beyond ASCII are no part of a host on the wire, but do no harm. */
static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (!char_is_digit(s.data[i]) && !char_is_alpha(s.data[i]) && c != '-' && c != '.' && c != '_' &&
			c < 0x80)
			return false;
	}
	return s.len > 0 && s.len <= NAME_MAX_LEN && s.data[0] != '.';
}

static bool is_address(int family, struct str s)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	return inet_pton(family, text, &address) == 1;
}

enum http_host_kind http_host_read(struct str authority, struct str *name)
{
	bool is_bracketed = str_starts(authority, STR("["));
	size_t end = str_find_char(authority, is_bracketed ? ']' : ':', 0);
	struct str rest;

	*name = authority;
	if (is_bracketed && end == STR_NPOS)
		return HTTP_HOST_BAD;
	if (end == STR_NPOS)
		end = authority.len;
	*name = str_slice(authority, is_bracketed ? 1 : 0, end);
	rest = str_slice(authority, is_bracketed ? end + 1 : end, authority.len);
	if (rest.len > 0 && (rest.data[0] != ':' || !is_port(str_slice(rest, 1, rest.len))))
		return HTTP_HOST_BAD;
	if (is_bracketed) {
		/* the zone of a link-local address: "fe80::1%25eth0" */
		size_t zone = str_find_char(*name, '%', 0);

		return is_address(AF_INET6, zone != STR_NPOS ? str_slice(*name, 0, zone) : *name) ? HTTP_HOST_ADDRESS
												  : HTTP_HOST_BAD;
	}
	if (name->len > 1 && str_ends(*name, STR(".")))
		name->len--;
	if (!is_name(*name))
		return HTTP_HOST_BAD;
	return is_address(AF_INET, *name) ? HTTP_HOST_ADDRESS : HTTP_HOST_NAME;
}

bool http_host_split(const char *url, struct str *authority, const char **path)
{
	static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
	struct str target = str_from(url);
	size_t end, begin = 0;

	*path = url;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (str_starts_nocase(target, schemes[i]))
			begin = schemes[i].len;
	if (begin == 0)
		return false;
	end = str_find_char(target, '/', begin);
	*authority = str_slice(target, begin, end != STR_NPOS ? end : target.len);
	*path = end != STR_NPOS ? url + end : "/";
	return true;
}
