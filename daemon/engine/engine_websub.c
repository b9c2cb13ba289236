/* Subscriptions at hubs: which feeds get one, when a hub is asked, and what polls say about it.
 *
 * All decisions are websub.h's; here they meet the configuration, the clock, transfers and the writer.  Every change
 * of a state ends in engine_websub_settle(), which saves it.  One timer serves all feeds: subscriptions are renewed
 * every few days, so looking at all slots when one is due costs next to nothing. */
#include "engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/fetch/link_header.h"
#include "sitrep/text/public_url.h"
#include "sitrep/text/url.h"

enum {
	/* What a hub says beside its status is of no use. */
	HUB_ANSWER_MAX = 64 * 1024,
	/* Many feeds change at once at start; the wall clock may be set under us. */
	TIMER_MIN_MS = 100,
	TIMER_MAX_MS = 60 * 1000,
	/* Of one head: enough for hubs that nobody asks any more as well. */
	HEAD_HUBS_MAX = 16,
};

static int64_t pause_ms(const struct engine *e)
{
	return e->config->poll_min_ms;
}

/* ---- the timer ---- */

static void wake_at(struct engine *e, int64_t at_ms)
{
	int64_t now_ms = clock_wall_ms();
	int64_t wait_ms = at_ms > now_ms ? at_ms - now_ms : 0;
	struct timeval tv, pending;

	wait_ms = wait_ms < TIMER_MIN_MS ? TIMER_MIN_MS : wait_ms > TIMER_MAX_MS ? TIMER_MAX_MS : wait_ms;
	tv = (struct timeval){.tv_sec = wait_ms / 1000, .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};
	if (evtimer_pending(e->websub_timer, &pending) != 0) {
		struct timeval now, at;

		(void)event_base_gettimeofday_cached(e->base, &now);
		evutil_timeradd(&now, &tv, &at);
		if (evutil_timercmp(&pending, &at, <=))
			return;
	}
	(void)evtimer_add(e->websub_timer, &tv);
}

/* ---- what is told and kept ---- */

static void tell(const struct engine_feed *f, enum websub_phase before)
{
	const struct websub_state *s = &f->hub->state;
	const char *name = f->config->name;
	const char *reason = s->reason != NULL ? s->reason : "";

	if (s->phase == before)
		return;
	switch (s->phase) {
	case WEBSUB_VERIFIED:
		if (before == WEBSUB_TRUSTED)
			log_emit(LOG_LEVEL_NOTICE, "hub was silent about news, feed is polled as before", "feed", name,
				NULL);
		else
			log_emit(LOG_LEVEL_INFO, "subscribed at a hub", "feed", name, NULL);
		break;
	case WEBSUB_TRUSTED:
		log_emit(LOG_LEVEL_NOTICE, "hub delivers, feed is polled rarely", "feed", name, NULL);
		break;
	case WEBSUB_LAPSED:
		log_emit(LOG_LEVEL_NOTICE, "hub did not renew the subscription", "feed", name, NULL);
		break;
	case WEBSUB_DENIED:
	case WEBSUB_FAILED:
		/* not each time that it is tried again */
		if (s->errors == 1)
			log_emit(LOG_LEVEL_NOTICE, "hub cannot be subscribed at", "feed", name, "reason", reason, NULL);
		break;
	case WEBSUB_NONE:
	case WEBSUB_REQUESTED:
		break;
	}
}

struct websub_state *engine_websub_copy(const struct engine_feed *f)
{
	struct websub_state *copy = malloc(sizeof(*copy));

	if (copy == NULL || websub_state_copy(copy, &f->hub->state) != 0) {
		free(copy);
		return NULL;
	}
	return copy;
}

static void save(struct engine_feed *f)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));

	if (o != NULL)
		o->websub = engine_websub_copy(f);
	if (o == NULL || o->websub == NULL) {
		/* It is saved with its next change. */
		poll_outcome_free(o);
		return;
	}
	o->kind = OUTCOME_WEBSUB;
	o->feed_id = f->hub->state.feed_id;
	o->at_ms = clock_wall_ms();
	writer_submit(f->engine->writer, o);
}

void engine_websub_save_again(struct engine *e)
{
	for (size_t i = 0; i < e->slot_count; i++) {
		struct engine_feed *f = e->feeds[i];

		if (f->config == NULL || f->hub == NULL || !f->hub->unsaved)
			continue;
		f->hub->unsaved = false;
		save(f);
	}
	engine_websub_wake(e);
}

void engine_websub_wake(struct engine *e)
{
	wake_at(e, clock_wall_ms());
}

void engine_websub_settle(struct engine_feed *f, enum websub_phase before, bool saved)
{
	tell(f, before);
	if (!saved)
		save(f);
	wake_at(f->engine, websub_wakeup(&f->hub->state, pause_ms(f->engine)));
}

const char *engine_websub_words(const struct engine_feed *f)
{
	enum websub_phase phase = f->hub != NULL ? f->hub->state.phase : WEBSUB_NONE;

	return phase == WEBSUB_NONE && f->hub != NULL && f->hub->state.hubs != NULL ? "not wanted"
										    : websub_phase_name(phase);
}

/* ---- asking a hub ---- */

static void cancel_request(struct engine_feed *f)
{
	if (f->hub == NULL || f->hub->transfer == NULL)
		return;
	transfer_cancel(f->hub->transfer);
	f->hub->transfer = NULL;
	f->engine->hub_requests--;
}

static void on_answer(void *arg, struct transfer_answer *answer)
{
	struct engine_feed *f = arg;
	struct engine *e = f->engine;
	struct websub_state *s = &f->hub->state;
	enum websub_phase before = s->phase;

	f->hub->transfer = NULL;
	e->hub_requests--;
	/* Some hubs verify first and answer afterwards; then the answer says nothing new. */
	if (answer->failure != FAILURE_NONE && s->asked_ms != TIME_NONE) {
		websub_note_failed(s, answer->error.text, answer->retry_after_ms, pause_ms(e), clock_wall_ms());
		engine_websub_settle(f, before, false);
	}
	wake_at(e, clock_wall_ms());
}

/* A private address is open to the feed that the operator has put there, not to wherever that feed points. */
static bool is_on_feeds_host(const struct engine_feed *f, const char *hub)
{
	struct arena scratch;
	bool same;

	arena_init(&scratch, 64 * 1024);
	same = str_eq(url_host(&scratch, str_from(hub)), url_host(&scratch, str_from(f->config->url)));
	arena_release(&scratch);
	return same;
}

static void ask(struct engine_feed *f)
{
	struct engine *e = f->engine;
	const struct config_feed *c = f->config;
	struct str hub = websub_hub(&f->hub->state);
	char *url = strndup(hub.data != NULL ? hub.data : "", hub.len);
	struct buf form = BUF_INIT(8 * LIMIT_URL);
	enum websub_phase before = f->hub->state.phase;
	struct error err = {0};
	struct transfer_request request = {
		.url = url,
		.user_agent = c->user_agent != NULL ? c->user_agent : e->user_agent,
		.proxy = c->proxy,
		.timeout_ms = e->config->fetch_timeout_ms,
		.max_body = HUB_ANSWER_MAX,
		.allow = &e->config->fetch_allow,
	};

	websub_note_asked(&f->hub->state, clock_wall_ms());
	if (url != NULL && websub_write_request(&form, &f->hub->state) == 0) {
		request.form = form.data;
		request.allow_private = c->allow_private && is_on_feeds_host(f, url);
		f->hub->transfer = transfer_start(e->transfers, &request, on_answer, f, &err);
	}
	if (f->hub->transfer != NULL)
		e->hub_requests++;
	else
		websub_note_failed(&f->hub->state, "no memory to ask the hub", 0, pause_ms(e), clock_wall_ms());
	if (form.data != NULL)
		explicit_bzero(form.data, form.len);
	buf_release(&form);
	free(url);
	engine_websub_settle(f, before, false);
}

static int64_t step(struct engine_feed *f, int64_t now_ms)
{
	struct engine *e = f->engine;
	enum websub_phase before = f->hub->state.phase;
	bool changed, may_ask;
	enum websub_action action = websub_step(&f->hub->state, pause_ms(e), now_ms, &changed);

	may_ask = f->hub->transfer == NULL && e->hub_requests < ENGINE_HUB_REQUESTS_MAX && engine_may_poll(e);
	if (changed)
		engine_websub_settle(f, before, false);
	if (action == WEBSUB_SUBSCRIBE && may_ask)
		ask(f);
	else if (action == WEBSUB_SUBSCRIBE)
		return INT64_MAX; /* when an answer has come */
	return websub_wakeup(&f->hub->state, pause_ms(e));
}

void engine_on_websub_timer(evutil_socket_t fd, short what, void *arg)
{
	struct engine *e = arg;
	int64_t now_ms = clock_wall_ms(), next_ms = INT64_MAX;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < e->slot_count; i++) {
		struct engine_feed *f = e->feeds[i];
		int64_t at_ms;

		if (f->config == NULL || f->hub == NULL || f->hub->state.phase == WEBSUB_NONE)
			continue;
		at_ms = step(f, now_ms);
		next_ms = at_ms < next_ms ? at_ms : next_ms;
	}
	wake_at(e, next_ms);
}

/* ---- what is wanted ---- */

/* Where a hub would reach us for this feed; NULL when it should not. */
static const char *wanted_base(const struct engine_feed *f)
{
	const struct engine *e = f->engine;
	const char *option = f->config->websub;

	if (e->options->http_count == 0 || e->states[f->slot].health == FEED_GONE || strcmp(option, "no") == 0 ||
		(engine_is_confidential(f) && strcmp(option, "yes") != 0))
		return NULL;
	return e->config->base_url;
}

static void arrange(struct engine_feed *f, bool changed)
{
	enum websub_phase before = f->hub->state.phase;
	struct error err = {0};
	int result = websub_arrange(&f->hub->state, wanted_base(f), clock_wall_ms(), &err);

	if (result < 0)
		log_emit(LOG_LEVEL_ERROR, "cannot subscribe", "feed", f->config->name, "reason", err.text, NULL);
	if (result == 0 && !changed)
		return;
	cancel_request(f);
	engine_websub_settle(f, before, false);
}

/* What a hub sent while we were away nobody has kept: a feed that was polled rarely is asked once, soon. */
static void catch_up(struct engine_feed *f)
{
	struct engine *e = f->engine;
	const struct feed_state *s = &e->states[f->slot];
	int64_t wait_ms = s->server_wait_ms > pause_ms(e) ? s->server_wait_ms : pause_ms(e);
	int64_t now_ms = clock_elapsed_ms(), ago_ms = engine_polled_ago_ms(e, f), at_ms;

	if (f->hub->state.phase != WEBSUB_TRUSTED || f->phase != PHASE_IDLE || ago_ms < 0)
		return;
	at_ms = ago_ms < wait_ms ? now_ms + wait_ms - ago_ms : now_ms;
	if (s->due_ms == TIME_NONE || at_ms < engine_due_elapsed_ms(e, f))
		(void)due_queue_set(e->queue, f->slot, str_from(f->site), at_ms);
}

static struct engine_hub *hub_new(int64_t feed_id)
{
	struct engine_hub *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	websub_state_init(&h->state);
	h->state.feed_id = feed_id;
	return h;
}

void engine_websub_take(
	struct engine *e, struct websub_state *states, size_t count, struct engine_hub **spare, size_t spare_count)
{
	for (size_t i = 0; i < count; i++) {
		struct engine_feed *f = engine_feed_by_id(e, states[i].feed_id);

		if (f == NULL || f->hub_loaded || spare_count == 0)
			continue;
		f->hub = spare[--spare_count];
		spare[spare_count] = NULL;
		f->hub->state = states[i];
		websub_state_init(&states[i]);
		websub_clamp(&f->hub->state, clock_wall_ms());
		catch_up(f);
	}
	for (size_t i = 0; i < e->slot_count; i++)
		e->feeds[i]->hub_loaded = e->feeds[i]->config != NULL;
}

void engine_websub_configure(struct engine *e)
{
	for (size_t i = 0; i < e->slot_count; i++)
		if (e->feeds[i]->config != NULL && e->feeds[i]->hub != NULL)
			arrange(e->feeds[i], false);
	wake_at(e, clock_wall_ms());
}

void engine_websub_forget(struct engine_feed *f)
{
	cancel_request(f);
	if (f->hub != NULL)
		websub_state_release(&f->hub->state);
	free(f->hub);
	f->hub = NULL;
	f->hub_loaded = false;
}

/* ---- what polls say ---- */

static char *resolve(const char *base, struct str reference)
{
	struct arena scratch;
	struct str url;
	char *copy;

	arena_init(&scratch, 4 * LIMIT_URL);
	url = url_resolve(&scratch, str_from(base), reference);
	copy = url.data != NULL ? strndup(url.data, url.len) : NULL;
	arena_release(&scratch);
	return copy;
}

void engine_websub_hear(struct poll_outcome *o, const struct transfer_answer *answer)
{
	struct str rest = str_from(answer->link);
	struct buf hubs = BUF_INIT(HEAD_HUBS_MAX * (LIMIT_URL + 1));
	struct link_value link;
	size_t count = 0;

	while (link_header_next(&rest, &link)) {
		if (link_has_rel(&link, STR("self")) && o->topic == NULL)
			o->topic = resolve(answer->final_url, link.href);
		if (link_has_rel(&link, STR("hub")) && count++ < HEAD_HUBS_MAX) {
			char *hub = resolve(answer->final_url, link.href);

			(void)buf_printf(&hubs, "%s%s", hubs.len > 0 ? "\n" : "", hub != NULL ? hub : "");
			free(hub);
		}
	}
	o->hubs = buf_take(&hubs, NULL);
}

/* Whether a poll's news says that the hub missed them: not when they may be older than the subscription, or came
 * while nobody was here to be told. */
static bool hub_should_have_known(const struct engine_feed *f, const struct feed_state *before)
{
	int64_t since_ms = f->hub->state.verified_ms;

	if (f->engine->started_ms > since_ms)
		since_ms = f->engine->started_ms;
	return before->last_success_ms != TIME_NONE && before->last_success_ms >= since_ms;
}

void engine_websub_polled(struct engine *e, uint32_t slot, const struct poll_report *r, const struct feed_state *before)
{
	struct engine_feed *f = e->feeds[slot];
	const struct feed_state *s = &e->states[slot];
	struct buf asked = BUF_INIT(4 * LIMIT_URL);
	struct str topic;

	if (f->hub == NULL && r->hubs != NULL && f->hub_loaded)
		f->hub = hub_new(s->id);
	if (f->hub == NULL || e->stopping)
		return;
	if (r->fresh + r->copies > 0 && f->hub->state.phase == WEBSUB_TRUSTED && hub_should_have_known(f, before)) {
		websub_note_found(&f->hub->state, s->last_poll_ms);
		engine_websub_settle(f, f->hub->state.phase, false);
	}
	if (r->topic == NULL)
		(void)buf_add_userless_url(&asked, str_from(s->moved ? s->moved_url : f->config->url));
	topic = r->topic != NULL ? str_from(r->topic) : buf_str(&asked);
	/* Also when nothing changed: a feed that is gone, or has come back, is wanted no more, or again. */
	arrange(f, r->has_document && websub_discover(&f->hub->state, str_from(r->hubs), topic) == 1);
	buf_release(&asked);
}
