/* SPDX-License-Identifier: ISC */
/* The URL of each hop.  Redirects are followed here, not by curl, so that each target is checked: its scheme, whether
 * it was visited before, and whether it is the host that the credentials are for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/public_url.h"
#include "transfer_state.h"

/* Spaces and umlauts in a path are escaped, as browsers do; the rest stays as written. */
enum { URL_FLAGS = CURLU_URLENCODE | CURLU_ALLOW_SPACE };

static bool part_eq(CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = NULL, *y = NULL;
	bool same = curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
		    curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(x, y) == 0;

	curl_free(x);
	curl_free(y);
	return same;
}

static bool part_is(CURLU *url, CURLUPart part, const char *text)
{
	char *value = NULL;
	bool same = curl_url_get(url, part, &value, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(value, text) == 0;

	curl_free(value);
	return same;
}

/* The same server, or its move from http to https. */
bool transfer_url_is_first_host(const struct transfer *tr)
{
	if (!part_eq(tr->url, tr->first_url, CURLUPART_HOST))
		return false;
	if (part_eq(tr->url, tr->first_url, CURLUPART_SCHEME) && part_eq(tr->url, tr->first_url, CURLUPART_PORT))
		return true;
	return part_is(tr->first_url, CURLUPART_SCHEME, "http") && part_is(tr->first_url, CURLUPART_PORT, "80") &&
	       part_is(tr->url, CURLUPART_SCHEME, "https") && part_is(tr->url, CURLUPART_PORT, "443");
}

char *transfer_url_server(const struct transfer *tr)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *text = NULL;

	if (curl_url_get(tr->url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
		curl_url_get(tr->url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
		curl_url_get(tr->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
		asprintf(&text, "%s://%s:%s", scheme, host, port) < 0)
		text = NULL;
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return text;
}

/* Adds tr->url to the visits.  0; -ELOOP: it was visited before with the same cookies; -ENOMEM. */
static int add_visit(struct transfer *tr)
{
	char *text = NULL;
	char **grown;
	int result = -ENOMEM;

	if (curl_url_get(tr->url, CURLUPART_URL, &text, 0) != CURLUE_OK)
		goto out;
	for (size_t i = tr->cookie_at; i < tr->visited_count; i++) {
		if (strcmp(tr->visited[i], text) == 0) {
			result = -ELOOP;
			goto out;
		}
	}
	grown = realloc(tr->visited, (tr->visited_count + 1) * sizeof(*grown));
	if (grown == NULL)
		goto out;
	tr->visited = grown;
	tr->visited[tr->visited_count] = strdup(text);
	if (tr->visited[tr->visited_count] == NULL)
		goto out;
	tr->visited_count++;
	result = 0;
out:
	curl_free(text);
	return result;
}

/* The URL for error sentences, without its query, which may hold a secret. */
static const char *show_url(char text[ERROR_TEXT_MAX], const char *url)
{
	struct buf bare = BUF_INIT(LIMIT_URL * 4);
	struct str cut;

	buf_add_bare_url(&bare, str_from(url));
	cut = utf8_cut(buf_str(&bare), ERROR_TEXT_MAX - 1);
	memcpy(text, cut.data, cut.len);
	text[cut.len] = '\0';
	buf_release(&bare);
	return text;
}

int transfer_url_follow(struct transfer *tr, struct error *err)
{
	const char *location = tr->hop.head.fields[HEAD_LOCATION];
	char shown[ERROR_TEXT_MAX];
	bool was_https = part_is(tr->url, CURLUPART_SCHEME, "https");
	int status = tr->hop.head.status;
	CURLUcode code;
	int result;

	if (location == NULL)
		return error_set(err, -EPROTO, "%d %s without saying where to", status, http_status_words(status));
	if (tr->visited_count > (size_t)tr->owner->max_redirects)
		return error_set(err, -ELOOP, "more than %d redirects, the next one to %s", tr->owner->max_redirects,
			show_url(shown, location));
	/* A fragment alone means the same document; curl would drop the last segment of the path from it. */
	code = location[0] == '#' ? CURLUE_OK : curl_url_set(tr->url, CURLUPART_URL, location, URL_FLAGS);
	if (code == CURLUE_OUT_OF_MEMORY)
		return error_sys(err, -ENOMEM, "cannot follow a redirect");
	if (code != CURLUE_OK ||
		!(part_is(tr->url, CURLUPART_SCHEME, "http") || part_is(tr->url, CURLUPART_SCHEME, "https")))
		return error_set(
			err, -EPROTO, "redirect to %s, which is no http or https address", show_url(shown, location));
	if (was_https && !tr->allow_downgrade && part_is(tr->url, CURLUPART_SCHEME, "http"))
		return error_set(err, -EPROTO, "redirect from https down to %s", show_url(shown, location));
	/* A redirect must not choose the user for its target. */
	curl_url_set(tr->url, CURLUPART_USER, NULL, 0);
	curl_url_set(tr->url, CURLUPART_PASSWORD, NULL, 0);
	curl_url_set(tr->url, CURLUPART_FRAGMENT, NULL, 0);
	/* A server that sets a cookie may redirect to a URL that was visited without the cookie. */
	if (tr->hop.head.fields[HEAD_SET_COOKIE] != NULL)
		tr->cookie_at = tr->visited_count;
	result = add_visit(tr);
	if (result == -ELOOP)
		return error_set(err, result, "redirects go round in a circle at %s",
			show_url(shown, tr->visited[tr->visited_count - 1]));
	return result == 0 ? 0 : error_sys(err, result, "cannot follow a redirect");
}

int transfer_url_set(struct transfer *tr, const char *text, char **user, char **password)
{
	CURLUcode code;

	tr->url = curl_url();
	if (tr->url == NULL)
		return -ENOMEM;
	code = curl_url_set(tr->url, CURLUPART_URL, text, URL_FLAGS);
	if (code != CURLUE_OK)
		return code == CURLUE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
	if (!part_is(tr->url, CURLUPART_SCHEME, "http") && !part_is(tr->url, CURLUPART_SCHEME, "https"))
		return -EINVAL;
	/* User and password are taken out of the URL, since links, logs and parse workers get it. */
	curl_url_get(tr->url, CURLUPART_USER, user, CURLU_URLDECODE);
	curl_url_get(tr->url, CURLUPART_PASSWORD, password, CURLU_URLDECODE);
	if (curl_url_set(tr->url, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
		curl_url_set(tr->url, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK ||
		curl_url_set(tr->url, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK)
		return -ENOMEM;
	tr->first_url = curl_url_dup(tr->url);
	return tr->first_url != NULL ? add_visit(tr) : -ENOMEM;
}
