/* SPDX-License-Identifier: ISC */
/* html.h: hostile HTML in, harmless XHTML out; or plain text.
 *
 * Everything that comes out is rebuilt from an allowlist of elements, attributes, URL schemes and CSS properties and
 * escaped anew, so nothing else can survive.  The result is well-formed XHTML (no prefixes but xml:) from which an HTML
 * parser builds the same tree, and sanitising it again gives the same bytes.  Time and memory grow with the
 * input's length, whatever it holds. */
#ifndef SITREP_TEXT_HTML_H
#define SITREP_TEXT_HTML_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Appends the sanitised form of markup; relative links are resolved against base (may be absent), and those that stay
 * relative are dropped.  Bad UTF-8 is repaired.  0, -ENOMEM, or -E2BIG when out's maximum is reached: what fitted is
 * there with all its end tags, and out itself has not failed. */
int html_sanitize(struct buf *out, struct str markup, struct str base);

/* True when s (valid UTF-8) is what html_sanitize() may have written: what a process that cannot be trusted calls
 * sanitised.  Takes one pass and, but for URLs with odd hosts, no memory in most markup. */
bool html_is_sanitized(struct str s);

/* Appends the text of markup (valid UTF-8) as one line: tags gone, block elements and line breaks a space, script,
 * style and svg dropped with their content, entities resolved once, unsafe characters dropped (utf8.h).
 * 0, -ENOMEM, or -E2BIG when out's maximum is reached: it then holds the beginning, and has not failed. */
int html_to_text(struct buf *out, struct str markup);

/* True when s holds what an author would only write as markup: the tag of a known element whose attributes are such, a
 * comment, or a character reference with its semicolon. */
bool html_looks_like(struct str s);

/* Appends the markup of a title or a name: each "<" that begins no such tag and no comment as "&lt;", so that no word
 * in pointed brackets is taken for markup ("a<b and c>d", "<none>"), and without what would be embedded.  0 or out's
 * failure. */
int html_title_markup(struct buf *out, struct str s);

/* Appends s with its character references resolved once, as in text.  0 or out's failure. */
int html_unescape(struct buf *out, struct str s);

/* The scalar value of the named reference ("nbsp", without & and ;), 0 when there is none.  A few names give two
 * characters; *second is then not 0. */
uint32_t html_entity(struct str name, uint32_t *second);

#endif
