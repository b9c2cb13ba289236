/* SPDX-License-Identifier: ISC */
/* subscription.h: a filter as subscribers ask for it, and whether an event passes all of it but its rule.
 *
 *     {"op":"subscribe","since":"10321","events":["alert","new"],"match":"taiwan*","categories":["naval"],"feeds":["usni"]}
 *
 * Every member may be left out; an absent member filters nothing.  A member that does not exist is a mistake. */
#ifndef SITREP_STREAM_SUBSCRIPTION_H
#define SITREP_STREAM_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/store/reader.h"

struct jsonw;
struct subscription;

/* Where the events of a subscription begin. */
enum since_kind {
	SINCE_NOW,    /* with the next event */
	SINCE_CURSOR, /* after this cursor */
	SINCE_TIME,   /* with the first event of this time (ms since 1970) or later */
	SINCE_OLDEST, /* with the oldest event kept */
};
struct since {
	enum since_kind kind;
	int64_t value;
	const char *instance; /* of the database that the cursor is of, borrowed from the request; NULL: not said */
};

/* A filter that passes all events from now on. */
struct subscription *subscription_new(void);
void subscription_free(struct subscription *s);

/* The JSON object of a subscribe or poll request, already known to have that op: a new subscription, whose rule is not
 * looked at yet.  NULL with a sentence in err when anything else in it is wrong. */
struct json_t;
struct subscription *subscription_read(const struct json_t *request, struct since *since, struct error *err);
/* Looks its names up in the database: -EINVAL for a feed that does not exist, and for a category that no feed has and
 * that looks like a misspelt one. Other categories may be those of items. */
int subscription_check(const struct subscription *s, struct reader *r, struct error *err);
/* The events are to have the items' text and HTML. */
bool subscription_is_full(const struct subscription *s);
/* The text of its rule, which lives as long as s; absent: it has none. */
struct str subscription_rule(const struct subscription *s);
/* Writes the filter as members of an object. */
void subscription_write(const struct subscription *s, struct jsonw *w);
/* Writes notes for the person who asked, if there are any: a member with an array. With a reader, names in the rule are
 * looked up. */
void subscription_write_notes(const struct subscription *s, struct reader *r, struct jsonw *w);

/* Everything but the rule is looked at. */
enum subscription_verdict {
	SUBSCRIPTION_REFUSES,
	SUBSCRIPTION_TAKES,
	SUBSCRIPTION_ASKS_RULE, /* the event passes if its item matches the rule */
};
enum subscription_verdict subscription_judge(const struct subscription *s, const struct event_record *e);

#endif
