/* SPDX-License-Identifier: ISC */
/* writer_requests.h: operators' requests that the writer's thread serves: about stories, about silences and alert
 * rules, and to forget a removed feed.
 *
 * The request goes to the writer and the answer comes back with its next reports.  The peer may have gone by then; a
 * change takes effect all the same. */
#ifndef SITREP_ENGINE_WRITER_REQUESTS_H
#define SITREP_ENGINE_WRITER_REQUESTS_H

#include "stages.h"

/* Most requests of each kind at a time. */
enum { STORY_REQUESTS_MAX = 16, SILENCE_REQUESTS_MAX = 16, ALERT_REQUESTS_MAX = 16, FORGETS_MAX = 4 };

/* A request, and the peer that waits for its answer. */
struct asker {
	const struct stages *stages;
	void *request; /* a story_request, silence_request, alert_request or forget_request; NULL: this place is free */
	struct control_peer *peer; /* NULL: the peer has gone */
};

struct writer_requests {
	const struct stages *stages;
	struct asker stories[STORY_REQUESTS_MAX];
	struct asker silences[SILENCE_REQUESTS_MAX];
	struct asker alerts[ALERT_REQUESTS_MAX];
	struct asker forgets[FORGETS_MAX];
};

/* As control_operations.story. */
int writer_requests_story(struct writer_requests *r, const char *op, struct str item, struct str other,
	struct control_peer *peer, struct error *err);
/* As control_operations.silence. */
int writer_requests_silence(
	struct writer_requests *r, const struct control_silence *wish, struct control_peer *peer, struct error *err);
/* As control_operations.alerts. */
int writer_requests_alerts(struct writer_requests *r, struct control_peer *peer, struct error *err);
/* As control_operations.forget. */
int writer_requests_forget(
	struct writer_requests *r, struct str feed, bool sure, struct control_peer *peer, struct error *err);
void writer_requests_forget_peer(struct writer_requests *r, const struct control_peer *peer);
/* To be called when the writer has been freed. */
void writer_requests_release(struct writer_requests *r);

#endif
