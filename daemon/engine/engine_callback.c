/* What hubs call us for, at /websub/TOKEN: a GET asks whether we meant it, a POST brings news.
 *
 * Anybody may knock here.  Who does not know the token is told 404 before a byte of his body is kept; what carries no
 * good signature is answered as if it had been taken and is forgotten, so that a forger learns nothing.  A good push
 * goes the way of a poll's answer through the sandboxed parse pool, on a job of its own: a poll of the same feed
 * may be anywhere on the same way, since taking an item in twice changes nothing. */
#include "engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/fetch/link_header.h"

enum {
	/* One in the parse pool and one behind it; a hub that sends faster is asked to come again. */
	PUSHES_MAX = 2,
	STATUS_OK = 200,
	STATUS_ACCEPTED = 202,
	STATUS_NOT_FOUND = 404,
	STATUS_NOT_ALLOWED = 405,
	STATUS_GONE = 410,
	STATUS_BUSY = 503,
	FIELD_MAX = 16 * 1024,
	MODE_MAX = 64,
};

struct engine_push {
	struct engine *engine;
	struct engine_push *prev, *next;
	struct poll_outcome *outcome;
};

static const char root[] = "/websub/";

/* 0 and the feed, or the status for who is wrong here. */
static int find(const struct engine *e, struct str path, struct engine_feed **feed)
{
	struct str token = str_slice(path, sizeof(root) - 1, path.len);
	int64_t id = websub_token_feed(token);
	struct engine_feed *f = engine_feed_by_id(e, id);

	if (id == 0 || (size_t)id >= e->slot_by_id_size)
		return STATUS_NOT_FOUND;
	/* Once this was a feed's: 410 makes the hub forget it. */
	if (f == NULL || f->hub == NULL || f->hub->state.phase == WEBSUB_NONE)
		return STATUS_GONE;
	if (!websub_token_is(&f->hub->state, token))
		return STATUS_NOT_FOUND;
	*feed = f;
	return 0;
}

/* ---- is it meant ---- */

static bool argument(const struct http_request *request, const char *name, struct buf *out)
{
	buf_clear(out);
	return http_request_argument(request, name, out);
}

static int64_t read_lease(struct str text)
{
	long long seconds = 0;

	return str_to_int(text, &seconds) ? seconds : 0;
}

static void answer_text(struct http_answer *answer, struct buf *text)
{
	size_t len = 0;
	char *data = buf_take(text, &len);

	answer->body = data != NULL ? http_body_new(data, len, "text/plain; charset=utf-8", TIME_NONE) : NULL;
	answer->status = answer->body != NULL ? STATUS_OK : STATUS_BUSY;
}

static void confirm(struct engine_feed *f, const struct http_request *request, struct http_answer *answer)
{
	struct engine *e = f->engine;
	enum websub_phase before = f->hub->state.phase;
	struct buf mode = BUF_INIT(MODE_MAX), topic = BUF_INIT(LIMIT_URL), text = BUF_INIT(WEBSUB_CHALLENGE_MAX);

	(void)argument(request, "hub.mode", &mode);
	(void)argument(request, "hub.topic", &topic);
	switch (websub_intent(&f->hub->state, buf_str(&mode), buf_str(&topic))) {
	case WEBSUB_INTENT_SUBSCRIBE:
		(void)argument(request, "hub.lease_seconds", &text);
		int64_t lease_s = read_lease(buf_str(&text));

		if (!argument(request, "hub.challenge", &text) || text.len == 0)
			break;
		/* Each answer is a row to be saved: nobody gets to pile them up. */
		if (!engine_has_room(e)) {
			answer->status = STATUS_BUSY;
			break;
		}
		websub_note_verified(&f->hub->state, lease_s, e->config->poll_min_ms, clock_wall_ms());
		engine_websub_settle(f, before, false);
		answer_text(answer, &text);
		break;
	case WEBSUB_INTENT_DENIED:
		(void)argument(request, "hub.reason", &text);
		websub_note_denied(&f->hub->state, buf_str(&text), clock_wall_ms());
		engine_websub_settle(f, before, false);
		answer->status = STATUS_OK;
		break;
	case WEBSUB_INTENT_UNKNOWN:
		break;
	}
	buf_release(&mode);
	buf_release(&topic);
	buf_release(&text);
}

/* ---- news ---- */

static void push_unlink(struct engine_push *p)
{
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		p->engine->pushes = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
}

static void push_free(struct engine_push *p)
{
	poll_outcome_free(p->outcome);
	free(p);
}

void engine_release_pushes(struct engine *e)
{
	struct engine_push *p;

	while ((p = e->pushes) != NULL) {
		e->pushes = p->next;
		push_free(p);
	}
}

static struct engine_push *push_new(struct engine *e, int64_t feed_id)
{
	struct engine_push *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->engine = e;
	p->outcome = calloc(1, sizeof(*p->outcome));
	if (p->outcome == NULL) {
		free(p);
		return NULL;
	}
	p->outcome->kind = OUTCOME_PUSH;
	p->outcome->feed_id = feed_id;
	p->next = e->pushes;
	if (p->next != NULL)
		p->next->prev = p;
	e->pushes = p;
	return p;
}

static void refuse(struct engine *e, const struct engine_feed *f, const char *reason)
{
	e->pushes_refused++;
	log_emit(LOG_LEVEL_DEBUG, "push ignored", "feed", f->config->name, "reason", reason, NULL);
}

static void on_parsed(void *arg, struct pool_answer *answer)
{
	struct engine_push *p = arg;
	struct engine *e = p->engine;
	struct engine_feed *f = engine_feed_by_id(e, p->outcome->feed_id);
	enum websub_phase before = f != NULL && f->hub != NULL ? f->hub->state.phase : WEBSUB_NONE;
	struct poll_outcome *o = p->outcome;

	if (f != NULL && f->hub != NULL && f->hub->pushes > 0)
		f->hub->pushes--;
	if (f != NULL && answer->status != 0)
		refuse(e, f, answer->error.text);
	/* The feed may have left the configuration meanwhile, or its subscription have ended. */
	if (answer->status == 0 && before != WEBSUB_NONE) {
		e->pushes_taken++;
		o->at_ms = clock_wall_ms();
		o->document = answer->document;
		answer->document = BUF_INIT(answer->document.max);
		websub_note_pushed(&f->hub->state, o->at_ms);
		o->websub = engine_websub_copy(f);
		p->outcome = NULL;
		writer_submit(e->writer, o);
		engine_websub_settle(f, before, true);
	}
	push_unlink(p);
	push_free(p);
	engine_pump(e);
}

/* Whether the head says that this is about something else. */
static bool is_about_another(const struct engine_feed *f, struct str links)
{
	struct link_value link;

	while (link_header_next(&links, &link))
		if (link_has_rel(&link, STR("self")))
			return !str_eq(link.href, str_from(f->hub->state.topic));
	return false;
}

static int start_parse(struct engine_feed *f, const struct http_request *request, struct str content_type)
{
	struct engine *e = f->engine;
	const struct feed_state *state = &e->states[f->slot];
	struct engine_push *p = push_new(e, state->id);
	struct error err = {0};
	struct job job = {
		.feed = str_from(state->name),
		.categories = str_from(state->categories),
		.url = str_from(f->hub->state.topic),
		.content_type = content_type,
	};

	if (p == NULL)
		return STATUS_BUSY;
	p->outcome->rules = e->rules_generation;
	p->outcome->is_private = f->config->is_private;
	if (pool_submit(e->pool, &job, request->body, on_parsed, p, &err) != 0) {
		push_unlink(p);
		push_free(p);
		return STATUS_BUSY;
	}
	f->hub->pushes++;
	return STATUS_ACCEPTED;
}

static int take_push(struct engine_feed *f, const struct http_request *request)
{
	struct engine *e = f->engine;
	struct buf signature = BUF_INIT(FIELD_MAX), links = BUF_INIT(FIELD_MAX), type = BUF_INIT(FIELD_MAX);
	int status = STATUS_ACCEPTED;

	(void)http_request_field(request, "X-Hub-Signature", &signature);
	(void)http_request_field(request, "Link", &links);
	(void)http_request_field(request, "Content-Type", &type);
	if (!websub_signature_fits(str_from(f->hub->state.secret), buf_str(&signature), buf_str(request->body)))
		refuse(e, f, "no good signature");
	else if (is_about_another(f, buf_str(&links)))
		refuse(e, f, "another topic");
	else if (request->body->len == 0)
		refuse(e, f, "empty");
	else
		status = start_parse(f, request, type.len > 0 ? buf_str(&type) : STR_NONE);
	buf_release(&signature);
	buf_release(&links);
	buf_release(&type);
	return status;
}

/* ---- requests ---- */

static bool is_callback(struct str path)
{
	return str_starts(path, str_make(root, sizeof(root) - 1));
}

int engine_on_http_post(void *arg, struct str path, size_t *limit)
{
	struct engine *e = arg;
	struct engine_feed *f = NULL;
	int64_t max_body;
	int status;

	if (!is_callback(path))
		return STATUS_NOT_ALLOWED;
	status = find(e, path, &f);
	if (status != 0)
		return status;
	if (f->hub->pushes >= PUSHES_MAX || !engine_has_room(e))
		return STATUS_BUSY;
	max_body = f->config->max_body > 0 ? f->config->max_body : e->config->fetch_max_body;
	*limit = max_body < LIMIT_PUSH_BODY ? (size_t)max_body : LIMIT_PUSH_BODY;
	return 0;
}

void engine_on_http(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct engine *e = arg;
	struct engine_feed *f = NULL;

	if (!is_callback(request->path)) {
		publish_handle(e->publish, request, answer);
		return;
	}
	answer->status = find(e, request->path, &f);
	if (answer->status != 0)
		return;
	answer->status = STATUS_NOT_FOUND;
	if (request->method == HTTP_POST)
		answer->status =
			f->hub->pushes < PUSHES_MAX && !e->storing.stopped ? take_push(f, request) : STATUS_BUSY;
	else if (request->method == HTTP_GET)
		confirm(f, request, answer);
}
