/* SPDX-License-Identifier: ISC */
/* Lists of texts, blocks of words, chunks of texts and snippets: what is written is read again, and bytes that are no
 * such thing are refused. */
#include "../../../daemon/search/doc.h"
#include "../../../daemon/search/posting.h"
#include "../../../daemon/search/snippet.h"
#include "../../../daemon/search/term_block.h"
#include "../test.h"
#include "sitrep/sql/seal.h"

enum { DOCS = 5000, LIST_BYTES = 1024 * 1024 };

/* Every nth of the texts. */
static size_t fill(uint32_t *numbers, uint32_t nth)
{
	size_t count = 0;

	for (uint32_t i = nth / 2; i < DOCS; i += nth)
		numbers[count++] = i;
	return count;
}

TEST(lists_are_read_as_written)
{
	static const uint32_t steps[] = {1, 2, 5, 9, 70, 130, 3000, 4999};
	struct buf out = BUF_INIT(LIST_BYTES);
	uint32_t numbers[DOCS], read[DOCS];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		uint64_t bits[DOCS / 64 + 1] = {0};
		size_t count = fill(numbers, steps[i]), found = 0;
		struct str in;

		buf_clear(&out);
		assert_int_equal(posting_put(&out, numbers, count, DOCS), 0);
		/* never much more than a bitmap */
		assert_true(out.len <= DOCS / 8 + 8);
		buf_putc(&out, 'x');
		in = buf_str(&out);
		assert_true(posting_take(&in, DOCS, read, &found));
		assert_int_equal(found, count);
		assert_memory_equal(read, numbers, count * sizeof(numbers[0]));
		assert_true(str_eq(in, STR("x")));
		in = buf_str(&out);
		assert_true(posting_take_bits(&in, DOCS, bits));
		for (uint32_t n = 0; n < DOCS; n++)
			assert_int_equal(
				bits[n / 64] >> n % 64 & 1, n >= steps[i] / 2 && (n - steps[i] / 2) % steps[i] == 0);
		in = buf_str(&out);
		assert_true(posting_skip(&in, DOCS));
		assert_true(str_eq(in, STR("x")));
	}
	buf_release(&out);
}

TEST(lists_that_are_cut_or_too_large_are_refused)
{
	struct buf out = BUF_INIT(LIST_BYTES);
	uint32_t numbers[DOCS], read[DOCS];
	size_t count = fill(numbers, 40), found;

	assert_int_equal(posting_put(&out, numbers, count, DOCS), 0);
	for (size_t len = 0; len < out.len; len++) {
		struct str in = str_slice(buf_str(&out), 0, len);

		assert_false(posting_take(&in, DOCS, read, &found));
	}
	/* of more texts than the segment has */
	for (uint32_t docs = 1; docs < numbers[count - 1]; docs += 37) {
		struct str in = buf_str(&out);

		assert_false(posting_take(&in, docs, read, &found));
	}
	buf_release(&out);
}

/* ---- blocks ---- */

struct blocks {
	struct buf bytes[8];
	size_t count;
};

static int keep_block(void *arg, struct str first, struct str block)
{
	struct blocks *b = arg;

	assert_true(first.len > 0 && b->count < 8);
	buf_init(&b->bytes[b->count], TERM_BLOCK_MAX);
	return buf_add(&b->bytes[b->count++], block);
}

TEST(blocks_hold_words_in_order)
{
	struct blocks b = {.count = 0};
	struct term_writer w;
	size_t next = 0;
	char word[32];

	term_writer_init(&w, DOCS, keep_block, &b);
	for (uint32_t i = 0; i < DOCS; i++) {
		snprintf(word, sizeof(word), "word%06u", i);
		assert_int_equal(term_writer_add(&w, str_from(word), &i, 1), 0);
	}
	assert_int_equal(term_writer_end(&w), 0);
	term_writer_release(&w);
	/* the beginnings are shared: fewer bytes than the words have */
	assert_true(b.count >= 1 && b.bytes[0].len < (size_t)DOCS * 10);
	for (size_t i = 0; i < b.count; i++) {
		struct term_reader r;
		struct str block;
		uint32_t number[DOCS];
		size_t count;

		assert_int_equal(seal_open(buf_str(&b.bytes[i]), &block), 1);
		term_reader_init(&r, block, DOCS);
		while (term_reader_next(&r) == 1) {
			snprintf(word, sizeof(word), "word%06zu", next);
			assert_true(str_eq(str_make(r.word, r.word_len), str_from(word)));
			assert_true(posting_take(&r.rest, DOCS, number, &count));
			assert_true(count == 1 && number[0] == next);
			next++;
		}
		buf_release(&b.bytes[i]);
	}
	assert_int_equal(next, DOCS);
}

TEST(bytes_that_are_no_block_are_refused)
{
	static const char *const wrong[] = {"\x01\x01", "\x05\x01x", "\x00\xffx", "\x00"};
	static const size_t lengths[] = {2, 3, 3, 1};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct term_reader r;

		term_reader_init(&r, str_make(wrong[i], lengths[i]), DOCS);
		assert_int_equal(term_reader_next(&r), -EUCLEAN);
	}
}

/* ---- texts ---- */

TEST(chunks_of_texts)
{
	const struct doc docs[] = {
		{.item_id = 1000,
			.story_id = 1000,
			.sort_ms = 1795428000000,
			.feed_id = 7,
			.language = "en",
			.length = 30},
		{.item_id = 1005,
			.story_id = 17,
			.sort_ms = 1795428001000,
			.feed_id = 70000,
			.language = "",
			.length = 0},
		{.item_id = 5000000, .story_id = 0, .sort_ms = -5, .feed_id = 1, .language = "fil", .length = 255},
	};
	struct buf out = BUF_INIT(4096);
	struct str chunk;
	struct doc d;

	assert_int_equal(doc_chunk_put(&out, docs, 3), 0);
	assert_int_equal(doc_chunk_open(buf_str(&out), 3, &chunk), 0);
	for (size_t i = 0; i < 3; i++) {
		doc_chunk_get(chunk, 1000, i, &d);
		assert_int_equal(d.item_id, docs[i].item_id);
		assert_int_equal(d.story_id, docs[i].story_id);
		assert_int_equal(d.sort_ms, docs[i].sort_ms < 0 ? 0 : docs[i].sort_ms);
		assert_int_equal(d.feed_id, docs[i].feed_id);
		assert_string_equal(d.language, docs[i].language);
		assert_int_equal(doc_chunk_item(chunk, 1000, i), docs[i].item_id);
	}
	assert_int_equal(doc_chunk_open(buf_str(&out), 2, &chunk), -EUCLEAN);
	out.data[5] ^= 1;
	assert_int_equal(doc_chunk_open(buf_str(&out), 3, &chunk), -EUCLEAN);
	buf_release(&out);
	assert_true(doc_length_of(doc_length_code(400)) > 300 && doc_length_of(doc_length_code(400)) <= 400);
}

/* ---- snippets ---- */

static void assert_snippet(const char *marked, const char *expected)
{
	struct buf out = BUF_INIT(4096);

	assert_int_equal(snippet_write(&out, str_from(marked)), 0);
	buf_putc(&out, '\0');
	assert_string_equal(out.data, expected);
	buf_release(&out);
}

TEST(snippets_stand_around_the_first_mark)
{
	struct buf text = BUF_INIT(4096), expected = BUF_INIT(4096);

	assert_snippet("a  short\n text", "a short text");
	assert_snippet("with a \1word\2 in it", "with a \1word\2 in it");
	assert_snippet("", "");
	for (int i = 0; i < 50; i++)
		buf_puts(&text, "filler ");
	buf_puts(&text, "\1found\2 ");
	for (int i = 0; i < 50; i++)
		buf_puts(&text, "behind ");
	buf_puts(&expected, "… ");
	for (int i = 0; i < 11; i++)
		buf_puts(&expected, "filler ");
	buf_puts(&expected, "\1found\2");
	for (int i = 0; i < 22; i++)
		buf_puts(&expected, " behind");
	buf_puts(&expected, " …");
	assert_snippet(text.data, expected.data);
	buf_release(&text);
	buf_release(&expected);
}
