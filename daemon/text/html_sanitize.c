/* SPDX-License-Identifier: ISC */
/* Turns markup into harmless XHTML: decides for each tag whether it is kept, dropped, or replaced by a link.  Kept
 * tags and text go to the tree (html_tree.h). */
#include <errno.h>
#include <string.h>

#include "html_tree.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/url.h"

enum {
	/* Links to embedded content that wait for the end of their paragraph. */
	EMBEDDED_MAX = 8,
	/* Scratch memory for one attribute: the largest is an image within its URL, each byte of it encoded. */
	VALUES_MAX = 1024 * 1024,
};

/* Embedded content that is replaced by a link; raw values in the markup. */
struct embedded {
	struct str href, title;
};

struct sanitizer {
	struct html_tree tree;
	struct html_values values;
	struct embedded embedded[EMBEDDED_MAX]; /* those whose link is not written yet */
	size_t embedded_count;
	struct str drawing;       /* the content of the first <svg> */
	struct buf last_embedded; /* the last address: an <embed> inside its <object> has the same */
};

/* ---- dropped elements */

/* Writes a space in place of a dropped element that separated two words. */
static void keep_words_apart(struct sanitizer *s)
{
	char last = s->tree.out->len > 0 ? s->tree.out->data[s->tree.out->len - 1] : ' ';

	if (last != '>' && !char_is_space(last))
		html_tree_text(&s->tree, STR(" "));
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

/* Writes a link for each waiting element: its text is the title and the name of the site. */
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
		html_tree_start(&s->tree, a, &link);
		if (!html_is_blank(title)) {
			html_tree_text(&s->tree, title);
			html_tree_text(&s->tree, STR(" ("));
		}
		if (html_embedded_url(&s->values, link.attributes[0].value, &url))
			html_tree_text(&s->tree, site_of(url));
		arena_clear(&s->values.arena);
		if (!html_is_blank(title))
			html_tree_text(&s->tree, STR(")"));
		html_tree_end(&s->tree, a);
	}
}

/* Keeps the address of an element that would load something.  Its link is written behind the paragraph, since the
 * element may stand inside a sentence. */
static void take_embedded(struct sanitizer *s, const struct html_token *token)
{
	struct embedded e = {.title = html_raw_attribute(token, STR("title"))};
	struct str url;
	bool good = html_embedded(&s->values, token, &e.href, &url) && !str_eq(buf_str(&s->last_embedded), url);

	if (good) {
		buf_clear(&s->last_embedded);
		buf_add(&s->last_embedded, url);
		s->tree.no_memory = s->tree.no_memory || buf_failed(&s->last_embedded);
	}
	arena_clear(&s->values.arena);
	if (!good || s->tree.no_memory)
		return;
	if (s->embedded_count == EMBEDDED_MAX)
		put_embedded(s);
	s->embedded[s->embedded_count++] = e;
}

static void skip_element(struct sanitizer *s, const struct html_element *e, struct html_tokenizer *tokens,
	const struct html_token *token)
{
	/* XHTML closes these elements with "/>", and so they have no content. */
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

/* Writes the labels of a drawing when there is no other text. */
static void put_labels(struct sanitizer *s)
{
	struct html_tokenizer tokens = {.markup = s->drawing};
	struct html_token token;

	while (!s->tree.full && html_next_token(&tokens, &token)) {
		const struct html_element *e = html_element_find(token.text);

		if (token.kind == HTML_TOKEN_TEXT)
			html_tree_text(&s->tree, token.text);
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
			s->tree.in_noscript = start;
		if ((e->flags & HTML_SPACE) != 0)
			keep_words_apart(s);
	} else if (start && (e->flags & (HTML_BLOCK | HTML_VOID)) == 0 && html_is_icon(&s->values, token)) {
		/* without an end tag only the start tag goes: the icon's end is not known */
		if (!token->self_closing)
			html_skip_content(tokens, token->text);
		keep_words_apart(s);
	} else if (start) {
		html_tree_start(&s->tree, e, token);
	} else if ((e->flags & HTML_VOID) == 0) {
		html_tree_end(&s->tree, e);
	}
}

/* The address of the markup's own <base>, in a; base when there is none. */
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
	size_t start = s->tree.out->len;

	while (!s->tree.full && !s->tree.no_memory && !buf_failed(s->tree.out) && html_next_token(&tokens, &token)) {
		if (token.kind == HTML_TOKEN_TEXT)
			html_tree_text(&s->tree, token.text);
		else
			take_tag(s, &tokens, &token);
	}
	if (!s->tree.full && !s->tree.no_memory && !buf_failed(s->tree.out))
		put_embedded(s);
	if (s->tree.out->len == start && !s->tree.no_memory && !buf_failed(s->tree.out))
		put_labels(s);
	if (!buf_failed(s->tree.out))
		html_tree_finish(&s->tree);
	if (s->tree.no_memory || buf_failed(s->tree.out))
		return -ENOMEM;
	return s->tree.full ? -E2BIG : 0;
}

int html_sanitize(struct buf *out, struct str markup, struct str base)
{
	struct buf repaired = BUF_INIT(SIZE_MAX / 2);
	struct sanitizer s; /* not zeroed: most of it is the tree's stack, most of which is never used */
	struct arena own_base;
	int ret;

	if (buf_failed(out))
		return out->failed;
	if (!utf8_valid(markup)) {
		utf8_repair(&repaired, markup);
		markup = buf_str(&repaired);
	}
	arena_init(&own_base, VALUES_MAX);
	s.drawing = STR_NONE;
	s.values.base = base_of(&own_base, markup, base);
	buf_init(&s.last_embedded, LIMIT_URL);
	arena_init(&s.values.arena, VALUES_MAX);
	buf_init(&s.values.raw, VALUES_MAX);
	buf_init(&s.values.made, VALUES_MAX);
	s.embedded_count = 0;
	html_tree_init(&s.tree, out, &s.values, markup.len);
	ret = buf_failed(&repaired) ? repaired.failed : sanitize(&s, markup);
	html_tree_release(&s.tree);
	arena_release(&s.values.arena);
	buf_release(&s.values.raw);
	buf_release(&s.values.made);
	arena_release(&own_base);
	buf_release(&s.last_embedded);
	buf_release(&repaired);
	return ret;
}
