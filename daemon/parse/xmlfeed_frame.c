/* SPDX-License-Identifier: ISC */
/* Functions for the actions of elements: claim a member of an object, keep a value, enter an object. */
#include "xmlfeed_frame.h"

#include "sitrep/base/utf8.h"
#include "sitrep/text/feed_text.h"
#include "sitrep/text/url.h"

#include <errno.h>
#include <string.h>

struct str xmlfeed_attr(const struct xml_attr *attrs, size_t count, const char *name)
{
	struct str wanted = str_from(name);
	for (size_t i = 0; i < count; i++) {
		if (str_eq_nocase(attrs[i].name.local, wanted) && str_empty(attrs[i].name.prefix))
			return attrs[i].value;
	}
	return STR_NONE;
}

void *xmlfeed_checked(struct xmlfeed *x, void *allocated)
{
	if (allocated == NULL)
		x->failed = -ENOMEM;
	return allocated;
}

struct str xmlfeed_keep(struct xmlfeed *x, struct str s, size_t max)
{
	s = utf8_cut(str_trim(s), max);
	if (s.len == 0)
		return STR_NONE;
	struct str copy = arena_str(x->arena, s);
	if (copy.data == NULL)
		x->failed = -ENOMEM;
	return copy;
}

struct str xmlfeed_keep_name(struct xmlfeed *x, struct str s, size_t max)
{
	if (str_find_char(s, '<', 0) == STR_NPOS && str_find_char(s, '&', 0) == STR_NPOS)
		return xmlfeed_keep(x, s, max);
	struct buf name = BUF_INIT(LIMIT_TITLE);
	feed_text_name(&name, s);
	if (buf_failed(&name))
		x->failed = -ENOMEM;
	struct str kept = xmlfeed_keep(x, buf_str(&name), max);
	buf_release(&name);
	return kept;
}

struct str xmlfeed_resolve(struct xmlfeed *x, struct str base, struct str reference)
{
	struct str url = url_resolve(x->arena, base, reference);
	if (url.data >= reference.data && url.data < reference.data + reference.len)
		url = arena_str(x->arena, url);
	if (url.data == NULL)
		x->failed = -ENOMEM;
	return url;
}

struct str xmlfeed_keep_url(struct xmlfeed *x, struct str base, struct str reference)
{
	reference = str_trim(reference);
	if (reference.len == 0 || reference.len > LIMIT_URL || str_eq(reference, STR("#")))
		return STR_NONE;
	if (url_is_simple(reference))
		return xmlfeed_keep(x, reference, LIMIT_URL);
	/* text with spaces and without a slash is no address */
	if (str_find_char(reference, ' ', 0) != STR_NPOS && str_find_char(reference, '/', 0) == STR_NPOS)
		return STR_NONE;
	struct str url = xmlfeed_resolve(x, base, url_forgive(x->arena, reference));
	/* without a base a relative reference is kept as it is */
	if (url_is_safe_link(url) || (str_empty(base) && str_find_char(url, ':', 0) == STR_NPOS))
		return url;
	return STR_NONE;
}

bool xmlfeed_claim(struct xmlfeed *x, const struct frame *f, size_t offset, unsigned int rank)
{
	unsigned char *ranks = f->ranks;
	if (ranks == NULL)
		return true;
	/* an element of RSS in an Atom feed, or of Atom in RSS, ranks one lower than the document's own */
	if (f->rule->ns == NS_FEED && f->atom != x->is_atom)
		rank++;
	unsigned char *set_by = &ranks[offset / sizeof(void *)];
	if (*set_by != 0 && *set_by <= rank)
		return false;
	*set_by = (unsigned char)rank;
	return true;
}

void xmlfeed_enter(struct xmlfeed *x, struct frame *f, enum place place, void *object)
{
	f->inner = place;
	f->inner_object = object;
	unsigned int level = place == AT_FEED ? 0 : place == AT_ITEM ? 1 : place == AT_SOURCE ? 2 : 3;
	f->inner_ranks = x->ranks[level];
	memset(f->inner_ranks, 0, sizeof(x->ranks[level]));
}

void xmlfeed_enter_same(struct frame *f, enum place place)
{
	f->inner = place;
	f->inner_object = f->object;
	f->inner_ranks = f->ranks;
}

void *xmlfeed_member(const struct frame *f)
{
	return (char *)f->object + f->rule->offset;
}
