/* SPDX-License-Identifier: ISC */
/* Subscription lists: any bytes.  What is read can be written, and reads as the same feeds again. */
#include "fuzz.h"

#include <libxml/parser.h>

#include "sitrep/base/utf8.h"
#include "sitrep/parse/opml.h"

static struct arena arena;
static struct buf out;

FUZZ_SETUP
{
	arena_init(&arena, FUZZ_ARENA_MAX);
	buf_init(&out, FUZZ_BUF_MAX);
	xmlInitParser();
	return 0;
}

static void check_feed(const struct opml_feed *f, struct str text)
{
	fuzz_require(f->url.len > 0 && utf8_valid(f->url) && utf8_valid(f->title) && utf8_valid(f->site), text);
	for (size_t i = 0; i < f->category_count; i++)
		fuzz_require(f->categories[i].len > 0 && utf8_valid(f->categories[i]), text);
}

static void write_list(const struct opml *list)
{
	buf_clear(&out);
	opml_write_begin(&out, STR("fuzz & co"));
	for (size_t i = 0; i < list->feeds.count; i++)
		opml_write_feed(&out, &list->feeds.items[i], list->feeds.items[i].title);
	opml_write_end(&out);
}

/* What was written by us is read as it was, but for a hidden feed without a name, which may be left out. */
static void check_again(const struct opml *list, struct str text)
{
	struct opml again;
	struct error err = {0};

	write_list(list);
	fuzz_require(utf8_valid(buf_str(&out)), text);
	fuzz_require(opml_parse(buf_str(&out), &arena, &again, &err) == 0, text);
	fuzz_require(again.feeds.count <= list->feeds.count, text);
	for (size_t i = 0; i < again.feeds.count && again.feeds.count == list->feeds.count; i++)
		fuzz_require(str_eq(list->feeds.items[i].url, again.feeds.items[i].url), text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = fuzz_str(data, size);
	struct error err = {0};
	struct opml list;
	int result;

	arena_clear(&arena);
	result = opml_parse(text, &arena, &list, &err);
	if (result != 0) {
		fuzz_require(err.code == result && err.text[0] != '\0', text);
		return 0;
	}
	for (size_t i = 0; i < list.feeds.count; i++)
		check_feed(&list.feeds.items[i], text);
	check_again(&list, text);
	return 0;
}
