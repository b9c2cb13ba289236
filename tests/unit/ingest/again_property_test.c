/* SPDX-License-Identifier: ISC */
/* Taking the same documents in again changes nothing: not a row, not an event, not a count; whichever feed comes first,
 * however often, after a restart, and whatever odd things the documents hold. */
#include "../../../daemon/ingest/ingest.h"
#include "seed.h"
#include "story_fixture.h"

enum { ROUNDS = 6, FEEDS = 3, ITEMS = 9, AGAIN = 3 };

/* What notes the polls themselves. */
static const char *const of_polls[] = {
	"last_seen", "polls", "bytes", "last_poll", "last_success", "due", "history", "identity_trust", NULL};
static const char *const no_tables[] = {NULL};

static const struct {
	const char *title, *body;
} sayings[] = {
	{RADAR_TITLE, RADAR("17")},
	{RADAR_OTHER_TITLE, RADAR_REPRINT("17")},
	{RADAR_TITLE, RADAR("23")},
	{FERRY_TITLE, FERRY},
	{FERRY_TITLE, FERRY " It sails at noon."},
	{QUARRY_TITLE, QUARRY},
	{"The week on the coast", QUARRY " " FERRY " " RADAR("17")},
	{"Daily update", ""},
	{"Daily update", "All the news"},
	{"護衛艦が日米共同訓練に参加", "海上自衛隊は十日、沖縄周辺の海空域で米海軍と共同訓練を実施したと発表した。"},
};
enum { SAYINGS = sizeof(sayings) / sizeof(sayings[0]) };

/* A feed's document, as numbers, so that it can be made again. */
struct plan {
	size_t count;
	struct {
		size_t saying, guid, link;
		bool alert;
	} items[ITEMS];
};

static void make_plan(struct plan *p, uint64_t *seed)
{
	p->count = 1 + seed_below(seed, ITEMS);
	for (size_t i = 0; i < p->count; i++) {
		p->items[i].saying = seed_below(seed, SAYINGS);
		/* now and then a guid, or a link, that another item has as well */
		p->items[i].guid = seed_below(seed, 4) == 0 ? 0 : i + 1;
		p->items[i].link = seed_below(seed, 3) == 0 ? 0 : i + 1;
		p->items[i].alert = seed_below(seed, 2) == 0;
	}
}

static struct poll_outcome *make_outcome(const struct plan *p, const struct feed_state *feed, int64_t at_ms)
{
	struct draft d = draft_new(feed->name);

	for (size_t i = 0; i < p->count; i++) {
		char guid[40], link[80];
		struct item *it;

		snprintf(guid, sizeof(guid), "%s %zu", feed->name, p->items[i].guid);
		snprintf(link, sizeof(link), "https://%s.example/%zu", feed->name, p->items[i].link);
		it = draft_add_text(&d, guid, p->items[i].link % 2 == 0 ? link : NULL,
			sayings[p->items[i].saying].title, sayings[p->items[i].saying].body);
		if (p->items[i].alert)
			draft_match(&d, it, "alert/strait", "radar*");
	}
	return outcome_of(feed, at_ms, &d);
}

struct world {
	char dir[256];
	uint64_t seed;
	int64_t now_ms;
	struct plan plans[FEEDS];
};

/* One life of the daemon, which polls the feeds so many times each, in any order. */
static void live(struct world *w, int times)
{
	struct writer_options options = fixture_options(w->dir);
	struct feed_state feeds[FEEDS] = {0};
	struct error err = {0};
	struct ingest k;
	size_t order[FEEDS] = {0, 1, 2};
	bool changed;

	assert_ok(ingest_open(&k, &options, &err) == 0, err);
	assert_int_equal(ingest_begin(&k, NULL), 0);
	assert_int_equal(feed_store_sync(&k.feeds, fixture_feeds, FEEDS, feeds, &changed, NULL), 0);
	assert_int_equal(ingest_commit(&k, NOW_MS, NULL), 0);
	for (int i = 0; i < times; i++) {
		seed_shuffle(&w->seed, order, FEEDS);
		assert_int_equal(ingest_begin(&k, NULL), 0);
		for (size_t n = 0; n < FEEDS; n++) {
			struct poll_outcome *o = make_outcome(&w->plans[order[n]], &feeds[order[n]], w->now_ms);
			struct poll_report report = {0};

			assert_int_equal(ingest_take(&k, o, &report, &err), 0);
			assert_string_equal(report.error.text, "");
			feed_state_release(&report.state);
			poll_outcome_free(o);
			w->now_ms += MINUTE_MS;
		}
		assert_int_equal(ingest_commit(&k, w->now_ms, &err), 0);
	}
	ingest_close(&k);
	for (size_t i = 0; i < FEEDS; i++)
		feed_state_release(&feeds[i]);
}

TEST(taking_in_again_changes_nothing)
{
	struct world w = {.seed = seed_choose()};
	int64_t events = 0;

	for (int round = 0; round < ROUNDS; round++) {
		char when[60], *first, *again;

		state_dir_make(w.dir);
		w.now_ms = NOW_MS;
		for (size_t i = 0; i < FEEDS; i++)
			make_plan(&w.plans[i], &w.seed);
		live(&w, 1);
		first = dump_database(w.dir, no_tables, of_polls);
		events += ask_database(w.dir, "SELECT count(*) FROM event");
		live(&w, AGAIN);
		again = dump_database(w.dir, no_tables, of_polls);
		snprintf(when, sizeof(when), "round %d", round);
		assert_same_dump(again, first, when);
		free(again);
		free(first);
		state_dir_remove(w.dir);
	}
	assert_true(events > ROUNDS * FEEDS);
}
