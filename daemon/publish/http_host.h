/* SPDX-License-Identifier: ISC */
/* http_host.h: the authority of a request: "news.example.org:8484", "[::1]:8484" (RFC 9110, 7.2; RFC 9112, 3.2). */
#ifndef SITREP_PUBLISH_HTTP_HOST_H
#define SITREP_PUBLISH_HTTP_HOST_H

#include <stdbool.h>

#include "sitrep/base/str.h"

enum http_host_kind {
	HTTP_HOST_BAD,     /* malformed, or empty */
	HTTP_HOST_ADDRESS, /* 127.0.0.1, [::1] */
	HTTP_HOST_NAME,
};

/* Reads an authority.  *name is the host without port and without a dot at its end; it points into authority. */
enum http_host_kind http_host_read(struct str authority, struct str *name);

/* Cuts an absolute target ("http://news.example.org/feed.atom") in two.  False when url is a path; *path is then url
 * itself.  A target without a path has the path "/". */
bool http_host_split(const char *url, struct str *authority, const char **path);

#endif
