/* SPDX-License-Identifier: ISC */
/* Writes subscription lists.  Folders are closed and opened where the path of one outline differs from that of the one
 * before, so each folder stands once in a sorted list. */
#include "sitrep/config/config_opml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/array.h"
#include "sitrep/text/url.h"

/* ---- our sources ---- */

/* The number of names in path; "" has 0. */
static size_t count_names(struct str path)
{
	size_t count = path.len > 0;

	for (size_t i = 0; i < path.len; i++)
		count += path.data[i] == '\n';
	return count;
}

/* Closes the open folders that are not part of path, and opens the rest of path. Names are separated by newlines. */
static void go_to_folder(struct config_opml *o, struct buf *out, const char *path)
{
	struct str from = str_from(o->folder), to = str_from(path), old, new;
	size_t open = count_names(from), keep = 0;

	while (keep < open && str_split(&from, '\n', &old) && str_split(&to, '\n', &new) && str_eq(old, new))
		keep++;
	for (; open > keep; open--)
		opml_write_folder_end(out);
	to = str_from(path);
	for (size_t i = 0; i < count_names(str_from(path)) && str_split(&to, '\n', &new); i++)
		if (i >= keep)
			opml_write_folder(out, new);
	o->folder = path;
}

static void write_outline(struct config_opml *o, struct buf *out, config_opml_fn *fn, void *arg)
{
	const struct config_outline *outline = &o->config->outlines[o->at];
	const struct config_feed *c = &o->config->feeds.items[outline->feed];
	struct opml_feed feed = {.title = str_from(c->title), .name = str_from(c->name)};
	struct str shown = str_from(c->title != NULL ? c->title : c->name);

	if (!fn(arg, outline, &feed, &shown))
		return;
	/* An outline without the whole address cannot restore the feed. */
	feed.hidden = !str_eq(feed.url, str_from(c->url));
	go_to_folder(o, out, outline->folder);
	opml_write_feed(out, &feed, shown);
}

void config_opml_begin(struct config_opml *o, const struct config *config, struct buf *out)
{
	*o = (struct config_opml){.config = config, .folder = ""};
	opml_write_begin(out, str_from(config->title));
}

bool config_opml_write(struct config_opml *o, struct buf *out, size_t most, config_opml_fn *fn, void *arg)
{
	for (; most > 0 && o->at < o->config->outline_count; most--, o->at++)
		write_outline(o, out, fn, arg);
	if (o->at < o->config->outline_count)
		return true;
	go_to_folder(o, out, "");
	opml_write_end(out);
	return false;
}

/* ---- our outputs ---- */

/* An outline for the feed at BASE/KIND/NAME.atom. */
static void write_output(struct buf *out, const char *base_url, const char *kind, const char *name, const char *title)
{
	struct buf url = BUF_INIT(16 * 1024), site = BUF_INIT(16 * 1024);
	struct opml_feed feed = {.title = str_from(title)};

	buf_puts(&url, base_url);
	buf_puts(&url, kind);
	url_add_escaped(&url, str_from(name), "-._~/!$&'()*+,;=:@");
	buf_puts(&url, ".atom");
	buf_puts(&site, base_url);
	buf_putc(&site, '/');
	feed.url = buf_str(&url);
	feed.site = buf_str(&site);
	if (url.failed == 0 && site.failed == 0)
		opml_write_feed(out, &feed, feed.title);
	else if (url.failed == -ENOMEM || site.failed == -ENOMEM)
		out->failed = -ENOMEM;
	buf_release(&url);
	buf_release(&site);
}

static void write_rules(
	struct buf *out, const char *base_url, const struct config_rules *rules, const char *folder, const char *kind)
{
	if (rules->count == 0)
		return;
	opml_write_folder(out, str_from(folder));
	for (size_t i = 0; i < rules->count; i++) {
		const struct config_rule *r = &rules->items[i];

		write_output(out, base_url, kind, r->name, r->title != NULL ? r->title : r->name);
	}
	opml_write_folder_end(out);
}

static int write_categories(struct buf *out, const char *base_url, const struct config *c)
{
	const char **names;
	size_t count;
	int result = config_categories(c, &names, &count);

	if (count > 0) {
		opml_write_folder(out, STR("Categories"));
		for (size_t i = 0; i < count; i++)
			write_output(out, base_url, "/category/", names[i], names[i]);
		opml_write_folder_end(out);
	}
	free(names);
	return result;
}

int config_opml_outputs(const struct config *c, const char *base_url, struct buf *out)
{
	int result;

	opml_write_begin(out, str_from(c->title));
	write_output(out, base_url, "/", "feed", c->title);
	write_rules(out, base_url, &c->outputs, "Outputs", "/output/");
	write_rules(out, base_url, &c->alerts, "Alerts", "/alert/");
	result = write_categories(out, base_url, c);
	opml_write_end(out);
	return result != 0 ? result : out->failed;
}
