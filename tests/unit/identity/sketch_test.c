/* SPDX-License-Identifier: ISC */
/* Sketches: what they hold of a text, their bounds, and that their bytes are read as a stranger's. */
#include "sketch_fixture.h"

static bool same_shingles(const struct sketch *a, const struct sketch *b)
{
	return a->shingle_count == b->shingle_count &&
	       memcmp(a->shingles, b->shingles, a->shingle_count * sizeof(a->shingles[0])) == 0;
}

/* A text of count words, no three of which stand together twice. */
static struct str words(struct buf *out, unsigned first, unsigned count)
{
	buf_clear(out);
	for (unsigned i = first; i < first + count; i++)
		assert_int_equal(buf_printf(out, "w%c%c%c ", 'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26),
					 'a' + (int)(i / 676 % 26)),
			0);
	return buf_str(out);
}

TEST(three_words_make_a_shingle)
{
	struct sketch s = sketch_of("", "the frigate left port early");

	assert_int_equal(s.shingle_count, 3);
	assert_int_equal(s.words, 5);
	assert_int_equal(s.level, 0);
	s = sketch_of("", "one two one two one two one two");
	assert_int_equal(s.shingle_count, 2);
	s = sketch_of("", "two words");
	assert_int_equal(s.shingle_count, 0);
	s = sketch_of("", "");
	assert_int_equal(s.words, 0);
}

/* Title and body are two texts: no shingle reaches from one into the other. */
TEST(title_and_body_are_apart)
{
	struct sketch s = sketch_of("Navy names ship", "Ship named today");

	assert_int_equal(s.shingle_count, 2);
	assert_int_equal(s.title_count, 3);
}

/* Stored hashes must be those of every other machine and of tomorrow. */
TEST(hashes_never_change)
{
	struct sketch s = sketch_of("Seven ships", "seven ships sailed in May 2026");
	struct buf *bytes = scratch(SKETCH_BYTES_MAX);
	char hex[400] = "";

	assert_int_equal(sketch_encode(bytes, &s), 0);
	for (size_t i = 0; i < bytes->len; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes->data[i]);
	assert_string_equal(hex, "030000020800000002000400047296142dbdb0d1b1814f6ea74f8aa859485d7cef813d7a568c4428db44d"
				 "3d783a4396c3a159a23e21d05c9ed"
				 "813d7a568c4428db44d3d783a4396c3a159a23e21d05c9ed");
}

/* What version 1 made of the same text, as it lies in databases. */
TEST(sketches_of_version_1_are_read)
{
	static const unsigned char stored[] = {0x01, 0x00, 0x00, 0x02, 0x08, 0x00, 0x00, 0x00, 0x01, 0x00, 0x04, 0x00,
		0x72, 0x96, 0x14, 0x2d, 0xbd, 0xb0, 0xd1, 0xb1, 0xad, 0x59, 0x48, 0x5d, 0x7c, 0xef, 0x81, 0x3d, 0x7a,
		0x56, 0x8c, 0x44, 0x28, 0xdb, 0x44, 0xd3, 0xd7, 0x83, 0xa4, 0x39, 0x6c, 0x3a, 0x15, 0x9a, 0x23, 0xe2,
		0x1d, 0x05, 0xc9, 0xed};
	struct str bytes = str_make((const char *)stored, sizeof(stored));
	struct sketch s = sketch_of("Seven ships", "seven ships sailed in May 2026"), old;
	struct buf *again = scratch(SKETCH_BYTES_MAX);

	assert_int_equal(sketch_decode(bytes, &old), 0);
	assert_int_equal(old.opening_count, 0);
	assert_true(same_shingles(&s, &old));
	assert_int_equal(sketch_encode(again, &old), 0);
	assert_true(str_eq(buf_str(again), bytes));
}

/* Of a long text the first words are known whole, and its opening is what a copy of them is found by. */
TEST(openings_are_not_sampled)
{
	struct buf *text = scratch(FIXTURE_TEXT_MAX);
	struct sketch article, lead;
	uint64_t keys[32] = {0}, lead_keys[32] = {0};
	size_t shared = 0;

	sketch_text(&article, STR("A long article"), words(text, 0, 4000));
	sketch_text(&lead, STR("Its first words"), words(text, 3, 25));
	assert_true(article.level >= 2);
	assert_int_equal(article.opening_count, SKETCH_OPENING_MAX);
	assert_int_equal(sketch_opening_shared(&lead, &article), 23);
	assert_int_equal(sketch_opening_shared(&article, &lead), 0);
	/* some of the lowest hashes are common to both, and none is added twice */
	assert_int_equal(sketch_add_opening(&article, keys, 0, 8), 8);
	assert_int_equal(sketch_add_opening(&article, keys, 8, 8), 16);
	assert_int_equal(sketch_add_opening(&lead, lead_keys, 0, 8), 8);
	for (size_t i = 0; i < 8; i++)
		for (size_t k = 0; k < 8; k++)
			shared += article.opening[i] == lead_keys[k];
	assert_in_range(shared, 2, 8);
	for (size_t i = 1; i < 16; i++)
		assert_true(keys[i] > keys[i - 1]);
	/* a text that is short is known whole anyway */
	sketch_text(&article, STR("A short article"), words(text, 0, 300));
	assert_int_equal(sketch_opening_shared(&lead, &article), 0);
}

TEST(numbers_are_digits_dates_and_ordinals)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = {
		{"It may be so", 0},
		{"On Monday the second of March", 3},
		{"1,200 ships and 1200 ships", 2}, /* one number in two contexts */
		{"F-16 and F-35 jets", 2},
		{"3.5 tons", 1},
		{"Sunday", 1},
		{"a march for peace", 1}, /* also a verb, but dates matter more */
		{"no figures here", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sketch s = sketch_of("", cases[i].text);

		if (s.number_count != cases[i].count)
			fail_msg("%s: %zu numbers", cases[i].text, s.number_count);
	}
}

/* ---- what is around a text */

/* What stands in front of a text, or behind it, does not count. */
static void assert_taken_off(const char *title, const char *front, const char *plain, const char *behind)
{
	struct buf *text = scratch(400);
	struct sketch s = sketch_of(title, plain), t;

	assert_int_equal(buf_printf(text, "%s%s%s", front, plain, behind), 0);
	t = sketch_of(title, text->data);
	if (!same_shingles(&s, &t))
		fail_msg("%s%s: not taken off", front, behind);
}

TEST(datelines_are_no_part_of_it)
{
	static const char plain[] = "The minister said on Monday that talks would go on for another week";
	static const char *const fronts[] = {
		"WASHINGTON - ",
		"WASHINGTON (AP) - ",
		"WASHINGTON, D.C. (Agency) \xE2\x80\x94 ",
		"PARIS: ",
		"SEOUL, \xE2\x80\x93 ",
		"NEW YORK (The Agency) -- ",
	};

	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		assert_taken_off("Talks", fronts[i], plain, "");
}

TEST(what_only_looks_like_a_dateline_stays)
{
	static const char *const texts[] = {"The war: a history of four lost years", "U.S.-led forces left the base",
		"NATO ministers meet - and disagree", "AB - too short for a place", "USA (1,200 men) - a figure in it",
		"LONG (", "A", "-"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf *tokens = scratch(1000);
		struct sketch with, without;
		size_t count = 0;

		assert_int_equal(canon_tokens(tokens, str_from(texts[i]), &count), 0);
		sketch_make(&with, STR(""), buf_str(tokens), str_from(texts[i]));
		sketch_make(&without, STR(""), buf_str(tokens), STR(""));
		if (!same_shingles(&with, &without))
			fail_msg("%s: something was taken off", texts[i]);
	}
}

TEST(footers_are_no_part_of_it)
{
	static const char plain[] = "The carrier returned to its home port after seven months at sea on a long tour";
	static const char *const ends[] = {
		" The post Carrier returns appeared first on Navy Daily.",
		" Read more...",
		" Continue reading Carrier returns \xE2\x86\x92",
		" Read more The post Carrier returns appeared first on Navy Daily.",
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		assert_taken_off("Carrier", "", plain, ends[i]);
}

TEST(footers_elsewhere_stay)
{
	struct buf *text = scratch(100000);
	struct sketch with, without;

	words(text, 0, 200);
	without = sketch_of("", text->data);
	buf_puts(text, "read more books ");
	for (unsigned i = 0; i < 50; i++)
		buf_printf(text, "x%u ", i);
	with = sketch_of("", text->data);
	assert_int_equal(with.shingle_count, without.shingle_count + 53);
}

/* ---- bounds */

TEST(long_texts_are_sampled)
{
	struct buf *text = scratch(FIXTURE_TEXT_MAX);
	struct sketch small, large;
	struct overlap o;

	sketch_text(&small, STR(""), words(text, 0, 900));
	assert_int_equal(small.level, 0);
	assert_int_equal(small.shingle_count, 898);
	sketch_text(&large, STR(""), words(text, 0, 17000));
	assert_in_range(large.level, 4, 7);
	assert_in_range(large.shingle_count, 100, SKETCH_SHINGLES_MAX);
	/* the small text stands in the large one, at whatever level one looks */
	o = sketch_shingle_overlap(&small, &large);
	assert_true(o.of_a > 5 && o.shared == o.of_a && o.of_b == large.shingle_count);
	o = sketch_shingle_overlap(&large, &small);
	assert_true(o.of_b > 5 && o.shared == o.of_b);
}

TEST(thinning_keeps_a_fair_sample)
{
	struct buf *text = scratch(FIXTURE_TEXT_MAX);
	struct sketch whole, thin;
	struct overlap o;

	sketch_text(&whole, STR(""), words(text, 0, 800));
	thin = whole;
	sketch_thin(&thin, 32);
	assert_in_range(thin.shingle_count, 8, 32);
	o = sketch_shingle_overlap(&whole, &thin);
	assert_true(o.of_a == o.of_b && o.shared == o.of_b);
	sketch_thin(&thin, 0);
	assert_int_equal(thin.shingle_count, 0);
}

TEST(numbers_and_titles_are_bounded)
{
	struct buf *text = scratch(FIXTURE_TEXT_MAX);
	struct sketch s;

	for (unsigned i = 0; i < 5000; i++)
		buf_printf(text, "%u ships ", 1000 + i);
	sketch_text(&s, buf_str(text), buf_str(text));
	assert_true(s.number_level > 0);
	assert_in_range(s.number_count, 20, SKETCH_NUMBERS_MAX);
	assert_int_equal(s.title_count, 0);
}

/* The hash of this number ends in so many zeroes that no level leaves it out. */
TEST(one_number_everywhere_does_not_burst)
{
	struct buf *text = scratch(FIXTURE_TEXT_MAX), *bytes = scratch(SKETCH_BYTES_MAX);
	struct sketch s, t;

	for (unsigned i = 0; i < 1000; i++)
		buf_printf(text, "ship%c%c%c 753984 ", 'a' + (int)(i % 10), 'a' + (int)(i / 10 % 10),
			'a' + (int)(i / 100));
	sketch_text(&s, STR("Ships"), buf_str(text));
	assert_int_equal(s.number_count, SKETCH_NUMBERS_MAX);
	assert_int_equal(sketch_encode(bytes, &s), 0);
	assert_int_equal(sketch_decode(buf_str(bytes), &t), 0);
}

/* As many different shingles as fit, again and again: what repeats must not be put in order each time. */
TEST(repetition_is_cheap)
{
	struct buf *text = scratch(FIXTURE_TEXT_MAX), *all = scratch(FIXTURE_TEXT_MAX);
	struct sketch s;

	words(text, 0, SKETCH_SHINGLES_MAX - 1);
	while (all->len < FIXTURE_TEXT_MAX / 2)
		buf_add(all, buf_str(text));
	sketch_text(&s, STR("Again"), buf_str(all));
	assert_int_equal(s.level, 1);
	assert_in_range(s.shingle_count, 400, 600);
}

TEST(subtraction_leaves_what_is_new)
{
	struct buf *text = scratch(FIXTURE_TEXT_MAX);
	struct sketch a, b;

	sketch_text(&a, STR(""), words(text, 0, 100));
	sketch_text(&b, STR(""), words(text, 0, 60));
	sketch_subtract(&a, &b);
	assert_int_equal(a.shingle_count, 98 - 58);
	/* of a sampled sketch only what it would hold can be missing */
	sketch_text(&a, STR(""), words(text, 0, 100));
	b.level = 2;
	b.shingle_count = 0;
	sketch_subtract(&a, &b);
	assert_in_range(a.shingle_count, 5, 50);
	for (size_t i = 0; i < a.shingle_count; i++)
		assert_int_equal(a.shingles[i] & 3, 0);
}

/* ---- numbers of two texts */

TEST(numbers_contradict_only_in_their_place)
{
	struct sketch a = sketch_of("", "The yard delivered 12 boats and 7 tugs to the navy"),
		      same = sketch_of("", "To the navy the yard delivered 12 boats and 7 tugs"),
		      other = sketch_of("", "The yard delivered 15 boats and 9 tugs to the navy"),
		      elsewhere = sketch_of("", "Prices of steel rose by 15 percent after 9 months");
	struct number_overlap o;

	o = sketch_number_overlap(&a, &same);
	assert_true(o.of == 2 && o.shared == 2 && o.placed == 2);
	o = sketch_number_overlap(&a, &other);
	assert_true(o.of == 2 && o.shared == 0 && o.placed == 2);
	o = sketch_number_overlap(&a, &elsewhere);
	assert_true(o.of == 2 && o.shared == 0 && o.placed == 0);
}

/* ---- bytes */

static struct buf *encoded(const struct sketch *s)
{
	struct buf *bytes = scratch(SKETCH_BYTES_MAX);

	assert_int_equal(sketch_encode(bytes, s), 0);
	return bytes;
}

TEST(bytes_come_back)
{
	struct buf *text = scratch(FIXTURE_TEXT_MAX);
	static const unsigned counts[] = {0, 1, 8, 300, 1026, 17000};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct buf *bytes;
		struct sketch s, t;

		words(text, 0, counts[i]);
		buf_puts(text, "on 3 March 2026");
		sketch_text(&s, STR("A title of 2 parts"), buf_str(text));
		bytes = encoded(&s);
		assert_int_equal(sketch_decode(buf_str(bytes), &t), 0);
		assert_true(str_eq(buf_str(bytes), buf_str(encoded(&t))));
		assert_int_equal(t.words, s.words);
		assert_true(same_shingles(&s, &t));
	}
}

static void refuse(struct buf *bytes, size_t at, unsigned char value, const char *what)
{
	struct sketch s;
	char kept = bytes->data[at];

	bytes->data[at] = (char)value;
	if (sketch_decode(buf_str(bytes), &s) != -EPROTO)
		fail_msg("%s was taken", what);
	bytes->data[at] = kept;
}

TEST(malformed_bytes_are_refused)
{
	struct sketch s = sketch_of("Fleet sails", "The fleet of 12 ships sailed on Monday with 4000 sailors"), t;
	struct buf *bytes = encoded(&s);
	size_t last = bytes->len - 6;

	for (size_t len = 0; len < bytes->len; len++)
		assert_int_equal(sketch_decode(str_make(bytes->data, len), &t), -EPROTO);
	refuse(bytes, 0, SKETCH_VERSION + 1, "another version");
	refuse(bytes, 1, 48, "a level without hashes");
	refuse(bytes, 1, 20, "shingles below their level");
	refuse(bytes, 2, 25, "a number level without hashes");
	refuse(bytes, 2, 20, "numbers below their level");
	refuse(bytes, 3, SKETCH_TITLE_MAX + 1, "a long title");
	refuse(bytes, 3, 1, "a short title");
	refuse(bytes, 8, 200, "many numbers");
	refuse(bytes, 11, 255, "many shingles");
	/* the last shingle before the one in front of it */
	memset(bytes->data + last, 0, 6);
	assert_int_equal(sketch_decode(buf_str(bytes), &t), -EPROTO);
}

/* Whatever a stranger sends is refused, or is a sketch in its only form. */
TEST(random_bytes_do_no_harm)
{
	struct sketch s = sketch_of("Fleet sails", "The fleet of 12 ships sailed on Monday with 4000 sailors"), t;
	struct buf *bytes = encoded(&s);
	unsigned seed = 7, taken = 0;

	for (int round = 0; round < 20000; round++) {
		size_t at = (size_t)rand_r(&seed) % bytes->len;
		char kept = bytes->data[at];

		bytes->data[at] = (char)rand_r(&seed);
		if (sketch_decode(buf_str(bytes), &t) == 0) {
			assert_true(str_eq(buf_str(bytes), buf_str(encoded(&t))));
			taken++;
		}
		bytes->data[at] = kept;
	}
	assert_in_range(taken, 100, 19900);
}
