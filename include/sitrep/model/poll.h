/* SPDX-License-Identifier: ISC */
/* poll.h: the result of a poll on its way from the transfer to the database and back.
 *
 * The engine makes a poll_outcome of each transfer and hands it to the writer.  The writer gives the counts of the
 * document to the schedule (poll_news), commits, and returns a poll_report. */
#ifndef SITREP_MODEL_POLL_H
#define SITREP_MODEL_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/histogram.h"
#include "sitrep/model/feed_hints.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/model/websub_state.h"

/* The result of a poll or a push.  Heap strings are owned by it; NULL is none.
 *
 * OUTCOME_PUSH is a document that a hub sent, OUTCOME_WEBSUB a subscription's state alone.  Neither is a poll, so
 * neither changes validators, counters of polls, health, or the time of the next poll; but a feed whose hub is no
 * longer trusted gets a new time.  Only the writer makes an OUTCOME_LOST, from one whose document could not be stored:
 * the schedule plans when it is fetched again. */
struct poll_outcome {
	int64_t feed_id;
	int64_t at_ms;
	enum {
		OUTCOME_DOCUMENT,
		OUTCOME_NOT_MODIFIED,
		OUTCOME_FAILED,
		OUTCOME_PUSH,
		OUTCOME_WEBSUB,
		OUTCOME_LOST
	} kind;
	enum poll_failure failure;
	char *reason;
	int http_status;
	char *url;           /* the feed's URL that was polled: validators of another URL are not saved */
	char *etag;          /* OUTCOME_DOCUMENT: both are saved, an absent one is deleted; */
	char *last_modified; /* OUTCOME_NOT_MODIFIED: saved where present */
	bool is_private;     /* addresses are stored and shown without their query */
	char *moved_to;      /* the end of a chain of permanent redirects only, else NULL */
	int64_t bytes;
	bool conditional; /* the request had validators */
	int64_t early_ms; /* of a poll by hand: by how much it came before its time; else 0 */
	/* The server was not reached while one's own network was away: that does not count as the feed's failure.
	 * FAILS_WITH_IT: it worked before the outage.  FAILED_BEFORE: it was failing already; that failure is kept. */
	enum { OUTAGE_NONE, OUTAGE_FAILS_WITH_IT, OUTAGE_FAILED_BEFORE } outage;
	int64_t retry_after_ms;      /* -1: absent */
	int64_t fresh_ms;            /* the same */
	struct buf document;         /* wire bytes for OUTCOME_DOCUMENT and OUTCOME_PUSH */
	char *hubs;                  /* hubs in the answer's head, one a line, for the report */
	char *topic;                 /* and their topic; NULL: the report has the document's hubs and topic */
	int64_t rules;               /* generation of the rules that it was matched with, or an older one */
	struct websub_state *websub; /* saved with OUTCOME_PUSH or OUTCOME_WEBSUB; NULL: none */
	struct writer_job *job;      /* not NULL: a function of writer_run() (writer.h); no other member is set */
	struct poll_outcome *next;   /* the writer's queue */
};
void poll_outcome_free(struct poll_outcome *o);
/* Turns o into a failure. */
void poll_outcome_fail(struct poll_outcome *o, enum poll_failure failure, const char *sentence);
/* The clock was set by jump_ms and shows now_ms: moves at_ms, to now_ms at most (clock.h). */
void poll_outcome_follow_clock(struct poll_outcome *o, int64_t jump_ms, int64_t now_ms);

/* The counts of a document's new and changed items. */
struct poll_news {
	size_t fresh;            /* items that were new in their feed, copies of other feeds' included */
	int64_t *published_ms;   /* their dates, TIME_NONE where absent; the callee may sort them */
	int updates;             /* items that changed */
	size_t shown;            /* items in the document, left-out ones included */
	size_t left_out;         /* items that the worker had no memory for */
	struct feed_hints hints; /* the feed's hints about polling */
};

/* Runs in the loop after a commit; err->code 0: committed. */
typedef void poll_report_done_fn(void *arg, const struct error *err);

/* One outcome's result after its commit. */
struct poll_report {
	/* Not NULL: the end of a writer_run() (writer.h). done is called with done_arg and error; no other member is
	 * set. */
	poll_report_done_fn *done;
	void *done_arg;
	int64_t feed_id;
	bool is_poll;      /* false for OUTCOME_PUSH and OUTCOME_WEBSUB */
	bool has_document; /* a poll of the feed's present URL brought a document: hubs and topic are the feed's own */
	char *hubs, *topic;
	int fresh, copies, updates, unchanged; /* items */
	struct histogram delays;               /* of new items: from their date until they were seen */
	enum feed_health before;
	/* If this outcome changed state.identity: the number of recent unknown guids or links, and how many of them
	 * belonged to items that were stored already.  Else 0. */
	size_t distrusted, distrusted_seen;
	/* The number of items of the document that were skipped because the database has reached its size limit. */
	size_t cut;
	/* lost: the transaction was not committed, for the reason in error; the loop continues with state.  After a
	 * failure or a 304, state is as if it had been stored.  After a document or push, wants_again is set, and state
	 * is the last committed one, due as soon as the server allows; state.name is NULL if it cannot be read. */
	bool lost, wants_again;
	struct feed_state state;
	struct error error; /* why the outcome could not be stored; code 0: it was */
	struct poll_report *next;
};
void poll_reports_free(struct poll_report *first);

#endif
