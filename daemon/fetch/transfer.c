/* Transfers from their start to their answer.  Redirects are followed here, one request a hop, so that each
 * target is judged: its scheme, its address, whether it was seen before.  Credentials and a feed's own
 * headers stay with the host they were given for; once a transfer has left it, it goes on without them.
 * The validators go along to every hop, since it was the last hop's answer that gave them.
 *
 * Answers are delivered from an event of their own, outside of curl and outside of transfer_start(), so
 * that a callback may start and cancel whatever it likes. */
#include "sitrep/transfer.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/clock.h"
#include "transfer_internal.h"

/* What is parsed as a feed, the formats made for it first; the rest so that a page at the wrong address can be told. */
static const char accept_header[] = "Accept: application/atom+xml, application/rss+xml, application/feed+json, "
				    "application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5";

/* A space or an umlaut in a path is forgiven, as browsers do; everything else stays as it was written. */
enum { URL_FLAGS = CURLU_URLENCODE | CURLU_ALLOW_SPACE };

/* ---- lists ---- */

static void list_append(struct transfer_list *list, struct transfer *tr)
{
	tr->prev = list->last;
	tr->next = NULL;
	if (list->last != NULL)
		list->last->next = tr;
	else
		list->first = tr;
	list->last = tr;
}

static void list_remove(struct transfer_list *list, struct transfer *tr)
{
	if (tr->prev != NULL)
		tr->prev->next = tr->next;
	else
		list->first = tr->next;
	if (tr->next != NULL)
		tr->next->prev = tr->prev;
	else
		list->last = tr->prev;
	tr->prev = tr->next = NULL;
}

/* ---- the handles ---- */

static CURL *handle_get(struct transfers *t)
{
	return t->idle_count > 0 ? t->idle[--t->idle_count] : curl_easy_init();
}

static void handle_put(struct transfers *t, CURL *easy)
{
	if (easy == NULL)
		return;
	if (t->idle_count == IDLE_HANDLES_MAX) {
		curl_easy_cleanup(easy);
		return;
	}
	/* At once, since the options point into a transfer that is about to go. */
	curl_easy_reset(easy);
	t->idle[t->idle_count++] = easy;
}

/* ---- the end ---- */

static void free_headers(struct transfer *tr)
{
	for (struct curl_slist *h = tr->headers; h != tr->public_headers; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(tr->headers);
}

static void answer_release(struct transfer_answer *a)
{
	buf_release(&a->body);
	free(a->final_url);
	free(a->content_type);
	free(a->content_location);
	free(a->content_language);
	free(a->etag);
	free(a->last_modified);
	free(a->permanent_url);
}

/* Already on no list, its handle in no multi handle. */
static void transfer_free(struct transfer *tr)
{
	handle_put(tr->owner, tr->easy);
	free_headers(tr);
	free(tr->allow.items);
	curl_url_cleanup(tr->url);
	curl_url_cleanup(tr->first_url);
	for (size_t i = 0; i < tr->visited_count; i++)
		free(tr->visited[i]);
	free(tr->visited);
	response_head_release(&tr->hop.head);
	answer_release(&tr->answer);
	free(tr);
}

static void finish(struct transfer *tr, enum poll_failure failure)
{
	tr->answer.failure = failure;
	tr->state = TRANSFER_FINISHED;
	list_remove(&tr->owner->running, tr);
	list_append(&tr->owner->finished, tr);
	event_active(tr->owner->deliver, 0, 0);
}

static void on_deliver(evutil_socket_t fd, short what, void *arg)
{
	struct transfers *t = arg;
	struct transfer *tr;

	(void)fd;
	(void)what;
	while ((tr = t->finished.first) != NULL) {
		list_remove(&t->finished, tr);
		t->active--;
		t->buffered -= tr->answer.body.len;
		tr->state = TRANSFER_DELIVERING;
		tr->fn(tr->arg, &tr->answer);
		transfer_free(tr);
	}
}

/* ---- hops ---- */

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

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

/* May this hop see what was meant for the first one's host: the same server, or its move from http to https. */
static bool is_first_host(const struct transfer *tr)
{
	if (!part_eq(tr->url, tr->first_url, CURLUPART_HOST))
		return false;
	if (part_eq(tr->url, tr->first_url, CURLUPART_SCHEME) && part_eq(tr->url, tr->first_url, CURLUPART_PORT))
		return true;
	return part_is(tr->first_url, CURLUPART_SCHEME, "http") && part_is(tr->first_url, CURLUPART_PORT, "80") &&
	       part_is(tr->url, CURLUPART_SCHEME, "https") && part_is(tr->url, CURLUPART_PORT, "443");
}

/* Notes tr->url as the next hop. 0, -ELOOP when it was there before, -ENOMEM. */
static int visit(struct transfer *tr)
{
	char *text = NULL;
	char **grown;
	int result = -ENOMEM;

	if (curl_url_get(tr->url, CURLUPART_URL, &text, 0) != CURLUE_OK)
		goto out;
	for (size_t i = 0; i < tr->visited_count; i++) {
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

static void start_hop(struct transfer *tr)
{
	struct transfer_answer *a = &tr->answer;
	char limit[TIME_TEXT_MAX];
	int result = transfer_hop_start(tr);

	if (result == 0)
		return;
	if (result == -ETIMEDOUT) {
		(void)error_set(&a->error, result, "no answer within %s, redirects included",
			duration_format(limit, tr->timeout_ms));
		finish(tr, FAILURE_TIMEOUT);
		return;
	}
	(void)error_sys(&a->error, result, "cannot start the transfer");
	finish(tr, FAILURE_INTERNAL);
}

/* 0 when tr->url is where to go next; otherwise err says why not. */
static int judge_redirect(struct transfer *tr, struct error *err)
{
	const char *location = tr->hop.head.fields[HEAD_LOCATION];
	bool was_https = part_is(tr->url, CURLUPART_SCHEME, "https");
	int status = tr->hop.head.status;
	CURLUcode code;
	int result;

	if (location == NULL)
		return error_set(err, -EPROTO, "%d %s without saying where to", status, http_status_words(status));
	if (tr->visited_count > (size_t)tr->owner->max_redirects)
		return error_set(err, -ELOOP, "more than %d redirects, the next one to %s", tr->owner->max_redirects,
			location);
	code = curl_url_set(tr->url, CURLUPART_URL, location, URL_FLAGS);
	if (code == CURLUE_OUT_OF_MEMORY)
		return error_sys(err, -ENOMEM, "cannot follow a redirect");
	if (code != CURLUE_OK ||
		!(part_is(tr->url, CURLUPART_SCHEME, "http") || part_is(tr->url, CURLUPART_SCHEME, "https")))
		return error_set(err, -EPROTO, "redirect to %s, which is no http or https address", location);
	if (was_https && part_is(tr->url, CURLUPART_SCHEME, "http"))
		return error_set(err, -EPROTO, "redirect from https down to %s", location);
	/* A server does not get to choose a user for another one. */
	(void)curl_url_set(tr->url, CURLUPART_USER, NULL, 0);
	(void)curl_url_set(tr->url, CURLUPART_PASSWORD, NULL, 0);
	(void)curl_url_set(tr->url, CURLUPART_FRAGMENT, NULL, 0);
	result = visit(tr);
	if (result == -ELOOP)
		return error_set(err, result, "redirects go round in a circle at %s", tr->visited[tr->visited_count - 1]);
	return result == 0 ? 0 : error_sys(err, result, "cannot follow a redirect");
}

static void follow(struct transfer *tr)
{
	struct transfer_answer *a = &tr->answer;
	int status = tr->hop.head.status;
	int result = judge_redirect(tr, &a->error);

	if (result != 0) {
		finish(tr, result == -ENOMEM ? FAILURE_INTERNAL : FAILURE_REDIRECT);
		return;
	}
	tr->all_permanent = tr->all_permanent && (status == 301 || status == 308);
	if (!is_first_host(tr)) {
		(void)curl_easy_setopt(tr->easy, CURLOPT_USERNAME, NULL);
		(void)curl_easy_setopt(tr->easy, CURLOPT_PASSWORD, NULL);
		(void)curl_easy_setopt(tr->easy, CURLOPT_HTTPHEADER, tr->public_headers);
	}
	start_hop(tr);
}

static void take_fields(struct transfer *tr, bool is_answer)
{
	struct response_head *head = &tr->hop.head;
	struct transfer_answer *a = &tr->answer;
	int64_t now_ms = clock_wall_ms();

	a->retry_after_ms = response_head_retry_after_ms(head, now_ms);
	if (!is_answer)
		return;
	/* Of a failure's head only the wish to be left alone counts: it describes the error page. */
	a->fresh_ms = response_head_fresh_ms(head, now_ms);
	a->etag = response_head_take(head, HEAD_ETAG);
	a->last_modified = response_head_take(head, HEAD_LAST_MODIFIED);
	a->content_type = response_head_take(head, HEAD_CONTENT_TYPE);
	a->content_location = response_head_take(head, HEAD_CONTENT_LOCATION);
	a->content_language = response_head_take(head, HEAD_CONTENT_LANGUAGE);
}

static enum poll_failure judge_status(struct transfer *tr, int status, struct error *err)
{
	const char *words = http_status_words(status);

	if (transfer_status_is_full(status) || (status == 304 && tr->conditional))
		return FAILURE_NONE;
	if (status == 304) {
		(void)error_set(err, -EPROTO, "304 Not Modified, although nothing conditional was asked");
		return FAILURE_PROTOCOL;
	}
	if (words != NULL)
		(void)error_set(err, -EREMOTEIO, "%d %s", status, words);
	else
		(void)error_set(err, -EREMOTEIO, "HTTP status %d", status);
	return FAILURE_HTTP;
}

static int64_t wire_bytes(CURL *easy)
{
	curl_off_t body = 0;
	long head = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
	(void)curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
	return (int64_t)body + head;
}

void transfer_hop_ended(struct transfer *tr, CURLcode code)
{
	struct transfer_answer *a = &tr->answer;
	const char *last = tr->visited[tr->visited_count - 1];
	enum poll_failure failure;

	a->received += wire_bytes(tr->easy);
	a->http_status = tr->hop.head.status;
	failure = transfer_hop_judge(tr, code, &a->error);
	if (failure == FAILURE_NONE && is_redirect(a->http_status)) {
		follow(tr);
		return;
	}
	if (failure == FAILURE_NONE)
		failure = judge_status(tr, a->http_status, &a->error);
	take_fields(tr, failure == FAILURE_NONE);
	a->final_url = strdup(last);
	if (tr->visited_count > 1 && tr->all_permanent)
		a->permanent_url = strdup(last);
	if (failure == FAILURE_NONE && a->final_url == NULL) {
		(void)error_sys(&a->error, -ENOMEM, "cannot keep the answer");
		failure = FAILURE_INTERNAL;
	}
	finish(tr, failure);
}

/* ---- start ---- */

static bool is_line(const char *text)
{
	return strpbrk(text, "\r\n") == NULL;
}

static int add_header(struct curl_slist **list, const char *name, const char *value)
{
	size_t size = strlen(name) + 2 + strlen(value) + 1;
	char *line;
	struct curl_slist *longer = NULL;

	if (!is_line(value))
		return 0;
	line = malloc(size);
	if (line != NULL) {
		(void)snprintf(line, size, "%s: %s", name, value);
		longer = curl_slist_append(*list, line);
		explicit_bzero(line, size);
		free(line);
	}
	if (longer == NULL)
		return -ENOMEM;
	*list = longer;
	return 0;
}

static int add_private_headers(struct curl_slist **list, const struct transfer_request *r)
{
	if (r->bearer != NULL && add_header(list, "Authorization", "Bearer ") != 0)
		return -ENOMEM;
	return 0;
}

static bool present(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int make_headers(struct transfer *tr, const struct transfer_request *r)
{
	struct curl_slist *all = NULL, *common = NULL, *last;
	bool own_accept = false;
	int result = add_private_headers(&all, r);

	for (size_t i = 0; result == 0 && r->headers != NULL && r->headers[i] != NULL; i++) {
		struct curl_slist *longer = curl_slist_append(all, r->headers[i]);

		if (longer == NULL)
			result = -ENOMEM;
		else
			all = longer;
		own_accept = own_accept || strncasecmp(r->headers[i], "Accept:", 7) == 0;
	}
	if (result == 0 && present(r->etag))
		result = add_header(&common, "If-None-Match", r->etag);
	if (result == 0 && present(r->last_modified))
		result = add_header(&common, "If-Modified-Since", r->last_modified);
	tr->conditional = common != NULL;
	if (result == 0 && !own_accept) {
		struct curl_slist *longer = curl_slist_append(common, accept_header);

		if (longer == NULL)
			result = -ENOMEM;
		else
			common = longer;
	}
	tr->public_headers = common;
	for (last = all; last != NULL && last->next != NULL; last = last->next)
		;
	if (last != NULL)
		last->next = common;
	tr->headers = all != NULL ? all : common;
	return result;
}

static int copy_allow(struct transfer *tr, const struct config_networks *allow)
{
	if (allow == NULL || allow->count == 0)
		return 0;
	tr->allow.items = calloc(allow->count, sizeof(*allow->items));
	if (tr->allow.items == NULL)
		return -ENOMEM;
	memcpy(tr->allow.items, allow->items, allow->count * sizeof(*allow->items));
	tr->allow.count = tr->allow.cap = allow->count;
	return 0;
}
