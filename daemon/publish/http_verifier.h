/* SPDX-License-Identifier: ISC */
/* http_verifier.h: checks passwords against their hashes, beside the loop.
 *
 * A check takes some ten to some hundred milliseconds on purpose, so a thread does it, one at a time, at low priority.
 * It starts at the first question.  The outcomes are kept by a digest with a key of this process, so that a reader who
 * asks again is answered at once; of passwords nothing is kept.
 *
 * Limits: QUEUE checks may wait.  An address may be wrong ten times, and then once in six seconds.  Loopback and
 * proxies, behind which there are many readers, count as one address; readers whose password was right before do not
 * count. */
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
