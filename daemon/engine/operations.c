/* SPDX-License-Identifier: ISC */
/* The operations of the control socket. */
#include "engine_internal.h"

#include <errno.h>
#include <stdio.h>

#include "feed_lookup.h"
#include "poll_plan.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"

enum { EXPLANATION_MAX = 64 * 1024 };

/* ---- feeds ---- */

/* Feeds that are written in one turn of the loop: about a millisecond. */
enum { FEEDS_AT_ONCE = 200 };

static void write_feed(const struct engine *e, const struct feed *f, struct jsonw *w)
{
	const struct feed_state *s = &f->state;
	const struct websub_state *subscription = websub_feeds_find(e->stages.websub, s->id);
	bool is_server;
	int64_t now_ms = clock_elapsed_ms();
	int64_t until_ms = due_queue_closed_until(e->stages.queue, str_from(f->site), &is_server);

	jsonw_object(w);
	jsonw_kv_cstr(w, "name", s->name);
	jsonw_kv_cstr(w, "title", s->title != NULL ? s->title : s->name);
	jsonw_kv_cstr(w, "url", s->url);
	jsonw_kv_cstr(w, "state", feed_health_name(s->health));
	if (s->reason != NULL) {
		jsonw_kv_cstr(w, "failure", poll_failure_name(s->failure));
		jsonw_kv_cstr(w, "reason", s->reason);
		jsonw_kv_int(w, "errors", s->errors);
		jsonw_kv_time(w, "failing_since", s->failing_since_ms);
	}
	if (s->moved) {
		struct buf shown = planner_show_url(f, s->moved_url);

		jsonw_kv_str(w, "moved_to", buf_str(&shown));
		buf_release(&shown);
	}
	if (f->detour != NULL)
		jsonw_kv_cstr(w, "redirected_to", f->detour);
	jsonw_kv_cstr(w, "identity", feed_identity_name(s->identity));
	if (s->http_status != 0)
		jsonw_kv_int(w, "http_status", s->http_status);
	jsonw_kv_cstr(w, "websub", websub_feeds_words(e->stages.websub, s->id));
	jsonw_kv_cstr(w, "websub_reason", subscription != NULL ? subscription->reason : NULL);
	jsonw_kv_time(w, "due", s->due_ms);
	if (until_ms > now_ms)
		jsonw_kv_time(w, "not_before", clock_wall_ms() + until_ms - now_ms);
	if (f->phase != PHASE_IDLE)
		jsonw_kv_bool(w, "polling", true);
	/* paused or not storing: the feed is not polled even when it is due. */
	if (e->polling.paused)
		jsonw_kv_bool(w, "paused", true);
	if (e->polling.storing.stopped)
		jsonw_kv_bool(w, "storing", false);
	poll_plan_write(s, w);
	jsonw_kv_time(w, "last_poll", s->last_poll_ms);
	jsonw_kv_time(w, "last_success", s->last_success_ms);
	jsonw_kv_time(w, "last_new", s->last_new_ms);
	jsonw_kv_int(w, "polls", s->polls);
	jsonw_kv_int(w, "not_modified", s->not_modified);
	jsonw_kv_int(w, "bytes", s->bytes);
	jsonw_kv_int(w, "items", s->items);
	jsonw_object_end(w);
}

static int write_feeds(void *arg, struct str feed, size_t *at, struct jsonw *w, struct error *err)
{
	const struct engine *e = arg;
	/* A reload between two calls may have left fewer feeds. */
	size_t count = feed_table_places(e->stages.feeds), from = *at < count ? *at : count;
	size_t end = count - from < FEEDS_AT_ONCE ? count : from + FEEDS_AT_ONCE;
	const struct feed *only = feed.data != NULL ? feed_lookup(&e->stages, feed, err) : NULL, *f;

	if (feed.data != NULL && only == NULL)
		return err->code;
	jsonw_array(w);
	if (only != NULL)
		write_feed(e, only, w);
	for (size_t i = from; i < end && only == NULL; i++)
		if ((f = feed_table_at(e->stages.feeds, i)) != NULL)
			write_feed(e, f, w);
	jsonw_array_end(w);
	*at = only == NULL && end < count ? end : 0;
	return 0;
}

/* ---- explain ---- */

/* Appends the reasons that do not come from the feed's own plan: its site, the network, a pause, storing. */
static void explain_site(const struct engine *e, const struct feed *f, struct buf *out)
{
	char when[TIME_TEXT_MAX];
	bool is_server;
	int64_t now_ms = clock_elapsed_ms();
	int64_t until_ms = due_queue_closed_until(e->stages.queue, str_from(f->site), &is_server);

	if (until_ms > now_ms)
		buf_printf(out, "%s%s has asked for a pause (HTTP 429 or 503); no feed there is polled before %s.\n",
			is_server ? "The server of " : "", f->site,
			time_format_rfc3339(when, clock_wall_ms() + until_ms - now_ms));
	if (network_is_away(&e->pipeline.network, f))
		buf_puts(out, "The network is away: no server can be reached, and failed polls are held against "
			      "no feed.\n");
	if (e->polling.paused)
		buf_puts(out, "Polling is paused; \"sitrep resume\" ends that.\n");
	if (e->polling.storing.stopped)
		buf_printf(out, "No feed is polled while nothing can be stored: %s.\n", e->polling.storing.reason);
	if (f->phase != PHASE_IDLE)
		buf_puts(out, "It is being polled now.\n");
}

void engine_explain_feed(void *arg, const struct feed *feed, struct buf *out)
{
	const struct engine *e = arg;
	struct schedule_policy policy = feed_policies_get(e->stages.policies, feed->state.id);

	poll_plan_explain(&feed->state, &policy, out);
	explain_site(e, feed, out);
}

/* Writes all reasons for the time of the feed's next poll, an array of sentences. */
static int explain_feed(void *arg, struct str feed, struct jsonw *w, struct error *err)
{
	const struct engine *e = arg;
	const struct feed *f = feed.data != NULL ? feed_lookup(&e->stages, feed, err) : NULL;
	struct buf text = BUF_INIT(EXPLANATION_MAX);
	struct str rest, line;

	if (f == NULL)
		return feed.data != NULL ? err->code : error_set(err, -EINVAL, "expected \"feed\"");
	engine_explain_feed(arg, f, &text);
	jsonw_array(w);
	for (rest = buf_str(&text); str_split(&rest, '\n', &line);)
		if (!str_empty(line))
			jsonw_str(w, line);
	jsonw_array_end(w);
	buf_release(&text);
	return 0;
}

/* ---- other operations ---- */

static int refresh_feeds(void *arg, struct str feed, struct control_peer *peer, struct error *err)
{
	return refreshes_start(&((struct engine *)arg)->refreshes, feed, peer, err);
}

static int submit(void *arg, struct request *q, struct control_peer *peer, struct error *err)
{
	return writer_requests_submit(&((struct engine *)arg)->requests, q, peer, err);
}

static int ask_of_story(
	void *arg, const char *op, struct str item, struct str other, struct control_peer *peer, struct error *err)
{
	return submit(arg, story_request_new(op, item, other), peer, err);
}

static int forget_feed(void *arg, struct str feed, bool sure, struct control_peer *peer, struct error *err)
{
	const struct engine *e = arg;

	/* A disabled feed is in the configuration too. */
	if (config_find_feed(e->stages.config, feed) != NULL)
		return error_set(err, -EBUSY,
			"%.*s is in the configuration: take its section out, reload, and then forget it",
			STR_ARG(feed));
	return submit(arg, forget_request_new(feed, sure), peer, err);
}

static int ask_of_silences(void *arg, const struct control_silence *wish, struct control_peer *peer, struct error *err)
{
	struct silence_wish to_add = {.matcher = wish->matcher, .why = wish->why, .for_ms = wish->for_ms};
	struct control_user user;

	if (control_peer_user(peer, &user))
		snprintf(to_add.by, sizeof(to_add.by), "uid %u", (unsigned)user.uid);
	return submit(arg, silence_request_new(&to_add, wish->id), peer, err);
}

static int ask_of_alerts(void *arg, struct control_peer *peer, struct error *err)
{
	return submit(arg, alert_request_new(), peer, err);
}

static int reload_config(void *arg, struct control_peer *peer, struct error *err)
{
	return config_reload_ask(&((struct engine *)arg)->reload, peer, err);
}

static void pause_polling(void *arg, bool paused)
{
	struct engine *e = arg;
	struct error err = {0};

	if (!polling_set_paused(&e->polling, paused))
		return;
	pipeline_note_go(&e->pipeline);
	if (paused) {
		polling_refuse(&e->polling, &err);
		refreshes_end(&e->refreshes, err.text);
	} else {
		websub_feeds_wake(e->stages.websub);
	}
}

static void forget_peer(void *arg, struct control_peer *peer)
{
	struct engine *e = arg;

	refreshes_forget_peer(&e->refreshes, peer);
	writer_requests_forget_peer(&e->requests, peer);
	config_reload_forget_peer(&e->reload, peer);
}

const struct control_operations engine_operations = {
	.status = engine_write_status,
	.feeds = write_feeds,
	.explain = explain_feed,
	.refresh = refresh_feeds,
	.story = ask_of_story,
	.forget = forget_feed,
	.silence = ask_of_silences,
	.alerts = ask_of_alerts,
	.reload = reload_config,
	.pause = pause_polling,
	.peer_gone = forget_peer,
};
