/* SPDX-License-Identifier: ISC */
/* match.h: the answers of sitrep match. */
#ifndef SITREP_CLI_MATCH_H
#define SITREP_CLI_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/config/config.h"
#include "sitrep/model/document.h"
#include "sitrep/rules/rule.h"

enum { MATCH_TEXT_MAX = 64 * 1024 * 1024 };

struct match_options {
	const char *rule, *path, *feed, *state_dir;
	int64_t since_ms; /* 0: the file at path */
	bool explain, json;
};

/* A rule that is being tried. */
struct matcher {
	const struct match_options *options;
	struct config *config; /* NULL: none is given */
	struct rule_set *set;
	struct arena scratch;   /* of the present item */
	struct buf title, body; /* with the rule's marks */
	size_t items, matched;
};

/* The rule's findings in one item. */
struct match_finding {
	size_t number;
	const struct item *item;
	struct str title, body; /* with the rule's marks */
	struct str terms[RULE_TOLD_MAX];
	size_t term_count;
	struct rule_reason *reasons;
	size_t reason_count;
	uint64_t truth;  /* as in struct rule_hit; 0: no words of the rule were found */
	int64_t seen_ms; /* arrival; 0: not known */
	struct str feed; /* absent: not known */
	bool matches;
};

/* match_finding.c.  Matches the rule with the subject and fills f, whose number, item, seen_ms and feed are set
 * already.  0 or a negative code. */
int matcher_find(struct matcher *m, const struct rule_subject *subject, struct match_finding *f);
/* Prints the finding of the item that was matched last, whose subject must still live.  0, OUTPUT_FAILED or a negative
 * code with err. */
int matcher_print(struct matcher *m, struct match_finding *f, struct error *err);

/* match_history.c: tries the rule on the items of the database.  As matcher_print(). */
int match_history(struct matcher *m, struct error *err);

#endif
