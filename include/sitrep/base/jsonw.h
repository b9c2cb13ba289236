/* SPDX-License-Identifier: ISC */
/* jsonw.h: writes JSON into a buffer, without a tree.
 *
 * The writer places commas and colons.  Strings are escaped per RFC 8259, and invalid UTF-8 becomes U+FFFD. Control
 * characters, U+007F, U+2028, U+2029 and the bidi controls are written as \u escapes, so that a line is one line in
 * every terminal and script.  Failure is the buffer's (buf.h). */
#ifndef SITREP_BASE_JSONW_H
#define SITREP_BASE_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum { JSONW_DEPTH_MAX = 32 };

struct jsonw {
	struct buf *out;
	int depth;
	bool filled[JSONW_DEPTH_MAX]; /* the level has a value: a comma comes before the next one */
	bool after_key;
};

#define JSONW_INIT(buffer) ((struct jsonw){.out = (buffer)})

void jsonw_object(struct jsonw *w);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_array_end(struct jsonw *w);

void jsonw_key(struct jsonw *w, const char *key);
void jsonw_str(struct jsonw *w, struct str value);   /* STR_NONE writes "" */
void jsonw_cstr(struct jsonw *w, const char *value); /* NULL writes null */
void jsonw_int(struct jsonw *w, int64_t value);
void jsonw_real(struct jsonw *w, double value); /* 6 significant digits; not finite writes null */
void jsonw_bool(struct jsonw *w, bool value);
void jsonw_null(struct jsonw *w);
/* Appends json, which must be one valid JSON value, unchanged. */
void jsonw_raw(struct jsonw *w, struct str json);

/* Key and value in one; the first two leave the pair out when the value is absent (NULL data). */
void jsonw_kv_str(struct jsonw *w, const char *key, struct str value);
void jsonw_kv_cstr(struct jsonw *w, const char *key, const char *value);
void jsonw_kv_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_kv_real(struct jsonw *w, const char *key, double value);
void jsonw_kv_object(struct jsonw *w, const char *key);
void jsonw_kv_array(struct jsonw *w, const char *key);
void jsonw_kv_bool(struct jsonw *w, const char *key, bool value);
/* RFC 3339 in UTC; leaves the pair out for TIME_NONE (clock.h). */
void jsonw_kv_time(struct jsonw *w, const char *key, int64_t time_ms);

#endif
