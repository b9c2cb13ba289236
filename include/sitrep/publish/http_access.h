/* SPDX-License-Identifier: ISC */
/* http_access.h: the host names that the HTTP server answers for, and the credentials that it asks for.
 *
 * A web page can make its own host name resolve to the daemon's address (DNS rebinding).  The browser would then let
 * the page read the daemon with the access of its user.  So the Host field must name the daemon: by the name in
 * base-url, one of [http] hosts, localhost, or any IP address, which no page can rebind.
 *
 * With token-file or users-file in [http], a request needs one of their credentials.  An output may have files of its
 * own; then their credentials open that output, too.  /healthz, /robots.txt and the endpoint for hubs need no
 * credential.
 *
 * An access is made while a configuration is prepared, which may fail, and put into force by http_server_set_access(),
 * which cannot. */
#ifndef SITREP_PUBLISH_HTTP_ACCESS_H
#define SITREP_PUBLISH_HTTP_ACCESS_H

#include <stdbool.h>

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

struct http_access;

/* base_url as config_base_url() makes it.  Nothing is borrowed.  NULL with err. */
struct http_access *http_access_new(const struct config *c, const char *base_url, struct error *err);
/* True when [http] has a token or a user: every address then needs a credential, but for the three named above. */
bool http_access_asks(const struct http_access *a);
void http_access_free(struct http_access *a); /* NULL is fine */

#endif
