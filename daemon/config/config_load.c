/* SPDX-License-Identifier: ISC */
/* The configuration is read in one pass over all files (config_read.c, config_list.c); each mistake is noted and
 * reading goes on. Checks that need the whole configuration (names given twice, min longer than max) come here, at the
 * end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_loading.h"

/* Something with a name, and where it comes in the order of the files. */
struct named_place {
	const char *name;
	size_t index;
	struct config_place place;
};

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
			config_mistake(l->mistakes, f->place, "[feed \"%s\"] is there already, at %s:%u", f->name,
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

static int places_by_name(const void *a, const void *b)
{
	const struct named_place *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

/* Sorts the names and notes a mistake for each that equals the one before it. */
static void check_names(struct config_loading *l, const char *section, struct named_place *all, size_t count)
{
	qsort(all, count, sizeof(*all), places_by_name);
	for (size_t i = 1; i < count; i++)
		if (strcmp(all[i].name, all[i - 1].name) == 0)
			config_mistake(l->mistakes, all[i].place, "[%s \"%s\"] is there already, at %s:%u", section,
				all[i].name, all[i - 1].place.file, all[i - 1].place.line);
}

static void check_alerts_and_outputs(struct config_loading *l)
{
	struct config *c = l->config;
	struct named_place *all = calloc(c->alerts.count + c->outputs.count + 1, sizeof(*all));

	if (all == NULL) {
		l->failed = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < c->alerts.count; i++)
		all[i] = (struct named_place){c->alerts.items[i].name, i, c->alerts.items[i].place};
	check_names(l, "alert", all, c->alerts.count);
	for (size_t i = 0; i < c->outputs.count; i++)
		all[i] = (struct named_place){c->outputs.items[i].name, i, c->outputs.items[i].place};
	check_names(l, "output", all, c->outputs.count);
	free(all);
}

static void check_whole(struct config_loading *l, const char *path)
{
	const struct config *c = l->config;
	struct config_place place = {.file = path};

	check_feeds(l);
	make_outlines(l);
	check_alerts_and_outputs(l);
	if (c->dedup_boilerplate == 1)
		config_mistake(l->mistakes, place, "[dedup] boilerplate = 1 leaves nothing to compare");
	if (c->poll_min_ms > c->poll_max_ms)
		config_mistake(l->mistakes, place, "[poll] min is longer than max");
	else if (c->poll_default_ms < c->poll_min_ms || c->poll_default_ms > c->poll_max_ms)
		l->config->poll_default_ms = c->poll_default_ms < c->poll_min_ms ? c->poll_min_ms : c->poll_max_ms;
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

	if (access(path, R_OK) != 0) {
		(void)error_sys(err, -errno, "cannot read the configuration %s", path);
		return NULL;
	}
	l.config = calloc(1, sizeof(*l.config));
	if (l.config == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot read the configuration %s", path);
		return NULL;
	}
	arena_init(&l.config->arena, CONFIG_ARENA_MAX);
	set_all_defaults(&l);
	if (l.failed == 0)
		config_read_file(&l, path, (struct config_place){.file = path});
	if (l.failed == 0)
		config_read_lists(&l);
	if (l.failed == 0)
		check_whole(&l, path);
	if (l.failed == 0)
		l.failed = mistakes->failed;
	if (l.failed != 0) {
		(void)error_sys(err, l.failed, "cannot read the configuration %s", path);
		config_free(l.config);
		return NULL;
	}
	return l.config;
}
