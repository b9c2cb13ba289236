/* SPDX-License-Identifier: ISC */
/* The state's names for people, its copies, and its times when the clock is set. */
#include "sitrep/model/feed_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

static const struct {
	const char *name, *help;
} failures[FAILURE_COUNT] = {
	[FAILURE_NONE] = {"none", "The last poll succeeded."},
	[FAILURE_DNS] = {"dns", "The host name could not be resolved."},
	[FAILURE_CONNECT] = {"connect", "No connection to the server could be made."},
	[FAILURE_TLS] = {"tls", "The TLS handshake failed, or the server's certificate is not valid."},
	[FAILURE_TIMEOUT] = {"timeout", "There was no connection or no answer within the time limit."},
	[FAILURE_TOO_SLOW] = {"too-slow", "The answer began, but was not complete within the time limit."},
	[FAILURE_TOO_LARGE] = {"too-large", "The answer is larger than max-body, or its head is too large."},
	[FAILURE_FORBIDDEN] = {"forbidden",
		"The daemon may not connect to the address; see ADDRESSES in sitrepd.conf(5)."},
	[FAILURE_REDIRECT] = {"redirect", "There were too many redirects, or one that is not followed."},
	[FAILURE_PROTOCOL] = {"protocol", "The answer is not HTTP, breaks off, or cannot be decoded."},
	[FAILURE_HTTP] = {"http", "The server answered with an HTTP status of 400 or above."},
	[FAILURE_NOT_A_FEED] = {"not-a-feed", "The answer is not a feed."},
	[FAILURE_EMPTY] = {"empty", "The answer is empty, or a feed that had items has none."},
	[FAILURE_PARSER] = {"parser", "The parse worker crashed or exceeded its limits."},
	[FAILURE_INTERNAL] = {"internal", "The daemon lacks memory or disk space, or has an error."},
	[FAILURE_SECRET] = {"secret", "A file with the feed's password, header or certificate cannot be read."},
};

const char *poll_failure_name(enum poll_failure f)
{
	return (unsigned)f < FAILURE_COUNT ? failures[f].name : "unknown";
}

const char *poll_failure_help(enum poll_failure f)
{
	return failures[f].help;
}

const char *feed_health_name(enum feed_health h)
{
	static const char *const names[] = {
		[FEED_NEW] = "new", [FEED_OK] = "ok", [FEED_FAILING] = "failing", [FEED_GONE] = "gone"};

	return (unsigned)h <= FEED_GONE ? names[h] : "unknown";
}

const char *feed_identity_name(enum feed_identity i)
{
	static const char *const names[] = {
		[FEED_BY_GUID] = "guid", [FEED_BY_URL] = "url", [FEED_BY_DIGEST] = "digest"};

	return (unsigned)i <= FEED_BY_DIGEST ? names[i] : "unknown";
}

enum { TEXT_COUNT = 10 };

/* The members that are owned, in one place for copying and freeing. */
static void list_texts(struct feed_state *s, char **texts[TEXT_COUNT])
{
	char **all[TEXT_COUNT] = {&s->name, &s->url, &s->categories, &s->title, &s->link, &s->etag, &s->last_modified,
		&s->reason, &s->moved_url, &s->onward_url};

	memcpy(texts, all, sizeof(all));
}

int feed_state_copy(struct feed_state *to, const struct feed_state *from)
{
	char **texts[TEXT_COUNT];
	int result;

	*to = *from;
	list_texts(to, texts);
	result = str_own_copies(texts, TEXT_COUNT);
	if (from->history != NULL) {
		to->history = result == 0 ? malloc(from->history_len) : NULL;
		if (to->history != NULL)
			memcpy(to->history, from->history, from->history_len);
		else
			result = -ENOMEM;
	}
	if (result != 0)
		feed_state_release(to);
	return result;
}

void feed_state_release(struct feed_state *s)
{
	char **texts[TEXT_COUNT];

	list_texts(s, texts);
	for (size_t i = 0; i < TEXT_COUNT; i++)
		free(*texts[i]);
	free(s->history);
	*s = (struct feed_state){0};
}

/* ---- the clock ---- */

enum { TIME_COUNT = 7 };

/* The members that are times of past events. */
static void list_times(struct feed_state *s, int64_t *times[TIME_COUNT])
{
	int64_t *all[TIME_COUNT] = {&s->failing_since_ms, &s->first_poll_ms, &s->last_poll_ms, &s->last_success_ms,
		&s->last_new_ms, &s->moved_since_ms, &s->onward_since_ms};

	memcpy(times, all, sizeof(all));
}

void feed_state_follow_clock(struct feed_state *s, int64_t jump_ms, int64_t now_ms)
{
	int64_t *times[TIME_COUNT];

	list_times(s, times);
	/* due_ms was planned at the time of the last poll, so the two move together. */
	if (time_follow_clock(s->last_poll_ms, jump_ms, now_ms) != s->last_poll_ms || s->last_poll_ms == TIME_NONE)
		s->due_ms = time_follow_clock(s->due_ms, jump_ms, now_ms);
	for (size_t i = 0; i < TIME_COUNT; i++)
		*times[i] = time_follow_clock(*times[i], jump_ms, now_ms);
}

void feed_state_clamp(struct feed_state *s, int64_t now_ms)
{
	int64_t *times[TIME_COUNT];

	list_times(s, times);
	for (size_t i = 0; i < TIME_COUNT; i++)
		if (*times[i] > now_ms)
			*times[i] = now_ms;
}
