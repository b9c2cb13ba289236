/* SPDX-License-Identifier: ISC */
/* The table of feeds stays empty: the intake gets a row in memory for each source. */
#include "sitrep/ingest/intake_trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ingest.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/array.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/domain.h"

enum { SOURCES_BYTES_MAX = 1024 * 1024 * 1024 };

struct trial_feed {
	struct str source;
	struct feed_row row;
};

struct intake_trial {
	struct ingest ingest;
	struct arena arena;        /* of the feeds */
	struct trial_feed **feeds; /* by source */
	size_t feed_count, feed_cap;
};

static const char cannot_take[] = "cannot take an item in";

struct intake_trial *intake_trial_new(const struct story_params *params, struct error *err)
{
	const struct writer_options options = {.stories = params};
	struct intake_trial *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return error_sys_null(err, -ENOMEM, cannot_take);
	arena_init(&t->arena, SOURCES_BYTES_MAX);
	if (ingest_open(&t->ingest, &options, err) != 0) {
		free(t);
		return NULL;
	}
	/* One transaction for all items: none is kept. */
	if (ingest_begin(&t->ingest, err) != 0) {
		intake_trial_free(t);
		return NULL;
	}
	return t;
}

void intake_trial_free(struct intake_trial *t)
{
	if (t == NULL)
		return;
	ingest_close(&t->ingest);
	arena_release(&t->arena);
	free(t->feeds);
	free(t);
}

/* ---- sources ---- */

/* The place of the source's feed (*found is true), or the place where it belongs. */
static size_t place_of(const struct intake_trial *t, struct str source, bool *found)
{
	size_t low = 0, high = t->feed_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_cmp(t->feeds[middle]->source, source) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = low < t->feed_count && str_eq(t->feeds[low]->source, source);
	return low;
}

static struct trial_feed *make_feed(struct intake_trial *t, struct str source)
{
	struct trial_feed *feed = arena_alloc(&t->arena, sizeof(*feed));
	char *name = arena_cstr(&t->arena, source), *publisher = arena_cstr(&t->arena, domain_registrable(source));

	if (feed == NULL || name == NULL || publisher == NULL)
		return NULL;
	*feed = (struct trial_feed){
		.source = str_make(name, source.len),
		.row = {.state = {.id = (int64_t)t->feed_count + 1, .name = name, .last_success_ms = TIME_NONE},
			.publisher = publisher,
			.uid_stem = name,
			.backlog = true},
	};
	return feed;
}

/* The source's feed, made when the source is new.  NULL without memory. */
static struct trial_feed *find_feed(struct intake_trial *t, struct str source)
{
	bool found;
	size_t place = place_of(t, source, &found);
	struct trial_feed *feed;

	if (found)
		return t->feeds[place];
	feed = array_reserve(&t->feeds, &t->feed_cap, t->feed_count + 1, sizeof(struct trial_feed *)) == 0
		       ? make_feed(t, source)
		       : NULL;
	if (feed == NULL)
		return NULL;
	memmove(&t->feeds[place + 1], &t->feeds[place], (t->feed_count - place) * sizeof(struct trial_feed *));
	t->feeds[place] = feed;
	t->feed_count++;
	return feed;
}

/* ---- items ---- */

int intake_trial_take(struct intake_trial *t, struct str source, int64_t id, struct item *it, int64_t at_ms,
	struct intake_trial_answer *answer, struct error *err)
{
	const struct intake_decision *last = &t->ingest.intake.last;
	struct trial_feed *feed = find_feed(t, source);
	struct intake_counts counts = {0};
	struct document d;
	int result;

	if (feed == NULL)
		return error_sys(err, -ENOMEM, cannot_take);
	document_init(&d);
	d.items.items = it;
	d.items.count = 1;
	/* See intake_trial.h: a document with one item is no evidence. */
	t->ingest.intake.recognition.assumed = it->token_count >= MATCH_TOKENS_MIN ? DOCUMENT_RENAMED : 0;
	feed->row.state.polls++;
	t->ingest.counters.item_id = id - 1;
	result = intake_document(&t->ingest.intake, &feed->row, &d, at_ms, &counts, err);
	feed->row.state.last_success_ms = at_ms;
	feed->row.backlog = false;
	*answer = (struct intake_trial_answer){
		.relation = last->relation,
		.story_id = last->story_id,
		.of_item = last->of_item,
		.answer = last->compared ? &last->answer : NULL,
	};
	return result;
}
