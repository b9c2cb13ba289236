/* SPDX-License-Identifier: ISC */
#include "sitrep/model/websub_state.h"

#include <stddef.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

enum { TEXT_COUNT = 5 };

const char *websub_phase_name(enum websub_phase p)
{
	static const char *const names[] = {
		[WEBSUB_NONE] = "none",
		[WEBSUB_REQUESTED] = "requested",
		[WEBSUB_VERIFIED] = "verified",
		[WEBSUB_TRUSTED] = "trusted",
		[WEBSUB_LAPSED] = "lapsed",
		[WEBSUB_DENIED] = "denied",
		[WEBSUB_FAILED] = "failed",
	};

	return (unsigned)p <= WEBSUB_FAILED ? names[p] : "unknown";
}

/* The members that are owned, in one place for copying and freeing. */
static void list_texts(struct websub_state *s, char **texts[TEXT_COUNT])
{
	char **all[TEXT_COUNT] = {&s->hubs, &s->topic, &s->callback, &s->secret, &s->reason};

	memcpy(texts, all, sizeof(all));
}

void websub_state_init(struct websub_state *s)
{
	*s = (struct websub_state){
		.asked_ms = TIME_NONE,
		.action_ms = TIME_NONE,
		.verified_ms = TIME_NONE,
		.lease_until_ms = TIME_NONE,
		.pushed_ms = TIME_NONE,
		.suspect_ms = TIME_NONE,
	};
}

int websub_state_copy(struct websub_state *to, const struct websub_state *from)
{
	char **texts[TEXT_COUNT];
	int result;

	*to = *from;
	list_texts(to, texts);
	result = str_own_copies(texts, TEXT_COUNT);
	if (result != 0)
		websub_state_release(to);
	return result;
}

void websub_state_release(struct websub_state *s)
{
	char **texts[TEXT_COUNT];

	list_texts(s, texts);
	for (size_t i = 0; i < TEXT_COUNT; i++)
		cstr_wipe(*texts[i]);
	websub_state_init(s);
}

void websub_state_follow_clock(struct websub_state *s, int64_t jump_ms, int64_t now_ms)
{
	int64_t *times[] = {
		&s->asked_ms, &s->action_ms, &s->verified_ms, &s->lease_until_ms, &s->pushed_ms, &s->suspect_ms};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		*times[i] = time_follow_clock(*times[i], jump_ms, now_ms);
}
