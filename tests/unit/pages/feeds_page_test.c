/* SPDX-License-Identifier: ISC */
/* The page of all feeds: order, states, and hostile titles. */
#include "sitrep/pages/feeds_page.h"

#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/config/config.h"
#include "sitrep/schedule/feed_table.h"

enum { OUT_MAX = 4 * 1024 * 1024, FEEDS = 3, MANY = 3000 };
#define NOW_MS INT64_C(1795717305000)
#define HOUR_MS INT64_C(3600000)

struct desk {
	struct config config;
	struct config_feed feeds[MANY];
	struct feed_table *table;
	struct site site;
	struct buf out;
};

static char *copy(const char *text)
{
	char *to = strdup(text);

	assert_non_null(to);
	return to;
}

static void leave(void *arg, struct feed *f)
{
	(void)arg;
	(void)f;
}

static void fill(struct desk *d, size_t count, struct feed_state *states)
{
	const struct feed_table_events events = {leave, leave, leave};
	struct feed_table_change *change;
	struct error err = {0};
	static char names[MANY][16];

	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "feed%zu", i);
		d->feeds[i] = (struct config_feed){.name = names[i], .url = "http://x.example/", .enabled = true};
		states[i].id = (int64_t)i + 1;
		states[i].name = copy(names[i]);
		states[i].url = copy("http://x.example/");
		states[i].categories = copy("");
		if (states[i].title == NULL)
			states[i].title = copy(names[i]);
		states[i].active = true;
	}
	d->config.feeds.items = d->feeds;
	d->config.feeds.count = count;
	change = feed_table_prepare(d->table, &d->config, &err);
	assert_ok(change != NULL, err);
	assert_int_equal(feed_table_reserve_ids(change, (int64_t)count + 1), 0);
	feed_table_apply(d->table, change, states, &events, NULL);
	feed_table_change_free(change);
	site_count_feeds(&d->site);
}

static void desk_make(struct desk *d)
{
	d->table = feed_table_new();
	assert_non_null(d->table);
	d->site = (struct site){.title = "Desk", .config = &d->config, .feeds = d->table, .now_ms = NOW_MS};
	d->out = BUF_INIT(OUT_MAX);
}

static void desk_release(struct desk *d)
{
	feed_table_free(d->table);
	buf_release(&d->out);
}

FIXTURE(desk, desk_make, desk_release)

static void fill_three(struct desk *d)
{
	struct feed_state states[FEEDS] = {
		{.title = copy("Beta"),
			.health = FEED_OK,
			.due_ms = NOW_MS + HOUR_MS,
			.last_new_ms = NOW_MS - HOUR_MS,
			.last_poll_ms = NOW_MS,
			.failing_since_ms = TIME_NONE},
		{.title = copy("<script>alpha"),
			.health = FEED_FAILING,
			.failure = FAILURE_HTTP,
			.reason = copy("the server said <b>503</b>"),
			.errors = 6,
			.due_ms = NOW_MS + 3 * HOUR_MS,
			.last_new_ms = TIME_NONE,
			.last_poll_ms = NOW_MS,
			.failing_since_ms = NOW_MS - HOUR_MS},
		{.title = copy("Gamma"),
			.health = FEED_NEW,
			.due_ms = NOW_MS,
			.last_new_ms = TIME_NONE,
			.last_poll_ms = TIME_NONE,
			.failing_since_ms = TIME_NONE},
	};

	fill(d, FEEDS, states);
}

/* The page, and its number of steps. */
static int show(struct desk *d, const char *sort, const char *state)
{
	struct feeds_query q;
	struct feeds_facts facts = {0};
	struct feeds_page *p;
	int steps = 1;

	assert_true(feeds_query_sort(&q, str_from(sort)));
	assert_true(feeds_query_state(&q, str_from(state)));
	p = feeds_page_new(&d->site, &q, &facts);
	assert_non_null(p);
	buf_clear(&d->out);
	for (; feeds_page_step(p, &d->out, 0) == 1; steps++)
		;
	feeds_page_free(p);
	assert_int_equal(d->out.failed, 0);
	return steps;
}

/* The feeds of the table, in order: "beta gamma". */
static void assert_rows(struct desk *d, const char *sort, const char *state, const char *expected)
{
	char rows[64] = "";

	show(d, sort, state);
	for (const char *at = d->out.data; (at = strstr(at, "<th scope=\"row\"><a href=\"feed/feed")) != NULL;) {
		static const char *const names[] = {"beta", "alpha", "gamma"};

		at += strlen("<th scope=\"row\"><a href=\"feed/feed");
		snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "%s%s", rows[0] != '\0' ? " " : "",
			names[*at - '0']);
	}
	assert_string_equal(rows, expected);
}

TEST_ON(rows_are_sorted, desk, d)
{
	fill_three(d);
	assert_rows(d, "", "", "alpha beta gamma");
	assert_rows(d, "-state", "", "gamma beta alpha");
	assert_rows(d, "name", "", "alpha beta gamma");
	assert_rows(d, "next", "", "gamma beta alpha");
	assert_rows(d, "new", "", "beta alpha gamma");
	assert_rows(d, "-new", "", "gamma alpha beta");
}

TEST_ON(states_are_chosen, desk, d)
{
	fill_three(d);
	assert_rows(d, "", "failing", "alpha");
	assert_non_null(strstr(d->out.data, "1 of 3 feeds. "));
	/* the one in force leads back */
	assert_non_null(strstr(d->out.data, "<a href=\"feeds\" class=\"hot\" aria-current=\"true\">1 failing</a>"));
	assert_rows(d, "name", "well", "beta gamma");
	assert_non_null(strstr(d->out.data, "<a href=\"?sort=-name&amp;state=well\">Feed ↑</a>"));
	assert_rows(d, "", "quiet", "");
}

/* A large feed without validators comes whole each time; a small one costs little. */
TEST_ON(a_large_feed_without_validators_is_heavy, desk, d)
{
	struct feed_state states[FEEDS] = {0};

	for (size_t i = 0; i < FEEDS; i++) {
		states[i].health = FEED_OK;
		states[i].polls = 10;
		states[i].bytes = i == 2 ? 1000 : 20 * 1000 * 1000;
		states[i].due_ms = states[i].last_new_ms = states[i].last_poll_ms = NOW_MS;
		states[i].failing_since_ms = TIME_NONE;
	}
	states[1].etag = copy("\"tag\"");
	fill(d, FEEDS, states);
	assert_rows(d, "", "heavy", "beta");
	assert_non_null(
		strstr(d->out.data, "Sends the whole feed each time, some 2.0 MB, whether it has changed or not."));
}

TEST_ON(hostile_texts_stay_text, desk, d)
{
	fill_three(d);
	show(d, "", "");
	assert_null(strstr(d->out.data, "<script>"));
	assert_null(strstr(d->out.data, "<b>503"));
	assert_non_null(strstr(d->out.data, "The server said &lt;b&gt;503&lt;/b&gt;, since "));
	assert_non_null(strstr(d->out.data, ", 6 times."));
	assert_non_null(strstr(d->out.data, "not asked yet"));
}

TEST_ON(orders_that_there_are_not, desk, d)
{
	struct feeds_query q;

	assert_false(feeds_query_sort(&q, STR("size")));
	assert_false(feeds_query_sort(&q, STR("--name")));
	assert_false(feeds_query_sort(&q, STR("-")));
	assert_false(feeds_query_state(&q, STR("bad")));
}

/* Thousands of feeds take many turns, and none too many at once. */
TEST_ON(many_feeds_take_turns, desk, d)
{
	static struct feed_state states[MANY];

	memset(states, 0, sizeof(states));
	for (size_t i = 0; i < MANY; i++)
		states[i].due_ms = states[i].last_new_ms = states[i].last_poll_ms = states[i].failing_since_ms =
			TIME_NONE;
	fill(d, MANY, states);
	assert_true(show(d, "name", "") >= 2 * MANY / 50);
	assert_true(str_ends(buf_str(&d->out), STR("</html>\n")));
}

/* A commit between two steps replaces the state of a feed that has its row already. */
TEST_ON(a_title_changes_between_two_steps, desk, d)
{
	static struct feed_state states[MANY];
	const struct feeds_facts facts = {0};
	struct feeds_query q = {.sort = FEEDS_BY_NAME, .state = -1};
	struct feed_state *state;
	struct feeds_page *p;
	const char *row;
	char *former;

	memset(states, 0, sizeof(states));
	for (size_t i = 0; i < MANY; i++)
		states[i].due_ms = states[i].last_new_ms = states[i].last_poll_ms = states[i].failing_since_ms =
			TIME_NONE;
	fill(d, MANY, states);
	p = feeds_page_new(&d->site, &q, &facts);
	assert_non_null(p);
	assert_int_equal(feeds_page_step(p, &d->out, 0), 1);
	state = &feed_table_at(d->table, 0)->state;
	former = state->title;
	state->title = copy("zulu");
	/* in place of free(), after which the memory may have any text */
	memset(former, 'a', strlen(former));
	while (feeds_page_step(p, &d->out, 0) == 1)
		;
	feeds_page_free(p);
	free(former);
	row = strstr(d->out.data, "<th scope=\"row\"><a href=\"feed/feed0\">");
	assert_non_null(row);
	assert_null(strstr(row + 1, "<th scope=\"row\">"));
}

TEST_ON(no_feed, desk, d)
{
	show(d, "", "");
	assert_non_null(strstr(d->out.data, "No feed fails."));
}
