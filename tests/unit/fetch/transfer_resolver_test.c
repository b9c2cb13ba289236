/* Names.  The program brings its own getaddrinfo(), which libcurl's resolver threads then call, so that a name
 * can mean what a test wants, or hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <netdb.h>

#include "fetcher.h"
#include "loopback.h"

static struct loopback server;
static struct fetcher fetcher;

/* ---- the resolver ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int hanging;
static bool released;

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static const struct {
	const char *name;
	const char *addresses[3];
} names[] = {
	{"mixed.example", {"10.0.0.1", "127.0.0.1", NULL}},
	{"inside.example", {"10.0.0.1", "192.168.0.1", NULL}},
	{"metadata.example", {"169.254.169.254", NULL}},
	{"mapped.example", {"::ffff:169.254.169.254", NULL}},
};

static void hang(void)
{
	(void)pthread_mutex_lock(&lock);
	hanging++;
	(void)pthread_cond_broadcast(&changed);
	while (!released)
		(void)pthread_cond_wait(&changed, &lock);
	hanging--;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&lock);
}

int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
	struct addrinfo **restrict result)
{
	getaddrinfo_fn *real = NULL;
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};

	memcpy(&real, &symbol, sizeof(real));
	if (node != NULL && strcmp(node, "hangs.example") == 0) {
		hang();
		return EAI_AGAIN;
	}
	for (size_t i = 0; node != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(node, names[i].name) != 0)
			continue;
		*result = NULL;
		for (size_t a = 0; names[i].addresses[a] != NULL; a++) {
			if (real(names[i].addresses[a], service, &numeric, result) != 0)
				return EAI_FAIL;
			while (*result != NULL)
				result = &(*result)->ai_next;
		}
		return 0;
	}
	return real(node, service, hints, result);
}

/* ---- the tests ---- */

static bool answer_feed(struct exchange *x)
{
	return loopback_printf(x, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>");
}

static const struct loopback_route routes[] = {{"/", answer_feed}, {NULL, NULL}};

static int begin(void **state)
{
	(void)state;
	loopback_start(&server, routes);
	fetcher_start(&fetcher);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fetcher_stop(&fetcher);
	loopback_stop(&server);
	return 0;
}

static struct result *get(const char *host, int64_t timeout_ms)
{
	char text[128];
	struct transfer_request r;

	(void)snprintf(text, sizeof(text), "http://%s:%d/feed", host, server.port);
	r = fetcher_request(&fetcher, text);
	r.timeout_ms = timeout_ms;
	return fetcher_get(&fetcher, &r);
}

static void test_names_are_judged_by_their_addresses(void **state)
{
	struct result *r = get("metadata.example", 10000);

	(void)state;
	assert_int_equal(r->answer.failure, FAILURE_FORBIDDEN);
	assert_string_equal(
		r->answer.error.text, "169.254.169.254 is a link-local address, not allowed by [fetch] allow");
	assert_int_equal(get("mapped.example", 10000)->answer.failure, FAILURE_FORBIDDEN);
	r = get("inside.example", 10000);
	assert_int_equal(r->answer.failure, FAILURE_FORBIDDEN);
	assert_string_equal(r->answer.error.text,
		"all 2 addresses are refused: 10.0.0.1 is a private address, not allowed by [fetch] allow");
}

static void test_one_good_address_is_enough(void **state)
{
	(void)state;
	assert_int_equal(get("mixed.example", 10000)->answer.failure, FAILURE_NONE);
}

/* The resolver is let go only after everything here has been done: if anything waited for it, this test would
 * not come to its end, and the alarm would. */
static void test_hanging_resolver_holds_nothing_up(void **state)
{
	struct result *r;

	(void)state;
	(void)alarm(60);
	r = get("hangs.example", 200);
	assert_int_equal(r->answer.failure, FAILURE_DNS);
	assert_string_equal(r->answer.error.text, "the name was not resolved within 200ms");
	assert_int_equal(get("127.0.0.1", 10000)->answer.failure, FAILURE_NONE);
}

static void ignore_answer(void *arg, struct transfer_answer *answer)
{
	(void)arg;
	(void)answer;
}

static int end_and_release(void **state)
{
	struct transfer_request request = fetcher_request(&fetcher, "http://hangs.example/");
	struct transfer *cancelled;
	struct error err;
	int hung;

	/* cancelling one, and freeing all with another under way, must not wait either */
	cancelled = transfer_start(fetcher.transfers, &request, ignore_answer, NULL, &err);
	assert_non_null(transfer_start(fetcher.transfers, &request, ignore_answer, NULL, &err));
	do {
		assert_true(event_base_loop(fetcher.base, EVLOOP_ONCE) >= 0);
		(void)pthread_mutex_lock(&lock);
		hung = hanging;
		(void)pthread_mutex_unlock(&lock);
	} while (hung < 3);
	transfer_cancel(cancelled);
	(void)end(state);
	(void)alarm(0);
	(void)pthread_mutex_lock(&lock);
	released = true;
	(void)pthread_cond_broadcast(&changed);
	while (hanging > 0)
		(void)pthread_cond_wait(&changed, &lock);
	(void)pthread_mutex_unlock(&lock);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names_are_judged_by_their_addresses, begin, end),
		cmocka_unit_test_setup_teardown(test_one_good_address_is_enough, begin, end),
		cmocka_unit_test_setup_teardown(test_hanging_resolver_holds_nothing_up, begin, end_and_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
