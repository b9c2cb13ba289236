/* What people ask of stories and say on them, between the control socket and the writer's thread.
 *
 * What is needed for an answer lives with the writer, so the question goes there and the answer comes back with its
 * next reports.  A person may have gone by then; what was said stays said. */
#include "engine_internal.h"

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
	struct engine_ask *ask = q->arg;
	struct engine *e = ask->engine;

	if (q->changed) {
		log_emit(LOG_LEVEL_NOTICE, "stories corrected", "op", ops[q->kind], "item", q->item,
			q->other != NULL ? "other" : NULL, q->other, NULL);
		publish_invalidate(e->publish);
	}
	if (ask->peer != NULL && q->error.code != 0)
		control_refuse(ask->peer, q->error.text);
	else if (ask->peer != NULL)
		control_answer(ask->peer, ops[q->kind], buf_str(&q->answer));
	story_request_free(q);
	*ask = (struct engine_ask){0};
}

int engine_ask_of_story(
	void *arg, const char *op, struct str item, struct str other, struct control_peer *peer, struct error *err)
{
	struct engine *e = arg;
	struct engine_ask *ask = NULL;
	struct story_request *q;

	for (size_t i = 0; i < ENGINE_ASKS_MAX && ask == NULL; i++)
		if (e->asks[i].request == NULL)
			ask = &e->asks[i];
	if (ask == NULL)
		return error_set(err, -EBUSY, "%d questions about stories are under way already", ENGINE_ASKS_MAX);
	q = story_request_new(item, other);
	if (q == NULL)
		return error_sys(err, -ENOMEM, "cannot ask about a story");
	while (strcmp(ops[q->kind], op) != 0)
		q->kind++;
	q->done = hand_on;
	q->arg = ask;
	*ask = (struct engine_ask){.engine = e, .request = q, .peer = peer};
	if (story_request_submit(q, e->writer) == 0)
		return 0;
	story_request_free(q);
	*ask = (struct engine_ask){0};
	return error_sys(err, -ENOMEM, "cannot ask about a story");
}

void engine_forget_asker(struct engine *e, const struct control_peer *peer)
{
	for (size_t i = 0; i < ENGINE_ASKS_MAX; i++)
		if (e->asks[i].peer == peer)
			e->asks[i].peer = NULL;
}

void engine_release_asks(struct engine *e)
{
	for (size_t i = 0; i < ENGINE_ASKS_MAX; i++)
		story_request_free(e->asks[i].request);
}
