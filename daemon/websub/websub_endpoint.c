/* SPDX-License-Identifier: ISC */
/* The callback endpoint: finds the subscription by its token, and checks verifications and pushes against it. */
#include "sitrep/websub/websub_endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/fetch/link_header.h"
#include "websub_internal.h"

enum {
	/* Pushes of one subscription in the parse pool: one is parsed, one waits; further ones get 503. */
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

static const char root[] = "/websub/";

bool websub_endpoint_has(struct str path)
{
	return str_starts(path, str_make(root, sizeof(root) - 1));
}

/* 0 with the subscription and its feed, or the HTTP status of the refusal. */
static int find_subscription(
	const struct websub_feeds *w, struct str path, struct subscription **subscription, struct websub_feed *feed)
{
	struct str token = str_slice(path, sizeof(root) - 1, path.len);
	int64_t id = websub_token_feed(token);
	struct subscription *s = websub_subscription(w, id);
	int result = id != 0 ? w->callbacks->find(w->arg, id, feed) : -ENOENT;

	if (result == -ENOENT)
		return STATUS_NOT_FOUND;
	/* The token's feed has left the configuration or has no subscription: 410 makes the hub forget it. */
	if (result != 0 || s == NULL || s->state.phase == WEBSUB_NONE)
		return STATUS_GONE;
	if (!websub_token_is(&s->state, token))
		return STATUS_NOT_FOUND;
	*subscription = s;
	return 0;
}

/* ---- verification ---- */

static bool get_argument(const struct websub_request *request, const char *name, struct buf *out)
{
	buf_clear(out);
	return request->argument(request->request, name, out);
}

static int64_t read_lease(struct str text)
{
	long long seconds = 0;

	return str_to_int(text, &seconds) ? seconds : 0;
}

/* Answers a hub's GET; returns the HTTP status. */
static int answer_get(struct subscription *s, const struct websub_request *request)
{
	struct websub_feeds *w = s->owner;
	enum websub_phase before = s->state.phase;
	struct buf mode = BUF_INIT(MODE_MAX), topic = BUF_INIT(LIMIT_URL), text = BUF_INIT(WEBSUB_CHALLENGE_MAX);
	int status = STATUS_NOT_FOUND;

	get_argument(request, "hub.mode", &mode);
	get_argument(request, "hub.topic", &topic);
	switch (websub_intent(&s->state, buf_str(&mode), buf_str(&topic))) {
	case WEBSUB_INTENT_SUBSCRIBE:
		get_argument(request, "hub.lease_seconds", &text);
		int64_t lease_s = read_lease(buf_str(&text));

		if (!get_argument(request, "hub.challenge", &text) || text.len == 0)
			break;
		status = STATUS_BUSY;
		/* Each verification saves a row: while the writer is busy it is refused, so that rows do not wait. */
		if (!w->callbacks->room(w->arg).may_begin || !request->reply(request->answer, buf_str(&text)))
			break;
		status = STATUS_OK;
		websub_note_verified(&s->state, lease_s, w->config->poll_min_ms, clock_wall_ms());
		websub_settle(s, before, false);
		break;
	case WEBSUB_INTENT_DENIED:
		get_argument(request, "hub.reason", &text);
		websub_note_denied(&s->state, buf_str(&text), clock_wall_ms());
		websub_settle(s, before, false);
		status = STATUS_OK;
		break;
	case WEBSUB_INTENT_UNKNOWN:
		break;
	}
	buf_release(&mode);
	buf_release(&topic);
	buf_release(&text);
	return status;
}

/* ---- content delivery ---- */

static struct websub_push *push_new(struct websub_feeds *w, int64_t feed_id)
{
	struct websub_push *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->owner = w;
	p->outcome = calloc(1, sizeof(*p->outcome));
	if (p->outcome == NULL) {
		free(p);
		return NULL;
	}
	p->outcome->kind = OUTCOME_PUSH;
	p->outcome->feed_id = feed_id;
	p->next = w->pushes;
	if (p->next != NULL)
		p->next->prev = p;
	w->pushes = p;
	return p;
}

static void ignore_push(struct websub_feeds *w, const struct websub_feed *feed, const char *reason)
{
	w->stats.pushes_refused++;
	log_emit(LOG_LEVEL_DEBUG, "push ignored", "feed", feed->config->name, "reason", reason, NULL);
}

static void on_parsed(void *arg, struct pool_answer *answer)
{
	struct websub_push *p = arg;
	struct websub_feeds *w = p->owner;
	struct poll_outcome *o = p->outcome;
	struct subscription *s = websub_subscription(w, o->feed_id);
	enum websub_phase before = s != NULL ? s->state.phase : WEBSUB_NONE;
	struct websub_feed feed;
	bool copied;

	if (s != NULL && s->pushes > 0)
		s->pushes--;
	if (answer->status != 0 && w->callbacks->find(w->arg, o->feed_id, &feed) == 0)
		ignore_push(w, &feed, answer->error.text);
	/* Meanwhile the feed may have left the configuration, or its subscription may have ended. */
	if (answer->status == 0 && before != WEBSUB_NONE) {
		w->stats.pushes++;
		o->at_ms = clock_wall_ms();
		o->document = answer->document;
		answer->document = BUF_INIT(answer->document.max);
		websub_note_pushed(&s->state, o->at_ms);
		o->websub = websub_copy_state(s);
		copied = o->websub != NULL;
		p->outcome = NULL;
		w->callbacks->store(w->arg, o);
		websub_settle(s, before, copied);
	}
	websub_drop_push(p);
}

/* Whether the Link header (rel=self) names a topic that is not the subscription's. */
static bool is_about_another(const struct subscription *s, struct str links)
{
	struct link_value link;

	while (link_header_next(&links, &link))
		if (link_has_rel(&link, STR("self")))
			return !str_eq(link.href, str_from(s->state.topic));
	return false;
}

static int start_parse(
	struct subscription *s, const struct websub_feed *feed, const struct websub_request *request, struct str type)
{
	struct websub_feeds *w = s->owner;
	struct websub_push *p = push_new(w, s->state.feed_id);
	struct job job = {
		.feed = str_from(feed->state->name),
		.categories = str_from(feed->state->categories),
		.url = str_from(s->state.topic),
		.content_type = type,
	};
	int64_t rules;

	if (p == NULL)
		return STATUS_BUSY;
	p->outcome->is_private = feed->config->is_private;
	rules = w->callbacks->parse(w->arg, &job, request->body, on_parsed, p);
	if (rules < 0) {
		websub_drop_push(p);
		return STATUS_BUSY;
	}
	p->outcome->rules = rules;
	s->pushes++;
	return STATUS_ACCEPTED;
}

static int take_push(struct subscription *s, const struct websub_feed *feed, const struct websub_request *request)
{
	struct websub_feeds *w = s->owner;
	struct buf signature = BUF_INIT(FIELD_MAX), links = BUF_INIT(FIELD_MAX), type = BUF_INIT(FIELD_MAX);
	int status = STATUS_ACCEPTED;

	(void)request->field(request->request, "X-Hub-Signature", &signature);
	(void)request->field(request->request, "Link", &links);
	(void)request->field(request->request, "Content-Type", &type);
	if (!websub_signature_fits(str_from(s->state.secret), buf_str(&signature), buf_str(request->body)))
		ignore_push(w, feed, "its signature is missing or wrong");
	else if (is_about_another(s, buf_str(&links)))
		ignore_push(w, feed, "its Link header names another topic");
	else if (request->body->len == 0)
		ignore_push(w, feed, "its body is empty");
	else
		status = start_parse(s, feed, request, type.len > 0 ? buf_str(&type) : STR_NONE);
	buf_release(&signature);
	buf_release(&links);
	buf_release(&type);
	return status;
}

/* ---- requests ---- */

int websub_endpoint_judge_post(struct websub_feeds *w, struct str path, size_t *limit)
{
	struct subscription *s;
	struct websub_feed feed;
	int64_t max_body;
	int status;

	if (!websub_endpoint_has(path))
		return STATUS_NOT_ALLOWED;
	status = find_subscription(w, path, &s, &feed);
	if (status != 0)
		return status;
	if (s->pushes >= PUSHES_MAX || !w->callbacks->room(w->arg).may_begin)
		return STATUS_BUSY;
	max_body = feed.config->max_body > 0 ? feed.config->max_body : w->config->fetch_max_body;
	*limit = max_body < LIMIT_PUSH_BODY ? (size_t)max_body : LIMIT_PUSH_BODY;
	return 0;
}

int websub_endpoint_answer(struct websub_feeds *w, const struct websub_request *request)
{
	struct subscription *s;
	struct websub_feed feed;
	int status = find_subscription(w, request->path, &s, &feed);

	if (status != 0)
		return status;
	switch (request->method) {
	case WEBSUB_GET:
		return answer_get(s, request);
	case WEBSUB_POST:
		if (s->pushes >= PUSHES_MAX || !w->callbacks->room(w->arg).may_store)
			return STATUS_BUSY;
		return take_push(s, &feed, request);
	case WEBSUB_OTHER_METHOD:
		break;
	}
	return STATUS_NOT_FOUND;
}
