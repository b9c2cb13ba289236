/* SPDX-License-Identifier: ISC */
#include "sitrep/ingest/silence_request.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "writer_state.h"

/* Some hundred silences with their longest texts, escaped. */
enum { ANSWER_MAX = 8 * 1024 * 1024 };

struct silence_request *silence_request_new(const struct silence_wish *wish)
{
	struct silence_request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	buf_init(&q->answer, ANSWER_MAX);
	q->wish = *wish;
	q->matcher = wish->matcher.data != NULL ? strndup(wish->matcher.data, wish->matcher.len) : NULL;
	q->why = wish->why.data != NULL ? strndup(wish->why.data, wish->why.len) : NULL;
	if ((wish->matcher.data != NULL && q->matcher == NULL) || (wish->why.data != NULL && q->why == NULL)) {
		silence_request_free(q);
		return NULL;
	}
	q->wish.matcher = str_from(q->matcher);
	q->wish.why = str_from(q->why);
	return q;
}

void silence_request_free(struct silence_request *q)
{
	if (q == NULL)
		return;
	free(q->matcher);
	free(q->why);
	buf_release(&q->answer);
	free(q);
}

static int carry_out(void *arg, struct ingest *k, struct error *err)
{
	struct silence_request *q = arg;
	int64_t now_ms = clock_wall_ms();
	struct jsonw w = JSONW_INIT(&q->answer);
	int result = 0;

	if (q->kind == SILENCE_REQUEST_ADD)
		result = silences_add(&k->policy.silences, &q->wish, now_ms, &q->id, err);
	else if (q->kind == SILENCE_REQUEST_END)
		result = silences_end(&k->policy.silences, q->id, now_ms, err);
	buf_clear(&q->answer);
	if (result == 0)
		result = silences_write(&k->policy.silences, now_ms, &w, err);
	if (result == 0 && buf_failed(&q->answer))
		result = error_sys(err, q->answer.failed, "cannot answer");
	return result;
}

static void finish_request(void *arg, const struct error *err)
{
	struct silence_request *q = arg;

	q->error = *err;
	q->done(q);
}

int silence_request_submit(struct silence_request *q, struct writer *w)
{
	return writer_run_at_once(w, carry_out, finish_request, q);
}
