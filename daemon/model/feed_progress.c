/* SPDX-License-Identifier: ISC */
/* What a poll changes of what is remembered of its feed. */
#include "sitrep/model/feed_progress.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"

/* Answers in a row, and over how long, that make a permanent redirect believed; failures that end the belief. */
enum { MOVE_ANSWERS = 3, MOVE_ERRORS = 5 };
static const int64_t move_ms = INT64_C(24) * 3600 * 1000;

static void move_string(char **to, char **from)
{
	free(*to);
	*to = *from;
	*from = NULL;
}

static void clear_string(char **s)
{
	free(*s);
	*s = NULL;
}

/* A bare 304 leaves the word of the answer that it stands for in force (RFC 9111, 4.3.4). */
static void note_wait(struct feed_state *s, const struct poll_outcome *o)
{
	int64_t wait_ms = o->retry_after_ms > o->fresh_ms ? o->retry_after_ms : o->fresh_ms;

	if (o->kind == OUTCOME_NOT_MODIFIED && s->health == FEED_OK && wait_ms < 0)
		return;
	s->server_wait_ms = wait_ms > 0 ? wait_ms : 0;
}

void feed_progress_asked(struct feed_state *s, const struct poll_outcome *o)
{
	s->polls++;
	s->bytes += o->bytes;
	s->http_status = o->http_status;
	note_wait(s, o);
	s->last_poll_ms = o->at_ms;
	if (s->first_poll_ms == TIME_NONE)
		s->first_poll_ms = o->at_ms;
}

/* Consecutive permanent redirects to the same URL: from the configured address, or from the one that the feed moved
 * to. */
struct move_evidence {
	char **url;
	int64_t *since_ms;
	int *count;
};

static struct move_evidence of_move(struct feed_state *s)
{
	return (struct move_evidence){&s->moved_url, &s->moved_since_ms, &s->moved_count};
}

static struct move_evidence of_onward_move(struct feed_state *s)
{
	return (struct move_evidence){&s->onward_url, &s->onward_since_ms, &s->onward_count};
}

static void forget(struct move_evidence h)
{
	free(*h.url);
	*h.url = NULL;
	*h.since_ms = TIME_NONE;
	*h.count = 0;
}

static void forget_move(struct feed_state *s)
{
	forget(of_move(s));
	forget(of_onward_move(s));
	s->moved = false;
}

/* A permanent redirect to a feed is believed once three answers in a row have said so over a day: a portal's login
 * page or a maintenance page answers for an hour and would be believed for ever.  Takes *said. */
static bool move_is_confirmed(struct move_evidence h, char **said, int64_t at_ms)
{
	if (*said == NULL || *h.url == NULL || strcmp(*said, *h.url) != 0) {
		forget(h);
		move_string(h.url, said);
		if (*h.url == NULL)
			return false;
		*h.since_ms = at_ms;
	}
	++*h.count;
	return *h.count >= MOVE_ANSWERS && at_ms - *h.since_ms >= move_ms;
}

static void note_move(struct feed_state *s, struct poll_outcome *o)
{
	if (!s->moved) {
		s->moved = move_is_confirmed(of_move(s), &o->moved_to, o->at_ms);
		return;
	}
	/* It was asked at its first address after all, for the sake of its credentials, and led to where it is known to
	 * be. */
	if (o->moved_to != NULL && strcmp(o->moved_to, s->moved_url) == 0)
		return;
	if (!move_is_confirmed(of_onward_move(s), &o->moved_to, o->at_ms))
		return;
	move_string(&s->moved_url, &s->onward_url);
	s->moved_since_ms = s->onward_since_ms;
	s->moved_count = s->onward_count;
	forget(of_onward_move(s));
}

/* whole: no item of the document was left out. */
static void succeed(struct feed_state *s, struct poll_outcome *o, bool whole)
{
	s->health = FEED_OK;
	s->failure = FAILURE_NONE;
	free(s->reason);
	s->reason = NULL;
	s->errors = 0;
	s->failing_since_ms = TIME_NONE;
	s->last_success_ms = o->at_ms;
	if (o->kind == OUTCOME_NOT_MODIFIED)
		s->not_modified++;
	/* Validators that another URL gave say nothing about this one. */
	if (o->url == NULL || s->url == NULL || strcmp(o->url, s->url) != 0)
		return;
	note_move(s, o);
	/* With validators the next answer would be a 304, and what was left out would not come back before the feed
	 * changes. */
	if (!whole) {
		clear_string(&s->etag);
		clear_string(&s->last_modified);
		return;
	}
	if (o->kind == OUTCOME_DOCUMENT || o->etag != NULL)
		move_string(&s->etag, &o->etag);
	if (o->kind == OUTCOME_DOCUMENT || o->last_modified != NULL)
		move_string(&s->last_modified, &o->last_modified);
}

static void fail(struct feed_state *s, struct poll_outcome *o)
{
	if (s->errors == 0 || s->failing_since_ms == TIME_NONE)
		s->failing_since_ms = o->at_ms;
	s->errors++;
	s->failure = o->failure;
	s->health = o->failure == FAILURE_HTTP && o->http_status == 410 ? FEED_GONE : FEED_FAILING;
	move_string(&s->reason, &o->reason);
	/* What it moved to has gone as well: the configured address may know better by now. */
	if (!s->moved || s->errors >= MOVE_ERRORS)
		forget_move(s);
	else
		forget(of_onward_move(s));
}

void feed_progress_items(struct feed_state *s, int fresh, int64_t at_ms)
{
	s->items += fresh;
	if (fresh > 0)
		s->last_new_ms = at_ms;
}

/* A feed that had items and shows none has most likely lost them, and is asked less until they are back.  One that was
 * empty before and came back is one that is empty when nothing happens. */
static bool has_lost_items(const struct feed_state *s, enum feed_emptiness *emptiness, size_t shown)
{
	if (shown > 0 && *emptiness == EMPTINESS_SUSPECT)
		*emptiness = EMPTINESS_KNOWN;
	else if (shown == 0 && *emptiness == EMPTINESS_UNKNOWN && s->last_new_ms != TIME_NONE)
		*emptiness = EMPTINESS_SUSPECT;
	return shown == 0 && *emptiness == EMPTINESS_SUSPECT;
}

struct feed_progress feed_progress_ended(
	struct feed_state *s, enum feed_emptiness *emptiness, struct poll_outcome *o, const struct poll_news *news)
{
	int64_t moved_since_ms = s->moved ? s->moved_since_ms : TIME_NONE;
	struct feed_progress p = {.has_news = news != NULL};

	if (o->kind == OUTCOME_LOST)
		return p;
	if (news != NULL && has_lost_items(s, emptiness, news->shown)) {
		poll_outcome_fail(o, FAILURE_EMPTY, "the feed has no items any more");
		p.has_news = false;
	}
	if (o->kind == OUTCOME_FAILED)
		fail(s, o);
	else
		succeed(s, o, news == NULL || news->left_out == 0);
	p.has_moved = s->moved && s->moved_since_ms != moved_since_ms;
	return p;
}
