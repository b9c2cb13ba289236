/* SPDX-License-Identifier: ISC */
/* A link to a story is href="story/ID", "../story/ID", or "ID" from another story's page; JSON has ".../story/ID".  An
 * address ends at a quotation mark or at "#". */
#include "export_html.h"

#include <stddef.h>

enum { ID_LEN = 36 };

bool export_html_is_page(const char *path)
{
	return str_eq(str_from(path), STR("/")) || str_starts(str_from(path), STR("/story/"));
}

static bool is_hex(char c)
{
	return char_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* "48e4093c-1de4-8d19-b61b-9a927fd730f2" */
static bool is_id(struct str s)
{
	for (size_t i = 0; i < ID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.data[i] != '-' : !is_hex(s.data[i]))
			return false;
	}
	return true;
}

/* Whether the id at a place is the end of a story's address. */
static bool is_link(struct str document, size_t at)
{
	struct str before = str_slice(document, 0, at);
	char after = at + ID_LEN < document.len ? document.data[at + ID_LEN] : '\0';

	if (after != '"' && after != '#')
		return false;
	return str_ends(before, STR("story/")) || str_ends(before, STR("href=\""));
}

/* ---- links to the daemon ---- */

/* Whether the path, relative to the river's, is that of a file. */
static bool is_file(struct str path)
{
	static const char *const prefixes[] = {"story/", "style.", "sitrepd.", "icon."};
	static const char *const folders[] = {"category/", "output/", "alert/", "feed."};
	static const char *const suffixes[] = {".atom", ".rss", ".json"};
	bool in_folder = false, is_feed = false;

	if (str_find_char(path, '?', 0) != STR_NPOS)
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_starts(path, str_from(prefixes[i])))
			return true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		in_folder = in_folder || str_starts(path, str_from(folders[i]));
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		is_feed = is_feed || str_ends(path, str_from(suffixes[i]));
	return str_empty(path) || (in_folder && is_feed) || str_eq(path, STR("outputs.opml"));
}

/* The path of a relative link, relative to the river's; a link within a story's page is one to a story. False for a
 * link that stays as it is; a form never does. */
static bool leads_to_daemon(const struct export_html *h, bool is_form, struct str link, struct str *path)
{
	size_t colon = str_find_char(link, ':', 0), slash = str_find_char(link, '/', 0);
	struct str rest = link;

	if (colon < slash || str_starts(link, STR("#")) || str_starts(link, STR("//")))
		return false;
	if (h->is_story && !str_starts(link, STR("../")) && !str_starts(link, STR("?")))
		return false;
	while (str_starts(rest, STR("../")))
		rest = str_slice(rest, 3, rest.len);
	if (str_starts(rest, STR("./")))
		rest = str_slice(rest, 2, rest.len);
	*path = rest;
	if (str_find_char(rest, '#', 0) != STR_NPOS)
		rest.len = str_find_char(rest, '#', 0);
	return is_form || !is_file(rest);
}

/* The length of the attribute's name and its first quotation mark at a place: href=" or action="; 0: there is none. */
static size_t attribute_at(struct str document, size_t at)
{
	static const struct str names[] = {{" href=\"", 7}, {" action=\"", 9}};
	struct str rest = str_slice(document, at, document.len);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_starts(rest, names[i]))
			return names[i].len;
	return 0;
}

/* Writes the link whose value begins at a place as one to the daemon, if it is one; *at becomes its end. */
static void write_link(const struct export_html *h, struct str document, size_t *at, size_t *written, struct buf *out)
{
	bool is_form = str_ends(str_slice(document, 0, *at), STR("action=\""));
	size_t end = str_find_char(document, '"', *at);
	struct str path;

	if (end == STR_NPOS || !leads_to_daemon(h, is_form, str_slice(document, *at, end), &path))
		return;
	buf_add(out, str_slice(document, *written, *at));
	buf_printf(out, "%s/%.*s", h->base_url, STR_ARG(path));
	*written = *at = end;
}

int export_html_rewrite(const struct export_html *h, struct str document, struct buf *out)
{
	size_t written = 0;

	for (size_t at = 0; at + ID_LEN < document.len; at++) {
		struct str id = str_slice(document, at, at + ID_LEN);
		size_t value = document.data[at] == ' ' ? attribute_at(document, at) : 0;
		int result = 0;

		if (value > 0) {
			at += value;
			write_link(h, document, &at, &written, out);
			at--;
			continue;
		}
		if (id.data[8] != '-' || !is_id(id) || !is_link(document, at))
			continue;
		buf_add(out, str_slice(document, written, at + ID_LEN));
		buf_puts(out, ".html");
		written = at + ID_LEN;
		at += ID_LEN - 1;
		if (h->fn != NULL)
			result = h->fn(h->arg, id);
		if (result != 0)
			return result;
	}
	buf_add(out, str_slice(document, written, document.len));
	return out->failed;
}
