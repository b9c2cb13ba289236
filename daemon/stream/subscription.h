/* SPDX-License-Identifier: ISC */
/* subscription.h: the filter of one subscriber, and whether an event passes it.
 *
 *     {"op":"subscribe","since":"10321","events":["alert","new"],"match":"taiwan*","categories":["naval"],"feeds":["usni"]}
 *
 * Every member may be left out; an absent member filters nothing. */
#ifndef SITREP_STREAM_SUBSCRIPTION_H
#define SITREP_STREAM_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/identity/identity.h"
#include "sitrep/store/reader.h"

struct subscription;

/* A filter that passes all events from now on. */
struct subscription *subscription_new(void);
void subscription_free(struct subscription *s);

/* The JSON object of a subscribe request, already known to have that op. Replaces *s only when all of it is
 * good; -EINVAL with a sentence otherwise.  since is -1 when the request names none. */
struct json_t;
int subscription_read(const struct json_t *request, struct subscription **s, int64_t *since, struct error *err);

/* May fill words with the tokens of the event's item. Pass the same buffer (empty at first) to all subscriptions of one
 * event, so that the text is split at most once. */
struct event_words {
	struct identity *identity; /* borrowed */
	bool known;
	bool failed;
	struct buf title;
	struct buf body;
};
void event_words_release(struct event_words *w);

bool subscription_wants(struct subscription *s, const struct event_record *e, struct event_words *words);

#endif
