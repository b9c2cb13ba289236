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

/* A free place for a request of the peer. */
static struct asker *find_place(struct writer_requests *r, const struct control_peer *peer, struct error *err)
{
	struct asker *place = NULL;
	size_t of_peer = 0;

	for (size_t i = 0; i < WRITER_REQUESTS_MAX; i++) {
		if (r->askers[i].request == NULL)
			place = &r->askers[i];
		else
			of_peer += r->askers[i].peer == peer;
	}
	if (of_peer >= WRITER_REQUESTS_A_PEER) {
		error_set(err, -EBUSY, "%d requests of this connection are under way already, wait for an answer",
			WRITER_REQUESTS_A_PEER);
		return NULL;
	}
	if (place == NULL)
		error_set(err, -EBUSY, "%d requests are under way already, try again later", WRITER_REQUESTS_MAX);
	return place;
}

int writer_requests_submit(struct writer_requests *r, struct request *q, struct control_peer *peer, struct error *err)
{
	struct asker *ask;

	if (q == NULL)
		return error_sys(err, -ENOMEM, "cannot pass on the request");
	ask = find_place(r, peer, err);
	if (ask == NULL) {
		request_free(q);
		return -EBUSY;
	}
	q->done = on_done;
	q->arg = ask;
	*ask = (struct asker){.request = q, .peer = peer};
	if (request_submit(q, r->stages->writer) == 0)
		return 0;
	*ask = (struct asker){0};
	request_free(q);
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
