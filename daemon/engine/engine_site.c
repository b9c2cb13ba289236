/* Whom a feed's requests bother: its site, which is the registrable domain it is asked at, and the server behind
 * that, which is known once an answer has come.  A site that says 429 or 503 is left alone, with all its feeds,
 * also over a restart: the saved states of its feeds say so. */
#include "engine_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/domain.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/fetch/guard.h"
#include "sitrep/text/public_url.h"
#include "sitrep/text/url.h"

enum {
	HTTP_TOO_MANY_REQUESTS = 429,
	HTTP_UNAVAILABLE = 503,
	/* Transfers from one server are this many times those from one site, and the gap as many times shorter: a host
	 * of thousands of sites is meant for it. */
	SERVER_SHARE = 4,
	/* A network of IPv6 that one machine, or one customer, has for itself. */
	NETWORK6_BYTES = 8,
};

/* Without a word for how long: doubled with each refusal in a row, up to the second; the operator's own servers are
 * left alone only for as long as they say. */
static const int64_t cool_down_ms = INT64_C(5) * 60 * 1000;
static const int64_t cool_down_max_ms = INT64_C(60) * 60 * 1000;
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

struct due_queue_limits engine_limits(const struct config *c)
{
	return (struct due_queue_limits){
		.per_site = (size_t)c->fetch_per_host,
		.per_server = (size_t)c->fetch_per_host * SERVER_SHARE,
		.site_gap_ms = c->fetch_gap_ms,
		.server_gap_ms = c->fetch_gap_ms / SERVER_SHARE,
	};
}

/* The server's name in the queue, into name: the address, of IPv6 its network. *own: the operator's, by [fetch] allow.
 * False when text is no address. */
static bool name_server(const char *text, const struct config *c, char name[INET6_ADDRSTRLEN], bool *own)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const struct sockaddr *address = (const struct sockaddr *)&in;

	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		address = (const struct sockaddr *)&in6;
	else if (inet_pton(AF_INET, text, &in.sin_addr) != 1)
		return false;
	*own = guard_refuses(address, NULL) != NULL && guard_refuses(address, &c->fetch_allow) == NULL;
	if (address->sa_family == AF_INET)
		return inet_ntop(AF_INET, &in.sin_addr, name, INET6_ADDRSTRLEN) != NULL;
	memset(in6.sin6_addr.s6_addr + NETWORK6_BYTES, 0, sizeof(in6.sin6_addr.s6_addr) - NETWORK6_BYTES);
	return inet_ntop(AF_INET6, &in6.sin6_addr, name, INET6_ADDRSTRLEN) != NULL;
}

void engine_note_server(struct engine *e, const struct feed *f, const struct config *c, const char *address)
{
	char name[INET6_ADDRSTRLEN];
	bool own;

	/* Without memory the site's own limits go on holding. */
	if (name_server(address, c, name, &own))
		(void)due_queue_place(e->queue, str_from(f->site), str_from(name), own);
}

/* How long the site of a feed in this state is to be left alone, counted from the last poll; 0: it is not. */
static int64_t asked_to_wait_ms(const struct feed_state *s, bool own)
{
	int64_t wait_ms = cool_down_ms;

	if (s->http_status != HTTP_TOO_MANY_REQUESTS && s->http_status != HTTP_UNAVAILABLE)
		return 0;
	if (s->server_wait_ms > 0)
		return s->server_wait_ms < day_ms ? s->server_wait_ms : day_ms;
	if (own)
		return 0;
	for (int i = 1; i < s->errors && wait_ms < cool_down_max_ms; i++)
		wait_ms *= 2;
	return wait_ms < cool_down_max_ms ? wait_ms : cool_down_max_ms;
}

void engine_cool_down(struct engine *e, const struct feed *f)
{
	const struct feed_state *s = &f->state;
	int64_t wait_ms = asked_to_wait_ms(s, due_queue_is_own(e->queue, str_from(f->site)));
	int64_t now_ms = clock_elapsed_ms(), ago_ms = engine_polled_ago_ms(f);

	if (ago_ms >= 0 && ago_ms < wait_ms)
		due_queue_cool_down(e->queue, str_from(f->site), now_ms, now_ms + wait_ms - ago_ms);
}

const char *engine_feed_url(const struct feed *f)
{
	const struct feed_state *s = &f->state;

	return s->moved && !config_feed_has_credentials(f->config) ? s->moved_url : f->config->url;
}

struct buf engine_show_url(const struct feed *f, const char *url)
{
	struct buf shown = BUF_INIT(4 * LIMIT_URL);

	/* Of a feed that has left it is not known any more. */
	if (f->config == NULL || f->config->is_private)
		(void)buf_add_bare_url(&shown, str_from(url));
	else
		(void)buf_add_public_url(&shown, str_from(url));
	return shown;
}

int engine_plan_feed(struct engine *e, struct feed *f, const struct config *c)
{
	struct feed_state *s = &f->state;
	struct arena scratch;
	struct str host, site;
	char *copy = NULL;
	char address[INET6_ADDRSTRLEN + 2] = "";
	int64_t due_ms = TIME_NONE;
	int result;

	arena_init(&scratch, 64 * 1024);
	host = url_host(&scratch, str_from(engine_feed_url(f)));
	site = domain_registrable(host);
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_slice(host, 1, host.len - 1);
	if (host.len < sizeof(address) && host.len > 0)
		memcpy(address, host.data, host.len);
	if (f->site == NULL || !str_eq(str_from(f->site), site)) {
		copy = strndup(site.data != NULL ? site.data : "", site.len);
		if (copy == NULL) {
			arena_release(&scratch);
			return -ENOMEM;
		}
		free(f->site);
		f->site = copy;
	}
	arena_release(&scratch);
	if (s->due_ms != TIME_NONE) {
		due_ms = engine_due_elapsed_ms(e, f);
		s->due_ms = clock_wall_ms() + due_ms - clock_elapsed_ms();
	}
	feed_state_clamp(s, clock_wall_ms());
	result = due_queue_set(e->queue, f->number, str_from(f->site), due_ms);
	if (result == 0)
		engine_note_server(e, f, c, address);
	return result;
}

void engine_plan_surely(struct engine *e, struct feed *f, const struct config *c)
{
	bool was_unplanned = f->unplanned;

	f->unplanned = engine_plan_feed(e, f, c) != 0;
	if (!f->unplanned) {
		engine_cool_down(e, f);
		return;
	}
	e->has_unplanned = true;
	if (!was_unplanned)
		log_emit(LOG_LEVEL_ERROR, "no memory to plan a feed, will retry", "feed", f->config->name, NULL);
}

void engine_retry_plans(struct engine *e)
{
	struct feed *f;

	if (!e->has_unplanned)
		return;
	e->has_unplanned = false;
	for (size_t at = 0; (f = feed_table_next(e->feeds, &at)) != NULL;)
		if (f->unplanned && f->phase == PHASE_IDLE)
			engine_plan_surely(e, f, e->config);
}
