/* SPDX-License-Identifier: ISC */
#include "sitrep/text/feed_text.h"

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/charset.h"
#include "sitrep/text/html_internal.h"

/* ---- CDATA */

/* The length of a section's opening mark at the beginning of s, escaped or not; 0 when there is none. */
static size_t opening_len(struct str s)
{
	static const char *const marks[] = {"<![CDATA[", "&lt;![CDATA["};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (str_starts_nocase(s, str_from(marks[i])))
			return strlen(marks[i]);
	return 0;
}

static size_t closing_len(struct str s)
{
	return str_starts(s, STR("]]>")) ? 3 : str_starts(s, STR("]]&gt;")) ? 6 : 0;
}

bool feed_text_has_cdata(struct str s)
{
	return str_find_nocase(s, STR("![CDATA["), 0) != STR_NPOS;
}

void feed_text_strip_cdata(struct buf *out, struct str s)
{
	size_t last = 0, depth = 0, from = 0, i = 0;

	s = str_trim(s);
	for (size_t at = str_find(s, STR("]]"), 0); at != STR_NPOS; at = str_find(s, STR("]]"), at + 1))
		if (closing_len(str_slice(s, at, s.len)) > 0)
			last = at;
	while (i < s.len) {
		struct str rest = str_slice(s, i, s.len);
		size_t opening = *rest.data == '<' || *rest.data == '&' ? opening_len(rest) : 0;
		size_t closing = *rest.data == ']' && depth > 0 ? closing_len(rest) : 0;

		opening = i < last || i == 0 ? opening : 0;
		if (opening + closing == 0) {
			i++;
			continue;
		}
		depth = opening > 0 ? depth + 1 : depth - 1;
		buf_add(out, str_slice(s, from, i));
		from = i += opening + closing;
	}
	buf_add(out, str_slice(s, from, s.len));
}

/* ---- characters */

/* Offset of the next C1 character at or after from. */
static size_t find_c1(struct str s, size_t from)
{
	size_t at = str_find_char(s, '\xc2', from);

	while (at != STR_NPOS && (at + 1 >= s.len || (unsigned char)s.data[at + 1] >= 0xa0))
		at = str_find_char(s, '\xc2', at + 1);
	return at;
}

bool feed_text_has_c1(struct str s)
{
	return find_c1(s, 0) != STR_NPOS;
}

void feed_text_mend_c1(struct buf *out, struct str s)
{
	size_t from = 0;

	for (size_t at = find_c1(s, 0); at != STR_NPOS; at = find_c1(s, from)) {
		buf_add(out, str_slice(s, from, at));
		buf_put_utf8(out, charset_windows_1252((unsigned char)s.data[at + 1]));
		from = at + 2;
	}
	buf_add(out, str_slice(s, from, s.len));
}

static bool is_invisible(uint32_t c)
{
	return utf8_is_unsafe(c) || c <= ' ' || c == 0xa0 || c == 0xad || c == 0x34f || c == 0x115f || c == 0x1160 ||
	       c == 0x1680 || c == 0x17b4 || c == 0x17b5 || (c >= 0x180b && c <= 0x180f) ||
	       (c >= 0x2000 && c <= 0x200f) || c == 0x202f || (c >= 0x205f && c <= 0x206f) || c == 0x2800 ||
	       c == 0x3000 || c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xffa0 ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

bool feed_text_is_visible(struct str s, bool markup)
{
	struct buf line = BUF_INIT(LIMIT_TITLE);
	bool visible = markup && str_find_nocase(s, STR("<img"), 0) != STR_NPOS;
	struct str text = s;

	if (markup && !visible) {
		html_to_text(&line, s);
		text = buf_str(&line);
	}
	for (size_t i = 0; i < text.len && !visible;)
		visible = !is_invisible(utf8_next(text, &i));
	buf_release(&line);
	return visible;
}

/* ---- markup */

void feed_text_name(struct buf *out, struct str s)
{
	struct buf markup = BUF_INIT(LIMIT_TITLE_MARKUP);

	html_title_markup(&markup, utf8_cut(s, LIMIT_TITLE));
	html_to_text(out, buf_str(&markup));
	if (buf_failed(&markup))
		out->failed = markup.failed;
	buf_release(&markup);
}

bool feed_text_unescape_markup(struct buf *out, struct str s)
{
	size_t start = out->len;
	struct str text;
	bool good;

	if (str_find_char(s, '&', 0) == STR_NPOS || html_has_tag(s, false))
		return false;
	html_unescape(out, s);
	text = str_trim(str_slice(buf_str(out), start, out->len));
	/* text about HTML may mention a tag; markup begins with a tag, or has an end tag or a line break */
	good = !buf_failed(out) && html_has_tag(text, false) && feed_text_is_visible(text, true) &&
	       (html_has_tag(text, true) || *text.data == '<' || str_find_nocase(text, STR("<br"), 0) != STR_NPOS);
	if (!good)
		buf_truncate(out, start);
	return good;
}

/* ---- media types */

struct str feed_text_type_of(struct str url)
{
	static const struct {
		const char *ending, *type;
	} types[] = {
		{"aac", "audio/aac"},
		{"avif", "image/avif"},
		{"doc", "application/msword"},
		{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"epub", "application/epub+zip"},
		{"flac", "audio/flac"},
		{"gif", "image/gif"},
		{"jpeg", "image/jpeg"},
		{"jpg", "image/jpeg"},
		{"m3u8", "application/vnd.apple.mpegurl"},
		{"m4a", "audio/mp4"},
		{"m4b", "audio/mp4"},
		{"m4v", "video/mp4"},
		{"mkv", "video/x-matroska"},
		{"mov", "video/quicktime"},
		{"mp3", "audio/mpeg"},
		{"mp4", "video/mp4"},
		{"mpeg", "video/mpeg"},
		{"mpg", "video/mpeg"},
		{"oga", "audio/ogg"},
		{"ogg", "audio/ogg"},
		{"ogv", "video/ogg"},
		{"opus", "audio/ogg"},
		{"pdf", "application/pdf"},
		{"png", "image/png"},
		{"svg", "image/svg+xml"},
		{"torrent", "application/x-bittorrent"},
		{"wav", "audio/wav"},
		{"weba", "audio/webm"},
		{"webm", "video/webm"},
		{"webp", "image/webp"},
		{"zip", "application/zip"},
	};
	size_t end = 0, dot, path = str_find(url, STR("://"), 0);

	while (end < url.len && url.data[end] != '?' && url.data[end] != '#')
		end++;
	for (dot = end; dot > 0 && url.data[dot - 1] != '.' && url.data[dot - 1] != '/';)
		dot--;
	/* the ending of the host ("x.com") does not count */
	path = path == STR_NPOS ? 0 : str_find_char(url, '/', path + 3);
	if (path == STR_NPOS || dot == 0 || dot < path || url.data[dot - 1] != '.')
		return STR_NONE;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_eq_nocase(str_slice(url, dot, end), str_from(types[i].ending)))
			return str_from(types[i].type);
	return STR_NONE;
}
