/* SPDX-License-Identifier: ISC */
#include "feed_lists.h"

#include "parts.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/config/config.h"

/* Names in addresses are bounded by the configuration's limits. */
enum { ADDRESS_MAX = 4 * 1024 };
/* Further categories are not listed. */
enum { CATEGORIES_MAX = 64 };

static bool is_listed(const struct str *names, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(names[i], name))
			return true;
	return false;
}

/* Categories that configured feeds have, in the order of the configuration, each once whatever its case. */
static size_t list_categories(const struct config *config, struct str names[CATEGORIES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < config->feeds.count && count < CATEGORIES_MAX; i++) {
		const struct config_feed *f = &config->feeds.items[i];

		for (size_t k = 0; k < f->category_count && count < CATEGORIES_MAX; k++)
			if (!is_listed(names, count, str_from(f->categories[k])))
				names[count++] = str_from(f->categories[k]);
	}
	return count;
}

static void begin_table(struct buf *out, const char *caption)
{
	buf_printf(out, "<table><caption>%s</caption><tbody>", caption);
}

/* A row with the feed's formats; folder is "category", "" for /feed itself. */
static void write_row(struct buf *out, const struct page *page, const char *folder, struct str name, struct str title)
{
	struct buf base = BUF_INIT(ADDRESS_MAX);

	if (folder[0] != '\0')
		buf_printf(&base, "%s/", folder);
	part_escape(&base, name);
	buf_puts(out, "<tr><th scope=\"row\">");
	buf_add_xml(out, title);
	buf_puts(out, "</th><td>");
	part_formats(out, page->root, buf_str(&base), STR_NONE);
	buf_puts(out, "</td></tr>");
	if (buf_failed(&base))
		out->failed = base.failed;
	buf_release(&base);
}

static void end_table(struct buf *out)
{
	buf_puts(out, "</tbody></table>\n");
}

static void write_rules(struct buf *out, const struct page *page, const char *folder, const struct config_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct config_rule *r = &rules->items[i];

		write_row(out, page, folder, str_from(r->name), str_from(r->title != NULL ? r->title : r->name));
	}
}

void feed_lists_write(struct buf *out, const struct page *page)
{
	const struct config *config = page->site->config;
	struct str categories[CATEGORIES_MAX];
	size_t count = list_categories(config, categories);

	begin_table(out, config->outputs.count > 0 ? "Everything, and your outputs" : "Everything");
	write_row(out, page, "", STR("feed"), STR("All stories"));
	write_rules(out, page, "output", &config->outputs);
	end_table(out);
	if (count > 0) {
		begin_table(out, "Categories");
		for (size_t i = 0; i < count; i++)
			write_row(out, page, "category", categories[i], categories[i]);
		end_table(out);
	}
	if (config->alerts.count > 0) {
		begin_table(out, "Alerts");
		write_rules(out, page, "alert", &config->alerts);
		end_table(out);
	}
}
