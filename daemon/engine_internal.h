/* Shared by the engine's sources only: the pipeline, the configuration's taking over, and the operator's
 * commands all look at the same feeds. */
#ifndef SITREP_ENGINE_INTERNAL_H
#define SITREP_ENGINE_INTERNAL_H

#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sitrep/config.h"
#include "sitrep/control.h"
#include "sitrep/credentials.h"
#include "sitrep/due_queue.h"
#include "sitrep/engine.h"
#include "sitrep/feed_state.h"
#include "sitrep/http.h"
#include "sitrep/pool.h"
#include "sitrep/publish.h"
#include "sitrep/schedule.h"
#include "sitrep/stream.h"
#include "sitrep/transfer.h"
#include "sitrep/writer.h"

/* Bodies and documents between transfer and commit; past it no new transfer starts. */
enum { ENGINE_BUFFERED_MAX = 3 * 1024 * 1024, ENGINE_PENDING_MAX = 64 };
/* People who watch a refresh at one time. */
enum { ENGINE_REFRESHES_MAX = 16 };

enum feed_phase { PHASE_IDLE, PHASE_TRANSFER, PHASE_PARSE, PHASE_WRITE };

/* A slot: one configured feed under way.  The slot's number is what the due queue knows. */
struct engine_feed {
	struct engine *engine;
	uint32_t slot;
	const struct config_feed *config; /* NULL: the slot is free, or its feed has left the configuration */
	enum feed_phase phase;
	struct transfer *transfer;
	struct poll_outcome *outcome; /* being filled, PHASE_TRANSFER and PHASE_PARSE */
	char *host;                   /* of the configured URL */
	char *detour;                 /* where temporary redirects led last; NULL: nowhere */
	struct credentials credentials;
};

/* A person's refresh: which slots are still awaited. */
struct engine_refresh {
	struct control_peer *peer; /* NULL: this place is free */
	bool *awaited;             /* one a slot */
	size_t slot_count;
	size_t left;
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
	struct pool *pool;
	struct transfers *transfers;
	struct due_queue *queue;
	struct stream *stream;
	struct control *control;
	struct publish *publish;
	struct http_server *http;

	struct engine_feed **feeds; /* by slot; pointers, since callbacks hold them */
	struct feed_state *states;  /* by slot */
	size_t slot_count;
	uint32_t *slot_by_config; /* place in the configuration's feeds to slot + 1; 0: not enabled */
	uint32_t *slot_by_id;     /* database id to slot + 1; 0: none */
	size_t slot_by_id_size;

	/* What plan_next() may look at from the writer's thread. */
	pthread_mutex_t policy_lock;
	struct schedule_policy policy;
	int64_t *interval_by_id; /* as long as slot_by_id */

	struct engine_refresh refreshes[ENGINE_REFRESHES_MAX];
	bool paused;
	bool stopping;

	int64_t started_ms;
	int64_t tick_expected_us;
	int64_t watchdog_interval_ms, watchdog_last_ms;
	uint64_t loop_stall_us_max;
	uint64_t polls, polls_failed, polls_not_modified, bytes_received;
	uint64_t items_new, items_copies, items_updated;
};

/* engine.c */
void engine_pump(struct engine *e);
/* Callbacks of the loop: the writer has committed; it is time to look for due feeds. */
void engine_on_commit(evutil_socket_t fd, short what, void *arg);
void engine_on_timer(evutil_socket_t fd, short what, void *arg);

/* engine_config.c */
int engine_apply_config(struct engine *e, struct config *config, struct error *err);
int engine_feed_slot(const struct engine *e, struct str name); /* -1: none */
void engine_release_feeds(struct engine *e);
/* The schedule's policy for the feed of that database id; any thread. */
struct schedule_policy engine_policy_for(struct engine *e, int64_t feed_id);

/* engine_control.c */
extern const struct control_operations engine_operations;
void engine_fill_status(void *arg, struct publish_status *status);
void engine_refresh_report(struct engine *e, uint32_t slot, const struct poll_report *report);
void engine_refresh_forget(struct engine *e, uint32_t slot);
void engine_release_refreshes(struct engine *e);

#endif
