/* SPDX-License-Identifier: ISC */
/* rules.c: what it costs to match rules and watch lists with an article of 5 KB.
 *
 * usage: rules [ARTICLES]
 *
 * Articles and rules are made of words of a vocabulary of 60,000: an article's by Zipf's law, a rule's without regard
 * to how common they are.  So a list of 100,000 terms has most words of the language, and every second word of an
 * article is a hit; "of rare terms" is a list whose words one in twenty words of an article is, as in a list of ships.
 *
 * Printed, of ROUNDS rounds: microseconds of processor time an article beyond making its words ("making words" is what
 * that takes), in the least and in the middle round; how long a set takes to compile, which the daemon does once, and
 * to open, which each worker does with the image that it is given; and the size of the image.  "a reload of terms" is
 * milliseconds that a list in a file takes besides reading it: it is put into its rule, which is checked and compiled.
 * Beside them a loop that looks for each term in the text and, where it was there at the build, Vectorscan's literal
 * search (it only finds the terms, and does not evaluate rules). */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_VECTORSCAN
#include <hs/hs.h>
#endif

#include "sitrep/base/buf.h"
#include "sitrep/rules/rule.h"

enum { ROUNDS = 25 };
enum { VOCABULARY = 60000, ARTICLE_BYTES = 5 * 1024, ARTICLES = 200, NAIVE_ARTICLES = 2, NAME_MAX_LEN = 32 };

struct bench {
	struct buf *texts;
	struct buf *articles; /* the words of each, with a space behind each */
	size_t count;
};

static uint64_t seed = 20261127;

static double uniform(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(seed >> 11) / 9007199254740992.0;
}

static double now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* The word of a rank, which can be spoken: "bakel", "dorumi". */
static void put_word(struct buf *out, size_t rank)
{
	static const char consonants[] = "bdfgklmnprstvz", vowels[] = "aeiou";

	for (size_t n = rank + 70; n > 0; n /= 70) {
		(void)buf_putc(out, consonants[n % 14]);
		(void)buf_putc(out, vowels[n / 14 % 5]);
	}
}

static void make_article(struct buf *text)
{
	while (text->len < ARTICLE_BYTES) {
		/* the rank's density falls as 1 / rank */
		put_word(text, (size_t)exp(uniform() * log(VOCABULARY)) - 1);
		(void)buf_putc(text, ' ');
	}
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* What a set takes besides matching. */
struct cost {
	double compiled_us, opened_us;
	size_t bytes;
};

/* rounds: microseconds for all articles of each. */
static void print_line(const struct bench *b, const char *what, size_t count, double rounds[ROUNDS],
	const struct cost *cost, double matches)
{
	qsort(rounds, ROUNDS, sizeof(*rounds), by_size);
	printf("%-22s %7zu %9.1f us %9.1f us %7.0f ms %7.2f ms %6.1f MiB %8.2f\n", what, count,
		rounds[0] / (double)b->count, rounds[ROUNDS / 2] / (double)b->count, cost->compiled_us / 1e3,
		cost->opened_us / 1e3, (double)cost->bytes / 1048576, matches / (double)b->count);
}

static void measure_words(const struct bench *b)
{
	double rounds[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		double before = now_us();

		for (size_t i = 0; i < b->count; i++) {
			size_t count = 0;

			buf_clear(&b->articles[i]);
			(void)rule_words(&b->articles[i], buf_str(&b->texts[i]), &count);
		}
		rounds[round] = now_us() - before;
	}
	print_line(b, "making words", 0, rounds, &(struct cost){0}, 0);
}

static void count_match(void *arg, const struct rule_hit *hit)
{
	size_t *matches = arg;

	(void)hit;
	++*matches;
}

static void put_any_word(struct buf *out)
{
	put_word(out, (size_t)(uniform() * VOCABULARY));
}

/* Matches the set with each article and prints a line. */
static void measure(const struct bench *b, struct rule_set *set, const char *what, size_t count, double compiled_us)
{
	double rounds[ROUNDS], before = now_us();
	struct rule_set *opened = rule_set_open(rule_set_image(set), NULL);
	struct cost cost = {compiled_us, now_us() - before, rule_set_image(set).len};
	size_t matches = 0;

	if (opened == NULL)
		exit(1);
	for (int round = 0; round < ROUNDS; round++) {
		before = now_us();
		matches = 0;
		for (size_t i = 0; i < b->count; i++) {
			struct rule_subject subject = {.body_tokens = buf_str(&b->articles[i])};

			(void)rule_set_match(opened, &subject, count_match, &matches);
		}
		rounds[round] = now_us() - before;
	}
	print_line(b, what, count, rounds, &cost, (double)matches);
	rule_set_free(opened);
	rule_set_free(set);
}

static void measure_rules(const struct bench *b, size_t count)
{
	struct rule_set *set = rule_set_new();
	struct buf text = BUF_INIT(RULE_TEXT_MAX);
	double before = now_us();

	for (size_t i = 0; i < count; i++) {
		char name[NAME_MAX_LEN];

		buf_clear(&text);
		put_any_word(&text);
		(void)buf_puts(&text, " AND ");
		put_any_word(&text);
		(void)buf_puts(&text, i % 2 == 0 ? " AND " : " NOT ");
		put_any_word(&text);
		(void)snprintf(name, sizeof(name), "r%zu", i);
		if (rule_set_add(set, str_from(name), buf_str(&text), NULL) != 0)
			exit(1);
	}
	if (rule_set_finish(set, NULL) != 0)
		exit(1);
	measure(b, set, "rules of three terms", count, now_us() - before);
	buf_release(&text);
}

/* A word that no other list has, or one of the last tenth of the vocabulary, which is one in fifty words of a text. */
static void put_rare_word(struct buf *out)
{
	if (uniform() < 0.9)
		put_word(out, VOCABULARY + (size_t)(uniform() * 1e6));
	else
		put_word(out, VOCABULARY - 1 - (size_t)(uniform() * VOCABULARY / 10));
}

static void measure_list(
	const struct bench *b, const char *what, size_t count, void (*put)(struct buf *), bool with_prefixes)
{
	struct rule_set *set = rule_set_new();
	struct buf text = BUF_INIT(RULE_EXPANDED_MAX);
	double before;

	(void)buf_puts(&text, "list(");
	for (size_t i = 0; i < count; i++) {
		(void)buf_puts(&text, i > 0 ? ", \"" : "\"");
		put(&text);
		if (i % 2 == 0) {
			(void)buf_putc(&text, ' ');
			put(&text);
		}
		(void)buf_printf(&text, "%s\" = %zu", with_prefixes && i % 10 == 0 ? "*" : "", 1 + i % 20);
	}
	(void)buf_puts(&text, ") >= 400");
	before = now_us();
	if (rule_set_add(set, STR("watch"), buf_str(&text), NULL) != 0 || rule_set_finish(set, NULL) != 0)
		exit(1);
	measure(b, set, what, count, now_us() - before);
	buf_release(&text);
}

static int fetch_list(void *arg, enum rule_reference kind, struct str name, struct buf *text, struct error *err)
{
	(void)kind;
	(void)name;
	(void)err;
	return buf_add(text, buf_str(arg));
}

/* Terms of one word to the most. */
static void put_list_file(struct buf *file, size_t count, size_t words)
{
	for (size_t i = 0; i < count; i++) {
		put_any_word(file);
		for (size_t n = 0; n < i % words; n++) {
			(void)buf_putc(file, ' ');
			put_any_word(file);
		}
		(void)buf_printf(file, " = %zu\n", 1 + i % 20);
	}
}

/* What a reload does with a list in a file, besides reading it. */
static void measure_reload(size_t count, size_t words)
{
	struct buf file = BUF_INIT(RULE_EXPANDED_MAX), text = BUF_INIT(RULE_EXPANDED_MAX);
	double rounds[ROUNDS];

	put_list_file(&file, count, words);
	for (int round = 0; round < ROUNDS; round++) {
		double before = now_us();
		struct rule_set *set = rule_set_new();

		buf_clear(&text);
		if (rule_expand(&text, STR("list \"terms\" >= 30"), fetch_list, &file, NULL) != 0 ||
			rule_set_add(set, STR("watch"), buf_str(&text), NULL) != 0 || rule_set_finish(set, NULL) != 0)
			exit(1);
		rounds[round] = now_us() - before;
		rule_set_free(set);
	}
	qsort(rounds, ROUNDS, sizeof(*rounds), by_size);
	printf("reload, 1 to %zu words %10zu %9.1f ms %9.1f ms\n", words, count, rounds[0] / 1e3,
		rounds[ROUNDS / 2] / 1e3);
	buf_release(&file);
	buf_release(&text);
}

/* A loop that looks for each of so many words in each article. */
static void measure_naive(const struct bench *b, size_t count)
{
	struct buf word = BUF_INIT(NAME_MAX_LEN);
	size_t found = 0;
	double before = now_us();

	for (size_t i = 0; i < NAIVE_ARTICLES; i++)
		for (size_t k = 0; k < count; k++) {
			buf_clear(&word);
			put_word(&word, k * 7 % VOCABULARY);
			found += str_find(buf_str(&b->articles[i]), buf_str(&word), 0) != STR_NPOS;
		}
	printf("%-22s %7zu %9s us %9.1f us %7s ms %7s ms %6s MiB %8.2f\n", "loop over terms", count, "-",
		(now_us() - before) / NAIVE_ARTICLES, "-", "-", "-", (double)found / NAIVE_ARTICLES);
	buf_release(&word);
}

#ifdef HAVE_VECTORSCAN
static int count_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	size_t *hits = arg;

	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	++*hits;
	return 0;
}

static void measure_vectorscan(const struct bench *b, size_t count)
{
	const char **words = calloc(count, sizeof(*words));
	size_t *lengths = calloc(count, sizeof(*lengths));
	unsigned *flags = calloc(count, sizeof(*flags)), *ids = calloc(count, sizeof(*ids));
	hs_database_t *database = NULL;
	hs_scratch_t *scratch = NULL;
	hs_compile_error_t *mistake = NULL;
	double before = now_us(), compiled, rounds[ROUNDS];
	size_t hits = 0;

	for (size_t i = 0; i < count; i++) {
		struct buf word = BUF_INIT(NAME_MAX_LEN);

		(void)buf_putc(&word, ' ');
		put_any_word(&word);
		(void)buf_putc(&word, ' ');
		lengths[i] = word.len;
		words[i] = word.data; /* freed with the process */
		flags[i] = HS_FLAG_SINGLEMATCH;
		ids[i] = (unsigned)i;
	}
	if (hs_compile_lit_multi(words, flags, ids, lengths, (unsigned)count, HS_MODE_BLOCK, NULL, &database,
		    &mistake) != HS_SUCCESS ||
		hs_alloc_scratch(database, &scratch) != HS_SUCCESS)
		exit(1);
	compiled = now_us() - before;
	for (int round = 0; round < ROUNDS; round++) {
		before = now_us();
		hits = 0;
		for (size_t i = 0; i < b->count; i++)
			(void)hs_scan(database, b->articles[i].data, (unsigned)b->articles[i].len, 0, scratch,
				count_hit, &hits);
		rounds[round] = now_us() - before;
	}
	print_line(b, "Vectorscan, terms", count, rounds, &(struct cost){.compiled_us = compiled}, (double)hits);
	(void)hs_free_scratch(scratch);
	(void)hs_free_database(database);
	free(words);
	free(lengths);
	free(flags);
	free(ids);
}
#endif

int main(int argc, char **argv)
{
	struct bench b = {.count = argc > 1 ? strtoul(argv[1], NULL, 10) : ARTICLES};

	b.texts = calloc(b.count, sizeof(*b.texts));
	b.articles = calloc(b.count, sizeof(*b.articles));
	if (b.texts == NULL || b.articles == NULL || b.count < NAIVE_ARTICLES)
		return 1;
	for (size_t i = 0; i < b.count; i++) {
		buf_init(&b.texts[i], 2 * ARTICLE_BYTES);
		buf_init(&b.articles[i], 4 * ARTICLE_BYTES);
		make_article(&b.texts[i]);
	}
	printf("%-22s %7s %12s %12s %10s %10s %10s %8s\n", "", "count", "least", "middle", "compiled", "opened",
		"image", "matches");
	measure_words(&b);
	measure_rules(&b, 1);
	measure_rules(&b, 10000);
	measure_rules(&b, 100000);
	measure_list(&b, "watch list of terms", 10000, put_any_word, false);
	measure_list(&b, "watch list of terms", 100000, put_any_word, false);
	measure_list(&b, "list of rare terms", 10000, put_rare_word, false);
	measure_list(&b, "list of rare terms", 100000, put_rare_word, false);
	measure_list(&b, "rare, a tenth prefixes", 10000, put_rare_word, true);
	measure_list(&b, "rare, a tenth prefixes", 100000, put_rare_word, true);
	measure_reload(100000, 2);
	measure_reload(100000, 3);
	measure_naive(&b, 30000);
#ifdef HAVE_VECTORSCAN
	measure_vectorscan(&b, 30000);
#endif
	for (size_t i = 0; i < b.count; i++) {
		buf_release(&b.texts[i]);
		buf_release(&b.articles[i]);
	}
	free(b.texts);
	free(b.articles);
	return 0;
}
