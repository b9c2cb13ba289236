/* SPDX-License-Identifier: ISC */
/* Hubs and the engine: the callbacks of websub_feeds.h, and the HTTP server's requests, which go to websub_endpoint.h
 * (callback endpoint) or publish.h (all others). */
#include "engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/websub/websub_endpoint.h"

/* ---- callbacks of websub_feeds.h ---- */

static int find_feed(void *arg, int64_t feed_id, struct websub_feed *feed)
{
	const struct engine *e = arg;
	const struct feed *f = feed_table_by_id(e->stages.feeds, feed_id);

	if (f != NULL)
		*feed = (struct websub_feed){.config = f->config, .state = &f->state};
	return f != NULL ? 0 : feed_table_knows_id(e->stages.feeds, feed_id) ? -ESTALE : -ENOENT;
}

static struct websub_room get_room(void *arg)
{
	const struct engine *e = arg;

	return (struct websub_room){
		.may_ask = polling_may_ask(&e->polling),
		.may_store = !e->polling.storing.stopped,
		.may_begin = pipeline_has_room(&e->pipeline),
	};
}

static struct transfer *send_request(void *arg, const struct websub_feed *feed, struct transfer_request *request,
	transfer_done_fn *done, void *done_arg, struct error *err)
{
	struct engine *e = arg;
	const struct config_feed *c = feed->config;

	request->user_agent = c->user_agent != NULL ? c->user_agent : e->stages.user_agent;
	request->proxy = c->proxy;
	request->timeout_ms = e->stages.config->fetch_timeout_ms;
	request->allow = &e->stages.config->fetch_allow;
	return transfer_start(e->stages.transfers, request, done, done_arg, err);
}

static int64_t parse_push(void *arg, const struct job *job, struct buf *body, pool_answer_fn *done, void *done_arg)
{
	struct engine *e = arg;
	struct error err;
	int result = pool_submit(e->stages.pool, job, body, done, done_arg, &err);

	return result != 0 ? result : e->stages.rules_generation;
}

static void store_outcome(void *arg, struct poll_outcome *o)
{
	struct engine *e = arg;

	writer_submit(e->stages.writer, o);
}

static void poll_once(void *arg, int64_t feed_id, int64_t wait_ms)
{
	struct engine *e = arg;
	struct feed *f = feed_table_by_id(e->stages.feeds, feed_id);

	if (f != NULL)
		planner_ask_once(&e->planner, f, wait_ms);
}

const struct websub_callbacks engine_websub_callbacks = {
	.find = find_feed,
	.room = get_room,
	.send = send_request,
	.parse = parse_push,
	.store = store_outcome,
	.poll_once = poll_once,
};

/* ---- HTTP ---- */

static bool read_argument(const void *request, const char *name, struct buf *out)
{
	return http_request_argument(request, name, out);
}

static bool read_field(const void *request, const char *name, struct buf *out)
{
	return http_request_field(request, name, out);
}

static bool make_body(void *arg, struct str text)
{
	struct http_answer *answer = arg;
	char *data = malloc(text.len + 1);

	if (data == NULL)
		return false;
	memcpy(data, text.data, text.len);
	answer->body = http_body_new(data, text.len, "text/plain; charset=utf-8", TIME_NONE);
	return answer->body != NULL;
}

int engine_on_http_post(void *arg, struct str path, size_t *limit)
{
	struct engine *e = arg;

	return websub_endpoint_judge_post(e->stages.websub, path, limit);
}

void engine_on_http(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct engine *e = arg;
	const struct websub_request call = {
		.method = request->method == HTTP_GET    ? WEBSUB_GET
			  : request->method == HTTP_POST ? WEBSUB_POST
							 : WEBSUB_OTHER_METHOD,
		.path = request->path,
		.body = request->body,
		.argument = read_argument,
		.field = read_field,
		.request = request,
		.reply = make_body,
		.answer = answer,
	};

	if (!websub_endpoint_has(request->path)) {
		publish_handle(e->stages.publish, request, answer);
		return;
	}
	answer->status = websub_endpoint_answer(e->stages.websub, &call);
}
