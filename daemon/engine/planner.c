/* SPDX-License-Identifier: ISC */
/* Limits apply to a feed's site and to its server.  The site is the registrable domain of the feed's URL; the server is
 * an IP address, known after the first answer.  After a 429 or 503 no feed of the site is polled for a while, even
 * after a restart, since the saved states of its feeds keep the status. */
#include "planner.h"

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
#include "sitrep/schedule/feed_history.h"
#include "sitrep/text/public_url.h"
#include "sitrep/text/url.h"

enum {
	/* A server may host thousands of sites: it gets 4 times the transfers of a site and a quarter of its gap. */
	SERVER_SHARE = 4,
	/* An IPv6 /64, which belongs to one machine or one customer. */
	NETWORK6_BYTES = 8,
	/* Feeds with a lost document are polled one a second over a minute: 300 feeds are 5 a second. */
	AGAIN_GAP_MS = 1000,
	AGAIN_SPREAD_MAX = 60,
};

/* ---- time ---- */

/* Feeds with impossible stored times are polled within this time, each at its own moment. */
static const int64_t spread_ms = 60 * 1000;

static int64_t within(int64_t ms, int64_t least, int64_t most)
{
	return ms < least ? least : ms > most ? most : ms;
}

static int64_t longest_ms(const struct schedule_policy *policy, const struct feed_state *s)
{
	struct feed_history h;

	feed_history_decode(str_make((const char *)s->history, s->history_len), &h);
	return schedule_longest_ms(policy, &h.hints);
}

/* a - b without overflow: both come from the database and may have any value. */
static int64_t difference(int64_t a, int64_t b)
{
	int64_t ms;

	return __builtin_sub_overflow(a, b, &ms) ? (a > b ? INT64_MAX : INT64_MIN) : ms;
}

/* The time at now_ms (wall time) until the feed is due. */
static int64_t left_ms(const struct planner *p, const struct feed_state *s, int64_t now_ms)
{
	struct schedule_policy policy = feed_policies_get(p->stages->policies, s->id);
	int64_t pause_ms, soon_ms;

	/* A feed that was never polled keeps its turn among the new feeds, within one interval. */
	if (s->last_poll_ms == TIME_NONE)
		return within(difference(s->due_ms, now_ms), 0,
			policy.interval_ms > 0 ? policy.interval_ms : policy.default_ms);
	pause_ms = within(difference(s->due_ms, s->last_poll_ms), 0, longest_ms(&policy, s));
	if (s->last_poll_ms <= now_ms)
		return within(difference(s->last_poll_ms, now_ms) + pause_ms, 0, pause_ms);
	/* The last poll is in the future: the clock was ahead then, and the real time of the poll is unknown.  The feed
	 * is polled soon, but not before the server's own wait. */
	soon_ms = (int64_t)((uint64_t)s->id * 7919 % (uint64_t)spread_ms);
	soon_ms = soon_ms > s->server_wait_ms ? soon_ms : s->server_wait_ms;
	return pause_ms < soon_ms ? pause_ms : soon_ms;
}

static int64_t due_elapsed_ms(const struct planner *p, const struct feed *f)
{
	const struct feed_state *s = &f->state;
	struct schedule_policy policy = feed_policies_get(p->stages->policies, s->id);

	/* planner_note_lost() has just set due_ms, which therefore does not count from the last poll. */
	if (f->lost)
		return clock_elapsed_ms() + within(difference(s->due_ms, clock_wall_ms()), 0, longest_ms(&policy, s));
	if (s->last_poll_ms == TIME_NONE || f->polled_ms == TIME_NONE)
		return clock_elapsed_ms() + left_ms(p, s, clock_wall_ms());
	return f->polled_ms + within(difference(s->due_ms, s->last_poll_ms), 0, longest_ms(&policy, s));
}

int64_t planner_polled_ago_ms(const struct feed *f)
{
	const struct feed_state *s = &f->state;
	int64_t now_ms = clock_wall_ms();

	if (s->last_poll_ms == TIME_NONE)
		return -1;
	if (f->polled_ms != TIME_NONE)
		return clock_elapsed_ms() - f->polled_ms;
	return s->last_poll_ms < now_ms ? difference(now_ms, s->last_poll_ms) : 0;
}

/* ---- sites and servers ---- */

struct due_queue_limits planner_limits(const struct config *c)
{
	return (struct due_queue_limits){
		.per_site = (size_t)c->fetch_per_host,
		.per_server = (size_t)c->fetch_per_host * SERVER_SHARE,
		.site_gap_ms = c->fetch_gap_ms,
		.server_gap_ms = c->fetch_gap_ms / SERVER_SHARE,
	};
}

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* False when text is no address. */
static bool read_address(const char *text, union address *a)
{
	*a = (union address){.in6 = {.sin6_family = AF_INET6}};
	if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1)
		return true;
	*a = (union address){.in = {.sin_family = AF_INET}};
	return inet_pton(AF_INET, text, &a->in.sin_addr) == 1;
}

/* Writes the server's name in the queue to name: the IPv4 address, or the IPv6 /64.  *own: the server is the
 * operator's, by [fetch] allow.  False when text is no address. */
static bool name_server(const char *text, const struct config *c, char name[INET6_ADDRSTRLEN], bool *own)
{
	union address a;

	if (!read_address(text, &a))
		return false;
	*own = guard_refuses(&a.any, NULL) != NULL && guard_refuses(&a.any, &c->fetch_allow) == NULL;
	if (a.any.sa_family == AF_INET)
		return inet_ntop(AF_INET, &a.in.sin_addr, name, INET6_ADDRSTRLEN) != NULL;
	memset(a.in6.sin6_addr.s6_addr + NETWORK6_BYTES, 0, sizeof(a.in6.sin6_addr.s6_addr) - NETWORK6_BYTES);
	return inet_ntop(AF_INET6, &a.in6.sin6_addr, name, INET6_ADDRSTRLEN) != NULL;
}

bool planner_is_own_server(const struct feed *f, const struct config *c, const char *address)
{
	union address a;

	if (!read_address(address, &a) || guard_refuses(&a.any, NULL) == NULL)
		return false;
	return guard_refuses(&a.any, &c->fetch_allow) == NULL || guard_refuses(&a.any, &f->config->allow) == NULL ||
	       (f->config->allow_private && guard_is_private(&a.any));
}

void planner_note_server(struct planner *p, const struct feed *f, const struct config *c, const char *address)
{
	char name[INET6_ADDRSTRLEN];
	bool own;

	/* Without memory the limits of the site still hold. */
	if (name_server(address, c, name, &own))
		due_queue_place(p->stages->queue, str_from(f->site), str_from(name), own);
}

static void cool_down(struct planner *p, const struct feed *f)
{
	const struct feed_state *s = &f->state;
	int64_t wait_ms = schedule_site_pause_ms(s, due_queue_is_own(p->stages->queue, str_from(f->site)));
	int64_t now_ms = clock_elapsed_ms(), ago_ms = planner_polled_ago_ms(f);

	if (ago_ms >= 0 && ago_ms < wait_ms)
		due_queue_cool_down(p->stages->queue, str_from(f->site), now_ms, now_ms + wait_ms - ago_ms);
}

const char *planner_feed_url(const struct feed *f)
{
	const struct feed_state *s = &f->state;

	return s->moved && !config_feed_has_credentials(f->config) ? s->moved_url : f->config->url;
}

struct buf planner_show_url(const struct feed *f, const char *url)
{
	struct buf shown = BUF_INIT(4 * LIMIT_URL);

	/* A feed that has left the configuration counts as private. */
	if (f->config == NULL || f->config->is_private)
		buf_add_bare_url(&shown, str_from(url));
	else
		buf_add_public_url(&shown, str_from(url));
	return shown;
}

static int put_into_queue(struct planner *p, struct feed *f, const struct config *c)
{
	struct feed_state *s = &f->state;
	struct arena scratch = ARENA_INIT(64 * 1024);
	struct str host, site;
	char *copy = NULL;
	char address[INET6_ADDRSTRLEN + 2] = "";
	int64_t due_ms = TIME_NONE;
	int result;

	host = url_host(&scratch, str_from(planner_feed_url(f)));
	/* Each configured URL has a host, so memory is missing. */
	if (host.data == NULL) {
		arena_release(&scratch);
		return -ENOMEM;
	}
	site = domain_registrable(host);
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_slice(host, 1, host.len - 1);
	if (host.len < sizeof(address) && host.len > 0)
		memcpy(address, host.data, host.len);
	if (f->site == NULL || !str_eq(str_from(f->site), site)) {
		copy = strndup(site.data, site.len);
		if (copy == NULL) {
			arena_release(&scratch);
			return -ENOMEM;
		}
		free(f->site);
		f->site = copy;
	}
	arena_release(&scratch);
	if (s->due_ms != TIME_NONE) {
		due_ms = due_elapsed_ms(p, f);
		s->due_ms = clock_wall_ms() + due_ms - clock_elapsed_ms();
	}
	feed_state_clamp(s, clock_wall_ms());
	result = due_queue_set(p->stages->queue, f->number, str_from(f->site), due_ms);
	if (result == 0)
		planner_note_server(p, f, c, address);
	return result;
}

void planner_plan(struct planner *p, struct feed *f, const struct config *c)
{
	bool was_unplanned = f->unplanned;

	f->unplanned = put_into_queue(p, f, c) != 0;
	if (!f->unplanned) {
		cool_down(p, f);
		return;
	}
	p->has_unplanned = true;
	if (!was_unplanned)
		log_emit(LOG_LEVEL_ERROR, "no memory to plan the next poll of a feed, will retry", "feed",
			f->config->name, NULL);
}

void planner_retry(struct planner *p)
{
	struct feed *f;

	if (!p->has_unplanned)
		return;
	p->has_unplanned = false;
	for (size_t at = 0; (f = feed_table_next(p->stages->feeds, &at)) != NULL;)
		if (f->unplanned && f->phase == PHASE_IDLE)
			planner_plan(p, f, p->stages->config);
}

void planner_move(struct planner *p, struct feed *f)
{
	due_queue_set(p->stages->queue, f->number, str_from(f->site), due_elapsed_ms(p, f));
}

void planner_ask_within_first_pause(struct planner *p, struct feed *f, double part)
{
	struct schedule_policy policy = feed_policies_get(p->stages->policies, f->state.id);
	int64_t at_ms = clock_wall_ms() + (int64_t)((double)schedule_first_retry_ms(&policy) * part);

	if (f->phase != PHASE_IDLE || f->state.due_ms == TIME_NONE || f->state.due_ms <= at_ms)
		return;
	f->state.due_ms = at_ms;
	planner_move(p, f);
}

void planner_ask_now(struct planner *p, struct feed *f)
{
	f->by_hand = true;
	due_queue_set(p->stages->queue, f->number, str_from(f->site), 0);
}

void planner_ask_once(struct planner *p, struct feed *f, int64_t wait_ms)
{
	int64_t now_ms = clock_elapsed_ms(), ago_ms = planner_polled_ago_ms(f), at_ms;

	if (f->phase != PHASE_IDLE || ago_ms < 0)
		return;
	at_ms = ago_ms < wait_ms ? now_ms + wait_ms - ago_ms : now_ms;
	if (f->state.due_ms == TIME_NONE || at_ms < due_elapsed_ms(p, f))
		due_queue_set(p->stages->queue, f->number, str_from(f->site), at_ms);
}

void planner_put_off(struct planner *p, struct feed *f)
{
	const struct stages *s = p->stages;

	due_queue_done(s->queue, f->number);
	due_queue_set(s->queue, f->number, str_from(f->site), clock_elapsed_ms() + s->config->poll_min_ms);
}

void planner_forget(struct planner *p, struct feed *f)
{
	due_queue_remove(p->stages->queue, f->number);
	f->unplanned = f->by_hand = false;
	f->unreached_run = 0;
	free(f->site);
	f->site = NULL;
}

/* ---- lost documents ---- */

void planner_note_lost(struct planner *p, struct feed *f)
{
	struct feed_state *s = &f->state;
	int64_t soon_ms = clock_wall_ms() + (int64_t)(p->lost_feeds++ % AGAIN_SPREAD_MAX) * AGAIN_GAP_MS;

	f->lost = true;
	if (s->due_ms == TIME_NONE || s->due_ms < soon_ms)
		s->due_ms = soon_ms;
}

void planner_note_stored(struct feed *f)
{
	f->lost = false;
}

void planner_note_push_lost(struct planner *p, struct feed *f)
{
	struct feed_state *s = &f->state;
	int64_t wait_ms = s->server_wait_ms > DEMAND_GAP_MS ? s->server_wait_ms : DEMAND_GAP_MS;

	/* The poll of a feed that gets pushes is planned for much later. */
	if (s->last_poll_ms != TIME_NONE && s->last_poll_ms + wait_ms < s->due_ms)
		s->due_ms = s->last_poll_ms + wait_ms;
	planner_note_lost(p, f);
	planner_move(p, f);
}

void planner_note_unreadable(struct planner *p, struct feed *f)
{
	f->state.last_poll_ms = clock_wall_ms();
	f->state.due_ms = f->state.last_poll_ms + p->stages->config->poll_default_ms;
}

void planner_fetch_lost(struct planner *p)
{
	struct feed *f;
	size_t count = 0;

	p->lost_feeds = 0;
	for (size_t at = 0; (f = feed_table_next(p->stages->feeds, &at)) != NULL;) {
		if (!f->lost || f->phase != PHASE_IDLE)
			continue;
		f->lost = false;
		planner_note_lost(p, f);
		planner_move(p, f);
		count++;
	}
	log_emit(LOG_LEVEL_NOTICE, "storing again, polling goes on", "fetched-again", LOG_NUM((long long)count), NULL);
}
