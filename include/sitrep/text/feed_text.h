/* SPDX-License-Identifier: ISC */
/* feed_text.h: repairs text as feeds write it, for all formats. */
#ifndef SITREP_TEXT_FEED_TEXT_H
#define SITREP_TEXT_FEED_TEXT_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Whether s holds "<![CDATA[" as text, since it was escaped or lay in another CDATA section. */
bool feed_text_has_cdata(struct str s);
/* Appends s without "<![CDATA[" and "]]>", escaped or not.  An opening mark is removed when a closing one follows it or
 * s begins with it, a closing mark when an opening one before it was removed. */
void feed_text_strip_cdata(struct buf *out, struct str s);

/* Whether s (valid UTF-8) holds C1 characters: they are bytes of windows-1252 that were decoded as Latin-1. */
bool feed_text_has_c1(struct str s);
/* Appends s with the characters of windows-1252 in their place. */
void feed_text_mend_c1(struct buf *out, struct str s);

/* Appends a name as one line of text: reads its markup and references, but keeps "<b@x.example>" as it is. */
void feed_text_name(struct buf *out, struct str s);

/* Appends s unescaped once when s is markup that was escaped twice ("&lt;p&gt;").  False, with nothing appended, when
 * it is not. */
bool feed_text_unescape_markup(struct buf *out, struct str s);

/* Whether s shows anything: a picture or a character other than white space, joiners and fillers. */
bool feed_text_is_visible(struct str s, bool markup);

/* The media type of a path's ending (".mp3" is audio/mpeg); absent when the ending is not known. */
struct str feed_text_type_of(struct str url);

#endif
