/* SPDX-License-Identifier: ISC */
/* engine_test.c: the engine's parts below the pipeline: whether feeds may be asked, when each is due, and operators who
 * have feeds asked now.  The control socket is real; the writer's reports are the test's. */
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../../../daemon/engine/refreshes.h"
#include "../schedule/table_fixture.h"
#include "sitrep/base/clock.h"

#define MINUTE_MS (INT64_C(60) * 1000)

enum { TURNS_MAX = 10000 };

struct fixture {
	struct config config;
	struct config_feed feeds[2];
	struct stages stages;
	struct polling polling;
	struct planner planner;
	struct refreshes refreshes;
	char dir[64], path[80];
	struct listener *listener;
	int fd; /* the operator's end */
	struct buf heard;
};

/* ---- the operator ---- */

static int on_refresh(void *arg, struct str feed, struct control_peer *peer, struct error *err)
{
	return refreshes_start(&((struct fixture *)arg)->refreshes, feed, peer, err);
}

static void on_peer_gone(void *arg, struct control_peer *peer)
{
	refreshes_forget_peer(&((struct fixture *)arg)->refreshes, peer);
}

static const struct control_operations operations = {.refresh = on_refresh, .peer_gone = on_peer_gone};

static void connect_operator(struct fixture *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(f->fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", f->path);
	assert_int_equal(connect(f->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void turn(struct fixture *f)
{
	char chunk[4096];
	ssize_t n;

	assert_true(event_base_loop(f->stages.base, EVLOOP_NONBLOCK) >= 0);
	while ((n = read(f->fd, chunk, sizeof(chunk))) > 0)
		assert_int_equal(buf_add(&f->heard, str_make(chunk, (size_t)n)), 0);
}

static bool is_refreshing(const struct fixture *f)
{
	return f->refreshes.items[0].peer != NULL;
}

/* Asks for a refresh; returns when it is under way or answered. */
static void ask(struct fixture *f, const char *line)
{
	buf_clear(&f->heard);
	assert_int_equal(write(f->fd, line, strlen(line)), strlen(line));
	for (int i = 0; i < TURNS_MAX && !is_refreshing(f) && f->heard.len == 0; i++)
		turn(f);
}

static void expect(struct fixture *f, const char *answer)
{
	for (int i = 0; i < TURNS_MAX && f->heard.len < strlen(answer); i++)
		turn(f);
	assert_string_equal(f->heard.data != NULL ? f->heard.data : "", answer);
	buf_clear(&f->heard);
}

/* ---- life ---- */

static struct feed *feed_named(struct fixture *f, const char *name)
{
	struct feed *feed = feed_table_find(f->stages.feeds, str_from(name));

	assert_non_null(feed);
	return feed;
}

static struct feed_state new_state(int64_t id, const char *name, const char *url)
{
	return (struct feed_state){.id = id,
		.name = (char *)name,
		.url = (char *)url,
		.categories = (char *)"",
		.due_ms = TIME_NONE,
		.last_poll_ms = TIME_NONE};
}

static void setup(struct fixture *f)
{
	struct due_queue_limits limits = {.per_site = 1, .per_server = 4};
	struct error err = {0};
	const struct feed_state states[] = {
		new_state(1, "a", "https://a.example/"), new_state(2, "b", "https://b.example/")};

	f->feeds[0] = (struct config_feed){.name = "a", .url = "https://a.example/", .enabled = true};
	f->feeds[1] = (struct config_feed){.name = "b", .url = "https://b.example/", .enabled = true};
	f->config = (struct config){.feeds = {.items = f->feeds, .count = 2},
		.poll_min_ms = 5 * MINUTE_MS,
		.poll_max_ms = 60 * MINUTE_MS,
		.poll_default_ms = 15 * MINUTE_MS};
	snprintf(f->dir, sizeof(f->dir), "/tmp/sitrep-engine-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/control.sock", f->dir);
	buf_init(&f->heard, 1024 * 1024);
	f->stages.config = &f->config;
	f->stages.base = event_base_new();
	f->stages.queue = due_queue_new(&limits);
	f->stages.policies = feed_policies_new();
	f->stages.feeds = table_of(&f->config, states);
	assert_true(f->stages.base != NULL && f->stages.queue != NULL && f->stages.policies != NULL);
	assert_int_equal(feed_policies_reserve(f->stages.policies, 2), 0);
	feed_policies_set(f->stages.policies, &f->config);
	f->planner.stages = &f->stages;
	f->refreshes.stages = &f->stages;
	f->refreshes.polling = &f->polling;
	f->refreshes.planner = &f->planner;
	planner_plan(&f->planner, feed_named(f, "a"), &f->config);
	planner_plan(&f->planner, feed_named(f, "b"), &f->config);
	f->listener = listener_open_unix(f->path, 0600, NULL, &err);
	f->stages.control = control_new(f->stages.base, &operations, f, &err);
	assert_true(f->listener != NULL && f->stages.control != NULL);
	assert_int_equal(control_listen(f->stages.control, f->listener, &err), 0);
	connect_operator(f);
}

static void teardown(struct fixture *f)
{
	control_free(f->stages.control);
	listener_free(f->listener);
	refreshes_release(&f->refreshes);
	while (event_base_loop(f->stages.base, EVLOOP_NONBLOCK) == 0 &&
		event_base_get_num_events(f->stages.base, EVENT_BASE_COUNT_ACTIVE) > 0)
		;
	feed_table_free(f->stages.feeds);
	feed_policies_free(f->stages.policies);
	due_queue_free(f->stages.queue);
	event_base_free(f->stages.base);
	close(f->fd);
	buf_release(&f->heard);
	unlink(f->path);
	rmdir(f->dir);
}

FIXTURE(fixture, setup, teardown)

static void report(struct fixture *f, const char *name, int fresh)
{
	const struct poll_report r = {.is_poll = true, .fresh = fresh};

	refreshes_report(&f->refreshes, feed_named(f, name), &r);
}

/* ---- whether feeds may be asked ---- */

TEST_ON(pause, fixture, f)
{
	struct error err = {0};

	assert_true(polling_may_ask(&f->polling));
	assert_int_equal(polling_refuse(&f->polling, &err), 0);
	assert_true(polling_set_paused(&f->polling, true));
	assert_false(polling_set_paused(&f->polling, true));
	assert_false(polling_may_ask(&f->polling));
	assert_int_equal(polling_refuse(&f->polling, &err), -EAGAIN);
	assert_string_equal(err.text, "polling is paused, \"sitrep resume\" ends that");
	assert_true(polling_set_paused(&f->polling, false));
	assert_true(polling_may_ask(&f->polling));
	f->polling.storing.stopped = true;
	snprintf(f->polling.storing.reason, sizeof(f->polling.storing.reason), "disk full");
	assert_false(polling_may_ask(&f->polling));
	assert_int_equal(polling_refuse(&f->polling, &err), -EAGAIN);
	assert_string_equal(err.text, "nothing is polled while nothing can be stored: disk full");
	f->polling.storing.stopped = false;
	polling_end(&f->polling);
	assert_false(polling_may_ask(&f->polling));
}

/* ---- when feeds are due ---- */

/* In how many milliseconds a feed goes, INT64_MAX: none is planned. */
static int64_t wait_ms(const struct fixture *f)
{
	int64_t at_ms = due_queue_wakeup(f->stages.queue);

	return at_ms == INT64_MAX ? at_ms : at_ms - clock_elapsed_ms();
}

TEST_ON(due_times, fixture, f)
{
	struct feed *a = feed_named(f, "a");

	assert_true(wait_ms(f) == INT64_MAX);
	/* By the pause that was planned at its last poll, whatever the clock on the wall has done since. */
	a->polled_ms = clock_elapsed_ms();
	a->state.last_poll_ms = clock_wall_ms() - 1000 * MINUTE_MS;
	a->state.due_ms = a->state.last_poll_ms + 10 * MINUTE_MS;
	planner_move(&f->planner, a);
	assert_true(wait_ms(f) > 5 * MINUTE_MS && wait_ms(f) <= 10 * MINUTE_MS);
	/* Never further ahead than the schedule may plan. */
	a->state.due_ms = INT64_MAX / 2;
	planner_move(&f->planner, a);
	assert_true(wait_ms(f) <= 8 * 24 * 60 * MINUTE_MS);
	planner_ask_once(&f->planner, a, 3 * MINUTE_MS);
	assert_true(wait_ms(f) <= 3 * MINUTE_MS);
	planner_ask_now(&f->planner, a);
	assert_true(wait_ms(f) <= 0);
	planner_forget(&f->planner, a);
	assert_true(wait_ms(f) == INT64_MAX);
}

TEST_ON(lost_documents_are_fetched_again, fixture, f)
{
	struct feed *a = feed_named(f, "a"), *b = feed_named(f, "b");

	planner_note_lost(&f->planner, a);
	planner_note_lost(&f->planner, b);
	planner_note_stored(b);
	planner_fetch_lost(&f->planner);
	assert_int_equal(due_queue_waiting(f->stages.queue, clock_elapsed_ms() + MINUTE_MS), 1);
	assert_true(a->lost);
	assert_false(b->lost);
}

/* ---- refreshes ---- */

TEST_ON(refresh_of_all, fixture, f)
{
	ask(f, "{\"op\":\"refresh\"}\n");
	assert_true(is_refreshing(f));
	assert_int_equal(due_queue_waiting(f->stages.queue, clock_elapsed_ms()), 2);
	report(f, "b", 3);
	report(f, "b", 1); /* asked again by its own plan: nobody waits for that */
	feed_named(f, "a")->state.health = FEED_FAILING;
	report(f, "a", 0);
	expect(f, "{\"progress\":{\"feed\":\"b\",\"result\":\"ok\",\"new\":3,\"copies\":0,\"updates\":0,\"left\":1}}\n"
		  "{\"progress\":{\"feed\":\"a\",\"result\":\"failed\",\"new\":0,\"copies\":0,\"updates\":0,"
		  "\"left\":0}}\n{\"done\":true}\n");
	assert_false(is_refreshing(f));
}

TEST_ON(refused_refreshes, fixture, f)
{
	struct feed *a = feed_named(f, "a");

	ask(f, "{\"op\":\"refresh\",\"feed\":\"x\"}\n");
	expect(f, "{\"error\":\"no feed is named x\"}\n");
	a->polled_ms = clock_elapsed_ms();
	a->state.last_poll_ms = clock_wall_ms();
	a->state.http_status = 200;
	ask(f, "{\"op\":\"refresh\",\"feed\":\"a\"}\n");
	assert_false(is_refreshing(f));
	assert_non_null(strstr(f->heard.data, "{\"error\":\"a was polled "));
	assert_true(polling_set_paused(&f->polling, true));
	ask(f, "{\"op\":\"refresh\"}\n");
	assert_non_null(strstr(f->heard.data, "polling is paused"));
}

TEST_ON(refreshes_that_end_early, fixture, f)
{
	ask(f, "{\"op\":\"refresh\"}\n");
	refreshes_forget_feed(&f->refreshes, feed_named(f, "a"));
	assert_true(is_refreshing(f));
	refreshes_forget_feed(&f->refreshes, feed_named(f, "b"));
	expect(f, "{\"done\":true}\n");
	ask(f, "{\"op\":\"refresh\",\"feed\":\"b\"}\n");
	refreshes_end(&f->refreshes, "the disk is full");
	expect(f, "{\"error\":\"the disk is full\"}\n");
	assert_false(is_refreshing(f));
	/* The operator goes: nobody is told. */
	ask(f, "{\"op\":\"refresh\"}\n");
	close(f->fd);
	connect_operator(f);
	for (int i = 0; i < TURNS_MAX && is_refreshing(f); i++)
		turn(f);
	assert_false(is_refreshing(f));
	report(f, "a", 1);
}
