/* SPDX-License-Identifier: ISC */
/* Operators' questions about stories and edits of them, between the control socket and the writer's thread.
 *
 * The writer has the data for an answer, so the request goes to it and the answer comes back with its next reports. The
 * peer may have gone by then; an edit takes effect all the same. */
#include "story_requests.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/log.h"
#include "sitrep/ingest/story_request.h"

static const char *const ops[] = {
	[STORY_REQUEST_WHY] = "why",
	[STORY_REQUEST_SPLIT] = "split",
	[STORY_REQUEST_JOIN] = "join",
};

static void hand_on(struct story_request *q)
{
	struct story_asker *ask = q->arg;

	if (q->changed) {
		log_emit(LOG_LEVEL_NOTICE, "stories corrected", "op", ops[q->kind], "item", q->item,
			q->other != NULL ? "other" : NULL, q->other, NULL);
		publish_invalidate(ask->stages->publish);
	}
	if (ask->peer != NULL && q->error.code != 0)
		control_refuse(ask->peer, q->error.text);
	else if (ask->peer != NULL)
		control_answer(ask->peer, ops[q->kind], buf_str(&q->answer));
	story_request_free(q);
	*ask = (struct story_asker){0};
}

int story_requests_ask(struct story_requests *r, const char *op, struct str item, struct str other,
	struct control_peer *peer, struct error *err)
{
	struct story_asker *ask = NULL;
	struct story_request *q;

	for (size_t i = 0; i < STORY_REQUESTS_MAX && ask == NULL; i++)
		if (r->askers[i].request == NULL)
			ask = &r->askers[i];
	if (ask == NULL)
		return error_set(err, -EBUSY, "%d questions about stories are under way already", STORY_REQUESTS_MAX);
	q = story_request_new(item, other);
	if (q == NULL)
		return error_sys(err, -ENOMEM, "cannot ask about a story");
	while (strcmp(ops[q->kind], op) != 0)
		q->kind++;
	q->done = hand_on;
	q->arg = ask;
	*ask = (struct story_asker){.stages = r->stages, .request = q, .peer = peer};
	if (story_request_submit(q, r->stages->writer) == 0)
		return 0;
	story_request_free(q);
	*ask = (struct story_asker){0};
	return error_sys(err, -ENOMEM, "cannot ask about a story");
}

void story_requests_forget_peer(struct story_requests *r, const struct control_peer *peer)
{
	for (size_t i = 0; i < STORY_REQUESTS_MAX; i++)
		if (r->askers[i].peer == peer)
			r->askers[i].peer = NULL;
}

void story_requests_release(struct story_requests *r)
{
	for (size_t i = 0; i < STORY_REQUESTS_MAX; i++)
		story_request_free(r->askers[i].request);
}
