/* SPDX-License-Identifier: ISC */
/* websub_subscription.h: the subscriber's side of WebSub (W3C Recommendation, 2018), as decisions without a network.
 *
 * A feed may name a hub that sends new items the moment they appear.  One struct websub_state per feed has the phase
 * of its subscription:
 *
 *     none -> requested -> verified -> trusted        the way up: asked, verified by the hub, first good push
 *     trusted -> verified                             a poll found news that no push brought: polled as before
 *     verified, trusted -> lapsed -> verified         the lease ran out; the hub is asked again
 *     requested -> failed, denied -> requested        tried again later, each time with the next hub named
 *
 * websub_feeds.h passes events and the time to these functions, sends the requests that they ask for, and saves the
 * state whenever a function reports a change.  Nothing here looks at a clock or opens a socket; only websub_arrange()
 * draws random numbers.
 *
 * All waits derive from one number, the pause ([poll] min): the hubs of a feed are asked again after one pause at the
 * earliest, a request that is not verified within two pauses has failed, and a lease shorter than two pauses counts as
 * two.
 *
 * The secret is sent to http hubs too, although the Recommendation prefers https only.  Without it the callback would
 * be the only protection, and it travels the same way; the secret still keeps out a person who learns the callback from
 * a log.  For a feed that is read over https, an http hub is asked over https, or not at all. */
#ifndef SITREP_WEBSUB_WEBSUB_SUBSCRIPTION_H
#define SITREP_WEBSUB_WEBSUB_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/websub_state.h"

/* ---- discovery and wish ---- */

enum { WEBSUB_HUBS_MAX = 4 };

/* To be called with the hubs that the feed names, one a line, and its topic.  Hubs that are not web addresses are left
 * out, those with https come first.  For an https topic, http hubs are asked over https, or left out if they have a
 * port.  A subscription to another topic or to other hubs ends; but when the feed names no hub any more, a live
 * subscription is kept and not renewed.  1 when s changed, 0, or -ENOMEM and s is as before. */
int websub_discover(struct websub_state *s, struct str hubs, struct str topic);

/* Begins a subscription with a new callback and secret, or ends it, as the operator wishes: base_url is the daemon's
 * address as seen from outside; NULL: no subscription is wanted.  1 when s changed, 0, or a negative errno. */
int websub_arrange(struct websub_state *s, const char *base_url, int64_t now_ms, struct error *err);

/* The hub to ask next; absent without hubs. */
struct str websub_hub(const struct websub_state *s);

/* Corrects times that a wrong clock has left: past events are moved to now_ms at the latest, the lease's end to 90 days
 * from now at the latest; an action more than 45 days ahead is due now. */
void websub_clamp(struct websub_state *s, int64_t now_ms);

/* ---- next action ---- */

enum websub_action { WEBSUB_REST, WEBSUB_SUBSCRIBE };

/* Ends lease, request and trust that have run out by now_ms, and returns the next action.  *changed: s has changed. */
enum websub_action websub_step(struct websub_state *s, int64_t pause_ms, int64_t now_ms, bool *changed);
/* The time of the next websub_step(); INT64_MAX: never. */
int64_t websub_wakeup(const struct websub_state *s, int64_t pause_ms);

/* ---- notes ---- */

/* A request goes out now. */
void websub_note_asked(struct websub_state *s, int64_t now_ms);
/* The request was refused or failed; wait_ms is the hub's Retry-After (0: not given). */
void websub_note_failed(struct websub_state *s, const char *reason, int64_t wait_ms, int64_t pause_ms, int64_t now_ms);
/* The hub verified.  lease_s is the hub's; below 1 it counts as the lease that we asked for. */
void websub_note_verified(struct websub_state *s, int64_t lease_s, int64_t pause_ms, int64_t now_ms);
void websub_note_denied(struct websub_state *s, struct str reason, int64_t now_ms);
/* A push with a good signature was parsed. */
void websub_note_pushed(struct websub_state *s, int64_t now_ms);
/* A poll found news.  Unless a push comes within one pause, as the poll may have been quicker, a trusted hub goes back
 * to VERIFIED. */
void websub_note_found(struct websub_state *s, int64_t now_ms);

/* ---- messages (websub_message.c) ---- */

enum {
	WEBSUB_LEASE_S = 864000, /* asked for: the ten days that the Recommendation suggests */
	WEBSUB_SECRET_LEN = 64,  /* hexadecimal digits */
	WEBSUB_CHALLENGE_MAX = 4096,
};

/* The last segment of a callback is a token: the feed's number, a hyphen, 256 random bits in hexadecimal.  Returns the
 * feed's number in text; 0 when text has not the form of a token. */
int64_t websub_token_feed(struct str text);
/* Whether text is s's token; compares in constant time. */
bool websub_token_is(const struct websub_state *s, struct str text);

/* Makes a new s->callback under base_url and a new s->secret. */
int websub_make_callback(struct websub_state *s, const char *base_url, struct error *err);

/* The body of the subscribe request, application/x-www-form-urlencoded. */
int websub_write_request(struct buf *out, const struct websub_state *s);

/* The meanings of a hub's GET request to the callback. */
enum websub_intent { WEBSUB_INTENT_UNKNOWN, WEBSUB_INTENT_SUBSCRIBE, WEBSUB_INTENT_DENIED };
/* UNKNOWN when the daemon has sent no such request: the answer is 404. */
enum websub_intent websub_intent(const struct websub_state *s, struct str mode, struct str topic);

/* Whether the header X-Hub-Signature ("sha256=...", also sha1, sha384, sha512) matches the body's bytes. */
bool websub_signature_fits(struct str secret, struct str signature, struct str body);

#endif
