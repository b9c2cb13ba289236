/* rule.h: the rule language of alerts, outputs and subscriptions.
 *
 *     (dprk OR "north korea") AND (missile* OR icbm) NOT "video game"
 *
 * Words, "phrases", prefix* (in phrases too: "ballistic missile*"), AND (also by standing side by side),
 * OR, NOT, parentheses; operators in upper case; NOT binds strongest, then AND, then OR.  Fields narrow a
 * term: title:word, title:"a phrase", category:naval, feed:usni, feed:us*.  Words are matched on the
 * canonical tokens of title and body (canon.h), so case, accents' width, markup and punctuation do not
 * matter.  A rule that could match by a NOT alone is a mistake.
 *
 * Many rules are matched in one pass over the text: all their terms stand in one Aho-Corasick automaton
 * over tokens, then each rule's expression is evaluated on the set of terms found. */
#ifndef SITREP_RULE_H
#define SITREP_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/arena.h"
#include "sitrep/document.h"
#include "sitrep/error.h"
#include "sitrep/str.h"

struct rule_set;

enum { RULE_TEXT_MAX = 64 * 1024, RULE_DEPTH_MAX = 64, RULE_TERMS_MAX = 100000 };

struct rule_set *rule_set_new(void);
void rule_set_free(struct rule_set *set);

/* Compiles and adds; on a mistake -EINVAL, and the sentence names the place ("at column 17: ...") and
 * what was expected. */
int rule_set_add(struct rule_set *set, struct str name, struct str expression, struct error *err);
/* After the last rule, before the first match. */
int rule_set_finish(struct rule_set *set, struct error *err);
size_t rule_set_count(const struct rule_set *set);

struct rule_subject {
	struct str title_tokens; /* as identity_title_tokens() gives them */
	struct str body_tokens;
	struct str feed;       /* the feed's name */
	struct str categories; /* separated by newlines; compared without case */
};

typedef void rule_match_fn(void *arg, struct str rule, const struct str *terms, size_t term_count);

/* Calls fn for each rule that matches, in the order of adding, with the terms (as written in the rule)
 * that were found. 0 or -ENOMEM. Not reentrant on one set. */
int rule_set_match(struct rule_set *set, const struct rule_subject *subject, rule_match_fn *fn, void *arg);

/* The form for workers: appends to it->matches in a. */
int rule_set_match_item(struct rule_set *set, const struct rule_subject *subject, struct arena *a, struct item *it);

#endif
