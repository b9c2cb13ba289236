/* html.h: hostile HTML in, harmless XHTML out; or plain text.
 *
 * libxml2's HTML parser is the tokenizer; everything that comes out is rebuilt from an allowlist of
 * elements, attributes, URL schemes and CSS properties and escaped anew, so nothing else can survive.
 * The result is well-formed XHTML that means the same when read as HTML5, and sanitising it again gives
 * the same bytes. */
#ifndef SITREP_HTML_H
#define SITREP_HTML_H

#include "sitrep/arena.h"
#include "sitrep/buf.h"
#include "sitrep/str.h"

/* Appends the sanitised form of markup; relative links are resolved against base (may be absent).
 * 0, -ENOMEM, -E2BIG (out is full: what was whole until there is closed properly by then). */
int html_sanitize(struct buf *out, struct str markup, struct str base);

/* Appends the text of markup as one line: tags gone, block elements a space, script and style dropped, entities resolved
 * once, unsafe characters dropped (utf8.h). */
int html_to_text(struct buf *out, struct str markup);

/* True when s holds what an author would only write as markup: a known tag or a character reference. */
bool html_looks_like(struct str s);

/* Appends s with HTML character references resolved once. */
int html_unescape(struct buf *out, struct str s);

/* The scalar value of the named reference ("nbsp", without & and ;), 0 when there is none.  A few names give two
 * characters; *second is then not 0. */
uint32_t html_entity(struct str name, uint32_t *second);

#endif
