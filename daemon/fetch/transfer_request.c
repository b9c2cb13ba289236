/* SPDX-License-Identifier: ISC */
/* The user agent, headers and credentials of a request.
 *
 * Credentials and a feed's own headers go to the first host only.  After a redirect to another host they are not sent
 * again.  Validators go to every hop, since they came with the last hop's answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "transfer_state.h"

/* Feed formats first, then XML.  All other types are accepted, too, so that a page at a wrong address is recognised. */
static const char accept_header[] = "Accept: application/atom+xml, application/rss+xml, application/feed+json, "
				    "application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5";

/* Adds the line of prefix and value, unless the value has a line end. */
static int add_header(struct curl_slist **list, const char *prefix, const char *value)
{
	size_t size = strlen(prefix) + strlen(value) + 1;
	char *line;
	struct curl_slist *longer = NULL;

	if (strpbrk(value, "\r\n") != NULL)
		return 0;
	line = malloc(size);
	if (line != NULL) {
		snprintf(line, size, "%s%s", prefix, value);
		longer = curl_slist_append(*list, line);
		explicit_bzero(line, size);
		free(line);
	}
	if (longer == NULL)
		return -ENOMEM;
	*list = longer;
	return 0;
}

static bool present(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int make_private_headers(struct curl_slist **list, const struct transfer_request *r)
{
	int result = present(r->bearer) ? add_header(list, "Authorization: Bearer ", r->bearer) : 0;

	for (size_t i = 0; result == 0 && r->headers != NULL && r->headers[i] != NULL; i++)
		result = add_header(list, "", r->headers[i]);
	return result;
}

static bool has_own_accept(const struct transfer_request *r)
{
	for (size_t i = 0; r->headers != NULL && r->headers[i] != NULL; i++)
		if (strncasecmp(r->headers[i], "Accept:", 7) == 0)
			return true;
	return false;
}

/* Makes one list of headers; the private ones come first. */
static int make_headers(struct transfer *tr, const struct transfer_request *r)
{
	struct curl_slist *last;
	int result = make_private_headers(&tr->headers, r);

	if (result == 0 && present(r->etag))
		result = add_header(&tr->public_headers, "If-None-Match: ", r->etag);
	/* The daemon keeps items that are not in an answer, so a server may send only the new ones. */
	if (result == 0 && present(r->etag))
		result = add_header(&tr->public_headers, "A-IM: feed", "");
	tr->asked_delta = present(r->etag);
	if (result == 0 && present(r->last_modified))
		result = add_header(&tr->public_headers, "If-Modified-Since: ", r->last_modified);
	tr->conditional = tr->public_headers != NULL;
	if (result == 0 && !has_own_accept(r))
		result = add_header(&tr->public_headers, accept_header, "");
	if (tr->headers == NULL) {
		tr->headers = tr->public_headers;
		return result;
	}
	for (last = tr->headers; last->next != NULL; last = last->next)
		;
	last->next = tr->public_headers;
	return result;
}

static int copy_allow(struct transfer *tr, const struct transfer_request *r)
{
	const struct config_networks *lists[] = {r->allow, r->allow_too};
	struct config_networks *to = &tr->allow;

	for (size_t i = 0; i < 2; i++)
		to->cap += lists[i] != NULL ? lists[i]->count : 0;
	if (to->cap == 0)
		return 0;
	to->items = calloc(to->cap, sizeof(*to->items));
	if (to->items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; lists[i] != NULL && k < lists[i]->count; k++)
			to->items[to->count++] = lists[i]->items[k];
	return 0;
}

/* Sets the user agent, the credentials, the form and the headers. */
static int set_request(CURL *easy, const struct transfer *tr, const struct transfer_request *r)
{
	if (r->user_agent != NULL)
		SET(CURLOPT_USERAGENT, r->user_agent);
	if (r->user != NULL) {
		SET(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, r->user);
		SET(CURLOPT_PASSWORD, r->password != NULL ? r->password : "");
	}
	if (r->form != NULL)
		SET(CURLOPT_COPYPOSTFIELDS, r->form);
	SET(CURLOPT_HTTPHEADER, tr->headers);
	return 0;
}

static void wipe_curl_string(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	curl_free(secret);
}

int transfer_request_prepare(struct transfer *tr, const struct transfer_request *request)
{
	struct transfer_request r = *request;
	char *user = NULL, *password = NULL;
	int result = transfer_url_set(tr, r.url, &user, &password);

	if (result != 0)
		goto out;
	if (r.user == NULL && user != NULL) {
		r.user = user;
		r.password = password;
	}
	result = make_headers(tr, &r);
	if (result == 0)
		result = copy_allow(tr, &r);
	if (result == 0)
		result = transfer_hop_prepare(tr, &r);
	if (result == 0)
		result = set_request(tr->easy, tr, &r);
out:
	wipe_curl_string(user);
	wipe_curl_string(password);
	return result;
}

void transfer_request_release(struct transfer *tr)
{
	for (struct curl_slist *h = tr->headers; h != tr->public_headers; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(tr->headers);
	free(tr->allow.items);
}
