/* What is remembered of a feed: its names for people, and copies that outlive the database's row. */
#include "sitrep/model/feed_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

const char *poll_failure_name(enum poll_failure f)
{
	static const char *const names[FAILURE_COUNT] = {
		[FAILURE_NONE] = "none",
		[FAILURE_DNS] = "dns",
		[FAILURE_CONNECT] = "connect",
		[FAILURE_TLS] = "tls",
		[FAILURE_TIMEOUT] = "timeout",
		[FAILURE_TOO_SLOW] = "too-slow",
		[FAILURE_TOO_LARGE] = "too-large",
		[FAILURE_FORBIDDEN] = "forbidden",
		[FAILURE_REDIRECT] = "redirect",
		[FAILURE_PROTOCOL] = "protocol",
		[FAILURE_HTTP] = "http",
		[FAILURE_NOT_A_FEED] = "not-a-feed",
		[FAILURE_EMPTY] = "empty",
		[FAILURE_PARSER] = "parser",
		[FAILURE_INTERNAL] = "internal",
	};

	return (unsigned)f < FAILURE_COUNT ? names[f] : "unknown";
}

const char *feed_health_name(enum feed_health h)
{
	switch (h) {
	case FEED_NEW:
		return "new";
	case FEED_OK:
		return "ok";
	case FEED_FAILING:
		return "failing";
	case FEED_GONE:
		return "gone";
	}
	return "unknown";
}

const char *feed_identity_name(enum feed_identity i)
{
	switch (i) {
	case FEED_BY_GUID:
		return "guid";
	case FEED_BY_URL:
		return "url";
	case FEED_BY_DIGEST:
		return "digest";
	}
	return "unknown";
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
	if (from->habits != NULL) {
		to->habits = result == 0 ? malloc(from->habits_len) : NULL;
		if (to->habits != NULL)
			memcpy(to->habits, from->habits, from->habits_len);
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
	free(s->habits);
	*s = (struct feed_state){0};
}

/* ---- the clock ---- */

enum { TIME_COUNT = 7 };

/* When something happened. */
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
	/* Planned when it was polled: where that moves, this does. */
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
