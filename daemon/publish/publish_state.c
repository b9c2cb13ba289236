/* SPDX-License-Identifier: ISC */
/* State that the parts of publishing share: how often each outlet's name is used, and health. */
#include <stdio.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"

/* Feeds fail and recover without a change of outputs. */
enum { RECOUNT_MS = 5000 };

const struct site *publish_site(struct publish *p)
{
	int64_t now_ms = clock_mono_ms(), age_ms = now_ms - p->site_counted_ms;
	/* counting takes 0.1 us a feed; 100,000 feeds are counted at most once in ten seconds */
	int64_t least_ms = (int64_t)(feed_table_places(p->feeds) / 10);
	int64_t wait_ms = p->site_generation != p->generation || least_ms > RECOUNT_MS ? least_ms : RECOUNT_MS;

	if (p->outlets.slots == NULL || age_ms >= wait_ms) {
		if (outlets_count(&p->outlets, p->feeds) != 0)
			return NULL;
		snprintf(p->site_home, sizeof(p->site_home), "%s/", p->base_url);
		p->site = (struct site){
			.title = p->config->title,
			.home_url = p->site_home,
			.config = p->config,
			.feeds = p->feeds,
			.outlets = &p->outlets,
			.is_static = p->is_static,
		};
		site_count_feeds(&p->site);
		p->site_generation = p->generation;
		p->site_counted_ms = now_ms;
	}
	p->site.now_ms = clock_wall_ms();
	return &p->site;
}

void publish_release_site(struct publish *p)
{
	outlets_release(&p->outlets);
}

void publish_judge_health(struct publish *p, const struct health_facts *facts, struct health *health)
{
	struct health_facts all = *facts;
	const char *reason = read_trouble_reason(&p->trouble);
	struct error err = {0};
	int64_t oldest, newest;

	if (reader_cursors(p->reader, &oldest, &newest, &err) != 0)
		reason = err.text;
	if (reason != NULL)
		all.read_error = reason;
	health_judge(&all, health);
}
