/* SPDX-License-Identifier: ISC */
/* wire_hostile_test.c: nothing that a stranger sends as a document is believed: cut, changed, invented, or a lie. */
#include "sitrep/base/limits.h"
#include "wire_fixture.h"

enum { ROUNDS = 6000, CHANGES_MAX = 8 };

TEST_ON(every_truncation, fixture, f)
{
	struct str whole = encode_full(f);
	size_t accepted = 0;

	for (size_t len = 0; len < whole.len; len++) {
		struct str cut = scratch_copy(str_slice(whole, 0, len));
		struct document d;

		/* between two members of the document itself there is no seam to be seen; all that came is there */
		if (decode_document(f, cut, &d) == 0) {
			accepted++;
			buf_clear(&f->again);
			assert_int_equal(wire_encode_document(&f->again, &d), 0);
			assert_true(str_eq(buf_str(&f->again), cut));
		}
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

TEST_ON(changed_bytes, fixture, f)
{
	struct str whole = encode_full(f);
	uint64_t seed = 20261123;
	size_t accepted = 0, refused = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct str copy = scratch_copy(whole);
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
	}
	/* else the changes would have tried nothing */
	assert_true(accepted > ROUNDS / 100 && refused > ROUNDS / 100);
}

TEST_ON(noise, fixture, f)
{
	uint64_t seed = 42;

	for (int round = 0; round < ROUNDS; round++) {
		char noise[96];
		size_t len = (size_t)(next_random(&seed) % sizeof(noise));
		struct str copy;
		struct document d;
		struct item it;

		/* small numbers are tags and lengths, so that some of it goes deep */
		for (size_t i = 0; i < len; i++)
			noise[i] = (char)(next_random(&seed) % (round % 2 == 0 ? 256 : 16));
		copy = scratch_copy(str_make(noise, len));
		if (decode_document(f, copy, &d) == 0)
			assert_sound(copy, &d, &shape_document);
		if (decode_item(f, copy, &it) == 0)
			assert_sound(copy, &it, &shape_item);
	}
}

TEST_ON(lies, fixture, f)
{
	static const struct {
		const char *what;
		struct str bytes;
		bool good;
	} cases[] = {
		{"a member", {"\2\0032.0", 5}, true},
		{"a tag alone", {"\2", 1}, false},
		{"a length that does not end", {"\2\x80", 2}, false},
		{"a length past the end", {"\2\0042.0", 5}, false},
		{"a length of 2^64 - 1", {"\2\xff\xff\xff\xff\xff\xff\xff\xff\xff\0012.0", 14}, false},
		{"a length of more than 64 bits", {"\2\x83\x80\x80\x80\x80\x80\x80\x80\x80\0022.0", 14}, false},
		{"a length of eleven bytes", {"\2\x83\x80\x80\x80\x80\x80\x80\x80\x80\x80\0002.0", 15}, false},
		{"a length with room to spare", {"\2\x83\x80\x80\x80\0002.0", 9}, true},
		{"a member longer than the struct around it", {"\6\3\5\2Lxx", 7}, false},
		{"a struct longer than its list's element", {"\7\4\3\3\1\001x", 7}, false},
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

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct document d;

		if ((decode_document(f, scratch_copy(cases[i].bytes), &d) == 0) != cases[i].good)
			fail_msg("%s is %s", cases[i].what, cases[i].good ? "refused" : "taken");
	}
}

TEST_ON(digests_have_their_length, fixture, f)
{
	static const uint8_t tags[] = {43, 44, 45};

	for (size_t i = 0; i < sizeof(tags); i++) {
		for (uint8_t len = 0; len <= 2 * SHA256_LEN; len++) {
			char bytes[2 + 2 * SHA256_LEN] = {(char)tags[i], (char)len};
			struct item it;

			assert_int_equal(
				decode_item(f, str_make(bytes, 2 + (size_t)len), &it), len == SHA256_LEN ? 0 : -EPROTO);
		}
	}
}

TEST_ON(unknown_tags_are_skipped, fixture, f)
{
	struct document d;

	assert_int_equal(decode_document(f, STR("\xc8\3\xff\xfe\xfd\2\0032.0\x00\0\6\5\xfa\0\5\1L"), &d), 0);
	assert_true(str_eq(d.version, STR("2.0")));
	assert_true(str_eq(d.feed.link, STR("L")));
}

/* count empty elements of the list with this tag */
static struct str many(struct fixture *f, uint8_t tag, size_t count)
{
	buf_clear(&f->bytes);
	for (size_t i = 0; i < count; i++) {
		buf_putc(&f->bytes, (char)tag);
		buf_putc(&f->bytes, 0);
	}
	return buf_str(&f->bytes);
}

TEST_ON(counts, fixture, f)
{
	struct document d;
	struct item it;

	for (size_t i = 0; i < shape_item.count; i++) {
		const struct field *field = &shape_item.fields[i];

		if (field->kind != FIELD_LIST)
			continue;
		assert_int_equal(decode_item(f, many(f, field->tag, field->max), &it), 0);
		assert_int_equal(list_head_get(&it, field).count, field->max);
		assert_int_equal(decode_item(f, many(f, field->tag, field->max + 1), &it), -EPROTO);
	}
	assert_int_equal(decode_document(f, many(f, 7, LIMIT_DOCUMENT_ITEMS), &d), 0);
	assert_int_equal(d.items.count, LIMIT_DOCUMENT_ITEMS);
	assert_true(d.items.items[LIMIT_DOCUMENT_ITEMS - 1].expired == TIME_NONE);
	assert_int_equal(decode_document(f, many(f, 7, LIMIT_DOCUMENT_ITEMS + 1), &d), -EPROTO);
}

TEST_ON(no_memory, fixture, f)
{
	struct str bytes = many(f, 7, 100);
	struct error err = {0};
	struct arena *small = scratch_arena(8 * 1024);
	struct document d;

	assert_int_equal(wire_decode_document(bytes, small, &d, &err), -ENOMEM);
	assert_int_equal(err.code, -ENOMEM);
	assert_true(err.text[0] != '\0');
}
