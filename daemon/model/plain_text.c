/* SPDX-License-Identifier: ISC */
/* The sanitizer has rebuilt the markup, so it is well-formed and its only references are those of escaping: no HTML
 * parser is needed, and none may run in the daemon's process. */
#include "sitrep/model/plain_text.h"

#include "sitrep/base/utf8.h"
#include "sitrep/text/html.h"

/* Elements whose tags separate two words; the tags of other elements may stand within a word. */
static const char *const spaced[] = {"address", "article", "aside", "blockquote", "br", "caption", "center", "dd",
	"details", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5",
	"h6", "header", "hgroup", "hr", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "search",
	"section", "select", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"};

/* Text that a feed escaped twice is read twice. */
enum { READ_AGAIN_MAX = 2 };

/* tag: without its "<" and ">". */
static bool is_spaced(struct str tag)
{
	size_t start = tag.len > 0 && tag.data[0] == '/' ? 1 : 0, end = start;

	while (end < tag.len && (char_is_alpha(tag.data[end]) || char_is_digit(tag.data[end])))
		end++;
	return str_is_one_of(str_slice(tag, start, end), spaced);
}

/* What becomes of a tag: all a space; those that separate words a space; those a line's end, and other white space a
 * space.  Of the last two, other tags become nothing. */
enum tags { TAGS_ALL, TAGS_SPACED, TAGS_LINES };

static void put_tag(struct buf *out, struct str tag, enum tags tags)
{
	if (tags == TAGS_ALL || is_spaced(tag))
		buf_putc(out, tags == TAGS_LINES ? '\n' : ' ');
}

static int add_without_markup(struct buf *out, struct str s, enum tags tags)
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

			end = end == STR_NPOS ? s.len : end;
			put_tag(out, str_slice(s, i + 1, end), tags);
			i = end < s.len ? end + 1 : s.len;
			continue;
		}
		for (size_t r = 0; used == 0 && r < sizeof(references) / sizeof(references[0]); r++) {
			if (str_starts(rest, references[r].name)) {
				buf_putc(out, references[r].value);
				used = references[r].name.len;
			}
		}
		if (used == 0) {
			buf_putc(out, tags == TAGS_LINES && char_is_space(s.data[i]) ? ' ' : s.data[i]);
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
	add_without_markup(&text, t->value, TAGS_ALL);
	result = utf8_one_line(out, buf_str(&text));
	buf_release(&text);
	return result;
}

int plain_words(struct buf *out, const struct text *t)
{
	struct buf text = BUF_INIT(out->max), again = BUF_INIT(out->max);
	int result = t->kind == TEXT_HTML ? add_without_markup(&text, t->value, TAGS_SPACED) : buf_add(&text, t->value);

	for (int i = 0; result == 0 && i < READ_AGAIN_MAX && html_looks_like(buf_str(&text)); i++) {
		struct buf markup = text;

		text = again;
		again = markup;
		buf_clear(&text);
		result = add_without_markup(&text, buf_str(&again), TAGS_SPACED);
	}
	if (result == 0)
		result = utf8_one_line(out, buf_str(&text));
	buf_release(&text);
	buf_release(&again);
	return result;
}

int plain_lines(struct buf *out, const struct text *t)
{
	struct buf text = BUF_INIT(out->max);
	struct str rest, line;
	int result = t->kind == TEXT_HTML ? add_without_markup(&text, t->value, TAGS_LINES) : buf_add(&text, t->value);

	rest = buf_str(&text);
	while (result == 0 && str_split(&rest, '\n', &line)) {
		size_t before = out->len;

		result = utf8_one_line(out, line);
		if (result == 0 && out->len > before)
			result = buf_putc(out, '\n');
	}
	buf_release(&text);
	return result;
}
