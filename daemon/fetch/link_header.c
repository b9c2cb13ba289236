/* SPDX-License-Identifier: ISC */
/* Reads Link fields in one pass.  Commas and semicolons within quotes or angle brackets separate nothing.  Of a
 * repeated parameter the first counts (RFC 8288). */
#include "sitrep/fetch/link_header.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/text/url.h"

/* Hubs that are read from one head; enough for a feed that names old ones, too. */
enum { HUBS_MAX = 16 };

static void skip_space(struct str *s)
{
	while (s->len > 0 && char_is_space(s->data[0]))
		*s = str_slice(*s, 1, s->len);
}

/* Cuts up to and including the closing quote, which may be missing. A backslash escapes the next character. */
static struct str cut_quoted(struct str *s)
{
	size_t i = 1;
	struct str value;

	while (i < s->len && s->data[i] != '"')
		i += s->data[i] == '\\' ? 2 : 1;
	value = str_slice(*s, 1, i);
	*s = str_slice(*s, i + 1, s->len);
	return value;
}

static struct str cut_until(struct str *s, const char *stops)
{
	size_t i = 0;
	struct str piece;

	while (i < s->len && (s->data[i] == '\0' || strchr(stops, s->data[i]) == NULL))
		i++;
	piece = str_trim(str_slice(*s, 0, i));
	*s = str_slice(*s, i, s->len);
	return piece;
}

/* Skips to the comma that ends this link. */
static void skip_link(struct str *s)
{
	while (s->len > 0 && s->data[0] != ',') {
		if (s->data[0] == '"')
			cut_quoted(s);
		else
			*s = str_slice(*s, 1, s->len);
	}
}

/* Reads ";name=value" or ";name"; false when no parameter follows. */
static bool next_parameter(struct str *s, struct str *name, struct str *value)
{
	skip_space(s);
	if (s->len == 0 || s->data[0] != ';')
		return false;
	*s = str_slice(*s, 1, s->len);
	*name = cut_until(s, "=;,");
	*value = STR_NONE;
	if (s->len == 0 || s->data[0] != '=')
		return true;
	*s = str_slice(*s, 1, s->len);
	skip_space(s);
	*value = s->len > 0 && s->data[0] == '"' ? cut_quoted(s) : cut_until(s, ";,");
	return true;
}

static bool read_link(struct str *rest, struct link_value *link)
{
	struct str name, value;
	bool about_another = false;
	size_t end;

	*link = (struct link_value){0};
	if (rest->len == 0 || rest->data[0] != '<') {
		skip_link(rest);
		return false;
	}
	end = str_find_char(*rest, '>', 0);
	if (end == STR_NPOS) {
		/* Without a ">" no further link can follow. A search from each comma would take quadratic time. */
		*rest = str_slice(*rest, rest->len, rest->len);
		return false;
	}
	link->href = str_trim(str_slice(*rest, 1, end));
	*rest = str_slice(*rest, end + 1, rest->len);
	while (next_parameter(rest, &name, &value)) {
		if (str_eq_nocase(name, STR("rel")) && link->rel.data == NULL)
			link->rel = value;
		else if (str_eq_nocase(name, STR("type")) && link->type.data == NULL)
			link->type = value;
		else if (str_eq_nocase(name, STR("anchor")))
			about_another = true;
	}
	skip_link(rest);
	return !about_another && !str_empty(link->href);
}

bool link_header_next(struct str *rest, struct link_value *link)
{
	for (;;) {
		while (rest->len > 0 && (char_is_space(rest->data[0]) || rest->data[0] == ','))
			*rest = str_slice(*rest, 1, rest->len);
		if (rest->len == 0)
			return false;
		if (read_link(rest, link))
			return true;
	}
}

bool link_has_rel(const struct link_value *link, struct str name)
{
	struct str rest = link->rel, one;

	while (str_word(&rest, &one))
		if (str_eq_nocase(one, name))
			return true;
	return false;
}

static char *resolve(const char *base, struct str reference)
{
	struct arena scratch = ARENA_INIT(4 * LIMIT_URL);
	struct str url;
	char *copy;

	url = url_resolve(&scratch, str_from(base), reference);
	copy = url.data != NULL ? strndup(url.data, url.len) : NULL;
	arena_release(&scratch);
	return copy;
}

void link_header_read_hubs(struct str field, const char *base, char **hubs, char **topic)
{
	struct buf list = BUF_INIT(HUBS_MAX * (LIMIT_URL + 1));
	struct link_value link;
	size_t count = 0;

	*topic = NULL;
	while (link_header_next(&field, &link)) {
		if (link_has_rel(&link, STR("self")) && *topic == NULL)
			*topic = resolve(base, link.href);
		if (link_has_rel(&link, STR("hub")) && count++ < HUBS_MAX) {
			char *hub = resolve(base, link.href);

			buf_printf(&list, "%s%s", list.len > 0 ? "\n" : "", hub != NULL ? hub : "");
			free(hub);
		}
	}
	*hubs = buf_take(&list, NULL);
	buf_release(&list);
}
