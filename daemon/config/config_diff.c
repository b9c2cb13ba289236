/* SPDX-License-Identifier: ISC */
/* Describes the changes of a reload. Walks the option table, so it covers every option. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_value.h"
#include "sitrep/config/config.h"
#include "sitrep/config/option.h"

enum { VALUE_MAX = 128 * 1024 };

struct diff {
	struct buf *out;
	struct buf before, after;
	int count;
};

/* True for lists of the same words; their order does not count. */
static bool is_same_list(const void *before, const void *after, const struct config_option *o)
{
	struct config_words old, new;

	if (o->type != OPTION_LIST)
		return false;
	memcpy(&old, (const char *)before + o->offset, sizeof(old));
	memcpy(&new, (const char *)after + o->offset, sizeof(new));
	for (size_t i = 0; i < old.count; i++) {
		size_t k = 0;

		while (k < new.count && strcmp(old.items[i], new.items[k]) != 0)
			k++;
		if (k == new.count)
			return false;
	}
	return old.count == new.count;
}

/* True when the addresses differ, if only in a hidden part such as a password. */
static bool has_hidden_change(const void *before, const void *after, const struct config_option *o)
{
	const char *old, *new;

	if (o->type != OPTION_URL && o->type != OPTION_PROXY)
		return false;
	memcpy(&old, (const char *)before + o->offset, sizeof(old));
	memcpy(&new, (const char *)after + o->offset, sizeof(new));
	return old != NULL && new != NULL &&strcmp(old, new) != 0;
}

/* Appends the place of the option: "[poll] min", "feed usni: url". */
static void compare_option(
	struct diff *d, const char *owner_name, const void *before, const void *after, const struct config_option *o)
{
	struct config_feed old_feed, new_feed;
	const void *old = before, *new = after;
	bool same;

	buf_clear(&d->before);
	buf_clear(&d->after);
	/* A query is not shown when it was private before or is private now. */
	if (o->type == OPTION_URL && o->section == SECTION_FEED) {
		old_feed = *(const struct config_feed *)before;
		new_feed = *(const struct config_feed *)after;
		old_feed.is_private = new_feed.is_private = old_feed.is_private || new_feed.is_private;
		old = &old_feed;
		new = &new_feed;
	}
	if (config_value_write(&d->before, old, o) != 0 || config_value_write(&d->after, new, o) != 0)
		return;
	same = str_eq(buf_str(&d->before), buf_str(&d->after)) || is_same_list(before, after, o);
	if (same && !has_hidden_change(before, after, o))
		return;
	if (owner_name != NULL)
		buf_printf(d->out, "%s %s: %s", option_section_name(o->section), owner_name, o->name);
	else if (o->section != SECTION_TOP)
		buf_printf(d->out, "[%s] %s", option_section_name(o->section), o->name);
	else
		buf_puts(d->out, o->name);
	if (same)
		buf_puts(d->out, ": a part that is not shown has changed");
	else
		buf_printf(d->out, ": %s -> %s", d->before.len > 0 ? d->before.data : "(default)",
			d->after.len > 0 ? d->after.data : "(default)");
	buf_printf(d->out, "%s\n", o->reloadable ? "" : " (takes effect at the next start)");
	d->count++;
}

static void compare_section(
	struct diff *d, const char *name, const void *before, const void *after, enum option_section section)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (config_options[i].section == section)
			compare_option(d, name, before, after, &config_options[i]);
}

static void note_change(struct diff *d, enum option_section section, const char *name, const char *what)
{
	buf_printf(d->out, "%s %s %s\n", option_section_name(section), name, what);
	d->count++;
}

/* ---- feeds ---- */

/* The feeds of one configuration whose names the other one lacks, sorted by key. */
struct odd_feeds {
	const struct config_feed **items;
	size_t count;
};

static int by_key(const void *a, const void *b)
{
	const struct config_feed *const *left = a, *const *right = b;
	int order = strcmp((*left)->key, (*right)->key);

	return order != 0 ? order : strcmp((*left)->name, (*right)->name);
}

/* Names are sorted on both sides: one walk over both. */
static void compare_same_names(struct diff *d, const struct config *before, const struct config *after,
	struct odd_feeds *old_odd, struct odd_feeds *new_odd)
{
	size_t i = 0, k = 0;

	while (i < before->feeds.count || k < after->feeds.count) {
		const struct config_feed *old = i < before->feeds.count ? &before->feeds.items[i] : NULL;
		const struct config_feed *new = k < after->feeds.count ? &after->feeds.items[k] : NULL;
		int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->name, new->name);

		/* A feed of a list is identified by its address: with another address it is another feed. */
		bool same = order == 0 && (!new->listed || strcmp(old->key, new->key) == 0);

		if (same)
			compare_section(d, new->name, old, new, SECTION_FEED);
		if (order <= 0 && !same)
			old_odd->items[old_odd->count++] = old;
		if (order >= 0 && !same)
			new_odd->items[new_odd->count++] = new;
		i += order <= 0;
		k += order >= 0;
	}
	qsort(old_odd->items, old_odd->count, sizeof(*old_odd->items), by_key);
	qsort(new_odd->items, new_odd->count, sizeof(*new_odd->items), by_key);
}

/* A feed with the same key and another name was renamed. */
static int compare_feeds(struct diff *d, const struct config *before, const struct config *after)
{
	struct odd_feeds old = {.items = calloc(before->feeds.count + 1, sizeof(*old.items))};
	struct odd_feeds new = {.items = calloc(after->feeds.count + 1, sizeof(*new.items))};
	int result = old.items != NULL && new.items != NULL ? 0 : -ENOMEM;
	size_t i = 0, k = 0;

	if (result == 0)
		compare_same_names(d, before, after, &old, &new);
	while (result == 0 && (i < old.count || k < new.count)) {
		const struct config_feed *was = i < old.count ? old.items[i] : NULL;
		const struct config_feed *is = k < new.count ? new.items[k] : NULL;
		int order = was == NULL ? 1 : is == NULL ? -1 : strcmp(was->key, is->key);

		if (order < 0) {
			note_change(d, SECTION_FEED, was->name, "removed");
		} else if (order > 0) {
			note_change(d, SECTION_FEED, is->name, "added");
		} else {
			buf_printf(d->out, "feed %s was renamed to %s\n", was->name, is->name);
			d->count++;
			compare_section(d, is->name, was, is, SECTION_FEED);
		}
		i += order <= 0;
		k += order >= 0;
	}
	free(old.items);
	free(new.items);
	return result;
}

/* The rule is as written, while a definition or list in it has changed. */
static bool is_expanded_otherwise(const struct config_rule *old, const struct config_rule *new)
{
	return old->match != NULL && new->match != NULL &&strcmp(old->match, new->match) == 0 &&
	       old->rule != NULL &&new->rule != NULL &&strcmp(old->rule, new->rule) != 0;
}

static void compare_rules(struct diff *d, const struct config_rules *before, const struct config_rules *after,
	enum option_section section)
{
	for (size_t i = 0; i < before->count; i++)
		if (config_find_rule(after, str_from(before->items[i].name)) == NULL)
			note_change(d, section, before->items[i].name, "removed");
	for (size_t i = 0; i < after->count; i++) {
		const struct config_rule *new = &after->items[i], *old = config_find_rule(before, str_from(new->name));

		if (old == NULL) {
			note_change(d, section, new->name, "added");
			continue;
		}
		compare_section(d, new->name, old, new, section);
		/* The change itself is reported for the definition. */
		if (section != SECTION_DEFINE && is_expanded_otherwise(old, new))
			note_change(d, section, new->name, "uses a definition or list that has changed");
	}
}

int config_diff(const struct config *before, const struct config *after, struct buf *out)
{
	struct diff d = {.out = out, .before = BUF_INIT(VALUE_MAX), .after = BUF_INIT(VALUE_MAX)};
	int result;

	for (int s = 0; s < SECTION_COUNT; s++)
		if (!option_section_is_named((enum option_section)s))
			compare_section(&d, NULL, before, after, (enum option_section)s);
	result = compare_feeds(&d, before, after);
	compare_rules(&d, &before->definitions, &after->definitions, SECTION_DEFINE);
	compare_rules(&d, &before->alerts, &after->alerts, SECTION_ALERT);
	compare_rules(&d, &before->outputs, &after->outputs, SECTION_OUTPUT);
	buf_release(&d.before);
	buf_release(&d.after);
	return result != 0 || buf_failed(out) ? -ENOMEM : d.count;
}
