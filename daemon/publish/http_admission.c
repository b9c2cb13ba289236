/* SPDX-License-Identifier: ISC */
/* Admits connections, and ends those that last too long.  libmicrohttpd only has a timeout for silence: a client that
 * sends a byte every few seconds could stay for ever. So each connection has a deadline for its present phase. One
 * that is late is shut down, and libmicrohttpd then closes it.
 *
 * Peers over TCP and over Unix sockets are counted apart, and an eighth of all connections is kept for either.  The
 * last eighth over TCP is kept for hubs: on these connections a request is read, and answered 503 unless it comes from
 * a hub.  When there is no room, connections that wait for a request are closed first, the longest waiting first, then
 * answers and bodies that take long. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http_internal.h"
#include "sitrep/base/clock.h"

enum {
	/* From the connection, or the end of an answer, to the end of the next request's head. */
	HEAD_MS = 30 * 1000,
	/* The same for a connection in the part kept for hubs. */
	LATE_HEAD_MS = 5 * 1000,
	/* From the head to the end of the body: four megabytes at 70 KB/s. */
	BODY_MS = 60 * 1000,
	/* From the request to the end of the answer, plus a second for each 8 KiB of it. */
	ANSWER_MS = 30 * 1000,
	ANSWER_BYTES_A_S = 8 * 1024,
	/* See struct patience. */
	IDLE_MS = 1000,
	BUSY_MS = 1000,
	/* One eighth of the connections is kept for each kind. */
	KEPT_PART = 8,
	/* The /64 network of an IPv6 address, which one machine or one customer has for itself. */
	NETWORK6_BYTES = 8,
};

static const char *const reason_names[HTTP_DROP_REASONS] = {
	[HTTP_DROP_FULL] = "full",
	[HTTP_DROP_ADDRESS] = "address",
	[HTTP_DROP_ROOM] = "room",
	[HTTP_DROP_HEAD] = "head",
	[HTTP_DROP_BODY] = "body",
	[HTTP_DROP_ANSWER] = "answer",
};

const char *http_drop_reason_name(enum http_drop_reason r)
{
	return reason_names[r];
}

/* ---- addresses ---- */

/* The address as 16 bytes, IPv4 mapped; false for a peer without an address. */
static bool address_of(const struct sockaddr *peer, uint8_t out[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

	if (peer->sa_family == AF_INET) {
		memcpy(out, mapped, sizeof(mapped));
		memcpy(out + sizeof(mapped), &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
		return true;
	}
	if (peer->sa_family == AF_INET6)
		memcpy(out, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, 16);
	return peer->sa_family == AF_INET6;
}

static bool is_in(const struct config_network *n, const uint8_t address[16])
{
	size_t whole = n->prefix / 8;
	unsigned rest = n->prefix % 8;

	return memcmp(n->address, address, whole) == 0 &&
	       (rest == 0 || (n->address[whole] ^ address[whole]) >> (8 - rest) == 0);
}

/* True for loopback and proxies, behind which there may be many people. */
static bool is_shared(const struct http_admission *d, const uint8_t address[16])
{
	static const struct config_network loopback[] = {
		{.address = {[10] = 0xff, 0xff, 127}, .prefix = 104}, {.address = {[15] = 1}, .prefix = 128}};

	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		if (is_in(&loopback[i], address))
			return true;
	for (size_t i = 0; i < d->proxy_count; i++)
		if (is_in(&d->proxies[i], address))
			return true;
	return false;
}

static bool is_same_address(const struct http_connection *a, const struct http_connection *b)
{
	return a->has_address && b->has_address && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* ---- closing ---- */

/* Its answer has no end, so it takes no place of the others; the handler limits their number. */
static bool is_flow(const struct http_connection *c)
{
	return c->phase == HTTP_FLOW_RESTS || c->phase == HTTP_FLOW_RUNS;
}

static void shut_down(struct http_admission *d, struct http_connection *c, enum http_drop_reason reason)
{
	c->shut = true;
	d->dropped[reason]++;
	shutdown(c->fd, SHUT_RDWR);
}

static enum http_drop_reason late_reason(const struct http_connection *c)
{
	return c->phase == HTTP_WAITS ? HTTP_DROP_HEAD : c->phase == HTTP_UPLOADS ? HTTP_DROP_BODY : HTTP_DROP_ANSWER;
}

bool http_admission_owes(const struct http_admission *d)
{
	for (const struct http_connection *c = d->first; c != NULL; c = c->next)
		if (!c->shut && !is_flow(c) && (c->phase != HTTP_WAITS || !c->answered))
			return true;
	return false;
}

bool http_admission_close_late(struct http_admission *d)
{
	int64_t now_ms = clock_mono_ms();
	bool any = false;

	for (struct http_connection *c = d->first; c != NULL; c = c->next) {
		if (c->shut || c->deadline_ms > now_ms)
			continue;
		shut_down(d, c, late_reason(c));
		any = true;
	}
	return any;
}

/* Least time that a connection has waited for a request (idle), or been busy with one, before it may be closed for a
 * new one. */
struct patience {
	int64_t idle_ms, busy_ms;
};

/* The connection to close first, among those of like's address (same_address) or of its kind, TCP or Unix. */
static struct http_connection *choose_to_close(
	const struct http_admission *d, const struct http_connection *like, bool same_address, const struct patience *p)
{
	int64_t now_ms = clock_mono_ms();
	struct http_connection *best = NULL;

	for (struct http_connection *c = d->first; c != NULL; c = c->next) {
		bool waits = c->phase == HTTP_WAITS;

		if (c->shut || is_flow(c) || c == like || c->is_local != like->is_local ||
			(same_address && !is_same_address(c, like)) ||
			now_ms - c->since_ms < (waits ? p->idle_ms : p->busy_ms))
			continue;
		if (best == NULL || (waits && best->phase != HTTP_WAITS) ||
			(waits == (best->phase == HTTP_WAITS) && c->since_ms <= best->since_ms))
			best = c;
	}
	return best;
}

static bool make_room(
	struct http_admission *d, const struct http_connection *like, bool same_address, const struct patience *p)
{
	struct http_connection *c = choose_to_close(d, like, same_address, p);

	if (c != NULL)
		shut_down(d, c, HTTP_DROP_ROOM);
	return c != NULL;
}

/* ---- admission ---- */

static const struct patience of_one_address = {.idle_ms = IDLE_MS, .busy_ms = BUSY_MS};
/* Most answers are done within BUSY_MS; when all places are taken, slower readers and bodies may be closed. */
static const struct patience when_full = {.busy_ms = BUSY_MS};

static unsigned open_of_kind(const struct http_admission *d, bool is_local)
{
	unsigned n = 0;

	for (const struct http_connection *c = d->first; c != NULL; c = c->next)
		n += !c->shut && !is_flow(c) && c->is_local == is_local;
	return n;
}

static unsigned open_of_address(const struct http_admission *d, const struct http_connection *like)
{
	unsigned n = 0;

	for (const struct http_connection *c = d->first; c != NULL; c = c->next)
		n += !c->shut && is_same_address(c, like);
	return n;
}

/* False when there is no room for c. */
static bool find_room(struct http_admission *d, struct http_connection *c)
{
	unsigned kept = d->max / KEPT_PART, mine = open_of_kind(d, c->is_local);
	unsigned all = mine + open_of_kind(d, !c->is_local);

	if (c->has_address && open_of_address(d, c) >= d->max_per_address && !make_room(d, c, true, &of_one_address)) {
		d->dropped[HTTP_DROP_ADDRESS]++;
		return false;
	}
	if ((all >= d->max || mine >= d->max - kept) && !make_room(d, c, false, &when_full)) {
		d->dropped[HTTP_DROP_FULL]++;
		return false;
	}
	c->is_late = kept > 0 && !c->is_local && open_of_kind(d, false) >= d->max - 2 * kept &&
		     !make_room(d, c, false, &when_full);
	return true;
}

struct http_connection *http_admission_enter(struct http_admission *d, int fd, const struct sockaddr *peer)
{
	struct http_connection *c = calloc(1, sizeof(*c));
	uint8_t address[16];

	if (c == NULL)
		return NULL;
	c->fd = fd;
	c->is_local = peer->sa_family == AF_UNIX;
	if (address_of(peer, address) && !is_shared(d, address)) {
		static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

		c->has_address = true;
		memcpy(c->address, address,
			memcmp(address, mapped, sizeof(mapped)) == 0 ? sizeof(c->address) : NETWORK6_BYTES);
	}
	if (!find_room(d, c)) {
		free(c);
		return NULL;
	}
	http_admission_note(c, HTTP_WAITS, 0);
	c->next = d->first;
	if (c->next != NULL)
		c->next->prev = c;
	d->first = c;
	d->count++;
	return c;
}

void http_admission_leave(struct http_admission *d, struct http_connection *c)
{
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		d->first = c->next;
	d->count--;
	free(c);
}

void http_admission_note(struct http_connection *c, enum http_phase phase, size_t answer_len)
{
	int64_t wait_ms = ANSWER_MS + (int64_t)(answer_len / ANSWER_BYTES_A_S) * 1000;

	if (phase == HTTP_WAITS)
		wait_ms = c->is_late ? LATE_HEAD_MS : HEAD_MS;
	else if (phase == HTTP_UPLOADS)
		wait_ms = BODY_MS;
	c->answered |= phase == HTTP_ANSWERED;
	c->phase = phase;
	c->since_ms = clock_mono_ms();
	c->deadline_ms = phase == HTTP_FLOW_RESTS ? INT64_MAX : c->since_ms + wait_ms;
}

/* ---- beginning and end ---- */

int http_admission_init(struct http_admission *d, const struct http_options *options)
{
	size_t count = options->proxies != NULL ? options->proxies->count : 0;

	*d = (struct http_admission){.max = options->max_connections, .max_per_address = options->max_per_address};
	d->proxies = calloc(count + 1, sizeof(*d->proxies));
	if (d->proxies == NULL)
		return -ENOMEM;
	if (count > 0)
		memcpy(d->proxies, options->proxies->items, count * sizeof(*d->proxies));
	d->proxy_count = count;
	return 0;
}

void http_admission_release(struct http_admission *d)
{
	while (d->first != NULL)
		http_admission_leave(d, d->first);
	free(d->proxies);
}
