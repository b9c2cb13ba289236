/* SPDX-License-Identifier: ISC */
/* The lines of the events under way: a slot for each of the last cursors. */
#include "event_lines.h"

#include <errno.h>

#include "event_places.h"
#include "sitrep/base/limits.h"
#include "sitrep/rules/rule.h"

/* The terms of one match, as rule_set_match() tells them. */
enum { TERMS_MAX = RULE_TEXT_MAX + RULE_TOLD_MAX };

static void clear_slot(struct event_lines *l, struct event_lines_slot *slot)
{
	for (size_t i = 0; i < 2; i++) {
		l->bytes -= slot->text[i].len;
		buf_release(&slot->text[i]);
	}
}

static void clear_matched(struct event_lines *l, struct event_lines_matched *m)
{
	l->bytes -= m->text.len;
	buf_release(&m->text);
	buf_release(&m->terms);
}

static void clear_all_matched(struct event_lines *l)
{
	for (size_t i = 0; i < EVENT_LINES_KEPT && l->bytes > 0; i++)
		clear_matched(l, &l->matched[i]);
}

void event_lines_clear(struct event_lines *l)
{
	for (size_t i = 0; i < EVENT_LINES_KEPT && l->bytes > 0; i++)
		clear_slot(l, &l->slots[i]);
	clear_all_matched(l);
}

int event_lines_get(
	struct event_lines *l, const struct event_record *e, const struct event_view *view, struct str *line)
{
	struct event_lines_slot *slot = &l->slots[(uint64_t)e->cursor % EVENT_LINES_KEPT];
	struct buf *text = &slot->text[view->full];
	int result;

	if (slot->cursor != e->cursor)
		clear_slot(l, slot);
	slot->cursor = e->cursor;
	if (text->len == 0) {
		if (l->bytes > EVENT_LINES_BYTES)
			event_lines_clear(l);
		buf_init(text, LIMIT_STREAM_LINE);
		result = event_write_json(text, e, view);
		if (result == 0)
			result = buf_putc(text, '\n');
		if (result != 0) {
			buf_release(text);
			return result;
		}
		l->bytes += text->len;
		l->made++;
	}
	*line = buf_str(text);
	return 0;
}

/* FNV-1a. */
static uint64_t hash_of(struct str text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Makes the line of a slot; key is taken over. 0, or the failure of event_places_add(): the slot is empty then. */
static int make_matched(struct event_lines *l, struct event_lines_matched *m, struct buf key, const struct str *terms,
	size_t count, struct str line)
{
	int result;

	/* Not the line itself, which is at hand. */
	if (l->bytes > EVENT_LINES_BYTES)
		clear_all_matched(l);
	clear_matched(l, m);
	m->terms = key;
	buf_init(&m->text, LIMIT_STREAM_LINE);
	result = event_places_add(&m->text, line, terms, count);
	if (result == 0) {
		l->bytes += m->text.len;
		l->made++;
	} else {
		buf_release(&m->text);
		buf_release(&m->terms);
	}
	return result;
}

int event_lines_add_terms(
	struct event_lines *l, int64_t cursor, bool full, const struct str *terms, size_t count, struct str *line)
{
	struct buf key = BUF_INIT(TERMS_MAX);
	struct event_lines_matched *m;
	int result;

	for (size_t i = 0; i < count; i++) {
		buf_add(&key, terms[i]);
		buf_putc(&key, '\n');
	}
	result = key.failed;
	m = &l->matched[((uint64_t)cursor * 31 + hash_of(buf_str(&key))) % EVENT_LINES_KEPT];
	if (result != 0 || (m->text.len > 0 && m->cursor == cursor && m->full == full &&
				   str_eq(buf_str(&m->terms), buf_str(&key)))) {
		buf_release(&key);
	} else {
		m->cursor = cursor;
		m->full = full;
		result = make_matched(l, m, key, terms, count, *line);
	}
	if (result == 0)
		*line = buf_str(&m->text);
	return result == -E2BIG ? 0 : result;
}
