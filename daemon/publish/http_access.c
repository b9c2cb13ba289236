/* SPDX-License-Identifier: ISC */
/* The names of the daemon. */
#include "sitrep/publish/http_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_gate.h"
#include "http_host.h"
#include "sitrep/base/arena.h"
#include "sitrep/text/url.h"

struct http_access {
	char **names; /* without port */
	size_t name_count;
};

/* ---- names ---- */

static int add_name(struct http_access *a, struct str name)
{
	if (name.len > 1 && str_ends(name, STR(".")))
		name.len--;
	a->names[a->name_count] = strndup(name.data, name.len);
	return a->names[a->name_count++] != NULL ? 0 : -ENOMEM;
}

/* An IDN has its punycode form on the wire, so a name is taken through a URL. */
static int add_host_of(struct http_access *a, const char *before, const char *text)
{
	struct buf url = BUF_INIT(4096);
	struct arena arena;
	struct str host;
	int result = 0;

	arena_init(&arena, 64 * 1024);
	buf_printf(&url, "%s%s", before, text);
	host = url_host(&arena, buf_str(&url));
	if (buf_failed(&url))
		result = -ENOMEM;
	else if (!str_empty(host))
		result = add_name(a, host);
	arena_release(&arena);
	buf_release(&url);
	return result;
}

static int add_names(struct http_access *a, const struct config *c, const char *base_url)
{
	int result;

	a->names = calloc(c->http_host_count + 2, sizeof(*a->names));
	if (a->names == NULL)
		return -ENOMEM;
	result = add_host_of(a, "", base_url);
	for (size_t i = 0; result == 0 && i < c->http_host_count; i++)
		result = add_host_of(a, "http://", c->http_hosts[i]);
	return result == 0 ? add_name(a, STR("localhost")) : result;
}

enum http_host_verdict http_access_judge_host(const struct http_access *a, struct str authority)
{
	struct str name;

	switch (http_host_read(authority, &name)) {
	case HTTP_HOST_BAD:
		return HTTP_HOST_MALFORMED;
	case HTTP_HOST_ADDRESS:
		return HTTP_HOST_OURS;
	case HTTP_HOST_NAME:
		break;
	}
	for (size_t i = 0; a != NULL && i < a->name_count; i++)
		if (str_eq_nocase(str_from(a->names[i]), name))
			return HTTP_HOST_OURS;
	return a != NULL ? HTTP_HOST_OTHER : HTTP_HOST_OURS;
}

/* ---- life ---- */

struct http_access *http_access_new(const struct config *c, const char *base_url, struct error *err)
{
	struct http_access *a = calloc(1, sizeof(*a));

	if (a == NULL || add_names(a, c, base_url) != 0) {
		http_access_free(a);
		return error_sys_null(err, -ENOMEM, "cannot serve HTTP");
	}
	return a;
}

void http_access_free(struct http_access *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->name_count; i++)
		free(a->names[i]);
	free(a->names);
	free(a);
}
