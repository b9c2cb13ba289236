/* One line of plain text out of a sanitised text.
 *
 * A feed's own title may be markup.  It was rebuilt by the sanitizer, so it is well-formed and holds no
 * references but those that escaping makes; undoing that needs no parser, and the parser that can read
 * any HTML must not run in this process. */
#include "plain.h"

#include "sitrep/utf8.h"

static int add_without_markup(struct buf *out, struct str s)
{
	static const struct {
		struct str name;
		char value;
	} references[] = {{{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'}, {{"&quot;", 6}, '"'},
		{{"&#39;", 5}, '\''}};
	size_t i = 0;

	while (i < s.len) {
		struct str rest = str_slice(s, i, s.len);
		size_t used = 0;

		if (s.data[i] == '<') {
			size_t end = str_find_char(s, '>', i);

			(void)buf_putc(out, ' ');
			i = end == STR_NPOS ? s.len : end + 1;
			continue;
		}
		for (size_t r = 0; used == 0 && r < sizeof(references) / sizeof(references[0]); r++) {
			if (str_starts(rest, references[r].name)) {
				(void)buf_putc(out, references[r].value);
				used = references[r].name.len;
			}
		}
		if (used == 0) {
			(void)buf_putc(out, s.data[i]);
			used = 1;
		}
		i += used;
	}
	return out->failed;
}

int plain_text(struct buf *out, const struct text *t)
{
	struct buf text = BUF_INIT(out->max * 4);
	int result;

	if (t->kind != TEXT_HTML)
		return utf8_one_line(out, t->value);
	(void)add_without_markup(&text, t->value);
	result = utf8_one_line(out, buf_str(&text));
	buf_release(&text);
	return result;
}
