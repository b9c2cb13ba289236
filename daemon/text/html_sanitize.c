/* Tokens into harmless XHTML.
 *
 * The output is a tree of allowed elements, written as it grows: a stack of what is open, and the rules of HTML 5's
 * tree construction (13.2.6) as far as they decide what closes what.  So a browser that reads the result as HTML builds
 * the tree that an XML parser does, and a second pass finds nothing to do.  Where the standard would move things
 * about (text inside a table but outside its cells, formatting elements that overlap blocks), the nearest tree that
 * can be written from front to back is made, and no text is lost.
 *
 * Room for all end tags is kept at any time, so that an output that runs full is still whole. */
#include <errno.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/html_internal.h"
#include "sitrep/text/url.h"

enum {
	/* Formatting elements that go on in the next block, as many as any writer nests. */
	PENDING_MAX = 8,
	/* Embedded things that wait for the end of their paragraph. */
	EMBEDDED_MAX = 8,
	/* A start tag that may be repeated for that. */
	PENDING_TAG_MAX = 512,
	/* What repeated tags may add in all beyond the length of the input. */
	REPEAT_SLACK = 4096,
	/* Bytes that one byte of text may become ("&quot;"). */
	ESCAPED_MAX = 6,
	/* Scratch memory for one attribute: the largest is an image within its URL, each byte of it encoded. */
	VALUES_MAX = 1024 * 1024,
};

/* Something that is not embedded but linked; raw values in the markup. */
struct embedded {
	struct str href, title;
};

struct open_element {
	const struct html_element *element;
	size_t tag; /* where its start tag stands in the output */
	size_t tag_len;
	bool ends_with_block; /* its end tag came while a block inside was open */
};

struct sanitizer {
	struct buf *out;
	struct html_values values;
	struct buf tag; /* the start tag, or text that may not fit, before it goes out */
	struct open_element stack[LIMIT_DEPTH];
	size_t depth;
	struct open_element pending[PENDING_MAX]; /* to be opened again before the next text */
	size_t pending_count;
	size_t end_tags;                        /* bytes that closing all of the stack takes */
	size_t repeat_budget;                   /* bytes that repeated start tags may still take */
	struct embedded embedded[EMBEDDED_MAX]; /* that have no link yet */
	size_t embedded_count;
	struct str drawing;          /* the content of the first one */
	struct buf last_embedded;    /* the address of the last one: object and embed name the same */
	size_t picture, picture_end; /* where the last picture's tag stands in the output */
	bool in_noscript;
	bool drop_newline; /* behind <pre>, where HTML takes a newline for no text */
	bool full;
	bool no_memory;
};

/* ---- output */

static bool has_room(const struct sanitizer *s, size_t len)
{
	size_t room = s->out->max - s->out->len;

	return !s->full && len <= room && s->end_tags <= room - len;
}

static size_t end_tag_len(const struct html_element *e)
{
	return (size_t)e->name_len + 3;
}

static const struct html_element *top(const struct sanitizer *s)
{
	return s->depth > 0 ? s->stack[s->depth - 1].element : NULL;
}

static bool top_has(const struct sanitizer *s, unsigned flags)
{
	return s->depth > 0 && (s->stack[s->depth - 1].element->flags & flags) != 0;
}

/* The three in one step: a third of all that is written are names. */
static void put_name(struct buf *out, const char *before, const struct html_element *e, char after)
{
	char text[sizeof(e->name) + 4];
	size_t len = strlen(before);

	memcpy(text, before, len);
	memcpy(text + len, e->name, sizeof(e->name));
	len += e->name_len;
	if (after != 0)
		text[len++] = after;
	(void)buf_append(out, text, len);
}

static void close_top(struct sanitizer *s)
{
	s->drop_newline = false;
	do {
		const struct html_element *e = s->stack[--s->depth].element;

		s->end_tags -= end_tag_len(e);
		put_name(s->out, "</", e, '>');
	} while (s->depth > 0 && s->stack[s->depth - 1].ends_with_block);
}

/* Closes all above and the one at index. */
static void close_through(struct sanitizer *s, size_t index)
{
	while (s->depth > index)
		close_top(s);
}

/* Opens an element whose start tag is in tag; a void one is complete with that.  False when it is not to be. */
static bool open_tag(struct sanitizer *s, const struct html_element *e, struct str tag)
{
	bool is_void = (e->flags & HTML_VOID) != 0;

	if (!is_void && s->depth == LIMIT_DEPTH)
		return false;
	if (!has_room(s, tag.len + (is_void ? 0 : end_tag_len(e)))) {
		s->full = true;
		return false;
	}
	if (!is_void) {
		s->stack[s->depth++] = (struct open_element){e, s->out->len, tag.len, false};
		s->end_tags += end_tag_len(e);
	}
	(void)buf_add(s->out, tag);
	return true;
}

static bool open_plain(struct sanitizer *s, const char *name)
{
	buf_clear(&s->tag);
	(void)buf_putc(&s->tag, '<');
	(void)buf_puts(&s->tag, name);
	(void)buf_putc(&s->tag, '>');
	s->no_memory = s->no_memory || buf_failed(&s->tag);
	return !s->no_memory && open_tag(s, html_element_find(str_from(name)), buf_str(&s->tag));
}

/* ---- what is open */

/* Index of the topmost open element of this kind; elements with one of the barrier's flags hide what is below
 * them.  The stack's depth when there is none. */
static size_t find_open(const struct sanitizer *s, const struct html_element *e, unsigned barrier)
{
	for (size_t i = s->depth; i > 0; i--) {
		const struct html_element *open = s->stack[i - 1].element;

		if (open == e || ((e->flags & HTML_HEADING) != 0 && (open->flags & HTML_HEADING) != 0))
			return i - 1;
		if ((open->flags & barrier) != 0)
			break;
	}
	return s->depth;
}

static size_t find_id(const struct sanitizer *s, enum html_id id, unsigned barrier)
{
	for (size_t i = s->depth; i > 0; i--) {
		const struct html_element *open = s->stack[i - 1].element;

		if (open->id == id)
			return i - 1;
		if ((open->flags & barrier) != 0)
			break;
	}
	return s->depth;
}

static bool has_block_above(const struct sanitizer *s, size_t index)
{
	for (size_t i = index + 1; i < s->depth; i++)
		if ((s->stack[i].element->flags & (HTML_BLOCK | HTML_TABLE)) != 0)
			return true;
	return false;
}

/* ---- formatting elements that go on */

static void forget_pending(struct sanitizer *s, const struct html_element *e)
{
	for (size_t i = s->pending_count; i > 0; i--) {
		if (s->pending[i - 1].element != e)
			continue;
		memmove(&s->pending[i - 1], &s->pending[i], (s->pending_count - i) * sizeof(s->pending[0]));
		s->pending_count--;
		return;
	}
}

/* Closes all above and the one at index; the formatting elements above go on behind it. */
static void interrupt_through(struct sanitizer *s, size_t index)
{
	for (size_t i = index + 1; i < s->depth; i++) {
		const struct open_element *open = &s->stack[i];

		if ((open->element->flags & HTML_FORMAT) != 0 && !open->ends_with_block &&
			open->tag_len <= PENDING_TAG_MAX && s->pending_count < PENDING_MAX)
			s->pending[s->pending_count++] = *open;
	}
	close_through(s, index);
}

static void reopen_pending(struct sanitizer *s)
{
	size_t count = s->pending_count;

	/* Nothing is added while they are opened. */
	s->pending_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct open_element *p = &s->pending[i];

		if (p->tag_len > s->repeat_budget || (p->element->id == HTML_A && find_id(s, HTML_A, 0) < s->depth))
			continue;
		s->repeat_budget -= p->tag_len;
		buf_clear(&s->tag);
		(void)buf_append(&s->tag, s->out->data + p->tag, p->tag_len);
		s->no_memory = s->no_memory || buf_failed(&s->tag);
		if (!s->no_memory)
			(void)open_tag(s, p->element, buf_str(&s->tag));
	}
}

/* ---- tables */

/* Inside a table, but in no cell of it: makes the cell that text needs. */
static void need_cell(struct sanitizer *s)
{
	if (!top_has(s, HTML_TABLE | HTML_SCOPE) || top(s)->id == HTML_TD || top(s)->id == HTML_CAPTION)
		return;
	if (top(s)->id == HTML_COLGROUP)
		close_top(s);
	if (s->depth + 2 <= LIMIT_DEPTH && (top(s)->id == HTML_TR || open_plain(s, "tr")) && open_plain(s, "td"))
		return;
	while (top_has(s, HTML_TABLE) || (s->depth > 0 && top(s)->id == HTML_TABLE_ELEMENT))
		close_top(s);
}

/* Closes what is open inside the nearest table down to where a part of it may stand.  False outside tables. */
static bool enter_table(struct sanitizer *s, const struct html_element *e)
{
	size_t table = find_id(s, HTML_TABLE_ELEMENT, 0), keep = table;

	if (table == s->depth)
		return false;
	for (size_t i = table + 1; i < s->depth; i++) {
		enum html_id id = s->stack[i].element->id;

		if ((id == HTML_TBODY && (e->id == HTML_TR || e->id == HTML_TD)) ||
			(id == HTML_TR && e->id == HTML_TD) || (id == HTML_COLGROUP && e->id == HTML_COL))
			keep = i;
		else
			break;
	}
	close_through(s, keep + 1);
	if (e->id == HTML_TD && top(s)->id != HTML_TR)
		return s->depth + 1 < LIMIT_DEPTH && open_plain(s, "tr");
	if (e->id == HTML_COL && top(s)->id != HTML_COLGROUP)
		return open_plain(s, "colgroup");
	return true;
}

/* ---- start tags */

/* A list item ends the one before it in its list. */
static void close_item(struct sanitizer *s, const struct html_element *e)
{
	for (size_t i = s->depth; i > 0; i--) {
		const struct html_element *open = s->stack[i - 1].element;
		bool same = e->id == HTML_LI ? open->id == HTML_LI : open->id == HTML_DD || open->id == HTML_DT;

		if (same) {
			close_through(s, i - 1);
			return;
		}
		if ((open->flags & (HTML_BLOCK | HTML_TABLE | HTML_SCOPE)) != 0 && open->id != HTML_P &&
			open->id != HTML_DIV && open->id != HTML_ADDRESS)
			return;
	}
}

static void before_block(struct sanitizer *s, const struct html_element *e)
{
	size_t p;

	if (e->id == HTML_LI || e->id == HTML_DD || e->id == HTML_DT)
		close_item(s, e);
	p = find_id(s, HTML_P, HTML_SCOPE);
	if (p < s->depth) {
		if (e->id == HTML_P)
			close_through(s, p);
		else
			interrupt_through(s, p);
	}
	while ((e->flags & HTML_HEADING) != 0 && top_has(s, HTML_HEADING))
		close_top(s);
}

/* Links do not nest.  False when this one would. */
static bool before_link(struct sanitizer *s, const struct html_element *e)
{
	size_t open = find_id(s, HTML_A, HTML_SCOPE);

	forget_pending(s, e);
	if (open == s->depth)
		return find_id(s, HTML_A, 0) == s->depth;
	if (has_block_above(s, open))
		close_through(s, open);
	else
		interrupt_through(s, open);
	return true;
}

/* Inside ruby, an annotation ends all that needs no end tag. */
static void before_annotation(struct sanitizer *s)
{
	bool in_ruby = find_id(s, HTML_RUBY_ELEMENT, HTML_SCOPE) < s->depth;

	while (top_has(s, HTML_RUBY) || (in_ruby && s->depth > 0 &&
						(top(s)->id == HTML_LI || top(s)->id == HTML_DD ||
							top(s)->id == HTML_DT || top(s)->id == HTML_P)))
		close_top(s);
}

/* Makes the place for e.  False when there is none. */
static bool make_place(struct sanitizer *s, const struct html_element *e)
{
	if ((e->flags & HTML_TABLE) != 0)
		return enter_table(s, e);
	need_cell(s);
	if ((e->flags & HTML_BLOCK) != 0) {
		before_block(s, e);
		if (e->id == HTML_TABLE_ELEMENT)
			s->pending_count = 0;
		return true;
	}
	if (e->id == HTML_A && !before_link(s, e))
		return false;
	if ((e->flags & HTML_RUBY) != 0)
		before_annotation(s);
	reopen_pending(s);
	return true;
}

static struct str source_of(struct str tag)
{
	size_t start = str_find(tag, STR(" src=\""), 0), end;

	if (start == STR_NPOS)
		return STR_NONE;
	end = str_find_char(tag, '"', start + 6);
	return str_slice(tag, start + 6, end);
}

/* A picture that a script loads late is there once more for those without scripts. */
static bool is_picture_again(const struct sanitizer *s, struct str tag)
{
	struct str before = str_slice(buf_str(s->out), s->picture, s->picture_end), source = source_of(tag);

	return s->in_noscript && !str_empty(source) && str_eq(source_of(before), source) &&
	       str_trim(str_slice(buf_str(s->out), s->picture_end, s->out->len)).len == 0;
}

static void start_element(struct sanitizer *s, const struct html_element *e, const struct html_token *token)
{
	struct buf *tag = &s->tag;

	if (!make_place(s, e))
		return;
	buf_clear(tag);
	put_name(tag, "<", e, 0);
	if (!html_add_attributes(&s->values, tag, e, token))
		return;
	(void)buf_puts(tag, (e->flags & HTML_VOID) != 0 ? " />" : ">");
	s->no_memory = s->no_memory || buf_failed(tag);
	if (s->no_memory || (e->id == HTML_IMG && is_picture_again(s, buf_str(tag))))
		return;
	if (!open_tag(s, e, buf_str(tag)))
		return;
	s->drop_newline = e->id == HTML_PRE;
	if (e->id == HTML_IMG) {
		s->picture_end = s->out->len;
		s->picture = s->picture_end - tag->len;
	}
}

/* ---- end tags */

static void end_inline(struct sanitizer *s, const struct html_element *e)
{
	size_t i = find_open(s, e, HTML_SCOPE);

	if (i == s->depth)
		forget_pending(s, e);
	else if (has_block_above(s, i))
		s->stack[i].ends_with_block = true;
	else
		interrupt_through(s, i);
}

static void end_element(struct sanitizer *s, const struct html_element *e)
{
	size_t i, table;

	if ((e->flags & HTML_TABLE) != 0 || e->id == HTML_TABLE_ELEMENT) {
		/* Cells and captions end within their table only. */
		table = find_id(s, HTML_TABLE_ELEMENT, 0);
		i = e->id == HTML_TABLE_ELEMENT ? table : find_open(s, e, 0);
		if (table < s->depth && i < s->depth && i >= table)
			close_through(s, i);
	} else if ((e->flags & HTML_BLOCK) != 0) {
		i = find_open(s, e, HTML_SCOPE);
		if (i < s->depth)
			close_through(s, i);
	} else {
		end_inline(s, e);
	}
}

/* ---- text */

static bool is_blank(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!char_is_space(text.data[i]))
			return false;
	return true;
}

/* As much of escaped text as fits, cut between characters. */
static void put_cut(struct sanitizer *s, struct str escaped)
{
	size_t room = s->out->max - s->out->len;
	struct str cut;

	room = room > s->end_tags ? room - s->end_tags : 0;
	cut = utf8_cut(escaped, room);
	for (size_t i = cut.len; i > 0 && i + ESCAPED_MAX > cut.len; i--) {
		if (cut.len < escaped.len && cut.data[i - 1] == '&') {
			if (str_find_char(cut, ';', i) == STR_NPOS)
				cut.len = i - 1;
			break;
		}
	}
	(void)buf_add(s->out, cut);
	s->full = s->full || cut.len < escaped.len;
}

static void put_text(struct sanitizer *s, struct str raw)
{
	struct str escaped;

	if (!is_blank(raw)) {
		need_cell(s);
		reopen_pending(s);
	}
	if (!s->drop_newline && raw.len <= SIZE_MAX / ESCAPED_MAX && has_room(s, raw.len * ESCAPED_MAX)) {
		html_put_text(s->out, raw, false);
		return;
	}
	buf_clear(&s->tag);
	html_put_text(&s->tag, raw, false);
	s->no_memory = s->no_memory || buf_failed(&s->tag);
	escaped = buf_str(&s->tag);
	while (s->drop_newline && escaped.len > 0 && escaped.data[0] == '\n')
		escaped = str_slice(escaped, 1, escaped.len);
	s->drop_newline = s->drop_newline && escaped.len == 0;
	put_cut(s, escaped);
}

/* ---- what does not stay */

/* Where something goes that kept two words apart, a space does. */
static void keep_words_apart(struct sanitizer *s)
{
	char last = s->out->len > 0 ? s->out->data[s->out->len - 1] : ' ';

	if (last != '>' && !char_is_space(last))
		put_text(s, STR(" "));
}

/* "https://www.host.example:80/x" to "host.example". */
static struct str site_of(struct str url)
{
	size_t start = str_find(url, STR("://"), 0) + 3, end = start;

	while (end < url.len && strchr("/?#", url.data[end]) == NULL)
		end++;
	url = str_slice(url, start, end);
	start = str_find_char(url, '@', 0);
	url = start == STR_NPOS ? url : str_slice(url, start + 1, url.len);
	end = url.len > 0 && url.data[0] == '[' ? STR_NPOS : str_find_char(url, ':', 0);
	url = end == STR_NPOS ? url : str_slice(url, 0, end);
	return str_starts(url, STR("www.")) ? str_slice(url, 4, url.len) : url;
}

/* Links to what elements would have loaded, each by its title and the name of its site. */
static void put_embedded(struct sanitizer *s)
{
	const struct html_element *a = html_element_find(STR("a"));
	size_t count = s->embedded_count;

	s->embedded_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct html_token link = {.kind = HTML_TOKEN_START, .text = STR("a"), .attribute_count = 1};
		struct str title = s->embedded[i].title, url;

		link.attributes[0].name = STR("href");
		link.attributes[0].value = s->embedded[i].href;
		keep_words_apart(s);
		start_element(s, a, &link);
		if (!is_blank(title)) {
			put_text(s, title);
			put_text(s, STR(" ("));
		}
		if (html_embedded_url(&s->values, link.attributes[0].value, &url))
			put_text(s, site_of(url));
		arena_clear(&s->values.arena);
		if (!is_blank(title))
			put_text(s, STR(")"));
		end_element(s, a);
	}
}

/* Notes an element that would load something: its link stands behind the paragraph, since it may stand in the midst of
 * a sentence. */
static void take_embedded(struct sanitizer *s, const struct html_token *token)
{
	struct embedded e = {.title = html_raw_attribute(token, STR("title"))};
	struct str url;
	bool good = html_embedded(&s->values, token, &e.href, &url) && !str_eq(buf_str(&s->last_embedded), url);

	if (good) {
		buf_clear(&s->last_embedded);
		(void)buf_add(&s->last_embedded, url);
		s->no_memory = s->no_memory || buf_failed(&s->last_embedded);
	}
	arena_clear(&s->values.arena);
	if (!good || s->no_memory)
		return;
	if (s->embedded_count == EMBEDDED_MAX)
		put_embedded(s);
	s->embedded[s->embedded_count++] = e;
}

static void skip_element(struct sanitizer *s, const struct html_element *e, struct html_tokenizer *tokens,
	const struct html_token *token)
{
	/* XHTML writers close these with "/>", and mean it. */
	size_t start = tokens->pos;

	if (token->kind != HTML_TOKEN_START || token->self_closing)
		return;
	if (!html_skip_content(tokens, token->text) && (e->flags & HTML_RAW) != 0)
		tokens->pos = tokens->markup.len;
	if (e->id == HTML_SVG) {
		if (str_empty(s->drawing))
			s->drawing = str_slice(tokens->markup, start, tokens->pos);
		keep_words_apart(s);
	}
}

/* Where a drawing is all there is, what it is labelled with is better than nothing. */
static void put_labels(struct sanitizer *s)
{
	struct html_tokenizer tokens = {.markup = s->drawing};
	struct html_token token;

	while (!s->full && html_next_token(&tokens, &token)) {
		const struct html_element *e = html_element_find(token.text);

		if (token.kind == HTML_TOKEN_TEXT)
			put_text(s, token.text);
		else if (token.kind == HTML_TOKEN_START && !token.self_closing && e != NULL &&
			 (e->flags & HTML_RAW) != 0 && !html_skip_content(&tokens, token.text))
			break;
	}
}

/* ---- */

static void take_tag(struct sanitizer *s, struct html_tokenizer *tokens, const struct html_token *token)
{
	const struct html_element *e = html_element_find(token->text);
	bool start = token->kind == HTML_TOKEN_START;

	if (e == NULL)
		return;
	if (s->embedded_count > 0 && (e->flags & (HTML_BLOCK | HTML_TABLE)) != 0)
		put_embedded(s);
	if ((e->flags & HTML_SKIP) != 0) {
		skip_element(s, e, tokens, token);
	} else if ((e->flags & HTML_EMBED) != 0) {
		if (start)
			take_embedded(s, token);
	} else if ((e->flags & HTML_KEEP) == 0) {
		if (e->id == HTML_NOSCRIPT)
			s->in_noscript = start;
		if ((e->flags & HTML_SPACE) != 0)
			keep_words_apart(s);
	} else if (start && (e->flags & (HTML_BLOCK | HTML_VOID)) == 0 && html_is_icon(&s->values, token)) {
		/* without its end, only the tag goes: where an icon ends is not known */
		if (!token->self_closing)
			(void)html_skip_content(tokens, token->text);
		keep_words_apart(s);
	} else if (start) {
		start_element(s, e, token);
	} else if ((e->flags & HTML_VOID) == 0) {
		end_element(s, e);
	}
}

/* The address that the markup's own <base> names, in a; base when it names none. */
static struct str base_of(struct arena *a, struct str markup, struct str base)
{
	struct html_tokenizer tokens = {.markup = markup};
	struct html_token token;
	struct buf href = BUF_INIT(LIMIT_URL);
	bool found = str_find_nocase(markup, STR("<base"), 0) == STR_NPOS;

	while (!found && html_next_token(&tokens, &token)) {
		struct str url;

		if (token.kind != HTML_TOKEN_START || !str_eq_nocase(token.text, STR("base")))
			continue;
		buf_clear(&href);
		if (html_unescape(&href, html_raw_attribute(&token, STR("href"))) != 0)
			break;
		url = url_resolve(a, base, url_forgive(a, buf_str(&href)));
		found = url_is_web(url);
		if (found)
			base = arena_str(a, url);
	}
	buf_release(&href);
	return base;
}

static int sanitize(struct sanitizer *s, struct str markup)
{
	struct html_tokenizer tokens = {.markup = markup};
	struct html_token token;
	size_t start = s->out->len;

	while (!s->full && !s->no_memory && !buf_failed(s->out) && html_next_token(&tokens, &token)) {
		if (token.kind == HTML_TOKEN_TEXT)
			put_text(s, token.text);
		else
			take_tag(s, &tokens, &token);
	}
	if (!s->full && !s->no_memory && !buf_failed(s->out))
		put_embedded(s);
	if (s->out->len == start && !s->no_memory && !buf_failed(s->out))
		put_labels(s);
	if (!buf_failed(s->out))
		close_through(s, 0);
	if (s->no_memory || buf_failed(s->out))
		return -ENOMEM;
	return s->full ? -E2BIG : 0;
}

int html_sanitize(struct buf *out, struct str markup, struct str base)
{
	struct buf repaired = BUF_INIT(SIZE_MAX / 2);
	struct sanitizer s; /* not zeroed: most of it is the stack, most of which is never used */
	struct arena own_base;
	int ret;

	if (buf_failed(out))
		return out->failed;
	if (!utf8_valid(markup)) {
		(void)utf8_repair(&repaired, markup);
		markup = buf_str(&repaired);
	}
	s.out = out;
	arena_init(&own_base, VALUES_MAX);
	s.drawing = STR_NONE;
	s.values.base = base_of(&own_base, markup, base);
	buf_init(&s.last_embedded, LIMIT_URL);
	arena_init(&s.values.arena, VALUES_MAX);
	buf_init(&s.values.raw, VALUES_MAX);
	buf_init(&s.values.made, VALUES_MAX);
	buf_init(&s.tag, SIZE_MAX / 2);
	s.depth = s.pending_count = s.embedded_count = s.end_tags = 0;
	s.repeat_budget = markup.len + REPEAT_SLACK;
	s.picture = s.picture_end = out->len;
	s.in_noscript = s.drop_newline = s.full = s.no_memory = false;
	ret = buf_failed(&repaired) ? repaired.failed : sanitize(&s, markup);
	arena_release(&s.values.arena);
	buf_release(&s.values.raw);
	buf_release(&s.values.made);
	arena_release(&own_base);
	buf_release(&s.last_embedded);
	buf_release(&s.tag);
	buf_release(&repaired);
	return ret;
}
