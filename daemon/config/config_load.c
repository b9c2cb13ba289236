/* SPDX-License-Identifier: ISC */
/* Reads the configuration in one pass over all files (config_read.c, config_list.c): each mistake is noted, and reading
 * goes on.  Then come the checks that need the whole configuration, such as for names given twice. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_loading.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"

static int feeds_by_name(const void *a, const void *b)
{
	const struct config_feed *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int feed_names_by_url(const void *a, const void *b)
{
	const struct config_feed *const *left = a, *const *right = b;

	return strcmp((*left)->url, (*right)->url);
}

static void check_feeds(struct config_loading *l)
{
	struct config *c = l->config;
	const struct config_feed **by_url;
	size_t n = 0;

	if (c->feeds.count == 0)
		return;
	qsort(c->feeds.items, c->feeds.count, sizeof(*c->feeds.items), feeds_by_name);
	by_url = calloc(c->feeds.count, sizeof(struct config_feed *));
	if (by_url == NULL) {
		l->failed = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i], *before = i > 0 ? f - 1 : NULL;

		if (before != NULL && strcmp(f->name, before->name) == 0)
			config_mistake(l->mistakes, f->place, "[feed \"%s\"] was defined before, at %s:%u", f->name,
				before->place.file, before->place.line);
		if (f->url != NULL && f->enabled)
			by_url[n++] = f;
	}
	qsort(by_url, n, sizeof(struct config_feed *), feed_names_by_url);
	for (size_t i = 1; i < n; i++)
		if (strcmp(by_url[i]->url, by_url[i - 1]->url) == 0 &&
			strcmp(by_url[i]->name, by_url[i - 1]->name) != 0)
			config_mistake(l->mistakes, by_url[i]->place,
				"[feed \"%s\"] has the url of [feed \"%s\"] at %s:%u", by_url[i]->name,
				by_url[i - 1]->name, by_url[i - 1]->place.file, by_url[i - 1]->place.line);
	free(by_url);
}

static int outlines_by_folder(const void *a, const void *b)
{
	const struct config_outline *left = a, *right = b;
	int order = strcmp(left->folder, right->folder);

	return order != 0 ? order : (left->feed > right->feed) - (left->feed < right->feed);
}

/* The feeds are sorted by name. */
static void make_outlines(struct config_loading *l)
{
	struct config *c = l->config;
	size_t count = 0;

	for (size_t i = 0; i < c->feeds.count; i++)
		count += 1 + c->feeds.items[i].folder_count + c->feeds.items[i].category_count;
	c->outlines = arena_alloc_array(&c->arena, count + 1, sizeof(*c->outlines));
	if (c->outlines == NULL) {
		l->failed = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i];
		const char **folders = f->listed ? f->folders : f->categories;
		size_t n = f->listed ? f->folder_count : f->category_count;

		if (!f->enabled)
			continue;
		for (size_t k = 0; k < n; k++)
			c->outlines[c->outline_count++] = (struct config_outline){.folder = folders[k], .feed = i};
		if (n == 0)
			c->outlines[c->outline_count++] = (struct config_outline){.folder = "", .feed = i};
	}
	if (c->outline_count > 0)
		qsort(c->outlines, c->outline_count, sizeof(*c->outlines), outlines_by_folder);
}

static int rules_by_name(const void *a, const void *b)
{
	const struct config_rule *const *left = a, *const *right = b;
	int order = strcmp((*left)->name, (*right)->name);

	return order != 0 ? order : (*left > *right) - (*left < *right);
}

/* Notes a mistake for each name that an earlier rule of the section has. */
static void check_rule_names(struct config_loading *l, enum option_section section)
{
	const struct config_rules *rules = config_rules_of(l->config, section);
	const struct config_rule **all = calloc(rules->count + 1, sizeof(struct config_rule *));

	if (all == NULL) {
		l->failed = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < rules->count; i++)
		all[i] = &rules->items[i];
	qsort(all, rules->count, sizeof(struct config_rule *), rules_by_name);
	for (size_t i = 1; i < rules->count; i++)
		if (strcmp(all[i]->name, all[i - 1]->name) == 0)
			config_mistake(l->mistakes, all[i]->place, "[%s \"%s\"] was defined before, at %s:%u",
				option_section_name(section), all[i]->name, all[i - 1]->place.file,
				all[i - 1]->place.line);
	free(all);
}

/* The line of an option whose value does not fit another value. */
static struct config_place place_of(const struct config_loading *l, enum option_section section, const char *name)
{
	const char *nearest;
	const struct config_option *o = option_find(section, str_from(name), &nearest);

	return l->given[o - config_options];
}

static void check_poll(struct config_loading *l)
{
	struct config *c = l->config;
	struct config_place min = place_of(l, SECTION_POLL, "min"), max = place_of(l, SECTION_POLL, "max");
	char shortest[TIME_TEXT_MAX], longest[TIME_TEXT_MAX];

	if (c->poll_min_ms > c->poll_max_ms)
		config_mistake(l->mistakes, min.line != 0 ? min : max, "[poll] min (%s) is longer than max (%s)",
			duration_format(shortest, c->poll_min_ms), duration_format(longest, c->poll_max_ms));
	else if (c->poll_default_ms < c->poll_min_ms || c->poll_default_ms > c->poll_max_ms)
		c->poll_default_ms = c->poll_default_ms < c->poll_min_ms ? c->poll_min_ms : c->poll_max_ms;
}

/* A base-url becomes part of links that all readers get. */
static bool is_fit_for_links(struct str url)
{
	size_t host = str_find(url, STR("://"), 0) + 3, path = str_find_char(url, '/', host);
	size_t user = str_find_char(url, '@', host);

	return str_find_char(url, '?', 0) == STR_NPOS && str_find_char(url, '#', 0) == STR_NPOS &&
	       (user == STR_NPOS || (path != STR_NPOS && user > path));
}

/* "*", "0.0.0.0", "[::]", "[::ffff:0.0.0.0]". */
static bool is_every_address(const struct config_listen *l)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct in_addr in;
	struct in6_addr in6;

	if (l->path != NULL || l->host == NULL)
		return l->path == NULL;
	if (inet_pton(AF_INET, l->host, &in) == 1)
		return in.s_addr == htonl(INADDR_ANY);
	if (inet_pton(AF_INET6, l->host, &in6) != 1)
		return false;
	if (memcmp(in6.s6_addr, mapped, sizeof(mapped)) == 0)
		memset(in6.s6_addr, 0, sizeof(mapped));
	return IN6_IS_ADDR_UNSPECIFIED(&in6);
}

static void check_addresses(struct config_loading *l)
{
	const struct config *c = l->config;

	if (c->base_url != NULL) {
		if (!is_fit_for_links(str_from(c->base_url)))
			config_mistake(l->mistakes, place_of(l, SECTION_TOP, "base-url"),
				"base-url has a user, a query or a fragment: expected only https://HOST/ and a path, "
				"since all links are made of it");
		return;
	}
	for (size_t i = 0; i < c->http_listen.count && c->http_enabled; i++)
		if (is_every_address(&c->http_listen.items[i]))
			config_warning(l->mistakes, c->http_listen.items[i].place,
				"listen = %s serves other machines, for which links to localhost are wrong: set a "
				"base-url such as http://news.example.org:%u/",
				c->http_listen.items[i].text, (unsigned)c->http_listen.items[i].port);
}

static void check_whole(struct config_loading *l)
{
	check_addresses(l);
	check_feeds(l);
	make_outlines(l);
	check_rule_names(l, SECTION_ALERT);
	check_rule_names(l, SECTION_OUTPUT);
	check_rule_names(l, SECTION_DEFINE);
	if (l->config->dedup_boilerplate == 1)
		config_mistake(l->mistakes, place_of(l, SECTION_DEDUP, "boilerplate"),
			"[dedup] boilerplate = 1 makes every phrase boilerplate: use 0 or at least 2");
	check_poll(l);
}

static void set_all_defaults(struct config_loading *l)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		l->section = (enum option_section)s;
		if (!option_section_is_named(l->section))
			config_set_defaults(l);
	}
	l->section = SECTION_TOP;
}

/* Reads the files at path, unless it is NULL, and the lists of l. */
static struct config *load(
	struct config_loading *l, const char *path, const struct config_list *more, struct error *err)
{
	const char *name = path != NULL ? path : more->path;
	struct stat st = {0};

	if (path != NULL && (access(path, R_OK) != 0 || (stat(path, &st) == 0 && S_ISDIR(st.st_mode))))
		return error_sys_null(
			err, S_ISDIR(st.st_mode) ? -EISDIR : -errno, "cannot read the configuration %s", path);
	l->config = calloc(1, sizeof(*l->config));
	if (l->config == NULL)
		return error_sys_null(err, -ENOMEM, "cannot read the configuration %s", name);
	arena_init(&l->config->arena, CONFIG_ARENA_MAX);
	set_all_defaults(l);
	if (l->failed == 0 && path != NULL)
		config_read_file(l, path, (struct config_place){.file = path});
	if (l->failed == 0 && more != NULL) {
		struct config_list *list = list_add(&l->config->arena, &l->lists);

		if (list != NULL)
			*list = *more;
		else
			l->failed = -ENOMEM;
	}
	if (l->failed == 0)
		config_read_lists(l);
	if (l->failed == 0)
		check_whole(l);
	if (l->failed == 0)
		l->failed = l->mistakes->failed;
	if (l->failed != 0) {
		error_sys(err, l->failed, "cannot read the configuration %s", name);
		config_free(l->config);
		return NULL;
	}
	return l->config;
}

struct config *config_load(const char *path, struct config_mistakes *mistakes, struct error *err)
{
	return config_load_named(path, NULL, mistakes, err);
}

struct config *config_load_named(
	const char *path, struct config_names *known, struct config_mistakes *mistakes, struct error *err)
{
	struct config_loading l = {.mistakes = mistakes, .known = known};

	if (known != NULL && known->count > 0)
		qsort(known->items, known->count, sizeof(*known->items), config_name_order);
	return load(&l, path, NULL, err);
}

struct config *config_load_with(
	const char *path, const char *name, struct str list, struct config_mistakes *mistakes, struct error *err)
{
	struct config_loading l = {.mistakes = mistakes};
	const struct config_list more = {.path = name, .text = list, .from = {.file = name}};

	return load(&l, path, &more, err);
}
