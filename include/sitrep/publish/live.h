/* SPDX-License-Identifier: ISC */
/* live.h: /events, the stories that enter a view of the river, as Server-Sent Events.
 *
 *     id: 4711
 *     event: story
 *     data: {"id":"4f2a91c0","title":"...","outlets":1,"alert":{"name":"missile-launch","priority":"urgent"}}
 *
 * The query is that of the river's page (view.h).  A story is told once: with the report that brings it into the view,
 * which is its first one, or the one of the second outlet for min=2, or with the alert that the view asks for.
 *
 * The id is a cursor of the event log (reader.h), so a reader that names its last one, by Last-Event-ID or ?since=,
 * misses nothing and gets nothing twice.  The event reset answers a cursor that the database does not
 * have.  The event health has the number of feeds and of failing ones, on a change and once a minute.  A comment is
 * sent after 15 seconds without a message.
 *
 * A reader is a cursor and a buffer of some KiB.  While that is full, the reader's cursor waits.  Equal views are
 * judged once an event, and their rules together (filter_rules.h). */
#ifndef SITREP_PUBLISH_LIVE_H
#define SITREP_PUBLISH_LIVE_H

#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/publish/http.h"
#include "sitrep/schedule/feed_table.h"

struct event_base;
struct live;

/* feeds is borrowed.  At most max readers at one time. */
struct live *live_new(struct event_base *base, const char *state_dir, const struct feed_table *feeds, unsigned max,
	struct error *err);
/* Its readers must be gone: after http_server_free(). */
void live_free(struct live *l); /* NULL is fine */
/* Called after a commit; newest is the cursor of the last event. */
void live_wake(struct live *l, int64_t newest);
/* Answers a request for /events. */
void live_handle(struct live *l, const struct http_request *request, struct http_answer *answer);

struct live_stats {
	unsigned readers;
	uint64_t events, refused;
};
void live_get_stats(const struct live *l, struct live_stats *stats);

#endif
