/* SPDX-License-Identifier: ISC */
#include "sitrep/schedule/answer_times.h"

#include <stdlib.h>

static uint32_t fit(int64_t n)
{
	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

void answer_times_note(struct answer_times **times, int64_t at_ms, int64_t took_ms)
{
	struct answer_times *t = *times != NULL ? *times : calloc(1, sizeof(*t));

	*times = t;
	if (t == NULL)
		return;
	t->at_s[t->next] = fit(at_ms / 1000);
	t->took_ms[t->next] = fit(took_ms);
	t->next = (uint8_t)((t->next + 1) % ANSWER_TIMES);
	if (t->count < ANSWER_TIMES)
		t->count++;
}
