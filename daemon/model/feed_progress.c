/* SPDX-License-Identifier: ISC */
#include "sitrep/model/feed_progress.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"

/* A permanent redirect is believed after MOVE_ANSWERS answers in a row over move_ms, until MOVE_ERRORS failures in a
 * row. */
enum { MOVE_ANSWERS = 3, MOVE_ERRORS = 5 };
static const int64_t move_ms = INT64_C(24) * 3600 * 1000;

static void clear_string(char **s)
{
	free(*s);
	*s = NULL;
}

/* A 304 without cache headers keeps the freshness of the answer that it confirms (RFC 9111, 4.3.4). */
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
	if (o->outage != OUTAGE_FAILED_BEFORE) {
		s->http_status = o->http_status;
		note_wait(s, o);
	}
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

static struct move_evidence move_of(struct feed_state *s)
{
	return (struct move_evidence){&s->moved_url, &s->moved_since_ms, &s->moved_count};
}

static struct move_evidence onward_move_of(struct feed_state *s)
{
	return (struct move_evidence){&s->onward_url, &s->onward_since_ms, &s->onward_count};
}

static void forget_evidence(struct move_evidence e)
{
	free(*e.url);
	*e.url = NULL;
	*e.since_ms = TIME_NONE;
	*e.count = 0;
}

static void forget_move(struct feed_state *s)
{
	forget_evidence(move_of(s));
	forget_evidence(onward_move_of(s));
	s->moved = false;
}

/* Adds an answer to the evidence: *target is where its permanent redirect leads, NULL for an answer without one; it may
 * be moved into the evidence.  Returns whether the redirect is believed from now on.  The redirect of a login portal or
 * a maintenance page lasts an hour; believed at once, it would stay for ever. */
static bool move_is_confirmed(struct move_evidence e, char **target, int64_t at_ms)
{
	if (*target == NULL || *e.url == NULL || strcmp(*target, *e.url) != 0) {
		forget_evidence(e);
		cstr_move(e.url, target);
		if (*e.url == NULL)
			return false;
		*e.since_ms = at_ms;
	}
	++*e.count;
	return *e.count >= MOVE_ANSWERS && at_ms - *e.since_ms >= move_ms;
}

static void note_move(struct feed_state *s, struct poll_outcome *o)
{
	if (!s->moved) {
		s->moved = move_is_confirmed(move_of(s), &o->moved_to, o->at_ms);
		return;
	}
	/* The poll went to the configured URL, since its credentials belong there, and was redirected to the URL
	 * that is known already. */
	if (o->moved_to != NULL && strcmp(o->moved_to, s->moved_url) == 0)
		return;
	if (!move_is_confirmed(onward_move_of(s), &o->moved_to, o->at_ms))
		return;
	cstr_move(&s->moved_url, &s->onward_url);
	s->moved_since_ms = s->onward_since_ms;
	s->moved_count = s->onward_count;
	forget_evidence(onward_move_of(s));
}

/* whole: no item of the document was left out. */
static void note_success(struct feed_state *s, struct poll_outcome *o, bool whole)
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
	/* Validators of another URL do not hold for this one. */
	if (o->url == NULL || s->url == NULL || strcmp(o->url, s->url) != 0)
		return;
	note_move(s, o);
	/* Without validators the next answer is a full one.  A 304 would keep the left-out items away until the feed
	 * changes. */
	if (!whole) {
		clear_string(&s->etag);
		clear_string(&s->last_modified);
		return;
	}
	if (o->kind == OUTCOME_DOCUMENT || o->etag != NULL)
		cstr_move(&s->etag, &o->etag);
	if (o->kind == OUTCOME_DOCUMENT || o->last_modified != NULL)
		cstr_move(&s->last_modified, &o->last_modified);
}

/* The number of failures in a row with this one.  A poll by hand before its time proves no more than the last poll. */
static int count_errors(const struct feed_state *s, const struct poll_outcome *o)
{
	if (o->outage == OUTAGE_FAILS_WITH_IT)
		return 1;
	return s->errors > 0 && o->early_ms > 0 ? s->errors : s->errors + 1;
}

static void note_failure(struct feed_state *s, struct poll_outcome *o)
{
	/* The own network failed, not the feed: its earlier failure stays. */
	if (o->outage == OUTAGE_FAILED_BEFORE && s->health == FEED_FAILING)
		return;
	if (s->errors == 0 || s->failing_since_ms == TIME_NONE)
		s->failing_since_ms = o->at_ms;
	s->errors = count_errors(s, o);
	s->failure = o->failure;
	s->health = o->failure == FAILURE_HTTP && o->http_status == 410 ? FEED_GONE : FEED_FAILING;
	cstr_move(&s->reason, &o->reason);
	/* The URL that the feed moved to fails too: the next poll asks the configured URL, which may redirect
	 * elsewhere by now. */
	if (!s->moved || s->errors >= MOVE_ERRORS)
		forget_move(s);
	else
		forget_evidence(onward_move_of(s));
}

void feed_progress_items(struct feed_state *s, int fresh, int64_t at_ms)
{
	s->items += fresh;
	if (fresh > 0)
		s->last_new_ms = at_ms;
}

/* A feed that had items and shows none has most likely lost them: its poll counts as failed.  A feed that was empty
 * once and had items again may be empty whenever there is no news. */
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
		poll_outcome_fail(o, FAILURE_EMPTY, "the feed had items, and now has none");
		p.has_news = false;
	}
	if (o->kind == OUTCOME_FAILED)
		note_failure(s, o);
	else
		note_success(s, o, news == NULL || news->left_out == 0);
	p.has_moved = s->moved && s->moved_since_ms != moved_since_ms;
	return p;
}
