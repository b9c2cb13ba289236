/* SPDX-License-Identifier: ISC */
/* Feeds that fail with the network are brought forward twice: when the network is found to be away, since their pauses
 * may have grown until then, and when it is back. */
#include "network.h"

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/units.h"

static const char *const names[NETWORK_COUNT] = {[NETWORK_PUBLIC] = "public", [NETWORK_OWN] = "own"};

void network_init(struct network *n, const struct stages *stages, struct planner *planner)
{
	*n = (struct network){.stages = stages, .planner = planner};
	for (size_t i = 0; i < NETWORK_COUNT; i++)
		outage_init(&n->parts[i].outage);
}

static enum network_kind kind_of(const struct network *n, const struct feed *f)
{
	return due_queue_is_own(n->stages->queue, str_from(f->site)) ? NETWORK_OWN : NETWORK_PUBLIC;
}

bool network_is_away(const struct network *n, const struct feed *f)
{
	return n->parts[kind_of(n, f)].outage.is_away;
}

/* True when a feed that does not fail is on a server that was not tried in this run of failures. */
static bool has_other_server(const struct network *n, enum network_kind kind, const struct outage *o)
{
	struct feed *f;

	for (size_t at = 0; (f = feed_table_next(n->stages->feeds, &at)) != NULL;)
		if (f->site != NULL && (f->state.health == FEED_OK || f->state.health == FEED_NEW) &&
			kind_of(n, f) == kind &&
			!outage_has_server(o, due_queue_server(n->stages->queue, str_from(f->site))))
			return true;
	return false;
}

/* Makes the feeds that failed in that run due within their first pause, spread over it.  A feed that is due sooner
 * stays so. */
static size_t bring_forward(struct network *n, enum network_kind kind, uint64_t run)
{
	struct feed *f;
	size_t count = 0, i = 0;

	for (size_t at = 0; (f = feed_table_next(n->stages->feeds, &at)) != NULL;)
		count += f->unreached_run == run && kind_of(n, f) == kind;
	for (size_t at = 0; (f = feed_table_next(n->stages->feeds, &at)) != NULL;)
		if (f->unreached_run == run && kind_of(n, f) == kind)
			planner_ask_within_first_pause(n->planner, f, (double)++i / (double)count);
	return count;
}

static void note_reached(struct network *n, struct feed *f)
{
	enum network_kind kind = kind_of(n, f);
	struct network_part *part = &n->parts[kind];
	uint64_t run = part->outage.run;
	char away[TIME_TEXT_MAX];
	size_t feeds;

	f->unreached_run = 0;
	if (!outage_note_reached(&part->outage))
		return;
	part->back_us = clock_mono_us();
	feeds = bring_forward(n, kind, run);
	log_emit(LOG_LEVEL_NOTICE, "the network is back", "network", names[kind], "away-for",
		duration_format(away, (part->back_us - part->away_us) / 1000000 * 1000), "feeds-to-ask",
		LOG_NUM((long long)feeds), NULL);
}

static void note_away(struct network *n, enum network_kind kind)
{
	struct network_part *part = &n->parts[kind];

	part->outage.is_away = true;
	part->away_us = clock_mono_us();
	bring_forward(n, kind, part->outage.run);
	log_emit(LOG_LEVEL_WARNING, "the network is away, no server can be reached", "network", names[kind], NULL);
}

static void note_unreached(struct network *n, struct feed *f)
{
	enum network_kind kind = kind_of(n, f);
	const struct network_part *part = &n->parts[kind];
	struct outage *o = &n->parts[kind].outage;

	/* A poll that began before the network came back is no evidence about the network now. */
	if (f->phase_since_us <= part->back_us) {
		if (f->unreached_run == o->run - 1)
			f->outcome->outage = OUTAGE_FAILS_WITH_IT;
		return;
	}
	if (outage_is_evidence(&f->state) || f->unreached_run == o->run) {
		bool are_enough = outage_note_unreached(o, due_queue_server(n->stages->queue, str_from(f->site)));

		f->unreached_run = o->run;
		if (are_enough && !o->is_away && (o->count == OUTAGE_SERVERS || !has_other_server(n, kind, o)))
			note_away(n, kind);
	}
	if (o->is_away)
		f->outcome->outage = f->unreached_run == o->run ? OUTAGE_FAILS_WITH_IT : OUTAGE_FAILED_BEFORE;
}

void network_note(struct network *n, struct feed *f, const struct transfer_answer *answer)
{
	if (answer->is_unreached)
		note_unreached(n, f);
	else if (answer->failure != FAILURE_INTERNAL && answer->failure != FAILURE_FORBIDDEN)
		note_reached(n, f);
}
