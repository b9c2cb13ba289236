/* SPDX-License-Identifier: ISC */
/* The daemon's own numbers: for metrics, for `sitrep status`, and for its health. */
#include "engine_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/damage.h"

enum {
	/* Polling is stuck when feeds are due and no poll has begun or ended for this time, or for two fetch
	 * timeouts if that is longer. */
	SILENT_MS = 60 * 1000,
	/* A feed that is parsed or written for so long is stuck: both take seconds at most. */
	STUCK_MS = 5 * 60 * 1000,
	/* A failed read of the event log is reported in health for so long. */
	READ_ERROR_MS = 10 * 60 * 1000,
};

/* ---- facts about health ---- */

/* A timeout without an HTTP status is a connection that was never made. */
static bool cannot_be_reached(const struct feed_state *s)
{
	return s->health == FEED_FAILING && (s->failure == FAILURE_DNS || s->failure == FAILURE_CONNECT ||
						    (s->failure == FAILURE_TIMEOUT && s->http_status == 0));
}

static bool is_stuck(const struct engine *e, const struct feed *f, int64_t now_us)
{
	int64_t timeout_ms = f->config->timeout_ms > 0 ? f->config->timeout_ms : e->stages.config->fetch_timeout_ms;
	int64_t most_ms = f->phase == PHASE_TRANSFER ? 2 * timeout_ms + SILENT_MS : STUCK_MS;

	return (now_us - f->phase_since_us) / 1000 > most_ms;
}

static void look_at_network(const struct engine *e, const struct feed_state *s, struct health_facts *facts)
{
	if (s->last_poll_ms == TIME_NONE || s->last_poll_ms < e->clock.started_ms ||
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
		due_queue_closed_until(e->stages.queue, str_from(f->site), &is_server) > clock_elapsed_ms())
		return;
	facts->overdue++;
	if (facts->now_ms - due_ms > facts->overdue_ms)
		facts->overdue_ms = facts->now_ms - due_ms;
}

static void gather_health(const struct engine *e, struct health_facts *facts)
{
	int64_t now_us = clock_mono_us(), patience_ms = 2 * e->stages.config->fetch_timeout_ms;
	struct stream_stats stream = {0};
	struct pool_stats pool = {0};
	struct writer_stats writer = {0};
	struct damage damage;
	const struct feed *f;

	stream_get_stats(e->stages.stream, &stream);
	pool_get_stats(e->stages.pool, &pool);
	writer_get_stats(e->stages.writer, &writer);
	damage_get(&damage);
	*facts = (struct health_facts){
		.alerts_open = writer.alerts_open,
		.rules_silent = writer.rules_silent,
		.rules_noisy = writer.rules_noisy,
		.now_ms = clock_wall_ms(),
		.up_ms = (now_us - e->clock.started_us) / 1000,
		.loop_late_ms = (now_us - e->heartbeat.tick_expected_us) / 1000,
		.paused = e->polling.paused,
		.paused_since_ms = e->polling.paused_ms,
		.storing_stopped = e->polling.storing.stopped,
		.stopped_since_ms = e->polling.storing.since_ms,
		.stop_reason = e->polling.storing.reason,
		.next_due_ms = TIME_NONE,
		.export_error = export_trouble(e->stages.export),
		.silent_ms = (now_us - e->pipeline.moved_us) / 1000,
		.patience_ms = patience_ms > SILENT_MS ? patience_ms : SILENT_MS,
	};
	if (pool.ready == 0)
		facts->no_worker = pool.trouble;
	facts->damaged_tables = damage.tables;
	facts->damaged_rows = damage.rows;
	snprintf(facts->damage, sizeof(facts->damage), "%s", damage.text);
	if (stream.read_error_ms != 0 && now_us / 1000 - stream.read_error_ms < READ_ERROR_MS)
		facts->read_error = "the event log cannot be read for subscribers";
	for (size_t at = 0; (f = feed_table_next(e->stages.feeds, &at)) != NULL;) {
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

/* ---- status ---- */

void engine_fill_status(void *arg, struct publish_status *status)
{
	struct engine *e = arg;
	struct pool_stats pool = {0};
	struct writer_stats writer = {0};
	struct http_stats http = {0};
	struct stream_stats stream = {0};
	struct websub_stats websub;

	pool_get_stats(e->stages.pool, &pool);
	writer_get_stats(e->stages.writer, &writer);
	http_server_get_stats(e->stages.http, &http);
	stream_get_stats(e->stages.stream, &stream);
	websub_feeds_get_stats(e->stages.websub, &websub);
	*status = (struct publish_status){
		.started_ms = e->clock.started_ms,
		.transfers_active = transfers_active(e->stages.transfers),
		.transfers_buffered = transfers_buffered(e->stages.transfers),
		.parse_pending = pool_pending(e->stages.pool),
		.write_pending = writer.pending,
		.waiting = due_queue_waiting(e->stages.queue, clock_elapsed_ms()),
		.polls = e->pipeline.polls,
		.polls_failed = e->pipeline.polls_failed,
		.polls_not_modified = e->pipeline.polls_not_modified,
		.bytes_received = e->pipeline.bytes_received,
		.items_new = e->counts.items_new,
		.items_copies = e->counts.items_copies,
		.items_updated = e->counts.items_updated,
		.parse_jobs = pool.jobs,
		.parse_failures = pool.failures,
		.worker_restarts = pool.restarts,
		.commits = writer.commits,
		.write_errors = writer.write_errors,
		.commit_us_max = writer.commit_us_max,
		.near_postings = writer.postings,
		.stream_clients = stream.clients,
		.stream_read_errors = stream.read_errors,
		.loop_stall_us_max = e->heartbeat.loop_stall_us_max,
		.turn_us_max = e->heartbeat.turn_us_max,
		.loop_stall_us = recent_max_get(&e->heartbeat.stall_us, clock_mono_ms()),
		.turn_us = recent_max_get(&e->heartbeat.turn_us, clock_mono_ms()),
		.poll_durations = e->pipeline.poll_durations,
		.item_delays = e->counts.item_delays,
		.publish_delays = e->counts.publish_delays,
		.stream_lags = stream.lags,
		.commit_durations = writer.commit_durations,
		.pushes = websub.pushes,
		.pushes_refused = websub.pushes_refused,
		.http_requests = http.requests,
		.http_not_modified = http.not_modified,
		.polls_lost = e->polling.storing.lost,
		.log_lines_dropped = log_dropped(),
		.http_ambiguous = http.ambiguous,
		.http_misdirected = http.misdirected,
		.http_barred = http.barred,
	};
	memcpy(status->http_dropped, http.dropped, sizeof(status->http_dropped));
	gather_health(e, &status->health);
	live_get_stats(e->stages.live, &status->live);
}

static void count_health(const struct engine *e, struct jsonw *w)
{
	int64_t counts[FEED_GONE + 1] = {0};
	const struct feed *f;
	int64_t feeds = 0, disabled = 0;

	for (size_t at = 0; (f = feed_table_next(e->stages.feeds, &at)) != NULL;) {
		feeds++;
		counts[f->state.health]++;
	}
	jsonw_kv_object(w, "feeds");
	jsonw_kv_int(w, "configured", feeds);
	for (int h = 0; h <= FEED_GONE; h++)
		jsonw_kv_int(w, feed_health_name((enum feed_health)h), counts[h]);
	for (size_t i = 0; i < e->stages.config->feeds.count; i++)
		disabled += !e->stages.config->feeds.items[i].enabled;
	jsonw_kv_int(w, "disabled", disabled);
	jsonw_object_end(w);
}

/* The feed whose newest item came last. */
static void write_newest(const struct engine *e, struct jsonw *w)
{
	const struct feed *newest = NULL, *f;

	for (size_t at = 0; (f = feed_table_next(e->stages.feeds, &at)) != NULL;)
		if (f->state.last_new_ms != TIME_NONE &&
			(newest == NULL || f->state.last_new_ms > newest->state.last_new_ms))
			newest = f;
	if (newest == NULL)
		return;
	jsonw_kv_object(w, "newest");
	jsonw_kv_cstr(w, "feed", newest->state.name);
	jsonw_kv_time(w, "time", newest->state.last_new_ms);
	jsonw_object_end(w);
}

/* The addresses of pages and feeds, of the stream and of commands. */
static void write_listeners(const struct engine *e, struct jsonw *w)
{
	const struct engine_options *o = e->stages.options;

	jsonw_kv_object(w, "listeners");
	jsonw_key(w, "http");
	jsonw_array(w);
	for (size_t i = 0; i < o->http_count; i++)
		jsonw_str(w, str_from(listener_name(o->http[i])));
	jsonw_array_end(w);
	jsonw_kv_cstr(w, "stream", o->stream != NULL ? listener_name(o->stream) : NULL);
	jsonw_kv_cstr(w, "control", o->control != NULL ? listener_name(o->control) : NULL);
	jsonw_object_end(w);
}

/* Bytes of the database and its write-ahead log. */
static int64_t database_bytes(const struct engine *e)
{
	static const char *const names[] = {"sitrepd.db", "sitrepd.db-wal"};
	int64_t bytes = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[PATH_MAX];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", e->stages.options->state_dir, names[i]);
		if (stat(path, &st) == 0)
			bytes += st.st_size;
	}
	return bytes;
}

/* The size of the database, and the damage found in it. */
static void write_database(const struct engine *e, struct jsonw *w)
{
	struct damage d;

	damage_get(&d);
	jsonw_kv_object(w, "database");
	jsonw_kv_int(w, "bytes", database_bytes(e));
	jsonw_kv_int(w, "damaged_rows", (int64_t)d.rows);
	jsonw_kv_int(w, "damaged_tables", (int64_t)d.tables);
	if (d.text[0] != '\0')
		jsonw_kv_cstr(w, "damage", d.text);
	jsonw_kv_time(w, "checked", d.checked_ms);
	jsonw_object_end(w);
}

/* The number of subjects that are counted for bursts, and of those whose usual number is not known yet. */
static void write_bursts(const struct engine *e, struct jsonw *w)
{
	struct writer_stats writer = {0};

	if (!e->stages.config->alerts_burst && !e->stages.config->alerts_breaking)
		return;
	writer_get_stats(e->stages.writer, &writer);
	jsonw_kv_object(w, "bursts");
	jsonw_kv_int(w, "counted", (int64_t)writer.bursts);
	jsonw_kv_int(w, "learning", (int64_t)writer.learning);
	jsonw_object_end(w);
}

static void write_alerts(const struct engine *e, struct jsonw *w)
{
	struct writer_stats writer = {0};

	if (e->stages.config->alerts.count == 0)
		return;
	writer_get_stats(e->stages.writer, &writer);
	jsonw_kv_object(w, "alerts");
	jsonw_kv_int(w, "rules", (int64_t)e->stages.config->alerts.count);
	jsonw_kv_int(w, "open", (int64_t)writer.alerts_open);
	jsonw_kv_int(w, "silent", (int64_t)writer.rules_silent);
	jsonw_kv_int(w, "noisy", (int64_t)writer.rules_noisy);
	jsonw_object_end(w);
}

static void write_storing(const struct engine *e, struct jsonw *w)
{
	jsonw_kv_bool(w, "storing", !e->polling.storing.stopped);
	if (!e->polling.storing.stopped)
		return;
	jsonw_kv_time(w, "stopped_since", e->polling.storing.since_ms);
	jsonw_kv_cstr(w, "stopped_reason", e->polling.storing.reason);
}

/* The same health as /healthz. */
static void write_health(struct engine *e, const struct health_facts *facts, struct jsonw *w)
{
	struct health health;

	publish_judge_health(e->stages.publish, facts, &health);
	jsonw_kv_object(w, "health");
	health_write_json(&health, w);
	jsonw_object_end(w);
}

void engine_write_status(void *arg, struct jsonw *w)
{
	struct engine *e = arg;
	struct pool_stats pool = {0};
	struct publish_status s;

	pool_get_stats(e->stages.pool, &pool);
	engine_fill_status(e, &s);
	jsonw_kv_cstr(w, "version", SITREP_VERSION);
	jsonw_kv_time(w, "started", s.started_ms);
	jsonw_kv_int(w, "uptime_s", s.health.up_ms / 1000);
	jsonw_kv_bool(w, "paused", e->polling.paused);
	jsonw_kv_time(w, "paused_since", e->polling.paused ? e->polling.paused_ms : TIME_NONE);
	write_storing(e, w);
	write_health(e, &s.health, w);
	count_health(e, w);
	write_newest(e, w);
	write_listeners(e, w);
	jsonw_kv_object(w, "now");
	jsonw_kv_int(w, "transfers", (int64_t)s.transfers_active);
	jsonw_kv_int(w, "waiting", (int64_t)s.waiting);
	jsonw_kv_int(w, "parsing", (int64_t)s.parse_pending);
	jsonw_kv_int(w, "writing", (int64_t)s.write_pending);
	jsonw_kv_int(w, "subscribers", (int64_t)s.stream_clients);
	jsonw_object_end(w);
	jsonw_kv_object(w, "workers");
	jsonw_kv_int(w, "configured", (int64_t)pool.workers);
	jsonw_kv_int(w, "ready", (int64_t)pool.ready);
	if (pool.trouble != NULL)
		jsonw_kv_cstr(w, "trouble", pool.trouble);
	jsonw_object_end(w);
	jsonw_kv_object(w, "since_start");
	jsonw_kv_int(w, "polls", (int64_t)s.polls);
	jsonw_kv_int(w, "failed", (int64_t)s.polls_failed);
	jsonw_kv_int(w, "lost", (int64_t)s.polls_lost);
	jsonw_kv_int(w, "not_modified", (int64_t)s.polls_not_modified);
	jsonw_kv_int(w, "bytes", (int64_t)s.bytes_received);
	jsonw_kv_int(w, "new", (int64_t)s.items_new);
	jsonw_kv_int(w, "copies", (int64_t)s.items_copies);
	jsonw_kv_int(w, "updated", (int64_t)s.items_updated);
	jsonw_kv_int(w, "worker_restarts", (int64_t)s.worker_restarts);
	jsonw_kv_int(w, "longest_stall_us", (int64_t)s.loop_stall_us_max);
	jsonw_kv_int(w, "longest_turn_us", (int64_t)s.turn_us_max);
	jsonw_kv_int(w, "log_lines_dropped", (int64_t)s.log_lines_dropped);
	jsonw_object_end(w);
	write_database(e, w);
	write_alerts(e, w);
	write_bursts(e, w);
}

void engine_summary(const struct engine *e, char text[ENGINE_SUMMARY_MAX])
{
	int64_t newest_ms = TIME_NONE;
	size_t feeds = 0, failing = 0;
	char newest[TIME_TEXT_MAX];
	const struct feed *f;

	for (size_t at = 0; (f = feed_table_next(e->stages.feeds, &at)) != NULL;) {
		feeds++;
		failing += f->state.health == FEED_FAILING || f->state.health == FEED_GONE;
		if (f->state.last_new_ms != TIME_NONE && f->state.last_new_ms > newest_ms)
			newest_ms = f->state.last_new_ms;
	}
	if (newest_ms == TIME_NONE)
		snprintf(newest, sizeof(newest), "none");
	else
		time_format_relative(newest, newest_ms, clock_wall_ms());
	snprintf(text, ENGINE_SUMMARY_MAX, "%zu feed%s, %zu failing, newest %s%s%s", feeds, feeds == 1 ? "" : "s",
		failing, newest, e->polling.paused ? ", paused" : "",
		e->polling.storing.stopped ? ", nothing can be stored" : "");
}
