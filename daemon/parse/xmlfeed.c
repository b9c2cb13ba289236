/* SPDX-License-Identifier: ISC */
/* xmlfeed.c: follows the open elements of an XML feed.
 *
 * Each start tag pushes a frame and is looked up among the rules of its place.  An element without a rule is skipped
 * with its content, unless it is markup inside a text.  Text is collected in one buffer, for the innermost frame
 * that captures it.  An element's text is the part that was appended since its start tag; at the end tag it goes to
 * the element's action and is cut off again. */
#include "xmlfeed.h"

#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/text/feed_text.h"
#include "sitrep/text/url.h"
#include "xmlfeed_frame.h"
#include "xmlfeed_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Captured text of all open elements together.  Sanitised content may have LIMIT_ITEM_CONTENT bytes, and raw markup is
 * longer. */
enum { CAPTURE_MAX = 8 * LIMIT_ITEM_CONTENT, TEXT_MAX = CAPTURE_MAX - LIMIT_ITEM_CONTENT };
enum { ESCAPED_LEN_MAX = sizeof("&quot;") - 1 };

static struct ns_meaning meaning_of(struct xmlfeed *x, const struct xml_name *name)
{
	/* a reader mostly gives the same pointers for the same namespace */
	size_t slot = ((uintptr_t)name->uri.data >> 4 ^ (uintptr_t)name->prefix.data >> 3) % NS_CACHE;
	if (name->uri.data != NULL && x->ns_cache[slot].uri == name->uri.data &&
		x->ns_cache[slot].prefix == name->prefix.data)
		return x->ns_cache[slot].meaning;
	struct ns_meaning meaning = xmlns_lookup(name->prefix, name->uri);
	if (meaning.ns == NS_UNKNOWN && str_empty(name->prefix) && str_eq(name->uri, x->root_uri))
		meaning.ns = NS_FEED;
	if (name->uri.data != NULL) {
		x->ns_cache[slot].uri = name->uri.data;
		x->ns_cache[slot].prefix = name->prefix.data;
		x->ns_cache[slot].meaning = meaning;
	}
	return meaning;
}

static void inherit_xml_attributes(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!str_eq(attrs[i].name.prefix, STR("xml")))
			continue;
		if (str_eq(attrs[i].name.local, STR("lang")))
			f->language = xmlfeed_keep(x, attrs[i].value, LIMIT_NAME);
		else if (str_eq(attrs[i].name.local, STR("base")) && attrs[i].value.len <= LIMIT_URL) {
			struct str base = xmlfeed_resolve(x, f->base, str_trim(attrs[i].value));
			if (url_is_web(base))
				f->base = base;
		}
	}
}

static void root_format(struct xmlfeed *x, const struct xml_name *name, const struct ns_meaning *meaning,
	const struct xml_attr *attrs, size_t count)
{
	struct document *d = x->document;
	struct str version = xmlfeed_keep(x, xmlfeed_attr(attrs, count, "version"), LIMIT_NAME);
	if (str_eq_nocase(name->local, STR("rss"))) {
		d->format = FORMAT_RSS;
	} else if (str_eq_nocase(name->local, STR("rdf"))) {
		d->format = FORMAT_RDF;
		version = STR_NONE;
		for (size_t i = 0; i < count; i++) {
			if (str_eq(attrs[i].name.prefix, STR("xmlns")) && str_empty(attrs[i].name.local))
				version = xmlns_lookup(STR_NONE, attrs[i].value).version;
		}
	} else if (str_eq_nocase(name->local, STR("feed")) ||
		   (str_eq_nocase(name->local, STR("entry")) && x->depth == 1)) {
		d->format = FORMAT_ATOM;
		if (!str_empty(meaning->version))
			version = meaning->version;
	} else if (str_eq_nocase(name->local, STR("channel"))) {
		d->format = str_eq(name->local, STR("CHANNEL")) ? FORMAT_CDF : FORMAT_RSS;
	} else if (str_eq_nocase(name->local, STR("item")) && x->depth == 1) {
		d->format = FORMAT_RSS;
	} else {
		return;
	}
	d->version = version;
	x->is_atom = d->format == FORMAT_ATOM;
	x->feed_seen = true;
	x->root_uri = name->uri;
	/* cached meanings are out of date: from now on the root's namespace is that of the feed */
	memset(x->ns_cache, 0, sizeof(x->ns_cache));
}

static struct frame *push(struct xmlfeed *x)
{
	struct frame *parent = &x->frames[x->depth];
	struct frame *f = &x->frames[++x->depth];
	*f = (struct frame){
		.place = parent->inner,
		.object = parent->inner_object,
		.ranks = parent->inner_ranks,
		.capture = parent->capture,
		.base = parent->base,
		.language = parent->language,
		.text_start = x->text.len,
	};
	return f;
}

static void on_start(void *ctx, const struct xml_name *name, const struct xml_attr *attrs, size_t count)
{
	struct xmlfeed *x = ctx;
	if (x->depth + 2 > LIMIT_DEPTH) {
		x->too_deep++;
		return;
	}
	if (!x->root_seen) {
		x->root_seen = true;
		/* copied, since the reader frees its names */
		x->root_name = xmlfeed_keep(x, name->local, LIMIT_NAME);
	}
	struct frame *f = push(x);
	struct ns_meaning meaning = meaning_of(x, name);
	if (f->place == AT_ROOT && !x->feed_seen) {
		root_format(x, name, &meaning, attrs, count);
		meaning = meaning_of(x, name);
	}
	/* the version of RSS 1.0 is in the default namespace, or in that of the first element in rdf:RDF */
	if (x->document->format == FORMAT_RDF && str_empty(x->document->version) && meaning.ns == NS_FEED)
		x->document->version = meaning.version;
	f->atom = meaning.family == FAMILY_ATOM || (meaning.family == FAMILY_UNSAID && x->is_atom);
	if (count > 0)
		inherit_xml_attributes(x, f, attrs, count);
	bool known = f->place != AT_NOWHERE && (f->place != AT_ROOT || x->feed_seen);
	f->rule = !known ? NULL : xmlfeed_find_rule(x, f->place, meaning.ns, name->local);
	if (f->rule == NULL) {
		if (f->capture != NULL)
			xmlfeed_markup_open(x, f, name, attrs, count);
		else if (f->place == AT_ROOT && !str_eq_nocase(name->local, STR("html")))
			xmlfeed_enter_same(f, AT_ROOT);
		return;
	}
	if (f->rule->action->captures)
		f->capture = f;
	else
		f->capture = NULL;
	if (f->rule->action->begin != NULL)
		f->rule->action->begin(x, f, attrs, count);
}

static void on_text(void *ctx, struct str text)
{
	struct xmlfeed *x = ctx;
	const struct frame *f = &x->frames[x->depth];
	if (f->capture == NULL)
		return;
	/* a text that is too long is cut; other texts are still read */
	size_t room = TEXT_MAX - (x->text.len < TEXT_MAX ? x->text.len : TEXT_MAX);
	if (f->capture->escape)
		room /= ESCAPED_LEN_MAX;
	if (text.len > room) {
		x->document->truncated = true;
		text = utf8_cut(text, room);
	}
	if (f->capture->escape)
		buf_add_xml(&x->text, text);
	else
		buf_append(&x->text, text.data, text.len);
}

static void end_element(struct xmlfeed *x, struct frame *f)
{
	struct str text = str_slice(buf_str(&x->text), f->text_start, x->text.len);
	struct buf stripped = BUF_INIT(CAPTURE_MAX);
	if (f->capture == f && feed_text_has_cdata(text)) {
		feed_text_strip_cdata(&stripped, text);
		text = buf_str(&stripped);
		if (buf_failed(&stripped))
			x->failed = -ENOMEM;
	}
	f->rule->action->end(x, f, text);
	buf_release(&stripped);
}

static void pop(struct xmlfeed *x)
{
	struct frame *f = &x->frames[x->depth];
	if (f->rule != NULL) {
		if (f->rule->action->end != NULL)
			end_element(x, f);
		if (f->capture == f)
			buf_truncate(&x->text, f->text_start);
	} else if (f->markup.data != NULL) {
		xmlfeed_markup_close(x, f);
	}
	x->depth--;
}

static void on_end(void *ctx)
{
	struct xmlfeed *x = ctx;
	if (x->too_deep > 0)
		x->too_deep--;
	else if (x->depth > 0)
		pop(x);
}

static bool on_stopped(void *ctx)
{
	const struct xmlfeed *x = ctx;
	return x->failed != 0 || buf_failed(&x->text);
}

struct xmlfeed *xmlfeed_new(struct arena *a, struct document *d, struct str base, struct str language)
{
	struct xmlfeed *x = malloc(sizeof(*x));
	if (x == NULL)
		return NULL;
	/* the frames, which are most of it, are initialised when they are pushed */
	memset(x, 0, offsetof(struct xmlfeed, frames));
	document_init(d);
	x->arena = a;
	x->document = d;
	buf_init(&x->text, CAPTURE_MAX);
	buf_init(&x->work, LIMIT_ITEM_CONTENT);
	x->frames[0] = (struct frame){.inner = AT_ROOT,
		.inner_object = &d->feed,
		.inner_ranks = x->ranks[0],
		.base = base,
		.language = language};
	return x;
}

void xmlfeed_free(struct xmlfeed *x)
{
	if (x == NULL)
		return;
	buf_release(&x->text);
	buf_release(&x->work);
	free(x);
}

struct xml_events xmlfeed_events(struct xmlfeed *x)
{
	return (struct xml_events){.ctx = x, .start = on_start, .text = on_text, .end = on_end, .stopped = on_stopped};
}

/* Whether the item in which the document was cut has the members by which the next poll recognises it. */
static bool is_identified(const struct item *it)
{
	return it->title.kind != TEXT_ABSENT && (!str_empty(it->id) || !str_empty(it->link));
}

int xmlfeed_finish(struct xmlfeed *x, bool truncated)
{
	struct document *d = x->document;
	/* a text that was cut is dropped */
	while (truncated && x->depth > 0 && x->frames[x->depth].capture != NULL)
		x->depth--;
	if (truncated && x->item != NULL && !is_identified(x->item)) {
		d->items.count--;
		x->item = NULL;
		x->depth = 0;
	}
	while (x->depth > 0)
		pop(x);
	xmlfeed_finish_feed_people(x);
	/* an Atom feed without a link gets its id as link, if that is a web address */
	if (str_empty(d->feed.link) && d->format == FORMAT_ATOM && url_is_web(d->feed.id))
		d->feed.link = d->feed.id;
	d->truncated = d->truncated || truncated || buf_failed(&x->text);
	if (x->failed != 0 || x->text.failed == -ENOMEM)
		return -ENOMEM;
	return x->feed_seen ? 0 : -EBADMSG;
}

const char *xmlfeed_date_rule(const struct xmlfeed *x)
{
	return x->date_rule;
}

struct str xmlfeed_root(const struct xmlfeed *x)
{
	return x->root_name;
}
