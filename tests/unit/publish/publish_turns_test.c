/* SPDX-License-Identifier: ISC */
/* publish_turns_test.c: the largest documents are made a piece at a time, and are what they would be in one piece. */
#include "../ingest/fixture.h"
#include "../schedule/table_fixture.h"

#include "../../../daemon/publish/http_internal.h"
#include "sitrep/publish/publish.h"

/* Bounds of a piece.  LOOKS: at the clock, which stands still but for them: between two looks one story, or a few
 * feeds, are written.  REAL: of processor time, which a busy machine makes several times longer. */
enum { LOOK_US = 100, PIECE_LOOKS_MAX = 100, PIECE_REAL_MAX_US = 1000000 };

enum { FEEDS = 10000, ITEMS = 3000 };

static int64_t looks;

int64_t __wrap_clock_thread_cpu_us(void);
int64_t __real_clock_thread_cpu_us(void);

int64_t __wrap_clock_thread_cpu_us(void)
{
	return ++looks * LOOK_US;
}

struct site {
	struct fixture store;
	struct feed_state *states;
	struct feed_table *table;
	char (*names)[24];
	struct config_feed *feeds;
	struct config_outline *outlines;
	struct config config;
	struct publish *publish;
	struct http_body *body; /* of the last answer */
	size_t pieces;
	int64_t piece_looks_max, piece_real_us_max;
};

static void fill_status(void *arg, struct publish_status *status)
{
	(void)arg;
	*status = (struct publish_status){0};
}

static void begin(struct site *s)
{
	struct fixture *f = &s->store;
	struct error err = {0};
	struct draft draft = draft_new("Alpha");
	static char url[] = "https://feeds.example/feed", title_of_feed[] = "One of many", categories[] = "naval\nair";
	char guid[32], title[64], body[600];
	size_t number_len;

	fixture_setup(f);
	memset(body, 'b', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	for (int i = 0; i < ITEMS; i++) {
		snprintf(guid, sizeof(guid), "guid-%d", i);
		snprintf(title, sizeof(title), "Notice number %d", i);
		number_len = strlen(guid) - strlen("guid-");
		memcpy(body, guid + strlen("guid-"), number_len);
		body[number_len] = ' ';
		draft_add(&draft, guid, NULL, title, body);
	}
	assert_string_equal(fixture_poll(f, ALPHA, &draft).error.text, "");
	s->states = calloc(FEEDS, sizeof(*s->states));
	s->names = calloc(FEEDS, sizeof(*s->names));
	s->feeds = calloc(FEEDS, sizeof(*s->feeds));
	s->outlines = calloc(2 * FEEDS, sizeof(*s->outlines));
	assert_true(s->states != NULL && s->names != NULL && s->feeds != NULL && s->outlines != NULL);
	for (int i = 0; i < FEEDS; i++) {
		snprintf(s->names[i], sizeof(s->names[i]), "feed-%04d", i);
		s->states[i] =
			(struct feed_state){.id = i + 1, .name = s->names[i], .url = url, .title = title_of_feed};
		s->states[i].categories = categories;
		s->feeds[i] = (struct config_feed){.name = s->names[i], .url = url, .enabled = true};
		s->outlines[i] = (struct config_outline){.folder = "air\nfast", .feed = (size_t)i};
		s->outlines[FEEDS + i] = (struct config_outline){.folder = "air\nslow", .feed = (size_t)i};
	}
	s->config.feeds.items = s->feeds;
	s->config.feeds.count = FEEDS;
	s->config.outlines = s->outlines;
	s->config.outline_count = 2 * FEEDS;
	s->config.title = "Situation";
	s->config.base_url = "https://sitrep.example";
	s->config.http_entries = 10000;
	s->table = table_of(&s->config, s->states);
	s->publish = publish_new(f->dir, fill_status, s, &err);
	assert_ok(s->publish != NULL, err);
	publish_set_config(s->publish, &s->config, config_base_url(&s->config, NULL), s->table);
}

static void end(struct site *s)
{
	http_body_unref(s->body);
	publish_free(s->publish);
	fixture_teardown(&s->store);
	feed_table_free(s->table);
	free(s->states);
	free(s->names);
	free(s->feeds);
	free(s->outlines);
}

FIXTURE(site, begin, end)

/* One piece; true when the answer has come. */
static bool ask(struct site *s, const char *path, bool again)
{
	struct http_request request = {.method = HTTP_GET, .path = str_from(path), .again = again};
	struct http_answer answer = {.status = 404};
	int64_t before = looks, before_us = __real_clock_thread_cpu_us(), spent_us;

	publish_handle(s->publish, &request, &answer);
	spent_us = __real_clock_thread_cpu_us() - before_us;
	if (spent_us > s->piece_real_us_max)
		s->piece_real_us_max = spent_us;
	if (looks - before > s->piece_looks_max)
		s->piece_looks_max = looks - before;
	s->pieces++;
	if (answer.later)
		return false;
	assert_int_equal(answer.status, 200);
	http_body_unref(s->body);
	s->body = answer.body;
	return true;
}

static void get(struct site *s, const char *path)
{
	s->pieces = 0;
	s->piece_looks_max = s->piece_real_us_max = 0;
	for (bool again = false; !ask(s, path, again); again = true)
		assert_true(s->pieces < 10000);
	if (s->piece_looks_max > PIECE_LOOKS_MAX || s->piece_real_us_max >= PIECE_REAL_MAX_US)
		fail_msg("a piece of %s took %lld looks at the clock, and one %lld us of processor time", path,
			(long long)s->piece_looks_max, (long long)s->piece_real_us_max);
}

static size_t count_of(const struct http_body *b, const char *words)
{
	struct str text = str_make(b->data, b->len);
	size_t n = 0;

	for (size_t at = 0; (at = str_find(text, str_from(words), at)) != STR_NPOS; at++)
		n++;
	return n;
}

TEST_ON(metrics_of_ten_thousand_feeds, site, s)
{
	get(s, "/metrics");
	assert_true(s->pieces > 2);
	assert_int_equal(count_of(s->body, "{feed=\"feed-"), 9 * FEEDS);
	assert_int_equal(count_of(s->body, "# TYPE sitrepd_feed_items gauge\n"), 1);
	assert_int_equal(count_of(s->body, "sitrepd_feed_items{feed=\"feed-9999\"} 0\n"), 1);
	/* numbers are never old: who asks anew is not given what was made for another */
	assert_false(ask(s, "/metrics", false));
}

TEST_ON(list_of_ten_thousand_feeds, site, s)
{
	get(s, "/opml");
	assert_true(s->pieces > 2);
	assert_int_equal(count_of(s->body, "<outline type=\"rss\" text=\"One of many\""), 2 * FEEDS);
	assert_int_equal(count_of(s->body, "sitrep:name=\"feed-0077\""), 2);
	/* folders within one, each once */
	assert_int_equal(count_of(s->body, "<outline text=\"air\">\n<outline text=\"fast\">\n"), 1);
	assert_int_equal(count_of(s->body, "</outline>\n<outline text=\"slow\">\n"), 1);
	assert_int_equal(count_of(s->body, "</outline>\n</outline>\n</body>"), 1);
	assert_int_equal(count_of(s->body, "</opml>\n"), 1);
}

TEST_ON(page_of_thousands_of_stories, site, s)
{
	static const char *const paths[] = {"/feed.atom", "/feed.rss", "/feed.json"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		get(s, paths[i]);
		assert_true(s->pieces > 2);
		for (int n = 0; n < ITEMS; n += 250) {
			char title[64];

			snprintf(title, sizeof(title), "Notice number %d%s", n, i == 2 ? "\"" : "<");
			assert_true(count_of(s->body, title) >= 1);
		}
		/* and from memory then */
		assert_true(ask(s, paths[i], false));
	}
}

TEST_ON(river_of_thousands_of_stories, site, s)
{
	get(s, "/");
	assert_true(s->pieces > 2);
	/* and from memory then */
	assert_true(ask(s, "/", false));
	assert_int_equal(count_of(s->body, "<article "), 60);
	assert_int_equal(count_of(s->body, "rel=\"prev\""), 0);
	assert_int_equal(count_of(s->body, "rel=\"next\""), 1);
}

/* Readers of many pages at a time, and two of one: each gets its own, and the two share the work. */
TEST_ON(many_documents_at_once, site, s)
{
	static const char *const paths[] = {"/metrics", "/opml", "/feed.atom", "/feed.json", "/feed.rss", "/",
		"/category/naval.atom", "/category/air.atom", "/category/naval.rss", "/feed.atom"};
	enum { COUNT = sizeof(paths) / sizeof(paths[0]) };
	bool done[COUNT] = {false}, again[COUNT] = {false};
	size_t left = COUNT;

	while (left > 0) {
		for (size_t i = 0; i < COUNT; i++) {
			if (done[i])
				continue;
			done[i] = ask(s, paths[i], again[i]);
			again[i] = true;
			left -= done[i];
		}
		assert_true(s->pieces < 100000);
	}
	assert_true(s->piece_looks_max <= PIECE_LOOKS_MAX && s->piece_real_us_max < PIECE_REAL_MAX_US);
}

/* The configuration is replaced while documents are being made of the old one. */
TEST_ON(reload_meanwhile, site, s)
{
	assert_false(ask(s, "/metrics", false));
	assert_false(ask(s, "/opml", false));
	publish_set_config(s->publish, &s->config, config_base_url(&s->config, NULL), s->table);
	get(s, "/metrics");
	assert_int_equal(count_of(s->body, "{feed=\"feed-"), 9 * FEEDS);
}

/* Links in documents lead to where the daemon listens, whoever made the socket. */
TEST(base_url)
{
	static const struct {
		const char *base_url, *address, *expected;
	} cases[] = {
		{"https://a.example/news//", "http://127.0.0.1:8484", "https://a.example/news"},
		{NULL, "http://192.0.2.1:80", "http://192.0.2.1:80"},
		{NULL, "http://0.0.0.0:8484", "http://localhost:8484"},
		{NULL, "http://[::]:8484", "http://localhost:8484"},
		{NULL, "http://[::1]:8484", "http://[::1]:8484"},
		{NULL, NULL, "http://localhost"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config c = {.base_url = cases[i].base_url};
		char *url = config_base_url(&c, cases[i].address);

		assert_string_equal(url, cases[i].expected);
		free(url);
	}
}
