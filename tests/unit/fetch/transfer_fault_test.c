/* SPDX-License-Identifier: ISC */
/* libcurl and libevent when they fail: whatever happens to the multi handle, each transfer ends, told why, and the same
 * transfers object polls again.  The program brings its own event_add(), event_new() and curl_multi_*(), which fail
 * where a test wants it and else call the libraries'; libcurl's memory is a test's too. */
#include <curl/curl.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "transfer_fixture.h"

enum { TRIES_MAX = 64, ALLOCATIONS_MAX = 6000 };

/* ---- what fails ---- */

/* The how-manieth call fails from now on; 0: none does. */
struct fault {
	int at;
	bool hit;
	CURLMcode code; /* where it answers with one */
};

static struct fault no_watch, no_event, no_timer, bad_action, late_action, bad_add, bad_removal, no_multi;
static bool is_deaf; /* curl is not called at all */

static void *real(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	assert_non_null(symbol);
	return symbol;
}

/* The library's own function of that name, as call(). */
#define REAL(function)                                                                                                 \
	__typeof__(&(function)) call;                                                                                  \
	void *symbol = real(#function);                                                                                \
	memcpy(&call, &symbol, sizeof(call))

static bool strikes(struct fault *f)
{
	if (f->at == 0 || --f->at > 0)
		return false;
	f->hit = true;
	return true;
}

int event_add(struct event *ev, const struct timeval *timeout)
{
	REAL(event_add);
	bool is_timer = event_get_fd(ev) < 0 && (event_get_events(ev) & EV_PERSIST) == 0;

	if (event_get_fd(ev) >= 0 ? strikes(&no_watch) : is_timer && strikes(&no_timer))
		return -1;
	return call(ev, timeout);
}

struct event *event_new(struct event_base *base, evutil_socket_t fd, short what, event_callback_fn fn, void *arg)
{
	REAL(event_new);

	return fd >= 0 && strikes(&no_event) ? NULL : call(base, fd, what, fn, arg);
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int action, int *running)
{
	REAL(curl_multi_socket_action);
	CURLMcode code;

	if (is_deaf)
		return CURLM_OK;
	if (strikes(&bad_action))
		return bad_action.code;
	code = call(multi, fd, action, running);
	return strikes(&late_action) ? late_action.code : code;
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	REAL(curl_multi_add_handle);

	return strikes(&bad_add) ? bad_add.code : call(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	REAL(curl_multi_remove_handle);
	CURLMcode code = call(multi, easy);

	return strikes(&bad_removal) ? bad_removal.code : code;
}

CURLM *curl_multi_init(void)
{
	REAL(curl_multi_init);

	return strikes(&no_multi) ? NULL : call();
}

/* ---- libcurl's memory ---- */

static atomic_long allocations, failing_at;

static bool fails_now(void)
{
	return atomic_fetch_add(&allocations, 1) + 1 == atomic_load(&failing_at);
}

static void *fallible_malloc(size_t size)
{
	return fails_now() ? NULL : malloc(size);
}

static void *fallible_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : calloc(count, size);
}

static void *fallible_realloc(void *at, size_t size)
{
	return fails_now() ? NULL : realloc(at, size);
}

static char *fallible_strdup(const char *text)
{
	return fails_now() ? NULL : strdup(text);
}

/* ---- the server ---- */

static const struct loopback_route routes[] = {
	{"/feed", .text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: \"a\"\r\n\r\nnews"},
	{"/redirect", .text = REDIRECT("302", "/feed")},
	{"/never", .text = "", .then = LOOPBACK_WAITS},
	{NULL},
};

static void begin(void)
{
	assert_int_equal(curl_global_init_mem(CURL_GLOBAL_DEFAULT, fallible_malloc, free, fallible_realloc,
				 fallible_strdup, fallible_calloc),
		CURLE_OK);
	fixture_start(routes);
}

/* ---- what must hold ---- */

static void forget_faults(void)
{
	no_watch = no_event = no_timer = bad_action = late_action = bad_add = bad_removal = no_multi =
		(struct fault){0};
	is_deaf = false;
}

static void assert_polls(void)
{
	const struct result *r = get("/feed");

	if (r->answer.failure != FAILURE_NONE)
		fail_msg("polls no more: %s", r->answer.error.text);
	assert_int_equal(r->answer.http_status, 200);
	assert_int_equal(r->answer.body.len, 4);
}

/* Either it came through, or it is told as a fault of ours. */
static void assert_ended_well(const struct result *r)
{
	if (r->answer.failure == FAILURE_NONE) {
		assert_int_equal(r->answer.body.len, 4);
		return;
	}
	assert_int_equal(r->answer.failure, FAILURE_INTERNAL);
	assert_true(strlen(r->answer.error.text) > 20);
	assert_int_equal(r->answer.body.len, 0);
}

/* At each of a poll's calls in turn until there is none left; returns how many. */
static int try_each_call(struct fault *f, CURLMcode code, const char *path)
{
	for (int n = 1; n < TRIES_MAX; n++) {
		bool hit;

		/* without a connection that is open already */
		end();
		fixture_start(routes);
		*f = (struct fault){.at = n, .code = code};
		assert_ended_well(get(path));
		hit = f->hit;
		forget_faults();
		assert_polls();
		if (!hit)
			return n - 1;
	}
	fail_msg("a poll makes more than %d calls", TRIES_MAX);
	return 0;
}

/* A server that answers at once is watched only once. */
TEST_WITH(sockets_that_cannot_be_watched, begin, end)
{
	assert_true(try_each_call(&no_watch, CURLM_OK, "/feed") >= 1);
	assert_true(try_each_call(&no_watch, CURLM_OK, "/redirect") >= 1);
	assert_true(try_each_call(&no_event, CURLM_OK, "/redirect") >= 1);
}

TEST_WITH(a_timer_that_cannot_be_set_fails_nothing, begin, end)
{
	for (int n = 1; n < 4; n++) {
		no_timer.at = n;
		assert_polls();
		forget_faults();
	}
}

TEST_WITH(each_answer_of_curl_is_looked_at, begin, end)
{
	static const CURLMcode codes[] = {CURLM_BAD_HANDLE, CURLM_OUT_OF_MEMORY, CURLM_INTERNAL_ERROR,
		CURLM_ABORTED_BY_CALLBACK, CURLM_RECURSIVE_API_CALL, CURLM_UNRECOVERABLE_POLL};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_true(try_each_call(&bad_action, codes[i], "/feed") >= 2);
		assert_true(try_each_call(&bad_add, codes[i], "/redirect") == 2);
		assert_true(try_each_call(&bad_removal, codes[i], "/redirect") == 2);
	}
}

TEST_WITH(what_has_ended_is_delivered_all_the_same, begin, end)
{
	int delivered = 0;

	for (int n = 1; n < TRIES_MAX; n++) {
		bool hit;

		late_action = (struct fault){.at = n, .code = CURLM_INTERNAL_ERROR};
		delivered += get("/feed")->answer.failure == FAILURE_NONE && late_action.hit;
		hit = late_action.hit;
		forget_faults();
		if (!hit)
			break;
	}
	/* the call in which the answer came, at least */
	assert_true(delivered >= 1);
	assert_polls();
}

static void note_answer(void *arg, struct transfer_answer *answer)
{
	*(enum poll_failure *)arg = answer->failure;
}

TEST_WITH(all_that_are_under_way_end_with_the_handle, begin, end)
{
	enum poll_failure failures[8];
	struct transfer_request never = fetcher_request(&fetcher, url("/never"));
	struct error err;

	for (size_t i = 0; i < 8; i++) {
		failures[i] = FAILURE_COUNT;
		assert_non_null(transfer_start(fetcher.transfers, &never, note_answer, &failures[i], &err));
	}
	bad_action = (struct fault){.at = 3, .code = CURLM_ABORTED_BY_CALLBACK};
	while (transfers_active(fetcher.transfers) > 0)
		assert_int_equal(event_base_loop(fetcher.base, EVLOOP_ONCE), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(failures[i], FAILURE_INTERNAL);
	forget_faults();
	assert_polls();
}

TEST_WITH(without_memory_for_a_new_handle_it_is_tried_again, begin, end)
{
	bad_action = (struct fault){.at = 1, .code = CURLM_INTERNAL_ERROR};
	no_multi.at = 1;
	assert_ended_well(get("/feed"));
	assert_true(no_multi.hit);
	forget_faults();
	assert_polls();
}

TEST_WITH(a_transfer_that_curl_forgets_ends_all_the_same, begin, end)
{
	struct transfer_request r = fetcher_request(&fetcher, url("/feed"));

	r.timeout_ms = 100;
	is_deaf = true;
	assert_failure(fetcher_get(&fetcher, &r), FAILURE_TIMEOUT, "no end within 100ms");
	forget_faults();
	assert_polls();
}

/* ---- memory ---- */

/* In a process of its own: the n-th allocation of libcurl fails, then it polls again. 0: it did not come to that one,
 * 1: it failed and all was well; else what went wrong. */
static int poll_without_memory(long n)
{
	enum poll_failure failure = FAILURE_COUNT;
	struct transfer_request request;
	struct event_base *base = event_base_new();
	const struct transfers_options options = {
		.max_connections = 4, .connect_timeout_ms = 5000, .max_redirects = FETCHER_REDIRECTS_MAX};
	struct transfers *t = transfers_new(base, &options, NULL);
	bool reached = false;

	/* A connection that the failure has left in disorder costs one poll more. */
	for (int round = 0; round < 3 && failure != FAILURE_NONE; round++) {
		request = fetcher_request(&fetcher, url("/redirect"));
		atomic_store(&allocations, 0);
		atomic_store(&failing_at, round == 0 ? n : 0);
		if (transfer_start(t, &request, note_answer, &failure, NULL) == NULL)
			failure = FAILURE_INTERNAL;
		while (transfers_active(t) > 0)
			if (event_base_loop(base, EVLOOP_ONCE) != 0)
				return 2;
		if (round > 0)
			continue;
		reached = atomic_load(&allocations) >= n;
		failure = FAILURE_COUNT;
	}
	if (failure != FAILURE_NONE)
		return 3;
	transfers_free(t);
	event_base_free(base);
	return reached;
}

TEST_WITH(any_allocation_of_curl_may_fail, begin, end)
{
	long tried = 0, crashed = 0;

	for (long n = 1; n < ALLOCATIONS_MAX; n++, tried++) {
		int status;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			alarm(30);
			_exit(poll_without_memory(n));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		/* libcurl 7.88 divides by zero when its table of sockets has no memory */
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGFPE) {
			crashed++;
			continue;
		}
		if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
			fail_msg("allocation %ld: %s %d", n, WIFEXITED(status) ? "status" : "signal",
				WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		if (WEXITSTATUS(status) == 0)
			break;
	}
	print_message("%ld allocations of libcurl failed one by one, %ld times it crashed by itself\n", tried, crashed);
	assert_true(tried > 50 && tried < ALLOCATIONS_MAX - 1);
	assert_true(crashed <= 4);
}
