/* SPDX-License-Identifier: ISC */
/* The engine's life: the order in which its stages are made and freed, the loop's heartbeat, and the signals for
 * shutdown and reload. */
#include "engine_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "poll_plan.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/base/service.h"
#include "sitrep/base/turn.h"
#include "sitrep/search/indexer.h"
#include "sitrep/store/check.h"
#include "sitrep/worker/document_check.h"
#include "story_config.h"

/* The loop's heartbeat: pings the watchdog and measures its own lateness.  A busy machine makes it late, and it misses
 * stalls between two beats, so the processor time of each turn is measured as well. */
enum { TICK_MS = 100, SUMMARY_MS = 5000 };
/* When it ends, the daemon waits so long for the answers to requests that it has accepted. */
enum { DRAIN_MS = 500 };
/* A beat that is later than this sends no watchdog ping. */
enum { WATCHDOG_STALL_MAX_MS = 5000 };

/* ---- heartbeat and signals ---- */

static void note_stall(struct engine *e, int64_t stall_us)
{
	if (stall_us > 0 && (uint64_t)stall_us > e->heartbeat.loop_stall_us_max)
		e->heartbeat.loop_stall_us_max = (uint64_t)stall_us;
	recent_max_note(&e->heartbeat.stall_us, stall_us > 0 ? (uint64_t)stall_us : 0, clock_mono_ms());
}

/* Sends the summary that `systemctl status` shows, when it has changed. */
static void send_summary(struct engine *e)
{
	char text[ENGINE_SUMMARY_MAX];

	engine_summary(e, text);
	if (strcmp(text, e->heartbeat.summary) == 0)
		return;
	memcpy(e->heartbeat.summary, text, sizeof(text));
	service_status(text);
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct engine *e = arg;
	int64_t now_us = clock_mono_us();
	int64_t late_us = now_us - e->heartbeat.tick_expected_us;
	struct timeval tv = {.tv_sec = 0, .tv_usec = TICK_MS * 1000};

	engine_look_at_clock(e);
	note_stall(e, late_us);
	log_flush();
	if (e->heartbeat.watchdog_interval_ms > 0 && late_us < WATCHDOG_STALL_MAX_MS * INT64_C(1000) &&
		now_us / 1000 - e->heartbeat.watchdog_last_ms >= e->heartbeat.watchdog_interval_ms) {
		service_watchdog_ping();
		e->heartbeat.watchdog_last_ms = now_us / 1000;
	}
	if (now_us / 1000 >= e->heartbeat.summary_due_ms) {
		send_summary(e);
		e->heartbeat.summary_due_ms = now_us / 1000 + SUMMARY_MS;
	}
	e->heartbeat.tick_expected_us = now_us + TICK_MS * INT64_C(1000);
	evtimer_add(e->tick_timer, &tv);
	planner_retry(&e->planner);
}

static void stop_daemon(struct engine *e)
{
	polling_end(&e->polling);
	service_stopping();
	event_base_loopbreak(e->stages.base);
}

static void on_signal(evutil_socket_t number, short what UNUSED, void *arg)
{
	struct engine *e = arg;

	if (number == SIGHUP) {
		config_reload_ask(&e->reload, NULL, NULL);
		return;
	}
	log_emit(LOG_LEVEL_INFO, "ending", "signal", number == SIGINT ? "SIGINT" : "SIGTERM", NULL);
	stop_daemon(e);
}

/* ---- life ---- */

static struct transfers *open_transfers(struct engine *e, struct error *err)
{
	const struct config *c = e->stages.config;
	struct transfers_options options = {
		.max_connections = (long)c->fetch_parallel,
		.connect_timeout_ms = c->fetch_connect_timeout_ms,
		.max_redirects = (int)c->fetch_max_redirects,
		.proxy = c->fetch_proxy,
		.ca_file = c->fetch_ca_file.full,
	};
	struct sockaddr_storage *own =
		calloc(e->stages.options->http_count + e->stages.options->monitor_count + 1, sizeof(*own));
	struct transfers *transfers = NULL;

	if (own == NULL)
		return error_sys_null(err, -ENOMEM, "cannot prepare transfers");
	for (size_t i = 0; i < e->stages.options->http_count + e->stages.options->monitor_count; i++)
		options.own_count += listener_address(e->stages.options->http[i], &own[options.own_count]);
	options.own = own;
	transfers = transfers_new(e->stages.base, &options, err);
	free(own);
	return transfers;
}

static int open_stages(struct engine *e, struct error *err)
{
	const struct config *c = e->stages.config;
	struct due_queue_limits limits = planner_limits(c);
	const struct story_params stories = story_config(c);
	/* config_reload_first() sets the alerts later, before the first poll. */
	struct writer_options writer = {
		.state_dir = e->stages.options->state_dir,
		.plan = poll_plan_next,
		.plan_arg = e->stages.policies,
		.follow_clock = poll_plan_follow_clock,
		.keep_items_ms = c->keep_items_ms,
		.keep_events_ms = c->keep_events_ms,
		.keep_size = c->keep_size,
		.alerts.backlog_ms = c->alert_backlog_ms,
		.stories = &stories,
	};
	struct pool_options pool = {
		.program_fd = e->stages.options->worker_program_fd,
		.workers = (unsigned)c->parse_workers,
		.memory_max = (uint64_t)c->parse_memory,
		.answer_max = LIMIT_WIRE_DOCUMENT,
		.check = document_check,
	};
	struct http_options http = {
		.max_connections = (unsigned)c->http_connections,
		.max_per_address = (unsigned)c->http_per_address,
		.max_flows = (unsigned)c->http_events,
		.proxies = &c->http_trusted_proxy,
	};
	struct stream_options stream = {
		.state_dir = e->stages.options->state_dir,
		.max_connections = (unsigned)c->stream_connections,
		.heartbeat_ms = c->stream_heartbeat_ms,
		.allow_users = c->stream_allow_uid,
		.allow_user_count = c->stream_allow_uid_count,
		.allow_groups = c->stream_allow_gid,
		.allow_group_count = c->stream_allow_gid_count,
	};

	e->stages.writer = writer_new(&writer, err);
	if (e->stages.writer == NULL)
		return err->code;
	e->stages.pool = pool_new(e->stages.base, &pool, err);
	if (e->stages.pool == NULL)
		return err->code;
	e->stages.transfers = open_transfers(e, err);
	if (e->stages.transfers == NULL)
		return err->code;
	e->stages.publish = publish_new(e->stages.options->state_dir, engine_fill_status, e, err);
	if (e->stages.publish == NULL)
		return err->code;
	publish_set_explain(e->stages.publish, engine_explain_feed);
	e->stages.live = live_new(e->stages.base, e->stages.options->state_dir, e->stages.feeds, http.max_flows, err);
	if (e->stages.live == NULL)
		return err->code;
	publish_set_live(e->stages.publish, e->stages.live);
	e->stages.export = export_new(e->stages.base, e->stages.options->state_dir, engine_fill_status, e, err);
	if (e->stages.export == NULL)
		return err->code;
	e->stages.http = http_server_new(e->stages.base, &http, engine_on_http, e, err);
	if (e->stages.http == NULL)
		return err->code;
	http_server_allow_post(e->stages.http, engine_on_http_post);
	e->stages.stream = stream_new(e->stages.base, &stream, err);
	if (e->stages.stream == NULL)
		return err->code;
	e->stages.control = control_new(e->stages.base, &engine_operations, e, err);
	if (e->stages.control == NULL)
		return err->code;
	e->stages.websub =
		websub_feeds_new(e->stages.base, e->stages.options->http_count > 0, &engine_websub_callbacks, e, err);
	if (e->stages.websub == NULL)
		return err->code;
	e->stages.queue = due_queue_new(&limits);
	if (e->stages.queue == NULL)
		return error_sys(err, -ENOMEM, "cannot plan feeds");
	return 0;
}

static int listen_all(struct engine *e, struct error *err)
{
	size_t count = e->stages.options->http_count;
	int result = 0;

	for (size_t i = 0; i < count + e->stages.options->monitor_count && result == 0; i++)
		result = http_server_listen(
			e->stages.http, e->stages.options->http[i], i < count ? HTTP_FOR_ALL : HTTP_FOR_MONITORS, err);
	if (result == 0 && e->stages.options->stream != NULL)
		result = stream_listen(e->stages.stream, e->stages.options->stream, err);
	if (result == 0 && e->stages.options->control != NULL)
		result = control_listen(e->stages.control, e->stages.options->control, err);
	return result;
}

static int add_events(struct engine *e, struct error *err)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		e->signals[i] = evsignal_new(e->stages.base, numbers[i], on_signal, e);
		if (e->signals[i] == NULL || event_add(e->signals[i], NULL) != 0)
			return error_set(err, -ENOMEM, "cannot watch signals");
	}
	e->tick_timer = evtimer_new(e->stages.base, on_tick, e);
	e->writer_event =
		event_new(e->stages.base, writer_fd(e->stages.writer), EV_READ | EV_PERSIST, engine_on_commit, e);
	if (e->tick_timer == NULL || e->writer_event == NULL || event_add(e->writer_event, NULL) != 0)
		return error_set(err, -ENOMEM, "cannot watch the writer");
	return 0;
}

/* Each part knows those below it. */
static void connect_parts(struct engine *e)
{
	const struct config_change_parts parts = {
		.stages = &e->stages, .planner = &e->planner, .pipeline = &e->pipeline, .refreshes = &e->refreshes};

	e->planner.stages = &e->stages;
	e->refreshes.stages = &e->stages;
	e->refreshes.polling = &e->polling;
	e->refreshes.planner = &e->planner;
	e->requests.stages = &e->stages;
	e->reload.parts = parts;
	e->reload.polling = &e->polling;
}

struct engine *engine_new(const struct engine_options *options, struct config *config, struct error *err)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		config_free(config);
		error_sys(err, -ENOMEM, "cannot start");
		return NULL;
	}
	e->stages.options = options;
	e->stages.config = config;
	engine_init_clock(e);
	connect_parts(e);
	e->stages.feeds = feed_table_new();
	e->stages.policies = feed_policies_new();
	if (e->stages.feeds == NULL || e->stages.policies == NULL) {
		error_sys(err, -ENOMEM, "cannot make the table of feeds");
		goto failed;
	}
	e->stages.base = event_base_new();
	if (e->stages.base == NULL) {
		error_set(err, -ENOMEM, "cannot make the event loop");
		goto failed;
	}
	if (pipeline_init(&e->pipeline, &e->stages, &e->polling, &e->planner, err) != 0 || open_stages(e, err) != 0 ||
		add_events(e, err) != 0)
		goto failed;
	e->stages.config = NULL;
	if (config_reload_first(&e->reload, config, err) != 0)
		goto failed;
	if (listen_all(e, err) != 0)
		goto failed;
	return e;

failed:
	engine_free(e);
	return NULL;
}

/* Without a checker the daemon runs all the same. */
static void start_checker(struct engine *e)
{
	struct error err = {0};

	e->checker = checker_new(e->stages.options->state_dir, &err);
	if (e->checker == NULL)
		log_emit(LOG_LEVEL_WARNING, "cannot start the daily check of the database", "reason", err.text, NULL);
}

/* True until the requests that were accepted are answered, for DRAIN_MS at most. */
static bool is_draining(struct engine *e)
{
	if (e->drain_end_ms == 0) {
		http_server_stop_accepting(e->stages.http);
		e->drain_end_ms = clock_mono_ms() + DRAIN_MS;
	}
	return http_server_owes(e->stages.http) && clock_mono_ms() < e->drain_end_ms;
}

/* Without an index the daemon runs all the same. */
static void start_indexer(struct engine *e)
{
	struct error err = {0};

	if (!e->stages.config->search_index) {
		if (indexer_remove(e->stages.options->state_dir, &err) != 0)
			log_emit(LOG_LEVEL_WARNING, "cannot remove the search index", "reason", err.text, NULL);
		return;
	}
	e->indexer = indexer_new(e->stages.options->state_dir, &err);
	if (e->indexer == NULL)
		log_emit(LOG_LEVEL_WARNING, "cannot start the search index", "reason", err.text, NULL);
}

int engine_run(struct engine *e, struct error *err)
{
	int result = 0;

	e->heartbeat.watchdog_interval_ms = service_watchdog_interval_ms();
	e->heartbeat.tick_expected_us = clock_mono_us();
	on_tick(-1, 0, e);
	service_ready(NULL);
	start_checker(e);
	start_indexer(e);
	pipeline_pump(&e->pipeline);
	while (result == 0 && (!e->polling.stopping || is_draining(e))) {
		uint64_t turn_us;

		turn_begin();
		result = event_base_loop(e->stages.base, EVLOOP_ONCE);
		pipeline_pump(&e->pipeline);
		turn_us = (uint64_t)turn_end();
		if (turn_us > e->heartbeat.turn_us_max)
			e->heartbeat.turn_us_max = turn_us;
		recent_max_note(&e->heartbeat.turn_us, turn_us, clock_mono_ms());
	}
	return result < 0 ? error_set(err, -EIO, "the event loop failed") : 0;
}

static void free_event(struct event *ev)
{
	if (ev != NULL)
		event_free(ev);
}

void engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	polling_end(&e->polling);
	/* Sockets first, so that no request meets a freed part; the writer after all its sources, so that it commits
	 * their outcomes. */
	control_free(e->stages.control);
	stream_free(e->stages.stream);
	http_server_free(e->stages.http);
	live_free(e->stages.live);
	publish_free(e->stages.publish);
	export_free(e->stages.export);
	transfers_free(e->stages.transfers);
	pool_free(e->stages.pool);
	free_event(e->writer_event);
	checker_free(e->checker);
	indexer_free(e->indexer);
	writer_free(e->stages.writer);
	config_reload_release(&e->reload);
	websub_feeds_free(e->stages.websub);
	refreshes_release(&e->refreshes);
	writer_requests_release(&e->requests);
	feed_table_free(e->stages.feeds);
	feed_policies_free(e->stages.policies);
	due_queue_free(e->stages.queue);
	for (size_t i = 0; i < sizeof(e->signals) / sizeof(e->signals[0]); i++)
		free_event(e->signals[i]);
	pipeline_release(&e->pipeline);
	free_event(e->tick_timer);
	if (e->stages.base != NULL)
		event_base_free(e->stages.base);
	config_free(e->stages.config);
	free(e->stages.user_agent);
	free(e);
}
