/* SPDX-License-Identifier: ISC */
/* wire_fixture.h: documents with something in every member, and what the header of the wire format promises of them.
 *
 * Documents are filled and compared by the tables of document_fields.h, so that a member added there is tested without
 * another line; that the tables have every member is document_test.c's to say. */
#ifndef TEST_WIRE_FIXTURE_H
#define TEST_WIRE_FIXTURE_H

#include "../scratch.h"
#include "sitrep/base/utf8.h"
#include "sitrep/model/document_fields.h"
#include "sitrep/model/wire.h"

enum { MEMORY_MAX = 256 * 1024 * 1024, ELEMENTS = 2 };

struct fixture {
	struct arena source; /* what is encoded */
	struct arena arena;  /* what is decoded */
	struct buf bytes;
	struct buf again;
	uint32_t numbers;
};

static inline void setup(struct fixture *f)
{
	arena_init(&f->source, MEMORY_MAX);
	arena_init(&f->arena, MEMORY_MAX);
	buf_init(&f->bytes, MEMORY_MAX);
	buf_init(&f->again, MEMORY_MAX);
}

static inline void teardown(struct fixture *f)
{
	arena_release(&f->source);
	arena_release(&f->arena);
	buf_release(&f->bytes);
	buf_release(&f->again);
}

FIXTURE(fixture, setup, teardown)

/* ---- documents with something in every member ---- */

static inline void fill(struct fixture *f, void *owner, const struct shape *shape);

static inline void fill_list(struct fixture *f, void *owner, const struct field *field)
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

static inline void fill(struct fixture *f, void *owner, const struct shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		char *member = (char *)owner + field->offset;
		uint32_t n = ++f->numbers;
		uint64_t large;
		int64_t time_ms = INT64_C(1795000000000) + n;
		uint8_t digest[SHA256_LEN];
		struct buf text = BUF_INIT(64);
		struct str s;

		switch (field->kind) {
		case FIELD_STR:
			buf_printf(&text, "é %u", n);
			s = arena_str(&f->source, buf_str(&text));
			memcpy(member, &s, sizeof(s));
			break;
		case FIELD_DIGEST:
			memset(digest, (int)(n & 0xff), sizeof(digest));
			s = arena_str(&f->source, str_make((const char *)digest, sizeof(digest)));
			memcpy(member, &s, sizeof(s));
			break;
		case FIELD_BYTES:
			memset(digest, 0xff, sizeof(digest));
			s = arena_str(&f->source, str_make((const char *)digest, 1 + n % SHA256_LEN));
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
		case FIELD_U64:
			large = UINT64_MAX - n;
			memcpy(member, &large, sizeof(large));
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

static inline struct str encode_full(struct fixture *f)
{
	struct document d;

	document_init(&d);
	fill(f, &d, &shape_document);
	assert_int_equal(wire_encode_document(&f->bytes, &d), 0);
	return buf_str(&f->bytes);
}

/* ---- comparing and judging ---- */

static inline bool same_str(struct str a, struct str b)
{
	return (a.data == NULL) == (b.data == NULL) && str_eq(a, b);
}

static inline void assert_same(const void *a, const void *b, const struct shape *shape)
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
		case FIELD_BYTES:
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
		case FIELD_U64:
			same = memcmp(in_a, in_b, sizeof(uint64_t)) == 0;
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
static inline void assert_sound(struct str bytes, const void *owner, const struct shape *shape)
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
		case FIELD_BYTES:
			memcpy(&s, member, sizeof(s));
			if (s.data == NULL)
				break;
			assert_true(s.data >= bytes.data && s.len <= (size_t)(bytes.data + bytes.len - s.data));
			if (field->kind == FIELD_BYTES)
				assert_true(s.len <= field->max);
			else
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
		case FIELD_U64:
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

static inline void assert_refused(int result, const struct error *err)
{
	assert_int_equal(result, -EPROTO);
	assert_int_equal(err->code, result);
	assert_true(err->text[0] != '\0');
}

static inline int decode_document(struct fixture *f, struct str bytes, struct document *d)
{
	struct error err = {0};
	int result;

	arena_clear(&f->arena);
	result = wire_decode_document(bytes, &f->arena, d, &err);
	if (result != 0)
		assert_refused(result, &err);
	return result;
}

static inline int decode_item(struct fixture *f, struct str bytes, struct item *it)
{
	struct error err = {0};
	int result;

	arena_clear(&f->arena);
	result = wire_decode_item(bytes, &f->arena, it, &err);
	if (result != 0)
		assert_refused(result, &err);
	return result;
}

#endif
