/* SPDX-License-Identifier: ISC */
/* engine_internal.h: the engine's parts, for the files that see all of them: commits.c, hubs.c, clock_watch.c,
 * status.c, operations.c and engine.c.  Each part is written to by the file of its name, through the functions of its
 * header. */
#ifndef SITREP_ENGINE_ENGINE_INTERNAL_H
#define SITREP_ENGINE_ENGINE_INTERNAL_H

#include "config_reload.h"
#include "pipeline.h"
#include "planner.h"
#include "polling.h"
#include "refreshes.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/histogram.h"
#include "sitrep/store/check.h"
#include "stages.h"
#include "writer_requests.h"

/* clock_watch.c */
struct clock_watch {
	struct clock_mark mark;         /* at the last engine_look_at_clock() */
	int64_t started_ms, started_us; /* wall clock, and monotonic */
};

enum { ENGINE_SUMMARY_MAX = 160 };

/* engine.c: the loop's heartbeat. */
struct heartbeat {
	char summary[ENGINE_SUMMARY_MAX]; /* as the service manager got it last */
	int64_t summary_due_ms;
	int64_t tick_expected_us;
	int64_t watchdog_interval_ms, watchdog_last_ms;
	uint64_t loop_stall_us_max; /* worst lateness of the heartbeat, monotonic time */
	uint64_t turn_us_max;       /* longest turn of the loop, processor time */
	struct recent_max stall_us, turn_us;
};

/* commits.c: since the start. */
struct commit_counts {
	uint64_t items_new, items_copies, items_updated;
	/* Of new items: from their date until the answer with them came, of waits; from then until outputs show them,
	 * of work. */
	struct histogram item_delays, publish_delays;
};

struct engine {
	struct stages stages;
	struct polling polling;
	struct planner planner;
	struct pipeline pipeline;
	struct refreshes refreshes;
	struct writer_requests requests;
	struct config_reload reload;
	struct clock_watch clock;
	struct heartbeat heartbeat;
	struct commit_counts counts;

	int64_t drain_end_ms; /* until when the daemon's end waits for answers, monotonic; 0: it does not end yet */

	struct checker *checker; /* NULL: it could not be started */
	struct indexer *indexer; /* NULL: it could not be started, or there shall be no index */
	struct event *signals[3];
	struct event *tick_timer;
	struct event *writer_event;
};

/* commits.c: a callback of the loop: the writer has reports. */
void engine_on_commit(evutil_socket_t fd, short what, void *arg);

/* hubs.c */
extern const struct websub_callbacks engine_websub_callbacks;
/* All HTTP requests: calls of hubs are answered here, all others by publish.h. */
void engine_on_http(void *arg, const struct http_request *request, struct http_answer *answer);
int engine_on_http_post(void *arg, struct str path, size_t *limit);

/* clock_watch.c */
void engine_init_clock(struct engine *e);
/* Detects that the wall clock was set, and moves the times of feeds and hubs along. */
void engine_look_at_clock(struct engine *e);

/* status.c */
void engine_fill_status(void *arg, struct publish_status *status);
void engine_write_status(void *arg, struct jsonw *w);
/* operations.c: publish_explain_fn, with the engine as arg. */
void engine_explain_feed(void *arg, const struct feed *feed, struct buf *out);
/* "51 feeds, 2 failing, newest 3 min ago" */
void engine_summary(const struct engine *e, char text[ENGINE_SUMMARY_MAX]);

/* operations.c */
extern const struct control_operations engine_operations;

#endif
