/* SPDX-License-Identifier: ISC */
/* The table of all elements of feeds.
 *
 * A row has an element's places, namespace and name, its action, the member that it sets, and its rank.  When
 * several elements set one member, the lowest rank wins, and among equals the first.  A feed's own dialect has ranks
 * from 10 on; Dublin Core and other modules follow; podcast vocabularies are last, because publishers fill them for
 * shops. */
#include "xmlfeed_rules.h"

#include <string.h>

#define NAME(text)                                                                                                     \
	{                                                                                                              \
		"" text, sizeof(text) - 1                                                                              \
	}
#define FACTS(places, ns, name, action, member, rank, detail)                                                          \
	{                                                                                                              \
		(places), (ns), NAME(name), &(action), offsetof(struct feed_facts, member), (rank), (detail)           \
	}
#define FEED(ns, name, action, member, rank, detail) FACTS(AT_FEED | AT_SOURCE, ns, name, action, member, rank, detail)
#define ITEM(ns, name, action, member, rank, detail)                                                                   \
	{                                                                                                              \
		AT_ITEM, (ns), NAME(name), &(action), offsetof(struct item, member), (rank), (detail)                  \
	}
#define MEDIA(name, action, member, rank, detail)                                                                      \
	{                                                                                                              \
		AT_ITEM | AT_MEDIA, NS_MEDIA, NAME(name), &(action), offsetof(struct item, member), (rank), (detail)   \
	}
#define OTHER(place, type, name, action, member)                                                                       \
	{                                                                                                              \
		(place), NS_FEED, NAME(name), &(action), offsetof(struct type, member), 10, 0                          \
	}

static const struct rule rules[] = {
	/* structure */
	{AT_ROOT, NS_FEED, NAME("rss"), &action_feed, 0, 0, 0},
	{AT_ROOT, NS_FEED, NAME("feed"), &action_feed, 0, 0, 0},
	{AT_ROOT, NS_RDF, NAME("rdf"), &action_feed, 0, 0, 0},
	{AT_ROOT, NS_FEED, NAME("rdf"), &action_feed, 0, 0, 0},
	{AT_ROOT | AT_FEED, NS_FEED, NAME("channel"), &action_feed, 0, 0, 0},
	{AT_ROOT | AT_FEED, NS_FEED, NAME("item"), &action_item, 0, 0, 0},
	{AT_ROOT | AT_FEED, NS_FEED, NAME("entry"), &action_item, 0, 0, 0},
	{AT_FEED, NS_FEED, NAME("items"), &action_feed, 0, 0, 0},

	/* the feed, and an entry's source */
	FEED(NS_FEED, "title", action_text, title, 10, TEXT_DEFAULT_TITLE),
	FEED(NS_DC, "title", action_text, title, 30, TEXT_DEFAULT_TITLE),
	FEED(NS_DCTERMS, "title", action_text, title, 30, TEXT_DEFAULT_TITLE),
	FEED(NS_MEDIA, "title", action_text, title, 40, TEXT_DEFAULT_TITLE),
	FEED(NS_ITUNES, "title", action_text, title, 50, TEXT_DEFAULT_TITLE),
	FEED(NS_FEED, "description", action_text, subtitle, 10, TEXT_DEFAULT),
	FEED(NS_FEED, "subtitle", action_text, subtitle, 10, TEXT_DEFAULT),
	FEED(NS_FEED, "tagline", action_text, subtitle, 11, TEXT_DEFAULT),
	FEED(NS_FEED, "abstract", action_text, subtitle, 20, TEXT_DEFAULT),
	FEED(NS_DC, "description", action_text, subtitle, 30, TEXT_DEFAULT),
	FEED(NS_DCTERMS, "abstract", action_text, subtitle, 35, TEXT_DEFAULT),
	FEED(NS_ITUNES, "subtitle", action_text, subtitle, 40, TEXT_DEFAULT),
	FEED(NS_ITUNES, "summary", action_text, subtitle, 50, TEXT_DEFAULT),
	FEED(NS_GOOGLEPLAY, "description", action_text, subtitle, 60, TEXT_DEFAULT),
	FEED(NS_FEED, "rights", action_text, rights, 10, TEXT_DEFAULT),
	FEED(NS_FEED, "copyright", action_text, rights, 11, TEXT_DEFAULT),
	FEED(NS_DC, "rights", action_text, rights, 30, TEXT_DEFAULT),
	FEED(NS_DCTERMS, "rights", action_text, rights, 30, TEXT_DEFAULT),
	FEED(NS_MEDIA, "copyright", action_text, rights, 40, TEXT_DEFAULT),
	FEED(NS_FEED, "info", action_text, info, 10, TEXT_DEFAULT),
	FEED(NS_FEEDBURNER, "browserfriendly", action_text, info, 30, TEXT_DEFAULT),
	FEED(NS_FEED, "link", action_link, link, 10, 0),
	FEED(NS_ITUNES, "link", action_link, link, 60, 0),
	FEED(NS_FEED, "id", action_id, id, 10, 0),
	FEED(NS_FEED, "guid", action_string, id, 20, 0),
	FEED(NS_DC, "identifier", action_string, id, 30, 0),
	FEED(NS_FEED, "language", action_string, language, 10, 0),
	FEED(NS_DC, "language", action_string, language, 30, 0),
	FEED(NS_DCTERMS, "language", action_string, language, 30, 0),
	FEED(NS_FEED, "generator", action_generator, generator, 10, 0),
	FEED(NS_ADMIN, "generatoragent", action_generator, generator, 30, 0),
	FEED(NS_FEED, "docs", action_url, docs, 10, 0),
	FEED(NS_FEED, "icon", action_url, icon, 10, 0),
	FEED(NS_FEED, "logo", action_url, logo, 10, 0),
	FEED(NS_FEED, "managingeditor", action_editor, managing_editor, 10, ROLE_AUTHOR),
	FEED(NS_FEED, "webmaster", action_editor, webmaster, 10, ROLE_PUBLISHER),
	FEED(NS_FEED, "ttl", action_string, ttl, 10, 0),
	FEED(NS_SY, "updateperiod", action_string, update_period, 10, 0),
	FEED(NS_SY, "updatefrequency", action_string, update_frequency, 10, 0),
	FEED(NS_FEED, "skiphours", action_skip, skip_hours, 10, 0),
	FEED(NS_FEED, "skipdays", action_skip, skip_days, 10, 0),
	FACTS(AT_SKIP, NS_FEED, "hour", action_words, skip_hours, 10, 0),
	FACTS(AT_SKIP, NS_FEED, "day", action_words, skip_days, 10, 0),
	FEED(NS_FEED, "updated", action_time, updated, 10, 0),
	FEED(NS_FEED, "lastbuilddate", action_time, updated, 10, 0),
	FEED(NS_FEED, "modified", action_time, updated, 11, 0),
	FEED(NS_FEED, "lastmod", action_time, updated, 12, 0),
	FEED(NS_DCTERMS, "modified", action_time, updated, 20, 0),
	FEED(NS_DC, "date", action_time, updated, 30, 0),
	FEED(NS_FEED, "pubdate", action_time, published, 10, 0),
	FEED(NS_FEED, "published", action_time, published, 10, 0),
	FEED(NS_FEED, "issued", action_time, published, 11, 0),
	FEED(NS_DCTERMS, "issued", action_time, published, 20, 0),
	FEED(NS_DCTERMS, "created", action_time, published, 25, 0),
	FEED(NS_FEED, "image", action_image, image, 10, 0),
	FEED(NS_ITUNES, "image", action_image, image, 40, 0),
	FEED(NS_GOOGLEPLAY, "image", action_image, image, 50, 0),
	FEED(NS_MEDIA, "thumbnail", action_image, image, 30, 0),
	FEED(NS_FEED, "textinput", action_input, textinput, 10, 0),
	FEED(NS_FEED, "cloud", action_cloud, cloud, 10, 0),
	FEED(NS_FEED, "author", action_person, authors, 10, ROLE_AUTHOR),
	FEED(NS_DC, "creator", action_person, authors, 20, ROLE_AUTHOR),
	FEED(NS_DC, "author", action_person, authors, 20, ROLE_AUTHOR),
	FEED(NS_DCTERMS, "creator", action_person, authors, 20, ROLE_AUTHOR),
	FEED(NS_ITUNES, "author", action_person, authors, 40, ROLE_AUTHOR_IF_NONE),
	FEED(NS_GOOGLEPLAY, "author", action_person, authors, 50, ROLE_AUTHOR_IF_NONE),
	FEED(NS_FEED, "contributor", action_person, contributors, 10, ROLE_CONTRIBUTOR),
	FEED(NS_DC, "contributor", action_person, contributors, 20, ROLE_CONTRIBUTOR),
	FEED(NS_DC, "publisher", action_person, publisher, 10, ROLE_PUBLISHER),
	FEED(NS_ITUNES, "owner", action_person, publisher, 20, ROLE_PUBLISHER),
	FEED(NS_FEED, "category", action_category, categories, 10, 0),
	FEED(NS_DC, "subject", action_category, categories, 20, 0),
	FEED(NS_DCTERMS, "subject", action_category, categories, 20, 0),
	FEED(NS_MEDIA, "category", action_category, categories, 30, 0),
	FEED(NS_ITUNES, "category", action_itunes_category, categories, 30, 0),
	FEED(NS_ITUNES, "keywords", action_keywords, categories, 40, 0),

	/* items */
	ITEM(NS_FEED, "title", action_text, title, 10, TEXT_DEFAULT_TITLE),
	ITEM(NS_DC, "title", action_text, title, 30, TEXT_DEFAULT_TITLE),
	ITEM(NS_DCTERMS, "title", action_text, title, 30, TEXT_DEFAULT_TITLE),
	MEDIA("title", action_text, title, 40, TEXT_DEFAULT_TITLE),
	ITEM(NS_ITUNES, "title", action_text, title, 50, TEXT_DEFAULT_TITLE),
	ITEM(NS_FEED, "description", action_text, summary, 10, TEXT_DEFAULT),
	ITEM(NS_FEED, "summary", action_text, summary, 10, TEXT_DEFAULT),
	ITEM(NS_FEED, "abstract", action_text, summary, 20, TEXT_DEFAULT),
	ITEM(NS_DC, "description", action_text, summary, 30, TEXT_DEFAULT),
	ITEM(NS_DCTERMS, "abstract", action_text, summary, 35, TEXT_DEFAULT),
	MEDIA("description", action_text, summary, 40, TEXT_DEFAULT),
	ITEM(NS_ITUNES, "summary", action_text, summary, 50, TEXT_DEFAULT),
	ITEM(NS_GOOGLEPLAY, "description", action_text, summary, 55, TEXT_DEFAULT),
	ITEM(NS_ITUNES, "subtitle", action_text, summary, 60, TEXT_DEFAULT),
	ITEM(NS_CONTENT, "encoded", action_text, content, 10, TEXT_DEFAULT_HTML),
	ITEM(NS_FEED, "content", action_text, content, 11, TEXT_DEFAULT_CONTENT),
	ITEM(NS_FEED, "encoded", action_text, content, 15, TEXT_DEFAULT_HTML),
	ITEM(NS_XHTML, "body", action_text, content, 20, TEXT_DEFAULT_INLINE),
	ITEM(NS_FEED, "body", action_text, content, 20, TEXT_DEFAULT_INLINE),
	ITEM(NS_XHTML, "div", action_text, content, 21, TEXT_DEFAULT_INLINE),
	ITEM(NS_FEED, "fullitem", action_text, content, 30, TEXT_DEFAULT_HTML),
	ITEM(NS_FEEDBURNER, "origlink", action_orig_link, link, 50, 0),
	ITEM(NS_FEED, "link", action_link, link, 10, 0),
	ITEM(NS_ITUNES, "link", action_link, link, 60, 0),
	ITEM(NS_FEED, "guid", action_guid, id, 10, 0),
	ITEM(NS_FEED, "id", action_id, id, 11, 0),
	ITEM(NS_DC, "identifier", action_string, id, 40, 0),
	ITEM(NS_FEED, "comments", action_url, comments, 10, 0),
	ITEM(NS_FEED, "rights", action_text, rights, 10, TEXT_DEFAULT),
	ITEM(NS_FEED, "copyright", action_text, rights, 11, TEXT_DEFAULT),
	ITEM(NS_DC, "rights", action_text, rights, 30, TEXT_DEFAULT),
	ITEM(NS_DCTERMS, "rights", action_text, rights, 30, TEXT_DEFAULT),
	MEDIA("copyright", action_text, rights, 40, TEXT_DEFAULT),
	ITEM(NS_FEED, "language", action_string, language, 10, 0),
	ITEM(NS_DC, "language", action_string, language, 30, 0),
	ITEM(NS_FEED, "pubdate", action_time, published, 10, 0),
	ITEM(NS_FEED, "published", action_time, published, 10, 0),
	ITEM(NS_FEED, "issued", action_time, published, 11, 0),
	ITEM(NS_DCTERMS, "issued", action_time, published, 20, 0),
	ITEM(NS_FEED, "updated", action_time, updated, 10, 0),
	ITEM(NS_FEED, "modified", action_time, updated, 11, 0),
	ITEM(NS_FEED, "lastmod", action_time, updated, 12, 0),
	ITEM(NS_DCTERMS, "modified", action_time, updated, 20, 0),
	ITEM(NS_DC, "date", action_dc_date, updated, 30, 0),
	ITEM(NS_FEED, "created", action_time, created, 10, 0),
	ITEM(NS_DCTERMS, "created", action_time, created, 20, 0),
	ITEM(NS_FEED, "expirationdate", action_time, expired, 10, 0),
	ITEM(NS_FEED, "image", action_image, image, 10, 0),
	MEDIA("thumbnail", action_image, image, 20, 0),
	ITEM(NS_ITUNES, "image", action_image, image, 40, 0),
	ITEM(NS_GOOGLEPLAY, "image", action_image, image, 50, 0),
	ITEM(NS_FEED, "enclosure", action_enclosure, enclosures, 10, 0),
	MEDIA("content", action_media_content, enclosures, 20, 0),
	MEDIA("group", action_media_group, enclosures, 0, 0),
	ITEM(NS_FEED, "source", action_source, source, 10, 0),
	ITEM(NS_FEED, "author", action_person, authors, 10, ROLE_AUTHOR),
	ITEM(NS_DC, "creator", action_person, authors, 20, ROLE_AUTHOR),
	ITEM(NS_DC, "author", action_person, authors, 20, ROLE_AUTHOR),
	ITEM(NS_DCTERMS, "creator", action_person, authors, 20, ROLE_AUTHOR),
	ITEM(NS_ITUNES, "author", action_person, authors, 40, ROLE_AUTHOR_IF_NONE),
	ITEM(NS_GOOGLEPLAY, "author", action_person, authors, 50, ROLE_AUTHOR_IF_NONE),
	ITEM(NS_FEED, "contributor", action_person, contributors, 10, ROLE_CONTRIBUTOR),
	ITEM(NS_DC, "contributor", action_person, contributors, 20, ROLE_CONTRIBUTOR),
	MEDIA("credit", action_person, contributors, 30, ROLE_CONTRIBUTOR),
	ITEM(NS_DC, "publisher", action_person, publisher, 10, ROLE_PUBLISHER),
	ITEM(NS_FEED, "category", action_category, categories, 10, 0),
	ITEM(NS_DC, "subject", action_category, categories, 20, 0),
	ITEM(NS_DCTERMS, "subject", action_category, categories, 20, 0),
	MEDIA("category", action_category, categories, 30, 0),
	MEDIA("keywords", action_keywords, categories, 40, 0),
	ITEM(NS_ITUNES, "category", action_itunes_category, categories, 30, 0),
	ITEM(NS_ITUNES, "keywords", action_keywords, categories, 40, 0),

	/* parts */
	OTHER(AT_IMAGE, image, "url", action_url, url),
	OTHER(AT_IMAGE, image, "title", action_string, title),
	OTHER(AT_IMAGE, image, "link", action_url, link),
	OTHER(AT_IMAGE, image, "width", action_string, width),
	OTHER(AT_IMAGE, image, "height", action_string, height),
	OTHER(AT_IMAGE, image, "description", action_string, description),
	{AT_IMAGE, NS_DC, NAME("title"), &action_string, offsetof(struct image, title), 20, 0},
	OTHER(AT_INPUT, text_input, "title", action_string, title),
	OTHER(AT_INPUT, text_input, "description", action_string, description),
	OTHER(AT_INPUT, text_input, "name", action_string, name),
	OTHER(AT_INPUT, text_input, "link", action_url, link),
	OTHER(AT_PERSON, person, "name", action_string, name),
	OTHER(AT_PERSON, person, "email", action_string, email),
	OTHER(AT_PERSON, person, "uri", action_url, uri),
	OTHER(AT_PERSON, person, "url", action_url, uri),
	OTHER(AT_PERSON, person, "homepage", action_url, uri),
	{AT_PERSON, NS_ITUNES, NAME("name"), &action_string, offsetof(struct person, name), 20, 0},
	{AT_PERSON, NS_ITUNES, NAME("email"), &action_string, offsetof(struct person, email), 20, 0},
};

enum { RULE_COUNT = sizeof(rules) / sizeof(*rules) };
_Static_assert(RULE_COUNT * 2 < RULE_SLOTS, "at most half of the slots may be used");

static uint32_t hash(enum ns ns, struct str name)
{
	uint32_t h = 2166136261U ^ (uint32_t)ns;
	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)char_lower(name.data[i])) * 16777619U;
	return h ^ h >> 15;
}

/* The index of each rule plus 1, by hash; made once, by xmlfeed_prepare(). */
static uint16_t slots[RULE_SLOTS];

void xmlfeed_prepare(void)
{
	memset(slots, 0, sizeof(slots));
	for (size_t i = 0; i < RULE_COUNT; i++) {
		uint32_t slot = hash(rules[i].ns, rules[i].name) % RULE_SLOTS;
		while (slots[slot] != 0)
			slot = (slot + 1) % RULE_SLOTS;
		slots[slot] = (uint16_t)(i + 1);
	}
}

static const struct rule *look_up(enum place place, enum ns ns, struct str name)
{
	for (uint32_t slot = hash(ns, name) % RULE_SLOTS; slots[slot] != 0; slot = (slot + 1) % RULE_SLOTS) {
		const struct rule *rule = &rules[slots[slot] - 1];
		if (rule->ns == ns && (rule->places & (unsigned int)place) != 0 && str_eq_nocase(rule->name, name))
			return rule;
	}
	return NULL;
}

const struct rule *xmlfeed_find_rule(struct xmlfeed *x, enum place place, enum ns ns, struct str name)
{
	size_t slot = ((uintptr_t)name.data >> 2 ^ (size_t)place * 7 ^ (size_t)ns) % RULE_CACHE;
	if (x->rule_cache[slot].name == name.data && x->rule_cache[slot].len == name.len &&
		x->rule_cache[slot].place == place && x->rule_cache[slot].ns == ns)
		return x->rule_cache[slot].rule;
	x->rule_cache[slot].name = name.data;
	x->rule_cache[slot].len = name.len;
	x->rule_cache[slot].place = place;
	x->rule_cache[slot].ns = ns;
	x->rule_cache[slot].rule = look_up(place, ns, name);
	return x->rule_cache[slot].rule;
}
