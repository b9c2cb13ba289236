/* SPDX-License-Identifier: ISC */
#include "sitrep/ingest/request.h"

#include <stdlib.h>
#include <string.h>

#include "request_kind.h"
#include "writer_state.h"

struct request *request_new(const struct request_kind *kind, const char *op)
{
	struct request *q = calloc(1, kind->size);

	if (q == NULL)
		return NULL;
	q->kind = kind;
	q->op = op;
	buf_init(&q->answer, kind->answer_max);
	return q;
}

char *request_copy(struct str text, bool *failed)
{
	char *copy = text.data != NULL ? strndup(text.data, text.len) : NULL;

	*failed = *failed || (text.data != NULL && copy == NULL);
	return copy;
}

void request_free(struct request *q)
{
	if (q == NULL)
		return;
	if (q->kind->release != NULL)
		q->kind->release(q);
	buf_release(&q->answer);
	free(q);
}

static int carry_out(void *arg, struct ingest *k, struct error *err)
{
	struct request *q = arg;
	int result = q->kind->carry_out(q, k, err);

	return result == 0 && buf_failed(&q->answer) ? error_sys(err, q->answer.failed, "cannot answer") : result;
}

static void finish(void *arg, const struct error *err)
{
	struct request *q = arg;

	q->error = *err;
	if (q->kind->goes_on == NULL || !q->kind->goes_on(q))
		q->done(q);
}

int request_submit(struct request *q, struct writer *w)
{
	q->writer = w;
	return q->kind->in_turn ? writer_run(w, carry_out, finish, q) : writer_run_at_once(w, carry_out, finish, q);
}
