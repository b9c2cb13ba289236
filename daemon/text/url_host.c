/* SPDX-License-Identifier: ISC */
/* Parses a host as libcurl reads it: a name, an IPv4 address in any of its spellings, or an IPv6 address in brackets.
 *
 * libcurl's own parser is not asked, since it brings 28 network libraries into a process that shall not have a network;
 * the unit tests hold the two together, and libcurl judges again before anything is connected to.  What is refused here
 * and not there: a zone in an IPv6 address, which means something on one machine only. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "url_parts.h"

bool url_is_plain_host(struct str host, bool *lower)
{
	size_t label = 0;

	*lower = true;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.data[i];

		if (c == '.') {
			if (i == label)
				return false;
			label = i + 1;
		} else if (char_is_alpha(c)) {
			*lower = *lower && c >= 'a';
		} else if (!char_is_digit(c) && c != '-' && c != '_') {
			return false;
		}
	}
	/* 127.1, 0x7f000001 and a final dot are matters for the judge; a numeric label begins with a digit. */
	return host.len > 0 && host.len <= 253 && label < host.len && !char_is_digit(host.data[label]);
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] >= 0x80)
			return false;
	return true;
}

/* ---- addresses */

/* "127.0.0.1", "127.1", "0x7f.1", "017700000001": one to four numbers, of which the last takes the bytes that are left.
 * False when host is none, and so a name. */
static bool read_ipv4(const char *host, uint32_t *address)
{
	unsigned long parts[4] = {0}, most;
	size_t n = 0;

	for (;;) {
		char *end;

		if (!char_is_digit(*host))
			return false;
		errno = 0;
		parts[n] = strtoul(host, &end, 0);
		if (errno != 0)
			return false;
		if (*end == '\0')
			break;
		if (*end != '.' || n == 3)
			return false;
		n++;
		host = end + 1;
	}
	*address = 0;
	for (size_t i = 0; i < n; i++) {
		if (parts[i] > 0xff)
			return false;
		*address |= (uint32_t)parts[i] << (24 - 8 * i);
	}
	most = UINT32_MAX >> (8 * n);
	if (parts[n] > most)
		return false;
	*address |= (uint32_t)parts[n];
	return true;
}

static struct str write_ipv4(struct arena *a, uint32_t address)
{
	struct in_addr in = {.s_addr = htonl(address)};
	char text[INET_ADDRSTRLEN];

	return inet_ntop(AF_INET, &in, text, sizeof(text)) != NULL ? arena_str(a, str_from(text)) : STR_NONE;
}

/* host with its brackets; the shorter form of the address where there is one. */
static struct str read_ipv6(struct arena *a, struct str host)
{
	char text[64], shorter[INET6_ADDRSTRLEN + 2];
	struct in6_addr in;
	size_t len = host.len - 2, shorter_len;

	if (host.len < 4 || host.data[host.len - 1] != ']' || len >= sizeof(text))
		return STR_NONE;
	memcpy(text, host.data + 1, len);
	text[len] = '\0';
	if (strlen(text) != len || inet_pton(AF_INET6, text, &in) != 1)
		return STR_NONE;
	shorter[0] = '[';
	if (inet_ntop(AF_INET6, &in, shorter + 1, INET6_ADDRSTRLEN) == NULL)
		return host;
	shorter_len = strlen(shorter);
	if (shorter_len > len)
		return host;
	shorter[shorter_len] = ']';
	return arena_str(a, str_make(shorter, shorter_len + 1));
}

/* ---- names */

static int hex_value(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-encoding undone, once. */
static struct str decode(struct arena *a, struct str host)
{
	char *out = arena_alloc(a, host.len);
	size_t n = 0;

	if (out == NULL)
		return STR_NONE;
	for (size_t i = 0; i < host.len; i++) {
		int high = host.len - i > 2 ? hex_value(host.data[i + 1]) : -1,
		    low = high >= 0 ? hex_value(host.data[i + 2]) : -1;

		if (host.data[i] == '%' && low >= 0) {
			out[n++] = (char)(unsigned char)(high << 4 | low);
			i += 2;
		} else {
			out[n++] = host.data[i];
		}
	}
	return str_make(out, n);
}

/* No character that ends a host or that no name has. */
static bool is_name(struct str host)
{
	static const char never[] = "/:#?!@{}[]\\$'\"^`*<>=;,+&()";

	for (size_t i = 0; i < host.len; i++)
		if ((unsigned char)host.data[i] <= ' ' || host.data[i] == 0x7f ||
			memchr(never, host.data[i], sizeof(never) - 1) != NULL)
			return false;
	return host.len > 0;
}

/* One reading of a host in ASCII. */
static struct str read_host(struct arena *a, struct str host)
{
	char *text;
	uint32_t address;

	if (host.len == 0 || host.len > LIMIT_URL)
		return STR_NONE;
	if (host.data[0] == '[')
		return read_ipv6(a, host);
	if (char_is_digit(host.data[0])) {
		text = arena_cstr(a, host);
		if (text == NULL)
			return STR_NONE;
		if (strlen(text) == host.len && read_ipv4(text, &address))
			return write_ipv4(a, address);
	}
	if (str_find_char(host, '%', 0) != STR_NPOS)
		host = decode(a, host);
	return is_name(host) ? host : STR_NONE;
}

static struct str lower_copy(struct arena *a, struct str host)
{
	char *copy = arena_cstr(a, host);

	for (size_t i = 0; copy != NULL && i < host.len; i++)
		copy[i] = char_lower(copy[i]);
	return copy != NULL ? str_make(copy, host.len) : STR_NONE;
}

/* It is read until it does not change any more: "%30x7f.1" is first a name, then an address.  Names beyond ASCII are
 * made ASCII before. */
struct str url_judge_host(struct arena *a, struct str host)
{
	enum { ROUNDS_MAX = 4 };
	struct str made = host;

	for (int i = 0; i < ROUNDS_MAX && made.data != NULL; i++) {
		struct str before = made;
		bool lower;

		if (url_is_plain_host(made, &lower) && lower)
			return made;
		if (!is_ascii(made))
			made = url_idn(a, made);
		if (made.data != NULL)
			made = read_host(a, made);
		if (made.data != NULL)
			made = lower_copy(a, made);
		if (made.data != NULL && str_eq(made, before))
			return made;
	}
	return STR_NONE;
}
