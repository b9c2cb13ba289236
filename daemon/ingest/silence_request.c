/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "request_kind.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/units.h"

struct silence_request {
	struct request head;
	struct silence_wish wish; /* its texts are those below */
	char *matcher, *why;
	int64_t id; /* to be ended, or of the silence that was added; 0: none */
};

static int carry_out(struct request *head, struct ingest *k, struct error *err)
{
	struct silence_request *q = (struct silence_request *)head;
	int64_t now_ms = clock_wall_ms();
	struct jsonw w = JSONW_INIT(&head->answer);
	int result = 0;

	if (q->matcher != NULL)
		result = silences_add(&k->policy.silences, &q->wish, now_ms, &q->id, err);
	else if (q->id != 0)
		result = silences_end(&k->policy.silences, q->id, now_ms, err);
	return result == 0 ? silences_write(&k->policy.silences, now_ms, &w, err) : result;
}

static bool log_change(struct request *head)
{
	const struct silence_request *q = (const struct silence_request *)head;
	char lasts[TIME_TEXT_MAX];

	if (head->error.code != 0 || q->id == 0)
		return false;
	if (q->matcher == NULL)
		log_emit(LOG_LEVEL_NOTICE, "silence ended", "silence", LOG_NUM((long long)q->id), NULL);
	else
		log_emit(LOG_LEVEL_NOTICE, "silence added", "silence", LOG_NUM((long long)q->id), "match", q->matcher,
			"for", duration_format(lasts, q->wish.for_ms), NULL);
	return false;
}

static void release(struct request *head)
{
	free(((struct silence_request *)head)->matcher);
	free(((struct silence_request *)head)->why);
}

static const struct request_kind silences = {
	.size = sizeof(struct silence_request),
	.answer_max = 8 * 1024 * 1024, /* some hundred silences with their longest texts, escaped */
	.carry_out = carry_out,
	.goes_on = log_change,
	.release = release,
};

struct request *silence_request_new(const struct silence_wish *wish, int64_t id)
{
	struct silence_request *q = (struct silence_request *)request_new(&silences, "silences");
	bool failed = false;

	if (q == NULL)
		return NULL;
	q->wish = *wish;
	q->matcher = request_copy(wish->matcher, &failed);
	q->why = request_copy(wish->why, &failed);
	q->wish.matcher = str_from(q->matcher);
	q->wish.why = str_from(q->why);
	q->id = id;
	if (!failed)
		return &q->head;
	request_free(&q->head);
	return NULL;
}
