/* SPDX-License-Identifier: ISC */
/* A comma is written before each value but the first of its array or object. */
#include "sitrep/base/jsonw.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"

static void before_value(struct jsonw *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->filled[w->depth])
		buf_putc(w->out, ',');
	w->filled[w->depth] = true;
}

static void open_level(struct jsonw *w, char bracket)
{
	before_value(w);
	assert(w->depth + 1 < JSONW_DEPTH_MAX);
	w->filled[++w->depth] = false;
	buf_putc(w->out, bracket);
}

static void close_level(struct jsonw *w, char bracket)
{
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	buf_putc(w->out, bracket);
}

void jsonw_object(struct jsonw *w)
{
	open_level(w, '{');
}

void jsonw_object_end(struct jsonw *w)
{
	close_level(w, '}');
}

void jsonw_array(struct jsonw *w)
{
	open_level(w, '[');
}

void jsonw_array_end(struct jsonw *w)
{
	close_level(w, ']');
}

static void add_escape(struct buf *out, uint32_t cp)
{
	switch (cp) {
	case '"':
		buf_puts(out, "\\\"");
		break;
	case '\\':
		buf_puts(out, "\\\\");
		break;
	case '\n':
		buf_puts(out, "\\n");
		break;
	case '\t':
		buf_puts(out, "\\t");
		break;
	case '\r':
		buf_puts(out, "\\r");
		break;
	default:
		if (cp >= 0x10000)
			buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (cp >> 10)),
				(unsigned)(0xdc00 | (cp & 0x3ff)));
		else
			buf_printf(out, "\\u%04x", (unsigned)cp);
	}
}

static void add_string(struct buf *out, struct str s)
{
	size_t from = 0, i = 0;

	buf_putc(out, '"');
	while (i < s.len) {
		size_t start = i;
		unsigned char c = (unsigned char)s.data[i];
		uint32_t cp;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		cp = utf8_next(s, &i);
		if (cp == '"' || cp == '\\' || cp < 0x20 || utf8_is_unsafe(cp)) {
			buf_append(out, s.data + from, start - from);
			add_escape(out, cp);
			from = i;
		} else if (cp == 0xfffd) {
			buf_append(out, s.data + from, start - from);
			buf_put_utf8(out, cp);
			from = i;
		}
	}
	buf_add(out, str_slice(s, from, s.len));
	buf_putc(out, '"');
}

void jsonw_key(struct jsonw *w, const char *key)
{
	assert(w->depth > 0 && !w->after_key);
	before_value(w);
	add_string(w->out, str_from(key));
	buf_putc(w->out, ':');
	w->after_key = true;
}

void jsonw_str(struct jsonw *w, struct str value)
{
	before_value(w);
	add_string(w->out, value);
}

void jsonw_cstr(struct jsonw *w, const char *value)
{
	if (value == NULL)
		jsonw_null(w);
	else
		jsonw_str(w, str_from(value));
}

void jsonw_int(struct jsonw *w, int64_t value)
{
	before_value(w);
	buf_put_int(w->out, value);
}

void jsonw_real(struct jsonw *w, double value)
{
	if (!isfinite(value)) {
		jsonw_null(w);
		return;
	}
	before_value(w);
	buf_printf(w->out, "%.6g", value);
}

void jsonw_bool(struct jsonw *w, bool value)
{
	before_value(w);
	buf_puts(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w)
{
	before_value(w);
	buf_puts(w->out, "null");
}

void jsonw_raw(struct jsonw *w, struct str json)
{
	before_value(w);
	buf_add(w->out, json);
}

void jsonw_kv_str(struct jsonw *w, const char *key, struct str value)
{
	if (value.data == NULL)
		return;
	jsonw_key(w, key);
	jsonw_str(w, value);
}

void jsonw_kv_cstr(struct jsonw *w, const char *key, const char *value)
{
	jsonw_kv_str(w, key, str_from(value));
}

void jsonw_kv_int(struct jsonw *w, const char *key, int64_t value)
{
	jsonw_key(w, key);
	jsonw_int(w, value);
}

void jsonw_kv_real(struct jsonw *w, const char *key, double value)
{
	jsonw_key(w, key);
	jsonw_real(w, value);
}

void jsonw_kv_object(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_object(w);
}

void jsonw_kv_array(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_array(w);
}

void jsonw_kv_bool(struct jsonw *w, const char *key, bool value)
{
	jsonw_key(w, key);
	jsonw_bool(w, value);
}

void jsonw_kv_time(struct jsonw *w, const char *key, int64_t time_ms)
{
	char text[TIME_TEXT_MAX];

	if (time_ms != TIME_NONE)
		jsonw_kv_cstr(w, key, time_format_rfc3339(text, time_ms));
}
