/* SPDX-License-Identifier: ISC */
/* automaton.h: many patterns of words, found in one pass.
 *
 * A pattern is a sequence of words; the last may be a prefix. Equal patterns get the same number. First patterns are
 * added, then the automaton is sealed, then words are fed to it one by one. It knows nothing of rules. */
#ifndef WATCH_AUTOMATON_H
#define WATCH_AUTOMATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

struct automaton;

struct automaton *automaton_new(void);
void automaton_free(struct automaton *a);

/* Where a pattern is found; SCOPE_TITLE: only in steps with in_title. */
enum automaton_scope { SCOPE_ANYWHERE, SCOPE_TITLE };

/* Adds a pattern of count words, at least one; patterns are numbered from 0. 0, -ENOMEM or -E2BIG. */
int automaton_add(struct automaton *a, const struct str *words, size_t count, bool prefix, enum automaton_scope scope,
	uint32_t *pattern);
size_t automaton_pattern_count(const struct automaton *a);
int automaton_seal(struct automaton *a);

typedef void automaton_hit_fn(void *arg, uint32_t pattern);

/* Feeds one word.  *state is 0 before the first of a text; hit is called for every pattern that ends here. */
void automaton_step(
	const struct automaton *a, uint32_t *state, struct str word, bool in_title, automaton_hit_fn *hit, void *arg);

#endif
