/* SPDX-License-Identifier: ISC */
/* house.h: an ingest on a state folder of its own, without the writer's thread and in the test's own time. */
#ifndef SITREP_TEST_INGEST_HOUSE_H
#define SITREP_TEST_INGEST_HOUSE_H

#include "../../../daemon/ingest/ingest.h"
#include "../../../daemon/ingest/retention.h"
#include "../ask.h"
#include "fixture.h"

enum { FEEDS = 2 };

struct house {
	char dir[256];
	struct writer_options options;
	struct ingest ingest;
	struct retention retention;
	struct feed_state feeds[FEEDS];
	struct clock_mark clock; /* the machine's */
	const char *run;
	char *url; /* of the answers; NULL: none is told */
	int64_t at_ms;
};

static inline void house_make(struct house *h)
{
	*h = (struct house){.at_ms = NOW_MS};
	state_dir_make(h->dir);
	h->options = fixture_options(h->dir);
}

/* After the ingest was opened. */
static inline void house_sync(struct house *h)
{
	bool changed;

	assert_int_equal(ingest_begin(&h->ingest, NULL), 0);
	assert_int_equal(feed_store_sync(&h->ingest.feeds, fixture_feeds, FEEDS, h->feeds, &changed, NULL), 0);
	assert_int_equal(ingest_commit(&h->ingest, NOW_MS, NULL), 0);
}

static inline void house_open(struct house *h)
{
	assert_int_equal(ingest_open(&h->ingest, &h->options, NULL), 0);
	assert_int_equal(retention_init(&h->retention, &h->ingest, NULL), 0);
	house_sync(h);
}

static inline void house_release(struct house *h)
{
	for (size_t i = 0; i < FEEDS; i++)
		feed_state_release(&h->feeds[i]);
	retention_release(&h->retention);
	ingest_close(&h->ingest);
	state_dir_remove(h->dir);
}

/* Releases the draft. */
static inline struct poll_report house_take(struct house *h, size_t feed, int64_t at_ms, struct draft *d)
{
	struct poll_outcome o = {.feed_id = h->feeds[feed].id,
		.at_ms = at_ms,
		.kind = OUTCOME_DOCUMENT,
		.http_status = 200,
		.url = h->url,
		.document = draft_encode(d)};
	struct poll_report r = {0};

	draft_release(d);
	assert_int_equal(ingest_begin(&h->ingest, NULL), 0);
	assert_int_equal(ingest_take(&h->ingest, &o, &r, NULL), 0);
	assert_string_equal(r.error.text, "");
	assert_int_equal(ingest_commit(&h->ingest, at_ms, NULL), 0);
	feed_state_release(&r.state);
	return r;
}

static inline int64_t ask(struct house *h, const char *text)
{
	return ask_number(h->ingest.store.db, text);
}

#endif
