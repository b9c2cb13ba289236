/* SPDX-License-Identifier: ISC */
/* feed_table_test.c: how feeds are found, and what a new configuration leaves, moves and adds. */
#include "sitrep/base/buf.h"
#include "table_fixture.h"

enum { FEEDS_MAX = 8 };

struct fixture {
	struct feed_table *table;
	struct config configs[2]; /* in force, and the next one */
	struct config_feed feeds[2][FEEDS_MAX];
	int turn;
	bool listed;         /* the feeds come from a subscription list */
	struct buf happened; /* "leaves a, placed b ..." */
};

static void note(struct fixture *f, const char *what, const struct feed *feed)
{
	assert_non_null(feed->config);
	assert_int_equal(buf_printf(&f->happened, "%s %s, ", what, feed->config->name), 0);
}

static void on_leaves(void *arg, struct feed *feed)
{
	note(arg, "leaves", feed);
}

static void on_changes_url(void *arg, struct feed *feed)
{
	note(arg, "url of", feed);
}

static void on_placed(void *arg, struct feed *feed)
{
	note(arg, "placed", feed);
}

static const struct feed_table_events events = {on_leaves, on_changes_url, on_placed};

struct row {
	const char *name;
	int64_t id; /* 0: disabled */
	const char *url;
};

/* Puts these feeds, which are sorted by name, into force; expected is what happens meanwhile. */
static void apply(struct fixture *f, const struct row *rows, size_t count, const char *expected)
{
	struct config *c = &f->configs[f->turn];
	struct config_feed *feeds = f->feeds[f->turn];
	struct feed_state states[FEEDS_MAX] = {{0}};
	size_t n = 0;

	f->turn = 1 - f->turn;
	memset(feeds, 0, sizeof(f->feeds[0]));
	for (size_t i = 0; i < count; i++) {
		feeds[i] = (struct config_feed){.name = rows[i].name, .url = rows[i].url, .key = rows[i].url};
		feeds[i].enabled = rows[i].id != 0;
		feeds[i].listed = f->listed;
		if (rows[i].id != 0)
			states[n++] = (struct feed_state){.id = rows[i].id,
				.name = (char *)rows[i].name,
				.url = (char *)rows[i].url,
				.categories = (char *)"",
				.title = (char *)rows[i].name};
	}
	c->feeds.items = feeds;
	c->feeds.count = count;
	buf_clear(&f->happened);
	table_apply(f->table, c, states, &events, f);
	assert_string_equal(f->happened.data != NULL ? f->happened.data : "", expected);
}

static void setup(struct fixture *f)
{
	f->table = feed_table_new();
	assert_non_null(f->table);
	buf_init(&f->happened, 4096);
}

static void teardown(struct fixture *f)
{
	feed_table_free(f->table);
	buf_release(&f->happened);
}

FIXTURE(fixture, setup, teardown)

static const struct row three[] = {{"a", 1, "https://a.example/"}, {"b", 0, "https://b.example/"},
	{"c", 2, "https://c.example/"}, {"d", 5, "https://d.example/"}};

TEST_ON(empty, fixture, f)
{
	size_t at = 0;

	assert_null(feed_table_find(f->table, STR("a")));
	assert_null(feed_table_by_id(f->table, 1));
	assert_false(feed_table_knows_id(f->table, 1));
	assert_null(feed_table_next(f->table, &at));
	assert_int_equal(feed_table_places(f->table), 0);
}

TEST_ON(finding, fixture, f)
{
	struct feed *c;
	size_t at = 0;

	apply(f, three, 4, "placed a, placed c, placed d, ");
	c = feed_table_find(f->table, STR("c"));
	assert_non_null(c);
	assert_string_equal(c->state.name, "c");
	assert_ptr_equal(feed_table_by_id(f->table, 2), c);
	assert_ptr_equal(feed_table_at(f->table, 2), c);
	assert_ptr_equal(feed_table_state_at(f->table, 2), &c->state);
	assert_ptr_equal(feed_table_numbered(f->table, c->number), c);
	/* Disabled, absent, ids between and beyond. */
	assert_null(feed_table_find(f->table, STR("b")));
	assert_null(feed_table_find(f->table, STR("x")));
	assert_null(feed_table_at(f->table, 1));
	assert_null(feed_table_state_at(f->table, 1));
	assert_null(feed_table_by_id(f->table, 3));
	assert_true(feed_table_knows_id(f->table, 3));
	assert_false(feed_table_knows_id(f->table, 6));
	assert_false(feed_table_knows_id(f->table, 0));
	assert_null(feed_table_by_id(f->table, -1));
	assert_int_equal(feed_table_places(f->table), 4);
	for (int i = 0; i < 3; i++)
		assert_non_null(feed_table_next(f->table, &at));
	assert_null(feed_table_next(f->table, &at));
}

/* a stays, c has another address, d leaves and e takes its number. */
TEST_ON(change, fixture, f)
{
	static const struct row next[] = {
		{"a", 1, "https://a.example/"}, {"c", 2, "https://c2.example/"}, {"e", 6, "https://e.example/"}};
	const struct feed *a, *d;

	apply(f, three, 4, "placed a, placed c, placed d, ");
	a = feed_table_find(f->table, STR("a"));
	d = feed_table_find(f->table, STR("d"));
	apply(f, next, 3, "leaves d, placed a, url of c, placed c, placed e, ");
	assert_ptr_equal(feed_table_find(f->table, STR("a")), a);
	assert_ptr_equal(a->config, feed_table_at(f->table, 0)->config);
	assert_ptr_equal(feed_table_find(f->table, STR("e")), d);
	/* Room was made before d left. */
	assert_int_equal(feed_table_numbers(f->table), 4);
	assert_null(feed_table_by_id(f->table, 5));
	assert_true(feed_table_knows_id(f->table, 5));
	assert_int_equal(feed_table_by_id(f->table, 6)->number, d->number);
}

/* The database says which feed stays: one that is renamed keeps its id, and so its number. */
TEST_ON(rename, fixture, f)
{
	static const struct row next[] = {
		{"a", 1, "https://a.example/"}, {"d", 5, "https://d.example/"}, {"z", 2, "https://c.example/"}};
	const struct feed *c;

	apply(f, three, 4, "placed a, placed c, placed d, ");
	c = feed_table_find(f->table, STR("c"));
	apply(f, next, 3, "placed a, placed d, placed z, ");
	assert_ptr_equal(feed_table_find(f->table, STR("z")), c);
	assert_null(feed_table_find(f->table, STR("c")));
}

/* The number of a feed that left while a poll was under way is nobody else's until that has ended. */
TEST_ON(poll_under_way, fixture, f)
{
	static const struct row next[] = {
		{"a", 1, "https://a.example/"}, {"c", 2, "https://c.example/"}, {"e", 6, "https://e.example/"}};
	static const struct row last[] = {{"a", 1, "https://a.example/"}, {"c", 2, "https://c.example/"},
		{"e", 6, "https://e.example/"}, {"f", 7, "https://f.example/"}};
	struct feed *d;

	apply(f, three, 4, "placed a, placed c, placed d, ");
	d = feed_table_find(f->table, STR("d"));
	d->phase = PHASE_WRITE;
	apply(f, next, 3, "leaves d, placed a, placed c, placed e, ");
	assert_int_equal(feed_table_numbers(f->table), 4);
	assert_ptr_equal(feed_table_polled(f->table, 5), d);
	assert_null(d->config);
	assert_null(feed_table_by_id(f->table, 5));
	d->phase = PHASE_IDLE;
	apply(f, last, 4, "placed a, placed c, placed e, placed f, ");
	assert_ptr_equal(feed_table_find(f->table, STR("f")), d);
	assert_int_equal(feed_table_numbers(f->table), 4);
}

/* Feeds of lists have no name of their own: they stay by their key, so there is room for all. */
TEST_ON(listed_feeds, fixture, f)
{
	static const struct row first[] = {{"l1", 1, "https://a.example/"}, {"l2", 2, "https://b.example/"}};
	static const struct row next[] = {
		{"m0", 3, "https://a.example/"}, {"m1", 1, "https://a.example/"}, {"m2", 2, "https://b.example/"}};

	f->listed = true;
	apply(f, first, 2, "placed l1, placed l2, ");
	apply(f, next, 3, "placed m0, placed m1, placed m2, ");
	assert_int_equal(feed_table_numbers(f->table), 3);
	assert_int_equal(feed_table_find(f->table, STR("m1"))->number, 0);
}

/* A secret is read when its feed is polled, so one that is missing refuses no change. */
TEST_ON(missing_secret, fixture, f)
{
	struct config_feed feed = {.name = "a", .url = "https://a.example/", .enabled = true};
	const struct config c = {.feeds = {.items = &feed, .count = 1}};
	struct error err = {0};

	apply(f, three, 4, "placed a, placed c, placed d, ");
	feed.bearer_file = (struct config_path){.text = "/nonexistent/secret", .full = "/nonexistent/secret"};
	feed_table_change_free(feed_table_prepare(f->table, &c, &err));
	assert_int_equal(err.code, 0);
	assert_non_null(feed_table_find(f->table, STR("d")));
}
