/* SPDX-License-Identifier: ISC */
/* A pull reader over text in memory: the caller asks for the next item, so that it may read a whole included file
 * between two items.  Each line is checked by itself, so a malformed line never hides the next one. */
#include "ini.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "sitrep/base/utf8.h"

/* Bytes of the input that a message quotes. */
enum { QUOTE_MAX = 60 };

void ini_init(struct ini *ini, struct str text)
{
	*ini = (struct ini){.rest = text, .joined = BUF_INIT(INI_LINE_MAX)};
	if (str_starts(text, STR("\xef\xbb\xbf")))
		ini->rest = str_slice(text, 3, text.len);
}

void ini_release(struct ini *ini)
{
	buf_release(&ini->joined);
}

__attribute__((format(printf, 3, 4))) static void set_mistake(
	struct ini *ini, struct ini_item *item, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ini->mistake, sizeof(ini->mistake), fmt, ap);
	va_end(ap);
	item->kind = INI_MISTAKE;
	item->mistake = ini->mistake;
	ini->skip_indented = true;
}

static struct str quote(struct str s)
{
	return utf8_cut(s, QUOTE_MAX);
}

static bool is_blank(struct str line)
{
	return str_empty(str_trim(line));
}

/* An indented # or ; begins a comment too, not a continued value. */
static bool is_comment(struct str line)
{
	struct str text = str_trim(line);

	return !str_empty(text) && (text.data[0] == '#' || text.data[0] == ';');
}

static bool is_indented(struct str line)
{
	return !str_empty(line) && (line.data[0] == ' ' || line.data[0] == '\t');
}

static struct str peek_line(const struct ini *ini)
{
	size_t end = str_find_char(ini->rest, '\n', 0);
	struct str line = str_slice(ini->rest, 0, end == STR_NPOS ? ini->rest.len : end);

	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

static void next_line(struct ini *ini)
{
	size_t end = str_find_char(ini->rest, '\n', 0);

	ini->rest = str_slice(ini->rest, end == STR_NPOS ? ini->rest.len : end + 1, ini->rest.len);
	ini->line++;
}

static bool line_is_text(struct str line)
{
	return line.len <= INI_LINE_MAX && str_find_char(line, '\0', 0) == STR_NPOS && utf8_valid(line);
}

static void refuse_line(struct ini *ini, struct ini_item *item, struct str line)
{
	item->is_header = str_starts(line, STR("["));
	if (line.len > INI_LINE_MAX)
		set_mistake(ini, item, "the line has %zu bytes, at most %d are allowed", line.len, INI_LINE_MAX);
	else if (str_find_char(line, '\0', 0) != STR_NPOS)
		set_mistake(
			ini, item, "found a NUL byte at column %zu, expected text", str_find_char(line, '\0', 0) + 1);
	else
		set_mistake(ini, item, "found bytes that are not UTF-8 at column %zu, expected text in UTF-8",
			utf8_valid_prefix(line) + 1);
}

/* line begins with '['. */
static void read_section(struct ini *ini, struct ini_item *item, struct str line)
{
	struct str inside;
	size_t close, quote_at;

	item->is_header = true;
	line = str_trim(line);
	quote_at = str_find_char(line, '"', 0);
	close = str_find_char(line, ']', 0);
	if (quote_at != STR_NPOS && (close == STR_NPOS || quote_at < close)) {
		size_t quote_end = str_find_char(line, '"', quote_at + 1);

		if (quote_end == STR_NPOS) {
			set_mistake(ini, item, "found %.*s, expected a quotation mark after the name",
				STR_ARG(quote(line)));
			return;
		}
		item->value = str_slice(line, quote_at + 1, quote_end);
		close = str_find_char(line, ']', quote_end);
		inside = str_slice(line, 1, quote_at);
		if (close != STR_NPOS && !is_blank(str_slice(line, quote_end + 1, close))) {
			set_mistake(ini, item, "found %.*s, expected ] directly after the quoted name",
				STR_ARG(quote(line)));
			return;
		}
	} else {
		inside = str_slice(line, 1, close == STR_NPOS ? line.len : close);
	}
	if (close == STR_NPOS) {
		set_mistake(ini, item, "found %.*s, expected ] at the end of the section's name", STR_ARG(quote(line)));
		return;
	}
	if (close + 1 != line.len) {
		set_mistake(ini, item,
			"found \"%.*s\" after the section's name, expected the end of the line (a comment begins its "
			"own line)",
			STR_ARG(quote(str_trim(str_slice(line, close + 1, line.len)))));
		item->name = str_trim(inside);
		return;
	}
	item->kind = INI_SECTION;
	item->name = str_trim(inside);
}

/* Adds the indented lines that follow to the value. */
static int read_continuation(struct ini *ini, struct ini_item *item)
{
	bool joined = false;

	while (!str_empty(ini->rest)) {
		struct str line = peek_line(ini);

		if (is_comment(line)) {
			next_line(ini);
			continue;
		}
		if (!is_indented(line) || is_blank(line) || !line_is_text(line))
			break;
		next_line(ini);
		if (!joined) {
			buf_clear(&ini->joined);
			buf_add(&ini->joined, item->value);
			joined = true;
		}
		if (ini->joined.len > 0)
			buf_putc(&ini->joined, ' ');
		buf_add(&ini->joined, str_trim(line));
	}
	if (!joined)
		return 0;
	if (buf_failed(&ini->joined)) {
		if (ini->joined.failed == -ENOMEM)
			return -ENOMEM;
		set_mistake(ini, item, "the value of \"%.*s\" with the lines that continue it has over %d bytes",
			STR_ARG(quote(item->name)), INI_LINE_MAX);
		return 0;
	}
	item->value = buf_str(&ini->joined);
	return 0;
}

static int read_option(struct ini *ini, struct ini_item *item, struct str line)
{
	size_t equals = str_find_char(line, '=', 0);

	if (equals == STR_NPOS) {
		set_mistake(ini, item, "found \"%.*s\", expected \"name = value\" or \"[section]\"",
			STR_ARG(quote(str_trim(line))));
		return 0;
	}
	item->name = str_trim(str_slice(line, 0, equals));
	item->value = str_trim(str_slice(line, equals + 1, line.len));
	if (str_empty(item->name)) {
		set_mistake(ini, item, "found nothing before \"=\", expected an option's name");
		return 0;
	}
	item->kind = INI_OPTION;
	return read_continuation(ini, item);
}

int ini_next(struct ini *ini, struct ini_item *item)
{
	while (!str_empty(ini->rest)) {
		struct str line = peek_line(ini);

		next_line(ini);
		*item = (struct ini_item){.kind = INI_END, .line = ini->line};
		if (!line_is_text(line)) {
			refuse_line(ini, item, line);
			return 0;
		}
		if (is_blank(line) || is_comment(line))
			continue;
		if (is_indented(line)) {
			if (ini->skip_indented)
				continue;
			set_mistake(ini, item,
				"found an indented line, which continues a value, but there is no value above; "
				"options begin in the first column");
			return 0;
		}
		ini->skip_indented = false;
		if (line.data[0] != '[')
			return read_option(ini, item, line);
		read_section(ini, item, line);
		return 0;
	}
	*item = (struct ini_item){.kind = INI_END, .line = ini->line};
	return 0;
}
