/* SPDX-License-Identifier: ISC */
/* Subscription lists in the configuration.
 *
 * A feed of a list is identified by its address: all outlines of one address, in any list, are one feed with the
 * folders and categories of all. The result does not depend on the order of outlines. */
#include "config_loading.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/file.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/parse/opml.h"
#include "sitrep/text/feed_key.h"

enum {
	/* Bytes of one category, so that LIMIT_ITEM_LIST categories fit the database's column. */
	CATEGORY_BYTES_MAX = 200,
};

/* A feed of one or more outlines. */
struct listed {
	const char *key;
	struct str url, title, given;
	struct config_place place; /* of its first outline */
	LIST(const char *) folders;
};

/* An outline whose address was written without its secret ("***"). */
struct hidden {
	const char *url;
	struct config_place place;
};

struct list_reading {
	struct config_loading *loading;
	struct arena arena;
	void *by_key;                /* of struct listed */
	LIST(struct listed *) feeds; /* in the order of their first outlines */
	LIST(struct hidden) hidden;
};

static int by_key(const void *a, const void *b)
{
	const struct listed *left = a, *right = b;

	return strcmp(left->key, right->key);
}

static void keep_memory(void *key)
{
	(void)key; /* the memory belongs to the arena */
}

/* Finds or adds the entry of that key; *is_new: it was added.  NULL without memory. */
static struct listed *find_or_add(struct list_reading *r, const char *key, bool *is_new)
{
	struct listed *l = arena_alloc(&r->arena, sizeof(*l)), **found;

	if (l == NULL)
		return NULL;
	*l = (struct listed){.key = key};
	found = tsearch(l, &r->by_key, by_key);
	if (found == NULL)
		return NULL;
	*is_new = *found == l;
	return *found;
}

static const char *key_of(struct arena *a, struct str url)
{
	struct str key = feed_key(a, url);

	return key.data != NULL ? arena_cstr(a, key) : NULL;
}

/* ---- outlines ---- */

static int add_folder(struct list_reading *r, struct listed *l, struct str path)
{
	const char **slot;

	if (str_empty(path))
		return 0;
	slot = list_add(&r->arena, &l->folders);
	if (slot == NULL)
		return -ENOMEM;
	*slot = arena_cstr(&r->loading->config->arena, path);
	return *slot != NULL ? 0 : -ENOMEM;
}

static int add_folders(struct list_reading *r, struct listed *l, const struct opml_feed *outline)
{
	struct buf path = BUF_INIT(1024 * 1024);
	struct str rest = outline->folder, name;
	int result;

	while (str_split(&rest, '\n', &name)) {
		if (path.len > 0)
			buf_putc(&path, '\n');
		buf_add(&path, utf8_cut(name, CATEGORY_BYTES_MAX));
	}
	result = path.failed != 0 ? path.failed : add_folder(r, l, buf_str(&path));
	buf_release(&path);
	for (size_t i = 0; i < outline->category_count && result == 0; i++)
		result = add_folder(r, l, utf8_cut(outline->categories[i], CATEGORY_BYTES_MAX));
	return result;
}

static int add_hidden(struct list_reading *r, const struct opml_feed *outline, struct config_place place)
{
	struct hidden *h = list_add(&r->arena, &r->hidden);

	if (h == NULL || (h->url = arena_cstr(&r->arena, outline->url)) == NULL)
		return -ENOMEM;
	h->place = place;
	return 0;
}

static int add_outline(struct list_reading *r, const struct opml_feed *outline, struct config_place place)
{
	const char *key;
	struct listed *l;
	bool is_new = false;

	if (outline->hidden)
		return add_hidden(r, outline, place);
	key = key_of(&r->arena, outline->url);
	l = key != NULL ? find_or_add(r, key, &is_new) : NULL;
	if (l == NULL)
		return -ENOMEM;
	if (is_new) {
		struct listed **slot = list_add(&r->arena, &r->feeds);

		if (slot == NULL)
			return -ENOMEM;
		*slot = l;
		l->url = outline->url;
		l->title = outline->title;
		l->given = outline->name;
		l->place = place;
	}
	/* Of two values the greater one by bytes is chosen: the result must not depend on the order of outlines. */
	if (str_cmp(outline->url, l->url) > 0)
		l->url = outline->url; /* https wins over http */
	if (str_empty(l->title) || (!str_empty(outline->title) && str_cmp(outline->title, l->title) < 0))
		l->title = outline->title;
	if (str_empty(l->given) || (!str_empty(outline->name) && str_cmp(outline->name, l->given) < 0))
		l->given = outline->name;
	return add_folders(r, l, outline);
}

static void read_list(struct list_reading *r, const struct config_list *list)
{
	struct config_loading *l = r->loading;
	struct config_place place = {.file = list->path};
	struct buf text = BUF_INIT(CONFIG_FILE_MAX);
	struct error err = {0};
	struct opml opml = {0};
	int result = list->text.data == NULL ? file_read_regular(list->path, &text) : 0;

	if (result == -ENOMEM) {
		l->failed = result;
	} else if (result != 0) {
		error_sys(&err, result, "cannot read the subscription list %s", list->path);
		config_mistake(l->mistakes, list->from, "%s", err.text);
	} else if ((result = opml_parse(list->text.data != NULL ? list->text : buf_str(&text), &r->arena, &opml,
			    &err)) == -ENOMEM) {
		l->failed = result;
	} else if (result != 0) {
		config_mistake(l->mistakes, list->from, "%s: %s", list->path, err.text);
	} else {
		for (size_t i = 0; i < opml.faults.count; i++) {
			place.line = opml.faults.items[i].line;
			config_warning(l->mistakes, place, "%s", opml.faults.items[i].text);
		}
		for (size_t i = 0; i < opml.feeds.count && l->failed == 0; i++) {
			place.line = opml.feeds.items[i].line;
			l->failed = add_outline(r, &opml.feeds.items[i], place);
		}
	}
	buf_release(&text);
}

/* ---- feeds ---- */

static bool has_category(const struct config_feed *f, struct str name)
{
	for (size_t i = 0; i < f->category_count; i++)
		if (str_eq(str_from(f->categories[i]), name))
			return true;
	return false;
}

/* Each name in a path is a category. */
static int set_categories(struct arena *a, struct config_feed *f, const struct listed *l)
{
	size_t names = 0;

	if (l->folders.count == 0)
		return 0;
	qsort(l->folders.items, l->folders.count, sizeof(char *), cstr_order);
	for (size_t i = 0; i < l->folders.count; i++)
		for (const char *c = l->folders.items[i]; c != NULL; c = strchr(c + 1, '\n'))
			names++;
	f->folders = arena_alloc_array(a, l->folders.count, sizeof(*f->folders));
	f->categories = arena_alloc_array(a, names, sizeof(*f->categories));
	if (f->folders == NULL || f->categories == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < l->folders.count; i++) {
		struct str rest = str_from(l->folders.items[i]), name;

		if (i > 0 && strcmp(l->folders.items[i], l->folders.items[i - 1]) == 0)
			continue;
		if (f->category_count >= LIMIT_ITEM_LIST)
			break;
		f->folders[f->folder_count++] = l->folders.items[i];
		while (str_split(&rest, '\n', &name)) {
			if (has_category(f, name) || f->category_count >= LIMIT_ITEM_LIST)
				continue;
			f->categories[f->category_count] = arena_cstr(a, name);
			if (f->categories[f->category_count++] == NULL)
				return -ENOMEM;
		}
	}
	return 0;
}

static int add_feed(struct config_loading *l, const struct listed *from, const char *name)
{
	struct arena *a = &l->config->arena;
	struct config_feed *f;

	l->section = SECTION_FEED;
	config_add_element(l, str_from(name), from->place);
	if (l->failed != 0)
		return l->failed;
	f = config_element(l);
	f->listed = true;
	f->url = arena_cstr(a, from->url);
	f->key = arena_cstr(a, str_from(from->key));
	if (!str_empty(from->title))
		f->title = arena_cstr(a, utf8_cut(from->title, LIMIT_TITLE));
	if (f->url == NULL || f->key == NULL || (!str_empty(from->title) && f->title == NULL))
		return -ENOMEM;
	return set_categories(a, f, from);
}

/* The name that the feed with this key has so far; STR_NONE: unknown. */
static struct str known_name(const struct config_names *known, const char *key)
{
	const struct config_name wanted = {.key = key}, *found = NULL;

	if (known != NULL && known->count > 0)
		found = bsearch(&wanted, known->items, known->count, sizeof(wanted), config_name_order);
	return found != NULL ? str_from(found->name) : STR_NONE;
}

/* A [feed] section takes precedence over outlines of the same address. */
static bool is_in_section(void *const *sections, const char *key)
{
	const struct listed wanted = {.key = key};

	return tfind(&wanted, sections, by_key) != NULL;
}

static int add_feeds(struct list_reading *r)
{
	struct config_loading *l = r->loading;
	struct config *c = l->config;
	struct config_unnamed *unnamed = arena_alloc_array(&r->arena, r->feeds.count + 1, sizeof(*unnamed));
	struct listed **feeds = r->feeds.items;
	void *sections = NULL;
	size_t count = 0;
	int result = unnamed != NULL ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->feeds.count && result == 0; i++) {
		struct listed *s = arena_alloc(&r->arena, sizeof(*s));

		if (s != NULL)
			*s = (struct listed){.key = c->feeds.items[i].key};
		result = s != NULL && tsearch(s, &sections, by_key) != NULL ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < r->feeds.count && result == 0; i++) {
		if (is_in_section(&sections, feeds[i]->key))
			continue;
		unnamed[count] = (struct config_unnamed){.title = feeds[i]->title,
			.url = feeds[i]->url,
			.key = str_from(feeds[i]->key),
			.given = feeds[i]->given,
			.known = known_name(l->known, feeds[i]->key)};
		feeds[count++] = feeds[i];
	}
	if (result == 0)
		result = config_name_feeds(c, unnamed, count, &r->arena);
	for (size_t i = 0; i < count && result == 0; i++) {
		if (unnamed[i].name == NULL)
			config_warning(l->mistakes, feeds[i]->place,
				"the outline is left out: no unused name can be made of its title and address; give it "
				"a [feed] section "
				"with a name");
		else
			result = add_feed(l, feeds[i], unnamed[i].name);
	}
	tdestroy(sections, keep_memory);
	return result;
}

/* ---- addresses without their secret ---- */

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Such an outline is the configured feed with the same public address.  Without such a feed it is left out, with a
 * warning. */
static int check_hidden(struct list_reading *r)
{
	const struct config *c = r->loading->config;
	struct buf url = BUF_INIT(64 * 1024);
	void *shown = NULL;
	int result = 0;

	for (size_t i = 0; r->hidden.count > 0 && i < c->feeds.count && result == 0; i++) {
		const char *copy = NULL;

		buf_clear(&url);
		if (config_public_url(&c->feeds.items[i], &url) == 0)
			copy = arena_cstr(&r->arena, buf_str(&url));
		result = copy != NULL && tsearch(copy, &shown, compare_text) != NULL ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < r->hidden.count && result == 0; i++)
		if (tfind(r->hidden.items[i].url, &shown, compare_text) == NULL)
			config_warning(r->loading->mistakes, r->hidden.items[i].place,
				"the outline is left out: its address was written without the secret; give the whole "
				"address in "
				"a [feed] section or a list");
	tdestroy(shown, keep_memory);
	buf_release(&url);
	return result;
}

void config_read_lists(struct config_loading *l)
{
	struct list_reading r = {.loading = l};
	enum option_section section = l->section;
	struct config *c = l->config;

	arena_init(&r.arena, CONFIG_ARENA_MAX);
	for (size_t i = 0; i < c->feeds.count && l->failed == 0; i++) {
		struct config_feed *f = &c->feeds.items[i];

		f->key = f->url != NULL ? key_of(&c->arena, str_from(f->url)) : "";
		l->failed = f->key != NULL ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < l->lists.count && l->failed == 0; i++)
		read_list(&r, &l->lists.items[i]);
	if (l->failed == 0)
		l->failed = add_feeds(&r);
	if (l->failed == 0)
		l->failed = check_hidden(&r);
	l->section = section;
	tdestroy(r.by_key, keep_memory);
	arena_release(&r.arena);
}
