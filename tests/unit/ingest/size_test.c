/* SPDX-License-Identifier: ISC */
/* The database stays within its size while hostile feeds pour items into it, and no other feed loses an item. */
#include "story_fixture.h"

#include <sys/stat.h>
#include <time.h>

enum {
	HONEST = 40,
	HONEST_ITEMS = 15,
	HOSTILE_MAX = 20,
	FEEDS_MAX = HONEST + HOSTILE_MAX,
	TEXT_MAX = 260 * 1024,
	STATE_TRIES = 3000,
};

#define MIB (INT64_C(1024) * 1024)

struct house {
	char dir[256];
	struct fixture fixture; /* its writer alone */
	struct writer_options options;
	char names[FEEDS_MAX][32], urls[FEEDS_MAX][64];
	struct feed_spec specs[FEEDS_MAX];
	struct feed_state states[FEEDS_MAX];
	size_t feeds;
	int64_t at_ms, largest, allowed;
};

static int64_t file_bytes(const char *dir, const char *name)
{
	char path[300];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

static int64_t bytes_now(const struct house *h)
{
	return file_bytes(h->dir, "sitrepd.db") + file_bytes(h->dir, "sitrepd.db-wal");
}

static void release_states(struct house *h)
{
	for (size_t i = 0; i < FEEDS_MAX; i++)
		feed_state_release(&h->states[i]);
}

/* The honest feeds, and so many others whose names begin with name. */
static void sync_feeds(struct house *h, const char *name, size_t hostile)
{
	struct writer_change c = {0};

	release_states(h);
	h->feeds = HONEST + hostile;
	for (size_t i = 0; i < h->feeds; i++) {
		snprintf(h->names[i], sizeof(h->names[i]), "%s%zu", i < HONEST ? "outlet" : name, i);
		snprintf(h->urls[i], sizeof(h->urls[i]), "https://%s.example/feed", h->names[i]);
		h->specs[i] = (struct feed_spec){
			.name = h->names[i], .url = h->urls[i], .categories = "", .rank = 50, .first_due_ms = NOW_MS};
	}
	assert_int_equal(writer_change_set_options(&c, &h->options), 0);
	fixture_change(&h->fixture, &c, h->specs, h->feeds);
	for (size_t i = 0; i < h->feeds; i++) {
		h->states[i] = c.states[i];
		c.states[i] = (struct feed_state){0};
	}
	writer_change_release(&c);
}

static struct poll_report poll_feed(struct house *h, size_t feed, struct draft *d)
{
	struct pollfd fd = {.fd = writer_fd(h->fixture.writer), .events = POLLIN};
	struct poll_report *r = NULL, copy;
	int64_t cursor, bytes;

	h->at_ms += 1000;
	writer_submit(h->fixture.writer, outcome_of(&h->states[feed], h->at_ms, d));
	while (r == NULL) {
		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		r = writer_collect(h->fixture.writer, &cursor);
		bytes = bytes_now(h);
		h->largest = bytes > h->largest ? bytes : h->largest;
	}
	assert_string_equal(r->error.text, "");
	copy = *r;
	poll_reports_free(r);
	return copy;
}

/* ---- documents ---- */

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x3FFF;
}

static void make_text(char *text, size_t len, unsigned seed, int words)
{
	size_t used = 0;

	for (int i = 0; i < words && used + 16 < len; i++)
		used += (size_t)snprintf(text + used, len - used, "w%u ", next_random(&seed));
}

static struct poll_report poll_honest(struct house *h, size_t feed)
{
	struct draft d = draft_new("Outlet");

	for (int i = 0; i < HONEST_ITEMS; i++) {
		char guid[64], title[64], body[3000];

		snprintf(guid, sizeof(guid), "honest %zu %d", feed, i);
		snprintf(title, sizeof(title), "Report %d of outlet %zu", i, feed);
		make_text(body, sizeof(body), (unsigned)(feed * 1000 + (unsigned)i), 120);
		draft_add_text(&d, guid, NULL, title, body);
	}
	return poll_feed(h, feed, &d);
}

/* Adds item i of the p-th document of a hostile feed. */
typedef void fill_fn(struct draft *d, size_t feed, int p, int i);

static void new_texts(struct draft *d, size_t feed, int p, int i)
{
	char guid[64], title[64], body[1000];

	snprintf(guid, sizeof(guid), "%zu %d %d", feed, p, i);
	snprintf(title, sizeof(title), "Notice %d of %d", i, p);
	make_text(body, sizeof(body), (unsigned)(100000 + feed * 1000000 + (size_t)p * 10000 + (size_t)i), 50);
	draft_add_text(d, guid, NULL, title, body);
}

static void tiny_items(struct draft *d, size_t feed, int p, int i)
{
	char guid[64], title[64];

	snprintf(guid, sizeof(guid), "%zu %d %d", feed, p, i);
	snprintf(title, sizeof(title), "x%zu y%d z%d", feed, p, i);
	draft_add(d, guid, NULL, title, "");
}

static void huge_items(struct draft *d, size_t feed, int p, int i)
{
	static char body[TEXT_MAX];
	char guid[64];
	struct item *it;

	snprintf(guid, sizeof(guid), "%zu %d %d", feed, p, i);
	make_text(body, sizeof(body), (unsigned)(feed * 1000000 + (size_t)p * 10000 + (size_t)i), 40000);
	it = draft_add(d, guid, NULL, guid, "");
	it->content.kind = TEXT_PLAIN;
	it->content.value = arena_str(&d->arena, str_from(body));
}

/* The same items under new guids. */
static void new_guids(struct draft *d, size_t feed, int p, int i)
{
	char guid[64], title[100];

	snprintf(guid, sizeof(guid), "%zu %d %d", feed, p, i);
	snprintf(title, sizeof(title), "Standing order number %d for all ships that pass these waters", i);
	draft_add(d, guid, NULL, title, "");
}

/* The same guids with new texts, each of another publisher. */
static void new_revisions(struct draft *d, size_t feed, int p, int i)
{
	char guid[64], body[1000], link[100];
	struct item *it;

	snprintf(guid, sizeof(guid), "%zu %d", feed, i);
	make_text(body, sizeof(body), (unsigned)(feed * 1000000 + (size_t)p * 10000 + (size_t)i), 50);
	snprintf(link, sizeof(link), "https://outlet%d-%d.example/", p, i);
	it = draft_add_text(d, guid, NULL, "Changed", body);
	it->has_source = true;
	it->source.link = arena_str(&d->arena, str_from(link));
}

static struct poll_report poll_hostile(struct house *h, size_t feed, fill_fn *fill, int p, int items)
{
	struct draft d = draft_new("Hostile");

	for (int i = 0; i < items; i++)
		fill(&d, feed, p, i);
	return poll_feed(h, feed, &d);
}

/* ---- */

static void set_up(struct house *h)
{
	struct error err = {0};

	state_dir_make(h->dir);
	h->options = fixture_options(h->dir);
	h->options.keep_size = h->allowed = 16 * MIB;
	h->options.keep_items_ms = 10000 * DAY_MS;
	h->options.keep_events_ms = 10000 * DAY_MS;
	h->at_ms = NOW_MS;
	h->fixture.writer = writer_new(&h->options, &err);
	assert_ok(h->fixture.writer != NULL, err);
	sync_feeds(h, "", 0);
	for (size_t i = 0; i < HONEST; i++)
		assert_int_equal(poll_honest(h, i).fresh, HONEST_ITEMS);
}

static void tear_down(struct house *h)
{
	writer_free(h->fixture.writer);
	release_states(h);
	state_dir_remove(h->dir);
}

FIXTURE(house, set_up, tear_down)

/* The writer goes on pruning after its report has left: until it is done, or for so long. */
static void wait_until_small(const struct house *h)
{
	int tries = 0;

	while (bytes_now(h) > h->allowed && ++tries < STATE_TRIES) {
		struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};

		nanosleep(&pause, NULL);
	}
	assert_true(bytes_now(h) <= h->allowed);
}

static void assert_honest(struct house *h)
{
	print_message("largest %.1f MB, now %.1f MB; items of the last feed %lld\n", (double)h->largest / 1048576,
		(double)bytes_now(h) / 1048576, (long long)h->states[h->feeds - 1].items);
	/* nothing that they still show is news, nothing that they brought is gone */
	for (size_t i = 0; i < HONEST; i++)
		assert_int_equal(poll_honest(h, i).unchanged, HONEST_ITEMS);
	assert_true(h->largest <= h->allowed + h->allowed / 4);
	wait_until_small(h);
}

static void check_items(struct house *h, const char *name, size_t hostile)
{
	sync_feeds(h, name, hostile);
	for (size_t i = 0; i < HONEST; i++)
		assert_int_equal(h->states[i].items, HONEST_ITEMS);
	assert_honest(h);
}

static void pour(struct house *h, size_t hostile, fill_fn *fill, int polls, int items)
{
	sync_feeds(h, "hostile", hostile);
	for (int p = 0; p < polls; p++)
		for (size_t i = HONEST; i < h->feeds; i++)
			poll_hostile(h, i, fill, p, items);
	/* what went is no news while it is shown */
	for (size_t i = HONEST; i < h->feeds; i++)
		assert_int_equal(poll_hostile(h, i, fill, polls - 1, items).fresh, 0);
	check_items(h, "hostile", hostile);
}

TEST_ON(one_feed, house, h)
{
	pour(h, 1, new_texts, 20, 1500);
}

TEST_ON(twenty_feeds, house, h)
{
	pour(h, HOSTILE_MAX, new_texts, 4, 200);
}

TEST_ON(tiny_items, house, h)
{
	pour(h, 1, tiny_items, 20, 1500);
}

TEST_ON(huge_items, house, h)
{
	pour(h, 2, huge_items, 10, 6);
}

static void shrink(struct house *h, int64_t allowed)
{
	h->options.keep_size = h->allowed = allowed;
	sync_feeds(h, "", 0);
}

TEST_ON(new_guids, house, h)
{
	shrink(h, 4 * MIB);
	pour(h, 1, new_guids, 100, 400);
}

TEST_ON(many_with_new_guids, house, h)
{
	shrink(h, 6 * MIB);
	pour(h, HOSTILE_MAX, new_guids, 10, 200);
}

TEST_ON(new_revisions, house, h)
{
	pour(h, 1, new_revisions, 12, 800);
}

/* A feed that leaves the configuration and comes back under another name each time. */
TEST_ON(new_names, house, h)
{
	for (int p = 0; p < 12; p++) {
		char name[24];

		snprintf(name, sizeof(name), "name%d-", p);
		sync_feeds(h, name, 1);
		poll_hostile(h, HONEST, new_texts, p, 600);
	}
	check_items(h, "name11-", 1);
}
