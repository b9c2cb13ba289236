/* SPDX-License-Identifier: ISC */
/* charset.h: any bytes to UTF-8.
 *
 * Which encoding the bytes are in is decided by RFC 7303 and by practice: BOM, then HTTP charset, then
 * the XML declaration, then detection; a declared encoding that is plainly wrong is overruled.
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

/* Gives body as valid UTF-8 without BOM in *text: a piece of body when it is that already, else what was
 * appended to out.  A bad byte costs one U+FFFD.  With is_xml an XML declaration is heeded.  Strings of
 * *choice live in a.  0 or out's failure (buf.h), -ENOMEM. */
int charset_to_utf8(struct buf *out, struct arena *a, struct str body, struct str http_charset, bool is_xml,
	struct charset_choice *choice, struct str *text);

/* One conversion by name; -EINVAL when the name is unknown.  Labels as in the WHATWG Encoding Standard. */
int charset_convert(struct buf *out, struct str body, struct str label);

/* What windows-1252 has at the code point cp, where Unicode has control characters: writers who say 0x96 mean a dash,
 * in numeric references too (HTML, 13.2.5.80). cp itself where it has nothing, or is the same. */
uint32_t charset_windows_1252(uint32_t cp);

/* Opens every converter once, so that none is opened later inside a sandbox. */
void charset_prepare(void);

#endif
