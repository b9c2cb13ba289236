/* SPDX-License-Identifier: ISC */
#include "refreshes.h"

#include <errno.h>
#include <stdlib.h>

#include "feed_lookup.h"
#include "sitrep/base/clock.h"

static void await_feed(struct refreshes *all, struct refresh_asker *r, struct feed *f)
{
	r->awaited[f->number] = true;
	r->left++;
	if (f->phase == PHASE_IDLE)
		planner_ask_now(all->planner, f);
}

/* A site that is held back after a 429 or 503 is not polled on demand either, and a feed is polled on demand once a
 * minute at most.  0, or -EAGAIN with err, which may be NULL. */
static int may_ask_now(const struct refreshes *all, const struct feed *f, struct error *err)
{
	const struct feed_state *s = &f->state;
	struct str site = str_from(f->site);
	char when[TIME_TEXT_MAX];
	int64_t now_ms = clock_elapsed_ms(), polled_ago_ms = planner_polled_ago_ms(f), closed_until_ms;
	bool is_server;

	closed_until_ms = due_queue_closed_until(all->stages->queue, site, &is_server);
	if (closed_until_ms > now_ms)
		return error_set(err, -EAGAIN, "%s%s asked for a pause (HTTP 429 or 503), it is polled again %s",
			is_server ? "the server of " : "", f->site,
			time_format_relative(when, closed_until_ms, now_ms));
	/* The minute does not count for a feed that is gone, which is polled on demand only; after a poll without an
	 * HTTP answer; and for the operator's own servers. */
	if (s->health != FEED_GONE && s->http_status != 0 && polled_ago_ms >= 0 && polled_ago_ms < DEMAND_GAP_MS &&
		!due_queue_is_own(all->stages->queue, site))
		return error_set(err, -EAGAIN, "%s was polled %s; a feed is polled on demand once a minute at most",
			s->name, time_format_relative(when, now_ms - polled_ago_ms, now_ms));
	return 0;
}

int refreshes_start(struct refreshes *all, struct str feed, struct control_peer *peer, struct error *err)
{
	struct refresh_asker *r = NULL;
	struct feed *only = feed.data != NULL ? feed_lookup(all->stages, feed, err) : NULL, *f;

	if (feed.data != NULL && only == NULL)
		return err->code;
	if (polling_refuse(all->polling, err) != 0 || (only != NULL && may_ask_now(all, only, err) != 0))
		return err->code;
	for (size_t i = 0; i < REFRESHES_MAX && r == NULL; i++)
		if (all->items[i].peer == NULL)
			r = &all->items[i];
	if (r == NULL)
		return error_set(err, -EBUSY, "%d refreshes are under way already, try again later", REFRESHES_MAX);
	r->awaited = calloc(feed_table_numbers(all->stages->feeds) + 1, sizeof(bool));
	if (r->awaited == NULL)
		return error_sys(err, -ENOMEM, "cannot refresh");
	r->peer = peer;
	r->count = feed_table_numbers(all->stages->feeds);
	r->left = 0;
	for (size_t at = 0; (f = feed_table_next(all->stages->feeds, &at)) != NULL;)
		if ((only == NULL || only == f) && may_ask_now(all, f, NULL) == 0)
			await_feed(all, r, f);
	if (r->left == 0) {
		control_finish(peer);
		free(r->awaited);
		*r = (struct refresh_asker){0};
	}
	return 0;
}

static void finish_refresh(struct refresh_asker *r)
{
	struct control_peer *peer = r->peer;

	free(r->awaited);
	*r = (struct refresh_asker){0};
	control_finish(peer);
}

static const char *report_result(const struct poll_report *report, const struct feed_state *s)
{
	if (report->error.code != 0 || s->health == FEED_FAILING || s->health == FEED_GONE)
		return "failed";
	return report->fresh + report->copies + report->updates > 0 ? "ok" : "unchanged";
}

void refreshes_report(struct refreshes *all, const struct feed *f, const struct poll_report *report)
{
	const struct feed_state *s = &f->state;
	struct control_progress progress = {
		.feed = s->name,
		.fresh = report->fresh,
		.copies = report->copies,
		.updates = report->updates,
	};

	for (size_t i = 0; i < REFRESHES_MAX; i++) {
		struct refresh_asker *r = &all->items[i];

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

void refreshes_end(struct refreshes *all, const char *sentence)
{
	for (size_t i = 0; i < REFRESHES_MAX; i++) {
		struct control_peer *peer = all->items[i].peer;

		if (peer == NULL)
			continue;
		free(all->items[i].awaited);
		all->items[i] = (struct refresh_asker){0};
		control_refuse(peer, sentence);
	}
}

void refreshes_forget_feed(struct refreshes *all, const struct feed *f)
{
	for (size_t i = 0; i < REFRESHES_MAX; i++) {
		struct refresh_asker *r = &all->items[i];

		if (r->peer == NULL || f->number >= r->count || !r->awaited[f->number])
			continue;
		r->awaited[f->number] = false;
		if (--r->left == 0)
			finish_refresh(r);
	}
}

void refreshes_forget_peer(struct refreshes *all, const struct control_peer *peer)
{
	for (size_t i = 0; i < REFRESHES_MAX; i++) {
		if (all->items[i].peer != peer)
			continue;
		free(all->items[i].awaited);
		all->items[i] = (struct refresh_asker){0};
	}
}

void refreshes_release(struct refreshes *all)
{
	for (size_t i = 0; i < REFRESHES_MAX; i++)
		free(all->items[i].awaited);
}
