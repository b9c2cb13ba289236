/* SPDX-License-Identifier: ISC */
/* courier.h: hands events to a command or to a webhook, several at once.
 *
 * A command is run by the shell for each event, which it reads on standard input; exit status 0 is success.  A webhook
 * gets a POST; 200 to 299 is success, and redirects are not followed.  Exit status 65 (EX_DATAERR in sysexits.h) and
 * the answers 400, 413 and 422 refuse the event for good.  After any other failure the event is tried again.
 *
 * With a secret, a webhook's headers are those of the Standard Webhooks specification: webhook-id, webhook-timestamp
 * and webhook-signature, "v1," and the HMAC-SHA256 over "ID.TIMESTAMP.BODY" in base64. */
#ifndef SITREP_CLI_COURIER_H
#define SITREP_CLI_COURIER_H

#include <poll.h>

#include "retry_queue.h"
#include "sitrep/base/error.h"

enum {
	COURIER_AT_ONCE_MAX = 64,
	COURIER_REASON_MAX = 256,
	/* A command that takes longer is ended. */
	COURIER_COMMAND_MS = 10 * 60 * 1000,
	COURIER_CONNECT_MS = 10 * 1000,
	COURIER_ANSWER_MS = 30 * 1000,
	/* The longest Retry-After that counts. */
	COURIER_WAIT_MAX_MS = 60 * 60 * 1000,
};

struct courier_options {
	const char *command;      /* or NULL */
	const char *url;          /* of a webhook, or NULL */
	const char *content_type; /* of the bodies */
	const char *secret_file;  /* or NULL */
	const char *header_file;  /* lines "Name: value", or NULL */
	size_t at_once;
};

enum courier_outcome { COURIER_DELIVERED, COURIER_FAILED, COURIER_REFUSED };

struct courier_result {
	struct delivery *delivery;
	enum courier_outcome outcome;
	char reason[COURIER_REASON_MAX]; /* of the last two, one line */
	int64_t wait_ms;                 /* the receiver's own, or 0 */
};

struct courier;

struct courier *courier_new(const struct courier_options *options, struct error *err);
/* Ends the attempts under way: commands by SIGTERM. */
void courier_free(struct courier *c);

/* Begins an attempt; fewer than at_once may be under way.  0; or a negative code with err, and none has begun. */
int courier_start(struct courier *c, struct delivery *one, struct error *err);

/* Waits until a descriptor is readable, an attempt has news, or timeout_ms has passed; negative: no limit. */
void courier_wait(struct courier *c, struct pollfd *waited, size_t count, int timeout_ms);

/* Takes an attempt that has ended; false: there is none.  To be called after each wait, and for commands after SIGCHLD.
 */
bool courier_take(struct courier *c, int64_t now_ms, struct courier_result *result);

#endif
