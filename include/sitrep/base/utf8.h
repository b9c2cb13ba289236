/* SPDX-License-Identifier: ISC */
/* utf8.h: valid UTF-8, and characters that are safe to show.
 *
 * All text inside the daemon is valid UTF-8; these functions repair it and keep it valid. */
#ifndef SITREP_BASE_UTF8_H
#define SITREP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Length of the longest valid prefix of s (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF). */
size_t utf8_valid_prefix(struct str s);
bool utf8_valid(struct str s);

/* Decodes one character at s.data[*pos] and moves *pos on.  A bad sequence gives U+FFFD and moves on by
 * its maximal subpart (Unicode 15, 3.9).  Call only while *pos < s.len. */
uint32_t utf8_next(struct str s, size_t *pos);

/* Appends s with each bad sequence replaced by U+FFFD. */
int utf8_repair(struct buf *out, struct str s);

/* The longest prefix of s of at most max bytes that does not cut a character. */
struct str utf8_cut(struct str s, size_t max);

/* Whether cp must not reach a terminal or a view of one line: C0 and C1 controls but tab and newline, U+007F, bidi
 * embeddings, overrides and isolates (U+202A-202E, U+2066-2069, U+200E, U+200F, U+061C), U+2028/2029, U+FEFF,
 * non-characters. */
bool utf8_is_unsafe(uint32_t cp);
/* White space in any script: ASCII's, U+0085, NBSP, U+1680, U+2000-200A, U+2028/2029, U+202F, U+205F, U+3000. */
bool utf8_is_space(uint32_t cp);

/* Whether s, which must be valid, holds a character that no text of a document may have: a C0 control but tab, newline
 * and carriage return, U+007F, a C1 control, U+FFFE or U+FFFF. */
bool utf8_has_control(struct str s);
/* Whether s, which must be valid, is one line without unsafe characters, as utf8_one_line() writes it. */
bool utf8_is_line(struct str s);

/* Appends s as one line of plain text: unsafe characters dropped, each run of white space (NBSP too) one
 * space, none at the ends. */
int utf8_one_line(struct buf *out, struct str s);

/* The columns of a terminal that a character takes: a Chinese character 2, a combining mark 0. */
size_t utf8_width(uint32_t cp);

#endif
