/* SPDX-License-Identifier: ISC */
/* libpsl takes a NUL-terminated name in lower case and returns a pointer into it, where the registrable domain begins.
 * Its length cuts the same part out of the caller's string.  libpsl would take an IPv4 address for a name of four
 * labels, so addresses never reach it. */
#include "sitrep/base/domain.h"

#include <arpa/inet.h>
#include <libpsl.h>
#include <stdbool.h>
#include <string.h>

/* RFC 1035 2.3.4, as text. */
enum { NAME_MAX_LEN = 253 };

static bool is_address(const char *host)
{
	unsigned char address[16];

	return host[0] == '[' || inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

struct str domain_registrable(struct str host)
{
	char name[NAME_MAX_LEN + 1];
	const char *found;
	size_t len;

	if (host.len > 0 && host.data[host.len - 1] == '.')
		host.len--;
	if (host.len == 0 || host.len > NAME_MAX_LEN || str_find_char(host, '\0', 0) != STR_NPOS)
		return host;
	for (size_t i = 0; i < host.len; i++)
		name[i] = char_lower(host.data[i]);
	name[host.len] = '\0';
	if (is_address(name))
		return host;
	found = psl_registrable_domain(psl_builtin(), name);
	if (found == NULL)
		return host;
	len = strlen(found);
	return str_slice(host, host.len - len, host.len);
}
