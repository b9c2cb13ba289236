/* SPDX-License-Identifier: ISC */
/* canon.h: the canonical form of texts and URLs, for hashes, rules and stories.
 *
 * Two texts with the same words give the same tokens, whatever their markup, entities, quotes, case, width or white
 * space.
 *
 * CANON_VERSION is raised when a canonical form changes, and when documents are parsed differently, so that an
 * unchanged feed gives other texts.  After such an upgrade new texts are stored without an `updated` event (intake.h).
 * Version 2: parsing of markup, plain text and links changed. */
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
 * folding, soft hyphens, zero-width and bidi characters dropped, apostrophes joined away (don't, dont), "," and "."
 * between digits removed (1,200 is 1200); then runs of letters, digits and their marks.  Characters of scripts
 * without spaces between words (Han, Kana, Bopomofo, Thai, Lao, Khmer, Myanmar) are tokens by themselves; Hangul is
 * written with spaces and gives words.  Adds the number of tokens to *count.  0, -ENOMEM, or -E2BIG when out is
 * full: it then holds the complete tokens that fitted. */
int canon_tokens(struct buf *out, struct str plain, size_t *count);

/* Whether letter belongs to a script without spaces between words, and is a token of its own. */
bool canon_is_single(uint32_t letter);

/* The key of a URL: two links with one key lead to the same article.  It has https, the host in lower case as punycode
 * without www., m., mobile., amp. and edition., no default port and no fragment; AMP forms and wrappers are undone,
 * slashes and percent-encoding normalised, query parameters sorted, tracking parameters removed and all others kept.
 * The key and its intermediate forms are in a.  STR_NONE when url is not http(s), or without memory. */
struct str canon_url_key(struct arena *a, struct str url);

/* The link to show: url without parameters that are certainly trackers.  Points into url where it can, else lies in a;
 * url itself without memory. */
struct str canon_url_clean(struct arena *a, struct str url);

#endif
