/* SPDX-License-Identifier: ISC */
/* Feeds: any bytes, and what a worker does with them.  The document that comes out passes the decoder that believes
 * nobody, survives the way over the wire unchanged, is JSON, and holds only links that a reader may be sent to. */
#include "fuzz.h"

#include <jansson.h>

#include "sitrep/base/jsonw.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/identity.h"
#include "sitrep/model/document.h"
#include "sitrep/model/wire.h"
#include "sitrep/parse/parse.h"
#include "sitrep/text/date.h"
#include "sitrep/text/html.h"
#include "sitrep/text/url.h"
#include "sitrep/worker/document_check.h"

static struct arena arena;
static struct buf once, twice, json, html;
static struct identity *identity;

FUZZ_SETUP
{
	struct error err;

	arena_init(&arena, FUZZ_ARENA_MAX);
	buf_init(&once, FUZZ_BUF_MAX);
	buf_init(&twice, FUZZ_BUF_MAX);
	buf_init(&json, FUZZ_BUF_MAX);
	buf_init(&html, FUZZ_BUF_MAX);
	identity = identity_new(&err);
	parse_prepare();
	return identity != NULL ? 0 : 1;
}

static void check_text(const struct text *t, struct str body)
{
	if (t->kind != TEXT_HTML)
		return;
	buf_clear(&html);
	fuzz_require(html_sanitize(&html, t->value, STR_NONE) == 0, body);
	if (!str_eq(buf_str(&html), t->value))
		fprintf(stderr, "once:  %.*s\ntwice: %.*s\n", STR_ARG(t->value), STR_ARG(buf_str(&html)));
	fuzz_require(str_eq(buf_str(&html), t->value), body);
}

static void check_link(struct str url, struct str body)
{
	if (url.data != NULL && !url_is_safe_link(url))
		fprintf(stderr, "link: %.*s\n", STR_ARG(url));
	fuzz_require(url.data == NULL || url_is_safe_link(url), body);
}

static void check_facts(const struct feed_facts *f, struct str body)
{
	check_text(&f->title, body);
	check_text(&f->subtitle, body);
	check_text(&f->rights, body);
	check_text(&f->info, body);
	check_link(f->link, body);
	check_link(f->icon, body);
	check_link(f->logo, body);
	check_link(f->image.url, body);
	for (size_t i = 0; i < f->links.count; i++)
		check_link(f->links.items[i].href, body);
}

static void check_item(const struct item *it, struct str body)
{
	check_text(&it->title, body);
	check_text(&it->summary, body);
	check_text(&it->content, body);
	check_text(&it->rights, body);
	check_link(it->link, body);
	check_link(it->comments, body);
	check_link(it->image.url, body);
	check_facts(&it->source, body);
	for (size_t i = 0; i < it->links.count; i++)
		check_link(it->links.items[i].href, body);
	for (size_t i = 0; i < it->enclosures.count; i++)
		check_link(it->enclosures.items[i].url, body);
}

static void check_json(const struct document *d, struct str body)
{
	struct jsonw w = JSONW_INIT(&json);
	json_t *root;

	buf_clear(&json);
	document_write_json(&w, d);
	root = json_loadb(json.data, json.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	fuzz_require(json_is_object(root), body);
	json_decref(root);
}

static void check_wire(const struct document *d, struct str body)
{
	static const struct known_rules no_rules;
	struct document back;
	struct error err = {0};

	buf_clear(&once);
	buf_clear(&twice);
	fuzz_require(wire_encode_document(&once, d) == 0, body);
	/* The daemon refuses nothing that an honest worker sends. */
	if (document_check(buf_str(&once), &no_rules, &arena, &back, &err) != 0)
		fprintf(stderr, "refused: %s\n", err.text);
	fuzz_require(err.code == 0, body);
	fuzz_require(wire_encode_document(&twice, &back) == 0, body);
	fuzz_require(str_eq(buf_str(&once), buf_str(&twice)), body);
	check_json(&back, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The length chooses what the server said, so that every file of the corpus is a plain feed. */
	static const char *const types[] = {NULL, "application/rss+xml; charset=utf-8", "text/xml", "text/html",
		"application/atom+xml; charset=\"windows-1251\"", "application/json", NULL, "text/xml; charset=euc-kr"};
	struct str body = fuzz_str(data, size);
	/* parsed from a copy, which is gone before the document is looked at: it may hold nothing of it */
	char *copy = malloc(size + 1);
	struct parse_input in = {
		.body = str_make(copy, size),
		.content_type = str_from(types[size % (sizeof(types) / sizeof(types[0]))]),
		.url = STR("https://feeds.example/dir/feed.xml"),
		.want_notes = true,
	};
	struct document d;
	struct error err = {0};
	int result;

	fuzz_require(copy != NULL, body);
	memcpy(copy, body.data, body.len);
	arena_clear(&arena);
	result = parse_feed(&in, &arena, &d, &err);
	free(copy);
	if (result != 0) {
		fuzz_require(result == -EBADMSG && err.text[0] != '\0', body);
		fuzz_require(utf8_valid(str_from(err.text)), body);
		return 0;
	}
	for (size_t i = 0; i < d.items.count; i++)
		fuzz_require(identity_assign(identity, &arena, &d.items.items[i]) == 0, body);
	check_facts(&d.feed, body);
	for (size_t i = 0; i < d.items.count; i++)
		check_item(&d.items.items[i], body);
	check_wire(&d, body);
	return 0;
}
