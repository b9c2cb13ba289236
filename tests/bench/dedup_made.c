/* SPDX-License-Identifier: ISC */
/* dedup_made.c: what grouping makes of two kinds of made-up reports.
 *
 * Reports that have nothing in common but one stock sentence must stay apart, and the lead that another outlet runs of
 * a long article must be found, whichever came first.  All words are made from numbers, so that no two reports share
 * any but those that are meant. */
#include <stdio.h>
#include <stdlib.h>

#include "sitrep/identity/canon.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/grouping.h"

enum { TEXT_MAX = 256 * 1024, HOUR_MS = 3600 * 1000, TITLE_WORDS = 7, LEAD_WORDS = 30, PAIRS = 300 };

#define START_MS INT64_C(1795428000000)

struct made {
	struct sql_db *db;
	struct grouping *g;
	struct error err;
	int64_t last_id, now_ms;
	struct buf title, body, tokens, body_tokens, bytes;
};

static void add_words(struct buf *out, unsigned report, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		unsigned code = report * 4096 + i;

		for (unsigned k = 0; k < 6; k++, code /= 16)
			buf_putc(out, (char)('a' + code % 16));
		buf_putc(out, ' ');
	}
}

/* The story of the report in title and body; 0 after a failure. */
static int64_t take(struct made *m, const char *source)
{
	struct grouping_item r = {.item_id = ++m->last_id, .source = str_from(source), .at_ms = m->now_ms};
	struct story_answer answer;
	struct sketch s;
	size_t count = 0;
	int64_t story;

	buf_clear(&m->tokens);
	buf_clear(&m->body_tokens);
	buf_clear(&m->bytes);
	if (canon_tokens(&m->tokens, buf_str(&m->title), &count) != 0 ||
		canon_tokens(&m->body_tokens, buf_str(&m->body), &count) != 0)
		return 0;
	sketch_make(&s, buf_str(&m->tokens), buf_str(&m->body_tokens), buf_str(&m->body));
	if (sketch_encode(&m->bytes, &s) != 0)
		return 0;
	r.sketch = buf_str(&m->bytes);
	if (grouping_decide(m->g, &r, &answer, &m->err) != 0)
		return 0;
	story = answer.story_id != 0 ? answer.story_id : r.item_id;
	return grouping_record(m->g, &r, story, answer.relation, &answer, &m->err) == 0 ? story : 0;
}

static int64_t take_words(
	struct made *m, const char *source, unsigned report, unsigned of, unsigned words, const char *ending)
{
	buf_clear(&m->title);
	buf_clear(&m->body);
	add_words(&m->title, report, 0, TITLE_WORDS);
	add_words(&m->body, of, 100, words);
	buf_puts(&m->body, ending);
	return take(m, source);
}

static int open_made(struct made *m)
{
	*m = (struct made){.now_ms = START_MS,
		.title = BUF_INIT(TEXT_MAX),
		.body = BUF_INIT(TEXT_MAX),
		.tokens = BUF_INIT(TEXT_MAX),
		.body_tokens = BUF_INIT(TEXT_MAX),
		.bytes = BUF_INIT(SKETCH_BYTES_MAX)};
	if (sql_open(&m->db, NULL, SQL_MEMORY, &m->err, "cannot open") != 0 ||
		grouping_create_tables(m->db, &m->err) != 0)
		return -1;
	m->g = grouping_new(m->db, &story_params_default, &m->err);
	return m->g == NULL ? -1 : 0;
}

static void close_made(struct made *m)
{
	grouping_free(m->g);
	sql_close(m->db);
	buf_release(&m->title);
	buf_release(&m->body);
	buf_release(&m->tokens);
	buf_release(&m->body_tokens);
	buf_release(&m->bytes);
}

/* reports of ten outlets, or one_first of one outlet and then of two others in turn. */
static int stock_sentence(const char *name, unsigned reports, unsigned own, unsigned one_first)
{
	static const char stock[] =
		"Find more stories, photographs and interviews with crews of the coastal squadrons on "
		"our pages for members and friends every week.";
	struct made m;
	unsigned apart = 0;
	int result = open_made(&m);

	for (unsigned i = 0; i < reports && result == 0; i++) {
		char source[32];
		int64_t story;

		snprintf(source, sizeof(source), "unit%u.example",
			one_first == 0  ? i % 10
			: i < one_first ? 0
					: 1 + i % 2);
		story = take_words(&m, source, i + 1, i + 1, own, stock);
		apart += story == m.last_id;
		result = story == 0 ? -1 : 0;
		m.now_ms += (one_first == 0 ? 4 : i < one_first ? 1 : 12) * HOUR_MS;
	}
	if (result == 0)
		printf("%-52s %3u of %u apart\n", name, apart, reports);
	close_made(&m);
	return result;
}

static int leads(unsigned words, bool full_first)
{
	struct made m;
	unsigned joined = 0;
	int result = open_made(&m);

	for (unsigned i = 0; i < PAIRS && result == 0; i++) {
		unsigned first = full_first ? words : LEAD_WORDS, second = full_first ? LEAD_WORDS : words;
		int64_t a = take_words(&m, "first.example", 2 * i + 1, 2 * i + 1, first, "");
		int64_t b = take_words(&m, "second.example", 2 * i + 2, 2 * i + 1, second, "");

		joined += a == b;
		result = a == 0 || b == 0 ? -1 : 0;
		m.now_ms += HOUR_MS / 6;
	}
	if (result == 0)
		printf("lead of %d words of %4u, %-11s comes first %4s %3u of %d joined\n", LEAD_WORDS, words,
			full_first ? "the article" : "the lead", "", joined, PAIRS);
	close_made(&m);
	return result;
}

int main(void)
{
	static const unsigned lengths[] = {600, 1200, 2400};
	int result = stock_sentence("a stock sentence below 8 words, ten outlets", 40, 8, 0);

	if (result == 0)
		result = stock_sentence("a stock sentence alone, ten outlets", 40, 0, 0);
	if (result == 0)
		result = stock_sentence("a stock sentence, seven of one outlet first", 67, 8, 7);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]) && result == 0; i++) {
		result = leads(lengths[i], true);
		if (result == 0)
			result = leads(lengths[i], false);
	}
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
