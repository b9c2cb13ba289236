/* The engine's life: which stages it is made of and in what order they come and go, the loop's heartbeat,
 * and the signals that end it or make it read its configuration anew. */
#include "engine_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/base/service.h"
#include "sitrep/base/turn.h"
#include "sitrep/store/check.h"
#include "sitrep/story/story_config.h"
#include "sitrep/worker/document_check.h"

/* The loop's heartbeat: feeds the watchdog, and notes how late it comes.  On a busy machine it is late through no fault
 * of ours, and a stall between two beats is missed, so the processor time of each turn is noted apart from it. */
enum { TICK_MS = 100 };
/* A turn of the loop that took longer is worth no watchdog ping. */
enum { WATCHDOG_STALL_MAX_MS = 5000 };

/* ---- heartbeat and signals ---- */

static void note_stall(struct engine *e, int64_t stall_us)
{
	if (stall_us > 0 && (uint64_t)stall_us > e->loop_stall_us_max)
		e->loop_stall_us_max = (uint64_t)stall_us;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	int64_t now_us = clock_mono_us();
	int64_t late_us = now_us - e->tick_expected_us;
	struct timeval tv = {.tv_sec = 0, .tv_usec = TICK_MS * 1000};

	(void)fd;
	(void)what;
	engine_look_at_clock(e);
	note_stall(e, late_us);
	log_flush();
	if (e->watchdog_interval_ms > 0 && late_us < WATCHDOG_STALL_MAX_MS * INT64_C(1000) &&
		now_us / 1000 - e->watchdog_last_ms >= e->watchdog_interval_ms) {
		(void)service_watchdog_ping();
		e->watchdog_last_ms = now_us / 1000;
	}
	e->tick_expected_us = now_us + TICK_MS * INT64_C(1000);
	(void)evtimer_add(e->tick_timer, &tv);
	engine_retry_plans(e);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct engine *e = arg;

	(void)what;
	if (number == SIGHUP) {
		(void)engine_reload(e, NULL, NULL);
		return;
	}
	log_emit(LOG_LEVEL_INFO, "ending", "signal", number == SIGINT ? "SIGINT" : "SIGTERM", NULL);
	engine_stop(e);
}

/* ---- life ---- */

static struct transfers *open_transfers(struct engine *e, struct error *err)
{
	const struct config *c = e->config;
	struct transfers_options options = {
		.max_connections = (long)c->fetch_parallel,
		.connect_timeout_ms = c->fetch_connect_timeout_ms,
		.max_redirects = (int)c->fetch_max_redirects,
		.proxy = c->fetch_proxy,
		.ca_file = c->fetch_ca_file,
	};
	struct sockaddr_storage *own = calloc(e->options->http_count + 1, sizeof(*own));
	struct transfers *transfers = NULL;

	if (own == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot prepare transfers");
		return NULL;
	}
	for (size_t i = 0; i < e->options->http_count; i++)
		options.own_count += listener_address(e->options->http[i], &own[options.own_count]);
	options.own = own;
	transfers = transfers_new(e->base, &options, err);
	free(own);
	return transfers;
}

static int open_stages(struct engine *e, struct error *err)
{
	const struct config *c = e->config;
	struct due_queue_limits limits = engine_limits(c);
	const struct story_params stories = story_config(c);
	/* Alerts follow with the rest of the configuration, before the first poll. */
	struct writer_options writer = {
		.state_dir = e->options->state_dir,
		.plan = engine_plan_next,
		.plan_arg = e->policies,
		.follow_clock = engine_follow_habits,
		.keep_items_ms = c->keep_items_ms,
		.keep_events_ms = c->keep_events_ms,
		.keep_size = c->keep_size,
		.alerts.backlog_ms = c->alert_backlog_ms,
		.stories = &stories,
	};
	struct pool_options pool = {
		.program_fd = e->options->worker_program_fd,
		.workers = (unsigned)c->parse_workers,
		.memory_max = (uint64_t)c->parse_memory,
		.answer_max = LIMIT_WIRE_DOCUMENT,
		.check = document_check,
	};
	struct http_options http = {
		.max_connections = (unsigned)c->http_connections,
		.max_per_address = (unsigned)c->http_per_address,
		.proxies = &c->http_trusted_proxy,
	};
	struct stream_options stream = {
		.state_dir = e->options->state_dir,
		.max_connections = (unsigned)c->stream_connections,
		.heartbeat_ms = c->stream_heartbeat_ms,
	};

	e->writer = writer_new(&writer, err);
	if (e->writer == NULL)
		return err->code;
	e->pool = pool_new(e->base, &pool, err);
	if (e->pool == NULL)
		return err->code;
	e->transfers = open_transfers(e, err);
	if (e->transfers == NULL)
		return err->code;
	e->publish = publish_new(e->options->state_dir, engine_fill_status, e, err);
	if (e->publish == NULL)
		return err->code;
	e->http = http_server_new(e->base, &http, engine_on_http, e, err);
	if (e->http == NULL)
		return err->code;
	http_server_allow_post(e->http, engine_on_http_post);
	e->stream = stream_new(e->base, &stream, err);
	if (e->stream == NULL)
		return err->code;
	e->control = control_new(e->base, &engine_operations, e, err);
	if (e->control == NULL)
		return err->code;
	e->websub = websub_feeds_new(e->base, e->options->http_count > 0, &engine_websub_callbacks, e, err);
	if (e->websub == NULL)
		return err->code;
	e->queue = due_queue_new(&limits);
	if (e->queue == NULL)
		return error_sys(err, -ENOMEM, "cannot plan feeds");
	return 0;
}

static int listen_all(struct engine *e, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < e->options->http_count && result == 0; i++)
		result = http_server_listen(e->http, e->options->http[i], err);
	if (result == 0 && e->options->stream != NULL)
		result = stream_listen(e->stream, e->options->stream, err);
	if (result == 0 && e->options->control != NULL)
		result = control_listen(e->control, e->options->control, err);
	return result;
}

static int add_events(struct engine *e, struct error *err)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		e->signals[i] = evsignal_new(e->base, numbers[i], on_signal, e);
		if (e->signals[i] == NULL || event_add(e->signals[i], NULL) != 0)
			return error_set(err, -ENOMEM, "cannot watch signals");
	}
	e->pump_timer = evtimer_new(e->base, engine_on_timer, e);
	e->tick_timer = evtimer_new(e->base, on_tick, e);
	e->writer_event = event_new(e->base, writer_fd(e->writer), EV_READ | EV_PERSIST, engine_on_commit, e);
	if (e->pump_timer == NULL || e->tick_timer == NULL || e->writer_event == NULL ||
		event_add(e->writer_event, NULL) != 0)
		return error_set(err, -ENOMEM, "cannot watch the writer");
	return 0;
}

struct engine *engine_new(const struct engine_options *options, struct config *config, struct error *err)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		config_free(config);
		(void)error_sys(err, -ENOMEM, "cannot start");
		return NULL;
	}
	e->options = options;
	e->config = config;
	e->clock = clock_mark_now();
	e->started_ms = e->clock.wall_ms;
	e->started_us = e->moved_us = clock_mono_us();
	e->feeds = feed_table_new();
	e->policies = feed_policies_new();
	if (e->feeds == NULL || e->policies == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot keep feeds");
		goto failed;
	}
	e->base = event_base_new();
	if (e->base == NULL) {
		(void)error_set(err, -ENOMEM, "cannot make the event loop");
		goto failed;
	}
	if (open_stages(e, err) != 0 || add_events(e, err) != 0)
		goto failed;
	e->config = NULL;
	if (engine_first_config(e, config, err) != 0)
		goto failed;
	if (listen_all(e, err) != 0)
		goto failed;
	return e;

failed:
	engine_free(e);
	return NULL;
}

/* Without it the daemon does all it is for. */
static void start_checker(struct engine *e)
{
	struct error err = {0};

	e->checker = checker_new(e->options->state_dir, &err);
	if (e->checker == NULL)
		log_emit(LOG_LEVEL_WARNING, "the database is not checked", "reason", err.text, NULL);
}

int engine_run(struct engine *e, struct error *err)
{
	int result = 0;

	e->watchdog_interval_ms = service_watchdog_interval_ms();
	e->tick_expected_us = clock_mono_us();
	on_tick(-1, 0, e);
	(void)service_ready("running");
	start_checker(e);
	engine_pump(e);
	while (result == 0 && !e->stopping) {
		uint64_t turn_us;

		turn_begin();
		result = event_base_loop(e->base, EVLOOP_ONCE);
		engine_pump(e);
		turn_us = (uint64_t)turn_end();
		if (turn_us > e->turn_us_max)
			e->turn_us_max = turn_us;
	}
	return result < 0 ? error_set(err, -EIO, "the event loop failed") : 0;
}

void engine_stop(struct engine *e)
{
	e->stopping = true;
	(void)service_stopping();
	(void)event_base_loopbreak(e->base);
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
	e->stopping = true;
	/* Sockets first, so that nobody asks for what is being taken down; the writer last, so that what
	 * was taken in is committed. */
	control_free(e->control);
	stream_free(e->stream);
	http_server_free(e->http);
	publish_free(e->publish);
	transfers_free(e->transfers);
	pool_free(e->pool);
	free_event(e->writer_event);
	checker_free(e->checker);
	writer_free(e->writer);
	engine_release_reload(e);
	websub_feeds_free(e->websub);
	engine_release_refreshes(e);
	engine_release_asks(e);
	feed_table_free(e->feeds);
	feed_policies_free(e->policies);
	due_queue_free(e->queue);
	for (size_t i = 0; i < sizeof(e->signals) / sizeof(e->signals[0]); i++)
		free_event(e->signals[i]);
	free_event(e->pump_timer);
	free_event(e->tick_timer);
	if (e->base != NULL)
		event_base_free(e->base);
	config_free(e->config);
	free(e->user_agent);
	free(e);
}
