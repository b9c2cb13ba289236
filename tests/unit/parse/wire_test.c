/* wire_test.c: documents as bytes: nothing is lost on the way, and nothing that a stranger sends is believed.
 *
 * Documents are filled and compared by the tables of document_fields.h, so that a member added there is tested here
 * without another line; that the tables have every member is document_test.c's to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/document_fields.h"
#include "sitrep/limits.h"
#include "sitrep/utf8.h"
#include "sitrep/wire.h"

enum { MEMORY_MAX = 256 * 1024 * 1024, ELEMENTS = 2, ROUNDS = 6000, CHANGES_MAX = 8 };

struct fixture {
	struct arena source; /* what is encoded */
	struct arena arena;  /* what is decoded */
	struct buf bytes;
	struct buf again;
	uint32_t numbers;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	arena_init(&f->source, MEMORY_MAX);
	arena_init(&f->arena, MEMORY_MAX);
	buf_init(&f->bytes, MEMORY_MAX);
	buf_init(&f->again, MEMORY_MAX);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_release(&f->source);
	arena_release(&f->arena);
	buf_release(&f->bytes);
	buf_release(&f->again);
	free(f);
	return 0;
}

/* ---- documents with something in every member ---- */

static void fill(struct fixture *f, void *owner, const struct shape *shape);

static void fill_list(struct fixture *f, void *owner, const struct field *field)
{
	char *items = arena_alloc_array(&f->source, ELEMENTS, field->of->size);

	assert_non_null(items);
	for (size_t i = 0; i < ELEMENTS; i++) {
		if (field->of->init != NULL)
			field->of->init(items + i * field->of->size);
		fill(f, items + i * field->of->size, field->of);
	}
	list_head_set(owner, field, (struct list_head){items, ELEMENTS, ELEMENTS});
}

static void fill(struct fixture *f, void *owner, const struct shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		char *member = (char *)owner + field->offset;
		uint32_t n = ++f->numbers;
		int64_t time_ms = INT64_C(1795000000000) + n;
		uint8_t digest[SHA256_LEN];
		struct buf text = BUF_INIT(64);
		struct str s;

		switch (field->kind) {
		case FIELD_STR:
			(void)buf_printf(&text, "é %u", n);
			s = arena_str(&f->source, buf_str(&text));
			memcpy(member, &s, sizeof(s));
			break;
		case FIELD_DIGEST:
			memset(digest, (int)(n & 0xff), sizeof(digest));
			s = arena_str(&f->source, str_make((const char *)digest, sizeof(digest)));
			memcpy(member, &s, sizeof(s));
			break;
		case FIELD_BOOL:
			*(bool *)member = true;
			break;
		case FIELD_TIME:
			memcpy(member, &time_ms, sizeof(time_ms));
			break;
		case FIELD_ENUM:
			n = field->max - 1;
			memcpy(member, &n, sizeof(n));
			break;
		case FIELD_U32:
			n = UINT32_MAX - n;
			memcpy(member, &n, sizeof(n));
			break;
		case FIELD_TEXT:
		case FIELD_STRUCT:
			fill(f, member, field->of);
			break;
		case FIELD_LIST:
			fill_list(f, owner, field);
			break;
		}
		buf_release(&text);
	}
}

static struct str encode_full(struct fixture *f)
{
	struct document d;

	document_init(&d);
	fill(f, &d, &shape_document);
	assert_int_equal(wire_encode_document(&f->bytes, &d), 0);
	return buf_str(&f->bytes);
}

/* ---- comparing and judging ---- */

static bool same_str(struct str a, struct str b)
{
	return (a.data == NULL) == (b.data == NULL) && str_eq(a, b);
}

static void assert_same(const void *a, const void *b, const struct shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		const char *in_a = (const char *)a + field->offset, *in_b = (const char *)b + field->offset;
		struct list_head list_a, list_b;
		struct str s, t;
		bool same = true;

		switch (field->kind) {
		case FIELD_STR:
		case FIELD_DIGEST:
			memcpy(&s, in_a, sizeof(s));
			memcpy(&t, in_b, sizeof(t));
			same = same_str(s, t);
			break;
		case FIELD_BOOL:
			same = *(const bool *)in_a == *(const bool *)in_b;
			break;
		case FIELD_TIME:
			same = memcmp(in_a, in_b, sizeof(int64_t)) == 0;
			break;
		case FIELD_ENUM:
		case FIELD_U32:
			same = memcmp(in_a, in_b, sizeof(uint32_t)) == 0;
			break;
		case FIELD_TEXT:
		case FIELD_STRUCT:
			assert_same(in_a, in_b, field->of);
			break;
		case FIELD_LIST:
			list_a = list_head_get(a, field);
			list_b = list_head_get(b, field);
			assert_int_equal(list_a.count, list_b.count);
			for (size_t k = 0; k < list_a.count; k++)
				assert_same((const char *)list_a.items + k * field->of->size,
					(const char *)list_b.items + k * field->of->size, field->of);
			break;
		}
		if (!same)
			fail_msg("member %u (%s) came back as something else", field->tag,
				field->name != NULL ? field->name : "?");
	}
}

/* What the header promises of whatever was accepted. */
static void assert_sound(struct str bytes, const void *owner, const struct shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		const char *member = (const char *)owner + field->offset;
		struct list_head list;
		struct str s;
		uint32_t n;

		switch (field->kind) {
		case FIELD_STR:
		case FIELD_DIGEST:
			memcpy(&s, member, sizeof(s));
			if (s.data == NULL)
				break;
			assert_true(s.data >= bytes.data && s.len <= (size_t)(bytes.data + bytes.len - s.data));
			assert_true(field->kind == FIELD_STR ? utf8_valid(s) : s.len == SHA256_LEN);
			break;
		case FIELD_BOOL:
			assert_true(*(const unsigned char *)member <= 1);
			break;
		case FIELD_ENUM:
			memcpy(&n, member, sizeof(n));
			assert_true(n < field->max);
			break;
		case FIELD_TIME:
		case FIELD_U32:
			break;
		case FIELD_TEXT:
		case FIELD_STRUCT:
			assert_sound(bytes, member, field->of);
			break;
		case FIELD_LIST:
			list = list_head_get(owner, field);
			assert_true(list.count <= field->max && list.count <= list.cap);
			for (size_t k = 0; k < list.count; k++)
				assert_sound(bytes, (const char *)list.items + k * field->of->size, field->of);
			break;
		}
	}
}

static void assert_refused(int result, const struct error *err)
{
	assert_int_equal(result, -EPROTO);
	assert_int_equal(err->code, result);
	assert_true(err->text[0] != '\0');
}

static int decode_document(struct fixture *f, struct str bytes, struct document *d)
{
	struct error err = {0};
	int result;

	arena_clear(&f->arena);
	result = wire_decode_document(bytes, &f->arena, d, &err);
	if (result != 0)
		assert_refused(result, &err);
	return result;
}

static int decode_item(struct fixture *f, struct str bytes, struct item *it)
{
	struct error err = {0};
	int result;

	arena_clear(&f->arena);
	result = wire_decode_item(bytes, &f->arena, it, &err);
	if (result != 0)
		assert_refused(result, &err);
	return result;
}

/* ---- the way there and back ---- */

static void test_every_member(void **state)
{
	struct fixture *f = *state;
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

static void test_every_member_of_an_item(void **state)
{
	struct fixture *f = *state;
	struct item sent, got;

	item_init(&sent);
	fill(f, &sent, &shape_item);
	assert_int_equal(wire_encode_item(&f->bytes, &sent), 0);
	assert_int_equal(decode_item(f, buf_str(&f->bytes), &got), 0);
	assert_same(&sent, &got, &shape_item);
	assert_sound(buf_str(&f->bytes), &got, &shape_item);
}

static void test_nothing(void **state)
{
	struct fixture *f = *state;
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

static void test_absent_is_not_empty(void **state)
{
	struct fixture *f = *state;
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

static void test_times(void **state)
{
	static const int64_t kept[] = {0, 1, -1, 63, 64, -64, -65, INT64_C(1795428000123), INT64_C(-2208988800000),
		INT64_C(253402300799999), INT64_C(-253402300799999)};
	static const int64_t absurd[] = {INT64_C(253402300800000), INT64_C(-253402300800000), INT64_MAX, INT64_MIN + 1};
	struct fixture *f = *state;
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

static void test_lists_that_are_too_long_are_cut(void **state)
{
	static struct category categories[LIMIT_ITEM_LIST + 44];
	struct fixture *f = *state;
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

static void test_no_room_to_write(void **state)
{
	struct fixture *f = *state;
	struct document d;
	size_t whole = encode_full(f).len;

	assert_int_equal(decode_document(f, buf_str(&f->bytes), &d), 0);
	for (size_t max = 0; max < whole; max += 7) {
		struct buf small = BUF_INIT(max);

		assert_int_equal(wire_encode_document(&small, &d), -E2BIG);
		assert_true(small.len <= max);
		buf_release(&small);
	}
}

/* ---- what a stranger may send ---- */

/* A copy that ends where its memory does, so that a sanitizer sees the first byte read behind it. */
static struct str exact_copy(struct str s)
{
	char *copy = malloc(s.len > 0 ? s.len : 1);

	assert_non_null(copy);
	memcpy(copy, s.data, s.len);
	return str_make(copy, s.len);
}

static void test_every_truncation(void **state)
{
	struct fixture *f = *state;
	struct str whole = encode_full(f);
	size_t accepted = 0;

	for (size_t len = 0; len < whole.len; len++) {
		struct str cut = exact_copy(str_slice(whole, 0, len));
		struct document d;

		/* between two members of the document itself there is no seam to be seen; all that came is there */
		if (decode_document(f, cut, &d) == 0) {
			accepted++;
			buf_clear(&f->again);
			assert_int_equal(wire_encode_document(&f->again, &d), 0);
			assert_true(str_eq(buf_str(&f->again), cut));
		}
		free((char *)cut.data);
	}
	/* behind nothing, and behind each member but the last: one list has more than one */
	assert_int_equal(accepted, shape_document.count + ELEMENTS - 1);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(2685821657736338717);
}

static void test_changed_bytes(void **state)
{
	struct fixture *f = *state;
	struct str whole = encode_full(f);
	uint64_t seed = 20261123;
	size_t accepted = 0, refused = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct str copy = exact_copy(whole);
		uint64_t changes = 1 + next_random(&seed) % CHANGES_MAX;
		struct document d, again;

		for (uint64_t i = 0; i < changes; i++)
			((char *)copy.data)[next_random(&seed) % copy.len] = (char)(next_random(&seed) >> 32);
		if (decode_document(f, copy, &d) == 0) {
			accepted++;
			assert_sound(copy, &d, &shape_document);
			buf_clear(&f->again);
			assert_int_equal(wire_encode_document(&f->again, &d), 0);
			assert_int_equal(wire_decode_document(buf_str(&f->again), &f->arena, &again, NULL), 0);
			assert_same(&d, &again, &shape_document);
		} else {
			refused++;
		}
		free((char *)copy.data);
	}
	/* else the changes would have tried nothing */
	assert_true(accepted > ROUNDS / 100 && refused > ROUNDS / 100);
}

static void test_noise(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = 42;

	for (int round = 0; round < ROUNDS; round++) {
		char noise[96];
		size_t len = next_random(&seed) % sizeof(noise);
		struct str copy;
		struct document d;
		struct item it;

		/* small numbers are tags and lengths, so that some of it goes deep */
		for (size_t i = 0; i < len; i++)
			noise[i] = (char)(next_random(&seed) % (round % 2 == 0 ? 256 : 16));
		copy = exact_copy(str_make(noise, len));
		if (decode_document(f, copy, &d) == 0)
			assert_sound(copy, &d, &shape_document);
		if (decode_item(f, copy, &it) == 0)
			assert_sound(copy, &it, &shape_item);
		free((char *)copy.data);
	}
}

static void test_lies(void **state)
{
	static const struct {
		const char *what;
		struct str bytes;
		bool good;
	} cases[] = {
		{"a member",
			{"\2\3"
			 "2.0",
				5},
			true},
		{"a tag alone", {"\2", 1}, false},
		{"a length that does not end", {"\2\x80", 2}, false},
		{"a length past the end",
			{"\2\4"
			 "2.0",
				5},
			false},
		{"a length of 2^64 - 1",
			{"\2\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"
			 "2.0",
				14},
			false},
		{"a length of more than 64 bits",
			{"\2\x83\x80\x80\x80\x80\x80\x80\x80\x80\2"
			 "2.0",
				14},
			false},
		{"a length of eleven bytes",
			{"\2\x83\x80\x80\x80\x80\x80\x80\x80\x80\x80\0"
			 "2.0",
				15},
			false},
		{"a length with room to spare",
			{"\2\x83\x80\x80\x80\0"
			 "2.0",
				9},
			true},
		{"a member longer than the struct around it",
			{"\6\3\5\2L"
			 "xx",
				7},
			false},
		{"a struct longer than its list's element",
			{"\7\4\3\3\1\1"
			 "x",
				7},
			false},
		{"an enumeration's last value", {"\1\1\5", 3}, true},
		{"an enumeration's value that is none", {"\1\1\6", 3}, false},
		{"a number without bytes", {"\1\0", 2}, false},
		{"a number with a byte too many", {"\1\2\1\0", 4}, false},
		{"a number that does not end", {"\1\1\x81", 3}, false},
		{"true", {"\4\1\1", 3}, true},
		{"more than true", {"\4\1\2", 3}, false},
		{"a time of 64 bits", {"\6\x0c\x18\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 14}, true},
		{"a time of more", {"\6\x0c\x18\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 14}, false},
		{"Latin-1", {"\2\1\xe9", 3}, false},
		{"half a character", {"\2\1\xc3", 3}, false},
		{"an overlong slash", {"\2\2\xc0\xaf", 4}, false},
		{"a surrogate", {"\2\3\xed\xa0\x80", 5}, false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str copy = exact_copy(cases[i].bytes);
		struct document d;

		if ((decode_document(f, copy, &d) == 0) != cases[i].good)
			fail_msg("%s is %s", cases[i].what, cases[i].good ? "refused" : "taken");
		free((char *)copy.data);
	}
}

static void test_digests_have_their_length(void **state)
{
	static const uint8_t tags[] = {43, 44, 45};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tags); i++) {
		for (uint8_t len = 0; len <= 2 * SHA256_LEN; len++) {
			char bytes[2 + 2 * SHA256_LEN] = {(char)tags[i], (char)len};
			struct item it;

			assert_int_equal(
				decode_item(f, str_make(bytes, 2 + (size_t)len), &it), len == SHA256_LEN ? 0 : -EPROTO);
		}
	}
}

static void test_unknown_tags_are_skipped(void **state)
{
	struct fixture *f = *state;
	struct document d;

	assert_int_equal(decode_document(f,
				 STR("\xc8\3\xff\xfe\xfd\2\3"
				     "2.0\x00\0\6\5\xfa\0\5\1L"),
				 &d),
		0);
	assert_true(str_eq(d.version, STR("2.0")));
	assert_true(str_eq(d.feed.link, STR("L")));
}

/* count empty elements of the list with this tag */
static struct str many(struct fixture *f, uint8_t tag, size_t count)
{
	buf_clear(&f->bytes);
	for (size_t i = 0; i < count; i++) {
		(void)buf_putc(&f->bytes, (char)tag);
		(void)buf_putc(&f->bytes, 0);
	}
	return buf_str(&f->bytes);
}

static void test_counts(void **state)
{
	struct fixture *f = *state;
	struct document d;
	struct item it;

	for (size_t i = 0; i < shape_item.count; i++) {
		const struct field *field = &shape_item.fields[i];

		if (field->kind != FIELD_LIST)
			continue;
		assert_int_equal(decode_item(f, many(f, field->tag, LIMIT_ITEM_LIST), &it), 0);
		assert_int_equal(list_head_get(&it, field).count, LIMIT_ITEM_LIST);
		assert_int_equal(decode_item(f, many(f, field->tag, LIMIT_ITEM_LIST + 1), &it), -EPROTO);
	}
	assert_int_equal(decode_document(f, many(f, 7, LIMIT_DOCUMENT_ITEMS), &d), 0);
	assert_int_equal(d.items.count, LIMIT_DOCUMENT_ITEMS);
	assert_true(d.items.items[LIMIT_DOCUMENT_ITEMS - 1].expired == TIME_NONE);
	assert_int_equal(decode_document(f, many(f, 7, LIMIT_DOCUMENT_ITEMS + 1), &d), -EPROTO);
}

static void test_no_memory(void **state)
{
	struct fixture *f = *state;
	struct str bytes = many(f, 7, 100);
	struct error err = {0};
	struct arena small;
	struct document d;

	arena_init(&small, 8 * 1024);
	assert_int_equal(wire_decode_document(bytes, &small, &d, &err), -ENOMEM);
	assert_int_equal(err.code, -ENOMEM);
	assert_true(err.text[0] != '\0');
	arena_release(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_member, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_member_of_an_item, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_absent_is_not_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists_that_are_too_long_are_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room_to_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_truncation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_noise, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_digests_have_their_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_tags_are_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
