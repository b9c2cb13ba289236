/* Documents as bytes: what goes in comes out, and what nobody wrote is refused or harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "parse_fixture.h"
#include "sitrep/jsonw.h"
#include "sitrep/limits.h"
#include "sitrep/wire.h"

static struct fixture f;
static struct buf packed, again;
static struct arena arena;

static void json_of(struct buf *out, const struct document *d)
{
	struct jsonw w;

	buf_clear(out);
	jsonw_init(&w, out);
	document_write_json(&w, d);
	assert_false(buf_failed(out));
}

static const char *const samples[] = {"rss2.xml", "atom10.xml", "atom03.xml", "rdf.xml", "jsonfeed.json"};

static void test_round_trip(void **state)
{
	struct buf before = BUF_INIT(1 << 20), after = BUF_INIT(1 << 20);
	struct document d;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		fixture_sample(&f, samples[i]);
		buf_clear(&packed);
		assert_int_equal(wire_encode_document(&packed, &f.d), 0);
		arena_clear(&arena);
		assert_int_equal(wire_decode_document(buf_str(&packed), &arena, &d, &err), 0);
		json_of(&before, &f.d);
		json_of(&after, &d);
		assert_true(before.len > 500);
		assert_true(str_eq(buf_str(&before), buf_str(&after)));
		buf_clear(&again);
		assert_int_equal(wire_encode_document(&again, &d), 0);
		assert_true(str_eq(buf_str(&packed), buf_str(&again)));
	}
	buf_release(&before);
	buf_release(&after);
}

static void test_every_cut_is_refused(void **state)
{
	struct document d;
	struct error err;

	(void)state;
	fixture_sample(&f, "atom10.xml");
	buf_clear(&packed);
	assert_int_equal(wire_encode_document(&packed, &f.d), 0);
	for (size_t len = 0; len < packed.len; len++) {
		/* a copy of its own, so that a look past the end is seen */
		char *bytes = malloc(len + 1);
		int result;

		assert_non_null(bytes);
		memcpy(bytes, packed.data, len);
		arena_clear(&arena);
		result = wire_decode_document(str_make(bytes, len), &arena, &d, &err);
		/* a cut between two members is a document with fewer */
		assert_true(result == 0 || (result == -EPROTO && err.text[0] != '\0'));
		free(bytes);
	}
}

/* Whatever is believed encodes again to what decodes to the same. */
static void test_changed_bytes(void **state)
{
	enum { ROUNDS = 20000 };
	uint64_t random = 88172645463325252U;
	size_t refused = 0;

	(void)state;
	fixture_sample(&f, "rss2.xml");
	for (int round = 0; round < ROUNDS; round++) {
		struct document d;
		struct error err;

		buf_clear(&packed);
		assert_int_equal(wire_encode_document(&packed, &f.d), 0);
		for (int i = 0; i <= round % 4; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			packed.data[random % packed.len] = (char)(random >> 32);
		}
		arena_clear(&arena);
		if (wire_decode_document(buf_str(&packed), &arena, &d, &err) != 0) {
			refused++;
			continue;
		}
		buf_clear(&again);
		assert_int_equal(wire_encode_document(&again, &d), 0);
		assert_true(d.items.count <= LIMIT_DOCUMENT_ITEMS);
	}
	assert_in_range(refused, ROUNDS / 100, ROUNDS - 1);
}

static int setup(void **state)
{
	(void)state;
	fixture_init(&f);
	buf_init(&packed, 1 << 20);
	buf_init(&again, 1 << 20);
	arena_init(&arena, 64 << 20);
	return parse_prepare(&f.err);
}

static int teardown(void **state)
{
	(void)state;
	fixture_release(&f);
	arena_release(&arena);
	buf_release(&packed);
	buf_release(&again);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_changed_bytes),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
