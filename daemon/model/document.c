/* SPDX-License-Identifier: ISC */
/* Code that copies, writes or reads documents walks these tables, so that a member added here is stored, sent and shown
 * without another line. */
#include "sitrep/model/document.h"

#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/model/document_fields.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(type, member) offsetof(struct type, member)

static void init_feed(void *element);
static void init_item(void *element);
static void init_document(void *element);

static const struct field text_fields[] = {
	{1, FIELD_STR, NULL, AT(text, value), 0, NULL, RULE_NONE},
	{2, FIELD_ENUM, NULL, AT(text, kind), TEXT_HTML + 1, NULL, RULE_NONE},
	{3, FIELD_STR, NULL, AT(text, mime), LIMIT_NAME, NULL, RULE_WORDS},
	{4, FIELD_STR, NULL, AT(text, lang), LIMIT_NAME, NULL, RULE_WORDS},
	{5, FIELD_STR, NULL, AT(text, base), LIMIT_URL, NULL, RULE_LINK},
};
const struct shape shape_text = {sizeof(struct text), text_fields, COUNT(text_fields), NULL};

static const struct field person_fields[] = {
	{1, FIELD_STR, "name", AT(person, name), LIMIT_NAME, NULL, RULE_WORDS},
	{2, FIELD_STR, "email", AT(person, email), LIMIT_NAME, NULL, RULE_WORDS},
	{3, FIELD_STR, "uri", AT(person, uri), LIMIT_URL, NULL, RULE_LINK},
};
static const struct shape shape_person = {sizeof(struct person), person_fields, COUNT(person_fields), NULL};

static const struct field category_fields[] = {
	{1, FIELD_STR, "term", AT(category, term), LIMIT_NAME, NULL, RULE_WORDS},
	{2, FIELD_STR, "scheme", AT(category, scheme), LIMIT_URL, NULL, RULE_WORDS},
	{3, FIELD_STR, "label", AT(category, label), LIMIT_NAME, NULL, RULE_WORDS},
};
static const struct shape shape_category = {sizeof(struct category), category_fields, COUNT(category_fields), NULL};

static const struct field link_fields[] = {
	{1, FIELD_STR, "href", AT(feed_link, href), LIMIT_URL, NULL, RULE_LINK},
	{2, FIELD_STR, "rel", AT(feed_link, rel), LIMIT_NAME, NULL, RULE_WORDS},
	{3, FIELD_STR, "type", AT(feed_link, type), LIMIT_NAME, NULL, RULE_WORDS},
	{4, FIELD_STR, "title", AT(feed_link, title), LIMIT_TITLE, NULL, RULE_WORDS},
	{5, FIELD_STR, "hreflang", AT(feed_link, hreflang), LIMIT_NAME, NULL, RULE_WORDS},
	{6, FIELD_STR, "length", AT(feed_link, length), LIMIT_NAME, NULL, RULE_WORDS},
};
static const struct shape shape_link = {sizeof(struct feed_link), link_fields, COUNT(link_fields), NULL};

static const struct field enclosure_fields[] = {
	{1, FIELD_STR, "url", AT(enclosure, url), LIMIT_URL, NULL, RULE_LINK},
	{2, FIELD_STR, "type", AT(enclosure, type), LIMIT_NAME, NULL, RULE_WORDS},
	{3, FIELD_STR, "length", AT(enclosure, length), LIMIT_NAME, NULL, RULE_WORDS},
};
static const struct shape shape_enclosure = {sizeof(struct enclosure), enclosure_fields, COUNT(enclosure_fields), NULL};

static const struct field image_fields[] = {
	{1, FIELD_STR, "url", AT(image, url), LIMIT_URL, NULL, RULE_LINK},
	{2, FIELD_STR, "title", AT(image, title), LIMIT_TITLE, NULL, RULE_WORDS},
	{3, FIELD_STR, "link", AT(image, link), LIMIT_URL, NULL, RULE_LINK},
	{4, FIELD_STR, "width", AT(image, width), LIMIT_NAME, NULL, RULE_WORDS},
	{5, FIELD_STR, "height", AT(image, height), LIMIT_NAME, NULL, RULE_WORDS},
	{6, FIELD_STR, "description", AT(image, description), LIMIT_TITLE, NULL, RULE_WORDS},
};
static const struct shape shape_image = {sizeof(struct image), image_fields, COUNT(image_fields), NULL};

static const struct field text_input_fields[] = {
	{1, FIELD_STR, "title", AT(text_input, title), LIMIT_TITLE, NULL, RULE_WORDS},
	{2, FIELD_STR, "description", AT(text_input, description), LIMIT_TITLE, NULL, RULE_WORDS},
	{3, FIELD_STR, "name", AT(text_input, name), LIMIT_NAME, NULL, RULE_WORDS},
	{4, FIELD_STR, "link", AT(text_input, link), LIMIT_URL, NULL, RULE_LINK},
};
static const struct shape shape_text_input = {
	sizeof(struct text_input), text_input_fields, COUNT(text_input_fields), NULL};

static const struct field cloud_fields[] = {
	{1, FIELD_STR, "domain", AT(cloud, domain), LIMIT_NAME, NULL, RULE_WORDS},
	{2, FIELD_STR, "port", AT(cloud, port), LIMIT_NAME, NULL, RULE_WORDS},
	{3, FIELD_STR, "path", AT(cloud, path), LIMIT_NAME, NULL, RULE_WORDS},
	{4, FIELD_STR, "registerprocedure", AT(cloud, registerprocedure), LIMIT_NAME, NULL, RULE_WORDS},
	{5, FIELD_STR, "protocol", AT(cloud, protocol), LIMIT_NAME, NULL, RULE_WORDS},
};
static const struct shape shape_cloud = {sizeof(struct cloud), cloud_fields, COUNT(cloud_fields), NULL};

static const struct field feed_fields[] = {
	{1, FIELD_TEXT, "title", AT(feed_facts, title), LIMIT_TITLE_MARKUP, &shape_text, RULE_WORDS},
	{2, FIELD_TEXT, "subtitle", AT(feed_facts, subtitle), LIMIT_ITEM_CONTENT, &shape_text, RULE_WORDS},
	{3, FIELD_TEXT, "rights", AT(feed_facts, rights), LIMIT_ITEM_CONTENT, &shape_text, RULE_WORDS},
	{4, FIELD_TEXT, "info", AT(feed_facts, info), LIMIT_ITEM_CONTENT, &shape_text, RULE_WORDS},
	{5, FIELD_STR, "link", AT(feed_facts, link), LIMIT_URL, NULL, RULE_LINK},
	{6, FIELD_STR, "id", AT(feed_facts, id), LIMIT_URL, NULL, RULE_WORDS},
	{7, FIELD_STR, "self", AT(feed_facts, self), LIMIT_URL, NULL, RULE_LINK},
	{8, FIELD_STR, "url", AT(feed_facts, url), LIMIT_URL, NULL, RULE_LINK},
	{9, FIELD_STR, "language", AT(feed_facts, language), LIMIT_NAME, NULL, RULE_WORDS},
	{10, FIELD_STR, "generator", AT(feed_facts, generator), LIMIT_NAME, NULL, RULE_WORDS},
	{11, FIELD_STR, "generator_uri", AT(feed_facts, generator_uri), LIMIT_URL, NULL, RULE_LINK},
	{12, FIELD_STR, "generator_version", AT(feed_facts, generator_version), LIMIT_NAME, NULL, RULE_WORDS},
	{13, FIELD_STR, "docs", AT(feed_facts, docs), LIMIT_URL, NULL, RULE_LINK},
	{14, FIELD_STR, "icon", AT(feed_facts, icon), LIMIT_URL, NULL, RULE_LINK},
	{15, FIELD_STR, "logo", AT(feed_facts, logo), LIMIT_URL, NULL, RULE_LINK},
	{16, FIELD_STR, "managing_editor", AT(feed_facts, managing_editor), LIMIT_NAME, NULL, RULE_WORDS},
	{17, FIELD_STR, "webmaster", AT(feed_facts, webmaster), LIMIT_NAME, NULL, RULE_WORDS},
	{18, FIELD_STR, "hub", AT(feed_facts, hub), LIMIT_URL, NULL, RULE_LINK},
	{19, FIELD_STR, "ttl", AT(feed_facts, ttl), LIMIT_NAME, NULL, RULE_WORDS},
	{20, FIELD_STR, "update_period", AT(feed_facts, update_period), LIMIT_NAME, NULL, RULE_WORDS},
	{21, FIELD_STR, "update_frequency", AT(feed_facts, update_frequency), LIMIT_NAME, NULL, RULE_WORDS},
	{22, FIELD_STR, "skip_hours", AT(feed_facts, skip_hours), LIMIT_NAME, NULL, RULE_WORDS},
	{23, FIELD_STR, "skip_days", AT(feed_facts, skip_days), LIMIT_NAME, NULL, RULE_WORDS},
	{24, FIELD_TIME, "updated", AT(feed_facts, updated), 0, NULL, RULE_NONE},
	{25, FIELD_TIME, "published", AT(feed_facts, published), 0, NULL, RULE_NONE},
	{26, FIELD_STRUCT, "image", AT(feed_facts, image), 0, &shape_image, RULE_NONE},
	{27, FIELD_STRUCT, "textinput", AT(feed_facts, textinput), 0, &shape_text_input, RULE_NONE},
	{28, FIELD_STRUCT, "cloud", AT(feed_facts, cloud), 0, &shape_cloud, RULE_NONE},
	{29, FIELD_STRUCT, "publisher", AT(feed_facts, publisher), 0, &shape_person, RULE_NONE},
	{30, FIELD_LIST, "authors", AT(feed_facts, authors), LIMIT_ITEM_LIST, &shape_person, RULE_NONE},
	{31, FIELD_LIST, "contributors", AT(feed_facts, contributors), LIMIT_ITEM_LIST, &shape_person, RULE_NONE},
	{32, FIELD_LIST, "categories", AT(feed_facts, categories), LIMIT_ITEM_LIST, &shape_category, RULE_NONE},
	{33, FIELD_LIST, "links", AT(feed_facts, links), LIMIT_ITEM_LIST, &shape_link, RULE_NONE},
};
const struct shape shape_feed = {sizeof(struct feed_facts), feed_fields, COUNT(feed_fields), init_feed};

static const struct field match_fields[] = {
	{1, FIELD_STR, "rule", AT(match, rule), 0, NULL, RULE_NONE},
	{2, FIELD_STR, "terms", AT(match, terms), 0, NULL, RULE_NONE},
	{3, FIELD_U64, NULL, AT(match, truth), 0, NULL, RULE_NONE},
};
static const struct shape shape_match = {sizeof(struct match), match_fields, COUNT(match_fields), NULL};

static const struct field item_fields[] = {
	{1, FIELD_STR, "id", AT(item, id), LIMIT_URL, NULL, RULE_WORDS},
	{2, FIELD_BOOL, NULL, AT(item, guid_is_permalink), 0, NULL, RULE_NONE},
	{3, FIELD_TEXT, "title", AT(item, title), LIMIT_TITLE_MARKUP, &shape_text, RULE_WORDS},
	{4, FIELD_TEXT, "summary", AT(item, summary), LIMIT_ITEM_CONTENT, &shape_text, RULE_WORDS},
	{5, FIELD_TEXT, "content", AT(item, content), LIMIT_ITEM_CONTENT, &shape_text, RULE_WORDS},
	{6, FIELD_STR, "content_src", AT(item, content_src), LIMIT_URL, NULL, RULE_LINK},
	{7, FIELD_STR, "link", AT(item, link), LIMIT_URL, NULL, RULE_LINK},
	{8, FIELD_STR, "comments", AT(item, comments), LIMIT_URL, NULL, RULE_LINK},
	{9, FIELD_TEXT, "rights", AT(item, rights), LIMIT_ITEM_CONTENT, &shape_text, RULE_WORDS},
	{10, FIELD_STR, "language", AT(item, language), LIMIT_NAME, NULL, RULE_WORDS},
	{11, FIELD_STRUCT, "image", AT(item, image), 0, &shape_image, RULE_NONE},
	{12, FIELD_STRUCT, "publisher", AT(item, publisher), 0, &shape_person, RULE_NONE},
	{13, FIELD_TIME, "published", AT(item, published), 0, NULL, RULE_NONE},
	{14, FIELD_TIME, "updated", AT(item, updated), 0, NULL, RULE_NONE},
	{15, FIELD_TIME, "created", AT(item, created), 0, NULL, RULE_NONE},
	{16, FIELD_TIME, "expired", AT(item, expired), 0, NULL, RULE_NONE},
	{17, FIELD_BOOL, NULL, AT(item, has_source), 0, NULL, RULE_NONE},
	{18, FIELD_STRUCT, "source", AT(item, source), 0, &shape_feed, RULE_NONE},
	{19, FIELD_LIST, "authors", AT(item, authors), LIMIT_ITEM_LIST, &shape_person, RULE_NONE},
	{20, FIELD_LIST, "contributors", AT(item, contributors), LIMIT_ITEM_LIST, &shape_person, RULE_NONE},
	{21, FIELD_LIST, "categories", AT(item, categories), LIMIT_ITEM_LIST, &shape_category, RULE_NONE},
	{22, FIELD_LIST, "links", AT(item, links), LIMIT_ITEM_LIST, &shape_link, RULE_NONE},
	{23, FIELD_LIST, "enclosures", AT(item, enclosures), LIMIT_ITEM_LIST, &shape_enclosure, RULE_NONE},
	{40, FIELD_STR, NULL, AT(item, plain_title), LIMIT_TITLE, NULL, RULE_LINE},
	{41, FIELD_STR, NULL, AT(item, plain_summary), LIMIT_SUMMARY, NULL, RULE_LINE},
	{42, FIELD_ENUM, NULL, AT(item, identity_kind), IDENTITY_DIGEST + 1, NULL, RULE_NONE},
	{43, FIELD_DIGEST, NULL, AT(item, identity), 0, NULL, RULE_NONE},
	{44, FIELD_DIGEST, NULL, AT(item, digest), 0, NULL, RULE_NONE},
	{45, FIELD_DIGEST, NULL, AT(item, url_key), 0, NULL, RULE_NONE},
	{46, FIELD_U32, NULL, AT(item, canon_version), 0, NULL, RULE_NONE},
	{47, FIELD_U32, NULL, AT(item, token_count), 0, NULL, RULE_NONE},
	{48, FIELD_LIST, NULL, AT(item, matches), LIMIT_ITEM_MATCHES, &shape_match, RULE_NONE},
	{49, FIELD_BYTES, NULL, AT(item, sketch), LIMIT_SKETCH, NULL, RULE_NONE},
};
const struct shape shape_item = {sizeof(struct item), item_fields, COUNT(item_fields), init_item};

static const struct field document_members[] = {
	{1, FIELD_ENUM, NULL, AT(document, format), FORMAT_CDF + 1, NULL, RULE_NONE},
	{2, FIELD_STR, "version", AT(document, version), LIMIT_NAME, NULL, RULE_WORDS},
	{3, FIELD_STR, "encoding", AT(document, encoding), LIMIT_NAME, NULL, RULE_WORDS},
	{4, FIELD_BOOL, "wellformed", AT(document, wellformed), 0, NULL, RULE_NONE},
	{5, FIELD_BOOL, NULL, AT(document, truncated), 0, NULL, RULE_NONE},
	{6, FIELD_STRUCT, "feed", AT(document, feed), 0, &shape_feed, RULE_NONE},
	{7, FIELD_LIST, "items", AT(document, items), LIMIT_DOCUMENT_ITEMS, &shape_item, RULE_NONE},
	{8, FIELD_STR, NULL, AT(document, notes), LIMIT_ITEM_CONTENT, NULL, RULE_WORDS},
	{9, FIELD_U32, NULL, AT(document, left_out), 0, NULL, RULE_NONE},
};
const struct shape shape_document = {sizeof(struct document), document_members, COUNT(document_members), init_document};

static void init_feed(void *element)
{
	struct feed_facts *f = element;

	f->updated = f->published = TIME_NONE;
}

static void init_item(void *element)
{
	struct item *it = element;

	it->published = it->updated = it->created = it->expired = TIME_NONE;
	init_feed(&it->source);
}

static void init_document(void *element)
{
	struct document *d = element;

	init_feed(&d->feed);
}

void document_init(struct document *d)
{
	memset(d, 0, sizeof(*d));
	init_document(d);
}

void item_init(struct item *it)
{
	memset(it, 0, sizeof(*it));
	init_item(it);
}

bool field_time_fits(int64_t time_ms)
{
	return time_ms == TIME_NONE || (time_ms >= INT64_C(-62167219200000) && time_ms < INT64_C(253402300800000));
}

/* Lists differ only in the type that items points to; their layout in memory is the same. */
struct list_head list_head_get(const void *owner, const struct field *f)
{
	struct list_head head;

	memcpy(&head, (const char *)owner + f->offset, sizeof(head));
	return head;
}

void list_head_set(void *owner, const struct field *f, struct list_head head)
{
	memcpy((char *)owner + f->offset, &head, sizeof(head));
}

const char *feed_format_name(enum feed_format f)
{
	static const char *const names[] = {[FORMAT_RSS] = "rss",
		[FORMAT_RDF] = "rdf",
		[FORMAT_ATOM] = "atom",
		[FORMAT_JSON] = "json",
		[FORMAT_CDF] = "cdf"};

	return (size_t)f < COUNT(names) ? names[f] : NULL;
}
