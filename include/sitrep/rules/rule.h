/* SPDX-License-Identifier: ISC */
/* rule.h: the rule language of alerts, outputs and subscriptions.
 *
 *     (dprk OR "north korea") AND (missile* OR icbm) NOT "video game"
 *
 * Words, "phrases", prefix* (in phrases too: "ballistic missile*"), AND (also by standing side by side),
 * OR, NOT, parentheses; NEAR binds strongest, then NOT, then AND, then OR.  Operators are in upper case; "and", "or"
 * and "not" are words like any other.
 *
 * a NEAR/5 b: one of the two stands at most five words behind the other, in the title or in the body; NEAR/1 is side by
 * side.  a ONEAR/5 b: a comes first.  Each side is a word, a phrase, or an OR of them in parentheses.
 *
 * Fields narrow a term.  Text whose words are searched: title:word, title:"a phrase"; summary: the item's summary;
 * author: its authors' names; link: the words of its address (link:usni.org); source: the name of the outlet.  Names
 * that are compared whole: category:naval, feed:usni, feed:us*, lang:en (en-GB too), publisher:usni.org (news.usni.org
 * too; but where the feed has a configured publisher, it is that).
 *
 * words>200 (also >=, <, <=, =) compares the number of words of title and body.
 *
 * age<2h, sources>=3 and priority>=high are conditions on the item's story: the time since its first report, its
 * publishers, and the highest priority of its alerts.  A worker does not know the story: there a
 * rule's value is a truth table over its conditions.  The writer knows the story: it looks the value up in the table,
 * and again whenever the story changes.
 *
 * /F-?35[ABC]/ is a regular expression of PCRE2 over title and body as plain text, /.../i one without case; a field of
 * text may stand before it.  A slash in it is written \/.  A search that would take too long finds nothing.
 *
 * Words are matched on the canonical tokens of title and body (canon.h), so case, width, markup and
 * punctuation do not matter.  A written word that gives several tokens is a phrase: F-35, or a name in Han
 * characters.  A phrase does not run from the title into the body.  Names of feeds and categories are compared whole
 * and without case.
 *
 * A word of the text is found under each of its forms (rule_words()): "Ukraine's" is ukraines and ukraine, "l'OTAN"
 * lotan and otan, with any apostrophe; "Élysée" is élysée and elysee, "München" münchen, munchen and muenchen,
 * "Королёв" королев; an Arabic word is found with and without its article, a Korean one with and without its
 * particle.  Only the text has forms: a rule with an accent does not find a word without it.
 *
 * list(frigate* = 10, "carrier strike group" = 20, exercise = -5) >= 30 adds the weights of the terms that are found,
 * each once however often it stands there; a term without a weight counts 1.
 *
 * $name stands for a definition, list "file" >= 30 for a list in a file, one term a line: rule_expand() puts their text
 * in their place.
 *
 * A rule that could match without any of its words ("NOT drone") is a mistake, and so is a term without a letter or
 * digit.
 *
 * Many rules are matched in one pass over the text: all their terms are in one Aho-Corasick automaton over tokens.
 * Then only rules with a found anchor (rule_parse.h) are evaluated.  A token that is in no rule costs one look
 * at a group of tags, for any number of rules (word_table.h). */
#ifndef SITREP_RULES_RULE_H
#define SITREP_RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

struct rule_set;

/* Limits. TEXT: bytes of one expression as written; EXPANDED: with its definitions and lists. DEPTH: nesting of its
 * parentheses and NOTs. TERMS: of all rules of a set. TOLD: terms that a match names, so that they fit the line of
 * an event. */
enum {
	RULE_TEXT_MAX = 64 * 1024,
	RULE_EXPANDED_MAX = 16 * 1024 * 1024,
	RULE_DEPTH_MAX = 64,
	RULE_TERMS_MAX = 300000,
	RULE_TOLD_MAX = 64,
	RULE_CONDITIONS_MAX = 6, /* on the story, in one rule: their 64 combinations are the bits of a number */
};

/* Raised by one when the same rule matches other texts than before; stored items are then matched anew. */
enum { RULE_MATCHING = 5 };

struct rule_set *rule_set_new(void);
void rule_set_free(struct rule_set *set);

/* Compiles a rule and adds it. Both strings are copied. -EINVAL for a mistake, with a sentence ("at column 17: found
 * ..., expected ..."; columns count characters from 1); the set is then as before. */
int rule_set_add(struct rule_set *set, struct str name, struct str expression, struct error *err);
/* Names a rule of a set that is not finished anew, counting from 0 in the order of adding. 0 or -ENOMEM. */
int rule_set_rename(struct rule_set *set, size_t rule, struct str name);
/* Checks a rule as rule_set_add() does, for a set that has *terms terms, and adds its own terms to *terms.  It builds
 * nothing and keeps no entries of lists, so it takes less time and memory. */
int rule_check(struct str expression, size_t *terms, struct error *err);
/* Has it a regular expression, which each text is searched with?  Of a rule that is accepted. */
bool rule_has_regex(struct str expression);
/* To be called once, after the last rule and before the first match. */
int rule_set_finish(struct rule_set *set, struct error *err);
size_t rule_set_count(const struct rule_set *set);

/* The finished set as bytes, which live as long as it: any process of this build can match with them, wherever they lie
 * in its memory (rule_image.h). */
struct str rule_set_image(const struct rule_set *set);
/* A finished set over the image of another one, which must stay, and be aligned as memory from mmap() or malloc() is.
 * Its numbers are believed: an image may only come from rule_set_image(), through memory that nobody else can write.
 * NULL with a sentence: without memory, or when it is of another build or cut off. */
struct rule_set *rule_set_open(struct str image, struct error *err);

/* Appends the expression with the text of its definitions and lists in their place; one without any as it is.  fetch
 * appends the text of a definition, or of a list's file as it is, and returns 0 or a negative code with a sentence.
 * -EINVAL for a mistake, with the column; -E2BIG over RULE_EXPANDED_MAX, or what out may hold. */
enum rule_reference { RULE_DEFINITION, RULE_LIST_FILE };
typedef int rule_fetch_fn(void *arg, enum rule_reference kind, struct str name, struct buf *text, struct error *err);
int rule_expand(struct buf *out, struct str expression, rule_fetch_fn *fetch, void *arg, struct error *err);

/* Appends the words of plain text (valid UTF-8, no markup), each with a space behind it: its canonical token, and
 * behind marks the other forms under which rules find it.  Adds the number of words to *count.  0, -ENOMEM, or -E2BIG
 * when out is full; it then holds the words that fitted. */
int rule_words(struct buf *out, struct str plain, size_t *count);

/* Appends two lines that show the place of a mistake: the rule, and a ^ under the character at the column that the
 * sentence names ("at column 17: ..."); nothing when it names none.
 *
 *         missile AND (dprk OR korea))
 *                                    ^
 *
 * A rule that takes more than RULE_SHOWN_COLUMNS columns of the screen is cut around the place.  White space and
 * characters that are not safe on a terminal take one column each. */
enum { RULE_SHOWN_COLUMNS = 100 };
int rule_show(struct buf *out, struct str rule, struct str mistake);

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
/* Appends a sentence of an operator or quotation marks ("at column 9: ..."); nothing of a name. */
int rule_doubt_write(struct buf *out, const struct rule_doubt *doubt);
/* For a rule that rule_set_add() accepts. 0, or the mistake of a wrong rule. */
int rule_doubts(struct str expression, rule_doubt_fn *fn, void *arg, struct error *err);
/* True when feed:wanted or category:wanted (with a * behind it: prefix) finds name. */
bool rule_name_matches(struct str name, struct str wanted, bool prefix);

/* The priorities of alerts, as names: "low" to "urgent"; NO_PRIORITY is "none" and parsed from no name. */
enum rule_priority { RULE_NO_PRIORITY, RULE_LOW, RULE_NORMAL, RULE_HIGH, RULE_URGENT };
enum rule_priority rule_priority_parse(struct str name);
struct str rule_priority_name(enum rule_priority p);

/* A story as conditions see it. */
struct rule_story {
	int64_t age_ms;  /* since its first report */
	int64_t sources; /* distinct publishers */
	enum rule_priority priority;
};

struct rule_subject {
	struct str title_tokens; /* from rule_words() */
	struct str body_tokens;
	struct str title, body; /* what they were made from, for regular expressions */
	struct str feed;        /* the feed's name */
	struct str source;      /* the feed's title: the outlet, unless the item names another */
	struct str publisher;   /* configured for the feed; absent: the host of the outlet or of the item's address */
	struct str categories;  /* separated by newlines; compared without case */
	struct str language;    /* a tag; absent: unknown */
	const struct rule_story *story; /* NULL: not known */
	const struct item *item; /* for summary:, author:, link:, source: and publisher:; NULL: it has none of them */
};

struct rule_hit {
	struct str rule;
	size_t number; /* of the rule: from 0, in the order of adding */
	const struct str *terms;
	size_t term_count;
	/* The rule's value for each combination of its conditions, never 0: it may match by some story.  With a story,
	 * or for a rule without conditions: all bits of its combinations, it matches. */
	uint64_t truth;
};
typedef void rule_match_fn(void *arg, const struct rule_hit *hit);

/* Calls fn for each rule that matches, or may match by the story, in the order of adding, with the terms that were
 * found, as written in the rule (a bare phrase without its quotation marks). Each term comes once, at most
 * RULE_TOLD_MAX of them, and no term under a NOT. The strings live as long as the set. 0 or -ENOMEM. Not reentrant on
 * one set. */
int rule_set_match(struct rule_set *set, const struct rule_subject *subject, rule_match_fn *fn, void *arg);

/* The terms of a rule that were found in the item last matched, whose subject must still be there: those that its hit
 * had. */
size_t rule_set_terms(const struct rule_set *set, size_t rule, struct str terms[RULE_TOLD_MAX]);

/* The rules count from 0, in the order of adding.  The verdict of a truth: by any story, by some, or by none. */
enum rule_verdict { RULE_NEVER, RULE_PERHAPS, RULE_ALWAYS };
enum rule_verdict rule_set_verdict(const struct rule_set *set, size_t rule, uint64_t truth);
/* The rule's value for a story, from the truth of a hit.  A truth that no match gives is harmless: any bits may be set.
 */
bool rule_set_holds(const struct rule_set *set, size_t rule, uint64_t truth, const struct rule_story *story);
/* The next age above age_ms at which one of the rule's conditions changes; INT64_MAX: none does. */
int64_t rule_set_next_age(const struct rule_set *set, size_t rule, int64_t age_ms);

/* For trying a rule. To be called before rule_set_finish(): the set then keeps the places of all terms, for
 * rule_set_mark(). */
void rule_set_keep_places(struct rule_set *set);

enum rule_part { RULE_IN_TITLE, RULE_IN_BODY };
/* Stand around the words in the text of rule_set_mark(); plain text has no control characters. */
enum { RULE_MARK_BEGIN = 1, RULE_MARK_END = 2 };
/* Appends the title or body of the item last matched, whose subject must still be there, with marks around the words
 * that the rule's terms found in it. rule counts from 0, in the order of adding.  A regular expression marks
 * the words that it touches, in its first places; a term under a NOT marks none. 0, or out's failure. */
int rule_set_mark(struct rule_set *set, size_t rule, enum rule_part part, struct buf *out);

/* Why a rule does not match: each reason by itself, but where others follows it, one of them would do. */
struct rule_reason {
	enum rule_reason_kind {
		RULE_MISSING,  /* the term is not found */
		RULE_THERE,    /* the term is found, under a NOT */
		RULE_FAR,      /* both sides of the NEAR are found, but not as near, or not in order */
		RULE_LENGTH,   /* a condition on the number of words, which is actual */
		RULE_OF_STORY, /* a condition on the story, which has actual: seconds, publishers or enum rule_priority
				*/
		RULE_SUM,      /* the weights in a list: their sum is actual, the least is wanted */
	} kind;
	struct str term; /* as written */
	bool others;     /* the next reason is an alternative to this one */
	int64_t actual;  /* RULE_FAR: the distance of the nearest two in words, in order; RULE_FAR_APART: none */
	int64_t wanted;
};
enum { RULE_FAR_APART = -1 };
/* Finds why the rule does not match the item last matched, whose subject must still be there.  The reasons are in a,
 * the strings in the set.  *count is 0 when it matches. 0 or -ENOMEM. */
int rule_set_reasons(struct rule_set *set, size_t rule, struct arena *a, struct rule_reason **reasons, size_t *count);

/* As rule_set_match(), for workers: appends the matches to it->matches, in a. */
int rule_set_match_item(struct rule_set *set, const struct rule_subject *subject, struct arena *a, struct item *it);

#endif
