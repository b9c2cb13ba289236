/* SPDX-License-Identifier: ISC */
#include "html_tree.h"

#include <string.h>

#include "sitrep/base/utf8.h"

enum {
	/* The longest start tag that is repeated when its element goes on in the next block. */
	PENDING_TAG_MAX = 512,
	/* Bytes that repeated tags may add beyond the length of the input. */
	REPEAT_SLACK = 4096,
	/* Bytes that one byte of text may become ("&quot;"). */
	ESCAPED_MAX = 6,
};

void html_tree_init(struct html_tree *t, struct buf *out, struct html_values *values, size_t markup_len)
{
	t->out = out;
	t->values = values;
	buf_init(&t->tag, SIZE_MAX / 2);
	t->depth = t->pending_count = t->end_tags = 0;
	t->repeat_budget = markup_len + REPEAT_SLACK;
	t->picture = t->picture_end = out->len;
	t->in_noscript = t->drop_newline = t->full = t->no_memory = false;
}

void html_tree_release(struct html_tree *t)
{
	buf_release(&t->tag);
}

/* ---- output */

static bool has_room(const struct html_tree *t, size_t len)
{
	size_t room = t->out->max - t->out->len;

	return !t->full && len <= room && t->end_tags <= room - len;
}

static size_t end_tag_len(const struct html_element *e)
{
	return (size_t)e->name_len + 3;
}

static const struct html_element *top(const struct html_tree *t)
{
	return t->depth > 0 ? t->stack[t->depth - 1].element : NULL;
}

static bool top_has(const struct html_tree *t, unsigned flags)
{
	return t->depth > 0 && (t->stack[t->depth - 1].element->flags & flags) != 0;
}

/* Appends three pieces at once: a third of all writes are names. */
static void put_name(struct buf *out, const char *before, const struct html_element *e, char after)
{
	char text[sizeof(e->name) + 4];
	size_t len = strlen(before);

	memcpy(text, before, len);
	memcpy(text + len, e->name, sizeof(e->name));
	len += e->name_len;
	if (after != 0)
		text[len++] = after;
	buf_append(out, text, len);
}

static void close_top(struct html_tree *t)
{
	t->drop_newline = false;
	do {
		const struct html_element *e = t->stack[--t->depth].element;

		t->end_tags -= end_tag_len(e);
		put_name(t->out, "</", e, '>');
	} while (t->depth > 0 && t->stack[t->depth - 1].ends_with_block);
}

/* Closes the element at index and all inside it. */
static void close_through(struct html_tree *t, size_t index)
{
	while (t->depth > index)
		close_top(t);
}

/* Opens an element with the start tag tag; a void element is complete then.  False when the depth or the output is
 * at its limit. */
static bool open_tag(struct html_tree *t, const struct html_element *e, struct str tag)
{
	bool is_void = (e->flags & HTML_VOID) != 0;

	if (!is_void && t->depth == LIMIT_DEPTH)
		return false;
	if (!has_room(t, tag.len + (is_void ? 0 : end_tag_len(e)))) {
		t->full = true;
		return false;
	}
	if (!is_void) {
		t->stack[t->depth++] = (struct html_open){e, t->out->len, tag.len, false};
		t->end_tags += end_tag_len(e);
	}
	buf_add(t->out, tag);
	return true;
}

static bool open_plain(struct html_tree *t, const char *name)
{
	buf_clear(&t->tag);
	buf_putc(&t->tag, '<');
	buf_puts(&t->tag, name);
	buf_putc(&t->tag, '>');
	t->no_memory = t->no_memory || buf_failed(&t->tag);
	return !t->no_memory && open_tag(t, html_element_find(str_from(name)), buf_str(&t->tag));
}

/* ---- what is open */

/* The index of the innermost open element e, or for a heading of any open heading.  The search ends at an element with
 * one of barrier's flags.  The stack's depth when there is none. */
static size_t find_open(const struct html_tree *t, const struct html_element *e, unsigned barrier)
{
	for (size_t i = t->depth; i > 0; i--) {
		const struct html_element *open = t->stack[i - 1].element;

		if (open == e || ((e->flags & HTML_HEADING) != 0 && (open->flags & HTML_HEADING) != 0))
			return i - 1;
		if ((open->flags & barrier) != 0)
			break;
	}
	return t->depth;
}

/* The same for an id. */
static size_t find_id(const struct html_tree *t, enum html_id id, unsigned barrier)
{
	for (size_t i = t->depth; i > 0; i--) {
		const struct html_element *open = t->stack[i - 1].element;

		if (open->id == id)
			return i - 1;
		if ((open->flags & barrier) != 0)
			break;
	}
	return t->depth;
}

static bool has_block_above(const struct html_tree *t, size_t index)
{
	for (size_t i = index + 1; i < t->depth; i++)
		if ((t->stack[i].element->flags & (HTML_BLOCK | HTML_TABLE)) != 0)
			return true;
	return false;
}

/* ---- formatting elements that go on */

static void forget_pending(struct html_tree *t, const struct html_element *e)
{
	for (size_t i = t->pending_count; i > 0; i--) {
		if (t->pending[i - 1].element != e)
			continue;
		memmove(&t->pending[i - 1], &t->pending[i], (t->pending_count - i) * sizeof(t->pending[0]));
		t->pending_count--;
		return;
	}
}

/* Closes the element at index and all inside it; formatting elements inside it will be opened again behind it. */
static void interrupt_through(struct html_tree *t, size_t index)
{
	for (size_t i = index + 1; i < t->depth; i++) {
		const struct html_open *open = &t->stack[i];

		if ((open->element->flags & HTML_FORMAT) != 0 && !open->ends_with_block &&
			open->tag_len <= PENDING_TAG_MAX && t->pending_count < HTML_PENDING_MAX)
			t->pending[t->pending_count++] = *open;
	}
	close_through(t, index);
}

static void reopen_pending(struct html_tree *t)
{
	size_t count = t->pending_count;

	/* Cleared first: opening an element must not add to the list. */
	t->pending_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct html_open *p = &t->pending[i];

		if (p->tag_len > t->repeat_budget || (p->element->id == HTML_A && find_id(t, HTML_A, 0) < t->depth))
			continue;
		t->repeat_budget -= p->tag_len;
		buf_clear(&t->tag);
		buf_append(&t->tag, t->out->data + p->tag, p->tag_len);
		t->no_memory = t->no_memory || buf_failed(&t->tag);
		if (!t->no_memory)
			open_tag(t, p->element, buf_str(&t->tag));
	}
}

/* ---- tables */

/* Opens a cell when the position is inside a table but in no cell. */
static void need_cell(struct html_tree *t)
{
	if (!top_has(t, HTML_TABLE | HTML_SCOPE) || top(t)->id == HTML_TD || top(t)->id == HTML_CAPTION)
		return;
	if (top(t)->id == HTML_COLGROUP)
		close_top(t);
	if (t->depth + 2 <= LIMIT_DEPTH && (top(t)->id == HTML_TR || open_plain(t, "tr")) && open_plain(t, "td"))
		return;
	while (top_has(t, HTML_TABLE) || (t->depth > 0 && top(t)->id == HTML_TABLE_ELEMENT))
		close_top(t);
}

/* Closes elements of the nearest table until its part e is allowed.  False outside tables. */
static bool enter_table(struct html_tree *t, const struct html_element *e)
{
	size_t table = find_id(t, HTML_TABLE_ELEMENT, 0), keep = table;

	if (table == t->depth)
		return false;
	for (size_t i = table + 1; i < t->depth; i++) {
		enum html_id id = t->stack[i].element->id;

		if ((id == HTML_TBODY && (e->id == HTML_TR || e->id == HTML_TD)) ||
			(id == HTML_TR && e->id == HTML_TD) || (id == HTML_COLGROUP && e->id == HTML_COL))
			keep = i;
		else
			break;
	}
	close_through(t, keep + 1);
	if (e->id == HTML_TD && top(t)->id != HTML_TR)
		return t->depth + 1 < LIMIT_DEPTH && open_plain(t, "tr");
	if (e->id == HTML_COL && top(t)->id != HTML_COLGROUP)
		return open_plain(t, "colgroup");
	return true;
}

/* ---- start tags */

/* A list item ends the one before it in its list. */
static void close_item(struct html_tree *t, const struct html_element *e)
{
	for (size_t i = t->depth; i > 0; i--) {
		const struct html_element *open = t->stack[i - 1].element;
		bool same = e->id == HTML_LI ? open->id == HTML_LI : open->id == HTML_DD || open->id == HTML_DT;

		if (same) {
			close_through(t, i - 1);
			return;
		}
		if ((open->flags & (HTML_BLOCK | HTML_TABLE | HTML_SCOPE)) != 0 && open->id != HTML_P &&
			open->id != HTML_DIV && open->id != HTML_ADDRESS)
			return;
	}
}

static void before_block(struct html_tree *t, const struct html_element *e)
{
	size_t p;

	if (e->id == HTML_LI || e->id == HTML_DD || e->id == HTML_DT)
		close_item(t, e);
	p = find_id(t, HTML_P, HTML_SCOPE);
	if (p < t->depth) {
		if (e->id == HTML_P)
			close_through(t, p);
		else
			interrupt_through(t, p);
	}
	while ((e->flags & HTML_HEADING) != 0 && top_has(t, HTML_HEADING))
		close_top(t);
}

/* Links do not nest.  False when this one would. */
static bool before_link(struct html_tree *t, const struct html_element *e)
{
	size_t open = find_id(t, HTML_A, HTML_SCOPE);

	forget_pending(t, e);
	if (open == t->depth)
		return find_id(t, HTML_A, 0) == t->depth;
	if (has_block_above(t, open))
		close_through(t, open);
	else
		interrupt_through(t, open);
	return true;
}

/* Inside ruby, an annotation closes the elements that need no end tag. */
static void before_annotation(struct html_tree *t)
{
	bool in_ruby = find_id(t, HTML_RUBY_ELEMENT, HTML_SCOPE) < t->depth;

	while (top_has(t, HTML_RUBY) || (in_ruby && t->depth > 0 &&
						(top(t)->id == HTML_LI || top(t)->id == HTML_DD ||
							top(t)->id == HTML_DT || top(t)->id == HTML_P)))
		close_top(t);
}

/* Closes and opens elements so that e is allowed here.  False when it is not. */
static bool make_place(struct html_tree *t, const struct html_element *e)
{
	if ((e->flags & HTML_TABLE) != 0)
		return enter_table(t, e);
	need_cell(t);
	if ((e->flags & HTML_BLOCK) != 0) {
		before_block(t, e);
		if (e->id == HTML_TABLE_ELEMENT)
			t->pending_count = 0;
		return true;
	}
	if (e->id == HTML_A && !before_link(t, e))
		return false;
	if ((e->flags & HTML_RUBY) != 0)
		before_annotation(t);
	reopen_pending(t);
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

/* Whether tag is the copy in <noscript> of the picture before it, for readers without lazy-loading scripts. */
static bool is_same_picture(const struct html_tree *t, struct str tag)
{
	struct str before = str_slice(buf_str(t->out), t->picture, t->picture_end), source = source_of(tag);

	return t->in_noscript && !str_empty(source) && str_eq(source_of(before), source) &&
	       str_trim(str_slice(buf_str(t->out), t->picture_end, t->out->len)).len == 0;
}

void html_tree_start(struct html_tree *t, const struct html_element *e, const struct html_token *token)
{
	struct buf *tag = &t->tag;

	if (!make_place(t, e))
		return;
	buf_clear(tag);
	put_name(tag, "<", e, 0);
	if (!html_add_attributes(t->values, tag, e, token))
		return;
	buf_puts(tag, (e->flags & HTML_VOID) != 0 ? " />" : ">");
	t->no_memory = t->no_memory || buf_failed(tag);
	if (t->no_memory || (e->id == HTML_IMG && is_same_picture(t, buf_str(tag))))
		return;
	if (!open_tag(t, e, buf_str(tag)))
		return;
	t->drop_newline = e->id == HTML_PRE;
	if (e->id == HTML_IMG) {
		t->picture_end = t->out->len;
		t->picture = t->picture_end - tag->len;
	}
}

/* ---- end tags */

static void end_inline(struct html_tree *t, const struct html_element *e)
{
	size_t i = find_open(t, e, HTML_SCOPE);

	if (i == t->depth)
		forget_pending(t, e);
	else if (has_block_above(t, i))
		t->stack[i].ends_with_block = true;
	else
		interrupt_through(t, i);
}

void html_tree_end(struct html_tree *t, const struct html_element *e)
{
	size_t i, table;

	if ((e->flags & HTML_TABLE) != 0 || e->id == HTML_TABLE_ELEMENT) {
		/* Cells and captions end within their table only. */
		table = find_id(t, HTML_TABLE_ELEMENT, 0);
		i = e->id == HTML_TABLE_ELEMENT ? table : find_open(t, e, 0);
		if (table < t->depth && i < t->depth && i >= table)
			close_through(t, i);
	} else if ((e->flags & HTML_BLOCK) != 0) {
		i = find_open(t, e, HTML_SCOPE);
		if (i < t->depth)
			close_through(t, i);
	} else {
		end_inline(t, e);
	}
}

/* ---- text */

bool html_is_blank(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!char_is_space(text.data[i]))
			return false;
	return true;
}

/* Writes as much of escaped as fits, cut between characters. */
static void put_cut(struct html_tree *t, struct str escaped)
{
	size_t room = t->out->max - t->out->len;
	struct str cut;

	room = room > t->end_tags ? room - t->end_tags : 0;
	cut = utf8_cut(escaped, room);
	for (size_t i = cut.len; i > 0 && i + ESCAPED_MAX > cut.len; i--) {
		if (cut.len < escaped.len && cut.data[i - 1] == '&') {
			if (str_find_char(cut, ';', i) == STR_NPOS)
				cut.len = i - 1;
			break;
		}
	}
	buf_add(t->out, cut);
	t->full = t->full || cut.len < escaped.len;
}

void html_tree_text(struct html_tree *t, struct str raw)
{
	struct str escaped;

	if (!html_is_blank(raw)) {
		need_cell(t);
		reopen_pending(t);
	}
	if (!t->drop_newline && raw.len <= SIZE_MAX / ESCAPED_MAX && has_room(t, raw.len * ESCAPED_MAX)) {
		html_put_text(t->out, raw, false);
		return;
	}
	buf_clear(&t->tag);
	html_put_text(&t->tag, raw, false);
	t->no_memory = t->no_memory || buf_failed(&t->tag);
	escaped = buf_str(&t->tag);
	while (t->drop_newline && escaped.len > 0 && escaped.data[0] == '\n')
		escaped = str_slice(escaped, 1, escaped.len);
	t->drop_newline = t->drop_newline && escaped.len == 0;
	put_cut(t, escaped);
}

void html_tree_finish(struct html_tree *t)
{
	close_through(t, 0);
}
