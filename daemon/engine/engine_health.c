/* What may keep the daemon from its job, and what it does about it.
 *
 * While nothing can be stored, or a person has paused it, no feed is asked and no hub; and who waits for an answer of
 * a feed is told at once that none will come.  When storing goes on, what was lost is fetched again: soon, one feed
 * after the other, and none sooner than its server allows. */
#include "engine_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/damage.h"

enum {
	/* Lost feeds are asked a second apart, and when there are more than that, several a second. */
	AGAIN_GAP_MS = 1000,
	AGAIN_SPREAD_MAX = 60,
	/* No poll begun or ended for so long, or for two timeouts, while feeds are due: nothing moves any more. */
	SILENT_MS = 60 * 1000,
	/* Parsing and writing have limits of their own, of seconds. */
	STUCK_MS = 5 * 60 * 1000,
	/* A log that could not be read for a subscriber counts for so long. */
	READ_ERROR_MS = 10 * 60 * 1000,
};

bool engine_may_poll(const struct engine *e)
{
	return !e->paused && !e->stopping && !e->storing.stopped;
}

int engine_refuse_polls(const struct engine *e, struct error *err)
{
	if (e->paused)
		return error_set(err, -EAGAIN, "polling is paused, \"sitrep resume\" ends that");
	if (e->storing.stopped)
		return error_set(err, -EAGAIN, "nothing is polled while nothing can be stored: %s", e->storing.reason);
	return 0;
}

/* ---- what was lost ---- */

void engine_note_lost(struct engine *e, struct feed *f)
{
	struct feed_state *s = &f->state;
	int64_t soon_ms = clock_wall_ms() + (int64_t)(e->lost_feeds++ % AGAIN_SPREAD_MAX) * AGAIN_GAP_MS;

	f->lost = true;
	if (s->due_ms == TIME_NONE || s->due_ms < soon_ms)
		s->due_ms = soon_ms;
}

static void fetch_lost(struct engine *e)
{
	struct feed *f;
	size_t count = 0;

	e->lost_feeds = 0;
	for (size_t at = 0; (f = feed_table_next(e->feeds, &at)) != NULL;) {
		if (!f->lost || f->phase != PHASE_IDLE)
			continue;
		f->lost = false;
		engine_note_lost(e, f);
		(void)due_queue_set(e->queue, f->number, str_from(f->site), engine_due_elapsed_ms(e, f));
		count++;
	}
	log_emit(LOG_LEVEL_NOTICE, "storing again, polling goes on", "fetched-again", LOG_NUM((long long)count), NULL);
}

/* ---- changes of state ---- */

void engine_look_at_storing(struct engine *e)
{
	struct writer_storing *now = &e->storing;
	bool was_stopped = now->stopped;
	uint64_t stops = now->stops;
	struct error err = {0};

	writer_get_storing(e->writer, now);
	/* It may have stopped and gone on since we looked last. */
	if (!was_stopped && now->stops != stops)
		log_emit(LOG_LEVEL_ERROR, "storing stopped, polling waits", "reason", now->reason, NULL);
	if (now->stopped && !was_stopped) {
		(void)engine_refuse_polls(e, &err);
		engine_end_refreshes(e, err.text);
	} else if (!now->stopped && (was_stopped || now->stops != stops)) {
		e->moved_us = clock_mono_us();
		fetch_lost(e);
		websub_feeds_save_again(e->websub);
	}
}

void engine_pause(struct engine *e, bool paused)
{
	struct error err = {0};

	if (paused == e->paused)
		return;
	e->paused = paused;
	e->paused_ms = clock_wall_ms();
	e->moved_us = clock_mono_us();
	log_emit(LOG_LEVEL_NOTICE, paused ? "polling is paused, by command" : "polling goes on, by command", NULL);
	if (paused) {
		(void)engine_refuse_polls(e, &err);
		engine_end_refreshes(e, err.text);
	} else {
		websub_feeds_wake(e->websub);
	}
}

/* ---- facts ---- */

/* A connection that does not come about within its time is none. */
static bool cannot_be_reached(const struct feed_state *s)
{
	return s->health == FEED_FAILING && (s->failure == FAILURE_DNS || s->failure == FAILURE_CONNECT ||
						    (s->failure == FAILURE_TIMEOUT && s->http_status == 0));
}

static bool is_stuck(const struct engine *e, const struct feed *f, int64_t now_us)
{
	int64_t timeout_ms = f->config->timeout_ms > 0 ? f->config->timeout_ms : e->config->fetch_timeout_ms;
	int64_t most_ms = f->phase == PHASE_TRANSFER ? 2 * timeout_ms + SILENT_MS : STUCK_MS;

	return (now_us - f->phase_since_us) / 1000 > most_ms;
}

static void look_at_network(const struct engine *e, const struct feed_state *s, struct health_facts *facts)
{
	if (s->last_poll_ms == TIME_NONE || s->last_poll_ms < e->started_ms ||
		facts->now_ms - s->last_poll_ms > HEALTH_NETWORK_MS)
		return;
	facts->asked++;
	if (!cannot_be_reached(s))
		return;
	facts->unreached++;
	facts->unreached_again += s->errors >= HEALTH_NETWORK_FAILURES;
}

static void look_at_due(const struct engine *e, const struct feed *f, struct health_facts *facts)
{
	int64_t due_ms = f->state.due_ms;
	bool is_server;

	if (due_ms == TIME_NONE)
		return;
	if (facts->next_due_ms == TIME_NONE || due_ms < facts->next_due_ms)
		facts->next_due_ms = due_ms;
	if (facts->now_ms - due_ms <= facts->patience_ms ||
		due_queue_closed_until(e->queue, str_from(f->site), &is_server) > clock_elapsed_ms())
		return;
	facts->overdue++;
	if (facts->now_ms - due_ms > facts->overdue_ms)
		facts->overdue_ms = facts->now_ms - due_ms;
}

void engine_gather_health(const struct engine *e, struct health_facts *facts)
{
	int64_t now_us = clock_mono_us(), patience_ms = 2 * e->config->fetch_timeout_ms;
	struct stream_stats stream = {0};
	struct pool_stats pool = {0};
	struct damage damage;
	const struct feed *f;

	stream_get_stats(e->stream, &stream);
	pool_get_stats(e->pool, &pool);
	damage_get(&damage);
	*facts = (struct health_facts){
		.now_ms = clock_wall_ms(),
		.up_ms = (now_us - e->started_us) / 1000,
		.loop_late_ms = (now_us - e->tick_expected_us) / 1000,
		.paused = e->paused,
		.paused_since_ms = e->paused_ms,
		.storing_stopped = e->storing.stopped,
		.stopped_since_ms = e->storing.since_ms,
		.stop_reason = e->storing.reason,
		.next_due_ms = TIME_NONE,
		.silent_ms = (now_us - e->moved_us) / 1000,
		.patience_ms = patience_ms > SILENT_MS ? patience_ms : SILENT_MS,
	};
	if (pool.ready == 0)
		facts->no_worker = pool.trouble;
	facts->damaged_tables = damage.tables;
	facts->damaged_rows = damage.rows;
	(void)snprintf(facts->damage, sizeof(facts->damage), "%s", damage.text);
	if (stream.read_error_ms != 0 && now_us / 1000 - stream.read_error_ms < READ_ERROR_MS)
		facts->read_error = "the event log cannot be read for subscribers";
	for (size_t at = 0; (f = feed_table_next(e->feeds, &at)) != NULL;) {
		facts->feeds++;
		look_at_network(e, &f->state, facts);
		if (f->phase == PHASE_IDLE) {
			look_at_due(e, f, facts);
			continue;
		}
		facts->under_way++;
		facts->stuck += is_stuck(e, f, now_us);
	}
}
