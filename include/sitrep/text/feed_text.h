/* SPDX-License-Identifier: ISC */
/* feed_text.h: what writers of feeds do to text, undone; for all formats. */
#ifndef SITREP_TEXT_FEED_TEXT_H
#define SITREP_TEXT_FEED_TEXT_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Does s hold the marks of a CDATA section as text, since it was escaped or stands in another one? */
bool feed_text_has_cdata(struct str s);
/* Appends s without such marks, where they are a pair or s begins with one. */
void feed_text_strip_cdata(struct buf *out, struct str s);

/* Does s (valid UTF-8) hold C1 characters?  Nobody writes those: they are bytes of windows-1252, taken for Latin-1. */
bool feed_text_has_c1(struct str s);
/* Appends s with what they mean. */
void feed_text_mend_c1(struct buf *out, struct str s);

/* Appends a name as one line: its markup and references read, "<b@x.example>" left as it is. */
void feed_text_name(struct buf *out, struct str s);

/* Appends the markup that s, markup without a tag of its own, is the escaped form of: twice escaped, that is.  False,
 * and nothing appended, when it is not. */
bool feed_text_unescape_markup(struct buf *out, struct str s);

/* Is there anything to see in s?  White space, joiners and fillers are not. */
bool feed_text_is_visible(struct str s, bool markup);

/* The media type that the ending of a URL's path stands for; absent when it is none that is known. */
struct str feed_text_type_of(struct str url);

#endif
