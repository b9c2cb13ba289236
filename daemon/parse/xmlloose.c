/* SPDX-License-Identifier: ISC */
/* A reader for text that was meant to be XML.
 *
 * libxml2 stops at mistakes that real feeds make: HTML pasted into a description without escaping, tags that cross,
 * attributes without quotes, a missing end tag.  This reader accepts any sequence of tags.  An end tag closes the
 * innermost open element of that name and all elements inside it; without such an element it is ignored.  A new item
 * closes the item before, since items do not nest.  An element that holds text only, as <guid>, is closed by the
 * next start tag of a feed element.  Time is linear in the text; at most LIMIT_DEPTH elements are open. */
#include "xmlread.h"

#include "sitrep/base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ATTRS_MAX = 64, BINDINGS_MAX = 256 };
/* "&#x10ffff;" */
enum { REFERENCE_MAX = 12 };

struct binding {
	struct str prefix;
	struct str uri;
};

struct open_element {
	struct str name; /* as written, with its prefix */
	size_t bindings; /* number of bindings before it */
};

struct loose {
	const struct xml_events *events;
	struct arena *arena;
	struct xml_outcome *outcome;
	struct str text;
	size_t pos;
	size_t depth;
	size_t too_deep; /* number of open elements beyond LIMIT_DEPTH, which give no events */
	size_t binding_count;
	bool root_closed;
	bool no_memory;
	struct open_element open[LIMIT_DEPTH];
	struct binding bindings[BINDINGS_MAX];
	struct xml_attr attrs[ATTRS_MAX];
};

#define NAME(text)                                                                                                     \
	{                                                                                                              \
		"" text, sizeof(text) - 1                                                                              \
	}

/* Elements that hold text only in any feed: the next start tag of a feed element closes them. */
static const struct str leaves[] = {NAME("title"), NAME("link"), NAME("guid"), NAME("pubDate"), NAME("comments"),
	NAME("category"), NAME("id"), NAME("updated"), NAME("issued"), NAME("published"), NAME("modified"),
	NAME("dc:date"), NAME("dc:title"), NAME("language"), NAME("ttl"), NAME("generator"), NAME("copyright"),
	NAME("dc:creator"), NAME("docs"), NAME("webMaster"), NAME("dc:subject"), NAME("managingEditor"),
	NAME("lastBuildDate")};
/* Other feed elements that may follow them; no HTML element has these names. */
static const struct str followers[] = {NAME("description"), NAME("item"), NAME("entry"), NAME("author"),
	NAME("content:encoded"), NAME("content"), NAME("summary"), NAME("enclosure"), NAME("image"), NAME("subtitle"),
	NAME("tagline"), NAME("source")};
/* HTML elements that have no end tag. */
static const struct str voids[] = {NAME("br"), NAME("hr"), NAME("img"), NAME("input"), NAME("meta"), NAME("wbr"),
	NAME("col"), NAME("embed"), NAME("area"), NAME("param")};
#define HAS(list, name) has((list), sizeof(list) / sizeof(*(list)), (name))

static bool has(const struct str *list, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq_nocase(list[i], name))
			return true;
	}
	return false;
}

static bool is_name(char c)
{
	return char_is_alpha(c) || char_is_digit(c) || c == '_' || c == ':' || c == '-' || c == '.' ||
	       (unsigned char)c >= 0x80;
}

/* Notes the first mistake, with its line. */
static void note_mistake(struct loose *l, const char *what, struct str name)
{
	if (l->outcome->why[0] != '\0')
		return;
	size_t line = 1;
	for (size_t at = str_find_char(l->text, '\n', 0); at < l->pos; at = str_find_char(l->text, '\n', at + 1))
		line++;
	snprintf(l->outcome->why, sizeof(l->outcome->why), "line %zu: %s %.*s", line, what,
		(int)(name.len < 60 ? name.len : 60), name.data != NULL ? name.data : "");
}

/* Writes the character of the reference at the beginning of s as UTF-8.  Returns its length; 0: not a reference. */
static size_t read_reference(struct str s, char utf8[static 8], size_t *utf8_len)
{
	static const struct {
		struct str name;
		char c;
	} named[] = {{{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'}, {{"&quot;", 6}, '"'},
		{{"&apos;", 6}, '\''}};
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		if (str_starts(s, named[i].name)) {
			utf8[0] = named[i].c;
			*utf8_len = 1;
			return named[i].name.len;
		}
	}
	bool hex = s.len > 2 && s.data[1] == '#' && s.data[2] == 'x';
	size_t close = str_find_char(str_slice(s, 0, REFERENCE_MAX), ';', 0);
	if (s.len < 4 || s.data[1] != '#' || close == STR_NPOS)
		return 0;
	uint32_t cp = 0;
	for (size_t i = hex ? 3 : 2; i < close; i++) {
		char c = char_lower(s.data[i]);
		uint32_t digit = char_is_digit(c) ? (uint32_t)(c - '0') : (uint32_t)(c - 'a') + 10;
		if (digit >= (hex ? 16U : 10U))
			return 0;
		cp = cp * (hex ? 16 : 10) + digit;
	}
	struct buf b = BUF_INIT(8);
	buf_put_utf8(&b, cp);
	*utf8_len = b.len;
	if (b.len > 0)
		memcpy(utf8, b.data, b.len);
	bool failed = buf_failed(&b);
	buf_release(&b);
	return failed ? 0 : close + 1;
}

static struct str unescaped(struct loose *l, struct str raw)
{
	if (str_find_char(raw, '&', 0) == STR_NPOS)
		return raw;
	char *copy = arena_alloc(l->arena, raw.len);
	if (copy == NULL) {
		l->no_memory = true;
		return raw;
	}
	size_t len = 0;
	for (size_t i = 0; i < raw.len;) {
		char utf8[8];
		size_t utf8_len = 0;
		size_t used = raw.data[i] == '&' ? read_reference(str_slice(raw, i, raw.len), utf8, &utf8_len) : 0;
		if (used == 0) {
			copy[len++] = raw.data[i++];
			continue;
		}
		/* a reference is never shorter than its character */
		memcpy(copy + len, utf8, utf8_len);
		len += utf8_len;
		i += used;
	}
	return str_make(copy, len);
}

static void emit_text(struct loose *l, struct str raw)
{
	while (raw.len > 0) {
		size_t at = str_find_char(raw, '&', 0);
		struct str plain = str_slice(raw, 0, at == STR_NPOS ? raw.len : at);
		if (plain.len > 0)
			l->events->text(l->events->ctx, plain);
		raw = str_slice(raw, plain.len, raw.len);
		if (raw.len == 0)
			break;
		char utf8[8];
		size_t utf8_len = 0;
		size_t used = read_reference(raw, utf8, &utf8_len);
		l->events->text(l->events->ctx, used == 0 ? str_slice(raw, 0, 1) : str_make(utf8, utf8_len));
		raw = str_slice(raw, used == 0 ? 1 : used, raw.len);
	}
}

static struct str uri_of(const struct loose *l, struct str prefix)
{
	if (str_eq(prefix, STR("xml")))
		return STR("http://www.w3.org/XML/1998/namespace");
	for (size_t i = l->binding_count; i-- > 0;) {
		if (str_eq(l->bindings[i].prefix, prefix))
			return l->bindings[i].uri;
	}
	return STR_NONE;
}

static struct xml_name split_name(struct str written)
{
	size_t colon = str_find_char(written, ':', 0);
	if (colon == STR_NPOS || colon == 0 || colon + 1 == written.len)
		return (struct xml_name){STR_NONE, written, STR_NONE};
	return (struct xml_name){str_slice(written, 0, colon), str_slice(written, colon + 1, written.len), STR_NONE};
}

static void close_to(struct loose *l, size_t depth)
{
	while (l->depth > depth) {
		l->depth--;
		l->binding_count = l->open[l->depth].bindings;
		l->events->end(l->events->ctx);
	}
	l->too_deep = 0;
	if (depth == 0)
		l->root_closed = true;
}

/* The index of the innermost open element of that name, or STR_NPOS. */
static size_t find_open(const struct loose *l, struct str name)
{
	for (size_t i = l->depth; i-- > 0;) {
		if (str_eq(l->open[i].name, name))
			return i;
	}
	for (size_t i = l->depth; i-- > 0;) {
		if (str_eq_nocase(l->open[i].name, name))
			return i;
	}
	return STR_NPOS;
}

static void end_tag(struct loose *l, struct str name)
{
	size_t at = find_open(l, name);
	if (at == STR_NPOS) {
		if (l->too_deep > 0)
			l->too_deep--;
		note_mistake(l, "an end tag without its start:", name);
		return;
	}
	if (at + 1 != l->depth)
		note_mistake(l, "elements were still open at the end of", name);
	close_to(l, at);
}

/* Closes elements that cannot contain an element of that name. */
static void make_room(struct loose *l, struct str name)
{
	if (str_eq_nocase(name, STR("item")) || str_eq_nocase(name, STR("entry"))) {
		size_t at = find_open(l, name);
		if (at != STR_NPOS) {
			note_mistake(l, "no end tag before the next", name);
			close_to(l, at);
			return;
		}
	}
	if (l->depth > 0 && HAS(leaves, l->open[l->depth - 1].name) && (HAS(leaves, name) || HAS(followers, name))) {
		note_mistake(l, "no end tag for", l->open[l->depth - 1].name);
		close_to(l, l->depth - 1);
	}
}

static void add_binding(struct loose *l, struct str prefix, struct str uri)
{
	if (l->binding_count < BINDINGS_MAX)
		l->bindings[l->binding_count++] = (struct binding){prefix, arena_str(l->arena, str_trim(uri))};
}

static void skip_space(struct loose *l)
{
	while (l->pos < l->text.len && char_is_space(l->text.data[l->pos]))
		l->pos++;
}

static struct str attr_value(struct loose *l)
{
	if (l->pos >= l->text.len)
		return STR("");
	char quote = l->text.data[l->pos];
	if (quote == '"' || quote == '\'') {
		size_t close = str_find_char(l->text, quote, l->pos + 1);
		struct str inside = str_slice(l->text, l->pos + 1, close);
		size_t bracket = str_find_char(inside, '>', 0);
		/* a quote that is closed in a later tag only was forgotten: the value ends with this tag */
		if (bracket != STR_NPOS && (close == STR_NPOS || str_find_char(inside, '<', bracket) != STR_NPOS))
			close = l->pos + 1 + bracket;
		else if (close == STR_NPOS)
			close = l->text.len;
		struct str raw = str_slice(l->text, l->pos + 1, close);
		l->pos = close < l->text.len && l->text.data[close] == quote ? close + 1 : close;
		return unescaped(l, raw);
	}
	size_t start = l->pos;
	while (l->pos < l->text.len && !char_is_space(l->text.data[l->pos]) && l->text.data[l->pos] != '>' &&
		!(l->text.data[l->pos] == '/' && l->pos + 1 < l->text.len && l->text.data[l->pos + 1] == '>'))
		l->pos++;
	return unescaped(l, str_slice(l->text, start, l->pos));
}

/* Reads attributes up to the tag's end and returns their number.  *closed: the tag ended with "/>". */
static size_t read_attributes(struct loose *l, bool *closed)
{
	size_t n = 0;
	*closed = false;
	while (l->pos < l->text.len) {
		skip_space(l);
		if (l->pos >= l->text.len)
			break;
		char c = l->text.data[l->pos];
		if (c == '>') {
			l->pos++;
			return n;
		}
		if (c == '<') {
			note_mistake(l, "a tag without its end", STR(""));
			return n;
		}
		size_t start = l->pos;
		while (l->pos < l->text.len && is_name(l->text.data[l->pos]))
			l->pos++;
		if (l->pos == start) {
			*closed = c == '/';
			l->pos++;
			continue;
		}
		*closed = false;
		struct str name = str_slice(l->text, start, l->pos);
		skip_space(l);
		struct str value = STR("");
		if (l->pos < l->text.len && l->text.data[l->pos] == '=') {
			l->pos++;
			skip_space(l);
			value = attr_value(l);
		}
		struct xml_name split = split_name(name);
		if (str_eq(name, STR("xmlns")))
			split = (struct xml_name){STR("xmlns"), STR_NONE, STR_NONE};
		if (str_eq(split.prefix, STR("xmlns")))
			add_binding(l, split.local, value);
		if (n < ATTRS_MAX)
			l->attrs[n++] = (struct xml_attr){split, value};
	}
	return n;
}

static void start_tag(struct loose *l, struct str name)
{
	make_room(l, name);
	size_t bindings = l->binding_count;
	bool closed;
	size_t n = read_attributes(l, &closed);
	if (l->depth == LIMIT_DEPTH) {
		l->too_deep += !closed;
		l->binding_count = bindings;
		note_mistake(l, "too many nested elements at", name);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct xml_name *attr = &l->attrs[i].name;
		if (!str_empty(attr->prefix))
			attr->uri = uri_of(l, attr->prefix);
	}
	struct xml_name split = split_name(name);
	split.uri = uri_of(l, split.prefix);
	l->outcome->undeclared |= !str_empty(split.prefix) && str_empty(split.uri);
	l->open[l->depth++] = (struct open_element){name, bindings};
	l->events->start(l->events->ctx, &split, l->attrs, n);
	if (closed || HAS(voids, name))
		close_to(l, l->depth - 1);
}

/* Moves behind the next close, or to the end of the text.  Returns the text from from to there. */
static struct str take_until(struct loose *l, size_t from, struct str close)
{
	size_t at = str_find(l->text, close, from);
	struct str inside = str_slice(l->text, from, at == STR_NPOS ? l->text.len : at);
	l->pos = at == STR_NPOS ? l->text.len : at + close.len;
	return inside;
}

/* Reads the markup that begins with the "<" at the position. */
static void read_markup(struct loose *l)
{
	struct str s = str_slice(l->text, l->pos, l->text.len);
	if (str_starts(s, STR("<!--"))) {
		take_until(l, l->pos + 4, STR("-->"));
	} else if (str_starts(s, STR("<![CDATA["))) {
		struct str inside = take_until(l, l->pos + 9, STR("]]>"));
		if (l->depth > 0 && inside.len > 0)
			l->events->text(l->events->ctx, inside);
	} else if (str_starts(s, STR("<?"))) {
		take_until(l, l->pos + 2, STR("?>"));
	} else if (str_starts(s, STR("<!"))) {
		take_until(l, l->pos + 2, STR(">"));
	} else {
		bool end = s.len > 1 && s.data[1] == '/';
		size_t from = l->pos + (end ? 2 : 1);
		size_t to = from;
		while (to < l->text.len && is_name(l->text.data[to]))
			to++;
		struct str name = str_slice(l->text, from, to);
		l->pos = to;
		if (name.len == 0) {
			note_mistake(l, "a bare <", STR(""));
			if (l->depth > 0)
				l->events->text(l->events->ctx, STR("<"));
			l->pos = from - (end ? 1 : 0);
		} else if (end) {
			take_until(l, to, STR(">"));
			end_tag(l, name);
		} else {
			start_tag(l, name);
		}
	}
}

int xml_read_loose(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome)
{
	*outcome = (struct xml_outcome){0};
	struct loose *l = arena_alloc(a, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->events = events;
	l->arena = a;
	l->outcome = outcome;
	l->text = text;
	while (l->pos < text.len && !l->no_memory && !events->stopped(events->ctx)) {
		size_t at = str_find_char(text, '<', l->pos);
		struct str before = str_slice(text, l->pos, at == STR_NPOS ? text.len : at);
		l->pos += before.len;
		if (l->depth > 0)
			emit_text(l, before);
		if (at != STR_NPOS)
			read_markup(l);
	}
	if (l->depth > 0)
		note_mistake(l, "the text ends inside", l->open[l->depth - 1].name);
	outcome->wellformed = outcome->why[0] == '\0';
	outcome->truncated = l->depth > 0 || !l->root_closed;
	return l->no_memory ? -ENOMEM : 0;
}
