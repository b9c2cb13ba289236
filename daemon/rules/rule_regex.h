/* SPDX-License-Identifier: ISC */
/* rule_regex.h: a regular expression of a rule, by PCRE2.
 *
 * It is interpreted, never compiled to machine code: that needs memory that is writable and executable, which the
 * service forbids.  Backtracking is bounded, so that no expression stops a worker: a text that would take more steps
 * than REGEX_STEPS_MAX is not matched. */
#ifndef RULES_RULE_REGEX_H
#define RULES_RULE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

/* BYTES: of the expression.  STEPS, DEPTH, HEAP_KIB: of one search in one text. */
enum { REGEX_BYTES_MAX = 1000, REGEX_STEPS_MAX = 500000, REGEX_DEPTH_MAX = 1000, REGEX_HEAP_KIB = 2048 };

struct rule_regex;

/* Compiles an expression of valid UTF-8; everything lies in a, which must outlive it.  0; -EINVAL with PCRE2's sentence
 * and the byte that it is about; -ENOMEM. */
int rule_regex_new(
	struct arena *a, struct str text, bool any_case, struct rule_regex **regex, size_t *at, struct error *err);

/* Is it found in the text, which is valid UTF-8, at from or later?  1; 0, also when the search would take too long;
 * -ENOMEM.  *found, unless found is NULL, is then the part of the text. */
int rule_regex_find(const struct rule_regex *regex, struct str text, size_t from, struct str *found);

#endif
