/* SPDX-License-Identifier: ISC */
/* Reads a host as libcurl does: a name, an IPv4 address in any of its spellings, or an IPv6 address in brackets.
 *
 * libcurl's own parser is not called: it would load 28 network libraries into a worker that has no network.  Unit
 * tests compare the two parsers, and libcurl checks each URL again before it connects.  Two differences: a zone in an
 * IPv6 address ("fe80::1%eth0"), which has a meaning on one machine only, is refused here; so is a percent sign that
 * is left in a decoded name ("a%25b"), which libcurl refuses since 8.14. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/text/url.h"
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
	/* 127.1, 0x7f000001 and a final dot are left to url_judge_host(): a numeric last label begins with a digit. */
	return host.len > 0 && host.len <= 253 && label < host.len && !char_is_digit(host.data[label]);
}

/* ---- addresses */

/* "0x7f" is 16, "0177" is 8, "127" is 10.  strtoul() is told, since from glibc 2.38 on it finds 2 in "0b1" by itself.
 */
static int base_of(const char *number)
{
	if (number[0] != '0')
		return 10;
	return char_lower(number[1]) == 'x' ? 16 : 8;
}

/* "127.0.0.1", "127.1", "0x7f.1", "017700000001": one to four numbers, of which the last fills the remaining bytes.
 * False when host is not an IPv4 address and so a name. */
static bool read_ipv4(const char *host, uint32_t *address)
{
	unsigned long parts[4] = {0}, most;
	size_t n = 0;

	for (;;) {
		char *end;

		if (!char_is_digit(*host))
			return false;
		errno = 0;
		parts[n] = strtoul(host, &end, base_of(host));
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

/* Reads host with its brackets; returns the address in its shortest form. */
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

struct str url_percent_decode(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.len);
	size_t n = 0;

	if (out == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++) {
		int high = s.len - i > 2 ? char_hex_value(s.data[i + 1]) : -1,
		    low = high >= 0 ? char_hex_value(s.data[i + 2]) : -1;

		if (s.data[i] == '%' && low >= 0) {
			out[n++] = (char)(unsigned char)(high << 4 | low);
			i += 2;
		} else {
			out[n++] = s.data[i];
		}
	}
	return str_make(out, n);
}

/* Whether host has no delimiter and no character that is forbidden in names. */
static bool is_name(struct str host)
{
	static const char never[] = "/:#?!%@{}[]\\$'\"^`*<>=;,+&()";

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
		host = url_percent_decode(a, host);
	return is_name(host) ? host : STR_NONE;
}

static struct str lower_copy(struct arena *a, struct str host)
{
	char *copy = arena_cstr(a, host);

	for (size_t i = 0; copy != NULL && i < host.len; i++)
		copy[i] = char_lower(copy[i]);
	return copy != NULL ? str_make(copy, host.len) : STR_NONE;
}

/* The host is read again until it does not change: "%30x7f.1" is first a name, then the address 0x7f.1.  A name with
 * non-ASCII characters becomes Punycode first. */
struct str url_judge_host(struct arena *a, struct str host)
{
	enum { ROUNDS_MAX = 4 };
	struct str made = host;

	for (int i = 0; i < ROUNDS_MAX && made.data != NULL; i++) {
		struct str before = made;
		bool lower;

		if (url_is_plain_host(made, &lower) && lower)
			return made;
		if (!str_is_ascii(made))
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
