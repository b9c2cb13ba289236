/* SPDX-License-Identifier: ISC */
/* canon.h: the canonical form of text and of URLs, on which hashes, rules and stories stand.
 *
 * Two texts that say the same words give the same tokens, whatever markup, entities, quotes, case, width
 * or white space an outlet used.
 *
 * The rules are versioned.  CANON_VERSION grows when a rule of the canonical forms changes, and when documents are read
 * in another way, so that a feed that has not changed has items with other texts: an upgrade then keeps the new texts
 * quietly instead of telling of items as updated (intake.h).  2: markup, plain text and links are read as their writers
 * mean them. */
#ifndef SITREP_IDENTITY_CANON_H
#define SITREP_IDENTITY_CANON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum { CANON_VERSION = 2 };

/* Appends the tokens of plain text (valid UTF-8, no markup), each with a space behind it: NFKC and full case
 * folding, soft hyphens, zero-width and bidi characters dropped, apostrophes joined away (don't, dont), "," and
 * "." between digits removed (1,200 is 1200); then runs of letters, digits and their marks.  Characters of
 * scripts without spaces between words (Han, Kana, Bopomofo, Thai, Lao, Khmer, Myanmar) are tokens by
 * themselves; Hangul is written with spaces and gives words.  Adds the number of tokens to *count.
 * 0, -ENOMEM, or -E2BIG when out is full: it then holds the tokens that fitted. */
int canon_tokens(struct buf *out, struct str plain, size_t *count);

/* Is a letter one of those that are tokens by themselves? */
bool canon_is_single(uint32_t letter);

/* The key form of a URL: https, host in lower case as punycode without www., m., mobile., amp., edition.,
 * default port and fragment gone, AMP forms and wrappers undone, slashes and percent-encoding normalised,
 * query parameters sorted, tracking parameters removed, all others kept.  Two links with one key are the same
 * article.  In a, as is what was made on the way.  STR_NONE when url is not http(s), or without memory. */
struct str canon_url_key(struct arena *a, struct str url);

/* The link as it is shown: parameters that are trackers for certain removed, nothing else changed.  Returns url
 * itself, or a part of it, where it can, and when there is no memory. */
struct str canon_url_clean(struct arena *a, struct str url);

#endif
