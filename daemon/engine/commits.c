/* SPDX-License-Identifier: ISC */
/* Handles the writer's reports.  Each one sets its feed's state and next poll, and goes to the refreshes that wait for
 * it.  Then publish and stream are woken. */
#include "engine_internal.h"

#include <string.h>

#include "sitrep/base/log.h"

/* before: the feed's state in memory, which is newer than the database after a failed write. */
static void log_health(const struct feed_state *before, const struct poll_report *r)
{
	const struct feed_state *s = &r->state;

	if (s->name == NULL || before->name == NULL || s->health == before->health)
		return;
	if (s->health == FEED_FAILING)
		log_emit(LOG_LEVEL_WARNING, "feed fails", "feed", s->name, "kind", poll_failure_name(s->failure),
			"reason", s->reason != NULL ? s->reason : "", NULL);
	else if (s->health == FEED_GONE)
		log_emit(LOG_LEVEL_WARNING, "feed is gone and will not be polled again", "feed", s->name, "reason",
			s->reason != NULL ? s->reason : "", NULL);
	else if (before->health == FEED_FAILING || before->health == FEED_GONE)
		log_emit(LOG_LEVEL_NOTICE, "feed recovered", "feed", s->name, NULL);
}

/* Identity falls back by one step at a time: guid, url, digest. */
static void log_identity(const struct poll_report *r)
{
	const struct feed_state *s = &r->state;
	const char *subject = s->identity == FEED_BY_DIGEST
				      ? "feed's links are unreliable too, items are now matched by text"
				      : "feed's guids are unreliable, items are now matched by link";

	if (r->distrusted > 0 && s->name != NULL)
		log_emit(LOG_LEVEL_NOTICE, subject, "feed", s->name, "from",
			feed_identity_name((enum feed_identity)(s->identity - 1)), "to",
			feed_identity_name(s->identity), "unknown", LOG_NUM(r->distrusted), "of-known-items",
			LOG_NUM(r->distrusted_seen), NULL);
}

/* Logged once a run, since each further poll would repeat it. */
static void log_cut(struct feed *f, const struct poll_report *r)
{
	if (r->cut == 0 || f == NULL || !pipeline_first_cut(f))
		return;
	log_emit(LOG_LEVEL_WARNING, "feed's document is larger than [keep] size allows, its oldest items are left out",
		"feed", f->config->name, "left-out-items", LOG_NUM(r->cut), NULL);
}

/* Polls the feed instead, since a hub does not push twice; its subscription is saved later. */
static void replace_lost_push(struct engine *e, struct feed *f, bool wants_again)
{
	websub_feeds_note_unsaved(e->stages.websub, f->state.id);
	if (wants_again && f->phase == PHASE_IDLE && !e->polling.stopping)
		planner_note_push_lost(&e->planner, f);
}

static void count_items(struct engine *e, const struct poll_report *r)
{
	unsigned arrived = (unsigned)(r->fresh + r->copies);

	e->counts.items_new += (uint64_t)r->fresh;
	e->counts.items_copies += (uint64_t)r->copies;
	e->counts.items_updated += (uint64_t)r->updates;
	histogram_add(&e->counts.item_delays, &r->delays);
	/* the state of a push has the time of the poll before it */
	if (arrived > 0 && r->is_poll && r->state.name != NULL)
		histogram_note(&e->counts.publish_delays, HISTOGRAM_OF_WORK,
			(clock_wall_ms() - r->state.last_poll_ms) * 1000, arrived);
}

/* The report of a push or a subscription: it leaves the feed's polls alone, but may make the next one due sooner. */
static void take_push_report(struct engine *e, struct poll_report *r)
{
	struct feed *f = feed_table_by_id(e->stages.feeds, r->feed_id);
	struct feed_state *s;
	bool was_pushed;

	count_items(e, r);
	if (r->error.code != 0 && !r->lost)
		log_emit(LOG_LEVEL_ERROR, "cannot store a push", "feed", f != NULL ? f->config->name : "", "reason",
			r->error.text, NULL);
	if (f != NULL && r->lost)
		replace_lost_push(e, f, r->wants_again);
	if (f == NULL || r->state.name == NULL)
		return;
	s = &f->state;
	was_pushed = s->pushed;
	/* A document lost earlier is still to be fetched: keep the sooner due time. */
	if (f->lost && s->due_ms < r->state.due_ms)
		r->state.due_ms = s->due_ms;
	feed_table_swap_state(f, &r->state);
	if (was_pushed && !s->pushed && f->phase == PHASE_IDLE && !e->polling.stopping)
		planner_move(&e->planner, f);
}

/* The name of another feed that is polled at url, or NULL. */
static const char *name_of_twin(const struct engine *e, const struct feed *f, const char *url)
{
	const struct feed *other;

	for (size_t at = 0; (other = feed_table_next(e->stages.feeds, &at)) != NULL;)
		if (other != f && strcmp(planner_feed_url(other), url) == 0)
			return other->state.name;
	return NULL;
}

static void log_move(const struct engine *e, const struct feed *f, const struct feed_state *s)
{
	const char *twin = name_of_twin(e, f, s->moved_url);
	struct buf shown = planner_show_url(f, s->moved_url);

	log_emit(LOG_LEVEL_NOTICE, "feed has moved", "feed", s->name, "url", buf_str(&shown).data, NULL);
	buf_release(&shown);
	if (twin != NULL)
		log_emit(LOG_LEVEL_WARNING, "two feeds have the same address now, one of them can be removed", "feed",
			s->name, "other", twin, NULL);
}

static void take_poll_report(struct engine *e, struct poll_report *r)
{
	struct feed *f = feed_table_polled(e->stages.feeds, r->feed_id);

	log_identity(r);
	log_cut(feed_table_by_id(e->stages.feeds, r->feed_id), r);
	if (!r->is_poll) {
		take_push_report(e, r);
		return;
	}
	count_items(e, r);
	if (f == NULL)
		return;
	pipeline_done(&e->pipeline, f);
	log_health(&f->state, r);
	planner_note_stored(f);
	if (f->config != NULL && r->state.name != NULL) {
		if (r->state.moved && (!f->state.moved || strcmp(r->state.moved_url, f->state.moved_url) != 0))
			log_move(e, f, &r->state);
		feed_table_swap_state(f, &r->state);
		if (!r->lost && !e->polling.stopping)
			websub_feeds_polled(e->stages.websub, r->feed_id, r, &r->state);
	} else if (f->config != NULL && r->error.code != 0) {
		/* The feed's row cannot be read: the next poll waits, so that the feed is not polled again at once. */
		planner_note_unreadable(&e->planner, f);
	}
	if (f->config != NULL && r->wants_again)
		planner_note_lost(&e->planner, f);
	if (f->config != NULL && !e->polling.stopping)
		planner_plan(&e->planner, f, e->stages.config);
	refreshes_report(&e->refreshes, f, r);
}

static void look_at_storing(struct engine *e)
{
	struct error err = {0};

	switch (polling_look_at_storing(&e->polling, e->stages.writer)) {
	case POLLING_STORING_STOPPED:
		polling_refuse(&e->polling, &err);
		refreshes_end(&e->refreshes, err.text);
		break;
	case POLLING_STORING_AGAIN:
		pipeline_note_go(&e->pipeline);
		planner_fetch_lost(&e->planner);
		websub_feeds_save_again(e->stages.websub);
		break;
	case POLLING_UNCHANGED:
		break;
	}
}

void engine_on_commit(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct engine *e = arg;
	int64_t cursor = 0;
	struct poll_report *first;

	first = writer_collect(e->stages.writer, &cursor);
	/* After writer_collect(), so that a lost outcome among the reports finds storing stopped already, and lets no
	 * poll begin. */
	look_at_storing(e);
	for (struct poll_report *r = first; r != NULL; r = r->next) {
		if (r->done != NULL) {
			r->done(r->done_arg, &r->error);
			continue;
		}
		take_poll_report(e, r);
	}
	poll_reports_free(first);
	if (writer_take_shown(e->stages.writer)) {
		publish_invalidate(e->stages.publish);
		export_note_change(e->stages.export);
	}
	stream_wake(e->stages.stream, cursor);
	live_wake(e->stages.live, cursor);
}
