/* SPDX-License-Identifier: ISC */
/* wire_test.c: documents as bytes and back: nothing is lost or added on the way. */
#include "sitrep/base/limits.h"
#include "wire_fixture.h"

TEST_ON(every_member, fixture, f)
{
	struct document sent, got;

	document_init(&sent);
	fill(f, &sent, &shape_document);
	assert_int_equal(wire_encode_document(&f->bytes, &sent), 0);
	assert_int_equal(decode_document(f, buf_str(&f->bytes), &got), 0);
	assert_same(&sent, &got, &shape_document);
	assert_sound(buf_str(&f->bytes), &got, &shape_document);
	assert_int_equal(got.items.count, ELEMENTS);
	assert_int_equal(got.items.items[1].source.links.count, ELEMENTS);
	assert_int_equal(wire_encode_document(&f->again, &got), 0);
	assert_true(str_eq(buf_str(&f->bytes), buf_str(&f->again)));
}

TEST_ON(every_member_of_an_item, fixture, f)
{
	struct item sent, got;

	item_init(&sent);
	fill(f, &sent, &shape_item);
	assert_int_equal(wire_encode_item(&f->bytes, &sent), 0);
	assert_int_equal(decode_item(f, buf_str(&f->bytes), &got), 0);
	assert_same(&sent, &got, &shape_item);
	assert_sound(buf_str(&f->bytes), &got, &shape_item);
}

TEST_ON(nothing, fixture, f)
{
	struct document none, got;
	struct item no_item, got_item;

	document_init(&none);
	item_init(&no_item);
	assert_int_equal(wire_encode_document(&f->bytes, &none), 0);
	assert_int_equal(f->bytes.len, 0);
	assert_int_equal(decode_document(f, buf_str(&f->bytes), &got), 0);
	assert_same(&none, &got, &shape_document);
	assert_int_equal(decode_item(f, STR(""), &got_item), 0);
	assert_same(&no_item, &got_item, &shape_item);
	assert_true(got.feed.updated == TIME_NONE && got_item.published == TIME_NONE);
	assert_true(got_item.source.updated == TIME_NONE);
}

TEST_ON(absent_is_not_empty, fixture, f)
{
	struct person authors[2] = {{.name = STR("")}, {{NULL, 0}, {NULL, 0}, {NULL, 0}}};
	struct item sent, got;

	item_init(&sent);
	sent.id = STR("");
	sent.title.kind = TEXT_PLAIN;
	sent.authors.items = authors;
	sent.authors.count = 2;
	assert_int_equal(wire_encode_item(&f->bytes, &sent), 0);
	assert_int_equal(decode_item(f, buf_str(&f->bytes), &got), 0);
	assert_same(&sent, &got, &shape_item);
	assert_true(got.id.data != NULL && got.id.len == 0);
	assert_null(got.link.data);
	assert_int_equal(got.authors.count, 2);
	assert_non_null(got.authors.items[0].name.data);
	assert_null(got.authors.items[1].name.data);
}

TEST_ON(times, fixture, f)
{
	static const int64_t kept[] = {0, 1, -1, 63, 64, -64, -65, INT64_C(1795428000123), INT64_C(-2208988800000),
		INT64_C(253402300799999), INT64_C(-253402300799999)};
	static const int64_t absurd[] = {INT64_C(253402300800000), INT64_C(-253402300800000), INT64_MAX, INT64_MIN + 1};
	struct item sent, got;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		buf_clear(&f->bytes);
		item_init(&sent);
		sent.published = kept[i];
		assert_int_equal(wire_encode_item(&f->bytes, &sent), 0);
		assert_int_equal(decode_item(f, buf_str(&f->bytes), &got), 0);
		assert_true(got.published == kept[i]);
	}
	for (size_t i = 0; i < sizeof(absurd) / sizeof(absurd[0]); i++) {
		buf_clear(&f->bytes);
		item_init(&sent);
		sent.updated = absurd[i];
		assert_int_equal(wire_encode_item(&f->bytes, &sent), 0);
		assert_int_equal(decode_item(f, buf_str(&f->bytes), &got), 0);
		assert_true(got.updated == TIME_NONE);
	}
}

TEST_ON(lists_that_are_too_long_are_cut, fixture, f)
{
	static struct category categories[LIMIT_ITEM_LIST + 44];
	struct item sent, got;

	item_init(&sent);
	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		categories[i].term = STR("naval");
	sent.categories.items = categories;
	sent.categories.count = sizeof(categories) / sizeof(categories[0]);
	assert_int_equal(wire_encode_item(&f->bytes, &sent), 0);
	assert_int_equal(decode_item(f, buf_str(&f->bytes), &got), 0);
	assert_int_equal(got.categories.count, LIMIT_ITEM_LIST);
}

TEST_ON(no_room_to_write, fixture, f)
{
	struct document d;
	size_t whole = encode_full(f).len;

	assert_int_equal(decode_document(f, buf_str(&f->bytes), &d), 0);
	for (size_t max = 0; max < whole; max += 7) {
		struct buf *small = scratch(max);

		assert_int_equal(wire_encode_document(small, &d), -E2BIG);
		assert_true(small->len <= max);
	}
}
