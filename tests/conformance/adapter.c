/* SPDX-License-Identifier: ISC */
/* adapter.c: answers conformance cases with the daemon's own code.
 *
 * One JSON request a line on standard input, one JSON answer a line on standard output: parse, date, url,
 * url_normalise, url_scheme_ok, sanitize, charset.  Nothing is decided here. */
#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/utf8.h"
#include "sitrep/model/document.h"
#include "sitrep/parse/parse.h"
#include "sitrep/text/charset.h"
#include "sitrep/text/date.h"
#include "sitrep/text/html.h"
#include "sitrep/text/url.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

enum { ANSWER_MAX = 256 * 1024 * 1024, ARENA_MAX = 512 * 1024 * 1024 };

static struct str member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value)) : STR_NONE;
}

static struct str header(const json_t *request, struct str name)
{
	const char *key;
	json_t *value;
	json_object_foreach(json_object_get(request, "headers"), key, value)
	{
		if (str_eq_nocase(str_from(key), name) && json_is_string(value))
			return str_from(json_string_value(value));
	}
	return STR_NONE;
}

static int read_file(struct buf *out, const char *path)
{
	FILE *f = path != NULL ? fopen(path, "rb") : NULL;
	if (f == NULL)
		return -1;
	char chunk[16 * 1024];
	size_t n;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_append(out, chunk, n);
	fclose(f);
	return out->failed;
}

static void write_error(struct jsonw *w, struct str why)
{
	jsonw_object(w);
	jsonw_kv_bool(w, "ok", false);
	jsonw_kv_str(w, "error", why);
	jsonw_object_end(w);
}

static void answer_parse(struct jsonw *w, const json_t *request, struct arena *a)
{
	struct buf body = BUF_INIT(ANSWER_MAX);
	struct document d;
	struct error err = {0};
	struct parse_input in = {
		.content_type = member(request, "content_type"),
		.content_location = header(request, STR("content-location")),
		.content_language = header(request, STR("content-language")),
		.url = member(request, "url"),
		.want_notes = true,
	};
	if (read_file(&body, member(request, "path").data) != 0) {
		write_error(w, STR("the file cannot be read"));
	} else {
		in.body = buf_str(&body);
		if (parse_feed(&in, a, &d, &err) == 0)
			document_write_json(w, &d);
		else
			write_error(w, str_from(err.text));
	}
	buf_release(&body);
}

static int from_base64(struct buf *out, struct str s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits = 0;
	unsigned int have = 0;
	for (size_t i = 0; i < s.len; i++) {
		size_t value = str_find_char(str_make(digits, 64), s.data[i], 0);
		if (value == STR_NPOS)
			continue;
		bits = (bits << 6 | (unsigned int)value) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_putc(out, (char)(unsigned char)(bits >> have & 0xff));
		}
	}
	return out->failed;
}

static void answer_text(struct jsonw *w, const char *key, struct str value, bool found)
{
	jsonw_object(w);
	jsonw_key(w, key);
	if (found)
		jsonw_str(w, value);
	else
		jsonw_null(w);
	jsonw_object_end(w);
}

static void answer_charset(struct jsonw *w, const json_t *request)
{
	struct buf bytes = BUF_INIT(ANSWER_MAX);
	struct buf text = BUF_INIT(ANSWER_MAX);
	from_base64(&bytes, member(request, "input_b64"));
	int r = charset_convert(&text, buf_str(&bytes), member(request, "charset"));
	answer_text(w, "text", buf_str(&text), r == 0);
	buf_release(&bytes);
	buf_release(&text);
}

static void answer_sanitize(struct jsonw *w, const json_t *request)
{
	struct buf html = BUF_INIT(ANSWER_MAX);
	html_sanitize(&html, member(request, "input"), member(request, "base"));
	answer_text(w, "html", buf_str(&html), true);
	buf_release(&html);
}

static void answer(struct jsonw *w, const json_t *request, struct arena *a)
{
	struct str op = member(request, "op");
	struct str input = member(request, "input");
	if (str_eq(op, STR("parse"))) {
		answer_parse(w, request, a);
	} else if (str_eq(op, STR("date"))) {
		char text[TIME_TEXT_MAX];
		int64_t t = date_parse(input, NULL);
		answer_text(w, "date", str_from(time_format_rfc3339(text, t)), t != TIME_NONE);
	} else if (str_eq(op, STR("url"))) {
		answer_text(w, "url", url_resolve(a, member(request, "base"), input), true);
	} else if (str_eq(op, STR("url_normalise"))) {
		answer_text(w, "url", url_normalise(a, input), true);
	} else if (str_eq(op, STR("url_scheme_ok"))) {
		jsonw_object(w);
		jsonw_kv_bool(w, "ok", url_is_safe_link(input));
		jsonw_object_end(w);
	} else if (str_eq(op, STR("sanitize"))) {
		answer_sanitize(w, request);
	} else if (str_eq(op, STR("charset"))) {
		answer_charset(w, request);
	} else {
		write_error(w, STR("no such operation"));
	}
}

int main(void)
{
	parse_prepare();
	puts("{\"hello\":\"sitrepd " SITREP_VERSION "\"}");
	fflush(stdout);
	char *line = NULL;
	size_t cap = 0;
	while (getline(&line, &cap, stdin) > 0) {
		struct arena a = ARENA_INIT(ARENA_MAX);
		struct buf out = BUF_INIT(ANSWER_MAX);
		struct jsonw w = JSONW_INIT(&out);
		json_t *request = json_loads(line, 0, NULL);
		answer(&w, request, &a);
		json_decref(request);
		if (buf_failed(&out))
			puts("{\"ok\":false,\"error\":\"the answer is too large\"}");
		else
			printf("%.*s\n", STR_ARG(buf_str(&out)));
		fflush(stdout);
		buf_release(&out);
		arena_release(&a);
	}
	free(line);
	return 0;
}
