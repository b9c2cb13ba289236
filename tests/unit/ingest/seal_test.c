/* SPDX-License-Identifier: ISC */
/* Seals: a turned bit anywhere is seen, what was never sealed is taken as it is, and what a record's seal costs. */
#include "fixture.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"
#include "sitrep/store/record.h"

enum { ROUNDS = 20000 };

static struct buf sealed(struct str content)
{
	struct buf out = BUF_INIT(64 * 1024);

	assert_int_equal(buf_add(&out, content), 0);
	assert_int_equal(seal_add(&out), 0);
	return out;
}

TEST(every_turned_bit_is_seen)
{
	struct buf b = sealed(STR("A text that was written once and is read for years."));
	struct str content;

	assert_int_equal(seal_open(buf_str(&b), &content), 1);
	assert_true(str_eq(content, STR("A text that was written once and is read for years.")));
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		int result;

		b.data[bit / 8] ^= (char)(1 << bit % 8);
		result = seal_open(buf_str(&b), &content);
		/* in the seal's mark it makes a blob without a seal, which is longer than what was sealed */
		assert_true(result == -EUCLEAN || (result == 0 && content.len == b.len));
		if (bit / 8 < b.len - SEAL_BYTES)
			assert_int_equal(result, -EUCLEAN);
		b.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	buf_release(&b);
}

TEST(what_has_no_seal_is_taken)
{
	const struct str blobs[] = {STR_NONE, STR("x"), STR("no longer than a seal"), STR("0123456789")};
	struct str content;

	for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++) {
		assert_int_equal(seal_open(blobs[i], &content), 0);
		assert_int_equal(content.len, blobs[i].len);
	}
}

static struct buf record_of(struct draft *d)
{
	struct buf out = BUF_INIT(64 * 1024);

	assert_int_equal(record_encode(&out, &d->d.items.items[0]), 0);
	return out;
}

TEST(record_is_read_by_older_programs)
{
	struct arena *arena = scratch_arena(DOCUMENT_MAX);
	struct buf record;
	struct draft d = draft_new("Feed");
	struct item it;

	draft_add(&d, "guid", "https://example.org/1", "A title", "A body");
	record = record_of(&d);
	/* they decode all of it, and skip what they do not know */
	assert_int_equal(wire_decode_item(buf_str(&record), arena, &it, NULL), 0);
	assert_true(str_eq(it.plain_title, STR("A title")));
	/* and theirs are read here */
	assert_int_equal(record_decode(str_slice(buf_str(&record), 0, record.len - SEAL_BYTES), 1, arena, &it), 0);
	assert_true(str_eq(it.plain_title, STR("A title")));
	buf_release(&record);
	draft_release(&d);
}

TEST(damaged_record_is_counted_once)
{
	struct damage before, after;
	struct arena *arena = scratch_arena(DOCUMENT_MAX);
	struct buf record;
	struct draft d = draft_new("Feed");
	struct item it;

	draft_add(&d, "guid", "https://example.org/1", "A title", "A body");
	record = record_of(&d);
	record.data[record.len / 2] ^= 4;
	damage_get(&before);
	for (int i = 0; i < 3; i++)
		assert_int_equal(record_decode(buf_str(&record), 4711, arena, &it), -EUCLEAN);
	damage_get(&after);
	assert_int_equal(after.rows, before.rows + 1);
	assert_non_null(strstr(after.text, "row 4711 of table item"));
	buf_release(&record);
	draft_release(&d);
}

TEST(cost_of_a_record)
{
	static const size_t sizes[] = {1024, 4096, 16384};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *text = calloc(1, sizes[i]);
		struct buf b;
		struct str content;
		int64_t began_us, us;

		assert_non_null(text);
		b = sealed(str_make(text, sizes[i]));
		began_us = clock_mono_us();
		for (int k = 0; k < ROUNDS; k++)
			assert_int_equal(seal_open(buf_str(&b), &content), 1);
		us = clock_mono_us() - began_us;
		print_message("a record of %zu bytes: %lld ns to verify\n", sizes[i], (long long)(us * 1000 / ROUNDS));
		buf_release(&b);
		free(text);
	}
}
