/* SPDX-License-Identifier: ISC */
/* Names, and the choice among their addresses.  The program brings its own getaddrinfo(), which libcurl's resolver
 * threads then call, so that a name can mean what a test wants, or hang. */
#include <dlfcn.h>
#include <netdb.h>

#include "transfer_fixture.h"

/* ---- the resolver ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int hanging;
static bool released;
static int rebindings;     /* how often the name that changes its mind was looked up */
static int lookups_cached; /* how often the one that is cached */

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static const struct {
	const char *name;
	const char *addresses[3];
} names[] = {
	{"mixed.example", {"10.0.0.1", "127.0.0.1", NULL}},
	{"inside.example", {"10.0.0.1", "192.168.0.1", NULL}},
	{"metadata.example", {"169.254.169.254", NULL}},
	{"mapped.example", {"::ffff:169.254.169.254", NULL}},
	{"cached.example", {"127.0.0.1", NULL}},
	{"dual.example", {"::1", "127.0.0.1", NULL}},
	{"dual-inside.example", {"fd00::1", "127.0.0.1", NULL}},
	/* the first time it is asked, and from then on */
	{"rebinds.example", {"127.0.0.1", NULL}},
	{"rebound", {"10.0.0.1", NULL}},
};

static void hang(void)
{
	pthread_mutex_lock(&lock);
	hanging++;
	pthread_cond_broadcast(&changed);
	while (!released)
		pthread_cond_wait(&changed, &lock);
	hanging--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static const char *count_lookup(const char *node)
{
	pthread_mutex_lock(&lock);
	if (node != NULL && strcmp(node, "rebinds.example") == 0 && rebindings++ > 0)
		node = "rebound";
	else if (node != NULL && strcmp(node, "cached.example") == 0)
		lookups_cached++;
	pthread_mutex_unlock(&lock);
	return node;
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
	node = count_lookup(node);
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

static const struct loopback_route routes[] = {
	/* without keeping the connection, so that the next request makes one */
	{"/feed/close", .text = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<rss/>",
		.then = LOOPBACK_CLOSES},
	{"/", .text = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>"},
	{NULL},
};

static void begin(void)
{
	fixture_start(routes);
}

static struct result *get_at(const char *host, const char *path, int64_t timeout_ms)
{
	char text[128];
	struct transfer_request r;

	snprintf(text, sizeof(text), "http://%s:%d%s", host, server.port, path);
	r = fetcher_request(&fetcher, text);
	r.timeout_ms = timeout_ms;
	return fetcher_get(&fetcher, &r);
}

static struct result *get_from(const char *host, int64_t timeout_ms)
{
	return get_at(host, "/feed", timeout_ms);
}

TEST_WITH(names_are_judged_by_their_addresses, begin, end)
{
	assert_failure(get_from("metadata.example", 10000), FAILURE_FORBIDDEN,
		"169.254.169.254 is a cloud-metadata address, not allowed by [fetch] allow");
	assert_int_equal(get_from("mapped.example", 10000)->answer.failure, FAILURE_FORBIDDEN);
	assert_failure(get_from("inside.example", 10000), FAILURE_FORBIDDEN,
		"all 2 addresses are refused: 10.0.0.1 is a private address, not allowed by [fetch] allow");
}

TEST_WITH(one_good_address_is_enough, begin, end)
{
	assert_int_equal(get_from("mixed.example", 10000)->answer.failure, FAILURE_NONE);
}

/* DNS rebinding: a name that meant an allowed address when somebody looked, and another when it is connected to.
 * There is no such moment in between: each connection is judged by the very address it goes to. */
TEST_WITH(a_name_that_changes_its_meaning, begin, end)
{
	assert_int_equal(get_at("rebinds.example", "/feed/close", 10000)->answer.failure, FAILURE_NONE);
	/* a new one remembers no names, as after a minute */
	fetcher_stop(&fetcher);
	fetcher_start(&fetcher);
	assert_failure(get_from("rebinds.example", 10000), FAILURE_FORBIDDEN,
		"10.0.0.1 is a private address, not allowed by [fetch] allow");
	assert_int_equal(rebindings, 2);
	assert_int_equal(server.accepted, 1);
}

TEST_WITH(answers_are_remembered, begin, end)
{
	for (int i = 0; i < 3; i++)
		assert_int_equal(get_at("cached.example", "/feed/close", 10000)->answer.failure, FAILURE_NONE);
	assert_int_equal(server.accepted, 3);
	assert_int_equal(lookups_cached, 1);
}

/* A socket on [::1] and the server's port that takes no more connections: who tries hears nothing. */
static int make_silence(int queued[2])
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)server.port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int on = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	queued[0] = queued[1] = -1;
	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0 ||
		bind(fd, (struct sockaddr *)&in6, sizeof(in6)) != 0 || listen(fd, 0) != 0) {
		close(fd);
		return -1;
	}
	/* the queue holds one more than it was told; a second is there for kernels that count otherwise */
	for (int i = 0; i < 2; i++) {
		queued[i] = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		connect(queued[i], (struct sockaddr *)&in6, sizeof(in6));
	}
	return fd;
}

/* RFC 8305: a family that does not answer costs a moment, not the time that connecting may take. */
TEST_WITH(happy_eyeballs, begin, end)
{
	struct transfer_request request;
	int queued[2], silence = make_silence(queued);
	char text[64];

	if (silence < 0)
		skip(); /* no IPv6 here */
	/* alone, the silent one would hold it up to the end */
	snprintf(text, sizeof(text), "http://[::1]:%d/feed", server.port);
	request = fetcher_request(&fetcher, text);
	request.timeout_ms = 600;
	assert_failure(fetcher_get(&fetcher, &request), FAILURE_TIMEOUT, "no connection within 600ms");
	/* the time for connecting, five seconds, is longer than this */
	assert_int_equal(get_from("dual.example", 4000)->answer.failure, FAILURE_NONE);
	for (int i = 0; i < 2; i++)
		close(queued[i]);
	close(silence);
	/* nor does a family whose address is refused, by the guard or by nobody being there */
	assert_int_equal(get_at("dual.example", "/feed/close", 4000)->answer.failure, FAILURE_NONE);
	assert_int_equal(get_from("dual-inside.example", 4000)->answer.failure, FAILURE_NONE);
}

static void ignore_answer(void *arg, struct transfer_answer *answer)
{
	(void)arg;
	(void)answer;
}

static void end_and_release(void)
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
		pthread_mutex_lock(&lock);
		hung = hanging;
		pthread_mutex_unlock(&lock);
	} while (hung < 3);
	transfer_cancel(cancelled);
	end();
	alarm(0);
	pthread_mutex_lock(&lock);
	released = true;
	pthread_cond_broadcast(&changed);
	while (hanging > 0)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* The resolver is let go only after everything here has been done: if anything waited for it, this test would
 * not come to its end, and the alarm would. */
TEST_WITH(hanging_resolver_holds_nothing_up, begin, end_and_release)
{
	alarm(60);
	assert_failure(get_from("hangs.example", 200), FAILURE_DNS, "the name was not resolved within 200ms");
	assert_int_equal(get_from("127.0.0.1", 10000)->answer.failure, FAILURE_NONE);
}
