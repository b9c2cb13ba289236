/* SPDX-License-Identifier: ISC */
/* planner_faults_test.c: without memory a feed keeps its site, and is planned later. */
#include "../../../daemon/engine/planner.h"
#include "../../faults/fault_loop.h"
#include "../schedule/table_fixture.h"
#include "sitrep/base/clock.h"

struct work {
	struct stages stages;
	struct planner planner;
};

static int64_t plan_once(void *arg, uint32_t kinds, int64_t n)
{
	struct work *w = arg;
	struct feed *f = feed_table_at(w->stages.feeds, 0);
	int64_t failed;

	fault_arm(kinds, n, 1);
	planner_plan(&w->planner, f, w->stages.config);
	failed = fault_disarm();
	/* The feed is in the queue under its site, or planned again by the loop. */
	planner_retry(&w->planner);
	assert_false(f->unplanned);
	assert_string_equal(f->site, "192.0.2.1");
	assert_int_equal(due_queue_waiting(w->stages.queue, clock_elapsed_ms()), 1);
	planner_forget(&w->planner, f);
	return failed;
}

TEST(planning_without_memory)
{
	struct config_feed feed = {.name = "a", .url = "http://192.0.2.1/feed", .enabled = true};
	struct config config = {.feeds = {.items = &feed, .count = 1}, .poll_default_ms = 60000, .poll_max_ms = 60000};
	const struct feed_state before = {.id = 1, .name = (char *)"a", .url = (char *)feed.url};
	const struct due_queue_limits limits = {.per_site = 1, .per_server = 1};
	struct work w = {.stages = {.config = &config}};

	w.stages.queue = due_queue_new(&limits);
	w.stages.policies = feed_policies_new();
	w.stages.feeds = table_of(&config, &before);
	w.planner.stages = &w.stages;
	feed_policies_set(w.stages.policies, &config);
	fault_each("planner_plan", 1, plan_once, &w);
	feed_table_free(w.stages.feeds);
	feed_policies_free(w.stages.policies);
	due_queue_free(w.stages.queue);
}
