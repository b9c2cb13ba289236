/* SPDX-License-Identifier: ISC */
/* The due queue: single rules one by one, then random use against a plain model that looks at everything. */
#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/schedule/due_queue.h"

/* the queue of each test: one feed at a time of a site, any number of a server, no gaps */
static struct due_queue *q;

static void limit(size_t per_site)
{
	due_queue_set_limits(q, &(struct due_queue_limits){.per_site = per_site, .per_server = 1000});
}

static void begin(void)
{
	q = due_queue_new(&(struct due_queue_limits){.per_site = 1, .per_server = 1000});
	assert_non_null(q);
}

static void end(void)
{
	due_queue_free(q);
}

static void assert_next(int64_t now_ms, uint32_t expected)
{
	uint32_t feed = UINT32_MAX;

	assert_true(due_queue_next(q, now_ms, &feed));
	assert_int_equal(feed, expected);
}

static void assert_none(int64_t now_ms)
{
	uint32_t feed;

	assert_false(due_queue_next(q, now_ms, &feed));
}

static void set(uint32_t feed, const char *host, int64_t due_ms)
{
	assert_int_equal(due_queue_set(q, feed, str_from(host), due_ms), 0);
}

TEST_WITH(earliest_first, begin, end)
{
	limit(2);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	assert_none(1000);
	set(3, "a.example", 300);
	set(1, "b.example", 100);
	set(2, "c.example", 200);
	assert_int_equal(due_queue_wakeup(q), 100);
	assert_none(99);
	assert_next(200, 1);
	assert_next(200, 2);
	assert_none(200);
	assert_int_equal(due_queue_wakeup(q), 300);
	assert_int_equal(due_queue_running(q), 2);
	due_queue_done(q, 1);
	due_queue_done(q, 1);
	assert_int_equal(due_queue_running(q), 1);
}

TEST_WITH(equal_times_in_order_of_coming, begin, end)
{
	limit(100);
	for (uint32_t i = 0; i < 50; i++)
		set(i, "a.example", 5);
	for (uint32_t i = 0; i < 50; i++)
		assert_next(5, i);
}

TEST_WITH(per_site, begin, end)
{
	limit(2);
	set(0, "busy.example", 10);
	set(1, "busy.example", 20);
	set(2, "busy.example", 30);
	set(3, "other.example", 40);
	assert_next(100, 0);
	assert_next(100, 1);
	assert_next(100, 3);
	assert_none(100);
	assert_int_equal(due_queue_waiting(q, 100), 1);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	due_queue_done(q, 0);
	assert_int_equal(due_queue_wakeup(q), 30);
	assert_next(100, 2);
	assert_int_equal(due_queue_waiting(q, 100), 0);
}

TEST_WITH(changed_limit, begin, end)
{
	set(0, "a.example", 10);
	set(1, "a.example", 10);
	assert_next(10, 0);
	assert_none(10);
	limit(2);
	assert_next(10, 1);
	set(2, "a.example", 10);
	limit(1);
	due_queue_done(q, 0);
	assert_none(10);
	due_queue_done(q, 1);
	assert_next(10, 2);
}

TEST_WITH(cool_down, begin, end)
{
	limit(5);
	set(0, "a.example", 10);
	set(1, "b.example", 50);
	due_queue_cool_down(q, STR("a.example"), 10, 100);
	due_queue_cool_down(q, STR("unknown.example"), 10, 100);
	assert_int_equal(due_queue_wakeup(q), 50);
	assert_next(60, 1);
	assert_none(60);
	assert_int_equal(due_queue_wakeup(q), 100);
	set(2, "a.example", 5);
	assert_none(99);
	assert_next(100, 2);
	/* of two answers that were under way together, the one that asks for less may come later */
	due_queue_cool_down(q, STR("a.example"), 100, 300);
	due_queue_cool_down(q, STR("a.example"), 101, 150);
	assert_none(299);
	assert_next(300, 0);
}

TEST_WITH(cool_down_outlives_a_run, begin, end)
{
	set(0, "a.example", 10);
	assert_next(10, 0);
	due_queue_done(q, 0);
	due_queue_cool_down(q, STR("a.example"), 10, 500);
	set(0, "a.example", 20);
	assert_none(499);
	assert_next(500, 0);
}

TEST_WITH(set_while_it_runs, begin, end)
{
	set(0, "a.example", 10);
	assert_next(10, 0);
	set(0, "a.example", 30);
	assert_none(100);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	due_queue_done(q, 0);
	assert_int_equal(due_queue_wakeup(q), 30);
	assert_next(30, 0);
	due_queue_done(q, 0);
	/* done without being set again: not planned */
	assert_true(due_queue_wakeup(q) == INT64_MAX);
}

TEST_WITH(removed_while_it_runs, begin, end)
{
	set(0, "a.example", 10);
	set(1, "a.example", 20);
	assert_next(20, 0);
	set(0, "a.example", 30);
	due_queue_remove(q, 0);
	due_queue_remove(q, 77);
	/* it still holds its host's slot */
	assert_none(100);
	due_queue_done(q, 0);
	assert_next(100, 1);
	due_queue_done(q, 1);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
}

TEST_WITH(moved_to_another_host, begin, end)
{
	set(0, "a.example", 10);
	set(1, "b.example", 10);
	assert_next(10, 0);
	set(0, "b.example", 20);
	due_queue_done(q, 0);
	assert_next(20, 1);
	assert_none(20);
	due_queue_done(q, 1);
	assert_next(20, 0);
}

TEST_WITH(time_none_takes_out, begin, end)
{
	set(0, "a.example", 10);
	set(0, "a.example", TIME_NONE);
	assert_none(100);
	assert_int_equal(due_queue_waiting(q, 100), 0);
}

/* ---- servers ---- */

TEST_WITH(gap, begin, end)
{
	const struct due_queue_limits limits = {
		.per_site = 5, .per_server = 5, .site_gap_ms = 1000, .server_gap_ms = 250};

	due_queue_set_limits(q, &limits);
	for (uint32_t i = 0; i < 3; i++)
		set(i, "a.example", 10);
	set(3, "b.example", 11);
	assert_next(20, 0);
	assert_next(20, 3);
	assert_none(1019);
	assert_int_equal(due_queue_wakeup(q), 1020);
	assert_next(1030, 1);
	/* a gap outlives the run that began it */
	due_queue_done(q, 0);
	due_queue_done(q, 1);
	assert_none(2029);
	assert_next(2030, 2);
}

TEST_WITH(own_network_without_gaps, begin, end)
{
	const struct due_queue_limits limits = {
		.per_site = 5, .per_server = 5, .site_gap_ms = 1000, .server_gap_ms = 250};

	due_queue_set_limits(q, &limits);
	for (uint32_t i = 0; i < 4; i++)
		set(i, "127.0.0.1", 10);
	assert_int_equal(due_queue_place(q, STR("127.0.0.1"), STR("127.0.0.1"), true), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_next(10, i);
	assert_true(due_queue_is_own(q, STR("127.0.0.1")));
	assert_false(due_queue_is_own(q, STR("a.example")));
}

TEST_WITH(sites_of_one_server, begin, end)
{
	const struct due_queue_limits limits = {.per_site = 1, .per_server = 2, .site_gap_ms = 0, .server_gap_ms = 100};

	due_queue_set_limits(q, &limits);
	set(0, "a.example", 10);
	set(1, "b.example", 11);
	set(2, "c.example", 12);
	set(3, "elsewhere.example", 13);
	assert_int_equal(due_queue_place(q, STR("a.example"), STR("192.0.2.1"), false), 0);
	assert_int_equal(due_queue_place(q, STR("b.example"), STR("192.0.2.1"), false), 0);
	assert_int_equal(due_queue_place(q, STR("c.example"), STR("192.0.2.1"), false), 0);
	assert_int_equal(due_queue_place(q, STR("nowhere.example"), STR("192.0.2.1"), false), 0);
	assert_next(20, 0);
	assert_next(20, 3);
	assert_none(119);
	assert_next(120, 1);
	/* two of the server's are under way */
	assert_none(1000);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
	assert_int_equal(due_queue_waiting(q, 1000), 1);
	/* it turned out to be somewhere else */
	assert_int_equal(due_queue_place(q, STR("c.example"), STR("192.0.2.2"), false), 0);
	assert_next(1000, 2);
}

/* One site's cool-down closes its server for ten minutes; that of a second site for as long as was asked. */
TEST_WITH(cool_down_of_a_server, begin, end)
{
	const int64_t hour_ms = 3600000;
	bool is_server;

	set(0, "a.example", 10);
	set(1, "b.example", 10);
	set(2, "c.example", 10);
	for (int i = 0; i < 3; i++) {
		char name[] = "a.example";

		name[0] = (char)('a' + i);
		assert_int_equal(due_queue_place(q, str_from(name), STR("192.0.2.1"), false), 0);
	}
	due_queue_cool_down(q, STR("a.example"), 100, 100 + hour_ms);
	assert_int_equal(due_queue_wakeup(q), 100 + SERVER_COOL_DOWN_MS);
	assert_true(due_queue_closed_until(q, STR("a.example"), &is_server) == 100 + hour_ms && !is_server);
	assert_true(due_queue_closed_until(q, STR("b.example"), &is_server) == 100 + SERVER_COOL_DOWN_MS && is_server);
	/* a second cool-down of the same site closes the server no longer than the first */
	due_queue_cool_down(q, STR("a.example"), 200, 200 + hour_ms);
	assert_int_equal(due_queue_wakeup(q), 200 + SERVER_COOL_DOWN_MS);
	due_queue_cool_down(q, STR("b.example"), 300, 300 + hour_ms);
	assert_int_equal(due_queue_wakeup(q), 300 + hour_ms);
	assert_none(299 + hour_ms);
	assert_next(300 + hour_ms, 2);
	assert_true(due_queue_closed_until(q, STR("unknown.example"), &is_server) == INT64_MIN && !is_server);
}

/* A server whose sites have all gone is forgotten with what it asked for. */
TEST_WITH(server_forgotten, begin, end)
{
	set(0, "a.example", 10);
	assert_int_equal(due_queue_place(q, STR("a.example"), STR("192.0.2.1"), false), 0);
	due_queue_cool_down(q, STR("a.example"), 10, 500);
	assert_none(499);
	due_queue_remove(q, 0);
	set(0, "b.example", 10);
	assert_int_equal(due_queue_place(q, STR("b.example"), STR("192.0.2.1"), false), 0);
	assert_next(10, 0);
	due_queue_remove(q, 0);
	due_queue_done(q, 0);
	assert_true(due_queue_wakeup(q) == INT64_MAX);
}

/* ---- against a model ---- */

enum { MODEL_FEEDS = 60, MODEL_HOSTS = 9, MODEL_SERVERS = 4, MODEL_STEPS = 200000 };

struct model {
	struct {
		int host; /* -1: not in the queue */
		bool waits;
		int64_t due_ms;
		int running_host;   /* -1 */
		int running_server; /* -1 */
		int64_t again_ms;
	} feeds[MODEL_FEEDS];
	struct {
		int server; /* -1: not known */
		int64_t closed_ms;
		int64_t gap_ms;
	} hosts[MODEL_HOSTS];
	struct {
		int64_t closed_ms;
		int64_t gap_ms;
	} servers[MODEL_SERVERS];
	struct due_queue_limits limits;
};

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33) % below;
}

static size_t model_running(const struct model *m, int host)
{
	size_t n = 0;

	for (int i = 0; i < MODEL_FEEDS; i++)
		n += m->feeds[i].running_host >= 0 && (host < 0 || m->feeds[i].running_host == host);
	return n;
}

static size_t model_running_server(const struct model *m, int server)
{
	size_t n = 0;

	for (int i = 0; i < MODEL_FEEDS; i++)
		n += m->feeds[i].running_host >= 0 && m->feeds[i].running_server == server;
	return n;
}

static int64_t latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When the host's first feed may go as far as time is concerned; INT64_MAX when there is no room or no feed. */
static int64_t model_ready_ms(const struct model *m, int host)
{
	int64_t first_ms = INT64_MAX;
	int server = m->hosts[host].server;

	if (model_running(m, host) >= m->limits.per_site ||
		(server >= 0 && model_running_server(m, server) >= m->limits.per_server))
		return INT64_MAX;
	for (int i = 0; i < MODEL_FEEDS; i++)
		if (m->feeds[i].waits && m->feeds[i].host == host && m->feeds[i].due_ms < first_ms)
			first_ms = m->feeds[i].due_ms;
	if (first_ms == INT64_MAX)
		return INT64_MAX;
	first_ms = latest(first_ms, latest(m->hosts[host].closed_ms, m->hosts[host].gap_ms));
	if (server >= 0)
		first_ms = latest(first_ms, latest(m->servers[server].closed_ms, m->servers[server].gap_ms));
	return first_ms;
}

static int64_t model_wakeup(const struct model *m)
{
	int64_t best_ms = INT64_MAX;

	for (int h = 0; h < MODEL_HOSTS; h++)
		best_ms = model_ready_ms(m, h) < best_ms ? model_ready_ms(m, h) : best_ms;
	return best_ms;
}

static size_t model_waiting(const struct model *m, int64_t now_ms)
{
	size_t n = 0;

	for (int i = 0; i < MODEL_FEEDS; i++)
		n += m->feeds[i].waits && m->feeds[i].due_ms <= now_ms;
	return n;
}

static bool model_knows(const struct model *m, int host)
{
	bool used = model_running(m, host) > 0;

	for (int i = 0; i < MODEL_FEEDS; i++)
		used = used || m->feeds[i].host == host;
	return used;
}

/* The queue forgets a host with its last feed, and a server with its last host, and what they had asked for. */
static void model_forget(struct model *m)
{
	for (int h = 0; h < MODEL_HOSTS; h++)
		if (!model_knows(m, h)) {
			m->hosts[h].closed_ms = m->hosts[h].gap_ms = INT64_MIN;
			m->hosts[h].server = -1;
		}
	for (int s = 0; s < MODEL_SERVERS; s++) {
		bool used = model_running_server(m, s) > 0;

		for (int h = 0; h < MODEL_HOSTS; h++)
			used = used || m->hosts[h].server == s;
		if (!used)
			m->servers[s].closed_ms = m->servers[s].gap_ms = INT64_MIN;
	}
}

static void model_cool_down(struct model *m, int host, int64_t now_ms, int64_t until_ms)
{
	int server = m->hosts[host].server;

	if (server >= 0) {
		bool second = m->servers[server].closed_ms > now_ms &&
			      m->hosts[host].closed_ms < m->servers[server].closed_ms;
		int64_t spare_ms =
			!second && until_ms > now_ms + SERVER_COOL_DOWN_MS ? now_ms + SERVER_COOL_DOWN_MS : until_ms;

		m->servers[server].closed_ms = latest(m->servers[server].closed_ms, spare_ms);
	}
	m->hosts[host].closed_ms = latest(m->hosts[host].closed_ms, until_ms);
}

static void model_set(struct model *m, uint32_t feed, int host, int64_t due_ms)
{
	m->feeds[feed].host = host;
	if (m->feeds[feed].running_host >= 0) {
		m->feeds[feed].again_ms = due_ms;
	} else {
		m->feeds[feed].waits = true;
		m->feeds[feed].due_ms = due_ms;
	}
}

static void model_remove(struct model *m, uint32_t feed)
{
	m->feeds[feed].host = -1;
	m->feeds[feed].waits = false;
	m->feeds[feed].again_ms = TIME_NONE;
}

static void model_done(struct model *m, uint32_t feed)
{
	if (m->feeds[feed].running_host < 0)
		return;
	m->feeds[feed].running_host = m->feeds[feed].running_server = -1;
	if (m->feeds[feed].again_ms != TIME_NONE) {
		m->feeds[feed].waits = true;
		m->feeds[feed].due_ms = m->feeds[feed].again_ms;
		m->feeds[feed].again_ms = TIME_NONE;
	}
}

static void step_next(struct model *m, int64_t now_ms)
{
	uint32_t feed;
	int64_t best_ms = model_wakeup(m);
	int host;

	if (!due_queue_next(q, now_ms, &feed)) {
		assert_true(best_ms > now_ms);
		return;
	}
	host = m->feeds[feed].host;
	assert_true(m->feeds[feed].waits);
	assert_true(best_ms <= now_ms);
	assert_true(model_ready_ms(m, host) == best_ms);
	for (int i = 0; i < MODEL_FEEDS; i++)
		if (m->feeds[i].waits && m->feeds[i].host == host)
			assert_true(m->feeds[i].due_ms >= m->feeds[feed].due_ms);
	m->feeds[feed].waits = false;
	m->feeds[feed].running_host = host;
	m->feeds[feed].running_server = m->hosts[host].server;
	if (m->limits.site_gap_ms > 0)
		m->hosts[host].gap_ms = now_ms + m->limits.site_gap_ms;
	if (m->hosts[host].server >= 0 && m->limits.server_gap_ms > 0)
		m->servers[m->hosts[host].server].gap_ms = now_ms + m->limits.server_gap_ms;
}

TEST_WITH(against_model, begin, end)
{
	struct model m = {.limits = {.per_site = 2, .per_server = 4}};
	int64_t now_ms = 0;

	due_queue_set_limits(q, &m.limits);
	random_state = 4711;
	for (int i = 0; i < MODEL_FEEDS; i++) {
		m.feeds[i].host = m.feeds[i].running_host = m.feeds[i].running_server = -1;
		m.feeds[i].again_ms = TIME_NONE;
	}
	model_forget(&m);
	for (int i = 0; i < MODEL_STEPS; i++) {
		uint32_t feed = draw(MODEL_FEEDS);
		int host = (int)draw(MODEL_HOSTS), server = (int)draw(MODEL_SERVERS);
		int64_t until_ms;
		char name[16], address[16];

		snprintf(name, sizeof(name), "%d.example", host);
		snprintf(address, sizeof(address), "192.0.2.%d", server);
		now_ms += draw(3);
		switch (draw(10)) {
		case 0:
		case 1:
			model_set(&m, feed, host, now_ms - 20 + draw(60));
			set(feed, name,
				m.feeds[feed].running_host >= 0 ? m.feeds[feed].again_ms : m.feeds[feed].due_ms);
			break;
		case 2:
			due_queue_remove(q, feed);
			model_remove(&m, feed);
			break;
		case 3:
			due_queue_done(q, feed);
			model_done(&m, feed);
			break;
		case 4:
			until_ms = now_ms + draw(draw(50) == 0 ? 2 * SERVER_COOL_DOWN_MS : 50);
			if (model_knows(&m, host))
				model_cool_down(&m, host, now_ms, until_ms);
			due_queue_cool_down(q, str_from(name), now_ms, until_ms);
			break;
		case 5:
			if (draw(20) == 0) {
				m.limits = (struct due_queue_limits){.per_site = 1 + draw(3),
					.per_server = 1 + draw(6),
					.site_gap_ms = draw(10),
					.server_gap_ms = draw(4)};
				due_queue_set_limits(q, &m.limits);
			} else if (draw(2000) == 0) {
				now_ms += SERVER_COOL_DOWN_MS; /* or one long cool-down after the other would leave
								  nothing to do */
			}
			break;
		case 6:
			if (model_knows(&m, host))
				m.hosts[host].server = server;
			assert_int_equal(due_queue_place(q, str_from(name), str_from(address), false), 0);
			break;
		default:
			step_next(&m, now_ms);
		}
		model_forget(&m);
		assert_true(due_queue_wakeup(q) == model_wakeup(&m));
		assert_int_equal(due_queue_running(q), model_running(&m, -1));
		assert_int_equal(due_queue_waiting(q, now_ms), model_waiting(&m, now_ms));
	}
}

/* With a scan a call this would take minutes. */
TEST_WITH(a_hundred_thousand, begin, end)
{
	enum { FEEDS = 100000, ROUNDS = 5 };
	uint32_t feed;
	int64_t last_ms;

	limit(2);
	random_state = 1;
	for (uint32_t i = 0; i < FEEDS; i++) {
		char host[32];

		/* half of them on one host */
		snprintf(host, sizeof(host), "%u.example", i % 2 == 0 ? 0 : i);
		set(i, host, draw(1000000));
		/* a tenth of the others on one server */
		if (i % 10 == 1)
			assert_int_equal(due_queue_place(q, str_from(host), STR("192.0.2.1"), false), 0);
	}
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = 0;

		last_ms = INT64_MIN;
		while (due_queue_wakeup(q) < (round + 1) * INT64_C(1000000)) {
			int64_t now_ms = due_queue_wakeup(q);

			assert_true(now_ms >= last_ms);
			last_ms = now_ms;
			assert_true(due_queue_next(q, now_ms, &feed));
			set(feed, feed % 2 == 0 ? "0.example" : "rest.example",
				(round + 1) * INT64_C(1000000) + draw(1000000));
			due_queue_done(q, feed);
			n++;
		}
		assert_int_equal(n, FEEDS);
	}
}
