/* SPDX-License-Identifier: ISC */
#include "story_config.h"

struct story_params story_config(const struct config *c)
{
	struct story_params p = story_params_default;

	p.near = c->dedup_near;
	p.window_ms = c->dedup_window_ms;
	/* Texts are kept for dedup_window_ms only, also those of the same outlet. */
	p.own_window_ms = c->dedup_own_window_ms < c->dedup_window_ms ? c->dedup_own_window_ms : c->dedup_window_ms;
	p.join = c->dedup_join;
	p.rewrite = c->dedup_rewrite;
	p.relate = c->dedup_relate;
	p.repeat = c->dedup_repeat;
	p.title = c->dedup_title;
	p.numbers = c->dedup_numbers;
	p.guard = c->dedup_numbers > 0;
	p.boilerplate = c->dedup_boilerplate > 0;
	if (p.boilerplate)
		p.frequent = (unsigned)c->dedup_boilerplate;
	p.least_words = (uint32_t)c->dedup_least_words;
	return p;
}
