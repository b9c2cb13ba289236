/* SPDX-License-Identifier: ISC */
/* libpsl wants lower case and a NUL, and answers with a part of what it was given: its length says where that part
 * begins in ours.  An address would be taken for a name with four labels. */
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
		name[i] = (char)(host.data[i] >= 'A' && host.data[i] <= 'Z' ? host.data[i] - 'A' + 'a' : host.data[i]);
	name[host.len] = '\0';
	if (is_address(name))
		return host;
	found = psl_registrable_domain(psl_builtin(), name);
	if (found == NULL)
		return host;
	len = strlen(found);
	return str_slice(host, host.len - len, host.len);
}
