/* Subscription lists in the configuration: each of their feeds gets a name of its own. */
#include "config_internal.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/config_value.h"
#include "sitrep/file.h"
#include "sitrep/opml.h"

/* A key of one of the two trees. */
struct taken {
	const char *key;
	unsigned next; /* of a name: the number to try next behind it */
};

struct list_reading {
	struct config_loading *loading;
	struct arena arena;
	void *urls;  /* of the feeds that were there before the list */
	void *names; /* of all feeds so far */
	struct config_place place;
};

static int by_key(const void *a, const void *b)
{
	const struct taken *left = a, *right = b;

	return strcmp(left->key, right->key);
}

static void forget(void *key)
{
	(void)key; /* the arena has it */
}

/* The entry of that key, which is lent; NULL without memory. */
static struct taken *take(struct list_reading *r, void **tree, const char *key)
{
	struct taken *t = arena_alloc(&r->arena, sizeof(*t));
	struct taken **found;

	if (t == NULL)
		return NULL;
	*t = (struct taken){.key = key, .next = 2};
	found = tsearch(t, tree, by_key);
	return found != NULL ? *found : NULL;
}

static bool has(void *const *tree, const char *key)
{
	const struct taken wanted = {.key = key};

	return tfind(&wanted, tree, by_key) != NULL;
}

void config_make_name(struct buf *name, struct str title, struct str url, size_t number)
{
	struct str from = str_empty(title) ? url : title;
	size_t scheme = str_empty(title) ? str_find(url, STR("://"), 0) : STR_NPOS;
	bool dash_due = false;

	if (scheme != STR_NPOS)
		from = str_slice(url, scheme + 3, url.len);
	for (size_t i = 0; i < from.len && name->len < CONFIG_NAME_LEN_MAX - 12; i++) {
		char c = char_lower(from.data[i]);

		if (!char_is_alpha(c) && !char_is_digit(c)) {
			dash_due = name->len > 0;
			continue;
		}
		if (dash_due)
			(void)buf_putc(name, '-');
		dash_due = false;
		(void)buf_putc(name, c);
	}
	if (name->len == 0)
		(void)buf_printf(name, "feed-%zu", number);
}

/* Makes the name one that no feed has: with the lowest number behind it that is free. */
static int make_unique(struct list_reading *r, struct buf *name)
{
	size_t stem = name->len;
	const char *copy = arena_cstr(&r->arena, buf_str(name));
	struct taken *first = NULL;

	if (copy == NULL)
		return -ENOMEM;
	if (has(&r->names, copy) && (first = take(r, &r->names, copy)) == NULL)
		return -ENOMEM;
	while (has(&r->names, copy)) {
		buf_truncate(name, stem);
		(void)buf_printf(name, "-%u", first->next++);
		copy = arena_cstr(&r->arena, buf_str(name));
		if (copy == NULL)
			return -ENOMEM;
	}
	return take(r, &r->names, copy) != NULL ? 0 : -ENOMEM;
}

static int take_feeds_so_far(struct list_reading *r)
{
	const struct config *c = r->loading->config;

	for (size_t i = 0; i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i];

		if (take(r, &r->names, f->name) == NULL || (f->url != NULL && take(r, &r->urls, f->url) == NULL))
			return -ENOMEM;
	}
	return 0;
}

static int set_categories(struct arena *a, struct config_feed *f, const struct opml_feed *entry)
{
	f->categories = arena_alloc_array(a, entry->category_count + 1, sizeof(*f->categories));
	if (f->categories == NULL)
		return -ENOMEM;
	for (f->category_count = 0; f->category_count < entry->category_count; f->category_count++) {
		const char *category = arena_cstr(a, entry->categories[f->category_count]);

		if (category == NULL)
			return -ENOMEM;
		f->categories[f->category_count] = category;
	}
	return 0;
}

static int add_from_list(struct list_reading *r, const struct opml_feed *entry)
{
	struct config_loading *l = r->loading;
	struct config *c = l->config;
	const char *url = arena_cstr(&r->arena, entry->url), *nearest;
	struct buf name = BUF_INIT(1024);
	struct error err = {0};
	struct config_feed *f;
	int result;

	if (url == NULL)
		return -ENOMEM;
	/* said in a configuration file as well: that one knows better */
	if (has(&r->urls, url))
		return 0;
	config_make_name(&name, entry->title, entry->url, c->feeds.count);
	result = make_unique(r, &name);
	l->section = SECTION_FEED;
	if (result == 0)
		config_add_element(l, buf_str(&name), r->place);
	buf_release(&name);
	if (result != 0 || l->failed != 0)
		return -ENOMEM;
	f = config_element(l);
	result = config_value_read(
		&c->arena, f, option_find(SECTION_FEED, STR("url"), &nearest), entry->url, r->place, &err);
	if (result != 0) {
		config_mistake(l->mistakes, r->place, "%s", err.text);
		c->feeds.count--;
		return result == -ENOMEM ? result : 0;
	}
	if (!str_empty(entry->title) && (f->title = arena_cstr(&c->arena, entry->title)) == NULL)
		return -ENOMEM;
	return set_categories(&c->arena, f, entry);
}

void config_read_list(struct config_loading *l, const char *path, struct config_place from)
{
	struct buf text = BUF_INIT(CONFIG_FILE_MAX);
	struct list_reading r = {.loading = l, .place.file = arena_cstr(&l->config->arena, str_from(path))};
	enum option_section section = l->section;
	struct error err = {0};
	struct opml list = {0};
	int result;

	arena_init(&r.arena, CONFIG_ARENA_MAX);
	result = r.place.file != NULL ? file_read(path, &text) : -ENOMEM;
	if (result != 0)
		config_mistake(l->mistakes, from, "cannot read the subscription list %s: %s", path, strerror(-result));
	else if (opml_parse(buf_str(&text), &r.arena, &list, &err) != 0)
		config_mistake(l->mistakes, from, "%s: %s", path, err.text);
	else if (take_feeds_so_far(&r) != 0)
		l->failed = -ENOMEM;
	for (size_t i = 0; i < list.feeds.count && l->failed == 0; i++) {
		r.place.line = list.feeds.items[i].line;
		l->failed = add_from_list(&r, &list.feeds.items[i]);
	}
	l->section = section;
	tdestroy(r.urls, forget);
	tdestroy(r.names, forget);
	arena_release(&r.arena);
	buf_release(&text);
}
