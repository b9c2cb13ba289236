/* SPDX-License-Identifier: ISC */
/* tail.h: shared by the files of sitrep tail.
 *
 * tail_follow.c prints events, tail_deliver.c hands them to a command or a webhook; both continue where the handle's
 * place is, and keep that place in the --state file once an event was written, or has arrived. */
#ifndef SITREP_CLI_TAIL_H
#define SITREP_CLI_TAIL_H

#include <jansson.h>
#include <sitrep.h>
#include <stdbool.h>

#include "client.h"
#include "courier.h"
#include "event_format.h"

enum { TAIL_RECONNECT_FIRST_S = 1, TAIL_RECONNECT_LONGEST_S = 60, TAIL_LAST_MAX = 10000 };

struct tail {
	struct client_options options;
	const char *state_path;    /* NULL: none */
	struct cursor_place saved; /* what the state file holds */
	json_t *request;
	const char *match; /* NULL: none */
	struct event_format format;
	struct courier_options courier;
	char *url;      /* of the courier, without ntfy's topic */
	long long last; /* of -n; -1: not given */
	bool muted;     /* --muted */
	bool told;      /* the daemon's notes on the subscription were printed */
};

/* An event, borrowed until the next one. */
struct tail_event {
	const char *kind;
	struct cursor_place place;
	struct str line;
};

/* Subscribes at the handle's place; in another database at its oldest event.  0, or a negative code. */
int tail_subscribe(struct tail *t, struct sitrep *s, struct error *err);
/* Writes a place to the state file, if there is one and it holds another. */
int tail_save(struct tail *t, const struct cursor_place *place, struct error *err);
/* The next event as sitrep_next(). */
int tail_next(struct sitrep *s, int timeout_ms, struct tail_event *event);
/* True for a failure of the connection, after which tail connects again. */
bool tail_is_passing(int result);

/* Sets the handle's place before the last events (tail_last.c). */
int tail_last(struct tail *t, struct sitrep *s, struct error *err);

/* Both go on until a signal comes: 0, OUTPUT_FAILED or a negative code. */
int tail_follow(struct tail *t, struct sitrep *s, struct error *err);
int tail_deliver(struct tail *t, struct sitrep *s, struct error *err);

#endif
