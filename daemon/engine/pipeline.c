/* SPDX-License-Identifier: ISC */
/* Takes a feed from the due queue to the writer. */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "poll_plan.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/schedule/answer_times.h"

/* Bodies and documents between transfer and commit, in bytes and in number.  At a limit no transfer starts. */
enum { BUFFERED_MAX = 3 * 1024 * 1024, PENDING_MAX = 64 };

static void set_phase(struct pipeline *p, struct feed *f, enum feed_phase phase)
{
	f->phase = phase;
	f->phase_since_us = p->moved_us = clock_mono_us();
}

/* ---- the end of a poll ---- */

static void submit_outcome(struct pipeline *p, struct feed *f)
{
	struct poll_outcome *o = f->outcome;

	f->outcome = NULL;
	set_phase(p, f, PHASE_WRITE);
	writer_submit(p->stages->writer, o);
}

static void fail_outcome(struct pipeline *p, struct feed *f, enum poll_failure failure, const char *reason)
{
	f->outcome->kind = OUTCOME_FAILED;
	f->outcome->failure = failure;
	free(f->outcome->reason);
	f->outcome->reason = strdup(reason);
	submit_outcome(p, f);
}

/* ---- parse ---- */

static void on_parsed(void *arg, struct pool_answer *answer)
{
	struct feed *f = arg;
	struct pipeline *p = f->pipeline;
	enum poll_failure failure = FAILURE_PARSER;

	if (answer->status == 0) {
		f->outcome->kind = OUTCOME_DOCUMENT;
		f->outcome->document = answer->document;
		answer->document = BUF_INIT(answer->document.max);
		submit_outcome(p, f);
	} else {
		if (answer->status == -EBADMSG)
			failure = FAILURE_NOT_A_FEED;
		f->outcome->http_status = 200;
		fail_outcome(p, f, failure, answer->error.text);
	}
}

static void start_parse(struct pipeline *p, struct feed *f, struct transfer_answer *answer)
{
	const struct feed_state *state = &f->state;
	struct error err = {0};
	struct job job = {
		.feed = str_from(state->name),
		.title = str_from(state->title),
		.categories = str_from(state->categories),
		.publisher = str_from(f->config != NULL ? f->config->publisher : NULL),
		.url = str_from(answer->final_url),
		.content_type = str_from(answer->content_type),
		.content_location = str_from(answer->content_location),
		.content_language = str_from(answer->content_language),
	};

	set_phase(p, f, PHASE_PARSE);
	f->outcome->rules = p->stages->rules_generation;
	if (pool_submit(p->stages->pool, &job, &answer->body, on_parsed, f, &err) != 0)
		fail_outcome(p, f, FAILURE_INTERNAL, err.text);
}

/* ---- transfer ---- */

/* Logs when a temporary redirect begins and ends, not its changes: the target may differ at each poll. */
static void note_detour(struct feed *f, const struct transfer_answer *answer)
{
	const char *name = f->state.name;

	struct buf shown = planner_show_url(f, answer->is_detour ? answer->final_url : "");

	if (answer->is_detour && f->detour == NULL)
		log_emit(LOG_LEVEL_NOTICE, "feed is redirected for now", "feed", name, "url", buf_str(&shown).data,
			NULL);
	else if (!answer->is_detour && f->detour != NULL)
		log_emit(LOG_LEVEL_NOTICE, "feed is no longer redirected", "feed", name, NULL);
	free(f->detour);
	f->detour = answer->is_detour ? buf_take(&shown, NULL) : NULL;
	buf_release(&shown);
}

/* Not after a redirect: it may begin at another operator's server, which would be asked as often. */
static bool may_force_interval(const struct pipeline *p, const struct feed *f, const struct transfer_answer *answer)
{
	return f->config->force_interval && !answer->is_detour && answer->permanent_url == NULL &&
	       planner_is_own_server(f, p->stages->config, answer->address);
}

static void on_transferred(void *arg, struct transfer_answer *answer)
{
	struct feed *f = arg;
	struct pipeline *p = f->pipeline;
	struct poll_outcome *o = f->outcome;

	f->transfer = NULL;
	f->polled_ms = clock_elapsed_ms();
	due_queue_done(p->stages->queue, f->number);
	if (answer->http_status > 0)
		answer_times_note(&f->answers, clock_wall_ms(), (clock_mono_us() - f->phase_since_us) / 1000);
	planner_note_server(p->planner, f, p->stages->config, answer->address);
	feed_policies_set_forced(p->stages->policies, f->state.id, may_force_interval(p, f, answer));
	p->polls++;
	histogram_note(&p->poll_durations, HISTOGRAM_OF_WORK, clock_mono_us() - f->phase_since_us, 1);
	p->bytes_received += (uint64_t)answer->received;
	network_note(&p->network, f, answer);
	o->at_ms = clock_wall_ms();
	o->http_status = answer->http_status;
	o->bytes = answer->received;
	o->retry_after_ms = answer->retry_after_ms;
	o->fresh_ms = answer->fresh_ms;
	o->etag = cstr_take(&answer->etag);
	o->last_modified = cstr_take(&answer->last_modified);
	o->moved_to = cstr_take(&answer->permanent_url);
	o->hubs = cstr_take(&answer->hubs);
	o->topic = cstr_take(&answer->topic);
	if (answer->failure == FAILURE_NONE)
		note_detour(f, answer);
	if (answer->failure != FAILURE_NONE) {
		p->polls_failed++;
		fail_outcome(p, f, answer->failure, answer->error.text);
	} else if (answer->http_status == 304) {
		p->polls_not_modified++;
		o->kind = OUTCOME_NOT_MODIFIED;
		submit_outcome(p, f);
	} else if (answer->body.len == 0) {
		fail_outcome(p, f, FAILURE_EMPTY, "the answer is empty");
	} else {
		start_parse(p, f, answer);
	}
}

static struct poll_outcome *outcome_new(const struct feed_state *state, const char *url)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->feed_id = state->id;
	o->at_ms = clock_wall_ms();
	o->retry_after_ms = o->fresh_ms = -1;
	o->url = strdup(url);
	if (o->url == NULL) {
		free(o);
		return NULL;
	}
	return o;
}

static enum transfer_http http_version(const struct config_feed *c)
{
	if (strcmp(c->http_version, "1.1") == 0)
		return TRANSFER_HTTP_1;
	return strcmp(c->http_version, "2") == 0 ? TRANSFER_HTTP_2 : TRANSFER_HTTP_AUTO;
}

/* At each poll, so that a new password counts at once. */
static int load_credentials(struct feed *f, struct error *err)
{
	credentials_release(&f->credentials);
	return credentials_load(&f->credentials, f->config, NULL, err);
}

static void start_transfer(struct pipeline *p, struct feed *f)
{
	const struct stages *stages = p->stages;
	const struct config_feed *c = f->config;
	const struct feed_state *s = &f->state;
	struct error err = {0};
	int secrets = load_credentials(f, &err);
	struct transfer_request request = {
		.url = planner_feed_url(f),
		.etag = s->etag,
		.last_modified = s->last_modified,
		.user_agent = c->user_agent != NULL ? c->user_agent : stages->user_agent,
		.user = c->user,
		.password = f->credentials.password,
		.bearer = f->credentials.bearer,
		.headers = (const char *const *)f->credentials.headers,
		.client_cert = buf_str(&f->credentials.client_cert),
		.client_key = buf_str(&f->credentials.client_key),
		.authorities = buf_str(&f->credentials.authorities),
		.proxy = c->proxy,
		.timeout_ms = c->timeout_ms > 0 ? c->timeout_ms : stages->config->fetch_timeout_ms,
		.max_body = c->max_body > 0 ? c->max_body : stages->config->fetch_max_body,
		.allow = &stages->config->fetch_allow,
		.allow_too = &c->allow,
		.allow_private = c->allow_private,
		.allow_downgrade = c->allow_downgrade,
		.allow_old_tls = c->allow_old_tls,
		.http = http_version(c),
	};

	if (poll_plan_wants_unconditional(s))
		request.etag = request.last_modified = NULL;
	f->outcome = outcome_new(s, s->url);
	if (f->outcome == NULL) {
		/* Without memory there is no outcome to fill: the poll is tried again later. */
		planner_put_off(p->planner, f);
		return;
	}
	f->outcome->is_private = c->is_private;
	if (f->by_hand && s->due_ms > f->outcome->at_ms)
		f->outcome->early_ms = s->due_ms - f->outcome->at_ms;
	f->by_hand = false;
	f->outcome->conditional = request.etag != NULL || request.last_modified != NULL;
	f->pipeline = p;
	set_phase(p, f, PHASE_TRANSFER);
	if (secrets != 0) {
		due_queue_done(p->stages->queue, f->number);
		fail_outcome(p, f, secrets == -ENOMEM ? FAILURE_INTERNAL : FAILURE_SECRET, err.text);
		return;
	}
	f->transfer = transfer_start(stages->transfers, &request, on_transferred, f, &err);
	if (f->transfer == NULL) {
		due_queue_done(p->stages->queue, f->number);
		fail_outcome(p, f, FAILURE_INTERNAL, err.text);
	}
}

/* ---- start of polls ---- */

bool pipeline_has_room(const struct pipeline *p)
{
	struct writer_stats writer;

	writer_get_stats(p->stages->writer, &writer);
	return !p->polling->storing.stopped && pool_pending(p->stages->pool) + writer.pending < PENDING_MAX &&
	       transfers_buffered(p->stages->transfers) + pool_pending_bytes(p->stages->pool) + writer.pending_bytes <
		       BUFFERED_MAX;
}

static bool may_start(const struct pipeline *p)
{
	return polling_may_ask(p->polling) &&
	       transfers_active(p->stages->transfers) < (size_t)p->stages->config->fetch_parallel &&
	       pipeline_has_room(p);
}

void pipeline_pump(struct pipeline *p)
{
	int64_t now_ms = clock_elapsed_ms();
	int64_t wakeup_ms;
	uint32_t number;

	while (may_start(p) && due_queue_next(p->stages->queue, now_ms, &number))
		start_transfer(p, feed_table_numbered(p->stages->feeds, number));
	wakeup_ms = due_queue_wakeup(p->stages->queue);
	if (may_start(p) && wakeup_ms != INT64_MAX) {
		int64_t wait_ms = wakeup_ms > now_ms ? wakeup_ms - now_ms : 0;
		struct timeval tv;

		/* At least once a minute: the loop's timers stop while the machine sleeps. */
		if (wait_ms > 60000)
			wait_ms = 60000;
		tv = clock_timeval(wait_ms);
		evtimer_add(p->timer, &tv);
	}
}

/* Nothing to do here: engine_run() calls pipeline_pump() after each turn of the loop. */
static void on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
}

/* ---- calls of other parts ---- */

void pipeline_note_go(struct pipeline *p)
{
	p->moved_us = clock_mono_us();
}

void pipeline_done(struct pipeline *p, struct feed *f)
{
	set_phase(p, f, PHASE_IDLE);
}

void pipeline_forget(struct pipeline *p, struct feed *f)
{
	if (f->phase == PHASE_TRANSFER) {
		transfer_cancel(f->transfer);
		f->transfer = NULL;
		due_queue_done(p->stages->queue, f->number);
		poll_outcome_free(f->outcome);
		f->outcome = NULL;
		f->phase = PHASE_IDLE;
	}
	f->polled_ms = TIME_NONE;
	free(f->answers);
	f->answers = NULL;
	free(f->detour);
	f->detour = NULL;
}

bool pipeline_first_cut(struct feed *f)
{
	bool is_first = !f->cut_told;

	f->cut_told = true;
	return is_first;
}

void pipeline_follow_clock(struct feed *f, int64_t jump_ms, int64_t now_ms)
{
	if (f->outcome != NULL)
		poll_outcome_follow_clock(f->outcome, jump_ms, now_ms);
}

int pipeline_init(struct pipeline *p, const struct stages *stages, const struct polling *polling,
	struct planner *planner, struct error *err)
{
	*p = (struct pipeline){.stages = stages, .polling = polling, .planner = planner, .moved_us = clock_mono_us()};
	network_init(&p->network, stages, planner);
	p->timer = evtimer_new(stages->base, on_timer, p);
	return p->timer != NULL ? 0 : error_set(err, -ENOMEM, "cannot plan feeds");
}

void pipeline_release(struct pipeline *p)
{
	if (p->timer != NULL)
		event_free(p->timer);
}
