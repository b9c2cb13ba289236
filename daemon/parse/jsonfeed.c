/* SPDX-License-Identifier: ISC */
/* jsonfeed.c: JSON Feed to a document.
 *
 * Publishers' usual errors are accepted: numbers as ids and names, one author object in place of a list, members of
 * version 1 in version 1.1 and the other way round. jansson bounds the depth.  Text that it refuses is repaired
 * (jsonrepair.h) and parsed again.  Its tree is freed before jsonfeed_read() returns. */
#include "jsonfeed.h"

#include "jsonrepair.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/feed_date.h"
#include "sitrep/text/feed_text.h"
#include "sitrep/text/html.h"
#include "sitrep/text/url.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

/* A repair makes at most three bytes of one; parse.c limits the text to 64 MiB. */
enum { MENDED_MAX = 192 * 1024 * 1024 };
/* Markup shrinks while it is sanitised. */
enum { CONTENT_MARKUP_MAX = 8 * LIMIT_ITEM_CONTENT };

struct json_reader {
	struct arena *arena;
	struct str base;
	struct buf work;
	int failed;
};

/* Copies s to the arena, without the zero bytes that JSON can write as \u0000. */
static struct str keep_text(struct json_reader *r, struct str s, size_t max)
{
	struct buf mended = BUF_INIT(2 * MENDED_MAX), stripped = BUF_INIT(2 * MENDED_MAX);
	if (feed_text_has_c1(s)) {
		feed_text_mend_c1(&mended, s);
		s = buf_str(&mended);
	}
	if (feed_text_has_cdata(s)) {
		feed_text_strip_cdata(&stripped, s);
		s = buf_str(&stripped);
	}
	s = utf8_cut(str_trim(s), max);
	char *copy = s.len == 0 ? NULL : arena_cstr(r->arena, s);
	if (buf_failed(&mended) || buf_failed(&stripped) || (s.len > 0 && copy == NULL))
		r->failed = -ENOMEM;
	buf_release(&mended);
	buf_release(&stripped);
	if (copy == NULL)
		return STR_NONE;
	size_t len = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (copy[i] != '\0')
			copy[len++] = copy[i];
	}
	return str_make(copy, len);
}

/* The text of a member that is a string or a number; absent for any other value. */
static struct str text_of(struct json_reader *r, const json_t *object, const char *key, size_t max)
{
	const json_t *value = json_object_get(object, key);
	if (json_is_string(value))
		return keep_text(r, str_make(json_string_value(value), json_string_length(value)), max);
	struct buf number = BUF_INIT(64);
	if (json_is_integer(value))
		buf_printf(&number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(&number, "%.15g", json_real_value(value));
	struct str s = keep_text(r, buf_str(&number), max);
	buf_release(&number);
	return s;
}

static struct str url_of(struct json_reader *r, const json_t *object, const char *key)
{
	struct str reference = text_of(r, object, key, LIMIT_URL + 1);
	if (str_empty(reference) || reference.len > LIMIT_URL)
		return STR_NONE;
	if (str_eq(reference, STR("#")))
		return STR_NONE;
	struct str url = url_resolve(r->arena, r->base, url_forgive(r->arena, reference));
	if (url.data == NULL)
		r->failed = -ENOMEM;
	bool relative = str_empty(r->base) && str_find_char(url, ':', 0) == STR_NPOS;
	return url_is_safe_link(url) || relative ? url : STR_NONE;
}

static int64_t time_of(struct json_reader *r, const json_t *object, const char *key)
{
	struct str s = text_of(r, object, key, LIMIT_NAME);
	return str_empty(s) ? TIME_NONE : feed_date_read(s, NULL);
}

static struct text plain_of(struct json_reader *r, const json_t *object, const char *key, size_t max)
{
	struct str s = text_of(r, object, key, max);
	return str_empty(s) ? (struct text){0}
			    : (struct text){.value = s, .kind = TEXT_PLAIN, .mime = STR("text/plain"), .base = r->base};
}

/* A member that is HTML, sanitised; base is that of its relative addresses. */
static struct text html_of(struct json_reader *r, const json_t *object, const char *key, struct str base)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_string(value))
		return (struct text){0};
	struct str markup =
		keep_text(r, str_make(json_string_value(value), json_string_length(value)), CONTENT_MARKUP_MAX);
	struct buf again = BUF_INIT(2 * CONTENT_MARKUP_MAX);
	if (feed_text_unescape_markup(&again, markup))
		markup = buf_str(&again);
	buf_clear(&r->work);
	if (again.failed == -ENOMEM || html_sanitize(&r->work, markup, base) == -ENOMEM)
		r->failed = -ENOMEM;
	buf_release(&again);
	struct str s = keep_text(r, buf_str(&r->work), LIMIT_ITEM_CONTENT);
	return str_empty(s) ? (struct text){0}
			    : (struct text){.value = s, .kind = TEXT_HTML, .mime = STR("text/html"), .base = base};
}

/* A name is text: markup and references in it are read. */
static struct str name_of(struct json_reader *r, struct str s)
{
	if (str_find_char(s, '<', 0) == STR_NPOS && str_find_char(s, '&', 0) == STR_NPOS)
		return s;
	struct buf name = BUF_INIT(LIMIT_TITLE);
	feed_text_name(&name, s);
	if (buf_failed(&name))
		r->failed = -ENOMEM;
	s = keep_text(r, buf_str(&name), LIMIT_NAME);
	buf_release(&name);
	return s;
}

static bool person_of(struct json_reader *r, const json_t *value, struct person *p)
{
	*p = (struct person){0};
	if (json_is_string(value)) {
		p->name = name_of(
			r, keep_text(r, str_make(json_string_value(value), json_string_length(value)), LIMIT_NAME));
	} else if (json_is_object(value)) {
		p->name = name_of(r, text_of(r, value, "name", LIMIT_NAME));
		p->email = text_of(r, value, "email", LIMIT_NAME);
		p->uri = url_of(r, value, "url");
		if (str_starts_nocase(p->uri, STR("mailto:")) && str_empty(p->email))
			p->email = str_slice(p->uri, 7, p->uri.len);
	}
	return !str_empty(p->name) || !str_empty(p->email) || !str_empty(p->uri);
}

/* Element i of a list, or NULL; a value that is not a list counts as a list of one. */
static const json_t *nth(const json_t *value, size_t i)
{
	if (i >= LIMIT_ITEM_LIST)
		return NULL;
	if (json_is_array(value))
		return json_array_get(value, i);
	return i == 0 ? value : NULL;
}

/* Version 1.1 has authors, version 1 has author; with both, 1.1 counts. */
static const json_t *authors_of(const json_t *object)
{
	const json_t *authors = json_object_get(object, "authors");
	return authors != NULL && (!json_is_array(authors) || json_array_size(authors) > 0)
		       ? authors
		       : json_object_get(object, "author");
}

#define NEW(r, list) added((r), list_add((r)->arena, (list)))
static void *added(struct json_reader *r, void *element)
{
	if (element == NULL)
		r->failed = -ENOMEM;
	return element;
}

static void read_item_lists(struct json_reader *r, const json_t *object, struct item *it)
{
	const json_t *value;
	for (size_t i = 0; r->failed == 0 && (value = nth(authors_of(object), i)) != NULL; i++) {
		struct person p;
		struct person *slot = person_of(r, value, &p) ? NEW(r, &it->authors) : NULL;
		if (slot != NULL)
			*slot = p;
	}
	for (size_t i = 0; r->failed == 0 && (value = nth(json_object_get(object, "tags"), i)) != NULL; i++) {
		struct str term =
			json_is_string(value)
				? name_of(r, keep_text(r, str_make(json_string_value(value), json_string_length(value)),
						     LIMIT_NAME))
				: STR_NONE;
		struct category *slot = str_empty(term) ? NULL : NEW(r, &it->categories);
		if (slot != NULL)
			slot->term = term;
	}
	for (size_t i = 0; r->failed == 0 && (value = nth(json_object_get(object, "attachments"), i)) != NULL; i++) {
		struct str url = url_of(r, value, "url");
		struct enclosure *slot = str_empty(url) ? NULL : NEW(r, &it->enclosures);
		struct str type = text_of(r, value, "mime_type", LIMIT_NAME);
		if (slot != NULL)
			*slot = (struct enclosure){url, str_empty(type) ? feed_text_type_of(url) : type,
				text_of(r, value, "size_in_bytes", LIMIT_NAME)};
	}
}

static void read_item(struct json_reader *r, const json_t *object, struct item *it)
{
	item_init(it);
	it->id = text_of(r, object, "id", LIMIT_TITLE);
	it->title = plain_of(r, object, "title", LIMIT_TITLE);
	it->summary = plain_of(r, object, "summary", LIMIT_ITEM_CONTENT);
	if (!feed_text_is_visible(it->title.value, false))
		it->title = (struct text){0};
	it->link = url_of(r, object, "url");
	struct str external = url_of(r, object, "external_url");
	if (!str_empty(it->link)) {
		struct feed_link *link = NEW(r, &it->links);
		if (link != NULL)
			*link = (struct feed_link){.href = it->link, .rel = STR("alternate")};
	}
	if (!str_empty(external)) {
		struct feed_link *link = NEW(r, &it->links);
		if (link != NULL)
			*link = (struct feed_link){.href = external, .rel = STR("related")};
		if (str_empty(it->link))
			it->link = external;
	}
	it->content = html_of(r, object, "content_html", url_is_web(it->link) ? it->link : r->base);
	if (it->content.kind == TEXT_ABSENT)
		it->content = plain_of(r, object, "content_text", LIMIT_ITEM_CONTENT);
	it->image.url = url_of(r, object, "image");
	if (str_empty(it->image.url))
		it->image.url = url_of(r, object, "banner_image");
	it->published = time_of(r, object, "date_published");
	it->updated = time_of(r, object, "date_modified");
	/* as in the other formats: an unreadable date is replaced by the other one */
	if (it->published == TIME_NONE)
		it->published = it->updated;
	it->language = text_of(r, object, "language", LIMIT_NAME);
	read_item_lists(r, object, it);
}

static void read_feed(struct json_reader *r, const json_t *root, struct feed_facts *feed)
{
	feed->title = plain_of(r, root, "title", LIMIT_TITLE);
	feed->subtitle = plain_of(r, root, "description", LIMIT_ITEM_CONTENT);
	feed->link = url_of(r, root, "home_page_url");
	feed->self = url_of(r, root, "feed_url");
	feed->language = text_of(r, root, "language", LIMIT_NAME);
	feed->icon = url_of(r, root, "favicon");
	feed->image.url = url_of(r, root, "icon");
	if (!str_empty(feed->link)) {
		struct feed_link *link = NEW(r, &feed->links);
		if (link != NULL)
			*link = (struct feed_link){.href = feed->link, .rel = STR("alternate")};
	}
	if (!str_empty(feed->self)) {
		struct feed_link *link = NEW(r, &feed->links);
		if (link != NULL)
			*link = (struct feed_link){.href = feed->self, .rel = STR("self")};
	}
	const json_t *value;
	for (size_t i = 0; r->failed == 0 && (value = nth(authors_of(root), i)) != NULL; i++) {
		struct person p;
		struct person *slot = person_of(r, value, &p) ? NEW(r, &feed->authors) : NULL;
		if (slot != NULL)
			*slot = p;
	}
	for (size_t i = 0; (value = nth(json_object_get(root, "hubs"), i)) != NULL && str_empty(feed->hub); i++) {
		if (str_eq_nocase(text_of(r, value, "type", LIMIT_NAME), STR("websub")))
			feed->hub = url_of(r, value, "url");
	}
}

static int read_document(struct json_reader *r, const json_t *root, struct document *d, struct error *err)
{
	struct str version = text_of(r, root, "version", LIMIT_NAME);
	const json_t *items = json_object_get(root, "items");
	bool has_version = str_find_nocase(version, STR("jsonfeed.org/version/"), 0) != STR_NPOS;
	if (!json_is_object(root) || (!has_version && !json_is_array(items)))
		return error_set(err, -EBADMSG, "JSON, but not a feed: it has neither a JSON Feed version nor items");
	document_init(d);
	d->format = FORMAT_JSON;
	if (has_version)
		d->version = str_slice(version, str_find_nocase(version, STR("/version/"), 0) + 9, version.len);
	if (str_eq(d->version, STR("1")))
		d->version = STR("1.0");
	d->wellformed = true;
	read_feed(r, root, &d->feed);
	size_t count = json_array_size(items);
	for (size_t i = 0; i < count && r->failed == 0; i++) {
		if (!json_is_object(json_array_get(items, i)))
			continue;
		if (d->items.count == LIMIT_DOCUMENT_ITEMS) {
			d->truncated = true;
			break;
		}
		struct item *it = NEW(r, &d->items);
		if (it != NULL)
			read_item(r, json_array_get(items, i), it);
		/* version 1.1: an item without authors has the feed's; the list is shared */
		if (it != NULL && it->authors.count == 0) {
			it->authors.items = d->feed.authors.items;
			it->authors.count = it->authors.cap = d->feed.authors.count;
		}
	}
	return r->failed != 0 ? error_set(err, r->failed, "the feed is too large") : 0;
}

/* Parses text with jansson.  Nine feeds in ten are valid; any other is repaired and parsed again. */
static json_t *load_json(struct str text, struct buf *mended, bool *cut, json_error_t *mistake)
{
	const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL;
	json_t *root = json_loadb(text.data, text.len, flags, mistake);
	json_error_t again;

	*cut = false;
	if (root != NULL || json_repair(mended, text, cut) != 0)
		return root;
	return json_loadb(mended->data, mended->len, flags, &again);
}

int jsonfeed_read(struct str text, struct str base, struct arena *a, struct document *d, struct error *err)
{
	struct json_reader r = {.arena = a, .base = base, .work = BUF_INIT(LIMIT_ITEM_CONTENT)};
	struct buf mended = BUF_INIT(MENDED_MAX);
	json_error_t mistake;
	bool cut;
	json_t *root = load_json(text, &mended, &cut, &mistake);
	int result = root == NULL ? -EBADMSG : read_document(&r, root, d, err);

	/* A document that ends before its first item is a broken answer, not a feed. */
	if (root == NULL || (result == 0 && cut && d->items.count == 0))
		/* jansson's sentence quotes the feed and may end within a character */
		result = error_set(err, -EBADMSG, "not valid JSON: %.*s in line %d",
			(int)utf8_valid_prefix(str_from(mistake.text)), mistake.text, mistake.line);
	if (result == 0) {
		d->wellformed = mended.len == 0;
		d->truncated = d->truncated || cut;
	}
	buf_release(&mended);
	buf_release(&r.work);
	json_decref(root);
	return result;
}
