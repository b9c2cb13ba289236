/* SPDX-License-Identifier: ISC */
#include "writer_requests.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/log.h"
#include "sitrep/ingest/alert_request.h"
#include "sitrep/ingest/forget.h"
#include "sitrep/ingest/silence_request.h"
#include "sitrep/ingest/story_request.h"

enum { ANSWER_MAX = 4096 };

/* ---- requests of all kinds ---- */

static struct asker *find_free(struct asker *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].request == NULL)
			return &all[i];
	return NULL;
}

/* Answers the peer, unless it has gone, and frees the request's place. */
static void finish_request(struct asker *ask, const struct error *error, const char *op, struct str answer)
{
	if (ask->peer != NULL && error->code != 0)
		control_refuse(ask->peer, error->text);
	else if (ask->peer != NULL)
		control_answer(ask->peer, op, answer);
	*ask = (struct asker){0};
}

static void forget_peer(struct asker *all, size_t count, const struct control_peer *peer)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].peer == peer)
			all[i].peer = NULL;
}

void writer_requests_forget_peer(struct writer_requests *r, const struct control_peer *peer)
{
	forget_peer(r->stories, STORY_REQUESTS_MAX, peer);
	forget_peer(r->silences, SILENCE_REQUESTS_MAX, peer);
	forget_peer(r->alerts, ALERT_REQUESTS_MAX, peer);
	forget_peer(r->forgets, FORGETS_MAX, peer);
}

void writer_requests_release(struct writer_requests *r)
{
	for (size_t i = 0; i < STORY_REQUESTS_MAX; i++)
		story_request_free(r->stories[i].request);
	for (size_t i = 0; i < SILENCE_REQUESTS_MAX; i++)
		silence_request_free(r->silences[i].request);
	for (size_t i = 0; i < ALERT_REQUESTS_MAX; i++)
		alert_request_free(r->alerts[i].request);
	for (size_t i = 0; i < FORGETS_MAX; i++)
		forget_request_free(r->forgets[i].request);
}

/* ---- stories ---- */

static const char *const story_ops[] = {
	[STORY_REQUEST_WHY] = "why",
	[STORY_REQUEST_SPLIT] = "split",
	[STORY_REQUEST_JOIN] = "join",
};

static void on_story(struct story_request *q)
{
	struct asker *ask = q->arg;

	if (q->changed) {
		log_emit(LOG_LEVEL_NOTICE, "stories corrected", "op", story_ops[q->kind], "item", q->item,
			q->other != NULL ? "other" : NULL, q->other, NULL);
		publish_invalidate(ask->stages->publish);
	}
	finish_request(ask, &q->error, story_ops[q->kind], buf_str(&q->answer));
	story_request_free(q);
}

int writer_requests_story(struct writer_requests *r, const char *op, struct str item, struct str other,
	struct control_peer *peer, struct error *err)
{
	struct asker *ask = find_free(r->stories, STORY_REQUESTS_MAX);
	struct story_request *q;

	if (ask == NULL)
		return error_set(err, -EBUSY, "%d requests about stories are under way already, try again later",
			STORY_REQUESTS_MAX);
	q = story_request_new(item, other);
	if (q != NULL) {
		while (strcmp(story_ops[q->kind], op) != 0)
			q->kind++;
		q->done = on_story;
		q->arg = ask;
		*ask = (struct asker){.stages = r->stages, .request = q, .peer = peer};
		if (story_request_submit(q, r->stages->writer) == 0)
			return 0;
	}
	story_request_free(q);
	*ask = (struct asker){0};
	return error_sys(err, -ENOMEM, "cannot pass on a request about a story");
}

/* ---- silences ---- */

static void log_silence(const struct silence_request *q)
{
	char lasts[TIME_TEXT_MAX];

	if (q->error.code != 0 || q->kind == SILENCE_REQUEST_LIST)
		return;
	if (q->kind == SILENCE_REQUEST_END)
		log_emit(LOG_LEVEL_NOTICE, "silence ended", "silence", LOG_NUM((long long)q->id), NULL);
	else
		log_emit(LOG_LEVEL_NOTICE, "silence added", "silence", LOG_NUM((long long)q->id), "match", q->matcher,
			"for", duration_format(lasts, q->wish.for_ms), NULL);
}

static void on_silence(struct silence_request *q)
{
	struct asker *ask = q->arg;

	log_silence(q);
	finish_request(ask, &q->error, "silences", buf_str(&q->answer));
	silence_request_free(q);
}

static struct silence_request *make_silence(const struct control_silence *wish, const struct control_peer *peer)
{
	struct silence_wish to_add = {.matcher = wish->matcher, .why = wish->why, .for_ms = wish->for_ms};
	struct silence_request *q;
	struct control_user user;

	if (control_peer_user(peer, &user))
		snprintf(to_add.by, sizeof(to_add.by), "uid %u", (unsigned)user.uid);
	q = silence_request_new(&to_add);
	if (q == NULL)
		return NULL;
	q->id = wish->id;
	q->kind = wish->matcher.data != NULL ? SILENCE_REQUEST_ADD
		  : wish->id != 0            ? SILENCE_REQUEST_END
					     : SILENCE_REQUEST_LIST;
	return q;
}

int writer_requests_silence(
	struct writer_requests *r, const struct control_silence *wish, struct control_peer *peer, struct error *err)
{
	struct asker *ask = find_free(r->silences, SILENCE_REQUESTS_MAX);
	struct silence_request *q;

	if (ask == NULL)
		return error_set(err, -EBUSY, "%d requests about silences are under way already, try again later",
			SILENCE_REQUESTS_MAX);
	q = make_silence(wish, peer);
	if (q != NULL) {
		q->done = on_silence;
		q->arg = ask;
		*ask = (struct asker){.stages = r->stages, .request = q, .peer = peer};
		if (silence_request_submit(q, r->stages->writer) == 0)
			return 0;
	}
	silence_request_free(q);
	*ask = (struct asker){0};
	return error_sys(err, -ENOMEM, "cannot pass on a request about silences");
}

/* ---- alert rules ---- */

static void on_alerts(struct alert_request *q)
{
	struct asker *ask = q->arg;

	finish_request(ask, &q->error, "alerts", buf_str(&q->answer));
	alert_request_free(q);
}

int writer_requests_alerts(struct writer_requests *r, struct control_peer *peer, struct error *err)
{
	struct asker *ask = find_free(r->alerts, ALERT_REQUESTS_MAX);
	struct alert_request *q;

	if (ask == NULL)
		return error_set(err, -EBUSY, "%d requests about alerts are under way already, try again later",
			ALERT_REQUESTS_MAX);
	q = alert_request_new();
	if (q != NULL) {
		q->done = on_alerts;
		q->arg = ask;
		*ask = (struct asker){.stages = r->stages, .request = q, .peer = peer};
		if (alert_request_submit(q, r->stages->writer) == 0)
			return 0;
	}
	alert_request_free(q);
	*ask = (struct asker){0};
	return error_sys(err, -ENOMEM, "cannot pass on a request about alerts");
}

/* ---- removed feeds ---- */

static void write_answer(const struct forget_request *q, struct buf *json)
{
	struct jsonw w = JSONW_INIT(json);

	jsonw_object(&w);
	jsonw_kv_cstr(&w, "feed", q->feed);
	jsonw_kv_bool(&w, "removed", q->sure);
	jsonw_kv_int(&w, "items", q->items);
	if (!q->sure) {
		jsonw_kv_int(&w, "own_stories", q->own_stories);
		jsonw_kv_int(&w, "kept_stories", q->kept_stories);
	}
	jsonw_object_end(&w);
}

/* The writer removes some items at a time and is asked here to go on, also when the peer has gone.  A feed that comes
 * back to the configuration meanwhile keeps the items that are left. */
static void on_forget(struct forget_request *q)
{
	struct asker *ask = q->arg;
	struct buf json = BUF_INIT(ANSWER_MAX);

	if (q->step_items > 0)
		publish_invalidate(ask->stages->publish);
	if (q->has_more && forget_request_submit(q, ask->stages->writer) == 0)
		return;
	if (q->has_more)
		error_sys(&q->error, -ENOMEM, "cannot forget all items of the feed, ask again");
	if (q->sure)
		log_emit(LOG_LEVEL_NOTICE, "feed forgotten", "feed", q->feed, "items", LOG_NUM((long long)q->items),
			q->error.code != 0 ? "error" : NULL, q->error.text, NULL);
	write_answer(q, &json);
	finish_request(ask, &q->error, "forget", buf_str(&json));
	buf_release(&json);
	forget_request_free(q);
}

int writer_requests_forget(
	struct writer_requests *r, struct str feed, bool sure, struct control_peer *peer, struct error *err)
{
	struct asker *ask = find_free(r->forgets, FORGETS_MAX);
	struct forget_request *q;

	/* A disabled feed is in the configuration too. */
	if (config_find_feed(r->stages->config, feed) != NULL)
		return error_set(err, -EBUSY,
			"%.*s is in the configuration: take its section out, reload, and then forget it",
			STR_ARG(feed));
	if (ask == NULL)
		return error_set(err, -EBUSY, "%d feeds are being forgotten already", FORGETS_MAX);
	q = forget_request_new(feed, sure);
	if (q != NULL) {
		q->done = on_forget;
		q->arg = ask;
		*ask = (struct asker){.stages = r->stages, .request = q, .peer = peer};
		if (forget_request_submit(q, r->stages->writer) == 0)
			return 0;
	}
	forget_request_free(q);
	*ask = (struct asker){0};
	return error_sys(err, -ENOMEM, "cannot forget a feed");
}
