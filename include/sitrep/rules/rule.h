/* SPDX-License-Identifier: ISC */
/* rule.h: the rule language of alerts, outputs and subscriptions.
 *
 *     (dprk OR "north korea") AND (missile* OR icbm) NOT "video game"
 *
 * Words, "phrases", prefix* (in phrases too: "ballistic missile*"), AND (also by standing side by side),
 * OR, NOT, parentheses; NOT binds strongest, then AND, then OR.  Operators are in upper case; "and", "or" and
 * "not" are words like any other.  Fields narrow a term: title:word, title:"a phrase", category:naval,
 * feed:usni, feed:us*, lang:en (en-GB too).
 *
 * Words are matched on the canonical tokens of title and body (canon.h), so case, width, markup and
 * punctuation do not matter.  A written word that gives several tokens is a phrase: F-35, or a name in Han
 * characters.  A phrase does not run from the title into the body.  Names of feeds and categories are compared whole
 * and without case.
 *
 * A word of the text is found under each of its forms (rule_words()): "Ukraine's" is ukraines and ukraine, "l'OTAN"
 * lotan and otan, whatever the apostrophe; "Élysée" is élysée and elysee, "München" münchen, munchen and muenchen,
 * "Королёв" королев; an Arabic word stands with its article and without; a Korean one with its particle and without.
 * Only the text has forms: a rule with an accent does not find a word without it.
 *
 * A rule that could match by a NOT alone is a mistake, and so is a term without a letter or digit.
 *
 * Many rules are matched in one pass over the text: all their terms are in one Aho-Corasick automaton over tokens. Then
 * the rules are evaluated of which a necessary term was found.  A token of the text that is in no rule costs one hash
 * look-up, whatever the number of rules. */
#ifndef SITREP_RULES_RULE_H
#define SITREP_RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

struct rule_set;

/* Limits. TEXT: bytes of one expression. DEPTH: nesting of its parentheses and NOTs. TERMS: of all rules of a set.
 * TOLD: terms that a match names; more would not fit the line of an event. */
enum { RULE_TEXT_MAX = 64 * 1024, RULE_DEPTH_MAX = 64, RULE_TERMS_MAX = 100000, RULE_TOLD_MAX = 64 };

/* Raised by one when the same rule finds other words than before; stored items are then matched anew. */
enum { RULE_MATCHING = 3 };

struct rule_set *rule_set_new(void);
void rule_set_free(struct rule_set *set);

/* Compiles a rule and adds it. Both strings are copied. -EINVAL for a mistake, with a sentence ("at column 17: found
 * ..., expected ..."; columns count characters from 1); the set is then as before. */
int rule_set_add(struct rule_set *set, struct str name, struct str expression, struct error *err);
/* To be called once, after the last rule and before the first match. */
int rule_set_finish(struct rule_set *set, struct error *err);
size_t rule_set_count(const struct rule_set *set);

/* Appends the words of plain text (valid UTF-8, no markup), each with a space behind it: its canonical token, and
 * behind marks the other forms under which rules find it.  Adds the number of words to *count.  0, -ENOMEM, or -E2BIG
 * when out is full; it then holds the words that fitted. */
int rule_words(struct buf *out, struct str plain, size_t *count);

/* Warnings for --check about a rule that may not mean what its author wanted; one call of fn for each place. */
struct rule_doubt {
	enum {
		RULE_DOUBT_OPERATOR, /* "and" between two terms: a word, not an operator */
		RULE_DOUBT_QUOTES,   /* curly quotation marks */
		RULE_DOUBT_FEED,     /* names a feed or category; the caller checks whether it exists */
		RULE_DOUBT_CATEGORY,
	} kind;
	size_t column;
	struct str text;   /* as written; a name without its */
	bool prefix;       /* the name had a * */
	const char *meant; /* "AND" */
};
typedef void rule_doubt_fn(void *arg, const struct rule_doubt *doubt);
/* For a rule that rule_set_add() accepts. 0, or the mistake of a wrong rule. */
int rule_doubts(struct str expression, rule_doubt_fn *fn, void *arg, struct error *err);
/* True when feed:wanted or category:wanted (with a * behind it: prefix) finds name. */
bool rule_name_matches(struct str name, struct str wanted, bool prefix);

struct rule_subject {
	struct str title_tokens; /* from rule_words() */
	struct str body_tokens;
	struct str feed;       /* the feed's name */
	struct str categories; /* separated by newlines; compared without case */
	struct str language;   /* a tag; absent: unknown */
};

typedef void rule_match_fn(void *arg, struct str rule, const struct str *terms, size_t term_count);

/* Calls fn for each rule that matches, in the order of adding, with the terms that were found, as written in the rule
 * (a bare phrase without its quotation marks). Each term comes once, at most RULE_TOLD_MAX of them, and no term under a
 * NOT. The strings live as long as the set. 0 or -ENOMEM. Not reentrant on one set. */
int rule_set_match(struct rule_set *set, const struct rule_subject *subject, rule_match_fn *fn, void *arg);

/* As rule_set_match(), for workers: appends the matches to it->matches, in a. */
int rule_set_match_item(struct rule_set *set, const struct rule_subject *subject, struct arena *a, struct item *it);

#endif
