/* SPDX-License-Identifier: ISC */
/* All tags outside comments and scripts are read, in the body too, since many pages put their <link> there. */
#include "sitrep/text/html_links.h"

#include <errno.h>

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/html.h"
#include "sitrep/text/html_internal.h"
#include "sitrep/text/url.h"

static bool is_feed_type(struct str type)
{
	static const char *const types[] = {"application/rss+xml", "application/atom+xml", "application/feed+json",
		"application/rdf+xml", "text/rss+xml"};
	struct str media = STR_NONE;

	str_split(&type, ';', &media);
	return str_is_one_of(str_trim(media), types);
}

static bool has_word(struct str list, struct str wanted)
{
	struct str word;

	while (str_word(&list, &word))
		if (str_eq_nocase(word, wanted))
			return true;
	return false;
}

/* The attribute's value, references resolved and trimmed; absent without the attribute. */
static struct str value_of(struct arena *a, const struct html_token *tag, struct str name)
{
	for (size_t i = 0; i < tag->attribute_count; i++) {
		struct buf text = BUF_INIT(LIMIT_URL);
		struct str value;

		if (!str_eq_nocase(tag->attributes[i].name, name))
			continue;
		html_unescape(&text, tag->attributes[i].value);
		value = buf_failed(&text) ? STR_NONE : arena_str(a, str_trim(buf_str(&text)));
		buf_release(&text);
		return value;
	}
	return STR_NONE;
}

static struct str one_line(struct arena *a, struct str title)
{
	struct buf text = BUF_INIT(LIMIT_TITLE);
	struct str line;

	utf8_one_line(&text, title);
	line = arena_str(a, buf_str(&text));
	buf_release(&text);
	return line;
}

static void take_link(
	struct arena *a, const struct html_token *tag, struct str base, struct html_feed_link *links, int *count)
{
	struct str type = value_of(a, tag, STR("type"));
	struct str href = value_of(a, tag, STR("href"));
	struct html_feed_link *link = &links[*count];

	if (str_empty(href) || !has_word(value_of(a, tag, STR("rel")), STR("alternate")) || !is_feed_type(type))
		return;
	href = url_resolve(a, base, href);
	if (!url_is_web(href))
		return;
	for (int i = 0; i < *count; i++)
		if (str_eq(links[i].url, href))
			return;
	link->url = arena_str(a, href);
	link->type = type;
	link->title = one_line(a, value_of(a, tag, STR("title")));
	*count += link->url.data != NULL;
}

int html_feed_links(struct arena *a, struct str page, struct str base, struct html_feed_link links[HTML_FEED_LINKS_MAX])
{
	struct html_tokenizer tokens = {.markup = page};
	struct html_token *token = arena_alloc(a, sizeof(*token));
	bool based = false;
	int count = 0;

	if (token == NULL)
		return -ENOMEM;
	while (count < HTML_FEED_LINKS_MAX && html_next_token(&tokens, token)) {
		if (token->kind != HTML_TOKEN_START)
			continue;
		if (str_eq_nocase(token->text, STR("script")) || str_eq_nocase(token->text, STR("style"))) {
			html_skip_content(&tokens, token->text);
		} else if (!based && str_eq_nocase(token->text, STR("base"))) {
			struct str href = url_resolve(a, base, value_of(a, token, STR("href")));

			based = url_is_web(href);
			base = based ? href : base;
		} else if (str_eq_nocase(token->text, STR("link")) || str_eq_nocase(token->text, STR("a"))) {
			take_link(a, token, base, links, &count);
		}
	}
	return count;
}
