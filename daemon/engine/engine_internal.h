/* Shared by the engine's sources only: the pipeline, the configuration's taking over, and the operator's
 * commands all look at the same feeds. */
#ifndef SITREP_ENGINE_ENGINE_INTERNAL_H
#define SITREP_ENGINE_ENGINE_INTERNAL_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/clock.h"
#include "sitrep/config/config.h"
#include "sitrep/config/credentials.h"
#include "sitrep/engine/engine.h"
#include "sitrep/fetch/transfer.h"
#include "sitrep/ingest/writer.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/publish/health.h"
#include "sitrep/publish/http.h"
#include "sitrep/publish/publish.h"
#include "sitrep/schedule/due_queue.h"
#include "sitrep/schedule/feed_policies.h"
#include "sitrep/schedule/feed_table.h"
#include "sitrep/schedule/schedule.h"
#include "sitrep/stream/control.h"
#include "sitrep/stream/stream.h"
#include "sitrep/websub/websub_feeds.h"
#include "sitrep/worker/pool.h"

/* Bodies and documents between transfer and commit; past it no new transfer starts. */
enum { ENGINE_BUFFERED_MAX = 3 * 1024 * 1024, ENGINE_PENDING_MAX = 64 };
/* Who waits for a reload at one time: the SIGHUPs together, and people. */
enum { ENGINE_RELOADS_MAX = 18 };
/* People who watch a refresh at one time. */
enum { ENGINE_REFRESHES_MAX = 16 };
/* What people ask of stories at one time. */
enum { ENGINE_ASKS_MAX = 16 };
/* What a person asks for within it of the last poll is answered with that. */
enum { ENGINE_DEMAND_GAP_MS = 60 * 1000 };

/* A person's refresh: which feeds are still awaited. */
struct engine_refresh {
	struct control_peer *peer; /* NULL: this place is free */
	bool *awaited;             /* by number */
	size_t count;
	size_t left;
};

/* A person's question about a story, or word on it, that is with the writer. */
struct engine_ask {
	struct engine *engine;
	struct story_request *request; /* NULL: this place is free */
	struct control_peer *peer;     /* NULL: has gone meanwhile */
};

/* Who asked for a reload. */
struct engine_reload_asker {
	enum { ASKER_NONE, ASKER_WAITS, ASKER_SERVED } state;
	struct control_peer *peer; /* NULL: a signal, or has gone meanwhile */
	char who[64];
};

struct engine_reload {
	struct engine_change *change; /* NULL: none is under way */
	struct buf changes;           /* what it changes, one line each */
	struct engine_reload_asker askers[ENGINE_RELOADS_MAX];
	struct error first_error; /* of the configuration at start */
};

struct engine {
	const struct engine_options *options;
	struct config *config;
	char *user_agent;

	struct event_base *base;
	struct event *signals[3];
	struct event *pump_timer;
	struct event *tick_timer;
	struct event *writer_event;

	struct writer *writer;
	struct checker *checker; /* NULL: it could not be started */
	struct pool *pool;
	struct transfers *transfers;
	struct due_queue *queue;
	struct websub_feeds *websub;
	struct stream *stream;
	struct control *control;
	struct publish *publish;
	struct http_server *http;

	struct feed_table *feeds;
	struct feed_policies *policies;
	int64_t rules_generation; /* of the rules that workers have, counted from 1 */

	struct engine_refresh refreshes[ENGINE_REFRESHES_MAX];
	struct engine_ask asks[ENGINE_ASKS_MAX];
	struct engine_reload reload;
	bool has_unplanned; /* feeds */
	bool paused;
	int64_t paused_ms; /* when that changed */
	bool stopping;
	struct writer_storing storing; /* as it was looked at last */
	size_t lost_feeds;             /* since storing went on */

	struct clock_mark clock;        /* of the last look at the clock */
	int64_t started_ms, started_us; /* wall clock, and monotonic */
	int64_t moved_us;               /* when a poll began or ended, or could begin again; monotonic */
	int64_t tick_expected_us;
	int64_t watchdog_interval_ms, watchdog_last_ms;
	uint64_t loop_stall_us_max; /* how late the heartbeat came, wall time */
	uint64_t turn_us_max;       /* of a turn of the loop, processor time */
	uint64_t polls, polls_failed, polls_not_modified, bytes_received;
	uint64_t items_new, items_copies, items_updated;
};

/* engine.c */
void engine_pump(struct engine *e);
/* Callbacks of the loop: the writer has committed; it is time to look for due feeds. */
void engine_on_commit(evutil_socket_t fd, short what, void *arg);
void engine_on_timer(evutil_socket_t fd, short what, void *arg);
/* What is in the parse pool and waits for the writer leaves room for more. */
bool engine_has_room(const struct engine *e);

/* engine_health.c */
/* Whether feeds and hubs may be asked now: not paused, and what they say can be stored. */
bool engine_may_poll(const struct engine *e);
/* 0, or -EAGAIN with a sentence for who wants a feed asked now. */
int engine_refuse_polls(const struct engine *e, struct error *err);
/* Looks whether storing has stopped or goes on, and does what follows. */
void engine_look_at_storing(struct engine *e);
/* f's last document was lost: it becomes due again. */
void engine_note_lost(struct engine *e, struct feed *f);
void engine_pause(struct engine *e, bool paused);
void engine_gather_health(const struct engine *e, struct health_facts *facts);

/* engine_config.c */
struct engine_change;
/* In the loop: err->code 0: the new configuration is in force; else nothing has changed. */
typedef void engine_change_fn(struct engine *e, const struct error *err);
/* Takes config over.  done is called from engine_on_commit(), once; unless NULL is returned here with err, or the
 * change is freed first, which is allowed once the writer has ended. */
struct engine_change *engine_change_begin(
	struct engine *e, struct config *config, engine_change_fn *done, struct error *err);
void engine_change_free(struct engine_change *ch);

/* engine_reload.c */
/* Loads the configuration of the start, and waits until it is in force. */
int engine_first_config(struct engine *e, struct config *config, struct error *err);
/* Reads the configuration anew, for the peer, who is told the end of it; NULL: for a SIGHUP.  One that is asked for
 * while another is under way begins after that.  -EBUSY or -ESHUTDOWN with err. */
int engine_reload(struct engine *e, struct control_peer *peer, struct error *err);
void engine_reload_forget(struct engine *e, const struct control_peer *peer);
void engine_release_reload(struct engine *e);

/* engine_plan.c */
/* writer_plan_fn: runs in the writer's thread, so it looks at nothing but its arguments and the policy. */
void engine_plan_next(void *arg, struct feed_state *state, const struct poll_outcome *outcome, struct poll_news *news);
/* Whether to leave the validators out this once, since the server's 304 is worth nothing. */
bool engine_wants_whole(const struct feed_state *state);
/* Members of the feed's report. */
void engine_write_habits(const struct feed_state *s, struct jsonw *w);
/* The whole reasoning for the feed's next poll, an array of sentences. */
int engine_explain(void *arg, struct str feed, struct jsonw *w, struct error *err);

void engine_follow_habits(struct feed_state *state, int64_t jump_ms, int64_t now_ms);

/* engine_clock.c: waits are kept in elapsed time (clock.h), so that nobody who sets the clock changes them; what is
 * stored, shown and told is in wall time. */
/* When it is due, of elapsed time: never further ahead than the schedule may plan. */
int64_t engine_due_elapsed_ms(struct engine *e, const struct feed *f);
/* How long ago its last poll was; -1: never. */
int64_t engine_polled_ago_ms(const struct feed *f);
/* Sees whether the clock was set, and moves what is known of feeds and hubs along. */
void engine_look_at_clock(struct engine *e);

/* engine_specs.c: the feeds that are to be polled, of which a member may be NULL without memory; NULL: all. */
struct feed_spec *engine_make_specs(const struct config *c, size_t *count);
void engine_free_specs(struct feed_spec *specs, size_t count);

/* engine_site.c */
struct due_queue_limits engine_limits(const struct config *c);
/* Where the feed is asked: as configured, or where it has moved to, but secrets are for the host that the configuration
 * names. */
const char *engine_feed_url(const struct feed *f);
/* An address that the feed leads to, as other people may see it; the caller releases. */
struct buf engine_show_url(const struct feed *f, const char *url);
/* Puts the feed into the queue by its state's due time; c is the configuration from now on. 0 or -ENOMEM. */
int engine_plan_feed(struct engine *e, struct feed *f, const struct config *c);
/* The same, and leaves its site alone if its state says so; without memory it is done later. */
void engine_plan_surely(struct engine *e, struct feed *f, const struct config *c);
void engine_retry_plans(struct engine *e);
/* The feed's answer came from that address; what is none is passed over. */
void engine_note_server(struct engine *e, const struct feed *f, const struct config *c, const char *address);
/* Leaves the feed's site alone if its state says so. */
void engine_cool_down(struct engine *e, const struct feed *f);

/* engine_hubs.c */
extern const struct websub_callbacks engine_websub_callbacks;
/* All of HTTP: hubs' calls are answered here, everything else by publish.h. */
void engine_on_http(void *arg, const struct http_request *request, struct http_answer *answer);
int engine_on_http_post(void *arg, struct str path, size_t *limit);

/* engine_story.c */
/* Of control_operations. */
int engine_ask_of_story(
	void *arg, const char *op, struct str item, struct str other, struct control_peer *peer, struct error *err);
void engine_release_asks(struct engine *e);
void engine_forget_asker(struct engine *e, const struct control_peer *peer);

/* engine_control.c */
extern const struct control_operations engine_operations;
void engine_fill_status(void *arg, struct publish_status *status);
void engine_refresh_report(struct engine *e, const struct feed *f, const struct poll_report *report);
/* No feed is asked any more for now: all refreshes end, with the sentence as error. */
void engine_end_refreshes(struct engine *e, const char *sentence);
void engine_refresh_forget(struct engine *e, const struct feed *f);
void engine_release_refreshes(struct engine *e);

#endif
