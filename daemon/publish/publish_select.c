/* SPDX-License-Identifier: ISC */
/* Which stories a path names: all of them, those of some feeds, of an output's rule, of an alert. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/domain.h"
#include "sitrep/base/limits.h"
#include "sitrep/text/url.h"

enum { SCRATCH_MAX = 16 * LIMIT_URL };

static const struct format *const formats[] = {&format_atom, &format_rss, &format_json};

static const struct format *take_suffix(struct str *path)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct str suffix = str_from(formats[i]->suffix);

		if (path->len > suffix.len + 1 && str_ends(*path, suffix) &&
			path->data[path->len - suffix.len - 1] == '.') {
			path->len -= suffix.len + 1;
			return formats[i];
		}
	}
	return NULL;
}

/* A name without case, and in the spelling that the configuration has for it. */
struct spelling {
	struct str wanted;
	struct str found; /* as wanted, when it is spelled so somewhere; else the first; STR_NONE: there is none */
};

static bool spelling_add(struct spelling *s, struct str name)
{
	bool same = str_eq_nocase(name, s->wanted);

	if (same && (str_empty(s->found) || str_eq(name, s->wanted)))
		s->found = name;
	return same;
}

/* Whether the feed belongs to what is wanted: a category, a publisher, or its own name. */
typedef bool belongs_fn(const struct publish *p, size_t place, const struct feed_state *f, struct spelling *s);

static bool is_in_category(
	const struct publish *p UNUSED, size_t place UNUSED, const struct feed_state *f, struct spelling *s)
{
	struct str rest = str_from(f->categories), name;
	bool found = false;

	while (str_split(&rest, '\n', &name))
		found = spelling_add(s, name) || found;
	return found;
}

static bool is_named(
	const struct publish *p UNUSED, size_t place UNUSED, const struct feed_state *f, struct spelling *s)
{
	return spelling_add(s, str_from(f->name));
}

/* As items get their publisher (store/publisher.h), but for those that name another source. */
static bool is_of_publisher(const struct publish *p, size_t place, const struct feed_state *f, struct spelling *s)
{
	const struct str addresses[] = {str_from(f->link), str_from(f->url)};
	const char *configured = p->config->feeds.items[place].publisher;
	struct arena scratch = ARENA_INIT(SCRATCH_MAX);
	struct str domain = STR_NONE;
	bool found = false;

	if (configured != NULL)
		return spelling_add(s, str_from(configured));
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]) && str_empty(domain); i++)
		/* a host is only looked at when the name stands in the address: there may be 100,000 feeds */
		if (str_find_nocase(addresses[i], s->wanted, 0) != STR_NPOS)
			domain = domain_registrable(url_host(&scratch, addresses[i]));
	if (str_eq_nocase(domain, s->wanted)) {
		/* hosts have no case */
		s->found = s->wanted;
		found = true;
	}
	arena_release(&scratch);
	return found;
}

static const struct kind {
	struct str prefix;
	belongs_fn *belongs;
	size_t rules; /* of the configuration, where they are; with belongs NULL */
	const char *rule_kind;
} kinds[] = {
	{{"/category/", 10}, is_in_category, 0, NULL},
	{{"/feed/", 6}, is_named, 0, NULL},
	{{"/publisher/", 11}, is_of_publisher, 0, NULL},
	{{"/output/", 8}, NULL, offsetof(struct config, outputs), "output"},
	{{"/alert/", 7}, NULL, offsetof(struct config, alerts), "alert"},
};

/* The kind of the path, whose name is left in it; NULL: it has none. */
static const struct kind *take_kind(struct str *path)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct str prefix = kinds[i].prefix;

		if (str_starts(*path, prefix) && path->len > prefix.len) {
			*path = str_slice(*path, prefix.len, path->len);
			return &kinds[i];
		}
	}
	return NULL;
}

static const struct config_rules *rules_of(const struct publish *p, const struct kind *k)
{
	return (const struct config_rules *)((const char *)p->config + k->rules);
}

static int by_id(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Feeds that belong to the name, which is sought without case. */
static int select_feeds(const struct publish *p, const struct kind *k, struct spelling *name, struct selection *s)
{
	s->feed_ids = calloc(feed_table_places(p->feeds) + 1, sizeof(*s->feed_ids));
	if (s->feed_ids == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < feed_table_places(p->feeds); i++) {
		const struct feed_state *f = feed_table_state_at(p->feeds, i);

		if (f == NULL || !k->belongs(p, i, f, name))
			continue;
		s->feed_ids[s->feed_count++] = f->id;
		if (k->belongs == is_named)
			snprintf(s->title_room, sizeof(s->title_room), "%s", f->title != NULL ? f->title : f->name);
	}
	qsort(s->feed_ids, s->feed_count, sizeof(*s->feed_ids), by_id);
	return s->feed_count > 0 && str_eq(name->found, name->wanted) ? 0 : -ENOENT;
}

static int select_rule(const struct config_rules *rules, const char *kind, struct str name, struct selection *s)
{
	const struct config_rule *r = config_find_rule(rules, name);

	if (r == NULL)
		return -ENOENT;
	s->title = r->title != NULL ? r->title : r->name;
	if (r->entries > 0)
		s->entries = (size_t)r->entries;
	if (strcmp(kind, "output") == 0)
		s->output = r;
	/* An archive has each story once, with the reports of its time. */
	if (s->part.kind == PART_ARCHIVE && r->per != NULL && strcmp(r->per, "item") == 0)
		return -ENOENT;
	if (r->match != NULL)
		snprintf(s->rule_name, sizeof(s->rule_name), "%s/%s", kind, r->name);
	return 0;
}

int publish_select(const struct publish *p, struct str path, struct selection *s)
{
	const struct kind *k;
	struct spelling name;

	*s = (struct selection){.entries = (size_t)p->config->http_entries, .part = publish_part_take(&path)};
	s->format = take_suffix(&path);
	if (s->format == NULL)
		return -ENOENT;
	if (str_eq(path, STR("/feed")))
		return 0;
	k = take_kind(&path);
	if (k == NULL)
		return -ENOENT;
	if (k->belongs == NULL)
		return select_rule(rules_of(p, k), k->rule_kind, path, s);
	snprintf(s->title_room, sizeof(s->title_room), "%.*s", STR_ARG(path));
	s->title = s->title_room;
	name = (struct spelling){.wanted = path};
	return select_feeds(p, k, &name, s);
}

bool publish_spell(const struct publish *p, struct str path, struct buf *out)
{
	struct str query = path;
	const struct format *format;
	const struct kind *k;
	struct spelling name;
	struct selection s = {0};

	publish_part_take(&path);
	query = str_slice(query, path.len, query.len);
	format = take_suffix(&path);
	k = format != NULL ? take_kind(&path) : NULL;
	name = (struct spelling){.wanted = path};

	if (k != NULL && k->belongs != NULL)
		select_feeds(p, k, &name, &s);
	for (size_t i = 0; k != NULL && k->belongs == NULL && i < rules_of(p, k)->count; i++)
		spelling_add(&name, str_from(rules_of(p, k)->items[i].name));
	free(s.feed_ids);
	if (str_empty(name.found) || str_eq(name.found, name.wanted))
		return false;
	buf_puts(out, "./");
	url_add_escaped(out, name.found, "-._");
	buf_printf(out, ".%s%.*s", format->suffix, STR_ARG(query));
	return !buf_failed(out);
}
