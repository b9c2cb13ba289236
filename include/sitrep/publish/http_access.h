/* SPDX-License-Identifier: ISC */
/* http_access.h: who may ask the HTTP server, by the configuration: the names that it has, the credentials that it
 * wants.
 *
 * A web page can make its own name lead to the daemon's address (DNS rebinding), and would then read it with the eyes
 * of the person in front of the browser.  So a request is only answered when its Host names the daemon: by the name in
 * base-url, one of [http] hosts, localhost, or any address, which no page can rebind.
 *
 * Where token-file or users-file of [http] are given, a request needs one of their credentials; an output may have
 * files of its own, and is then for their readers too.  Open to all are /healthz, /robots.txt and the endpoint for
 * hubs.
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
/* Whether everything needs a credential but for what is open to all. */
bool http_access_asks(const struct http_access *a);
void http_access_free(struct http_access *a); /* NULL is fine */

#endif
