/* SPDX-License-Identifier: ISC */
#include "sitrep/base/xml_text.h"

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/utf8.h"

/* The escape of a byte in XML text; NULL when it needs none. */
static const char *xml_escape(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		/* XML 1.0, 2.2: of the C0 controls only tab, newline and return are characters. */
		return c < 0x20 && c != '\t' && c != '\n' && c != '\r' ? "\xef\xbf\xbd" : NULL;
	}
}

int buf_add_xml(struct buf *b, struct str s)
{
	size_t from = 0, i = 0;

	while (i < s.len) {
		unsigned char c = (unsigned char)s.data[i];
		const char *escape;

		if (c < 0x80) {
			escape = xml_escape(c);
			if (escape == NULL) {
				i++;
				continue;
			}
			buf_append(b, s.data + from, i - from);
			buf_puts(b, escape);
			from = ++i;
		} else {
			size_t start = i;
			uint32_t cp = utf8_next(s, &i);

			/* A bad sequence, or one of the two non-characters that XML excludes. */
			if (cp == 0xfffd || cp == 0xfffe || cp == 0xffff) {
				buf_append(b, s.data + from, start - from);
				buf_puts(b, "\xef\xbf\xbd");
				from = i;
			}
		}
	}
	return buf_add(b, str_slice(s, from, s.len));
}

int buf_add_xml_attribute(struct buf *b, const char *name, struct str value)
{
	if (str_empty(value))
		return b->failed;
	buf_putc(b, ' ');
	buf_puts(b, name);
	buf_puts(b, "=\"");
	buf_add_xml(b, value);
	return buf_putc(b, '"');
}
