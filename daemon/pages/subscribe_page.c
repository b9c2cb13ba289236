/* SPDX-License-Identifier: ISC */
#include "sitrep/pages/subscribe_page.h"

#include "feed_lists.h"
#include "parts.h"
#include "sitrep/base/xml_text.h"

/* The forms of a rule that a reader needs first; sitrepd.conf(5) has them all. */
static const struct {
	const char *form, *meaning;
} rules[] = {
	{"<code>frigate</code>", "the word, in headline or text, in any case"},
	{"<code>frigate*</code>", "words that begin with it"},
	{"<code>\"amber strait\"</code>", "these words in this order"},
	{"<code>a b</code>, <code>a AND b</code>", "both"},
	{"<code>a OR b</code>", "one or both"},
	{"<code>NOT a</code>", "without it"},
	{"<code>title:a</code>", "in the headline"},
	{"<code>feed:nw</code>", "from this feed"},
	{"<code>category:naval</code>", "from feeds of this category"},
	{"<code>(a OR b) c</code>", "brackets group"},
};

static void begin_section(struct buf *out, const char *id, const char *heading)
{
	buf_printf(out, "<section id=\"%s\" aria-labelledby=\"%s-h\"><h2 id=\"%s-h\">%s</h2>", id, id, id, heading);
}

static void end_section(struct buf *out)
{
	buf_puts(out, "</section>\n");
}

static void write_left(struct buf *out, const struct page *page)
{
	begin_section(out, "feeds", "Feeds");
	buf_puts(out, "<p class=\"soft\">Any filter of the river or of the search is a feed as well: "
		      "<code>/feed.atom</code> with what follows the <code>?</code>.</p><div class=\"grid\">");
	feed_lists_write(out, page);
	buf_puts(out, "</div>");
	end_section(out);
	begin_section(out, "lists", "Lists for your reader");
	buf_puts(out,
		"<table><tbody><tr><th scope=\"row\">Our feeds</th><td><a href=\"outputs.opml\">OPML</a></td></tr>"
		"<tr><th scope=\"row\">The outlets’ own feeds</th><td>"
		"<a href=\"opml\">OPML, ");
	part_count(out, (long long)page->site->feed_count, "feed");
	buf_puts(out, "</a></td></tr></tbody></table>");
	end_section(out);
	begin_section(out, "key-list", "Keys");
	buf_puts(out,
		"<p>With JavaScript on, <kbd>j</kbd> and <kbd>k</kbd> go from story to story, <kbd>o</kbd> opens, "
		"<kbd>/</kbd> filters and <kbd>?</kbd> lists all keys, which can be switched off there.</p>");
	end_section(out);
	begin_section(out, "about", "About");
	buf_puts(out, "<p>");
	buf_add_xml(out, str_from(page->site->title));
	buf_printf(out,
		" joins what %zu feeds publish, shows a story once however many run it, and names them all. Nothing is "
		"loaded from anywhere but this server; no page sets a cookie.</p>",
		page->site->feed_count);
	end_section(out);
}

static void write_right(struct buf *out)
{
	begin_section(out, "rules", "How to write a filter");
	buf_puts(out, "<dl class=\"facts\">");
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		buf_printf(out, "<dt>%s</dt><dd>%s</dd>", rules[i].form, rules[i].meaning);
	buf_puts(out, "</dl>");
	end_section(out);
	begin_section(out, "programs", "For programs");
	buf_puts(out,
		"<p>The stream gives each new item, copy, update and alert as a line of JSON, and goes on where you "
		"were:</p><pre class=\"cmd\">sitrep tail --json --event alert --state FILE</pre>"
		"<p class=\"soft\">See sitrep-stream(7). Numbers for monitoring come from <code>/metrics</code>.</p>");
	end_section(out);
}

void subscribe_page_write(struct buf *out, const struct site *site)
{
	const struct page page = {.site = site, .place = PAGE_SUBSCRIBE, .root = "", .title = STR("Subscribe")};

	page_begin(out, &page);
	page_head_begin(out, &page);
	buf_puts(out, "<p>every feed there is, in three formats with the same content</p>");
	page_head_end(out);
	buf_puts(out, "<div class=\"cols two\"><div>\n");
	write_left(out, &page);
	buf_puts(out, "</div>\n<div>\n");
	write_right(out);
	buf_puts(out, "</div></div>\n");
	page_end(out);
}
