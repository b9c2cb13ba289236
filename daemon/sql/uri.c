/* SPDX-License-Identifier: ISC */
#include "uri.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int uri_of_file(char uri[URI_LEN_MAX], const char *path, const char *options)
{
	size_t len = (size_t)snprintf(uri, URI_LEN_MAX, "file:");
	int n;

	for (const char *c = path; *c != '\0' && len + 4 < URI_LEN_MAX; c++)
		len += (size_t)(strchr("%?#", *c) != NULL
					? snprintf(uri + len, 4, "%%%02X", (unsigned)(unsigned char)*c)
					: snprintf(uri + len, 2, "%c", *c));
	if (len + 4 >= URI_LEN_MAX)
		return -ENAMETOOLONG;
	n = snprintf(uri + len, URI_LEN_MAX - len, "?%s", options);
	return n >= 0 && (size_t)n < URI_LEN_MAX - len ? 0 : -ENAMETOOLONG;
}
