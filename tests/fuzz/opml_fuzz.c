/* Subscription lists: any bytes.  What is read can be written, and reads as the same feeds again. */
#include "fuzz.h"

#include <errno.h>
#include <libxml/parser.h>

#include "sitrep/opml.h"
#include "sitrep/utf8.h"

static struct arena arena;
static struct buf out;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
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
		opml_write_feed(&out, &list->feeds.items[i]);
	opml_write_end(&out);
}

/* Names without letters are left out, a title that is missing is the address. */
static void check_again(const struct opml *list, struct str text)
{
	struct opml again, third;
	struct error err = {0};

	write_list(list);
	fuzz_require(utf8_valid(buf_str(&out)), text);
	fuzz_require(opml_parse(buf_str(&out), &arena, &again, &err) == 0, text);
	fuzz_require(again.feeds.count == list->feeds.count, text);
	for (size_t i = 0; i < again.feeds.count; i++) {
		const struct opml_feed *a = &list->feeds.items[i], *b = &again.feeds.items[i];

		fuzz_require(str_eq(a->url, b->url) && str_eq(a->site, b->site), text);
		fuzz_require(str_eq(str_empty(a->title) ? a->url : a->title, b->title), text);
	}
	/* what was written by us is written the same ever after */
	write_list(&again);
	fuzz_require(opml_parse(arena_str(&arena, buf_str(&out)), &arena, &third, &err) == 0, text);
	for (size_t i = 0; i < again.feeds.count; i++)
		fuzz_require(again.feeds.items[i].category_count == third.feeds.items[i].category_count, text);
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
