/* SPDX-License-Identifier: ISC */
#include "writer_requests.h"

#include <errno.h>

/* Answers the peer, unless it has gone, and frees the request's place. */
static void on_done(struct request *q)
{
	struct asker *ask = q->arg;

	if (ask->peer != NULL && q->error.code != 0)
		control_refuse(ask->peer, q->error.text);
	else if (ask->peer != NULL)
		control_answer(ask->peer, q->op, buf_str(&q->answer));
	*ask = (struct asker){0};
	request_free(q);
}

int writer_requests_submit(struct writer_requests *r, struct request *q, struct control_peer *peer, struct error *err)
{
	struct asker *ask = NULL;

	for (size_t i = 0; i < WRITER_REQUESTS_MAX && ask == NULL; i++)
		if (r->askers[i].request == NULL)
			ask = &r->askers[i];
	if (q != NULL && ask != NULL) {
		q->done = on_done;
		q->arg = ask;
		*ask = (struct asker){.request = q, .peer = peer};
		if (request_submit(q, r->stages->writer) == 0)
			return 0;
		*ask = (struct asker){0};
	}
	request_free(q);
	if (ask == NULL)
		return error_set(
			err, -EBUSY, "%d requests are under way already, try again later", WRITER_REQUESTS_MAX);
	return error_sys(err, -ENOMEM, "cannot pass on the request");
}

void writer_requests_forget_peer(struct writer_requests *r, const struct control_peer *peer)
{
	for (size_t i = 0; i < WRITER_REQUESTS_MAX; i++)
		if (r->askers[i].peer == peer)
			r->askers[i].peer = NULL;
}

void writer_requests_release(struct writer_requests *r)
{
	for (size_t i = 0; i < WRITER_REQUESTS_MAX; i++)
		request_free(r->askers[i].request);
}
