/* SPDX-License-Identifier: ISC */
/* scope.h: filters shared by the subscribers that ask for the same.
 *
 * Equal requests give one filter, which judges each event once.  Two requests are equal when the daemon answers them
 * with the same members (subscription_write()).  The rules of all filters are matched together (filter_rules.h). */
#ifndef SITREP_STREAM_SCOPE_H
#define SITREP_STREAM_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/filter/filter_rules.h"
#include "subscription.h"

struct scope {
	struct subscription *filter;
	struct filter_rule rule; /* if the filter has one */
	struct scope *next;      /* with the same place in the table */
	uint64_t hash;
	size_t users;
	uint64_t age; /* scopes.age when the verdicts were given */
	/* On an even and an odd block of 64 cursors, since a step of delivery touches two. */
	struct scope_verdicts {
		int64_t block;
		uint64_t known, wanted; /* by the cursor's last six bits */
	} verdicts[2];
	size_t text_len;
	char text[]; /* the members that it is answered with */
};

struct scopes {
	struct scope **table;
	size_t slots, count;
	struct filter_rules rules;
	uint64_t age;       /* of the verdicts: they are void when it has grown */
	uint64_t judgments; /* since the start: events that a filter looked at */
};

/* identity is borrowed. 0 or -ENOMEM. */
int scopes_init(struct scopes *all, struct identity *identity);
/* All scopes must have been left. */
void scopes_release(struct scopes *all);

/* The scope of a filter, which is taken over. NULL with a sentence for a mistake in its rule, or without memory. To be
 * left with scope_leave(). */
struct scope *scope_join(struct scopes *all, struct subscription *filter, struct error *err);
/* scope may be NULL. */
void scope_leave(struct scopes *all, struct scope *scope);

/* Whether the event passes the filter. */
bool scope_wants(struct scopes *all, struct scope *scope, const struct event_record *e);
/* It has a rule; and the terms of it that were found in an event that passes, as filter_rules_terms() tells them. */
bool scope_has_rule(const struct scope *scope);
size_t scope_terms(
	struct scopes *all, struct scope *scope, const struct event_record *e, struct str terms[RULE_TOLD_MAX]);
/* Items and stories may have changed: every filter judges anew. */
static inline void scopes_forget_verdicts(struct scopes *all)
{
	all->age++;
	filter_rules_forget(&all->rules);
}

#endif
