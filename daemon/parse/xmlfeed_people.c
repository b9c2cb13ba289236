/* SPDX-License-Identifier: ISC */
/* Authors and other persons.  Atom has elements for name, address and page.  RSS has one string in four forms.  Dublin
 * Core and iTunes have elements of their own, often for the same person. */
#include "xmlfeed_frame.h"

#include <string.h>

/* Sets the bounds of the e-mail address around the first "@" of s; false when there is no address. */
static bool find_email(struct str s, size_t *from, size_t *to)
{
	size_t at = str_find_char(s, '@', 0);
	if (at == STR_NPOS || at == 0)
		return false;
	static const char ends[] = " \t\r\n<>()[],;:\"";
	size_t start = at;
	while (start > 0 && strchr(ends, s.data[start - 1]) == NULL)
		start--;
	size_t end = at + 1;
	while (end < s.len && s.data[end] != '\0' && strchr(ends, s.data[end]) == NULL)
		end++;
	*from = start;
	*to = end;
	/* "@handle" and "a @ b" are no addresses */
	return start < at && end > at + 1 && str_find_char(str_slice(s, at + 1, end), '@', 0) == STR_NPOS;
}

/* Whether s is quoted as a whole: "Ann B", also with one of the quotes missing; not Ann "B". */
static bool is_quoted(struct str s)
{
	size_t quotes = 0;
	for (size_t i = 0; i < s.len; i++)
		quotes += s.data[i] == '"';
	if (s.len == 0 || (*s.data != '"' && s.data[s.len - 1] != '"'))
		return false;
	return quotes == 1 || (quotes == 2 && s.len > 1 && *s.data == '"' && s.data[s.len - 1] == '"');
}

/* s without quotes and brackets around it; "Name (desk)" keeps its brackets. */
static struct str bare_name(struct str s)
{
	bool opens = str_find_char(str_trim(s), '(', 1) != STR_NPOS;
	for (;;) {
		s = str_trim(s);
		char last = s.len > 0 ? s.data[s.len - 1] : '\0';
		if (s.len > 0 && strchr("<([])>,;:-", *s.data) != NULL)
			s = str_slice(s, 1, s.len);
		else if (s.len > 0 && strchr("<([]>,;:-", last) != NULL)
			s.len--;
		else if (is_quoted(s))
			s = str_slice(s, *s.data == '"', s.len - (last == '"'));
		else if (last == ')' && !opens)
			s.len--;
		else
			return s;
	}
}

/* "a@b (Name)", "Name <a@b>", "Name (a@b)", "mailto:a@b", "a@b", "Name". */
static void parse_person(struct xmlfeed *x, struct str s, struct person *p)
{
	s = str_trim(s);
	if (str_find_char(s, '<', 0) != STR_NPOS || str_find_char(s, '&', 0) != STR_NPOS)
		s = xmlfeed_keep_name(x, s, LIMIT_TITLE);
	size_t from;
	size_t to;
	if (!find_email(s, &from, &to)) {
		p->name = xmlfeed_keep(x, s, LIMIT_NAME);
		return;
	}
	p->email = xmlfeed_keep(x, str_slice(s, from, to), LIMIT_NAME);
	struct str before = str_slice(s, 0, from);
	/* not the RSS form "a@b (Name)": this text is meant to be shown */
	if (str_ends(before, STR(" (mailto:"))) {
		p->name = xmlfeed_keep(x, s, LIMIT_NAME);
		return;
	}
	if (str_ends(before, STR("mailto:")))
		before.len -= 7;
	before = bare_name(before);
	struct str after = bare_name(str_slice(s, to, s.len));
	struct str name = before.len > 0 ? before : after;
	if (!str_eq_nocase(name, p->email))
		p->name = xmlfeed_keep(x, name, LIMIT_NAME);
}

static bool same_person(const struct person *a, const struct person *b)
{
	if (!str_empty(a->name) && !str_empty(b->name))
		return str_eq_nocase(a->name, b->name);
	return !str_empty(a->email) && str_eq_nocase(a->email, b->email);
}

/* Fills members that into lacks: several elements may describe the same person. */
static void merge_person(struct person *into, const struct person *from)
{
	if (str_empty(into->name))
		into->name = from->name;
	if (str_empty(into->email))
		into->email = from->email;
	if (str_empty(into->uri))
		into->uri = from->uri;
}

static struct person *find_person(struct person *people, size_t count, const struct person *p)
{
	for (size_t i = 0; i < count; i++) {
		if (same_person(&people[i], p))
			return &people[i];
	}
	return NULL;
}

#define ADD_PERSON(x, list, p)                                                                                         \
	do {                                                                                                           \
		struct person *known_ = find_person((list)->items, (list)->count, (p));                                \
		if (known_ != NULL) {                                                                                  \
			merge_person(known_, (p));                                                                     \
		} else if ((list)->count < LIMIT_ITEM_LIST) {                                                          \
			struct person *new_ = list_add((x)->arena, (list));                                            \
			if (xmlfeed_checked((x), new_) != NULL)                                                        \
				*new_ = *(p);                                                                          \
		}                                                                                                      \
	} while (false)

static bool is_nobody(const struct person *p)
{
	return str_empty(p->name) && str_empty(p->email) && str_empty(p->uri);
}

static void person_begin(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count)
{
	x->person = (struct person){0};
	struct str uri = xmlfeed_attr(attrs, count, "href");
	if (!str_empty(uri))
		x->person.uri = xmlfeed_keep_url(x, f->base, uri);
	xmlfeed_enter(x, f, AT_PERSON, &x->person);
}

static void add_author(struct xmlfeed *x, const struct frame *f, const struct person *p)
{
	struct item *it = f->object;
	struct feed_facts *facts = f->object;
	if (f->place == AT_ITEM || f->place == AT_MEDIA)
		ADD_PERSON(x, &it->authors, p);
	else
		ADD_PERSON(x, &facts->authors, p);
}

static void add_contributor(struct xmlfeed *x, const struct frame *f, const struct person *p)
{
	struct item *it = f->object;
	struct feed_facts *facts = f->object;
	if (f->place == AT_ITEM || f->place == AT_MEDIA)
		ADD_PERSON(x, &it->contributors, p);
	else
		ADD_PERSON(x, &facts->contributors, p);
}

static void person_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	struct person *p = &x->person;
	if (is_nobody(p))
		parse_person(x, text, p);
	if (is_nobody(p))
		return;
	switch ((enum person_role)f->rule->detail) {
	case ROLE_AUTHOR:
		add_author(x, f, p);
		break;
	case ROLE_CONTRIBUTOR:
		add_contributor(x, f, p);
		break;
	case ROLE_PUBLISHER:
		if (xmlfeed_claim(x, f, f->rule->offset, f->rule->rank))
			*(struct person *)xmlfeed_member(f) = *p;
		break;
	case ROLE_AUTHOR_IF_NONE:
		if (f->place == AT_ITEM && is_nobody(&x->fallback_author))
			x->fallback_author = *p;
		else if (f->place == AT_FEED && is_nobody(&x->feed_author))
			x->feed_author = *p;
		break;
	}
}

static void editor_end(struct xmlfeed *x, struct frame *f, struct str text)
{
	struct str *string = xmlfeed_member(f);
	if (str_empty(*string))
		*string = xmlfeed_keep(x, text, LIMIT_NAME);
	if (f->rule->detail == ROLE_AUTHOR) {
		person_end(x, f, text);
	} else if (is_nobody(&x->document->feed.publisher)) {
		parse_person(x, text, &x->document->feed.publisher);
	}
}

const struct action action_person = {person_begin, person_end, true};
const struct action action_editor = {person_begin, editor_end, true};

static bool anybody_named(const struct person *people, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!str_empty(people[i].name) || !str_empty(people[i].email))
			return true;
	}
	return false;
}

/* A single author without a name gets that of itunes:author.  Without any author, itunes:author is the author. */
#define ADD_FALLBACK(x, list, p)                                                                                       \
	do {                                                                                                           \
		if ((list)->count == 1 && str_empty((list)->items[0].name))                                            \
			merge_person(&(list)->items[0], (p));                                                          \
		else if ((list)->count == 0 && !is_nobody(p))                                                          \
			ADD_PERSON(x, list, p);                                                                        \
	} while (false)

void xmlfeed_finish_item_people(struct xmlfeed *x)
{
	ADD_FALLBACK(x, &x->item->authors, &x->fallback_author);
	x->fallback_author = (struct person){0};
}

void xmlfeed_finish_feed_people(struct xmlfeed *x)
{
	struct document *d = x->document;
	ADD_FALLBACK(x, &d->feed.authors, &x->feed_author);
	if (d->format != FORMAT_ATOM)
		return;
	/* RFC 4287, 4.2.1: an entry without an author has its source's, else the feed's; the lists are shared */
	for (size_t i = 0; i < d->items.count; i++) {
		struct item *it = &d->items.items[i];
		const struct feed_facts *from =
			anybody_named(it->source.authors.items, it->source.authors.count) ? &it->source : &d->feed;
		if (anybody_named(it->authors.items, it->authors.count) || from->authors.count == 0)
			continue;
		it->authors.items = from->authors.items;
		it->authors.count = it->authors.cap = from->authors.count;
	}
}
