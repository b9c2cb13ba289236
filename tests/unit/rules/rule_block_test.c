/* SPDX-License-Identifier: ISC */
/* Words of a text are taken and looked up in blocks (word_block.h): a word is found wherever it stands, whatever its
 * length, and whatever its neighbours are. */
#include "sets.h"

enum { LONGEST = 150, FILLERS = 90 };

struct matched {
	size_t rules;
	char names[64];
};

static void note(void *arg, const struct rule_hit *hit)
{
	struct matched *m = arg;

	assert_true(m->rules < sizeof(m->names) - 1);
	m->names[m->rules++] = hit->rule.data[0];
}

static void put_word(struct buf *out, char letter, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(buf_putc(out, letter), 0);
}

static void put_fillers(struct buf *out, size_t count)
{
	static const size_t lengths[] = {1, 3, 7, 8, 2, 9, 16, 5, 4, 40};

	for (size_t i = 0; i < count; i++) {
		put_word(out, (char)('f' + i % 3), lengths[i % (sizeof(lengths) / sizeof(lengths[0]))]);
		assert_int_equal(buf_putc(out, i % 11 == 10 ? '\n' : ' '), 0);
	}
}

static void add(struct rule_set *set, const char *name, const char *before, const struct buf *word, const char *behind)
{
	struct buf *rule = scratch(4096);

	assert_int_equal(buf_printf(rule, "%s%.*s%s", before, STR_ARG(buf_str(word)), behind), 0);
	assert_int_equal(rule_set_add(set, str_from(name), buf_str(rule), NULL), 0);
}

/* Rules about a word of that length: w the word, p a phrase with it, n a NEAR, x a prefix, s in the summary; o is about
 * the word with one more letter. */
static struct rule_set *rules_about(const struct buf *word, bool with_prefix)
{
	struct rule_set *set = new_set();

	add(set, "w", "", word, "");
	add(set, "o", "", word, "w");
	add(set, "p", "\"", word, " end\"");
	add(set, "n", "end NEAR/1 ", word, "");
	if (with_prefix)
		add(set, "x", "", word, "*");
	add(set, "s", "summary:\"", word, " end\"");
	assert_int_equal(rule_set_finish(set, NULL), 0);
	return set;
}

static struct matched match(struct rule_set *set, struct buf *text, struct buf *tokens, struct item *item)
{
	struct rule_subject subject = {.item = item};
	struct matched m = {0};
	size_t count = 0;

	buf_clear(tokens);
	assert_int_equal(rule_words(tokens, buf_str(text), &count), 0);
	subject.body_tokens = buf_str(tokens);
	assert_int_equal(rule_set_match(set, &subject, note, &m), 0);
	return m;
}

static void try_length(size_t len, bool with_prefix)
{
	struct buf *word = scratch(4096), *text = scratch(65536), *tokens = scratch(65536);
	struct item item = {0};
	struct rule_set *set;
	size_t step = len > 12 ? 7 : 1;

	put_word(word, 'w', len);
	set = rules_about(word, with_prefix);
	for (size_t fillers = 0; fillers < FILLERS; fillers += step) {
		buf_clear(text);
		put_fillers(text, fillers);
		assert_int_equal(buf_printf(text, "%.*s end", STR_ARG(buf_str(word))), 0);
		item.plain_summary = STR_NONE;
		assert_string_equal(match(set, text, tokens, &item).names, with_prefix ? "wpnx" : "wpn");
		item.plain_summary = buf_str(text);
		assert_string_equal(match(set, text, tokens, &item).names, with_prefix ? "wpnxs" : "wpns");
		/* words between the two */
		buf_clear(text);
		assert_int_equal(buf_printf(text, "%.*s ", STR_ARG(buf_str(word))), 0);
		put_fillers(text, fillers + 1);
		assert_int_equal(buf_puts(text, "end"), 0);
		item.plain_summary = buf_str(text);
		assert_string_equal(match(set, text, tokens, &item).names, with_prefix ? "wx" : "w");
	}
}

TEST(words_of_all_lengths_are_found_everywhere)
{
	for (size_t len = 1; len <= LONGEST; len += len < 20 || (len >= 62 && len < 74) ? 1 : 7) {
		try_length(len, false);
		try_length(len, true);
	}
}

/* A word of one form between words of several, at each place of a block. */
TEST(words_with_forms_stand_among_others)
{
	struct buf *text = scratch(65536), *tokens = scratch(65536);
	struct rule_set *set = new_set();
	struct item item = {0};

	assert_int_equal(rule_set_add(set, STR("p"), STR("\"elysee munchen gipfel\""), NULL), 0);
	assert_int_equal(rule_set_add(set, STR("q"), STR("\"gipfel ffff\""), NULL), 0);
	assert_int_equal(rule_set_finish(set, NULL), 0);
	for (size_t fillers = 0; fillers < 2 * FILLERS; fillers++) {
		buf_clear(text);
		put_fillers(text, fillers);
		assert_int_equal(buf_puts(text, "Élysée München Gipfel ffff "), 0);
		put_fillers(text, 3);
		assert_string_equal(match(set, text, tokens, &item).names, "pq");
	}
}
