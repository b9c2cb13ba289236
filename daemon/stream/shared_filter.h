/* SPDX-License-Identifier: ISC */
/* shared_filter.h: filters shared by the subscribers that ask for the same.
 *
 * Equal requests give one filter, which judges each event once.  Two requests are equal when the daemon answers them
 * with the same members (subscription_write()).  The rules of all filters are matched together (filter_rules.h). */
#ifndef SITREP_STREAM_SHARED_FILTER_H
#define SITREP_STREAM_SHARED_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/filter/filter_rules.h"
#include "subscription.h"

struct shared_filter {
	struct subscription *filter;
	struct filter_rule rule;    /* if the filter has one */
	struct shared_filter *next; /* with the same place in the table */
	uint64_t hash;
	size_t users;
	uint64_t age; /* age of all filters when the verdicts were given */
	/* On an even and an odd block of 64 cursors, since a step of delivery touches two. */
	struct filter_verdicts {
		int64_t block;
		uint64_t known, wanted; /* by the cursor's last six bits */
	} verdicts[2];
	size_t text_len;
	char text[]; /* the members that it is answered with */
};

struct shared_filters {
	struct shared_filter **table;
	size_t slots, count;
	struct filter_rules rules;
	uint64_t age;       /* of the verdicts: they are void when it has grown */
	uint64_t judgments; /* since the start: events that a filter looked at */
};

/* identity is borrowed. 0 or -ENOMEM. */
int shared_filters_init(struct shared_filters *all, struct identity *identity);
/* All filters must have been left. */
void shared_filters_release(struct shared_filters *all);

/* The shared form of a filter, which is taken over. NULL with a sentence for a mistake in its rule, or without memory.
 * To be left with shared_filter_leave(). */
struct shared_filter *shared_filter_join(struct shared_filters *all, struct subscription *filter, struct error *err);
/* shared may be NULL. */
void shared_filter_leave(struct shared_filters *all, struct shared_filter *shared);

/* Whether the event passes the filter. */
bool shared_filter_wants(struct shared_filters *all, struct shared_filter *shared, const struct event_record *e);
/* It has a rule; and the terms of it that were found in an event that passes, as filter_rules_terms() tells them. */
bool shared_filter_has_rule(const struct shared_filter *shared);
size_t shared_filter_terms(struct shared_filters *all, struct shared_filter *shared, const struct event_record *e,
	struct str terms[RULE_TOLD_MAX]);
/* Items and stories may have changed: every filter judges anew. */
static inline void shared_filters_forget_verdicts(struct shared_filters *all)
{
	all->age++;
	filter_rules_forget(&all->rules);
}

#endif
