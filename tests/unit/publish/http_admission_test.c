/* SPDX-License-Identifier: ISC */
/* http_admission_test.c: who is let in, who has to go for another one, and when time is over.
 *
 * The far end of each connection is held by the test, which sees the near one being shut. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "../../../daemon/publish/http_internal.h"
#include "../test.h"
#include "sitrep/base/clock.h"

enum { MAX = 64, PER_ADDRESS = 8, PEERS_MAX = 400, KEPT = MAX / 8 };

struct peer {
	int near, far;
	struct http_connection *c; /* NULL: was not let in */
};

struct fixture {
	struct http_admission admission;
	struct peer peers[PEERS_MAX];
	size_t count;
};

static void setup(struct fixture *f)
{
	static struct config_network proxy = {.address = {[10] = 0xff, 0xff, 10, 1, 0, 0}, .prefix = 112};
	static const struct config_networks proxies = {.items = &proxy, .count = 1};
	const struct http_options options = {
		.max_connections = MAX, .max_per_address = PER_ADDRESS, .proxies = &proxies};
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	assert_int_equal(http_admission_init(&f->admission, &options), 0);
}

static void teardown(struct fixture *f)
{
	http_admission_release(&f->admission);
	for (size_t i = 0; i < f->count; i++) {
		close(f->peers[i].near);
		close(f->peers[i].far);
	}
}

FIXTURE(fixture, setup, teardown)

/* address: IPv4, IPv6, or NULL for a Unix socket. */
static struct peer *come(struct fixture *f, const char *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr local = {.sa_family = AF_UNIX};
	const struct sockaddr *from = &local;
	struct peer *p = &f->peers[f->count++];
	int fds[2];

	assert_true(f->count <= PEERS_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	if (address != NULL && inet_pton(AF_INET, address, &in.sin_addr) == 1)
		from = (const struct sockaddr *)&in;
	else if (address != NULL && inet_pton(AF_INET6, address, &in6.sin6_addr) == 1)
		from = (const struct sockaddr *)&in6;
	*p = (struct peer){.near = fds[0], .far = fds[1], .c = http_admission_enter(&f->admission, fds[0], from)};
	return p;
}

static struct peer *come_from(struct fixture *f, unsigned number)
{
	char address[32];

	snprintf(address, sizeof(address), "198.51.%u.%u", number / 200, number % 200);
	return come(f, address);
}

static bool is_shut(const struct peer *p)
{
	char byte;

	return recv(p->far, &byte, 1, MSG_DONTWAIT) == 0;
}

/* As if it had begun to do what it does that long ago. */
static void age(struct peer *p, int64_t ms)
{
	p->c->since_ms -= ms;
	p->c->deadline_ms -= ms;
}

static unsigned open_now(const struct fixture *f)
{
	unsigned n = 0;

	for (const struct http_connection *c = f->admission.first; c != NULL; c = c->next)
		n += !c->shut;
	return n;
}

TEST_ON(slow_heads_lock_nobody_out, fixture, f)
{
	struct peer *p;

	/* Hundreds send a byte now and then, each from elsewhere. */
	for (unsigned i = 0; i < 200; i++)
		assert_non_null(come_from(f, i)->c);
	assert_int_equal(open_now(f), MAX - 2 * KEPT);
	p = come(f, "203.0.113.1");
	assert_non_null(p->c);
	assert_false(is_shut(p));
	assert_true(is_shut(&f->peers[0]));
	/* Whatever comes over TCP, there is room for Unix sockets. */
	for (unsigned i = 0; i < KEPT; i++)
		assert_non_null(come(f, NULL)->c);
	assert_int_equal(open_now(f), MAX - KEPT);
	assert_true(f->admission.dropped[HTTP_DROP_ROOM] > 0);
	assert_int_equal(f->admission.dropped[HTTP_DROP_FULL], 0);
	/* And the other way round. */
	for (unsigned i = 0; i < 100; i++)
		come(f, NULL);
	assert_true(open_now(f) <= MAX);
	assert_non_null(come(f, "203.0.113.2")->c);
}

TEST_ON(slow_readers_and_bodies_lock_nobody_out, fixture, f)
{
	struct peer *p;

	for (unsigned i = 0; i < MAX - KEPT; i++) {
		p = come_from(f, i);
		assert_non_null(p->c);
		/* The last ones are for hubs. */
		assert_int_equal(p->c->is_late, i >= MAX - 2 * KEPT);
		http_admission_note(p->c, i % 2 == 0 ? HTTP_ANSWERED : HTTP_UPLOADS, 1000);
	}
	/* All of them are busy, none for long. */
	assert_null(come(f, "203.0.113.1")->c);
	assert_int_equal(f->admission.dropped[HTTP_DROP_FULL], 1);
	age(&f->peers[7], 2 * 1000);
	age(&f->peers[9], 3 * 1000);
	age(&f->peers[11], 4 * 1000);
	assert_non_null(come(f, "203.0.113.1")->c);
	/* One for the room, one so that the hubs' stays free. */
	assert_true(is_shut(&f->peers[11]) && is_shut(&f->peers[9]) && !is_shut(&f->peers[7]));
	/* One that waits goes before one that is busy. */
	http_admission_note(f->peers[3].c, HTTP_WAITS, 0);
	age(&f->peers[3], 2000);
	assert_non_null(come(f, "203.0.113.2")->c);
	assert_true(is_shut(&f->peers[3]));
}

TEST_ON(one_address, fixture, f)
{
	char address[64];

	for (int i = 0; i < PER_ADDRESS; i++)
		assert_non_null(come(f, "198.51.100.1")->c);
	assert_null(come(f, "198.51.100.1")->c);
	assert_int_equal(f->admission.dropped[HTTP_DROP_ADDRESS], 1);
	assert_non_null(come(f, "198.51.100.2")->c);
	/* Its own idle connection goes for it, nobody else's. */
	age(&f->peers[2], 5000);
	age(&f->peers[f->count - 1], 9000);
	assert_non_null(come(f, "198.51.100.1")->c);
	assert_true(is_shut(&f->peers[2]));
	/* A customer has a whole network of IPv6. */
	for (int i = 0; i < PER_ADDRESS; i++) {
		snprintf(address, sizeof(address), "2001:db8:1:2:%x::1", i + 1);
		assert_non_null(come(f, address)->c);
	}
	assert_null(come(f, "2001:db8:1:2:ffff::1")->c);
	assert_non_null(come(f, "2001:db8:1:3::1")->c);
	/* As does one who comes from a mapped address. */
	assert_null(come(f, "::ffff:198.51.100.1")->c);
}

TEST_ON(many_behind_one_address, fixture, f)
{
	static const char *const addresses[] = {
		"127.0.0.1", "127.8.9.1", "::1", "10.1.0.5", "10.1.255.1", "::ffff:127.0.0.1"};

	for (int i = 0; i < PER_ADDRESS + 1; i++)
		for (size_t k = 0; k < sizeof(addresses) / sizeof(addresses[0]); k++)
			assert_non_null(come(f, addresses[k])->c);
	assert_int_equal(f->admission.dropped[HTTP_DROP_ADDRESS], 0);
	for (int i = 0; i < PER_ADDRESS + 1; i++)
		come(f, "10.2.0.5");
	assert_int_equal(f->admission.dropped[HTTP_DROP_ADDRESS], 1);
}

TEST_ON(deadlines, fixture, f)
{
	enum { HEAD, BODY, ANSWER, LONG_ANSWER, KINDS };
	static const int64_t seconds[KINDS] = {30, 60, 30, 30 + 1024};

	for (int i = 0; i < KINDS; i++)
		assert_non_null(come(f, "127.0.0.1")->c);
	http_admission_note(f->peers[BODY].c, HTTP_UPLOADS, 0);
	http_admission_note(f->peers[ANSWER].c, HTTP_ANSWERED, 100);
	http_admission_note(f->peers[LONG_ANSWER].c, HTTP_ANSWERED, 8 * 1024 * 1024);
	assert_false(http_admission_close_late(&f->admission));
	for (int i = 0; i < KINDS; i++)
		age(&f->peers[i], seconds[i] * 1000 - 5000);
	assert_false(http_admission_close_late(&f->admission));
	for (int i = 0; i < KINDS; i++)
		age(&f->peers[i], 6000);
	assert_true(http_admission_close_late(&f->admission));
	for (int i = 0; i < KINDS; i++)
		assert_true(is_shut(&f->peers[i]));
	assert_int_equal(f->admission.dropped[HTTP_DROP_HEAD], 1);
	assert_int_equal(f->admission.dropped[HTTP_DROP_BODY], 1);
	assert_int_equal(f->admission.dropped[HTTP_DROP_ANSWER], 2);
	assert_false(http_admission_close_late(&f->admission));
}
