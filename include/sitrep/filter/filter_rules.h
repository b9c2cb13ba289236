/* SPDX-License-Identifier: ISC */
/* filter_rules.h: the rules of all filters, matched with an event together.
 *
 * Thousands of filters are not looked at one by one.  Their rules stand in a few sets (rule.h), and one scan of an
 * event's words by a set tells which of its rules match.  An event's text is split into words once.
 *
 * A new rule waits until an event asks for it.  All that wait are then compiled into a set, together with the rules of
 * newer sets that are not larger: a rule is compiled some ten times at most, however many others come one by one.  A
 * set is compiled anew when half of it has left.  Sets are bounded, so that no compiling and no scan takes long.
 *
 * A rule with a regular expression has a set of its own: its scan takes as long as the search. */
#ifndef SITREP_FILTER_FILTER_RULES_H
#define SITREP_FILTER_FILTER_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/identity/identity.h"
#include "sitrep/rules/rule.h"
#include "sitrep/store/reader.h"

struct filter_set;

/* Embedded in its filter. */
struct filter_rule {
	struct str text; /* borrowed */
	bool alone;
	struct filter_set *set;           /* NULL: not compiled */
	size_t number;                    /* in the set */
	struct filter_rule *next, **link; /* among those that wait */
	/* On an even and an odd block of 64 cursors. */
	struct {
		uint64_t scans;   /* filter_scans.number of the block */
		uint64_t matched; /* by the cursor's last six bits */
	} found[2];
};

struct filter_rules {
	struct identity *identity; /* borrowed */
	struct filter_set *sets;   /* the newest first; but those of one rule that is alone */
	size_t set_count;
	struct filter_rule *waiting;
	size_t waiting_weight;
	uint64_t age; /* of what was found: it is void when it has grown */
	uint64_t numbers;
	uint64_t scans, compiled; /* since the start: looks of a set at an event, rules put into a set */
	/* -- the event last looked at */
	bool has_words;
	int64_t words_cursor;
	uint64_t words_age;
	struct buf title, body; /* its words */
	struct rule_story story;
	struct rule_subject subject;
};

void filter_rules_init(struct filter_rules *all, struct identity *identity);
/* All rules must have been removed. */
void filter_rules_release(struct filter_rules *all);

/* Adds a rule that rule_check() accepts. The text must stay until it is removed. */
void filter_rules_add(struct filter_rules *all, struct filter_rule *rule, struct str text);
void filter_rules_remove(struct filter_rules *all, struct filter_rule *rule);

/* Whether the rule matches the event's item. Without memory it does: one event too many is better than one missed. */
bool filter_rules_match(struct filter_rules *all, struct filter_rule *rule, const struct event_record *e);
/* The terms that were found in an event that matches; they live as long as no rule is added or removed. */
size_t filter_rules_terms(struct filter_rules *all, struct filter_rule *rule, const struct event_record *e,
	struct str terms[RULE_TOLD_MAX]);
/* Items and stories may have changed. */
void filter_rules_forget(struct filter_rules *all);

#endif
