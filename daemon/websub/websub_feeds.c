/* SPDX-License-Identifier: ISC */
/* The subscriptions are in an array, ascending by feed_id. */
#include "sitrep/websub/websub_feeds.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/array.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/text/public_url.h"
#include "sitrep/text/url.h"
#include "websub_internal.h"

enum {
	/* Subscribe requests at one time.  A few hubs serve most feeds, so all of these may go to one hub. */
	REQUESTS_MAX = 4,
	/* Only the status of a hub's answer is used. */
	HUB_ANSWER_MAX = 64 * 1024,
	/* At least this, since many feeds change at the same time at start; at most that, since the wall clock may be
	 * set in between. */
	TIMER_MIN_MS = 100,
	TIMER_MAX_MS = 60 * 1000,
};

static int64_t pause_ms(const struct websub_feeds *w)
{
	return w->config->poll_min_ms;
}

static bool find_feed(const struct subscription *s, struct websub_feed *feed)
{
	return s->owner->callbacks->find(s->owner->arg, s->state.feed_id, feed) == 0;
}

/* ---- the array ---- */

/* The index of the first subscription whose feed_id is not less. */
static size_t find_place(const struct websub_feeds *w, int64_t feed_id)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->items[middle]->state.feed_id < feed_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct subscription *websub_subscription(const struct websub_feeds *w, int64_t feed_id)
{
	size_t at = find_place(w, feed_id);

	return at < w->count && w->items[at]->state.feed_id == feed_id ? w->items[at] : NULL;
}

static void insert(struct websub_feeds *w, struct subscription *s)
{
	size_t at = find_place(w, s->state.feed_id);

	memmove(&w->items[at + 1], &w->items[at], (w->count - at) * sizeof(struct subscription *));
	w->items[at] = s;
	w->count++;
}

static struct subscription *subscription_new(struct websub_feeds *w)
{
	struct subscription *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->owner = w;
	websub_state_init(&s->state);
	return s;
}

static void subscription_free(struct subscription *s)
{
	websub_state_release(&s->state);
	free(s);
}

static void free_spare(struct websub_feeds *w)
{
	while (w->spare_count > 0)
		subscription_free(w->spare[--w->spare_count]);
	free(w->spare);
	w->spare = NULL;
}

int websub_feeds_reserve(struct websub_feeds *w, size_t feeds)
{
	free_spare(w);
	if (feeds == 0)
		return 0;
	w->spare = calloc(feeds, sizeof(struct subscription *));
	if (w->spare == NULL || array_reserve(&w->items, &w->size, feeds, sizeof(struct subscription *)) != 0)
		return -ENOMEM;
	for (; w->spare_count < feeds; w->spare_count++) {
		w->spare[w->spare_count] = subscription_new(w);
		if (w->spare[w->spare_count] == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* Adds a subscription when a feed names its first hub; NULL without memory. */
static struct subscription *add_subscription(struct websub_feeds *w, int64_t feed_id)
{
	struct subscription *s = NULL;

	if (array_reserve(&w->items, &w->size, w->count + 1, sizeof(struct subscription *)) == 0)
		s = subscription_new(w);
	if (s == NULL)
		return NULL;
	s->state.feed_id = feed_id;
	insert(w, s);
	return s;
}

/* ---- the timer ---- */

static void wake_at(struct websub_feeds *w, int64_t at_ms)
{
	int64_t now_ms = clock_wall_ms(), mono_ms = clock_mono_ms();
	int64_t wait_ms = at_ms > now_ms ? at_ms - now_ms : 0;
	struct timeval tv;

	wait_ms = wait_ms < TIMER_MIN_MS ? TIMER_MIN_MS : wait_ms > TIMER_MAX_MS ? TIMER_MAX_MS : wait_ms;
	if (evtimer_pending(w->timer, NULL) != 0 && w->timer_ms <= mono_ms + wait_ms)
		return;
	w->timer_ms = mono_ms + wait_ms;
	tv = clock_timeval(wait_ms);
	evtimer_add(w->timer, &tv);
}

void websub_feeds_wake(struct websub_feeds *w)
{
	wake_at(w, clock_wall_ms());
}

/* ---- a change ---- */

static void log_phase(const struct subscription *sub, enum websub_phase before)
{
	const struct websub_state *s = &sub->state;
	const char *reason = s->reason != NULL ? s->reason : "";
	struct websub_feed feed;
	const char *name;

	if (s->phase == before || !find_feed(sub, &feed))
		return;
	name = feed.config->name;
	switch (s->phase) {
	case WEBSUB_VERIFIED:
		if (before == WEBSUB_TRUSTED)
			log_emit(LOG_LEVEL_NOTICE, "hub did not push new items, feed is polled as before", "feed", name,
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
		/* logged once, not at each retry */
		if (s->errors == 1)
			log_emit(LOG_LEVEL_NOTICE, "cannot subscribe at hub", "feed", name, "reason", reason, NULL);
		break;
	case WEBSUB_NONE:
	case WEBSUB_REQUESTED:
		break;
	}
}

struct websub_state *websub_copy_state(const struct subscription *s)
{
	struct websub_state *copy = malloc(sizeof(*copy));

	if (copy == NULL || websub_state_copy(copy, &s->state) != 0) {
		free(copy);
		return NULL;
	}
	return copy;
}

static void save_state(struct subscription *s)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));

	if (o != NULL)
		o->websub = websub_copy_state(s);
	if (o == NULL || o->websub == NULL) {
		/* No memory: the timer saves the state again. */
		s->unsaved = true;
		poll_outcome_free(o);
		return;
	}
	o->kind = OUTCOME_WEBSUB;
	o->feed_id = s->state.feed_id;
	o->at_ms = clock_wall_ms();
	s->owner->callbacks->store(s->owner->arg, o);
}

void websub_settle(struct subscription *s, enum websub_phase before, bool saved)
{
	log_phase(s, before);
	if (!saved)
		save_state(s);
	wake_at(s->owner, websub_wakeup(&s->state, pause_ms(s->owner)));
}

void websub_feeds_note_unsaved(struct websub_feeds *w, int64_t feed_id)
{
	struct subscription *s = websub_subscription(w, feed_id);

	if (s != NULL)
		s->unsaved = true;
}

static void save_again(struct websub_feeds *w)
{
	for (size_t i = 0; i < w->count; i++) {
		if (!w->items[i]->unsaved)
			continue;
		w->items[i]->unsaved = false;
		save_state(w->items[i]);
	}
}

void websub_feeds_save_again(struct websub_feeds *w)
{
	save_again(w);
	websub_feeds_wake(w);
}

/* ---- pushes ---- */

void websub_drop_push(struct websub_push *p)
{
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		p->owner->pushes = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	poll_outcome_free(p->outcome);
	free(p);
}

/* ---- requests to hubs ---- */

static void cancel_request(struct subscription *s)
{
	if (s->transfer == NULL)
		return;
	transfer_cancel(s->transfer);
	s->transfer = NULL;
	s->owner->requests--;
}

static void on_answer(void *arg, struct transfer_answer *answer)
{
	struct subscription *s = arg;
	struct websub_feeds *w = s->owner;
	enum websub_phase before = s->state.phase;

	s->transfer = NULL;
	w->requests--;
	/* Some hubs verify before they answer the request: asked_ms is TIME_NONE then, and the answer is ignored. */
	if (answer->failure != FAILURE_NONE && s->state.asked_ms != TIME_NONE) {
		websub_note_failed(&s->state, answer->error.text, answer->retry_after_ms, pause_ms(w), clock_wall_ms());
		websub_settle(s, before, false);
	}
	websub_feeds_wake(w);
}

/* A feed on a private address may use a hub on its own host only, not on any private address that it names. */
static bool is_on_feeds_host(const struct config_feed *feed, const char *hub)
{
	struct arena scratch = ARENA_INIT(64 * 1024);
	bool same;

	same = str_eq(url_host(&scratch, str_from(hub)), url_host(&scratch, str_from(feed->url)));
	arena_release(&scratch);
	return same;
}

static void ask_hub(struct subscription *s, const struct websub_feed *feed)
{
	struct websub_feeds *w = s->owner;
	struct str hub = websub_hub(&s->state);
	char *url = strndup(hub.data != NULL ? hub.data : "", hub.len);
	struct buf form = BUF_INIT(8 * LIMIT_URL);
	enum websub_phase before = s->state.phase;
	struct transfer_request request = {.url = url, .max_body = HUB_ANSWER_MAX};
	struct error err = {.text = "no memory for a request to the hub"};

	websub_note_asked(&s->state, clock_wall_ms());
	if (url != NULL && websub_write_request(&form, &s->state) == 0) {
		request.form = form.data;
		request.allow_private = feed->config->allow_private && is_on_feeds_host(feed->config, url);
		s->transfer = w->callbacks->send(w->arg, feed, &request, on_answer, s, &err);
	}
	if (s->transfer != NULL)
		w->requests++;
	else
		websub_note_failed(&s->state, err.text, 0, pause_ms(w), clock_wall_ms());
	if (form.data != NULL)
		explicit_bzero(form.data, form.len);
	buf_release(&form);
	free(url);
	websub_settle(s, before, false);
}

/* Carries out what the subscription needs now; returns the time of its next step. */
static int64_t step_subscription(struct subscription *s, int64_t now_ms)
{
	struct websub_feeds *w = s->owner;
	enum websub_phase before = s->state.phase;
	struct websub_feed feed;
	bool changed, may_ask;
	enum websub_action action = websub_step(&s->state, pause_ms(w), now_ms, &changed);

	may_ask = s->transfer == NULL && w->requests < REQUESTS_MAX && w->callbacks->room(w->arg).may_ask;
	if (changed)
		websub_settle(s, before, false);
	if (action == WEBSUB_SUBSCRIBE && may_ask && find_feed(s, &feed))
		ask_hub(s, &feed);
	else if (action == WEBSUB_SUBSCRIBE)
		return INT64_MAX; /* the end of a request wakes the timer */
	return websub_wakeup(&s->state, pause_ms(w));
}

static void on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct websub_feeds *w = arg;
	int64_t now_ms = clock_wall_ms(), next_ms = INT64_MAX;

	if (w->callbacks->room(w->arg).may_store)
		save_again(w);
	for (size_t i = 0; i < w->count; i++) {
		int64_t at_ms;

		if (w->items[i]->state.phase == WEBSUB_NONE)
			continue;
		at_ms = step_subscription(w->items[i], now_ms);
		next_ms = at_ms < next_ms ? at_ms : next_ms;
	}
	wake_at(w, next_ms);
}

/* ---- configuration ---- */

/* The base of callback URLs; NULL when the feed is not to be subscribed. */
static const char *wanted_base(const struct websub_feeds *w, const struct websub_feed *feed)
{
	const char *option = feed->config->websub;

	if (!w->reachable || feed->state->health == FEED_GONE || strcmp(option, "no") == 0 ||
		(config_feed_is_confidential(feed->config) && strcmp(option, "yes") != 0))
		return NULL;
	return w->config->base_url;
}

static void arrange(struct subscription *s, const struct websub_feed *feed, bool changed)
{
	enum websub_phase before = s->state.phase;
	struct error err = {0};
	int result = websub_arrange(&s->state, wanted_base(s->owner, feed), clock_wall_ms(), &err);

	if (result < 0)
		log_emit(LOG_LEVEL_ERROR, "cannot subscribe at hub", "feed", feed->config->name, "reason", err.text,
			NULL);
	if (result == 0 && !changed)
		return;
	cancel_request(s);
	websub_settle(s, before, false);
}

/* The hub may have pushed while the daemon was not running: a feed that was polled rarely is polled once. */
static void catch_up(const struct subscription *s, const struct websub_feed *feed)
{
	const struct websub_feeds *w = s->owner;
	int64_t asked_ms = feed->state->server_wait_ms;

	if (s->state.phase == WEBSUB_TRUSTED)
		w->callbacks->poll_once(w->arg, s->state.feed_id, asked_ms > pause_ms(w) ? asked_ms : pause_ms(w));
}

/* Takes the states of feeds that have no subscription in memory.  For the other feeds memory is newer than the
 * database. */
static void take_states(struct websub_feeds *w, struct websub_state *states, size_t count)
{
	for (size_t i = 0; i < count && w->spare_count > 0; i++) {
		struct websub_feed feed;
		struct subscription *s;

		if (websub_subscription(w, states[i].feed_id) != NULL ||
			w->callbacks->find(w->arg, states[i].feed_id, &feed) != 0)
			continue;
		s = w->spare[--w->spare_count];
		s->state = states[i];
		websub_state_init(&states[i]);
		websub_clamp(&s->state, clock_wall_ms());
		insert(w, s);
		catch_up(s, &feed);
	}
	free_spare(w);
}

void websub_feeds_configure(
	struct websub_feeds *w, const struct config *config, struct websub_state *states, size_t count)
{
	w->config = config;
	take_states(w, states, count);
	for (size_t i = 0; i < w->count; i++) {
		struct websub_feed feed;

		if (find_feed(w->items[i], &feed))
			arrange(w->items[i], &feed, false);
	}
	websub_feeds_wake(w);
}

void websub_feeds_forget(struct websub_feeds *w, int64_t feed_id)
{
	size_t at = find_place(w, feed_id);

	if (at == w->count || w->items[at]->state.feed_id != feed_id)
		return;
	cancel_request(w->items[at]);
	subscription_free(w->items[at]);
	w->count--;
	memmove(&w->items[at], &w->items[at + 1], (w->count - at) * sizeof(struct subscription *));
}

/* ---- polls ---- */

/* Whether the hub should have pushed the news that a poll found: the successful poll before it was after the
 * verification and after the daemon's start. */
static bool hub_should_have_known(const struct subscription *s, const struct feed_state *before)
{
	int64_t since_ms = s->state.verified_ms;

	if (s->owner->started_ms > since_ms)
		since_ms = s->owner->started_ms;
	return before->last_success_ms != TIME_NONE && before->last_success_ms >= since_ms;
}

void websub_feeds_polled(
	struct websub_feeds *w, int64_t feed_id, const struct poll_report *r, const struct feed_state *before)
{
	struct subscription *s = websub_subscription(w, feed_id);
	struct buf asked = BUF_INIT(4 * LIMIT_URL);
	struct websub_feed feed;
	struct str topic;

	if (s == NULL && r->hubs != NULL)
		s = add_subscription(w, feed_id);
	if (s == NULL || !find_feed(s, &feed))
		return;
	if (r->fresh + r->copies > 0 && s->state.phase == WEBSUB_TRUSTED && hub_should_have_known(s, before)) {
		websub_note_found(&s->state, feed.state->last_poll_ms);
		websub_settle(s, s->state.phase, false);
	}
	if (r->topic == NULL)
		buf_add_userless_url(&asked, str_from(feed.state->moved ? feed.state->moved_url : feed.config->url));
	topic = r->topic != NULL ? str_from(r->topic) : buf_str(&asked);
	/* Called even without a change: a feed that is gone loses its subscription, one that is back gets one. */
	arrange(s, &feed, r->has_document && websub_discover(&s->state, str_from(r->hubs), topic) == 1);
	buf_release(&asked);
}

/* ---- reports ---- */

void websub_feeds_follow_clock(struct websub_feeds *w, int64_t jump_ms, int64_t now_ms)
{
	w->started_ms = time_follow_clock(w->started_ms, jump_ms, now_ms);
	for (size_t i = 0; i < w->count; i++)
		websub_state_follow_clock(&w->items[i]->state, jump_ms, now_ms);
}

const struct websub_state *websub_feeds_find(const struct websub_feeds *w, int64_t feed_id)
{
	const struct subscription *s = websub_subscription(w, feed_id);

	return s != NULL ? &s->state : NULL;
}

const char *websub_feeds_words(const struct websub_feeds *w, int64_t feed_id)
{
	const struct websub_state *s = websub_feeds_find(w, feed_id);
	enum websub_phase phase = s != NULL ? s->phase : WEBSUB_NONE;

	return phase == WEBSUB_NONE && s != NULL && s->hubs != NULL ? "not wanted" : websub_phase_name(phase);
}

void websub_feeds_get_stats(const struct websub_feeds *w, struct websub_stats *stats)
{
	*stats = w->stats;
}

/* ---- life ---- */

struct websub_feeds *websub_feeds_new(
	struct event_base *base, bool reachable, const struct websub_callbacks *callbacks, void *arg, struct error *err)
{
	struct websub_feeds *w = calloc(1, sizeof(*w));

	if (w == NULL)
		goto failed;
	*w = (struct websub_feeds){.base = base,
		.reachable = reachable,
		.callbacks = callbacks,
		.arg = arg,
		.started_ms = clock_wall_ms()};
	w->timer = evtimer_new(base, on_timer, w);
	if (w->timer != NULL)
		return w;
failed:
	error_sys(err, -ENOMEM, "cannot set up WebSub");
	websub_feeds_free(w);
	return NULL;
}

void websub_feeds_free(struct websub_feeds *w)
{
	if (w == NULL)
		return;
	while (w->pushes != NULL)
		websub_drop_push(w->pushes);
	for (size_t i = 0; i < w->count; i++)
		subscription_free(w->items[i]);
	free(w->items);
	free_spare(w);
	if (w->timer != NULL)
		event_free(w->timer);
	free(w);
}
