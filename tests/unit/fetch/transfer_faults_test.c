/* SPDX-License-Identifier: ISC */
/* Transfers when any one allocation or system call fails: each ends with an answer or with a reason, and the next one
 * works. */
#include "../../faults/fault_loop.h"
#include "transfer_fixture.h"

static const struct loopback_route routes[] = {
	{"/feed", .text = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: \"1\"\r\n"
			  "Content-Length: 24\r\n\r\n<rss><channel/></rss>   "},
	{"/away", .text = REDIRECT("302", "/feed")},
	{NULL},
};

struct attempt {
	bool heard;
	enum poll_failure failure;
	size_t len;
	char reason[512];
};

static void on_done(void *arg, struct transfer_answer *answer)
{
	struct attempt *a = arg;

	a->heard = true;
	a->failure = answer->failure;
	a->len = answer->body.len;
	snprintf(a->reason, sizeof(a->reason), "%s", answer->error.text);
}

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("a transfer never ended");
}

/* True when the transfer was begun. */
static bool fetch(const char *path, struct attempt *a)
{
	struct transfer_request r = fetcher_request(&fetcher, url(path));
	struct error err = {0};

	r.etag = "\"0\"";
	*a = (struct attempt){0};
	if (transfer_start(fetcher.transfers, &r, on_done, a, &err) == NULL) {
		assert_string_not_equal(err.text, "");
		return false;
	}
	return true;
}

static void wait_for(const struct attempt *a)
{
	while (!a->heard)
		assert_true(event_base_loop(fetcher.base, EVLOOP_ONCE) >= 0);
}

static int64_t fetch_once(void *arg, uint32_t kinds, int64_t n)
{
	struct event *alarm = evtimer_new(fetcher.base, on_alarm, NULL);
	const struct timeval patience = {.tv_sec = 60};
	struct attempt a;
	int64_t failed;
	bool begun;

	assert_int_equal(evtimer_add(alarm, &patience), 0);
	fault_arm(kinds, n, 1);
	begun = fetch(arg, &a);
	if (begun)
		wait_for(&a);
	failed = fault_disarm();
	/* A body that is told as whole is whole. */
	if (begun && a.failure == FAILURE_NONE)
		assert_int_equal(a.len, 24);
	/* A connection that the failed call has spoilt inside libcurl may cost one more. */
	for (int tries = 0; tries < 2; tries++) {
		assert_true(fetch(arg, &a));
		wait_for(&a);
		if (a.failure == FAILURE_NONE)
			break;
	}
	if (a.failure != FAILURE_NONE)
		fail_msg("transfers after call %lld of %x failed in %s: %s", (long long)n, kinds, fault_state()->where,
			a.reason);
	assert_int_equal(a.len, 24);
	event_free(alarm);
	return failed;
}

TEST(fetch)
{
	fault_each("transfer", 1, fetch_once, (void *)"/feed");
}

TEST(redirect)
{
	fault_each("redirected transfer", 3, fetch_once, (void *)"/away");
}

static void setup(void)
{
	/* The server's threads are no part of what is tried. */
	fault_only_here();
	fixture_start(routes);
}

TEST_GROUP(setup, end)
