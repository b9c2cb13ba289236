/* SPDX-License-Identifier: ISC */
/* A request when any one allocation, read or other call fails: the whole document, or none and an error; never a part
 * of it, and never a part that is kept for the next reader. */
#include "../../../daemon/publish/http_internal.h"
#include "../../faults/fault_loop.h"
#include "../ingest/fixture.h"
#include "../schedule/table_fixture.h"
#include "sitrep/publish/publish.h"

enum { PIECES_MAX = 10000 };

struct site {
	struct fixture store;
	struct feed_table *feeds;
	struct config_feed feed;
	struct config config;
	struct publish *publish;
	const char *path;
	struct buf whole; /* the document when nothing fails */
};

int64_t __wrap_clock_wall_ms(void);

int64_t __wrap_clock_wall_ms(void)
{
	return NOW_MS;
}

static void fill_status(void *arg, struct publish_status *status)
{
	(void)arg;
	*status = (struct publish_status){0};
}

/* The status; the body, if there is one, is the caller's. */
static int get(struct site *s, struct http_body **body)
{
	struct http_request request = {.method = HTTP_GET, .path = str_from(s->path)};
	struct http_answer answer;
	int pieces = 0;

	do {
		answer = (struct http_answer){.status = 404};
		publish_handle(s->publish, &request, &answer);
		request.again = true;
		assert_true(++pieces < PIECES_MAX);
	} while (answer.later);
	*body = answer.body;
	return answer.status;
}

static void assert_whole(const struct site *s, struct http_body *body)
{
	assert_non_null(body);
	if (!str_eq(str_make(body->data, body->len), buf_str(&s->whole)))
		fail_msg("%s is another one after a call failed in %s:\n%.*s\nand was\n%.*s", s->path,
			fault_state()->where, STR_ARG(str_make(body->data, body->len)), STR_ARG(buf_str(&s->whole)));
}

static int64_t get_once(void *arg, uint32_t kinds, int64_t n)
{
	struct site *s = arg;
	struct http_body *body;
	int64_t failed;
	int status;

	publish_invalidate(s->publish);
	publish_set_config(s->publish, &s->config, config_base_url(&s->config, NULL), s->feeds);
	fault_arm(kinds, n, 1);
	status = get(s, &body);
	failed = fault_disarm();
	if (status == 200)
		assert_whole(s, body);
	else
		assert_true(status >= 500);
	http_body_unref(body);
	/* The next reader is not served what the failure has left. */
	assert_int_equal(get(s, &body), 200);
	assert_whole(s, body);
	http_body_unref(body);
	return failed;
}

static void try_path(struct site *s, const char *path)
{
	struct http_body *body;

	s->path = path;
	assert_int_equal(get(s, &body), 200);
	buf_clear(&s->whole);
	assert_int_equal(buf_add(&s->whole, str_make(body->data, body->len)), 0);
	http_body_unref(body);
	fault_each(path, 1, get_once, s);
}

static void setup(struct site *s)
{
	struct error err = {0};
	struct draft draft = draft_new("Alpha");
	char guid[32], title[64];

	buf_init(&s->whole, DOCUMENT_MAX);
	fixture_setup(&s->store);
	for (int i = 0; i < 8; i++) {
		snprintf(guid, sizeof(guid), "guid-%d", i);
		snprintf(title, sizeof(title), "Convoy %d leaves the harbour", i);
		draft_add(&draft, guid, "https://a.example/item", title, "The ships left port with an escort");
	}
	assert_string_equal(fixture_poll(&s->store, ALPHA, &draft).error.text, "");
	s->feed = (struct config_feed){
		.name = s->store.feeds[ALPHA].name, .url = s->store.feeds[ALPHA].url, .enabled = true};
	s->config.feeds.items = &s->feed;
	s->config.feeds.count = 1;
	s->config.title = "Situation";
	s->config.base_url = "https://sitrep.example";
	s->config.http_entries = 100;
	s->feeds = table_of(&s->config, &s->store.feeds[ALPHA]);
	s->publish = publish_new(s->store.dir, fill_status, s, &err);
	assert_ok(s->publish != NULL, err);
	publish_set_config(s->publish, &s->config, config_base_url(&s->config, NULL), s->feeds);
}

static void teardown(struct site *s)
{
	publish_free(s->publish);
	fixture_teardown(&s->store);
	feed_table_free(s->feeds);
	buf_release(&s->whole);
}

FIXTURE(site, setup, teardown)

TEST_ON(documents, site, s)
{
	static const char *const paths[] = {"/feed.atom", "/feed.rss", "/feed.json", "/", "/opml"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		try_path(s, paths[i]);
}

TEST_GROUP(fault_use_memory_folder, NULL)
