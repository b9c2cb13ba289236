/* websub.h: the subscriber's side of WebSub (W3C Recommendation, 2018), as decisions without a network.
 *
 * A feed may name a hub that sends new items the moment they appear.  One struct websub_state per feed says how
 * far that has come:
 *
 *     none -> requested -> verified -> trusted        the way up: asked, verified by the hub, first good push
 *     trusted -> verified                             a poll found news that no push brought: polled as before
 *     verified, trusted -> lapsed -> verified         the lease ran out; the hub is asked again
 *     requested -> failed, denied -> requested        tried again later, each time with the next hub named
 *
 * The engine feeds these functions with what happened and the time, sends the requests they ask for, and saves
 * the state whenever a function says it has changed.  Nothing here looks at a clock or opens a socket; only
 * websub_arrange() draws random numbers.
 *
 * Everything is asked at the pace of one number, the pause: a hub is asked again no sooner, a request that is
 * not verified within two of them has failed, and a lease shorter than two of them counts as two.
 *
 * The secret goes along to http hubs too, although the Recommendation would rather see it on https only: the
 * callback, which is all that protects otherwise, travels the same way, and a secret still keeps those out who
 * learn the callback from a log.  What it must not do is weaken a feed: for one that is read over https, an http hub
 * is asked over https as well, or not at all. */
#ifndef SITREP_WEBSUB_WEBSUB_H
#define SITREP_WEBSUB_WEBSUB_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/websub_state.h"

/* ---- what is known and wanted ---- */

enum { WEBSUB_HUBS_MAX = 4 };

/* What the feed says of itself: hubs, one a line, and its topic.  Hubs that are no web address are left out, those
 * with https come first; for an https topic, http ones are taken for https ones, or left out if they name a port.  A
 * subscription to something else ends here; one that holds and whose hub is not named any more is not renewed.  1 when
 * s changed, 0, or -ENOMEM and s is as before. */
int websub_discover(struct websub_state *s, struct str hubs, struct str topic);

/* What the operator wants: base_url is where we are reached from outside, NULL when a subscription is not wanted.
 * Begins one, with a callback and a secret of its own, or ends it.  1 when s changed, 0, or a negative errno. */
int websub_arrange(struct websub_state *s, const char *base_url, int64_t now_ms, struct error *err);

/* The hub to be asked; absent when there is none. */
struct str websub_hub(const struct websub_state *s);
/* The subscription holds: what is pushed is taken in. */
bool websub_is_live(const struct websub_state *s);

/* Times that no hub and no wait of ours explains come from a clock that was wrong: what has happened is no later than
 * now, a lease no longer than one is kept, and what is to be done beyond that is to be done now. */
void websub_clamp(struct websub_state *s, int64_t now_ms);

/* ---- what is to be done ---- */

enum websub_action { WEBSUB_REST, WEBSUB_SUBSCRIBE };

/* Notes what has run out by now_ms (lease, patience, trust), and says what is to be done.  *changed as above. */
enum websub_action websub_step(struct websub_state *s, int64_t pause_ms, int64_t now_ms, bool *changed);
/* When to step again; INT64_MAX: never. */
int64_t websub_wakeup(const struct websub_state *s, int64_t pause_ms);

/* ---- what happened ---- */

/* A request goes out now. */
void websub_note_asked(struct websub_state *s, int64_t now_ms);
/* It was refused or did not arrive; the hub wants to be left alone for wait_ms (0: nothing said). */
void websub_note_failed(struct websub_state *s, const char *reason, int64_t wait_ms, int64_t pause_ms, int64_t now_ms);
/* The hub verified; lease_s as it gave it, anything below 1 is the lease we asked for. */
void websub_note_verified(struct websub_state *s, int64_t lease_s, int64_t pause_ms, int64_t now_ms);
void websub_note_denied(struct websub_state *s, struct str reason, int64_t now_ms);
/* A push with a good signature was understood. */
void websub_note_pushed(struct websub_state *s, int64_t now_ms);
/* A poll found news.  Trust is lost unless a push comes within a pause: the poll may have been just quicker. */
void websub_note_found(struct websub_state *s, int64_t now_ms);

/* ---- what is said (websub_message.c) ---- */

enum {
	WEBSUB_LEASE_S = 864000, /* asked for: the ten days that the Recommendation suggests */
	WEBSUB_SECRET_LEN = 64,  /* hexadecimal digits */
	WEBSUB_CHALLENGE_MAX = 4096,
};

/* The last segment of a callback is a token: the feed's number, a hyphen, 256 random bits in hexadecimal.  The number
 * of the feed that text would be a token of; 0 when it is no token. */
int64_t websub_token_feed(struct str text);
/* Whether text is s's token; takes the same time for every wrong one. */
bool websub_token_is(const struct websub_state *s, struct str text);

/* Sets s->callback under base_url and s->secret anew. */
int websub_make_callback(struct websub_state *s, const char *base_url, struct error *err);

/* The body of the subscribe request, application/x-www-form-urlencoded. */
int websub_write_request(struct buf *out, const struct websub_state *s);

/* A hub's GET of the callback: what it wants to know. */
enum websub_intent { WEBSUB_INTENT_UNKNOWN, WEBSUB_INTENT_SUBSCRIBE, WEBSUB_INTENT_DENIED };
/* UNKNOWN for everything that we did not ask for: it is answered 404. */
enum websub_intent websub_intent(const struct websub_state *s, struct str mode, struct str topic);

/* X-Hub-Signature, "sha256=..." with sha1, sha256, sha384 or sha512, over the body as it came. */
bool websub_signature_fits(struct str secret, struct str signature, struct str body);

#endif
