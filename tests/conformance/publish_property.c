/* SPDX-License-Identifier: ISC */
/* publish_property.c: whatever comes in, what goes out is valid.
 *
 *     publish-property [--schema atom.rng] [--seed N] [--rounds N] FEED...
 *
 * Each round takes the feeds one by one, changes bytes, cuts, repeats and joins them at random, and lets the daemon's
 * own code parse what came of it and render the three formats.  The Atom one must pass the RELAX NG schema of RFC 4287
 * (or, without a schema, be well-formed), the RSS one be well-formed XML, the JSON one be JSON with what JSON Feed 1.1
 * requires.  Every field that readers take for HTML must be safe, well-formed and without relative references, by the
 * checks of reader_view.h, and must show the words that it stands for.  On a failure the input is written to
 * property-failure.bin and the seed is printed. */
#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../daemon/publish/render.h"
#include "reader_view.h"
#include "sitrep/identity/identity.h"
#include "sitrep/parse/parse.h"
#include "sitrep/text/html.h"

enum { BODY_MAX = 4 * 1024 * 1024, OUT_MAX = 256 * 1024 * 1024, ARENA_MAX = 512 * 1024 * 1024, CHANGES_MAX = 24 };
enum { PIECE_MAX = 4096 };

struct property {
	uint64_t random;
	struct arena arena;
	struct buf body;
	struct buf out;
	struct identity *identity;
	xmlRelaxNGPtr schema;
	long documents, items, refused;
};

/* xorshift64*: any generator will do, as long as its seed makes a run again. */
static uint64_t next(struct property *p)
{
	p->random ^= p->random >> 12;
	p->random ^= p->random << 25;
	p->random ^= p->random >> 27;
	return p->random * UINT64_C(2685821657736338717);
}

static size_t below(struct property *p, size_t n)
{
	return n == 0 ? 0 : (size_t)(next(p) % n);
}

/* What breaks documents: markup in the wrong place, characters that XML has no room for, words that mean something. */
static const struct str pieces[] = {
	{"<", sizeof("<") - 1},
	{">", sizeof(">") - 1},
	{"&", sizeof("&") - 1},
	{"]]>", sizeof("]]>") - 1},
	{"<![CDATA[", sizeof("<![CDATA[") - 1},
	{"<!--", sizeof("<!--") - 1},
	{"\"", sizeof("\"") - 1},
	{"'", sizeof("'") - 1},
	{"\xff", sizeof("\xff") - 1},
	{"\xed\xa0\x80", sizeof("\xed\xa0\x80") - 1},
	{"\xef\xbf\xbf", sizeof("\xef\xbf\xbf") - 1},
	{"\x0b", sizeof("\x0b") - 1},
	{"\0", sizeof("\0") - 1},
	{"&#0;", sizeof("&#0;") - 1},
	{"&#xFFFF;", sizeof("&#xFFFF;") - 1},
	{"&nbsp;", sizeof("&nbsp;") - 1},
	{"<script>", sizeof("<script>") - 1},
	{"&lt;img src=x onerror=alert(1)&gt;", sizeof("&lt;img src=x onerror=alert(1)&gt;") - 1},
	{"&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
		sizeof("&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;") - 1},
	{"<![CDATA[ range<b&copy=1 &lt;svg/onload=alert(1) ]]>",
		sizeof("<![CDATA[ range<b&copy=1 &lt;svg/onload=alert(1) ]]>") - 1},
	{" type='text'", sizeof(" type='text'") - 1},
	{"<a href='../x?y#z'>", sizeof("<a href='../x?y#z'>") - 1},
	{"</item>", sizeof("</item>") - 1},
	{"<item>", sizeof("<item>") - 1},
	{"<entry>", sizeof("<entry>") - 1},
	{"javascript:", sizeof("javascript:") - 1},
	{" xml:lang='en us!'", sizeof(" xml:lang='en us!'") - 1},
	{"\xe2\x80\xae", sizeof("\xe2\x80\xae") - 1},
	{"@", sizeof("@") - 1},
	{"mailto:", sizeof("mailto:") - 1},
	{"http://", sizeof("http://") - 1},
	{"//", sizeof("//") - 1},
	{" ", sizeof(" ") - 1},
	{"\n", sizeof("\n") - 1},
	{"<p>", sizeof("<p>") - 1},
	{"<rights type='html'>", sizeof("<rights type='html'>") - 1},
	{"<category term='x' scheme='no uri'/>", sizeof("<category term='x' scheme='no uri'/>") - 1},
	{"<author><name/></author>", sizeof("<author><name/></author>") - 1},
	{"<enclosure url='http://e.example/' type='//' length='-1'/>",
		sizeof("<enclosure url='http://e.example/' type='//' length='-1'/>") - 1},
	{"9999-99-99", sizeof("9999-99-99") - 1},
	{"Thu, 99 Foo 99999", sizeof("Thu, 99 Foo 99999") - 1},
};

static void change(struct property *p)
{
	struct buf *b = &p->body;
	size_t changes = 1 + below(p, CHANGES_MAX);

	for (size_t i = 0; i < changes && b->len > 0; i++) {
		size_t at = below(p, b->len), len = 1 + below(p, PIECE_MAX);
		struct str piece = pieces[below(p, sizeof(pieces) / sizeof(*pieces))];
		struct buf made = BUF_INIT(BODY_MAX);

		len = len < b->len - at ? len : b->len - at;
		buf_append(&made, b->data, at);
		switch (below(p, 5)) {
		case 0: /* another byte */
			buf_putc(&made, (char)next(p));
			buf_append(&made, b->data + at + 1, b->len - at - 1);
			break;
		case 1: /* something in between */
			buf_add(&made, piece);
			buf_append(&made, b->data + at, b->len - at);
			break;
		case 2: /* something lost */
			buf_append(&made, b->data + at + len, b->len - at - len);
			break;
		case 3: /* something twice */
			buf_append(&made, b->data + at, len);
			buf_append(&made, b->data + at, b->len - at);
			break;
		default: /* the end lost, now and then */
			if (below(p, 8) != 0)
				buf_append(&made, b->data + at, b->len - at);
			break;
		}
		if (!buf_failed(&made)) {
			buf_clear(b);
			buf_add(b, buf_str(&made));
		}
		buf_release(&made);
	}
}

static void render(struct property *p, const struct document *d, const struct format *format)
{
	const struct channel channel = {.title = "Property & <test>",
		.home_url = "http://127.0.0.1:8484/",
		.self_url = "http://127.0.0.1:8484/feed",
		.id = "urn:uuid:00000000-0000-8000-8000-000000000000",
		.updated_ms = 1795000000000,
		.feed_url = "http://127.0.0.1:8484/feed",
		.next = "?before=1795000000000.1",
		.archive_before = "?archive=6",
		.archive_after = "?archive=8",
		.is_part = true,
		.is_archive = next(p) % 2 == 0,
		.author = "Desk & <b>",
		.icon = "http://127.0.0.1:8484/i.png?a&b",
		.rights = "Ours & <i>",
		.id_space = next(p) % 2 == 0 ? "brief" : NULL};

	buf_clear(&p->out);
	format->begin(&p->out, &channel);
	if (format->link_prefix != NULL)
		render_next(&p->out, &channel, format->link_prefix, p->out.len);
	for (size_t i = 0; i < d->items.count; i++) {
		struct report reports[2] = {
			{.source = {.feed = STR("a"),
				 .title = STR("Outlet & \"one\""),
				 .url = STR("https://a.example/f"),
				 .categories = STR("naval\nus & co")},
				.first_seen_ms = 1795000000000,
				.published_ms = 1795000000000,
				.item = d->items.items[i]},
			{.source = {.feed = STR("b"), .title = STR("Outlet <two>"), .url = STR("https://b.example/f")},
				.item = d->items.items[d->items.count - 1 - i]},
		};
		struct story story = {.reports = reports,
			.report_count = 2,
			.source_count = 2,
			.total_reports = 2,
			.first_seen_ms = 1795000000000,
			.updated_ms = 1795000000000,
			/* each other one, as in the feed of an alert */
			.alert = {.id = (int64_t)(i % 2),
				.name = STR("ships & <b>"),
				.revision = 3,
				.first_ms = 1795000000000,
				.last_ms = 1795000000000,
				.priority = ALERT_URGENT,
				.state = ALERT_CLOSED}};

		snprintf(story.uid, sizeof(story.uid), "00000000-0000-8000-8000-%012x", (unsigned)i);
		format->story(&p->out, &channel, &story, i);
	}
	format->end(&p->out, &channel);
}

static void say_nothing(void *ctx, const char *message, ...)
{
	(void)ctx;
	(void)message;
}

/* ---- what a reader finds in the fields ---- */

static bool is_named(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* In RSS nothing says what a field is, so all are taken for markup; in Atom the type does, and readers that overlook it
 * are to find no markup either. */
static const char *const fields[] = {"title", "description", "encoded", "summary", "content", "rights", "creator",
	"contributor", "category", "source", "author"};

static const char *field_fault(const xmlNode *node)
{
	const char *fault = NULL;
	bool field = false;
	xmlChar *text;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		field = field || is_named(node, fields[i]);
	if (!field || xmlChildElementCount((xmlNode *)(uintptr_t)node) > 0)
		return NULL;
	text = xmlNodeGetContent(node);
	if (text != NULL && strpbrk((const char *)text, "<") != NULL)
		fault = reader_view_fault(str_from((const char *)text));
	xmlFree(text);
	return fault;
}

/* The first fault of any field; recursion is as deep as our own documents are. */
static const char *view_fault(const xmlNode *node)
{
	const char *fault = NULL;

	for (const xmlNode *n = node; n != NULL && fault == NULL; n = n->next) {
		fault = field_fault(n);
		if (fault == NULL)
			fault = view_fault(n->children);
	}
	return fault;
}

/* Titles show their words, not what HTML would make of them. */
static const char *title_fault(const xmlNode *item, struct str expected)
{
	struct buf shown = BUF_INIT(OUT_MAX);
	const char *fault = str_empty(expected) ? NULL : "has no title";

	for (const xmlNode *n = item->children; n != NULL; n = n->next) {
		xmlChar *text, *type;

		if (!is_named(n, "title"))
			continue;
		text = xmlNodeGetContent(n);
		type = xmlGetProp(n, (const xmlChar *)"type");
		if (is_named(item, "item") || type != NULL)
			html_unescape(&shown, str_from((const char *)text));
		else
			buf_puts(&shown, (const char *)text);
		fault = str_eq(str_trim(buf_str(&shown)), str_trim(expected)) ? NULL : "shows another title";
		xmlFree(text);
		xmlFree(type);
	}
	buf_release(&shown);
	return fault;
}

static const char *check_titles(const xmlNode *root, const struct document *d)
{
	const xmlNode *n = is_named(root, "rss") ? root->children : root;
	const char *fault = NULL;
	size_t at = 0;

	while (n != NULL && n != root && !is_named(n, "channel"))
		n = n->next;
	for (n = n != NULL ? n->children : NULL; n != NULL && fault == NULL; n = n->next)
		if ((is_named(n, "item") || is_named(n, "entry")) && at < d->items.count)
			fault = title_fault(n, d->items.items[at++].plain_title);
	return fault != NULL ? fault : at == d->items.count ? NULL : "lost an item";
}

static const char *check_xml(const struct property *p, const struct document *d, xmlRelaxNGPtr schema)
{
	xmlDocPtr doc = xmlReadMemory(p->out.data, (int)p->out.len, "out.xml", NULL,
		XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	const char *wrong = doc == NULL ? "is not well-formed" : NULL;

	if (doc != NULL && (wrong = view_fault(xmlDocGetRootElement(doc))) == NULL)
		wrong = check_titles(xmlDocGetRootElement(doc), d);
	if (wrong == NULL && doc != NULL && schema != NULL) {
		xmlRelaxNGValidCtxtPtr valid = xmlRelaxNGNewValidCtxt(schema);

		xmlRelaxNGSetValidErrors(valid, say_nothing, say_nothing, NULL);
		wrong = xmlRelaxNGValidateDoc(valid, doc) == 0 ? NULL : "does not pass the schema";
		xmlRelaxNGFreeValidCtxt(valid);
	}
	xmlFreeDoc(doc);
	return wrong;
}

static const char *check_json(const struct property *p)
{
	json_t *root = json_loadb(p->out.data, p->out.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *items = json_object_get(root, "items"), *item;
	const char *wrong = root == NULL ? "is no JSON" : NULL;
	size_t i;

	if (wrong == NULL && (!json_is_string(json_object_get(root, "version")) || !json_is_array(items)))
		wrong = "is no JSON Feed";
	json_array_foreach(items, i, item)
	{
		if (!json_is_string(json_object_get(item, "id")) ||
			!json_is_string(json_object_get(item, "content_html")))
			wrong = "has an item without id or content";
		else if (wrong == NULL)
			wrong = reader_view_fault(str_from(json_string_value(json_object_get(item, "content_html"))));
	}
	json_decref(root);
	return wrong;
}

/* NULL when all is well, otherwise what is not. */
static const char *check(struct property *p)
{
	const struct parse_input in = {.body = buf_str(&p->body), .url = STR("https://feeds.example/dir/feed.xml")};
	const char *wrong;
	struct document d;
	struct error err;

	arena_clear(&p->arena);
	if (parse_feed(&in, &p->arena, &d, &err) != 0) {
		p->refused++;
		return NULL;
	}
	for (size_t i = 0; i < d.items.count; i++)
		if (identity_assign(p->identity, &p->arena, &d.items.items[i]) != 0)
			return "an item could not be examined";
	p->documents++;
	p->items += (long)d.items.count;
	render(p, &d, &format_atom);
	if ((wrong = check_xml(p, &d, p->schema)) != NULL)
		return wrong;
	render(p, &d, &format_rss);
	if ((wrong = check_xml(p, &d, NULL)) != NULL)
		return wrong;
	render(p, &d, &format_json);
	return check_json(p);
}

static int read_feed(struct property *p, const char *path)
{
	FILE *f = fopen(path, "rb");
	char chunk[64 * 1024];
	size_t n;

	buf_clear(&p->body);
	if (f == NULL)
		return -1;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_append(&p->body, chunk, n);
	fclose(f);
	return buf_failed(&p->body);
}

static int keep_failure(const struct property *p)
{
	FILE *f = fopen("property-failure.bin", "wb");
	size_t written = f != NULL ? fwrite(p->body.data, 1, p->body.len, f) : 0;

	if (f != NULL)
		fclose(f);
	return written == p->body.len ? 0 : -1;
}

static xmlRelaxNGPtr read_schema(const char *path)
{
	xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(path);
	xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);

	xmlRelaxNGFreeParserCtxt(parser);
	return schema;
}

static int run(struct property *p, long long rounds, char **feeds, int count)
{
	for (long long round = 0; round < rounds; round++) {
		for (int i = 0; i < count; i++) {
			const char *wrong;

			if (read_feed(p, feeds[i]) != 0) {
				fprintf(stderr, "cannot read %s\n", feeds[i]);
				return -1;
			}
			/* the first round takes them as they are */
			if (round > 0)
				change(p);
			wrong = check(p);
			if (wrong != NULL) {
				fprintf(stderr, "what is made of %s %s, see property-failure.bin%s\n", feeds[i], wrong,
					keep_failure(p) != 0 ? " (which could not be written)" : "");
				return -1;
			}
		}
	}
	printf("%ld documents with %ld items rendered in three formats, all valid%s; %ld inputs were no feed\n",
		p->documents, p->items, p->schema != NULL ? " by the schema" : "", p->refused);
	return 0;
}

int main(int argc, char **argv)
{
	struct property p = {.body = BUF_INIT(BODY_MAX), .out = BUF_INIT(OUT_MAX)};
	long long seed = (long long)time(NULL), rounds = 3;
	struct error err = {0};
	int i = 1, result;

	arena_init(&p.arena, ARENA_MAX);
	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--schema") == 0 && (p.schema = read_schema(argv[i + 1])) == NULL)
			return EXIT_FAILURE;
		if (strcmp(argv[i], "--seed") == 0 && !str_to_int(str_from(argv[i + 1]), &seed))
			return EXIT_FAILURE;
		if (strcmp(argv[i], "--rounds") == 0 && !str_to_int(str_from(argv[i + 1]), &rounds))
			return EXIT_FAILURE;
	}
	printf("seed %lld\n", seed);
	p.random = (uint64_t)seed | 1;
	p.identity = identity_new(&err);
	parse_prepare();
	result = p.identity == NULL ? -1 : run(&p, rounds, argv + i, argc - i);
	identity_free(p.identity);
	xmlRelaxNGFree(p.schema);
	arena_release(&p.arena);
	buf_release(&p.body);
	buf_release(&p.out);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
