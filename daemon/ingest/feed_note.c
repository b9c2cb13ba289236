/* SPDX-License-Identifier: ISC */
#include "feed_note.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/model/plain_text.h"
#include "sitrep/text/public_url.h"
#include "sitrep/text/url.h"

/* Stores the text unless it is empty; *changed is set when it differs from the stored one. */
static int note_text(char **stored, struct str text, bool *changed)
{
	char *copy;

	if (str_empty(text) || (*stored != NULL && str_eq(text, str_from(*stored))))
		return 0;
	copy = strndup(text.data, text.len);
	if (copy == NULL)
		return -ENOMEM;
	free(*stored);
	*stored = copy;
	*changed = true;
	return 0;
}

/* How the feed names itself, for atom:source.  An address may have secrets, so it is only kept where it cannot. */
static int note_source(struct feed_row *row, const struct feed_facts *facts, bool is_private, bool *changed)
{
	struct str id = str_trim(facts->id), author = STR_NONE;
	struct buf rights = BUF_INIT(LIMIT_TITLE);
	int result;

	if (url_is_web(id) &&
		(is_private || url_has_secret(id) || url_has_random_path(id) || str_find_char(id, '?', 0) != STR_NPOS))
		id = STR_NONE;
	if (facts->authors.count > 0)
		author = str_trim(facts->authors.items[0].name);
	plain_text(&rights, &facts->rights);
	/* what is longer is no name */
	result = id.len <= LIMIT_URL ? note_text(&row->own_id, id, changed) : 0;
	if (result == 0 && author.len <= LIMIT_NAME)
		result = note_text(&row->own_author, author, changed);
	if (result == 0)
		result = note_text(&row->own_rights, buf_str(&rights), changed);
	buf_release(&rights);
	return result;
}

int feed_note_facts(
	struct feed_row *row, const struct feed_facts *facts, bool is_private, bool *changed, struct error *err)
{
	struct buf title = BUF_INIT(LIMIT_TITLE), link = BUF_INIT(4 * LIMIT_URL);
	char *shown;
	int result;

	/* A title longer than LIMIT_TITLE is cut. */
	plain_text(&title, &facts->title);
	result = note_text(&row->own_title, buf_str(&title), changed);
	/* Some feeds give their own address, which may have secrets. */
	if (result == 0)
		result = (is_private ? buf_add_bare_url : buf_add_public_url)(&link, facts->link);
	if (result == 0)
		result = note_text(&row->state.link, buf_str(&link), changed);
	buf_release(&title);
	buf_release(&link);
	if (result == 0)
		result = note_source(row, facts, is_private, changed);
	if (result == 0 && row->own_title != NULL && row->configured_title == NULL) {
		shown = strdup(row->own_title);
		if (shown == NULL)
			result = -ENOMEM;
		else
			cstr_move(&row->state.title, &shown);
	}
	return result == 0 ? 0 : error_sys(err, result, "cannot store a feed's title and link");
}
