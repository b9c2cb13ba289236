/* SPDX-License-Identifier: ISC */
/* document_test.c: the tables have every member of every struct once, and the JSON form says what a document holds. */
#include "../json.h"
#include "sitrep/base/limits.h"
#include "sitrep/model/document.h"
#include "sitrep/model/document_fields.h"

enum { SHAPES_MAX = 32, SHAPE_SIZE_MAX = 8192, OUT_MAX = 1024 * 1024 };

/* ---- the tables ---- */

/* Every shape that a document is made of, each once. */
static size_t collect(const struct shape *shape, const struct shape *found[SHAPES_MAX], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (found[i] == shape)
			return count;
	assert_true(count < SHAPES_MAX);
	found[count++] = shape;
	for (size_t i = 0; i < shape->count; i++)
		if (shape->fields[i].of != NULL)
			count = collect(shape->fields[i].of, found, count);
	return count;
}

static size_t size_of(const struct field *f)
{
	switch (f->kind) {
	case FIELD_STR:
	case FIELD_DIGEST:
	case FIELD_BYTES:
		return sizeof(struct str);
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_TIME:
		return sizeof(int64_t);
	case FIELD_ENUM:
	case FIELD_U32:
		return sizeof(uint32_t);
	case FIELD_U64:
		return sizeof(uint64_t);
	case FIELD_TEXT:
	case FIELD_STRUCT:
		return f->of->size;
	case FIELD_LIST:
		return sizeof(struct list_head);
	}
	return 0;
}

TEST(tags_and_names_are_used_once)
{
	const struct shape *shapes[SHAPES_MAX];
	size_t count = collect(&shape_document, shapes, 0);

	for (size_t s = 0; s < count; s++) {
		bool used[UINT8_MAX + 1] = {false};

		for (size_t i = 0; i < shapes[s]->count; i++) {
			const struct field *f = &shapes[s]->fields[i];

			assert_true(f->tag != 0 && !used[f->tag]);
			used[f->tag] = true;
			for (size_t k = 0; f->name != NULL && k < i; k++)
				assert_true(shapes[s]->fields[k].name == NULL ||
					    strcmp(shapes[s]->fields[k].name, f->name) != 0);
		}
	}
}

/* A member that is in no table would be lost between worker and daemon.  Only what the compiler leaves free between
 * members, less than a pointer, may be in none. */
TEST(every_member_is_in_a_table)
{
	const struct shape *shapes[SHAPES_MAX];
	size_t count = collect(&shape_document, shapes, 0);

	for (size_t s = 0; s < count; s++) {
		static bool covered[SHAPE_SIZE_MAX];
		size_t hole = 0;

		assert_true(shapes[s]->size <= sizeof(covered));
		memset(covered, 0, sizeof(covered));
		for (size_t i = 0; i < shapes[s]->count; i++) {
			const struct field *f = &shapes[s]->fields[i];

			assert_true(f->offset + size_of(f) <= shapes[s]->size);
			for (size_t k = f->offset; k < f->offset + size_of(f); k++) {
				assert_false(covered[k]);
				covered[k] = true;
			}
		}
		for (size_t k = 0; k < shapes[s]->size; k++) {
			hole = covered[k] ? 0 : hole + 1;
			if (hole >= sizeof(void *))
				fail_msg("shape %zu has no member for the bytes before %zu", s, k);
		}
	}
}

TEST(kinds_have_what_they_need)
{
	const struct shape *shapes[SHAPES_MAX];
	size_t count = collect(&shape_document, shapes, 0);

	for (size_t s = 0; s < count; s++) {
		for (size_t i = 0; i < shapes[s]->count; i++) {
			const struct field *f = &shapes[s]->fields[i];
			bool nested = f->kind == FIELD_TEXT || f->kind == FIELD_STRUCT || f->kind == FIELD_LIST;
			bool bounded = f->kind == FIELD_ENUM || f->kind == FIELD_LIST || f->kind == FIELD_BYTES ||
				       f->rule != RULE_NONE;

			assert_true((f->of != NULL) == nested);
			assert_true((f->max != 0) == bounded);
			/* only texts have rules, and links are links by their length too */
			assert_true(f->rule == RULE_NONE || f->kind == FIELD_STR || f->kind == FIELD_TEXT);
			assert_true(f->rule != RULE_LINK || f->max == LIMIT_URL);
			if (f->kind == FIELD_TEXT)
				assert_ptr_equal(f->of, &shape_text);
			if (f->kind == FIELD_LIST)
				assert_true(f->max == LIMIT_ITEM_LIST || f->max == LIMIT_ITEM_MATCHES ||
					    f->max == LIMIT_DOCUMENT_ITEMS);
		}
	}
}

TEST(init)
{
	struct document d, zero_document;
	struct item it, zero_item;

	memset(&d, 0xa5, sizeof(d));
	memset(&it, 0xa5, sizeof(it));
	document_init(&d);
	item_init(&it);
	assert_true(d.feed.updated == TIME_NONE && d.feed.published == TIME_NONE);
	assert_true(it.published == TIME_NONE && it.updated == TIME_NONE && it.created == TIME_NONE);
	assert_true(it.expired == TIME_NONE && it.source.updated == TIME_NONE && it.source.published == TIME_NONE);
	d.feed.updated = d.feed.published = 0;
	it.published = it.updated = it.created = it.expired = it.source.updated = it.source.published = 0;
	memset(&zero_document, 0, sizeof(zero_document));
	memset(&zero_item, 0, sizeof(zero_item));
	assert_memory_equal(&d, &zero_document, sizeof(d));
	assert_memory_equal(&it, &zero_item, sizeof(it));
}

TEST(lists_by_their_field)
{
	struct person people[3] = {{.name = STR("a")}, {.name = STR("b")}, {.name = STR("c")}};
	struct item it;
	const struct field *authors = NULL;
	struct list_head head;

	item_init(&it);
	for (size_t i = 0; i < shape_item.count; i++)
		if (shape_item.fields[i].name != NULL && strcmp(shape_item.fields[i].name, "authors") == 0)
			authors = &shape_item.fields[i];
	assert_non_null(authors);
	list_head_set(&it, authors, (struct list_head){people, 2, 3});
	assert_ptr_equal(it.authors.items, people);
	assert_int_equal(it.authors.count, 2);
	assert_int_equal(it.authors.cap, 3);
	it.authors.count = 3;
	head = list_head_get(&it, authors);
	assert_ptr_equal(head.items, people);
	assert_int_equal(head.count, 3);
	assert_int_equal(head.cap, 3);
}

TEST(format_names)
{
	assert_null(feed_format_name(FORMAT_UNKNOWN));
	assert_string_equal(feed_format_name(FORMAT_RSS), "rss");
	assert_string_equal(feed_format_name(FORMAT_RDF), "rdf");
	assert_string_equal(feed_format_name(FORMAT_ATOM), "atom");
	assert_string_equal(feed_format_name(FORMAT_JSON), "json");
	assert_string_equal(feed_format_name(FORMAT_CDF), "cdf");
	assert_null(feed_format_name((enum feed_format)(FORMAT_CDF + 1)));
}

/* ---- the JSON form ---- */

static json_t *write_and_read(const struct document *d)
{
	struct buf out = BUF_INIT(OUT_MAX);
	struct jsonw w = JSONW_INIT(&out);

	document_write_json(&w, d);
	assert_false(buf_failed(&out));
	return json_take(&out);
}

static void assert_absent(const json_t *root, const char *path)
{
	if (at(root, path) != NULL)
		fail_msg("%s is there", path);
}

TEST(empty_document)
{
	struct document d;
	json_t *root;

	document_init(&d);
	root = write_and_read(&d);
	assert_true(json_is_true(at(root, "ok")));
	assert_true(json_is_false(at(root, "wellformed")));
	assert_int_equal(json_array_size(at(root, "items")), 0);
	assert_absent(root, "format");
	assert_absent(root, "truncated");
	assert_absent(root, "version");
	assert_absent(root, "feed.title");
	assert_absent(root, "feed.updated");
}

TEST(feed)
{
	struct person authors[] = {{.name = STR("Desk"), .email = STR("desk@a.example")}, {.name = STR("Other")}};
	struct document d;
	json_t *root;

	document_init(&d);
	d.format = FORMAT_ATOM;
	d.version = STR("1.0");
	d.encoding = STR("utf-8");
	d.wellformed = d.truncated = true;
	d.feed.title = (struct text){.value = STR("Strait <Watch>"), .kind = TEXT_PLAIN, .mime = STR("text/plain")};
	d.feed.subtitle = (struct text){.value = STR("<b>daily</b>"),
		.kind = TEXT_HTML,
		.mime = STR("text/html"),
		.lang = STR("en"),
		.base = STR("https://a.example/")};
	d.feed.rights = (struct text){.kind = TEXT_PLAIN};
	d.feed.updated = INT64_C(1795428000000);
	d.feed.image.url = STR("https://a.example/i.png");
	d.feed.authors.items = authors;
	d.feed.authors.count = 2;
	root = write_and_read(&d);
	assert_json(root, "format", "atom");
	assert_json(root, "version", "1.0");
	assert_json(root, "encoding", "utf-8");
	assert_true(json_is_true(at(root, "wellformed")) && json_is_true(at(root, "truncated")));
	assert_json(root, "feed.title", "Strait <Watch>");
	assert_json(root, "feed.title_type", "text");
	assert_json(root, "feed.title_mime", "text/plain");
	assert_absent(root, "feed.title_lang");
	assert_json(root, "feed.subtitle", "<b>daily</b>");
	assert_json(root, "feed.subtitle_type", "html");
	assert_json(root, "feed.subtitle_lang", "en");
	assert_json(root, "feed.subtitle_base", "https://a.example/");
	/* there, and empty */
	assert_json(root, "feed.rights", "");
	assert_absent(root, "feed.info");
	assert_json(root, "feed.updated", "2026-11-23T10:00:00Z");
	assert_absent(root, "feed.published");
	assert_json(root, "feed.image.url", "https://a.example/i.png");
	assert_absent(root, "feed.image.title");
	assert_absent(root, "feed.textinput");
	assert_absent(root, "feed.cloud");
	assert_json(root, "feed.author", "Desk");
	assert_json(root, "feed.authors.0.email", "desk@a.example");
	assert_json(root, "feed.authors.1.name", "Other");
	assert_int_equal(json_array_size(at(root, "feed.links")), 0);
}

TEST(item)
{
	static const uint8_t digest[SHA256_LEN] = {0x01, 0x23, 0xab, [SHA256_LEN - 1] = 0xff};
	struct person authors[] = {{.email = STR("desk@a.example")}};
	struct match matches[] = {{.rule = STR("alert/strait"), .terms = STR("taiwan\nfrigate*")}};
	struct enclosure enclosures[] = {{.url = STR("https://a.example/1.mp3"), .length = STR("about 3 MB")}};
	struct item items[2];
	struct document d;
	json_t *root;

	document_init(&d);
	item_init(&items[0]);
	item_init(&items[1]);
	items[0].id = STR("tag:a.example,2026:1");
	items[0].guid_is_permalink = true;
	items[0].content = (struct text){.value = STR("<p>Two of them.</p>"), .kind = TEXT_HTML};
	items[0].created = 0;
	items[0].authors.items = authors;
	items[0].authors.count = 1;
	items[0].enclosures.items = enclosures;
	items[0].enclosures.count = 1;
	items[0].plain_title = STR("Frigates turn back");
	items[0].identity_kind = IDENTITY_LINK;
	items[0].identity = items[0].digest = str_make((const char *)digest, sizeof(digest));
	items[0].token_count = 17;
	items[0].matches.items = matches;
	items[0].matches.count = 1;
	items[1].summary = (struct text){.value = STR("short"), .kind = TEXT_PLAIN};
	items[1].content = (struct text){.value = STR("long"), .kind = TEXT_PLAIN};
	d.items.items = items;
	d.items.count = 2;
	root = write_and_read(&d);
	assert_int_equal(json_array_size(at(root, "items")), 2);
	assert_json(root, "items.0.id", "tag:a.example,2026:1");
	assert_true(json_is_true(at(root, "items.0.guid_is_permalink")));
	/* whoever lists items shows summaries */
	assert_json(root, "items.0.summary", "<p>Two of them.</p>");
	assert_json(root, "items.0.summary_type", "html");
	assert_json(root, "items.0.created", "1970-01-01T00:00:00Z");
	assert_absent(root, "items.0.published");
	assert_json(root, "items.0.author", "desk@a.example");
	assert_json(root, "items.0.enclosures.0.length", "about 3 MB");
	assert_json(root, "items.0.sitrep.plain_title", "Frigates turn back");
	assert_json(root, "items.0.sitrep.identity_by", "link");
	assert_json(root, "items.0.sitrep.digest", "0123ab00000000000000000000000000000000000000000000000000000000ff");
	assert_json(
		root, "items.0.sitrep.identity", "0123ab00000000000000000000000000000000000000000000000000000000ff");
	assert_absent(root, "items.0.sitrep.url_key");
	assert_int_equal(json_integer_value(at(root, "items.0.sitrep.tokens")), 17);
	assert_json(root, "items.0.sitrep.matches.0.rule", "alert/strait");
	assert_json(root, "items.0.sitrep.matches.0.terms", "taiwan\nfrigate*");
	assert_json(root, "items.1.summary", "short");
	assert_absent(root, "items.1.sitrep");
	assert_absent(root, "items.1.author");
	assert_absent(root, "items.1.guid_is_permalink");
}

TEST(hostile_text)
{
	static const char text[] = "\"\\\n\0</script>\xe2\x80\xae\xe2\x80\xa8 \xff";
	struct category categories[] = {{.term = {text, sizeof(text) - 1}}};
	struct document d;
	struct item it;
	json_t *root;

	document_init(&d);
	item_init(&it);
	it.title = (struct text){.value = str_make(text, sizeof(text) - 1), .kind = TEXT_PLAIN};
	it.categories.items = categories;
	it.categories.count = 1;
	d.items.items = &it;
	d.items.count = 1;
	d.version = str_make(text, sizeof(text) - 1);
	root = write_and_read(&d);
	assert_memory_equal(json_string_value(at(root, "version")),
		"\"\\\n\0</script>\xe2\x80\xae\xe2\x80\xa8 \xef\xbf\xbd",
		sizeof("\"\\\n\0</script>\xe2\x80\xae\xe2\x80\xa8 \xef\xbf\xbd"));
	assert_int_equal(json_string_length(at(root, "items.0.title")), json_string_length(at(root, "version")));
	assert_int_equal(
		json_string_length(at(root, "items.0.categories.0.term")), json_string_length(at(root, "version")));
}
