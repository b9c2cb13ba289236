/* SPDX-License-Identifier: ISC */
/* charset.h: converts any bytes to UTF-8.
 *
 * The encoding is found as RFC 7303 orders it: BOM, then HTTP charset, then the XML declaration, then detection.  A
 * declared encoding that does not fit the bytes is overruled.
 *
 * Converters stay open once used and are kept for the whole process, so all of this belongs to one thread. */
#ifndef SITREP_TEXT_CHARSET_H
#define SITREP_TEXT_CHARSET_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

struct charset_choice {
	struct str name;     /* the encoding that was used, in lower case, e.g. "windows-1251" */
	const char *by;      /* "bom", "http", "declaration", "detected", "default" */
	bool damaged;        /* some bytes were invalid in that encoding and became U+FFFD */
	bool overruled;      /* the declared encoding was plainly wrong */
	struct str declared; /* the declared encoding, where it was overruled */
};

/* Sets *text to body as valid UTF-8 without BOM: a part of body when that is UTF-8 already, else text that was appended
 * to out.  A bad byte becomes one U+FFFD.  With is_xml the XML declaration is read.  Strings of *choice live in a.  0,
 * or out's failure (buf.h). */
int charset_to_utf8(struct buf *out, struct arena *a, struct str body, struct str http_charset, bool is_xml,
	struct charset_choice *choice, struct str *text);

/* Appends body, which is in the encoding of that label (WHATWG Encoding Standard), as UTF-8.  0, -EINVAL when the label
 * is unknown, or out's failure. */
int charset_convert(struct buf *out, struct str body, struct str label);

/* The character that windows-1252 has where Unicode has the C1 control cp: 0x96 is meant as a dash, in numeric
 * references too (HTML, 13.2.5.80).  Returns cp itself when windows-1252 has no other character there. */
uint32_t charset_windows_1252(uint32_t cp);

/* Opens every converter once, so that none is opened later inside a sandbox. */
void charset_prepare(void);

#endif
