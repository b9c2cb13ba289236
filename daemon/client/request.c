/* SPDX-License-Identifier: ISC */
/* Writes requests: text is quoted, members that are JSON already are copied. */
#include "request.h"

#include <errno.h>

#include "member.h"

static void put_text(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			buf_putc(out, '\\');
		if ((unsigned char)*c < ' ')
			buf_printf(out, "\\u%04x", (unsigned)*c);
		else
			buf_putc(out, *c);
	}
	buf_putc(out, '"');
}

/* A comma, except before the first member, and the name. */
static void put_name(struct buf *out, const char *name)
{
	if (out->len > 0 && out->data[out->len - 1] != '{')
		buf_putc(out, ',');
	buf_printf(out, "\"%s\":", name);
}

static void put_member(struct buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	put_name(out, name);
	put_text(out, text);
}

static void put_list(struct buf *out, const char *name, const char *const *list)
{
	if (list == NULL || list[0] == NULL)
		return;
	put_name(out, name);
	for (size_t i = 0; list[i] != NULL; i++) {
		buf_putc(out, i == 0 ? '[' : ',');
		put_text(out, list[i]);
	}
	buf_putc(out, ']');
}

int request_filter(struct buf *out, const struct sitrep_filter *filter)
{
	buf_putc(out, '{');
	put_list(out, "events", filter->events);
	put_list(out, "feeds", filter->feeds);
	put_list(out, "categories", filter->categories);
	put_member(out, "match", filter->match);
	put_member(out, "since", filter->since);
	if (filter->full != 0) {
		put_name(out, "full");
		buf_puts(out, "true");
	}
	return buf_putc(out, '}');
}

static bool is_copied(struct str name, bool has_cursor)
{
	return !str_eq(name, STR("op")) &&
	       (!has_cursor || (!str_eq(name, STR("since")) && !str_eq(name, STR("instance"))));
}

int request_subscribe(struct buf *out, struct str filter, const char *cursor, const char *instance)
{
	bool has_cursor = cursor[0] != '\0';
	struct str name, value;
	size_t pos = 0;

	if (!member_is_object(filter) || str_find_char(filter, '\n', 0) != STR_NPOS)
		return -EINVAL;
	buf_puts(out, "{\"op\":\"subscribe\"");
	while (member_next(filter, &pos, &name, &value)) {
		if (!is_copied(name, has_cursor))
			continue;
		buf_printf(out, ",\"%.*s\":", STR_ARG(name));
		buf_add(out, value);
	}
	if (has_cursor) {
		put_member(out, "since", cursor);
		put_member(out, "instance", instance[0] != '\0' ? instance : NULL);
	}
	return buf_putc(out, '}');
}
