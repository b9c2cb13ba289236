/* SPDX-License-Identifier: ISC */
/* Which stories a path names: all of them, those of a category, of an output's rule, of an alert. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish_state.h"

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

static bool has_category(const struct feed_state *f, struct str wanted)
{
	struct str rest = str_from(f->categories), name;

	while (str_split(&rest, '\n', &name))
		if (str_eq_nocase(name, wanted))
			return true;
	return false;
}

static int select_category(const struct publish *p, struct str name, struct selection *s)
{
	s->feed_ids = calloc(feed_table_places(p->feeds) + 1, sizeof(*s->feed_ids));
	if (s->feed_ids == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < feed_table_places(p->feeds); i++) {
		const struct feed_state *f = feed_table_state_at(p->feeds, i);

		if (f != NULL && has_category(f, name))
			s->feed_ids[s->feed_count++] = f->id;
	}
	return s->feed_count > 0 ? 0 : -ENOENT;
}

/* kind: "output", "alert". */
static int select_rule(const struct config_rules *rules, const char *kind, struct str name, struct selection *s)
{
	const struct config_rule *r = config_find_rule(rules, name);

	if (r == NULL)
		return -ENOENT;
	s->title = r->title != NULL ? r->title : r->name;
	if (r->entries > 0)
		s->entries = (size_t)r->entries;
	if (r->match != NULL)
		snprintf(s->rule_name, sizeof(s->rule_name), "%s/%s", kind, r->name);
	return 0;
}

static bool take_prefix(struct str *path, struct str prefix)
{
	if (!str_starts(*path, prefix))
		return false;
	*path = str_slice(*path, prefix.len, path->len);
	return true;
}

int publish_select(const struct publish *p, struct str path, struct selection *s)
{
	*s = (struct selection){.entries = (size_t)p->config->http_entries};
	if (str_eq(path, STR("/"))) {
		s->format = &format_page;
		return 0;
	}
	s->format = take_suffix(&path);
	if (s->format == NULL)
		return -ENOENT;
	if (str_eq(path, STR("/feed")))
		return 0;
	if (take_prefix(&path, STR("/category/"))) {
		snprintf(s->title_room, sizeof(s->title_room), "%.*s", STR_ARG(path));
		s->title = s->title_room;
		return select_category(p, path, s);
	}
	if (take_prefix(&path, STR("/output/")))
		return select_rule(&p->config->outputs, "output", path, s);
	if (take_prefix(&path, STR("/alert/")))
		return select_rule(&p->config->alerts, "alert", path, s);
	return -ENOENT;
}
