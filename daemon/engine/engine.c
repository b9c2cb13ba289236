/* The way of a feed.  A feed that is due gets a transfer; its bytes go to a parse worker; the document
 * goes to the writer; what the writer has committed wakes the stream and the publisher, and tells when
 * the feed is due again.  Every stage answers by a callback from the event loop, and each callback here
 * does one thing: it moves the feed to its next phase.
 *
 * How much is under way is bounded in one place, may_start(): a stage that cannot keep up makes the
 * first one wait, so memory is bounded without any stage dropping work. */
#include "engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"

static void set_phase(struct feed *f, enum feed_phase phase)
{
	f->phase = phase;
	f->phase_since_us = f->engine->moved_us = clock_mono_us();
}

/* ---- the end of a poll ---- */

static void submit_outcome(struct feed *f)
{
	struct poll_outcome *o = f->outcome;

	f->outcome = NULL;
	set_phase(f, PHASE_WRITE);
	writer_submit(f->engine->writer, o);
}

static void fail_outcome(struct feed *f, enum poll_failure failure, const char *reason)
{
	f->outcome->kind = OUTCOME_FAILED;
	f->outcome->failure = failure;
	free(f->outcome->reason);
	f->outcome->reason = strdup(reason);
	submit_outcome(f);
}

/* before: the feed's state in memory, which is ahead of the database where that could not be written. */
static void log_health(const struct feed_state *before, const struct poll_report *r)
{
	const struct feed_state *s = &r->state;

	if (s->name == NULL || before->name == NULL || s->health == before->health)
		return;
	if (s->health == FEED_FAILING)
		log_emit(LOG_LEVEL_WARNING, "feed fails", "feed", s->name, "kind", poll_failure_name(s->failure),
			"reason", s->reason != NULL ? s->reason : "", NULL);
	else if (s->health == FEED_GONE)
		log_emit(LOG_LEVEL_WARNING, "feed is gone and will not be asked again", "feed", s->name, "reason",
			s->reason != NULL ? s->reason : "", NULL);
	else if (before->health == FEED_FAILING || before->health == FEED_GONE)
		log_emit(LOG_LEVEL_NOTICE, "feed recovered", "feed", s->name, NULL);
}

/* One step at a time: guid, url, digest. */
static void log_identity(const struct poll_report *r)
{
	const struct feed_state *s = &r->state;

	if (r->distrusted > 0 && s->name != NULL)
		log_emit(LOG_LEVEL_NOTICE, "feed changes what its items are known by", "feed", s->name, "from",
			feed_identity_name((enum feed_identity)(s->identity - 1)), "to",
			feed_identity_name(s->identity), "unknown", LOG_NUM(r->distrusted), "of-known-items",
			LOG_NUM(r->distrusted_seen), NULL);
}

/* Once a run: a document that is too large is so at each poll. */
static void log_cut(struct feed *f, const struct poll_report *r)
{
	if (r->cut == 0 || f == NULL || f->cut_told)
		return;
	f->cut_told = true;
	log_emit(LOG_LEVEL_WARNING, "feed shows more than the database has room for", "feed", f->config->name,
		"left-out-items", LOG_NUM(r->cut), NULL);
}

/* The hub does not send it again: the feed is asked in its place, and its subscription saved later. */
static void lose_aside(struct engine *e, struct feed *f, bool wants_again)
{
	struct feed_state *s = &f->state;
	int64_t wait_ms;

	websub_feeds_note_unsaved(e->websub, s->id);
	if (!wants_again || f->phase != PHASE_IDLE || e->stopping)
		return;
	/* A feed that is pushed is planned for much later. */
	wait_ms = s->server_wait_ms > ENGINE_DEMAND_GAP_MS ? s->server_wait_ms : ENGINE_DEMAND_GAP_MS;
	if (s->last_poll_ms != TIME_NONE && s->last_poll_ms + wait_ms < s->due_ms)
		s->due_ms = s->last_poll_ms + wait_ms;
	engine_note_lost(e, f);
	(void)due_queue_set(e->queue, f->number, str_from(f->site), engine_due_elapsed_ms(e, f));
}

/* Of a push or a subscription: the feed's own polls go on as they are, except that it may be due sooner. */
static void take_aside(struct engine *e, struct poll_report *r)
{
	struct feed *f = feed_table_by_id(e->feeds, r->feed_id);
	struct feed_state *s;
	bool was_pushed;

	e->items_new += (uint64_t)r->fresh;
	e->items_copies += (uint64_t)r->copies;
	e->items_updated += (uint64_t)r->updates;
	if (r->error.code != 0 && !r->lost)
		log_emit(LOG_LEVEL_ERROR, "cannot store a push", "feed", f != NULL ? f->config->name : "", "reason",
			r->error.text, NULL);
	if (f != NULL && r->lost)
		lose_aside(e, f, r->wants_again);
	if (f == NULL || r->state.name == NULL)
		return;
	s = &f->state;
	was_pushed = s->pushed;
	/* What was lost before is still to be fetched. */
	if (f->lost && s->due_ms < r->state.due_ms)
		r->state.due_ms = s->due_ms;
	feed_state_release(s);
	*s = r->state;
	r->state = (struct feed_state){0};
	if (was_pushed && !s->pushed && f->phase == PHASE_IDLE && !e->stopping)
		(void)due_queue_set(e->queue, f->number, str_from(f->site), engine_due_elapsed_ms(e, f));
}

/* Another feed that is asked at url, or NULL. */
static const char *name_of_twin(const struct engine *e, const struct feed *f, const char *url)
{
	const struct feed *other;

	for (size_t at = 0; (other = feed_table_next(e->feeds, &at)) != NULL;)
		if (other != f && strcmp(engine_feed_url(other), url) == 0)
			return other->state.name;
	return NULL;
}

static void log_move(const struct engine *e, const struct feed *f, const struct feed_state *s)
{
	const char *twin = name_of_twin(e, f, s->moved_url);
	struct buf shown = engine_show_url(f, s->moved_url);

	log_emit(LOG_LEVEL_NOTICE, "feed has moved", "feed", s->name, "url", buf_str(&shown).data, NULL);
	buf_release(&shown);
	if (twin != NULL)
		log_emit(LOG_LEVEL_WARNING, "two feeds have become one, one of them can go", "feed", s->name, "other",
			twin, NULL);
}

static void take_report(struct engine *e, struct poll_report *r)
{
	struct feed *f = feed_table_polled(e->feeds, r->feed_id);
	struct feed_state before;

	log_identity(r);
	log_cut(feed_table_by_id(e->feeds, r->feed_id), r);
	if (!r->is_poll) {
		take_aside(e, r);
		return;
	}
	e->items_new += (uint64_t)r->fresh;
	e->items_copies += (uint64_t)r->copies;
	e->items_updated += (uint64_t)r->updates;
	if (f == NULL)
		return;
	set_phase(f, PHASE_IDLE);
	log_health(&f->state, r);
	f->lost = false;
	if (f->config != NULL && r->state.name != NULL) {
		if (r->state.moved && (!f->state.moved || strcmp(r->state.moved_url, f->state.moved_url) != 0))
			log_move(e, f, &r->state);
		before = f->state;
		f->state = r->state;
		r->state = (struct feed_state){0};
		if (!r->lost && !e->stopping)
			websub_feeds_polled(e->websub, r->feed_id, r, &before);
		feed_state_release(&before);
	} else if (f->config != NULL && r->error.code != 0) {
		/* Nothing can be read of it: it must not be asked at once again. */
		f->state.last_poll_ms = clock_wall_ms();
		f->state.due_ms = f->state.last_poll_ms + e->config->poll_default_ms;
	}
	if (f->config != NULL && r->wants_again)
		engine_note_lost(e, f);
	if (f->config != NULL && !e->stopping) {
		engine_plan_surely(e, f, e->config);
	}
	engine_refresh_report(e, f, r);
}

void engine_on_commit(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	int64_t cursor = 0;
	bool changed = false;
	struct poll_report *first;

	(void)fd;
	(void)what;
	first = writer_collect(e->writer, &cursor);
	/* Afterwards, so that no report of a loss is ahead of it and lets a poll begin. */
	engine_look_at_storing(e);
	for (struct poll_report *r = first; r != NULL; r = r->next) {
		if (r->done != NULL) {
			r->done(r->done_arg, &r->error);
			continue;
		}
		changed = changed || r->fresh + r->copies + r->updates > 0;
		take_report(e, r);
	}
	poll_reports_free(first);
	changed = writer_take_shown(e->writer) || changed;
	if (changed)
		publish_invalidate(e->publish);
	stream_wake(e->stream, cursor);
}

/* ---- parse ---- */

static void on_parsed(void *arg, struct pool_answer *answer)
{
	struct feed *f = arg;
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
}

static void start_parse(struct feed *f, struct transfer_answer *answer)
{
	struct engine *e = f->engine;
	const struct feed_state *state = &f->state;
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
	f->outcome->rules = e->rules_generation;
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

/* Told when it begins and when it ends, since where it leads may change with every poll. */
static void note_detour(struct feed *f, const struct transfer_answer *answer)
{
	const char *name = f->state.name;

	struct buf shown = engine_show_url(f, answer->is_detour ? answer->final_url : "");

	if (answer->is_detour && f->detour == NULL)
		log_emit(LOG_LEVEL_NOTICE, "feed is redirected for now", "feed", name, "url", buf_str(&shown).data,
			NULL);
	else if (!answer->is_detour && f->detour != NULL)
		log_emit(LOG_LEVEL_NOTICE, "feed is no longer redirected", "feed", name, NULL);
	free(f->detour);
	f->detour = answer->is_detour ? buf_take(&shown, NULL) : NULL;
	buf_release(&shown);
}

static void on_transferred(void *arg, struct transfer_answer *answer)
{
	struct feed *f = arg;
	struct engine *e = f->engine;
	struct poll_outcome *o = f->outcome;

	f->transfer = NULL;
	f->polled_ms = clock_elapsed_ms();
	due_queue_done(e->queue, f->number);
	engine_note_server(e, f, e->config, answer->address);
	e->polls++;
	e->bytes_received += (uint64_t)answer->received;
	o->at_ms = clock_wall_ms();
	o->http_status = answer->http_status;
	o->bytes = answer->received;
	o->retry_after_ms = answer->retry_after_ms;
	o->fresh_ms = answer->fresh_ms;
	o->etag = take_string(&answer->etag);
	o->last_modified = take_string(&answer->last_modified);
	o->moved_to = take_string(&answer->permanent_url);
	o->hubs = take_string(&answer->hubs);
	o->topic = take_string(&answer->topic);
	if (answer->failure == FAILURE_NONE)
		note_detour(f, answer);
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

static void start_transfer(struct engine *e, struct feed *f)
{
	const struct config_feed *c = f->config;
	const struct feed_state *s = &f->state;
	struct error err = {0};
	struct transfer_request request = {
		.url = engine_feed_url(f),
		.etag = s->etag,
		.last_modified = s->last_modified,
		.user_agent = c->user_agent != NULL ? c->user_agent : e->user_agent,
		.user = c->user,
		.password = f->credentials.password,
		.bearer = f->credentials.bearer,
		.headers = (const char *const *)f->credentials.headers,
		.client_cert = buf_str(&f->credentials.client_cert),
		.client_key = buf_str(&f->credentials.client_key),
		.authorities = buf_str(&f->credentials.authorities),
		.proxy = c->proxy,
		.timeout_ms = c->timeout_ms > 0 ? c->timeout_ms : e->config->fetch_timeout_ms,
		.max_body = c->max_body > 0 ? c->max_body : e->config->fetch_max_body,
		.allow = &e->config->fetch_allow,
		.allow_too = &c->allow,
		.allow_private = c->allow_private,
		.allow_downgrade = c->allow_downgrade,
	};

	if (engine_wants_whole(s))
		request.etag = request.last_modified = NULL;
	f->outcome = outcome_new(s, s->url);
	if (f->outcome == NULL) {
		/* Nothing can be noted without memory: the feed keeps its place and is tried again later. */
		due_queue_done(e->queue, f->number);
		(void)due_queue_set(
			e->queue, f->number, str_from(f->site), clock_elapsed_ms() + e->config->poll_min_ms);
		return;
	}
	f->outcome->is_private = c->is_private;
	f->outcome->conditional = request.etag != NULL || request.last_modified != NULL;
	f->engine = e;
	set_phase(f, PHASE_TRANSFER);
	f->transfer = transfer_start(e->transfers, &request, on_transferred, f, &err);
	if (f->transfer == NULL) {
		due_queue_done(e->queue, f->number);
		fail_outcome(f, FAILURE_INTERNAL, err.text);
	}
}

/* ---- what may start, and when to look again ---- */

bool engine_has_room(const struct engine *e)
{
	return !e->storing.stopped && pool_pending(e->pool) + writer_pending(e->writer) < ENGINE_PENDING_MAX &&
	       transfers_buffered(e->transfers) + pool_pending_bytes(e->pool) + writer_pending_bytes(e->writer) <
		       ENGINE_BUFFERED_MAX;
}

static bool may_start(const struct engine *e)
{
	return engine_may_poll(e) && transfers_active(e->transfers) < (size_t)e->config->fetch_parallel &&
	       engine_has_room(e);
}

void engine_pump(struct engine *e)
{
	int64_t now_ms = clock_elapsed_ms();
	int64_t wakeup_ms;
	uint32_t number;

	while (may_start(e) && due_queue_next(e->queue, now_ms, &number))
		start_transfer(e, feed_table_numbered(e->feeds, number));
	wakeup_ms = due_queue_wakeup(e->queue);
	if (may_start(e) && wakeup_ms != INT64_MAX) {
		int64_t wait_ms = wakeup_ms > now_ms ? wakeup_ms - now_ms : 0;
		struct timeval tv;

		/* Looks again at least once a minute: the loop's timers stand still while the machine sleeps. */
		if (wait_ms > 60000)
			wait_ms = 60000;
		tv = (struct timeval){.tv_sec = wait_ms / 1000, .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};
		(void)evtimer_add(e->pump_timer, &tv);
	}
}

/* A feed is due: the loop turns, and ends its turn with engine_pump(). */
void engine_on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}
