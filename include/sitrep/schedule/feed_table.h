/* SPDX-License-Identifier: ISC */
/* feed_table.h: the feeds of the configuration in force, with their states.
 *
 * A feed is found by its name, by its id in the database, by its place in the configuration, or by its number.  The
 * table numbers feeds from 0 without large gaps, as the due queue needs it.  A feed that is in the old and in the new
 * configuration keeps its number and its struct, so that a poll under way goes on.  The number of a feed that has left
 * is given to another feed after the last poll of the first one has ended.
 *
 * A new configuration is taken over in two steps.  The first can fail, the second cannot:
 *
 *     change = feed_table_prepare(t, config, &err);
 *     feed_table_reserve_ids(change, highest);          in the writer's thread
 *     feed_table_apply(t, change, states, &events, arg);
 *     feed_table_change_free(change);
 *
 * All functions but feed_table_reserve_ids() belong to the loop's thread. */
#ifndef SITREP_SCHEDULE_FEED_TABLE_H
#define SITREP_SCHEDULE_FEED_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/config/config.h"
#include "sitrep/config/credentials.h"
#include "sitrep/model/feed_state.h"

struct answer_times;
struct pipeline;
struct poll_outcome;
struct transfer;

enum feed_phase { PHASE_IDLE, PHASE_TRANSFER, PHASE_PARSE, PHASE_WRITE };

struct feed {
	uint32_t number;
	const struct config_feed *config; /* NULL: the feed has left the configuration */
	struct credentials credentials;   /* read anew for each poll */
	struct feed_state state;          /* of the last commit; state.name is NULL when the feed has left */

	/* The pipeline's. */
	struct pipeline *pipeline; /* for its callbacks, while a poll is under way */
	enum feed_phase phase;
	int64_t phase_since_us; /* monotonic */
	struct transfer *transfer;
	struct poll_outcome *outcome; /* being filled, PHASE_TRANSFER and PHASE_PARSE */
	int64_t polled_ms; /* when its last answer came (clock_elapsed_ms()); TIME_NONE: not since the start */
	struct answer_times *answers; /* NULL: none yet */
	char *detour;                 /* the target of its last temporary redirects, for people; NULL: none */
	bool cut_told;                /* the log has told that its documents are larger than the database allows */

	/* The plan's. */
	char *site;             /* of its requests (due_queue.h); NULL: not planned yet */
	bool by_hand;           /* an operator asked for this poll */
	bool lost;              /* its last document could not be stored and is fetched again */
	bool unplanned;         /* no memory was left to put it into the queue */
	uint64_t unreached_run; /* the run (outage.h) in which its server was not reached; 0: none */
};

struct feed_table;

struct feed_table *feed_table_new(void); /* NULL without memory */
void feed_table_free(struct feed_table *t);

/* ---- finding ---- */

/* NULL when the configuration has no feed of that name, or it is not enabled. */
struct feed *feed_table_find(const struct feed_table *t, struct str name);
/* NULL when the feed of that id is not in the configuration. */
struct feed *feed_table_by_id(const struct feed_table *t, int64_t id);
/* The feed that has or had that id, for a poll that may be under way.  Its config is NULL when it has left.  NULL: no
 * feed since the start had that id. */
struct feed *feed_table_polled(const struct feed_table *t, int64_t id);
/* True when the id was within the database's ids at the last change of the configuration. */
bool feed_table_knows_id(const struct feed_table *t, int64_t id);
struct feed *feed_table_numbered(const struct feed_table *t, uint32_t number);
/* One more than the highest number. */
size_t feed_table_numbers(const struct feed_table *t);

/* Feeds by their place in the configuration, from 0; disabled ones are NULL. */
size_t feed_table_places(const struct feed_table *t);
struct feed *feed_table_at(const struct feed_table *t, size_t place);
const struct feed_state *feed_table_state_at(const struct feed_table *t, size_t place);

/* The next feed of the configuration, by number; *at begins at 0.  NULL at the end. */
struct feed *feed_table_next(const struct feed_table *t, size_t *at);

/* ---- states ---- */

/* Sets the state of f after a commit; *state becomes the one before. */
void feed_table_swap_state(struct feed *f, struct feed_state *state);
/* Moves the times in the states of all feeds along, after the clock was set by jump_ms and shows now_ms (clock.h).
 * follow() moves those in the history. */
void feed_table_follow_clock(struct feed_table *t, int64_t jump_ms, int64_t now_ms,
	void (*follow)(struct feed_state *state, int64_t jump_ms, int64_t now_ms));

/* ---- a new configuration ---- */

struct feed_table_change;

/* Reads the feeds' secrets and takes memory.  config is borrowed until the change is freed, and once applied until the
 * next one is.  One change at a time.  NULL with err. */
struct feed_table_change *feed_table_prepare(
	const struct feed_table *t, const struct config *config, struct error *err);
/* The number of enabled feeds. */
size_t feed_table_change_count(const struct feed_table_change *ch);
/* Makes room for ids up to highest.  0 or -ENOMEM. */
int feed_table_reserve_ids(struct feed_table_change *ch, int64_t highest);

/* Called for feeds while a change is applied; these functions must not search the table. */
struct feed_table_events {
	/* f leaves; its config and state are still set.  The function must end its poll, and clear its phase and the
	 * members of the pipeline and the plan. */
	void (*leaves)(void *arg, struct feed *f);
	/* f stays, but its address changes. */
	void (*changes_url)(void *arg, struct feed *f);
	/* f is in the table with its new config and state. */
	void (*placed)(void *arg, struct feed *f);
};

/* states: of the enabled feeds in the order of the configuration, with ids that are reserved.  The table takes them
 * over and leaves empty ones. */
void feed_table_apply(struct feed_table *t, struct feed_table_change *ch, struct feed_state *states,
	const struct feed_table_events *events, void *arg);
void feed_table_change_free(struct feed_table_change *ch);

#endif
