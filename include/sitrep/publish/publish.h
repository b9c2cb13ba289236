/* SPDX-License-Identifier: ISC */
/* publish.h: documents for readers: merged feeds, the river page, health, metrics.
 *
 *     /feed.atom /feed.rss /feed.json            everything, one entry a story
 *     /category/NAME.{atom,rss,json}             stories that a feed of that category reported
 *     /feed/NAME.{atom,rss,json}                 stories that the feed reported
 *     /publisher/NAME.{atom,rss,json}            stories that a feed of that publisher reported
 *     /output/NAME.{atom,rss,json}               stories that the output's rule matched
 *     /alert/NAME.{atom,rss,json}                stories that the alert matched
 *     ...?q=RULE&min=2&category=NAME ...         those of its stories that a view has (pages/view.h)
 *     ...?before=PLACE  ...?archive=NUMBER       older stories of one of these (RFC 5005)
 *     /  /?min=2&view=lines ...                  the river of news, for a browser
 *     /top  /top?hours=24                        stories of many outlets, for a browser
 *     /subscribe                                 every feed, for a browser
 *     /alerts  /alert/NAME  /feeds  /feed/NAME   alerts and feeds, for a browser
 *     /story/ID  /story/ID.json                  one story: its reports, and why they are in it
 *     /opml  /outputs.opml                       the polled feeds, and those of ours, as subscription lists
 *     /events                                    the stories that enter the river, as they come (live.h)
 *     /healthz  /metrics                         for monitoring (health.h has the first one's rules)
 *
 * A name in another case is answered 301 with the path of the name. Each is rendered at its first request after a
 * committed change (reader_generation()), and then served from memory, with its compressed forms. All text is escaped
 * here. */
#ifndef SITREP_PUBLISH_PUBLISH_H
#define SITREP_PUBLISH_PUBLISH_H

#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/histogram.h"
#include "sitrep/config/config.h"
#include "sitrep/publish/health.h"
#include "sitrep/publish/http.h"
#include "sitrep/publish/live.h"
#include "sitrep/schedule/feed_table.h"

struct publish;

/* Numbers that only the engine knows; /metrics and /healthz fetch them at each request. */
struct publish_status {
	int64_t started_ms;
	size_t transfers_active, transfers_buffered, parse_pending, write_pending, waiting;
	uint64_t polls, polls_failed, polls_not_modified, bytes_received, items_new, items_copies, items_updated;
	uint64_t parse_jobs, parse_failures, worker_restarts, commits, commit_us_max, stream_clients, loop_stall_us_max;
	uint64_t turn_us_max, stream_read_errors;
	uint64_t loop_stall_us, turn_us; /* the largest of late */
	uint64_t write_errors;
	struct histogram poll_durations, item_delays, publish_delays, stream_lags, commit_durations;
	uint64_t near_postings;
	uint64_t pushes, pushes_refused;
	uint64_t http_requests, http_not_modified, http_ambiguous, http_misdirected, http_barred;
	uint64_t http_dropped[HTTP_DROP_REASONS];
	struct live_stats live;
	uint64_t polls_lost, log_lines_dropped;
	struct health_facts health; /* publish adds its own read_error */
};
typedef void publish_status_fn(void *arg, struct publish_status *status);

struct publish *publish_new(const char *state_dir, publish_status_fn *fn, void *arg, struct error *err);
void publish_free(struct publish *p);
/* Appends why a feed is polled next when it is: sentences, one a line.  Called with the arg of publish_new(). */
typedef void publish_explain_fn(void *arg, const struct feed *feed, struct buf *out);
void publish_set_explain(struct publish *p, publish_explain_fn *fn);

/* Sets the configuration in force, which must stay until the next call. feeds must have it already, and outlive p.
 * Takes base_url over.  Drops all rendered documents. */
void publish_set_config(struct publish *p, const struct config *config, char *base_url, const struct feed_table *feeds);
/* Who answers /events; without it there is none.  Borrowed. */
void publish_set_live(struct publish *p, struct live *live);
/* The clock was set: drops ready documents, since they might have a date in the future. */
void publish_follow_clock(struct publish *p);
/* Something was committed. */
void publish_invalidate(struct publish *p);

/* The state of health, as /healthz shows it, from the facts in a status. */
void publish_judge_health(struct publish *p, const struct health_facts *facts, struct health *health);

/* http_handle_fn with the struct publish as arg. */
void publish_handle(void *arg, const struct http_request *request, struct http_answer *answer);

#endif
