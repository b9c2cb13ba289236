/* SPDX-License-Identifier: ISC */
/* State that the parts of publishing share: how often each outlet's name is used, and health. */
#include <errno.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"

int publish_count_outlets(struct publish *p)
{
	int64_t now_ms = clock_mono_ms();

	/* counting takes 0.1 us a feed; 100,000 feeds are counted at most once in ten seconds */
	if (p->outlets.slots != NULL &&
		(p->outlets_generation == p->generation ||
			now_ms - p->outlets_counted_ms < (int64_t)(feed_table_places(p->feeds) / 10)))
		return 0;
	if (outlets_count(&p->outlets, p->feeds) != 0)
		return -ENOMEM;
	p->outlets_generation = p->generation;
	p->outlets_counted_ms = now_ms;
	return 0;
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
