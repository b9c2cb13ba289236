/* SPDX-License-Identifier: ISC */
/* http_verifier.h: checks passwords against their hashes, beside the loop.
 *
 * A hash is slow on purpose: a check takes 10 to some 100 ms.  So a thread of low priority does one check at a time. It
 * starts with the first check.  Outcomes are kept under a digest keyed for this process, so a second request with the
 * same password is answered at once.  Passwords are wiped after their check.
 *
 * Limits: HTTP_VERIFIER_QUEUE checks may wait.  An address may have ten checks that fail, and then one each six
 * seconds. Loopback and trusted proxies stand for many readers and count as one address together.  A password with a
 * kept outcome needs no check, so it is not limited. */
#ifndef SITREP_PUBLISH_HTTP_VERIFIER_H
#define SITREP_PUBLISH_HTTP_VERIFIER_H

#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

enum { HTTP_VERIFIER_QUEUE = 16, HTTP_VERIFIER_KEPT = 256, HTTP_VERIFIER_RETRY_S = 6 };

struct event_base;
struct http_verifier;

/* A check has ended: ask again.  Called from the loop. */
typedef void http_verified_fn(void *arg);

struct http_verifier *http_verifier_new(struct event_base *base, http_verified_fn *fn, void *arg, struct error *err);
void http_verifier_free(struct http_verifier *v); /* NULL is fine; waits for the check under way */

/* WAITS: http_verified_fn tells when to ask again.  REFUSED: too many checks wait, or too many failed. */
enum http_verdict { HTTP_VERDICT_RIGHT, HTTP_VERDICT_WRONG, HTTP_VERDICT_WAITS, HTTP_VERDICT_REFUSED };
enum http_verdict http_verifier_ask(
	struct http_verifier *v, const uint8_t address[16], struct str user, struct str password, const char *hash);

#endif
