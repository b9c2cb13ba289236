/* SPDX-License-Identifier: ISC */
/* Transfers from start to answer, over all hops of their redirects.
 *
 * Answers are delivered by an event of their own, outside of curl and of transfer_start(), so that a callback may start
 * and cancel any transfer. */
#include "sitrep/fetch/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"
#include "sitrep/fetch/link_header.h"
#include "transfer_state.h"

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

static void handle_put(struct transfers *t, CURL *easy, bool is_suspect)
{
	if (easy == NULL)
		return;
	if (t->idle_count == IDLE_HANDLES_MAX || is_suspect) {
		curl_easy_cleanup(easy);
		return;
	}
	/* Curl's reset leaves cookies, and loses the list of files that they come from. */
	curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
	curl_easy_setopt(easy, CURLOPT_COOKIEFILE, NULL);
	/* Reset now, since the options point into a transfer that will be freed. */
	curl_easy_reset(easy);
	t->idle[t->idle_count++] = easy;
}

/* ---- the end ---- */

void transfer_answer_release(struct transfer_answer *a)
{
	buf_release(&a->body);
	buf_release(&a->error_page);
	free(a->final_url);
	free(a->content_type);
	free(a->content_location);
	free(a->content_language);
	free(a->etag);
	free(a->last_modified);
	free(a->hubs);
	free(a->topic);
	free(a->permanent_url);
}

/* The transfer must be off all lists, and its handle out of the multi handle. */
static void transfer_free(struct transfer *tr)
{
	handle_put(tr->owner, tr->easy, tr->easy_is_suspect);
	transfer_request_release(tr);
	curl_url_cleanup(tr->url);
	curl_url_cleanup(tr->first_url);
	for (size_t i = 0; i < tr->visited_count; i++)
		free(tr->visited[i]);
	free(tr->visited);
	transfer_hop_release(tr);
	transfer_answer_release(&tr->answer);
	free(tr);
}

static void finish(struct transfer *tr, enum poll_failure failure)
{
	tr->answer.failure = failure;
	if (failure != FAILURE_NONE) {
		tr->owner->buffered -= tr->answer.body.len;
		buf_release(&tr->answer.body);
	}
	tr->state = TRANSFER_FINISHED;
	list_remove(&tr->owner->running, tr);
	list_append(&tr->owner->finished, tr);
	event_active(tr->owner->deliver, 0, 0);
}

static void on_deliver(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct transfers *t = arg;
	struct transfer *tr;

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

static void start_hop(struct transfer *tr)
{
	struct transfer_answer *a = &tr->answer;
	char limit[TIME_TEXT_MAX];
	int result = transfer_hop_start(tr);

	if (result == 0)
		return;
	if (result == -EACCES) {
		finish(tr, transfer_judge(tr, CURLE_COULDNT_CONNECT, &a->error));
		return;
	}
	if (result == -ETIMEDOUT) {
		error_set(&a->error, result, "no answer within %s, redirects included",
			duration_format(limit, tr->timeout_ms));
		finish(tr, FAILURE_TIMEOUT);
		return;
	}
	tr->easy_is_suspect = true;
	error_sys(&a->error, result, "cannot start the transfer");
	finish(tr, FAILURE_INTERNAL);
}

static void end_given_up(struct transfer *tr, const char *reason)
{
	tr->easy_is_suspect = true;
	error_set(&tr->answer.error, -EIO, "libcurl failed and was restarted: %s", reason);
	finish(tr, FAILURE_INTERNAL);
}

static void end_overdue(struct transfer *tr)
{
	char limit[TIME_TEXT_MAX];

	tr->easy_is_suspect = true;
	error_set(&tr->answer.error, -ETIMEDOUT, "no end within %s", duration_format(limit, tr->timeout_ms));
	finish(tr, FAILURE_TIMEOUT);
}

/* Drops the credentials of the first host before a request to another one. */
static int drop_credentials(struct transfer *tr)
{
	CURL *easy = tr->easy;

	SET(CURLOPT_USERNAME, NULL);
	SET(CURLOPT_PASSWORD, NULL);
	SET(CURLOPT_HTTPHEADER, tr->public_headers);
	SET(CURLOPT_SSLCERT_BLOB, NULL);
	SET(CURLOPT_SSLKEY_BLOB, NULL);
	return 0;
}

static void follow_redirect(struct transfer *tr)
{
	struct transfer_answer *a = &tr->answer;
	int status = tr->hop.head.status;
	int result;

	if (tr->posts && status != 307 && status != 308)
		result = error_set(&a->error, -EPROTO, "%d %s in answer to a POST", status, http_status_words(status));
	else
		result = transfer_url_follow(tr, &a->error);
	if (result != 0) {
		finish(tr, result == -ENOMEM ? FAILURE_INTERNAL : FAILURE_REDIRECT);
		return;
	}
	/* A redirect that needs a cookie is not permanent: a request without the cookie may lead elsewhere. */
	tr->all_permanent = tr->all_permanent && (status == 301 || status == 308) && tr->cookie_at == 0;
	if (!transfer_url_is_first_host(tr) && drop_credentials(tr) != 0) {
		error_sys(&a->error, -ENOMEM, "cannot follow the redirect without the credentials");
		finish(tr, FAILURE_INTERNAL);
		return;
	}
	a->http_status = 0;
	tr->tried_quirks = 0;
	start_hop(tr);
}

/* Repeats the request with the work-around for a fault of the server. */
static void repeat_hop(struct transfer *tr, unsigned quirk, enum poll_failure failure)
{
	struct transfer_answer *a = &tr->answer;

	if (tr->tried_quirks == 0) {
		tr->first_failure = failure;
		tr->first_error = a->error;
	}
	tr->tried_quirks |= quirk;
	a->error = (struct error){0};
	a->http_status = 0;
	tr->owner->buffered -= a->body.len;
	buf_clear(&a->body);
	buf_clear(&a->error_page);
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
	/* Of an error page's head only Retry-After counts: the other fields describe the page, not the feed. */
	a->fresh_ms = response_head_fresh_ms(head, now_ms);
	a->etag = response_head_take(head, HEAD_ETAG);
	a->last_modified = response_head_take(head, HEAD_LAST_MODIFIED);
	link_header_read_hubs(str_from(head->fields[HEAD_LINK]), a->final_url, &a->hubs, &a->topic);
	a->content_type = response_head_take(head, HEAD_CONTENT_TYPE);
	a->content_location = response_head_take(head, HEAD_CONTENT_LOCATION);
	a->content_language = response_head_take(head, HEAD_CONTENT_LANGUAGE);
}

/* Whether the answer has only the new items (RFC 3229, instance manipulation "feed"). */
static bool is_delta(const struct transfer *tr)
{
	struct str list = str_from(tr->hop.head.fields[HEAD_IM]), one, name;

	while (tr->asked_delta && str_split(&list, ',', &one))
		if (str_split(&one, ';', &name) && str_eq_nocase(str_trim(name), STR("feed")))
			return true;
	return false;
}

static enum poll_failure judge_status(struct transfer *tr, int status, struct error *err)
{
	const char *words = http_status_words(status);

	if (status == 226 && !is_delta(tr)) {
		error_set(err, -EPROTO, "226 IM Used, although no delta was asked for");
		return FAILURE_PROTOCOL;
	}
	if (tr->posts && status >= 200 && status < 300)
		return FAILURE_NONE;
	if (transfer_status_is_full(status) || (status == 304 && tr->conditional))
		return FAILURE_NONE;
	if (status == 304) {
		error_set(err, -EPROTO, "304 Not Modified, although no validators were sent");
		return FAILURE_PROTOCOL;
	}
	/* Only browsers pass a challenge, so repeated requests do not help.  The operator must ask the site for access.
	 */
	if (str_eq_nocase(str_from(tr->hop.head.fields[HEAD_CF_MITIGATED]), STR("challenge")))
		error_set(err, -EREMOTEIO,
			"%d %s: Cloudflare wants a browser here, ask the site to let feed readers in", status,
			words != NULL ? words : "");
	else if (words != NULL)
		error_set(err, -EREMOTEIO, "%d %s", status, words);
	else
		error_set(err, -EREMOTEIO, "HTTP status %d", status);
	return FAILURE_HTTP;
}

static int64_t wire_bytes(CURL *easy)
{
	curl_off_t body = 0;
	long head = 0;

	curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
	curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
	return (int64_t)body + head;
}

static void take_address(struct transfer *tr)
{
	const char *address = NULL;

	if (!tr->by_proxy && curl_easy_getinfo(tr->easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address != NULL)
		snprintf(tr->answer.address, sizeof(tr->answer.address), "%s", address);
}

static void end_hop(struct transfer *tr, CURLcode code)
{
	struct transfer_answer *a = &tr->answer;
	const char *last = tr->visited[tr->visited_count - 1];
	enum poll_failure failure;
	unsigned quirk;

	a->received += wire_bytes(tr->easy);
	a->http_status = tr->hop.head.status;
	failure = transfer_judge(tr, code, &a->error);
	a->is_unreached = tr->visited_count == 1 && tr->tried_quirks == 0 && transfer_is_unreached(tr, failure);
	quirk = transfer_find_quirk(tr, code, failure);
	if (quirk != 0) {
		repeat_hop(tr, quirk, failure);
		return;
	}
	transfer_note_quirks(tr, failure, &a->error);
	/* When the work-around failed too, the first failure is reported: it names the fault. */
	if (tr->tried_quirks != 0 && (failure == FAILURE_PROTOCOL || failure == FAILURE_CONNECT ||
					     failure == FAILURE_TLS || failure == FAILURE_TIMEOUT)) {
		failure = tr->first_failure;
		a->error = tr->first_error;
	}
	if (failure == FAILURE_NONE && is_redirect(a->http_status)) {
		follow_redirect(tr);
		return;
	}
	if (failure == FAILURE_NONE)
		failure = judge_status(tr, a->http_status, &a->error);
	take_address(tr);
	a->final_url = strdup(last);
	take_fields(tr, failure == FAILURE_NONE);
	if (failure == FAILURE_NONE && tr->visited_count > 1 && tr->all_permanent)
		a->permanent_url = strdup(last);
	a->is_detour = tr->visited_count > 1 && !tr->all_permanent;
	if (failure == FAILURE_NONE && a->final_url == NULL) {
		error_sys(&a->error, -ENOMEM, "cannot keep the answer");
		failure = FAILURE_INTERNAL;
	}
	finish(tr, failure);
}

static const struct transfer_ends ends = {.ended = end_hop, .given_up = end_given_up, .overdue = end_overdue};

/* ---- start ---- */

struct transfer *transfer_start(
	struct transfers *t, const struct transfer_request *request, transfer_done_fn *fn, void *arg, struct error *err)
{
	struct transfer *tr = calloc(1, sizeof(*tr));
	int result = -ENOMEM;

	if (tr == NULL)
		goto fail;
	transfer_loop_mend(t);
	tr->owner = t;
	tr->fn = fn;
	tr->arg = arg;
	tr->allow_private = request->allow_private;
	tr->allow_downgrade = request->allow_downgrade;
	tr->http = request->http;
	tr->allow_old_tls = request->allow_old_tls;
	tr->want_error_page = request->want_error_page;
	tr->max_body = (size_t)request->max_body;
	tr->posts = request->form != NULL;
	tr->timeout_ms = request->timeout_ms;
	tr->deadline_ms = clock_mono_ms() + request->timeout_ms;
	tr->all_permanent = true;
	tr->answer.retry_after_ms = tr->answer.fresh_ms = -1;
	buf_init(&tr->answer.body, tr->max_body);
	buf_init(&tr->answer.error_page, TRANSFER_ERROR_PAGE_MAX);
	tr->easy = handle_get(t);
	if (tr->easy == NULL)
		goto fail;
	result = transfer_request_prepare(tr, request);
	if (result == -ENOMEM)
		goto fail;
	list_append(&t->running, tr);
	t->active++;
	if (result == 0) {
		start_hop(tr);
	} else {
		error_set(&tr->answer.error, result, "the url is no http or https address");
		finish(tr, FAILURE_PROTOCOL);
	}
	return tr;
fail:
	if (tr != NULL)
		transfer_free(tr);
	error_sys(err, result, "cannot start a transfer of %s", request->url);
	return NULL;
}

void transfer_cancel(struct transfer *tr)
{
	struct transfers *t;

	if (tr == NULL || tr->state == TRANSFER_DELIVERING)
		return;
	t = tr->owner;
	transfer_loop_remove(tr);
	list_remove(tr->state == TRANSFER_RUNNING ? &t->running : &t->finished, tr);
	t->active--;
	t->buffered -= tr->answer.body.len;
	transfer_free(tr);
}

size_t transfers_active(const struct transfers *t)
{
	return t->active;
}

size_t transfers_buffered(const struct transfers *t)
{
	return t->buffered;
}

/* ---- all of them ---- */

static int check_libcurl(struct transfers *t, struct error *err)
{
	enum { OLDEST = 0x075700 /* 7.87.0: CURLOPT_QUICK_EXIT, CURL_WRITEFUNC_ERROR */ };
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if (info->version_num < OLDEST)
		return error_set(err, -ENOTSUP, "libcurl %s is too old: 7.87.0 or later is needed", info->version);
	if ((info->features & CURL_VERSION_SSL) == 0)
		return error_set(err, -ENOTSUP, "libcurl %s was built without TLS", info->version);
	if ((info->features & CURL_VERSION_ASYNCHDNS) == 0)
		return error_set(err, -ENOTSUP, "libcurl %s was built without an asynchronous resolver", info->version);
	t->has_ca_bundle = info->cainfo != NULL && access(info->cainfo, R_OK) == 0;
	return 0;
}

struct transfers *transfers_new(struct event_base *base, const struct transfers_options *options, struct error *err)
{
	struct transfers *t = NULL;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set_null(err, -EIO, "cannot initialise libcurl");
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		curl_global_cleanup();
		error_sys(err, -ENOMEM, "cannot prepare transfers");
		return NULL;
	}
	t->base = base;
	t->connect_timeout_ms = options->connect_timeout_ms;
	t->max_redirects = options->max_redirects;
	t->max_connections = options->max_connections;
	t->proxy = options->proxy != NULL ? strdup(options->proxy) : NULL;
	t->ca_file = options->ca_file != NULL ? strdup(options->ca_file) : NULL;
	t->own = calloc(options->own_count + 1, sizeof(*t->own));
	t->deliver = event_new(base, -1, 0, on_deliver, t);
	if (t->deliver == NULL || t->own == NULL || (options->proxy != NULL && t->proxy == NULL) ||
		(options->ca_file != NULL && t->ca_file == NULL)) {
		error_sys(err, -ENOMEM, "cannot prepare transfers");
		goto fail;
	}
	for (; t->own_count < options->own_count; t->own_count++)
		t->own[t->own_count] = options->own[t->own_count];
	if (check_libcurl(t, err) != 0 || transfer_loop_init(t, &ends, err) != 0)
		goto fail;
	return t;
fail:
	transfers_free(t);
	return NULL;
}

static void cancel_all(const struct transfer_list *list)
{
	struct transfer *next;

	for (struct transfer *tr = list->first; tr != NULL; tr = next) {
		next = tr->next;
		transfer_cancel(tr);
	}
}

void transfers_free(struct transfers *t)
{
	if (t == NULL)
		return;
	cancel_all(&t->running);
	cancel_all(&t->finished);
	while (t->idle_count > 0)
		curl_easy_cleanup(t->idle[--t->idle_count]);
	transfer_loop_release(t);
	if (t->deliver != NULL)
		event_free(t->deliver);
	free(t->proxy);
	free(t->ca_file);
	free(t->own);
	free(t);
	curl_global_cleanup();
}
