/* SPDX-License-Identifier: ISC */
/* Boilerplate: counted, filtered, forgotten by halves, never past its ceiling; and saved page by page. */
#include "../identity/sketch_fixture.h"
#include "sitrep/story/boilerplate.h"

static void drop(void *b)
{
	boilerplate_free(b);
}

/* The test's until it ends. */
static struct boilerplate *made(void)
{
	struct error err;
	struct boilerplate *b = boilerplate_new(&err);

	assert_non_null(b);
	test_keep(b, drop);
	return b;
}

static struct sketch one(uint64_t shingle)
{
	struct sketch s = {.shingle_count = 1, .shingles = {shingle}};

	return s;
}

static void count_times(struct boilerplate *b, uint64_t shingle, int times)
{
	struct sketch s = one(shingle);

	while (times-- > 0)
		boilerplate_count(b, &s);
}

TEST(what_many_texts_say_is_filtered)
{
	struct boilerplate *b = made();
	struct sketch s = sketch_of("", "about the company it makes ships and sells them");
	struct sketch t = sketch_of("", "a new frigate was laid down about the company it makes ships and sells them");
	size_t all = s.shingle_count;

	for (int i = 0; i < 7; i++)
		boilerplate_count(b, &s);
	assert_int_equal(boilerplate_filter(b, &s, 8), 0);
	assert_int_equal(s.shingle_count, all);
	boilerplate_count(b, &s);
	assert_int_equal(boilerplate_frequency(b, s.shingles[0]), 8);
	assert_int_equal(boilerplate_filter(b, &s, 8), all);
	assert_int_equal(s.shingle_count, 0);
	all = t.shingle_count;
	assert_int_equal(boilerplate_filter(b, &t, 8), 7);
	assert_int_equal(t.shingle_count, all - 7);
}

TEST(counts_stop_at_their_ceiling)
{
	struct boilerplate *b = made();

	count_times(b, 42, BOILERPLATE_COUNT_MAX - 1);
	assert_int_equal(boilerplate_frequency(b, 42), BOILERPLATE_COUNT_MAX - 1);
	count_times(b, 42, 1000);
	assert_int_equal(boilerplate_frequency(b, 42), BOILERPLATE_COUNT_MAX);
	assert_int_equal(boilerplate_frequency(b, 43), 0);
}

TEST(halving_forgets)
{
	struct boilerplate *b = made();

	count_times(b, 42, 300);
	count_times(b, 43, 9);
	count_times(b, 44, 1);
	boilerplate_halve(b);
	/* what every text holds stays known */
	assert_int_equal(boilerplate_frequency(b, 42), 8);
	assert_int_equal(boilerplate_frequency(b, 43), 4);
	assert_int_equal(boilerplate_frequency(b, 44), 0);
}

/* A count is never too low, and hardly ever too high while there is room. */
TEST(counts_hold_among_a_million)
{
	struct boilerplate *b = made();
	uint64_t hash = 1;
	size_t too_high = 0;

	count_times(b, 42, 5);
	for (int i = 0; i < 1000000; i++) {
		hash = hash * UINT64_C(6364136223846793005) + 1442695040888963407u;
		count_times(b, hash >> 16, 1);
	}
	assert_int_equal(boilerplate_frequency(b, 42), 5);
	hash = 1;
	for (int i = 0; i < 1000000; i++) {
		hash = hash * UINT64_C(6364136223846793005) + 1442695040888963407u;
		assert_true(boilerplate_frequency(b, hash >> 16) >= 1);
		too_high += boilerplate_frequency(b, hash >> 16) > 2;
	}
	assert_in_range(too_high, 0, 1000);
	assert_false(boilerplate_is_crowded(b));
}

TEST(a_crowd_shows_and_halving_helps)
{
	struct boilerplate *b = made();
	static char page[BOILERPLATE_PAGE];

	memset(page, 0x33, sizeof(page));
	for (size_t i = 0; i < BOILERPLATE_PAGES; i++) {
		/* a bit more than two in each counter of the first half */
		assert_int_equal(boilerplate_is_crowded(b), i > BOILERPLATE_PAGES / 3);
		assert_int_equal(boilerplate_load(b, i, str_make(page, sizeof(page))), 0);
	}
	boilerplate_halve(b);
	assert_false(boilerplate_is_crowded(b));
	assert_int_equal(boilerplate_frequency(b, 42), 1);
}

TEST(pages_are_saved_and_loaded)
{
	struct boilerplate *b = made(), *copy = made();
	size_t pages = 0;

	for (uint64_t i = 1; i <= BOILERPLATE_COUNT_MAX; i++)
		count_times(b, i << 40 | i, (int)i);
	for (size_t page = 0; page < BOILERPLATE_PAGES; page++) {
		struct str bytes = boilerplate_take_changed(b, &page);

		if (bytes.data == NULL)
			break;
		assert_int_equal(bytes.len, BOILERPLATE_PAGE);
		assert_int_equal(boilerplate_load(copy, page, bytes), 0);
		pages++;
	}
	assert_in_range(pages, 2, 40);
	for (uint64_t i = 1; i <= BOILERPLATE_COUNT_MAX; i++)
		assert_int_equal(boilerplate_frequency(copy, i << 40 | i), i);
	/* nothing has changed since */
	pages = 0;
	assert_null(boilerplate_take_changed(b, &pages).data);
	pages = 0;
	assert_null(boilerplate_take_changed(copy, &pages).data);
}

TEST(foreign_pages_are_refused)
{
	struct boilerplate *b = made();
	static char page[BOILERPLATE_PAGE + 1];

	assert_int_equal(boilerplate_load(b, BOILERPLATE_PAGES, str_make(page, BOILERPLATE_PAGE)), -EPROTO);
	assert_int_equal(boilerplate_load(b, 0, str_make(page, BOILERPLATE_PAGE - 1)), -EPROTO);
	assert_int_equal(boilerplate_load(b, 0, str_make(page, BOILERPLATE_PAGE + 1)), -EPROTO);
	assert_int_equal(boilerplate_load(b, 0, str_make(page, BOILERPLATE_PAGE)), 0);
}
