/* SPDX-License-Identifier: ISC */
/* poll.h: what a poll brought, on its way from the transfer to the database and back.
 *
 * The engine makes a poll_outcome of each transfer and hands it to the writer; the writer tells the schedule what the
 * document brought (poll_news), commits, and answers with a poll_report. */
#ifndef SITREP_MODEL_POLL_H
#define SITREP_MODEL_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/model/feed_hints.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/model/websub_state.h"

/* The result of a poll or a push.  Heap strings are owned by it; NULL is none.
 *
 * OUTCOME_PUSH is a document that a hub sent, OUTCOME_WEBSUB a subscription's state alone: neither is a poll, so
 * neither touches validators, counters of polls, health, or the time of the next poll; except that a feed whose hub
 * has lost our trust is planned anew.  OUTCOME_LOST is the writer's own: a document that could not be kept, as the
 * plan is asked when it is to be fetched again. */
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
	char *url;           /* the feed's URL that was asked: validators for another one are not saved */
	char *etag;          /* OUTCOME_DOCUMENT: saved as a pair, absent ones forgotten; */
	char *last_modified; /* OUTCOME_NOT_MODIFIED: saved where present */
	bool is_private;     /* of addresses nothing is stored or told but where they lead: no query */
	char *moved_to;      /* where permanent redirects alone led, else NULL */
	int64_t bytes;
	bool conditional;            /* asked with validators */
	int64_t retry_after_ms;      /* -1: not said */
	int64_t fresh_ms;            /* the same */
	struct buf document;         /* wire bytes for OUTCOME_DOCUMENT and OUTCOME_PUSH */
	char *hubs;                  /* that the answer's head named, one a line; handed on to the report, ... */
	char *topic;                 /* ... with what the document says in place of what is NULL */
	int64_t rules;               /* generation of the rules that it was matched with, or an older one */
	struct websub_state *websub; /* saved with OUTCOME_PUSH or OUTCOME_WEBSUB; NULL: none */
	struct poll_outcome *next;   /* the writer's queue */
};
void poll_outcome_free(struct poll_outcome *o);
/* It is a failure from now on. */
void poll_outcome_fail(struct poll_outcome *o, enum poll_failure failure, const char *sentence);
/* The clock was set by jump_ms and shows now_ms, which at_ms is no later than from now on (clock.h). */
void poll_outcome_follow_clock(struct poll_outcome *o, int64_t jump_ms, int64_t now_ms);

/* The counts of a document's new and changed items. */
struct poll_news {
	size_t fresh;            /* items that were new in their feed, copies of other feeds' included */
	int64_t *published_ms;   /* of those, TIME_NONE where not dated; the callee may sort them */
	int updates;             /* items that changed */
	size_t shown;            /* items in the document, those left out too */
	size_t left_out;         /* items that the worker had no memory for */
	struct feed_hints hints; /* what it says of when to ask */
};

/* Runs in the loop after a commit; err->code 0: committed. */
typedef void poll_report_done_fn(void *arg, const struct error *err);

/* One outcome's result after its commit. */
struct poll_report {
	/* Not NULL: the end of a writer_run() (writer.h), to be called with done_arg and error; nothing else stands
	 * here. */
	poll_report_done_fn *done;
	void *done_arg;
	int64_t feed_id;
	bool is_poll;      /* false for OUTCOME_PUSH and OUTCOME_WEBSUB */
	bool has_document; /* of a poll of its present URL: hubs and topic are what the feed says of itself */
	char *hubs, *topic;
	int fresh, copies, updates, unchanged; /* items */
	enum feed_health before;
	/* When state.identity is another one since this outcome: the identities that were unknown lately, and how many
	 * of these were of items that the feed had already; else 0. */
	size_t distrusted, distrusted_seen;
	/* Items of the document that were not looked at, since it is larger than the database's size allows. */
	size_t cut;
	/* Its transaction was not committed, and error says why.  state is then what memory may go on with: of a
	 * failure or a 304 as if it had been kept; with wants_again, of a document or push, as it was committed before,
	 * and due as soon as the server allows.  state.name is NULL where not even that can be read. */
	bool lost, wants_again;
	struct feed_state state;
	struct error error; /* why the outcome could not be taken in, code 0 when it was */
	struct poll_report *next;
};
void poll_reports_free(struct poll_report *first);

#endif
