/* SPDX-License-Identifier: ISC */
/* charset_internal.h: the table of encodings, and the steps of charset.c. */
#ifndef SITREP_TEXT_CHARSET_INTERNAL_H
#define SITREP_TEXT_CHARSET_INTERNAL_H

#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum charset_kind {
	CHARSET_UTF8,
	CHARSET_LATIN, /* windows-1252 and labels that mean it; servers send them by default, so they prove little */
	CHARSET_BYTE,  /* one byte a character, ASCII below 0x80 */
	CHARSET_MAC_TURKISH,
	CHARSET_MULTI,   /* ASCII below 0x80, sequences above */
	CHARSET_SHIFTED, /* seven bits with escape sequences: UTF-7, ISO-2022-JP */
	CHARSET_EBCDIC,
	CHARSET_UTF16LE,
	CHARSET_UTF16BE,
	CHARSET_UTF32LE,
	CHARSET_UTF32BE,
};

struct charset {
	const char *name; /* as reported */
	enum charset_kind kind;
	const char *iconv_name; /* NULL: converted here */
	const char *labels;     /* folded to letters and digits, separated by spaces */
};

/* NULL past the last one. */
const struct charset *charset_at(size_t index);

/* NULL when no encoding has the label.  Quotes and white space around it are ignored. */
const struct charset *charset_find(struct str label);

/* The likeliest encoding of bytes that are not UTF-8. */
const struct charset *charset_guess(struct str body);

/* Appends body as UTF-8; *bad counts the sequences that became U+FFFD. 0, -EINVAL when the converter is
 * not there, or out's failure. */
int charset_decode(struct buf *out, const struct charset *cs, struct str body, size_t *bad);

#endif
