/* SPDX-License-Identifier: ISC */
/* The river of news: the newest stories, one under the other. */
#include "render.h"
#include "sitrep/pages/page.h"
#include "sitrep/pages/story_row.h"

static struct page river_of(const struct channel *c)
{
	return (struct page){
		.site = c->site,
		.place = PAGE_RIVER,
		.root = "",
		.title = STR("River"),
		.skip_to = "stories",
	};
}

static void begin(struct buf *out, const struct channel *c)
{
	const struct page page = river_of(c);

	page_begin(out, &page);
	page_head_begin(out, &page);
	page_head_end(out);
	buf_puts(out, "<section class=\"list live-list\" id=\"list\" aria-label=\"Stories\">\n");
}

static void story(struct buf *out, const struct channel *c, const struct story *s, size_t index UNUSED)
{
	const struct page page = river_of(c);

	story_row_write(out, &page, s);
}

static void end(struct buf *out, const struct channel *c UNUSED)
{
	buf_puts(out, "</section>\n");
	page_end(out);
}

const struct format format_page = {
	.suffix = "",
	.content_type = PAGE_CONTENT_TYPE,
	.begin = begin,
	.story = story,
	.end = end,
};
