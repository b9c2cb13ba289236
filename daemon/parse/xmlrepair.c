/* SPDX-License-Identifier: ISC */
/* Repairs a feed's text before an XML parser reads it.
 *
 * About half of all broken feeds have one of a few mistakes: text before the XML declaration, HTML's named entities,
 * a bare ampersand or less-than sign, control characters.  libxml2 in its recovery mode loses text at each of them.
 * They are repaired here, in one pass that copies nothing before the first change.  The DOCTYPE is removed: its simple
 * entities are resolved here, up to EXPANSION_MAX bytes, so that no entity can expand without end. */
#include "xmlread.h"

#include "sitrep/base/limits.h"
#include "sitrep/text/charset.h"
#include "sitrep/text/html.h"

#include <errno.h>
#include <string.h>

/* Entities that a document declares; further ones are ignored. */
enum { DECLARED_MAX = 64, DECLARED_VALUE_MAX = 1024 };
/* All text that declared entities may add to one document. */
enum { EXPANSION_MAX = 256 * 1024 };
/* "&" and ";" around the longest name of HTML. */
enum { REFERENCE_MAX = 40 };
/* Bytes backwards in which an element's name is looked for, and bytes forwards for the end of an attribute's value. */
enum { NAME_MAX_SEEN = 256, VALUE_MAX_SEEN = 4096 };

struct declared {
	struct str name;
	struct str value;
};

struct repair {
	struct buf *out;
	struct xml_repair *what;
	const char *start;
	const char *pos;
	const char *end;
	const char *next_tag; /* the next "<", or before the position when that was passed */
	const char *copied;   /* text before this is in out, or nothing was changed yet */
	bool has_doctype;
	bool changed;
	bool clean;       /* no character is forbidden */
	bool no_close[3]; /* by enum section: no end follows, so it is not searched again */
	size_t expanded;
	size_t declared_count;
	struct declared declared[DECLARED_MAX];
};

enum section { COMMENT, CDATA, INSTRUCTION };

/* The classes of bytes.  MARK begins markup or a reference, CONTROL is forbidden everywhere, MAYBE begins a character
 * that may be forbidden.  RAW has the bits of the classes that count in comments and CDATA sections too. */
enum { PLAIN = 0, MARK = 1, CONTROL = 2, RAW = 2 | 4, MAYBE = 1 | 4 };

#define C CONTROL
/* clang-format off */
static const unsigned char classes[256] = {
	C, C, C, C, C, C, C, C, C, 0, 0, C, C, 0, C, C, /* tab, newline and carriage return are text */
	C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
	['&'] = MARK, ['<'] = MARK, [0xef] = MAYBE, /* U+FFFE and U+FFFF */
};
/* clang-format on */
#undef C

static bool is_name_start(char c)
{
	return char_is_alpha(c) || c == '_' || c == ':' || (unsigned char)c >= 0x80;
}

/* Replaces the n bytes at the position by with, and moves behind them. */
static void replace(struct repair *r, size_t n, struct str with)
{
	r->changed = true;
	buf_append(r->out, r->copied, (size_t)(r->pos - r->copied));
	buf_add(r->out, with);
	r->pos += n;
	r->copied = r->pos;
}

static struct str rest(const struct repair *r)
{
	return str_make(r->pos, (size_t)(r->end - r->pos));
}

static bool scalar_allowed(uint32_t cp)
{
	return cp == 9 || cp == 10 || cp == 13 || (cp >= 0x20 && cp < 0xd800) || (cp >= 0xe000 && cp < 0xfffe) ||
	       (cp >= 0x10000 && cp <= 0x10ffff);
}

/* "&#...": a character that XML allows stays; 128 to 159 become the characters of windows-1252, as in HTML; others
 * are dropped. */
static void mend_numeric_reference(struct repair *r)
{
	struct str s = rest(r);
	bool hex = s.len > 2 && (s.data[2] == 'x' || s.data[2] == 'X');
	size_t i = hex ? 3 : 2;
	size_t digits = i;
	uint32_t cp = 0;
	for (; i < s.len && i < REFERENCE_MAX; i++) {
		char c = char_lower(s.data[i]);
		uint32_t digit;
		if (char_is_digit(c))
			digit = (uint32_t)(c - '0');
		else if (hex && c >= 'a' && c <= 'f')
			digit = (uint32_t)(c - 'a') + 10;
		else
			break;
		cp = cp > 0x110000 ? cp : cp * (hex ? 16 : 10) + digit;
	}
	if (i == digits) {
		r->what->stray = true;
		replace(r, 1, STR("&amp;"));
		return;
	}
	bool closed = i < s.len && s.data[i] == ';';
	size_t length = i + (closed ? 1 : 0);
	bool latin = charset_windows_1252(cp) != cp;
	if (closed && scalar_allowed(cp) && !latin && s.data[2] != 'X') {
		r->pos += length;
		return;
	}
	if (latin)
		cp = charset_windows_1252(cp);
	else if (!closed || !scalar_allowed(cp))
		r->what->stray = true;
	struct buf decimal = BUF_INIT(16);
	if (scalar_allowed(cp))
		buf_printf(&decimal, "&#%u;", (unsigned int)cp);
	replace(r, length, buf_str(&decimal));
	buf_release(&decimal);
}

static bool is_predefined(struct str name)
{
	return str_eq(name, STR("amp")) || str_eq(name, STR("lt")) || str_eq(name, STR("gt")) ||
	       str_eq(name, STR("quot")) || str_eq(name, STR("apos"));
}

static const struct declared *find_declared(const struct repair *r, struct str name)
{
	for (size_t i = 0; i < r->declared_count; i++) {
		if (str_eq(r->declared[i].name, name))
			return &r->declared[i];
	}
	return NULL;
}

/* "&name;": a declared entity becomes its value, one of HTML's a numeric reference; else its & is escaped. */
static void mend_named_reference(struct repair *r)
{
	struct str s = rest(r);
	size_t i = 1;
	while (i < s.len && i < REFERENCE_MAX &&
		(char_is_alpha(s.data[i]) || char_is_digit(s.data[i]) || s.data[i] == '_' || s.data[i] == '-' ||
			s.data[i] == '.'))
		i++;
	struct str name = str_slice(s, 1, i);
	bool closed = i < s.len && s.data[i] == ';';
	if (name.len == 0 || !closed) {
		r->what->stray = true;
		replace(r, 1, STR("&amp;"));
		return;
	}
	if (is_predefined(name)) {
		r->pos += i + 1;
		return;
	}
	const struct declared *d = find_declared(r, name);
	if (d != NULL) {
		r->expanded += d->value.len;
		replace(r, i + 1, r->expanded <= EXPANSION_MAX ? d->value : STR(""));
		return;
	}
	uint32_t second = 0;
	uint32_t cp = html_entity(name, &second);
	if (cp == 0) {
		/* an unknown name is more often a bare & before a word and a semicolon than a reference */
		r->what->stray = true;
		replace(r, 1, STR("&amp;"));
		return;
	}
	r->what->unknown = true;
	struct buf utf8 = BUF_INIT(32);
	buf_printf(&utf8, "&#%u;", (unsigned int)cp);
	if (second != 0)
		buf_printf(&utf8, "&#%u;", (unsigned int)second);
	replace(r, i + 1, buf_str(&utf8));
	buf_release(&utf8);
}

static void mend_reference(struct repair *r)
{
	if (r->end - r->pos > 1 && r->pos[1] == '#')
		mend_numeric_reference(r);
	else
		mend_named_reference(r);
}

/* Drops the character at the position if XML forbids it: a control, U+FFFE or U+FFFF. */
static bool drop_forbidden(struct repair *r)
{
	unsigned char c = (unsigned char)*r->pos;
	if (classes[c] == CONTROL) {
		r->what->controls = true;
		replace(r, 1, STR(""));
		return true;
	}
	if (c == 0xef && r->end - r->pos >= 3 &&
		(memcmp(r->pos, "\xef\xbf\xbe", 3) == 0 || memcmp(r->pos, "\xef\xbf\xbf", 3) == 0)) {
		r->what->controls = true;
		replace(r, 3, STR(""));
		return true;
	}
	return false;
}

/* The highest bit of each byte is set if word has a control character there; tab, CR and LF count too. */
static uint64_t controls_of(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
	/* the highest bit of each byte is set first, so that no subtraction borrows from the next byte */
	return ~((word | high) - ones * 0x20) & ~word & high;
}

/* Whether text may hold a character that XML forbids.  Hardly a feed does, so the whole text is tested first, eight
 * bytes at a time. */
static bool may_have_forbidden(struct str text)
{
	size_t i = 0;
	while (i < text.len) {
		uint64_t word;
		if (text.len - i >= sizeof(word)) {
			memcpy(&word, text.data + i, sizeof(word));
			if (controls_of(word) == 0) {
				i += sizeof(word);
				continue;
			}
		}
		for (size_t end = text.len - i < sizeof(word) ? text.len : i + sizeof(word); i < end; i++) {
			if (classes[(unsigned char)text.data[i]] == CONTROL)
				return true;
		}
	}
	for (i = str_find_char(text, '\xef', 0); i != STR_NPOS; i = str_find_char(text, '\xef', i + 1)) {
		if (str_starts(str_slice(text, i + 1, text.len), STR("\xbf")))
			return true;
	}
	return false;
}

/* Moves to to, and drops only forbidden characters on the way. */
static void skip_raw(struct repair *r, const char *to)
{
	const char *p = r->clean ? to : r->pos;
	while (p < to) {
		if ((classes[(unsigned char)*p] & RAW) == 0) {
			p++;
			continue;
		}
		r->pos = p;
		p = drop_forbidden(r) ? r->pos : p + 1;
	}
	r->pos = p;
}

/* The end tag of the element whose start tag ends right before the position, or the end of the text. */
static const char *parent_close(const struct repair *r)
{
	const char *p = r->pos;
	while (p > r->start && char_is_space(p[-1]))
		p--;
	if (p == r->start || p[-1] != '>')
		return r->end;
	const char *name = p - 1;
	while (name > r->start && p - name < NAME_MAX_SEEN && *name != '<')
		name--;
	if (*name != '<')
		return r->end;
	struct str words = str_make(name + 1, (size_t)(p - name - 2));
	struct str word;
	if (!str_word(&words, &word))
		return r->end;
	struct str after = rest(r);
	for (size_t at = str_find(after, STR("</"), 0); at != STR_NPOS; at = str_find(after, STR("</"), at + 2)) {
		if (str_starts(str_slice(after, at + 2, after.len), word))
			return r->pos + at;
	}
	return r->end;
}

/* At the start of a comment, CDATA section or processing instruction: copies it, and closes it if it has no end. */
static void pass_section(struct repair *r, enum section kind)
{
	static const struct {
		size_t open_len;
		struct str close;
	} sections[] = {
		[COMMENT] = {4, {"-->", 3}},
		[CDATA] = {9, {"]]>", 3}},
		[INSTRUCTION] = {2, {"?>", 2}},
	};
	size_t open_len = sections[kind].open_len;
	struct str close = sections[kind].close;
	size_t at = r->no_close[kind] ? STR_NPOS : str_find(rest(r), close, open_len);
	if (at != STR_NPOS) {
		skip_raw(r, r->pos + at + close.len);
		return;
	}
	bool first = !r->no_close[kind];
	r->no_close[kind] = true;
	r->what->unclosed = true;
	if (kind == CDATA && first) {
		skip_raw(r, parent_close(r));
		replace(r, 0, close);
	} else if (kind == COMMENT) {
		replace(r, (size_t)(r->end - r->pos), STR(""));
	} else {
		replace(r, 1, STR("&lt;"));
	}
}

/* Whether an entity's value may be inserted anywhere: text and numeric references, no tags. */
static bool simple_value(struct str value)
{
	if (value.len > DECLARED_VALUE_MAX || str_find_char(value, '<', 0) != STR_NPOS)
		return false;
	for (size_t i = str_find_char(value, '&', 0); i != STR_NPOS; i = str_find_char(value, '&', i + 1)) {
		if (i + 1 >= value.len || value.data[i + 1] != '#' || str_find_char(value, ';', i) == STR_NPOS)
			return false;
	}
	return str_find_char(value, '%', 0) == STR_NPOS;
}

static void declare(struct repair *r, struct str rest_of_declaration)
{
	struct str name;
	if (!str_word(&rest_of_declaration, &name) || str_eq(name, STR("%")))
		return;
	struct str value = str_trim(rest_of_declaration);
	size_t close = value.len > 0 && (*value.data == '"' || *value.data == '\'')
			       ? str_find_char(value, *value.data, 1)
			       : STR_NPOS;
	/* an external entity, or one with markup, becomes nothing */
	value = close == STR_NPOS ? STR("") : str_slice(value, 1, close);
	if (r->declared_count < DECLARED_MAX && find_declared(r, name) == NULL)
		r->declared[r->declared_count++] = (struct declared){name, simple_value(value) ? value : STR("")};
}

/* The position is at "<!DOCTYPE". */
static void drop_doctype(struct repair *r)
{
	struct str s = rest(r);
	size_t i = 9;
	bool inside = false;
	r->has_doctype = true;
	while (i < s.len && (s.data[i] != '>' || inside)) {
		char c = s.data[i];
		if (c == '"' || c == '\'') {
			size_t close = str_find_char(s, c, i + 1);
			i = close == STR_NPOS ? s.len : close + 1;
		} else if (str_starts(str_slice(s, i, s.len), STR("<!--"))) {
			size_t close = str_find(s, STR("-->"), i);
			i = close == STR_NPOS ? s.len : close + 3;
		} else if (inside && str_starts(str_slice(s, i, s.len), STR("<!ENTITY"))) {
			declare(r, str_slice(s, i + 8, s.len));
			i += 8;
		} else {
			inside = c == '[' || (inside && c != ']');
			i++;
		}
	}
	if (i >= s.len) {
		/* never closed: only the keyword is dropped */
		r->what->stray = true;
		i = 8;
	}
	replace(r, i < s.len ? i + 1 : s.len, STR(""));
}

/* Whether the "<" at the position is inside a quoted value, which needs a closing quote not far behind. */
static bool is_in_value(const struct repair *r, char quote)
{
	struct str s = str_slice(rest(r), 0, VALUE_MAX_SEEN);
	size_t close = str_find_char(s, quote, 0);
	if (close == STR_NPOS || close + 1 >= s.len)
		return false;
	char after = s.data[close + 1];
	return after == '>' || after == '/' || char_is_space(after);
}

/* Repairs a byte that is forbidden in a tag.  False when the tag has to end here, unclosed. */
static bool mend_in_tag(struct repair *r, char quote)
{
	if (*r->pos == '&') {
		mend_reference(r);
	} else if (*r->pos == '<') {
		if (quote == 0 || !is_in_value(r, quote))
			return false;
		r->what->stray = true;
		replace(r, 1, STR("&lt;"));
	} else if (!drop_forbidden(r)) {
		r->pos++;
	}
	return true;
}

/* Moves behind the tag at the position, minding quotes, and repairs references in its values. */
static void pass_tag(struct repair *r)
{
	const char *start = r->pos++;
	char quote = 0;
	/* an end tag, or one without attributes */
	while (r->pos < r->end && (char_is_alpha(*r->pos) || *r->pos == '/' || *r->pos == ':'))
		r->pos++;
	while (r->pos < r->end && (size_t)(r->pos - start) <= LIMIT_XML_TAG) {
		char c = *r->pos;
		if (classes[(unsigned char)c] != PLAIN) {
			if (!mend_in_tag(r, quote))
				return;
			continue;
		}
		r->pos++;
		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return;
	}
	if (r->pos < r->end)
		r->what->long_tag = true;
}

static void pass_less_than(struct repair *r)
{
	struct str s = rest(r);
	char next = s.len > 1 ? s.data[1] : '\0';
	if (is_name_start(next) || (next == '/' && s.len > 2 && is_name_start(s.data[2])))
		pass_tag(r);
	else if (str_starts(s, STR("<!--")))
		pass_section(r, COMMENT);
	else if (str_starts(s, STR("<![CDATA[")))
		pass_section(r, CDATA);
	else if (str_starts_nocase(s, STR("<!DOCTYPE")) && !r->has_doctype)
		drop_doctype(r);
	else if (next == '?' && s.len > 2 && is_name_start(s.data[2]))
		pass_section(r, INSTRUCTION);
	else {
		r->what->stray = true;
		replace(r, 1, STR("&lt;"));
	}
}

/* Moves to the next byte that is not plain.  An ampersand is searched up to the next "<" only, so that each byte is
 * read only a few times. */
static void skip_text(struct repair *r)
{
	const char *p = r->pos;
	if (!r->clean) {
		while (p < r->end && classes[(unsigned char)*p] == PLAIN)
			p++;
		r->pos = p;
		return;
	}
	if (r->next_tag == NULL || r->next_tag < p) {
		const char *found = memchr(p, '<', (size_t)(r->end - p));
		r->next_tag = found != NULL ? found : r->end;
	}
	const char *ampersand = memchr(p, '&', (size_t)(r->next_tag - p));
	r->pos = ampersand != NULL ? ampersand : r->next_tag;
}

/* Drops text before the first tag: white space, a second BOM, warnings of a script. */
static void drop_leading(struct repair *r)
{
	struct str s = rest(r);
	size_t at = 0;
	while ((at = str_find_char(s, '<', at)) != STR_NPOS) {
		char next = at + 1 < s.len ? s.data[at + 1] : '\0';
		if (is_name_start(next) || next == '?' || next == '!')
			break;
		at++;
	}
	if (at == STR_NPOS || at == 0)
		return;
	/* white space alone is a mistake only before a declaration */
	r->what->junk = str_trim(str_slice(s, 0, at)).len > 0 || str_starts(str_slice(s, at, s.len), STR("<?xml"));
	r->pos += at;
	r->copied = r->pos;
}

int xml_repair(struct buf *out, struct arena *a, struct str text, struct xml_repair *what, struct str *fixed)
{
	*what = (struct xml_repair){0};
	struct repair *r = arena_alloc(a, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	*r = (struct repair){.out = out,
		.what = what,
		.start = text.data,
		.pos = text.data,
		.end = text.data + text.len,
		.copied = text.data,
		.clean = !may_have_forbidden(text)};
	size_t before = out->len;
	drop_leading(r);
	const char *begin = r->pos;
	while (r->pos < r->end && !buf_failed(out)) {
		skip_text(r);
		if (r->pos == r->end)
			break;
		unsigned char c = (unsigned char)*r->pos;
		if (c == '<')
			pass_less_than(r);
		else if (c == '&')
			mend_reference(r);
		else if (!drop_forbidden(r))
			r->pos++;
	}
	if (!r->changed) {
		*fixed = str_make(begin, (size_t)(r->end - begin));
		return 0;
	}
	buf_append(out, r->copied, (size_t)(r->end - r->copied));
	*fixed = str_slice(buf_str(out), before, out->len);
	return out->failed;
}

/* The offset of the first start tag; STR_NPOS when a DOCTYPE, text or another thing comes before it. */
static size_t first_tag(struct str text)
{
	size_t i = 0;
	while (i < text.len) {
		struct str s = str_slice(text, i, text.len);
		size_t end;
		if (char_is_space(*s.data)) {
			i++;
			continue;
		}
		if (s.len < 2 || *s.data != '<')
			return STR_NPOS;
		if (is_name_start(s.data[1]))
			return i;
		if (s.data[1] == '?')
			end = str_find(s, STR("?>"), 2);
		else
			end = str_starts(s, STR("<!--")) ? str_find(s, STR("-->"), 4) : STR_NPOS;
		if (end == STR_NPOS)
			return STR_NPOS;
		i += end + (s.data[1] == '?' ? 2 : 3);
	}
	return STR_NPOS;
}

/* Whether text may have a reference from "&#128;" to "&#159;", in decimal or hexadecimal: HTML reads these as
 * windows-1252, XML as controls.  "#" is searched, since it is rarer than "&". */
static bool has_latin_reference(struct str text)
{
	for (size_t at = str_find_char(text, '#', 1); at != STR_NPOS; at = str_find_char(text, '#', at + 1)) {
		struct str s = str_slice(text, at + 1, at + 1 + REFERENCE_MAX);
		size_t i = s.len > 0 && char_lower(s.data[0]) == 'x' ? 1 : 0;
		if (text.data[at - 1] != '&')
			continue;
		while (i < s.len && s.data[i] == '0')
			i++;
		if (i == s.len || (s.data[0] == 'x' ? s.data[i] == '8' || s.data[i] == '9' : s.data[i] == '1'))
			return true;
	}
	return false;
}

/* True when each half of LIMIT_XML_TAG bytes has a "<", so that no tag is longer than LIMIT_XML_TAG. */
static bool has_short_tags(struct str text)
{
	enum { STEP = LIMIT_XML_TAG / 2 };
	for (size_t at = 0; at + STEP <= text.len; at += STEP) {
		if (memchr(text.data + at, '<', STEP) == NULL)
			return false;
	}
	return true;
}

bool xml_is_tame(struct str text)
{
	return first_tag(text) != STR_NPOS && has_short_tags(text) && !has_latin_reference(text);
}
