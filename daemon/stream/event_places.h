/* SPDX-License-Identifier: ISC */
/* event_places.h: where the terms of a rule stand in an event's line.
 *
 *     "matched":[{"term":"taiwan*","title":[[0,6]],"summary":[[10,16],[88,97]]},{"term":"strait"}]
 *
 * Each place is the first character of the words that were found, counted from 0 in Unicode characters, and the first
 * behind them.  The texts are those of the line itself, however they were cut; a term that was found elsewhere in the
 * item has no places. */
#ifndef SITREP_STREAM_EVENT_PLACES_H
#define SITREP_STREAM_EVENT_PLACES_H

#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* TERMS: whose places are looked for; those behind them are named only.  PLACES: of one term in one text. */
enum { PLACES_TERMS_MAX = 16, PLACES_TEXT_MAX = 16 };

/* Appends the line, with its newline, and the member with the terms, as rule_set_match() tells them.  The terms of the
 * line's own alert come first; each term comes once.  Without any term the line is appended as it is.  0, -ENOMEM, or
 * -E2BIG when out has no room. */
int event_places_add(struct buf *out, struct str line, const struct str *terms, size_t count);

#endif
