/* The way of a feed.  A feed that is due gets a transfer; its bytes go to a parse worker; the document
 * goes to the writer; what the writer has committed wakes the stream and the publisher, and tells when
 * the feed is due again.  Every stage answers by a callback from the event loop, and each callback here
 * does one thing: it moves the feed to its next phase.
 *
 * How much is under way is bounded in one place, may_start(): a stage that cannot keep up makes the
 * first one wait, so memory is bounded without any stage dropping work. */
#include "engine_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/clock.h"
#include "sitrep/limits.h"
#include "sitrep/log.h"
#include "sitrep/service.h"
#include "sitrep/utf8.h"

/* The loop's heartbeat: measures stalls, feeds the watchdog. */
enum { TICK_MS = 100 };
/* A turn of the loop that took longer is worth no watchdog ping. */
enum { WATCHDOG_STALL_MAX_MS = 5000 };

static void set_phase(struct engine_feed *f, enum feed_phase phase)
{
	f->phase = phase;
}

/* ---- the end of a poll ---- */

static void submit_outcome(struct engine_feed *f)
{
	struct poll_outcome *o = f->outcome;

	f->outcome = NULL;
	set_phase(f, PHASE_WRITE);
	writer_submit(f->engine->writer, o);
}

static void fail_outcome(struct engine_feed *f, enum poll_failure failure, const char *reason)
{
	f->outcome->kind = OUTCOME_FAILED;
	f->outcome->failure = failure;
	free(f->outcome->reason);
	f->outcome->reason = strdup(reason);
	submit_outcome(f);
}

static void log_health(const struct poll_report *r)
{
	const struct feed_state *s = &r->state;

	if (s->health == r->before)
		return;
	if (s->health == FEED_FAILING)
		log_emit(LOG_LEVEL_WARNING, "feed fails", "feed", s->name, "kind", poll_failure_name(s->failure), "reason",
			s->reason != NULL ? s->reason : "", NULL);
	else if (s->health == FEED_GONE)
		log_emit(LOG_LEVEL_WARNING, "feed is gone and will not be asked again", "feed", s->name, "reason",
			s->reason != NULL ? s->reason : "", NULL);
	else if (r->before == FEED_FAILING || r->before == FEED_GONE)
		log_emit(LOG_LEVEL_NOTICE, "feed recovered", "feed", s->name, NULL);
}

static void take_report(struct engine *e, struct poll_report *r)
{
	uint32_t slot = r->feed_id > 0 && (size_t)r->feed_id < e->slot_by_id_size ? e->slot_by_id[r->feed_id] : 0;
	struct engine_feed *f;

	if (r->error.code != 0)
		log_emit(LOG_LEVEL_ERROR, "poll could not be kept", "feed", r->state.name != NULL ? r->state.name : "",
			"reason", r->error.text, NULL);
	else
		log_health(r);
	e->items_new += (uint64_t)r->fresh;
	e->items_copies += (uint64_t)r->copies;
	e->items_updated += (uint64_t)r->updates;
	if (slot-- == 0)
		return;
	f = e->feeds[slot];
	set_phase(f, PHASE_IDLE);
	if (f->config != NULL && r->state.name != NULL) {
		feed_state_release(&e->states[slot]);
		e->states[slot] = r->state;
		r->state = (struct feed_state){0};
	}
	if (f->config != NULL && !e->stopping) {
		struct feed_state *s = &e->states[slot];
		struct str host = str_from(f->host);

		if (due_queue_set(e->queue, slot, host, s->due_ms) != 0)
			log_emit(LOG_LEVEL_ERROR, "no memory to plan a feed", "feed", s->name, NULL);
		if ((s->http_status == 429 || s->http_status == 503) && s->server_wait_ms > 0)
			(void)due_queue_pause_host(e->queue, host, clock_wall_ms() + s->server_wait_ms);
	}
	engine_refresh_report(e, slot, r);
}

static void on_commit(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	int64_t cursor = 0;
	bool changed = false;
	struct poll_report *first;

	(void)fd;
	(void)what;
	first = writer_collect(e->writer, &cursor);
	for (struct poll_report *r = first; r != NULL; r = r->next) {
		changed = changed || r->fresh + r->copies + r->updates > 0;
		take_report(e, r);
	}
	poll_reports_free(first);
	if (changed)
		publish_invalidate(e->publish);
	stream_wake(e->stream, cursor);
	engine_pump(e);
}

/* ---- parse ---- */

static void on_parsed(void *arg, struct pool_answer *answer)
{
	struct engine_feed *f = arg;
	enum poll_failure failure = FAILURE_PARSER;

	if (answer->status == 0) {
		f->outcome->kind = OUTCOME_DOCUMENT;
		f->outcome->document = answer->document;
		answer->document = BUF_INIT(answer->document.max);
		submit_outcome(f);
	} else {
		if (answer->status == -EBADMSG)
			failure = FAILURE_NOT_A_FEED;
		f->outcome->http_status = 200;
		fail_outcome(f, failure, answer->error.text);
	}
	engine_pump(f->engine);
}

static void start_parse(struct engine_feed *f, struct transfer_answer *answer)
{
	struct engine *e = f->engine;
	const struct feed_state *state = &e->states[f->slot];
	struct error err = {0};
	struct job job = {
		.feed = str_from(state->name),
		.categories = str_from(state->categories),
		.url = str_from(answer->final_url),
		.content_type = str_from(answer->content_type),
		.content_location = str_from(answer->content_location),
		.content_language = str_from(answer->content_language),
	};

	set_phase(f, PHASE_PARSE);
	if (pool_submit(e->pool, &job, &answer->body, on_parsed, f, &err) != 0)
		fail_outcome(f, FAILURE_INTERNAL, err.text);
}

/* ---- transfer ---- */

static char *take_string(char **from)
{
	char *s = *from;

	*from = NULL;
	return s;
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void on_transferred(void *arg, struct transfer_answer *answer)
{
	struct engine_feed *f = arg;
	struct engine *e = f->engine;
	struct poll_outcome *o = f->outcome;

	f->transfer = NULL;
	due_queue_done(e->queue, f->slot);
	e->polls++;
	e->bytes_received += (uint64_t)answer->received;
	o->at_ms = clock_wall_ms();
	o->http_status = answer->http_status;
	o->bytes = answer->received;
	o->server_wait_ms = longer(longer(answer->retry_after_ms, answer->fresh_ms), 0);
	o->etag = take_string(&answer->etag);
	o->last_modified = take_string(&answer->last_modified);
	if (answer->failure != FAILURE_NONE) {
		e->polls_failed++;
		fail_outcome(f, answer->failure, answer->error.text);
	} else if (answer->http_status == 304) {
		e->polls_not_modified++;
		o->kind = OUTCOME_NOT_MODIFIED;
		submit_outcome(f);
	} else if (answer->body.len == 0) {
		fail_outcome(f, FAILURE_EMPTY, "the answer is empty");
	} else {
		start_parse(f, answer);
	}
	engine_pump(e);
}

static struct poll_outcome *outcome_new(const struct feed_state *state, const char *url)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->feed_id = state->id;
	o->at_ms = clock_wall_ms();
	o->url = strdup(url);
	if (o->url == NULL) {
		free(o);
		return NULL;
	}
	return o;
}

static void start_transfer(struct engine *e, struct engine_feed *f)
{
	const struct config_feed *c = f->config;
	const struct feed_state *s = &e->states[f->slot];
	struct error err = {0};
	struct transfer_request request = {
		.url = c->url,
		.etag = s->etag,
		.last_modified = s->last_modified,
		.user_agent = c->user_agent != NULL ? c->user_agent : e->user_agent,
		.user = c->user,
		.password = f->credentials.password,
		.bearer = f->credentials.bearer,
		.headers = (const char *const *)f->credentials.headers,
		.proxy = c->proxy,
		.timeout_ms = c->timeout_ms > 0 ? c->timeout_ms : e->config->fetch_timeout_ms,
		.max_body = c->max_body > 0 ? c->max_body : e->config->fetch_max_body,
		.allow = &e->config->fetch_allow,
		.allow_private = c->allow_private,
	};

	f->outcome = outcome_new(s, c->url);
	if (f->outcome == NULL) {
		/* Nothing can be noted without memory: the feed keeps its place and is tried again later. */
		due_queue_done(e->queue, f->slot);
		(void)due_queue_set(e->queue, f->slot, str_from(f->host), clock_wall_ms() + e->config->poll_min_ms);
		return;
	}
	set_phase(f, PHASE_TRANSFER);
	f->transfer = transfer_start(e->transfers, &request, on_transferred, f, &err);
	if (f->transfer == NULL) {
		due_queue_done(e->queue, f->slot);
		fail_outcome(f, FAILURE_INTERNAL, err.text);
	}
}

/* ---- what may start, and when to look again ---- */

static bool may_start(const struct engine *e)
{
	return !e->paused && !e->stopping &&
	       transfers_active(e->transfers) < (size_t)e->config->fetch_parallel &&
	       pool_pending(e->pool) + writer_pending(e->writer) < ENGINE_PENDING_MAX &&
	       transfers_buffered(e->transfers) + pool_pending_bytes(e->pool) + writer_pending_bytes(e->writer) <
		       ENGINE_BUFFERED_MAX;
}

void engine_pump(struct engine *e)
{
	int64_t now_ms = clock_wall_ms();
	int64_t wakeup_ms;
	uint32_t slot;

	while (may_start(e) && due_queue_next(e->queue, now_ms, &slot))
		start_transfer(e, e->feeds[slot]);
	wakeup_ms = due_queue_wakeup(e->queue);
	if (may_start(e) && wakeup_ms != INT64_MAX) {
		int64_t wait_ms = wakeup_ms > now_ms ? wakeup_ms - now_ms : 0;
		struct timeval tv;

		/* Looks again at least once a minute: the wall clock may be set under us. */
		if (wait_ms > 60000)
			wait_ms = 60000;
		tv = (struct timeval){.tv_sec = wait_ms / 1000, .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};
		(void)evtimer_add(e->pump_timer, &tv);
	}
}

static void on_pump_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	engine_pump(arg);
}

/* ---- heartbeat and signals ---- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	int64_t now_us = clock_mono_us();
	int64_t late_us = now_us - e->tick_expected_us;
	struct timeval tv = {.tv_sec = 0, .tv_usec = TICK_MS * 1000};

	(void)fd;
	(void)what;
	if (late_us > 0 && (uint64_t)late_us > e->loop_stall_us_max)
		e->loop_stall_us_max = (uint64_t)late_us;
	if (e->watchdog_interval_ms > 0 && late_us < WATCHDOG_STALL_MAX_MS * INT64_C(1000) &&
		now_us / 1000 - e->watchdog_last_ms >= e->watchdog_interval_ms) {
		(void)service_watchdog_ping();
		e->watchdog_last_ms = now_us / 1000;
	}
	e->tick_expected_us = now_us + TICK_MS * INT64_C(1000);
	(void)evtimer_add(e->tick_timer, &tv);
}

static void log_lines(enum log_level level, const char *subject, const char *key, struct str text)
{
	struct str line;

	while (str_split(&text, '\n', &line)) {
		char copy[LOG_VALUE_MAX];

		if (str_empty(line))
			continue;
		line = utf8_cut(line, sizeof(copy) - 1);
		memcpy(copy, line.data, line.len);
		copy[line.len] = '\0';
		log_emit(level, subject, key, copy, NULL);
	}
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct engine *e = arg;
	struct buf report = BUF_INIT(1024 * 1024);
	struct error err = {0};

	(void)what;
	if (number != SIGHUP) {
		log_emit(LOG_LEVEL_INFO, "ending", "signal", number == SIGINT ? "SIGINT" : "SIGTERM", NULL);
		engine_stop(e);
		return;
	}
	(void)service_reloading();
	if (engine_reload(e, &report, &err) == 0) {
		log_lines(LOG_LEVEL_NOTICE, "configuration", "change", buf_str(&report));
		log_emit(LOG_LEVEL_NOTICE, "configuration reloaded", NULL);
	} else {
		log_lines(LOG_LEVEL_ERROR, "configuration", "mistake", buf_str(&report));
		log_emit(LOG_LEVEL_ERROR, "the configuration in force stays", "reason", err.text, NULL);
	}
	(void)service_ready(NULL);
	buf_release(&report);
}

/* ---- life ---- */

/* writer_plan_fn: runs in the writer's thread, so it looks at nothing but its arguments and the policy. */
static int64_t plan_next(void *arg, const struct feed_state *state, const struct poll_outcome *outcome, int new_items)
{
	struct schedule_policy policy = engine_policy_for(arg, state->id);

	return schedule_next(&policy, state, new_items, outcome->at_ms, (uint64_t)state->id).due_ms;
}

static int open_stages(struct engine *e, struct error *err)
{
	const struct config *c = e->config;
	/* Alerts follow with the rest of the configuration, before the first poll. */
	struct writer_options writer = {
		.state_dir = e->options->state_dir,
		.plan = plan_next,
		.plan_arg = e,
		.keep_items_ms = c->keep_items_ms,
		.keep_events_ms = c->keep_events_ms,
		.keep_size = c->keep_size,
		.alert_backlog_ms = c->alert_backlog_ms,
	};
	struct pool_options pool = {
		.program_fd = e->options->worker_program_fd,
		.workers = (unsigned)c->parse_workers,
		.memory_max = (uint64_t)c->parse_memory,
		.answer_max = LIMIT_WIRE_DOCUMENT,
	};
	struct transfers_options transfers = {
		.max_connections = (long)c->fetch_parallel,
		.connect_timeout_ms = c->fetch_connect_timeout_ms,
		.max_redirects = (int)c->fetch_max_redirects,
		.proxy = c->fetch_proxy,
		.ca_file = c->fetch_ca_file,
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
	e->transfers = transfers_new(e->base, &transfers, err);
	if (e->transfers == NULL)
		return err->code;
	e->publish = publish_new(e->options->state_dir, engine_fill_status, e, err);
	if (e->publish == NULL)
		return err->code;
	e->http = http_server_new(e->base, (unsigned)c->http_connections, publish_handle, e->publish, err);
	if (e->http == NULL)
		return err->code;
	e->stream = stream_new(e->base, &stream, err);
	if (e->stream == NULL)
		return err->code;
	e->control = control_new(e->base, &engine_operations, e, err);
	if (e->control == NULL)
		return err->code;
	e->queue = due_queue_new((size_t)c->fetch_per_host);
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
	e->pump_timer = evtimer_new(e->base, on_pump_timer, e);
	e->tick_timer = evtimer_new(e->base, on_tick, e);
	e->writer_event = event_new(e->base, writer_fd(e->writer), EV_READ | EV_PERSIST, on_commit, e);
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
	e->started_ms = clock_wall_ms();
	(void)pthread_mutex_init(&e->policy_lock, NULL);
	e->base = event_base_new();
	if (e->base == NULL) {
		(void)error_set(err, -ENOMEM, "cannot make the event loop");
		goto failed;
	}
	if (open_stages(e, err) != 0 || add_events(e, err) != 0)
		goto failed;
	e->config = NULL; /* engine_apply_config() puts it back, when it has taken it over */
	if (engine_apply_config(e, config, err) != 0) {
		e->config = config;
		goto failed;
	}
	if (listen_all(e, err) != 0)
		goto failed;
	return e;

failed:
	engine_free(e);
	return NULL;
}

int engine_run(struct engine *e, struct error *err)
{
	e->watchdog_interval_ms = service_watchdog_interval_ms();
	e->tick_expected_us = clock_mono_us();
	on_tick(-1, 0, e);
	(void)service_ready("running");
	engine_pump(e);
	if (event_base_dispatch(e->base) < 0)
		return error_set(err, -EIO, "the event loop failed");
	return 0;
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
	/* Doors first, so that nobody asks for what is being taken down; the writer last, so that what
	 * was taken in is committed. */
	control_free(e->control);
	stream_free(e->stream);
	http_server_free(e->http);
	publish_free(e->publish);
	transfers_free(e->transfers);
	pool_free(e->pool);
	free_event(e->writer_event);
	writer_free(e->writer);
	engine_release_refreshes(e);
	engine_release_feeds(e);
	due_queue_free(e->queue);
	for (size_t i = 0; i < sizeof(e->signals) / sizeof(e->signals[0]); i++)
		free_event(e->signals[i]);
	free_event(e->pump_timer);
	free_event(e->tick_timer);
	if (e->base != NULL)
		event_base_free(e->base);
	(void)pthread_mutex_destroy(&e->policy_lock);
	config_free(e->config);
	free(e->user_agent);
	free(e);
}
