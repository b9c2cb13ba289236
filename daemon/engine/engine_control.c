/* What the operator may ask of a running daemon, and the numbers it gives of itself. */
#include "engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/damage.h"

/* ---- status ---- */

void engine_fill_status(void *arg, struct publish_status *status)
{
	struct engine *e = arg;
	struct pool_stats pool = {0};
	struct writer_stats writer = {0};
	struct http_stats http = {0};
	struct stream_stats stream = {0};
	struct websub_stats websub;

	pool_get_stats(e->pool, &pool);
	writer_get_stats(e->writer, &writer);
	http_server_get_stats(e->http, &http);
	stream_get_stats(e->stream, &stream);
	websub_feeds_get_stats(e->websub, &websub);
	*status = (struct publish_status){
		.started_ms = e->started_ms,
		.transfers_active = transfers_active(e->transfers),
		.transfers_buffered = transfers_buffered(e->transfers),
		.parse_pending = pool_pending(e->pool),
		.write_pending = writer_pending(e->writer),
		.waiting = due_queue_waiting(e->queue, clock_elapsed_ms()),
		.polls = e->polls,
		.polls_failed = e->polls_failed,
		.polls_not_modified = e->polls_not_modified,
		.bytes_received = e->bytes_received,
		.items_new = e->items_new,
		.items_copies = e->items_copies,
		.items_updated = e->items_updated,
		.parse_jobs = pool.jobs,
		.parse_failures = pool.failures,
		.worker_restarts = pool.restarts,
		.commits = writer.commits,
		.commit_us_max = writer.commit_us_max,
		.near_postings = writer.postings,
		.stream_clients = stream.clients,
		.stream_read_errors = stream.read_errors,
		.loop_stall_us_max = e->loop_stall_us_max,
		.turn_us_max = e->turn_us_max,
		.pushes = websub.pushes,
		.pushes_refused = websub.pushes_refused,
		.http_requests = http.requests,
		.http_not_modified = http.not_modified,
		.polls_lost = e->storing.lost,
		.log_lines_dropped = log_dropped(),
		.http_ambiguous = http.ambiguous,
	};
	memcpy(status->http_dropped, http.dropped, sizeof(status->http_dropped));
	engine_gather_health(e, &status->health);
}

static void count_health(const struct engine *e, struct jsonw *w)
{
	int64_t counts[FEED_GONE + 1] = {0};
	const struct feed *f;
	int64_t feeds = 0;

	for (size_t at = 0; (f = feed_table_next(e->feeds, &at)) != NULL;) {
		feeds++;
		counts[f->state.health]++;
	}
	jsonw_key(w, "feeds");
	jsonw_object(w);
	jsonw_kv_int(w, "configured", feeds);
	for (int h = 0; h <= FEED_GONE; h++)
		jsonw_kv_int(w, feed_health_name((enum feed_health)h), counts[h]);
	jsonw_object_end(w);
}

/* What was found damaged in the database. */
static void write_damage(struct jsonw *w)
{
	struct damage d;

	damage_get(&d);
	jsonw_key(w, "database");
	jsonw_object(w);
	jsonw_kv_int(w, "damaged_rows", (int64_t)d.rows);
	jsonw_kv_int(w, "damaged_tables", (int64_t)d.tables);
	if (d.text[0] != '\0')
		jsonw_kv_cstr(w, "damage", d.text);
	jsonw_kv_time(w, "checked", d.checked_ms);
	jsonw_object_end(w);
}

static void write_storing(const struct engine *e, struct jsonw *w)
{
	jsonw_kv_bool(w, "storing", !e->storing.stopped);
	if (!e->storing.stopped)
		return;
	jsonw_kv_time(w, "stopped_since", e->storing.since_ms);
	jsonw_kv_cstr(w, "stopped_reason", e->storing.reason);
}

/* As /healthz has it. */
static void write_health(struct engine *e, const struct health_facts *facts, struct jsonw *w)
{
	struct health health;

	publish_judge_health(e->publish, facts, &health);
	jsonw_key(w, "health");
	jsonw_object(w);
	health_write_json(&health, w);
	jsonw_object_end(w);
}

static void write_status(void *arg, struct jsonw *w)
{
	struct engine *e = arg;
	struct pool_stats pool = {0};
	struct publish_status s;

	pool_get_stats(e->pool, &pool);
	engine_fill_status(e, &s);
	jsonw_kv_cstr(w, "version", SITREP_VERSION);
	jsonw_kv_time(w, "started", s.started_ms);
	jsonw_kv_bool(w, "paused", e->paused);
	jsonw_kv_time(w, "paused_since", e->paused ? e->paused_ms : TIME_NONE);
	write_storing(e, w);
	write_health(e, &s.health, w);
	count_health(e, w);
	jsonw_key(w, "now");
	jsonw_object(w);
	jsonw_kv_int(w, "transfers", (int64_t)s.transfers_active);
	jsonw_kv_int(w, "waiting", (int64_t)s.waiting);
	jsonw_kv_int(w, "parsing", (int64_t)s.parse_pending);
	jsonw_kv_int(w, "writing", (int64_t)s.write_pending);
	jsonw_kv_int(w, "subscribers", (int64_t)s.stream_clients);
	jsonw_object_end(w);
	jsonw_key(w, "workers");
	jsonw_object(w);
	jsonw_kv_int(w, "configured", (int64_t)pool.workers);
	jsonw_kv_int(w, "ready", (int64_t)pool.ready);
	if (pool.trouble != NULL)
		jsonw_kv_cstr(w, "trouble", pool.trouble);
	jsonw_object_end(w);
	jsonw_key(w, "since_start");
	jsonw_object(w);
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
	write_damage(w);
}

/* ---- feeds ---- */

/* Feeds that are written in one turn of the loop: about a millisecond. */
enum { FEEDS_AT_ONCE = 200 };

static void write_feed(const struct engine *e, const struct feed *f, struct jsonw *w)
{
	const struct feed_state *s = &f->state;
	const struct websub_state *subscription = websub_feeds_find(e->websub, s->id);

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
		struct buf shown = engine_show_url(f, s->moved_url);

		jsonw_kv_str(w, "moved_to", buf_str(&shown));
		buf_release(&shown);
	}
	if (f->detour != NULL)
		jsonw_kv_cstr(w, "redirected_to", f->detour);
	jsonw_kv_cstr(w, "identity", feed_identity_name(s->identity));
	if (s->http_status != 0)
		jsonw_kv_int(w, "http_status", s->http_status);
	jsonw_kv_cstr(w, "websub", websub_feeds_words(e->websub, s->id));
	jsonw_kv_cstr(w, "websub_reason", subscription != NULL ? subscription->reason : NULL);
	jsonw_kv_time(w, "due", s->due_ms);
	/* Then it is not asked, due or not. */
	if (e->paused)
		jsonw_kv_bool(w, "paused", true);
	if (e->storing.stopped)
		jsonw_kv_bool(w, "storing", false);
	engine_write_habits(s, w);
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
	/* A reload in between may have left fewer. */
	size_t count = feed_table_places(e->feeds), from = *at < count ? *at : count;
	size_t end = count - from < FEEDS_AT_ONCE ? count : from + FEEDS_AT_ONCE;
	const struct feed *only = feed.data != NULL ? feed_table_find(e->feeds, feed) : NULL, *f;

	if (feed.data != NULL && only == NULL)
		return error_set(err, -ENOENT, "no feed is named %.*s", STR_ARG(feed));
	jsonw_array(w);
	if (only != NULL)
		write_feed(e, only, w);
	for (size_t i = from; i < end && only == NULL; i++)
		if ((f = feed_table_at(e->feeds, i)) != NULL)
			write_feed(e, f, w);
	jsonw_array_end(w);
	*at = only == NULL && end < count ? end : 0;
	return 0;
}

/* ---- refresh ---- */

static void await(struct engine *e, struct engine_refresh *r, const struct feed *f)
{
	r->awaited[f->number] = true;
	r->left++;
	if (f->phase == PHASE_IDLE)
		(void)due_queue_set(e->queue, f->number, str_from(f->site), 0);
}

/* A site that said when to come back is not asked sooner, whoever wants it, and nobody's impatience makes more than
 * one request a minute of a feed.  0, or -EAGAIN with err, which may be NULL. */
static int may_ask_now(const struct engine *e, const struct feed *f, struct error *err)
{
	const struct feed_state *s = &f->state;
	struct str site = str_from(f->site);
	char when[TIME_TEXT_MAX];
	int64_t now_ms = clock_elapsed_ms(), polled_ago_ms = engine_polled_ago_ms(f), closed_until_ms;
	bool is_server;

	closed_until_ms = due_queue_closed_until(e->queue, site, &is_server);
	if (closed_until_ms > now_ms)
		return error_set(err, -EAGAIN, "%s%s asked to be left alone, it is asked again %s",
			is_server ? "the server of " : "", f->site,
			time_format_relative(when, closed_until_ms, now_ms));
	/* Of a feed that is gone nobody asks but people, and a poll that did not get through has bothered nobody. */
	if (s->health != FEED_GONE && s->http_status != 0 && polled_ago_ms >= 0 &&
		polled_ago_ms < ENGINE_DEMAND_GAP_MS && !due_queue_is_own(e->queue, site))
		return error_set(err, -EAGAIN, "%s was asked %s", s->name,
			time_format_relative(when, now_ms - polled_ago_ms, now_ms));
	return 0;
}

static int start_refresh(void *arg, struct str feed, struct control_peer *peer, struct error *err)
{
	struct engine *e = arg;
	struct engine_refresh *r = NULL;
	struct feed *only = feed.data != NULL ? feed_table_find(e->feeds, feed) : NULL, *f;

	if (feed.data != NULL && only == NULL)
		return error_set(err, -ENOENT, "no feed is named %.*s", STR_ARG(feed));
	if (engine_refuse_polls(e, err) != 0 || (only != NULL && may_ask_now(e, only, err) != 0))
		return err->code;
	for (size_t i = 0; i < ENGINE_REFRESHES_MAX && r == NULL; i++)
		if (e->refreshes[i].peer == NULL)
			r = &e->refreshes[i];
	if (r == NULL)
		return error_set(err, -EBUSY, "%d refreshes are under way already", ENGINE_REFRESHES_MAX);
	r->awaited = calloc(feed_table_numbers(e->feeds) + 1, sizeof(bool));
	if (r->awaited == NULL)
		return error_sys(err, -ENOMEM, "cannot refresh");
	r->peer = peer;
	r->count = feed_table_numbers(e->feeds);
	r->left = 0;
	for (size_t at = 0; (f = feed_table_next(e->feeds, &at)) != NULL;)
		if ((only == NULL || only == f) && may_ask_now(e, f, NULL) == 0)
			await(e, r, f);
	if (r->left == 0) {
		control_finish(peer);
		free(r->awaited);
		*r = (struct engine_refresh){0};
	}
	return 0;
}

static void finish_refresh(struct engine_refresh *r)
{
	struct control_peer *peer = r->peer;

	free(r->awaited);
	*r = (struct engine_refresh){0};
	control_finish(peer);
}

static const char *report_result(const struct poll_report *report, const struct feed_state *s)
{
	if (report->error.code != 0 || s->health == FEED_FAILING || s->health == FEED_GONE)
		return "failed";
	return report->fresh + report->copies + report->updates > 0 ? "ok" : "unchanged";
}

void engine_refresh_report(struct engine *e, const struct feed *f, const struct poll_report *report)
{
	const struct feed_state *s = &f->state;
	struct control_progress progress = {
		.feed = s->name,
		.fresh = report->fresh,
		.copies = report->copies,
		.updates = report->updates,
	};

	for (size_t i = 0; i < ENGINE_REFRESHES_MAX; i++) {
		struct engine_refresh *r = &e->refreshes[i];

		if (r->peer == NULL || f->number >= r->count || !r->awaited[f->number])
			continue;
		r->awaited[f->number] = false;
		r->left--;
		progress.left = r->left;
		progress.result = report_result(report, s);
		progress.reason = report->error.code != 0 ? report->error.text : s->reason;
		control_progress(r->peer, &progress);
		if (r->left == 0)
			finish_refresh(r);
	}
}

void engine_end_refreshes(struct engine *e, const char *sentence)
{
	for (size_t i = 0; i < ENGINE_REFRESHES_MAX; i++) {
		struct control_peer *peer = e->refreshes[i].peer;

		if (peer == NULL)
			continue;
		free(e->refreshes[i].awaited);
		e->refreshes[i] = (struct engine_refresh){0};
		control_refuse(peer, sentence);
	}
}

void engine_refresh_forget(struct engine *e, const struct feed *f)
{
	for (size_t i = 0; i < ENGINE_REFRESHES_MAX; i++) {
		struct engine_refresh *r = &e->refreshes[i];

		if (r->peer == NULL || f->number >= r->count || !r->awaited[f->number])
			continue;
		r->awaited[f->number] = false;
		if (--r->left == 0)
			finish_refresh(r);
	}
}

static void forget_peer(void *arg, struct control_peer *peer)
{
	struct engine *e = arg;

	for (size_t i = 0; i < ENGINE_REFRESHES_MAX; i++) {
		if (e->refreshes[i].peer != peer)
			continue;
		free(e->refreshes[i].awaited);
		e->refreshes[i] = (struct engine_refresh){0};
	}
	engine_forget_asker(e, peer);
	engine_reload_forget(e, peer);
}

void engine_release_refreshes(struct engine *e)
{
	for (size_t i = 0; i < ENGINE_REFRESHES_MAX; i++)
		free(e->refreshes[i].awaited);
}

/* ---- the rest ---- */

static int reload(void *arg, struct control_peer *peer, struct error *err)
{
	return engine_reload(arg, peer, err);
}

static void pause_polling(void *arg, bool paused)
{
	engine_pause(arg, paused);
}

const struct control_operations engine_operations = {
	.status = write_status,
	.feeds = write_feeds,
	.explain = engine_explain,
	.refresh = start_refresh,
	.story = engine_ask_of_story,
	.reload = reload,
	.pause = pause_polling,
	.peer_gone = forget_peer,
};
