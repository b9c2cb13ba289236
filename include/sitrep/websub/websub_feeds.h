/* SPDX-License-Identifier: ISC */
/* websub_feeds.h: the WebSub subscriptions of all feeds: sends requests to hubs, and changes a subscription's phase
 * after polls and pushes.
 *
 * websub_subscription.h makes all decisions; this module supplies the configuration, the clock, requests and the
 * database.  Each change of a subscription is saved.  One timer serves all feeds: a subscription is renewed every few
 * days, so looking at all of them when one is due costs next to nothing.
 *
 * The feeds themselves, the requests, the parse workers and the writer are reached by callbacks.  All functions
 * belong to the loop's thread.  websub_endpoint.h has the other direction: requests of hubs. */
#ifndef SITREP_WEBSUB_WEBSUB_FEEDS_H
#define SITREP_WEBSUB_WEBSUB_FEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"
#include "sitrep/fetch/transfer.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/model/poll.h"
#include "sitrep/model/websub_state.h"
#include "sitrep/worker/pool.h"

struct event_base;
struct websub_feeds;

/* A feed of the configuration in force, valid for one call. */
struct websub_feed {
	const struct config_feed *config;
	const struct feed_state *state;
};

/* The actions that are possible now. */
struct websub_room {
	bool may_ask;   /* hubs may be asked: polling is not paused, and answers can be stored */
	bool may_store; /* the writer can store a push that was received */
	bool may_begin; /* parse workers and writer have room for another document */
};

struct websub_callbacks {
	/* Finds the feed by its database id: 0; -ESTALE: it has left the configuration; -ENOENT: no feed had the id. */
	int (*find)(void *arg, int64_t feed_id, struct websub_feed *feed);
	struct websub_room (*room)(void *arg);
	/* As transfer_start().  The caller sets url, form, max_body and allow_private of request, the callback the
	 * rest. */
	struct transfer *(*send)(void *arg, const struct websub_feed *feed, struct transfer_request *request,
		transfer_done_fn *done, void *done_arg, struct error *err);
	/* Parses a push, as pool_submit().  Returns the generation of the rules that match it (poll_outcome.rules), or
	 * -ENOMEM. */
	int64_t (*parse)(void *arg, const struct job *job, struct buf *body, pool_answer_fn *done, void *done_arg);
	/* Hands an OUTCOME_WEBSUB or OUTCOME_PUSH to the writer. */
	void (*store)(void *arg, struct poll_outcome *o);
	/* Has the feed polled once, wait_ms after its last poll, unless a poll is under way or planned sooner. */
	void (*poll_once)(void *arg, int64_t feed_id, int64_t wait_ms);
};

/* reachable: hubs can reach the daemon by HTTP; if false, no feed is subscribed. */
struct websub_feeds *websub_feeds_new(struct event_base *base, bool reachable, const struct websub_callbacks *callbacks,
	void *arg, struct error *err);
/* To be called when transfers and pool have been freed, so that no callback comes any more. */
void websub_feeds_free(struct websub_feeds *w);

/* A new configuration comes into force in three steps:
 * 1. Reserves memory for the subscriptions of that many feeds; 0 feeds releases it.  Returns 0 or -ENOMEM. */
int websub_feeds_reserve(struct websub_feeds *w, size_t feeds);
/* 2. The feed leaves the configuration, or its address has changed. */
void websub_feeds_forget(struct websub_feeds *w, int64_t feed_id);
/* 3. config is in force and outlives the next call; find() knows its feeds.  states are the subscriptions in the
 * database; those of feeds without one in memory are moved out of the array. */
void websub_feeds_configure(
	struct websub_feeds *w, const struct config *config, struct websub_state *states, size_t count);

/* To be called after a poll was committed: find() gives the feed's new state, before is the state until then. */
void websub_feeds_polled(
	struct websub_feeds *w, int64_t feed_id, const struct poll_report *r, const struct feed_state *before);
/* To be called when a push or a subscription's state of the feed was not committed. */
void websub_feeds_note_unsaved(struct websub_feeds *w, int64_t feed_id);
/* To be called when the database can store again: saves states that were not committed.  The timer does it, too. */
void websub_feeds_save_again(struct websub_feeds *w);
/* To be called when hubs may be asked again. */
void websub_feeds_wake(struct websub_feeds *w);
/* The clock was set by jump_ms and shows now_ms (clock.h). */
void websub_feeds_follow_clock(struct websub_feeds *w, int64_t jump_ms, int64_t now_ms);

/* The feed's subscription; NULL when the feed has named no hub. */
const struct websub_state *websub_feeds_find(const struct websub_feeds *w, int64_t feed_id);
/* The subscription in a few words: "verified", "not wanted" ... */
const char *websub_feeds_words(const struct websub_feeds *w, int64_t feed_id);

struct websub_stats {
	uint64_t pushes, pushes_refused; /* stored; ignored because of their signature, topic or content */
};
void websub_feeds_get_stats(const struct websub_feeds *w, struct websub_stats *stats);

#endif
