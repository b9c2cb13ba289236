/* What all formats have in common: the text of a story and who else ran it. */
#include "sitrep/render.h"

#include "sitrep/url.h"

/* A text past this is shown by its summary alone: a merged feed of a hundred such would be no use. */
enum { CONTENT_SHOWN_MAX = 256 * 1024 };

struct str render_author(const struct report *report)
{
	const struct item *it = &report->item;

	for (size_t i = 0; i < it->authors.count; i++) {
		if (!str_empty(it->authors.items[i].name))
			return it->authors.items[i].name;
		if (!str_empty(it->authors.items[i].email))
			return it->authors.items[i].email;
	}
	return report->source.title;
}

bool render_category(const struct category *c, struct str *name)
{
	*name = str_empty(c->label) ? c->term : c->label;
	return !str_empty(*name);
}

static void add_text(struct buf *out, const struct item *it)
{
	const struct text *t = &it->content;

	if (t->kind == TEXT_ABSENT || str_empty(t->value) || t->value.len > CONTENT_SHOWN_MAX)
		t = &it->summary;
	if (t->kind == TEXT_HTML && t->value.len <= CONTENT_SHOWN_MAX) {
		(void)buf_add(out, t->value);
	} else if (!str_empty(it->plain_summary)) {
		(void)buf_puts(out, "<p>");
		(void)buf_add_xml(out, it->plain_summary);
		(void)buf_puts(out, "</p>");
	}
}

static void add_report(struct buf *out, const struct report *r)
{
	(void)buf_puts(out, "<li>");
	(void)buf_add_xml(out, r->source.title);
	(void)buf_puts(out, ": ");
	if (url_is_web(r->item.link)) {
		(void)buf_puts(out, "<a href=\"");
		(void)buf_add_xml(out, r->item.link);
		(void)buf_puts(out, "\">");
		(void)buf_add_xml(out, r->item.plain_title);
		(void)buf_puts(out, "</a>");
	} else {
		(void)buf_add_xml(out, r->item.plain_title);
	}
	(void)buf_puts(out, "</li>");
}

void render_body(struct buf *out, const struct story *story)
{
	add_text(out, &story->reports[0].item);
	if (story->report_count < 2)
		return;
	(void)buf_puts(out, "<p>Also reported by:</p><ul>");
	for (size_t i = 1; i < story->report_count; i++)
		add_report(out, &story->reports[i]);
	(void)buf_puts(out, "</ul>");
}
