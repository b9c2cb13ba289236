/* SPDX-License-Identifier: ISC */
/* html.h: makes harmless XHTML, or plain text, of hostile HTML.
 *
 * The output is rebuilt from an allowlist of elements, attributes, URL schemes and CSS properties and escaped anew,
 * so nothing else gets through.  It is well-formed XHTML (no prefixes but xml:), an HTML parser builds the same tree
 * from it as an XML parser, and sanitising it again gives the same bytes.  Time and memory are linear in the input's
 * length for any input. */
#ifndef SITREP_TEXT_HTML_H
#define SITREP_TEXT_HTML_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Appends the sanitised form of markup; relative links are resolved against base (may be absent), and those that
 * stay relative are dropped.  Bad UTF-8 is repaired.  0, -ENOMEM, or -E2BIG when out's maximum is reached: out then
 * holds the part that fitted, with all end tags, and has not failed. */
int html_sanitize(struct buf *out, struct str markup, struct str base);

/* Whether html_sanitize() may have written s (valid UTF-8): checks markup that an untrusted process claims to be
 * sanitised.  One pass, mostly without memory. */
bool html_is_sanitized(struct str s);

/* Appends the text of markup (valid UTF-8) as one line: tags gone, block elements and line breaks a space, script,
 * style and svg dropped with their content, entities resolved once, unsafe characters dropped (utf8.h).
 * 0, -ENOMEM, or -E2BIG when out's maximum is reached: it then holds the beginning, and has not failed. */
int html_to_text(struct buf *out, struct str markup);

/* Whether s holds something that is only written as markup: a well-formed tag of a known element, a comment, or a
 * character reference with its semicolon. */
bool html_looks_like(struct str s);

/* Appends the markup of a title or a name.  A "<" that begins neither a well-formed tag of a known element nor a
 * comment becomes "&lt;", so that "a<b and c>d" and "<none>" stay text.  Embedded content is dropped.  0 or out's
 * failure. */
int html_title_markup(struct buf *out, struct str s);

/* Appends s with its character references resolved once, as in text rather than attributes.  0 or out's failure. */
int html_unescape(struct buf *out, struct str s);

/* The character of the named reference ("nbsp", without & and ;); 0 for an unknown name.  A few names stand for two
 * characters: *second is then not 0. */
uint32_t html_entity(struct str name, uint32_t *second);

#endif
