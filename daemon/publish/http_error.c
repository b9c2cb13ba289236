/* SPDX-License-Identifier: ISC */
/* Errors as short answers that lead home: a page for browsers, JSON for programs that ask for it, a line for others. */
#include <microhttpd.h>
#include <stdio.h>

#include "http_internal.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"

enum { ERROR_MAX = 4 * 1024, DEPTH_MAX = 16 };

static const char *sentence(int status)
{
	switch (status) {
	case MHD_HTTP_MOVED_PERMANENTLY:
		return "This has another address.";
	case MHD_HTTP_BAD_REQUEST:
		return "The request has a mistake.";
	case MHD_HTTP_UNAUTHORIZED:
		return "This is for readers with a token, or a user name and password.";
	case MHD_HTTP_TOO_MANY_REQUESTS:
		return "Too many wrong passwords came from there. Try again in some seconds.";
	case MHD_HTTP_NOT_FOUND:
		return "Nothing is here: the address is wrong, or the page is gone.";
	case MHD_HTTP_METHOD_NOT_ALLOWED:
		return "This can only be read.";
	case MHD_HTTP_MISDIRECTED_REQUEST:
		return "This server does not go by the name in the address. Its operator can add the name to hosts in "
		       "[http] of sitrepd.conf.";
	case MHD_HTTP_SERVICE_UNAVAILABLE:
		return "Not now. Try again in a minute.";
	default:
		return "The request cannot be answered.";
	}
}

/* Leads from the address to the front page: "../" by depth, so that it holds behind a proxy that adds a prefix. */
static void add_home(struct buf *out, const char *url)
{
	int depth = 0;

	for (const char *at = url; *at != '\0'; at++)
		depth += *at == '/' && at != url;
	for (int i = 0; i < depth && i < DEPTH_MAX; i++)
		buf_puts(out, "../");
	if (depth == 0)
		buf_puts(out, "./");
}

static void add_page(struct buf *out, const char *url, int status)
{
	const char *phrase = MHD_get_reason_phrase_for((unsigned)status);

	buf_printf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n"
		"</head>\n<body>\n<h1>%s</h1>\n<p>%s</p>\n<p><a href=\"",
		phrase, phrase, sentence(status));
	add_home(out, url);
	buf_puts(out, "\">All stories</a></p>\n</body>\n</html>\n");
}

static void add_json(struct buf *out, const char *url, int status)
{
	struct buf home = BUF_INIT(ERROR_MAX);
	struct jsonw w = JSONW_INIT(out);

	add_home(&home, url);
	jsonw_object(&w);
	jsonw_kv_int(&w, "status", status);
	jsonw_kv_cstr(&w, "error", sentence(status));
	jsonw_kv_str(&w, "home", buf_str(&home));
	jsonw_object_end(&w);
	buf_putc(out, '\n');
	if (buf_failed(&home))
		out->failed = home.failed;
	buf_release(&home);
}

struct http_body *http_error_body(struct MHD_Connection *connection, const char *url, int status)
{
	struct str accept = str_from(http_header(connection, MHD_HTTP_HEADER_ACCEPT));
	int html = http_weight(accept, STR("text/html")), json = http_weight(accept, STR("application/json"));
	const char *content_type = "text/plain; charset=utf-8";
	struct buf out = BUF_INIT(ERROR_MAX);
	struct http_body *body = NULL;
	size_t len;
	char *data;

	if (html > 0 && html >= json) {
		content_type = "text/html; charset=utf-8";
		add_page(&out, url, status);
	} else if (json > 0 || str_ends(str_from(url), STR(".json"))) {
		content_type = "application/json";
		add_json(&out, url, status);
	} else {
		buf_printf(&out, "%d\n", status);
	}
	data = buf_take(&out, &len);
	if (data != NULL)
		body = http_body_new(data, len, content_type, TIME_NONE);
	buf_release(&out);
	return body;
}
