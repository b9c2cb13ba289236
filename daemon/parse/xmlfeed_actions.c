/* SPDX-License-Identifier: ISC */
/* Actions of elements that have attributes or children: items, links, categories, pictures, sources.
 *
 * An element's attributes are read at its start tag, its text at its end tag.  Values that belong together are kept
 * in struct xmlfeed between the two. */
#include "xmlfeed_frame.h"

#include "sitrep/text/feed_text.h"
#include "sitrep/text/url.h"

#include <string.h>

enum { RDF_ABOUT_RANK = 60 };
/* At this number of items, room is made for as many as a document may have.  A power of two. */
enum { MANY_ITEMS = 512 };
/* Room for the items of most feeds; unused room costs nothing. */
enum { USUAL_ITEMS = 64 };

static void feed_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct feed_facts *facts = &x->document->feed;
	if (f->place == AT_ROOT) {
		xmlfeed_enter(x, f, AT_FEED, facts);
		if (str_empty(facts->language) && f->language.data != x->frames[0].language.data)
			facts->language = f->language;
	} else {
		xmlfeed_enter_same(f, AT_FEED);
	}
	/* CDF has link and date as attributes */
	struct str href = xmlfeed_attr(attrs, count, "href");
	if (!str_empty(href) && str_empty(facts->link))
		facts->link = xmlfeed_keep_url(x, f->base, href);
	if (facts->updated == TIME_NONE)
		facts->updated = xmlfeed_read_time(x, xmlfeed_attr(attrs, count, "lastmod"));
}

const struct action action_feed = {feed_begin, NULL, false};

static void item_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct document *d = x->document;
	if (d->items.count == LIMIT_DOCUMENT_ITEMS) {
		d->truncated = true;
		return;
	}
	/* growth by doubling would waste more memory than the items take */
	if (d->items.count == 0)
		list_reserve(x->arena, &d->items, USUAL_ITEMS);
	else if (d->items.count == MANY_ITEMS)
		list_reserve(x->arena, &d->items, LIMIT_DOCUMENT_ITEMS);
	struct item *it = xmlfeed_checked(x, list_add(x->arena, &d->items));
	if (it == NULL)
		return;
	item_init(it);
	x->item = it;
	x->waiting_count = 0;
	x->own_categories[1] = 0;
	x->item_dc_date = TIME_NONE;
	xmlfeed_enter(x, f, AT_ITEM, it);
	it->language = f->language.data != x->frames[0].language.data ? f->language : STR_NONE;
	struct str href = xmlfeed_attr(attrs, count, "href");
	if (!str_empty(href))
		it->link = xmlfeed_keep_url(x, f->base, href);
	it->updated = xmlfeed_read_time(x, xmlfeed_attr(attrs, count, "lastmod"));
	for (size_t i = 0; i < count; i++) {
		if (str_eq(attrs[i].name.local, STR("about")) && !str_empty(attrs[i].name.prefix)) {
			it->id = xmlfeed_keep(x, attrs[i].value, LIMIT_TITLE);
			/* rdf:about ranks lowest */
			f->inner_ranks[offsetof(struct item, id) / sizeof(void *)] = RDF_ABOUT_RANK;
		}
	}
}

static void item_end(struct xmlfeed *x, struct frame *f, struct str text UNUSED)
{
	struct item *it = f->inner_object;
	if (f->inner != AT_ITEM || it != x->item)
		return;
	xmlfeed_finish_item_people(x);
	if (str_empty(it->link) && it->guid_is_permalink && url_is_web(it->id))
		it->link = it->id;
	xmlfeed_finish_item_texts(x);
	/* Dublin Core's date fills the one that is absent; Atom requires only updated */
	if (it->published == TIME_NONE)
		it->published = x->item_dc_date != TIME_NONE ? x->item_dc_date : it->updated;
	if (it->published == TIME_NONE)
		it->published = it->created;
	x->item = NULL;
}

/* dc:date may be the date of publication or that of a change: item_end() uses it for both. */
static void dc_date_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	x->item_dc_date = xmlfeed_read_time(x, text);
	if (x->item_dc_date != TIME_NONE && xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
		*(int64_t *)xmlfeed_member(f) = x->item_dc_date;
}

const struct action action_dc_date = {NULL, dc_date_end, true};
const struct action action_item = {item_begin, item_end, false};

#define RELATIONS "http://www.iana.org/assignments/relation/"

static void link_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct str rel = str_trim(xmlfeed_attr(attrs, count, "rel"));
	if (str_starts_nocase(rel, STR(RELATIONS)))
		rel = str_slice(rel, sizeof(RELATIONS) - 1, rel.len);
	struct str href = xmlfeed_attr(attrs, count, "href");
	/* an empty reference is the base (RFC 3986, 4.4); without xml:base that is the feed itself, which is no link */
	bool is_base = href.data != NULL && str_trim(href).len == 0 && f->base.data != x->frames[0].base.data;
	x->link = (struct feed_link){
		.href = xmlfeed_keep_url(x, f->base, is_base ? f->base : href),
		.rel = xmlfeed_keep(x, rel, LIMIT_NAME),
		.type = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "type"), LIMIT_NAME),
		.title = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "title"), LIMIT_TITLE),
		.hreflang = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "hreflang"), LIMIT_NAME),
		.length = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "length"), LIMIT_NAME),
	};
	if (str_empty(x->link.rel))
		x->link.rel = STR("alternate");
}

static void add_enclosure(struct xmlfeed *x, struct item *it, const struct enclosure *e)
{
	if (str_empty(e->url) || it->enclosures.count == LIMIT_ITEM_LIST)
		return;
	struct str type = str_empty(e->type) ? feed_text_type_of(e->url) : e->type;
	for (size_t i = 0; i < it->enclosures.count; i++) {
		struct enclosure *known = &it->enclosures.items[i];
		if (!str_eq(known->url, e->url))
			continue;
		if (str_empty(known->type))
			known->type = type;
		if (str_empty(known->length))
			known->length = e->length;
		return;
	}
	struct enclosure *added = xmlfeed_checked(x, list_add(x->arena, &it->enclosures));
	if (added != NULL)
		*added = (struct enclosure){e->url, type, e->length};
}

static void add_link(struct xmlfeed *x, const struct frame *f, const struct feed_link *link)
{
	struct item *it = f->object;
	struct feed_facts *facts = f->object;
	struct feed_link *added = NULL;
	if (f->place == AT_ITEM && it->links.count < LIMIT_ITEM_LIST)
		added = xmlfeed_checked(x, list_add(x->arena, &it->links));
	else if (f->place != AT_ITEM && facts->links.count < LIMIT_ITEM_LIST)
		added = xmlfeed_checked(x, list_add(x->arena, &facts->links));
	if (added != NULL)
		*added = *link;
}

/* Whether the link leads to a page for people. */
static bool is_page(const struct feed_link *link)
{
	return str_empty(link->type) || str_find_nocase(link->type, STR("html"), 0) != STR_NPOS;
}

static void link_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	struct feed_link *link = &x->link;
	if (str_empty(link->href))
		link->href = xmlfeed_keep_url(x, f->base, text);
	if (str_empty(link->href))
		return;
	struct item *it = f->object;
	struct feed_facts *facts = f->object;
	bool in_item = f->place == AT_ITEM;
	add_link(x, f, link);
	if (str_eq_nocase(link->rel, STR("alternate"))) {
		unsigned int rank = f->rule->rank + (is_page(link) ? 0U : 2U);
		if (xmlfeed_claim(x, f, f->rule->offset, rank))
			*(struct str *)xmlfeed_member(f) = link->href;
	} else if (in_item && str_eq_nocase(link->rel, STR("enclosure"))) {
		add_enclosure(x, it, &(struct enclosure){link->href, link->type, link->length});
	} else if (in_item && str_eq_nocase(link->rel, STR("replies"))) {
		if (is_page(link) && xmlfeed_claim(x, f, offsetof(struct item, comments), 20))
			it->comments = link->href;
	} else if (!in_item && str_eq_nocase(link->rel, STR("self"))) {
		if (str_empty(facts->self))
			facts->self = link->href;
	} else if (!in_item && str_eq_nocase(link->rel, STR("hub"))) {
		if (str_empty(facts->hub))
			facts->hub = link->href;
	}
}

const struct action action_link = {link_begin, link_end, true};

/* The item's original address: FeedBurner has replaced the item's link by an address of its own. */
static void orig_link_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	struct feed_link link = {.href = xmlfeed_keep_url(x, f->base, text), .rel = STR("canonical")};
	if (str_empty(link.href))
		return;
	add_link(x, f, &link);
	if (xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
		*(struct str *)xmlfeed_member(f) = link.href;
}

const struct action action_orig_link = {NULL, orig_link_end, true};

static void guid_begin(struct xmlfeed *x, struct frame *f UNUSED, const struct xml_attr *attrs, size_t count)
{
	struct str permalink = str_trim(xmlfeed_attr(attrs, count, "isPermaLink"));
	/* RSS 2.0: isPermaLink is true unless it is "false" */
	x->guid_is_no_link = str_eq_nocase(permalink, STR("false"));
}

static void guid_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	text = str_trim(text);
	if (text.len == 0 || !xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
		return;
	struct item *it = f->object;
	it->guid_is_permalink = !x->guid_is_no_link && url_is_web(text);
	it->id = it->guid_is_permalink ? xmlfeed_keep_url(x, f->base, text) : xmlfeed_keep(x, text, LIMIT_TITLE);
}

/* An Atom id must be absolute, but some feeds give a path. */
static void id_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	text = str_trim(text);
	if (text.len == 0 || !xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
		return;
	bool path = *text.data == '/' && f->atom && !str_empty(f->base);
	*(struct str *)xmlfeed_member(f) =
		path ? xmlfeed_keep_url(x, f->base, text) : xmlfeed_keep(x, text, LIMIT_TITLE);
}

const struct action action_id = {NULL, id_end, true};
const struct action action_guid = {guid_begin, guid_end, true};

static void category_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct str scheme = xmlfeed_attr(attrs, count, "scheme");
	if (str_empty(scheme))
		scheme = xmlfeed_attr(attrs, count, "domain");
	struct str term = xmlfeed_attr(attrs, count, "term");
	if (str_empty(term))
		term = xmlfeed_attr(attrs, count, "text");
	x->category = (struct category){
		.term = xmlfeed_keep_name(x, term, LIMIT_NAME),
		.scheme = xmlfeed_keep(x, scheme, LIMIT_URL),
		.label = xmlfeed_keep_name(x, xmlfeed_attr(attrs, count, "label"), LIMIT_NAME),
	};
	/* iTunes nests categories */
	if (f->rule->ns == NS_ITUNES)
		xmlfeed_enter_same(f, f->place);
}

static void add_category(struct xmlfeed *x, const struct frame *f, const struct category *c)
{
	struct item *it = f->object;
	struct feed_facts *facts = f->object;
	bool in_item = f->place == AT_ITEM || f->place == AT_MEDIA;
	size_t count = in_item ? it->categories.count : facts->categories.count;
	const struct category *known = in_item ? it->categories.items : facts->categories.items;
	if (str_empty(c->term) || count == LIMIT_ITEM_LIST)
		return;
	for (size_t i = 0; i < count; i++) {
		if (str_eq(known[i].term, c->term) && str_eq(known[i].scheme, c->scheme) &&
			str_eq(known[i].label, c->label))
			return;
	}
	struct category *last = xmlfeed_checked(
		x, in_item ? list_add(x->arena, &it->categories) : list_add(x->arena, &facts->categories));
	if (last == NULL)
		return;
	/* categories of the dialect come before those of modules, each in document order */
	size_t *own = &x->own_categories[in_item ? 1 : f->place == AT_SOURCE ? 2 : 0];
	struct category *place = last;
	if (f->rule->ns == NS_FEED) {
		place = last - (count - *own);
		memmove(place + 1, place, (count - *own) * sizeof(*place));
		(*own)++;
	}
	*place = *c;
}

static void category_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	if (str_empty(x->category.term))
		x->category.term = xmlfeed_keep_name(x, text, LIMIT_NAME);
	if (str_empty(x->category.term))
		x->category.term = x->category.label;
	add_category(x, f, &x->category);
}

static void itunes_category_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	category_begin(x, f, attrs, count);
	if (str_empty(x->category.scheme))
		x->category.scheme = STR("http://www.itunes.com/");
	add_category(x, f, &x->category);
}

static void keywords_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	struct str word;
	while (str_split(&text, ',', &word)) {
		struct category c = {.term = xmlfeed_keep_name(x, word, LIMIT_NAME)};
		add_category(x, f, &c);
	}
}

const struct action action_category = {category_begin, category_end, true};
const struct action action_itunes_category = {itunes_category_begin, NULL, false};
const struct action action_keywords = {NULL, keywords_end, true};

static struct enclosure read_enclosure(
	struct xmlfeed *x, const struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct str length = xmlfeed_attr(attrs, count, "length");
	return (struct enclosure){
		.url = xmlfeed_keep_url(x, f->base, xmlfeed_attr(attrs, count, "url")),
		.type = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "type"), LIMIT_NAME),
		.length = xmlfeed_keep(
			x, str_empty(length) ? xmlfeed_attr(attrs, count, "fileSize") : length, LIMIT_NAME),
	};
}

static void enclosure_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	x->enclosure = read_enclosure(x, f, attrs, count);
}

/* Some feeds write the address as text. */
static void enclosure_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	if (str_empty(x->enclosure.url))
		x->enclosure.url = xmlfeed_keep_url(x, f->base, text);
	add_enclosure(x, f->object, &x->enclosure);
	struct feed_link link = {.href = x->enclosure.url,
		.rel = STR("enclosure"),
		.type = x->enclosure.type,
		.length = x->enclosure.length};
	if (!str_empty(link.href))
		add_link(x, f, &link);
}

const struct action action_enclosure = {enclosure_begin, enclosure_end, true};

static void media_content_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct item *it = f->object;
	struct enclosure e = read_enclosure(x, f, attrs, count);
	struct str medium = xmlfeed_attr(attrs, count, "medium");
	bool picture = str_eq_nocase(medium, STR("image")) || str_starts_nocase(e.type, STR("image/"));
	if (picture && !str_empty(e.url) && xmlfeed_claim(x, f, offsetof(struct item, image), 30)) {
		it->image.url = e.url;
		it->image.width = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "width"), LIMIT_NAME);
		it->image.height = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "height"), LIMIT_NAME);
	}
	add_enclosure(x, it, &e);
	xmlfeed_enter_same(f, AT_MEDIA);
}

static void media_group_begin(
	struct xmlfeed *x UNUSED, struct frame *f, const struct xml_attr *attrs UNUSED, size_t count UNUSED)
{
	xmlfeed_enter_same(f, AT_MEDIA);
}

const struct action action_media_content = {media_content_begin, NULL, false};
const struct action action_media_group = {media_group_begin, NULL, false};

static void image_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct image *image = xmlfeed_member(f);
	xmlfeed_enter(x, f, AT_IMAGE, image);
	struct str href = xmlfeed_attr(attrs, count, "href");
	if (str_empty(href))
		href = xmlfeed_attr(attrs, count, "url");
	if (!str_empty(href) && xmlfeed_claim(x, f, f->rule->offset, f->rule->rank)) {
		image->url = xmlfeed_keep_url(x, f->base, href);
		image->width = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "width"), LIMIT_NAME);
		image->height = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "height"), LIMIT_NAME);
	}
}

static void image_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	struct image *image = xmlfeed_member(f);
	text = str_trim(text);
	if (text.len > 0 && str_empty(image->url))
		image->url = xmlfeed_keep_url(x, f->base, text);
	/* RSS has the picture's address in a child element; it now ranks like one in an attribute */
	if (!str_empty(image->url))
		xmlfeed_claim(x, f, f->rule->offset, f->rule->rank);
}

const struct action action_image = {image_begin, image_end, true};

static void input_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs UNUSED, size_t count UNUSED)
{
	xmlfeed_enter(x, f, AT_INPUT, xmlfeed_member(f));
}

const struct action action_input = {input_begin, NULL, false};

static void source_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct item *it = f->object;
	it->has_source = true;
	/* a second source element adds to the same object */
	x->own_categories[2] = it->source.categories.count;
	xmlfeed_enter(x, f, AT_SOURCE, &it->source);
	struct str url = xmlfeed_attr(attrs, count, "url");
	if (!str_empty(url) && str_empty(it->source.url))
		it->source.url = xmlfeed_keep_url(x, f->base, url);
}

static void source_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	struct item *it = f->object;
	if (it->source.title.kind != TEXT_ABSENT || str_trim(text).len == 0)
		return;
	it->source.title = (struct text){.value = xmlfeed_keep_name(x, text, LIMIT_TITLE),
		.kind = TEXT_PLAIN,
		.mime = STR("text/plain"),
		.lang = f->language};
}

const struct action action_source = {source_begin, source_end, true};

static void cloud_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct cloud *cloud = xmlfeed_member(f);
	cloud->domain = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "domain"), LIMIT_NAME);
	cloud->port = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "port"), LIMIT_NAME);
	cloud->path = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "path"), LIMIT_NAME);
	cloud->registerprocedure = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "registerProcedure"), LIMIT_NAME);
	cloud->protocol = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "protocol"), LIMIT_NAME);
}

const struct action action_cloud = {cloud_begin, NULL, false};

static void generator_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	struct feed_facts *facts = f->object;
	struct str uri = xmlfeed_attr(attrs, count, "uri");
	if (str_empty(uri))
		uri = xmlfeed_attr(attrs, count, "url");
	if (!str_empty(uri))
		facts->generator_uri = xmlfeed_keep_url(x, f->base, uri);
	if (!str_empty(xmlfeed_attr(attrs, count, "version")))
		facts->generator_version = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "version"), LIMIT_NAME);
	/* admin:generatorAgent has the address in rdf:resource */
	for (size_t i = 0; i < count; i++) {
		if (str_eq(attrs[i].name.local, STR("resource")) && str_empty(facts->generator))
			facts->generator = xmlfeed_keep(x, attrs[i].value, LIMIT_NAME);
	}
}

static void generator_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	text = str_trim(text);
	if (text.len > 0 && xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
		*(struct str *)xmlfeed_member(f) = xmlfeed_keep(x, text, LIMIT_NAME);
}

const struct action action_generator = {generator_begin, generator_end, true};

static void skip_begin(
	struct xmlfeed *x UNUSED, struct frame *f, const struct xml_attr *attrs UNUSED, size_t count UNUSED)
{
	xmlfeed_enter_same(f, AT_SKIP);
}

const struct action action_skip = {skip_begin, NULL, false};
