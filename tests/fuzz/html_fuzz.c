/* SPDX-License-Identifier: ISC */
/* HTML: what comes out is well-formed XML of harmless elements, attributes and links, and sanitised again it is the
 * same bytes.  The check knows nothing of the sanitizer's allowlist: it has a list of its own of what must never be
 * seen. */
#include "fuzz.h"

#include <libxml/parser.h>

#include "sitrep/base/utf8.h"
#include "sitrep/text/html.h"

static const char base[] = "https://feeds.example/dir/page.html";

static struct buf markup, once, twice, line, wrapped;

FUZZ_SETUP
{
	struct buf *all[] = {&markup, &once, &twice, &line, &wrapped};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_init(all[i], FUZZ_BUF_MAX);
	xmlInitParser();
	return 0;
}

struct check {
	struct str html;
};

static bool is_one_of(struct str name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (str_eq_nocase(name, str_from(*names)))
			return true;
	return false;
}

static void check_link(struct str value, bool is_image, struct str html)
{
	static const char *const schemes[] = {"#", "http://", "https://", "mailto:"};
	bool harmless = is_image && str_starts_nocase(value, STR("data:image/"));

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		harmless = harmless || str_starts_nocase(value, str_from(schemes[i]));
	fuzz_require(harmless, html);
}

static void on_start(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int namespace_count,
	const xmlChar **namespaces, int count, int defaulted, const xmlChar **attributes)
{
	static const char *const never[] = {"script", "style", "iframe", "frame", "frameset", "object", "embed",
		"applet", "form", "textarea", "meta", "link", "base", "svg", "math", "template", "noscript", "xmp",
		"plaintext", "noembed", "noframes", "title", "portal", "html", "head", "body", NULL};
	static const char *const links[] = {"href", "cite", "longdesc", NULL};
	static const char *const images[] = {"src", "poster", "background", NULL};
	const struct check *c = ctx;

	(void)namespaces;
	(void)defaulted;
	fuzz_require(!is_one_of(str_from((const char *)local), never), c->html);
	fuzz_require(prefix == NULL && uri == NULL && namespace_count == 0, c->html);
	for (int i = 0; i < count; i++) {
		const xmlChar **a = attributes + (ptrdiff_t)5 * i;
		struct str name = str_from((const char *)a[0]);
		struct str value = str_make((const char *)a[3], (size_t)(a[4] - a[3]));

		fuzz_require(!str_starts_nocase(name, STR("on")), c->html);
		fuzz_require(!str_eq_nocase(name, STR("srcdoc")) && !str_eq_nocase(name, STR("formaction")), c->html);
		/* an empty href is a link to the feed itself; an empty citation is none */
		if (is_one_of(name, links) && (value.len > 0 || str_eq(name, STR("href"))))
			check_link(value, false, c->html);
		if (is_one_of(name, images))
			check_link(value, true, c->html);
		if (str_eq_nocase(name, STR("style")))
			fuzz_require(str_find_nocase(value, STR("url("), 0) == STR_NPOS &&
					     str_find_nocase(value, STR("expression("), 0) == STR_NPOS &&
					     str_find_char(value, '\\', 0) == STR_NPOS,
				c->html);
	}
}

static void check_wellformed(struct str html)
{
	struct check c = {.html = html};
	xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC, .startElementNs = on_start};
	xmlParserCtxtPtr parser;

	buf_clear(&wrapped);
	buf_puts(&wrapped, "<div>");
	buf_add(&wrapped, html);
	buf_puts(&wrapped, "</div>");
	parser = xmlCreatePushParserCtxt(&sax, &c, NULL, 0, NULL);
	fuzz_require(parser != NULL && !buf_failed(&wrapped), html);
	xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlParseChunk(parser, wrapped.data, (int)wrapped.len, 1);
	fuzz_require(parser->wellFormed, html);
	xmlFreeParserCtxt(parser);
}

static void check_line(struct str text)
{
	fuzz_require(utf8_valid(text), text);
	for (size_t i = 0; i < text.len;) {
		uint32_t c = utf8_next(text, &i);
		fuzz_require(!utf8_is_unsafe(c) && c != '\n' && c != '\t', text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = fuzz_str(data, size);

	buf_clear(&once);
	fuzz_require(html_sanitize(&once, s, str_from(base)) == 0, s);
	fuzz_require(utf8_valid(buf_str(&once)), s);
	check_wellformed(buf_str(&once));
	fuzz_require(html_is_sanitized(buf_str(&once)), s);
	buf_clear(&twice);
	fuzz_require(html_sanitize(&twice, buf_str(&once), str_from(base)) == 0, s);
	if (!str_eq(buf_str(&once), buf_str(&twice)))
		fprintf(stderr, "once:  %.*s\ntwice: %.*s\n", STR_ARG(buf_str(&once)), STR_ARG(buf_str(&twice)));
	fuzz_require(str_eq(buf_str(&once), buf_str(&twice)), s);

	buf_clear(&markup);
	fuzz_require(utf8_repair(&markup, s) == 0, s);
	buf_clear(&line);
	fuzz_require(html_to_text(&line, buf_str(&markup)) == 0, s);
	check_line(buf_str(&line));
	buf_clear(&line);
	fuzz_require(html_unescape(&line, buf_str(&markup)) == 0 && utf8_valid(buf_str(&line)), s);
	html_looks_like(s);
	return 0;
}
