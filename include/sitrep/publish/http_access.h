/* SPDX-License-Identifier: ISC */
/* http_access.h: who may ask the HTTP server, by the configuration: the names that it has.
 *
 * A web page can make its own name lead to the daemon's address (DNS rebinding), and would then read it with the eyes
 * of the person in front of the browser.  So a request is only answered when its Host names the daemon: by the name in
 * base-url, one of [http] hosts, localhost, or any address, which no page can rebind.
 *
 * An access is made while a configuration is prepared, which may fail, and put into force by http_server_set_access(),
 * which cannot. */
#ifndef SITREP_PUBLISH_HTTP_ACCESS_H
#define SITREP_PUBLISH_HTTP_ACCESS_H

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

struct http_access;

/* base_url as publish_base_url() makes it.  Nothing is borrowed.  NULL with err. */
struct http_access *http_access_new(const struct config *c, const char *base_url, struct error *err);
void http_access_free(struct http_access *a); /* NULL is fine */

#endif
