/* SPDX-License-Identifier: ISC */
/* dedup.c: how well stories are grouped, beside what simpler methods reach.
 *
 * usage: dedup STREAM.jsonl LABELS.tsv
 *
 * The stream holds items as `sitrep stories` reads them, in order of arrival; the labels hold a number of the stream
 * and its story (or "-") a line.  Each method goes through the whole stream, and its stories are compared with the
 * labels: the adjusted Rand index (1 is perfect, 0 is chance), and precision and recall of pairs.  All methods see the
 * same canonical text and, but for the exact ones, the same shingles. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/domain.h"
#include "sitrep/base/sha256.h"
#include "sitrep/identity/identity.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/parse/parse.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/grouping.h"

enum { MEMORY_MAX = 1024 * 1024 * 1024, BANDS = 20, ROWS = 5, HASHES = BANDS * ROWS };

struct item_of {
	struct str digest;
	struct str source;
	struct str sketch;
	int64_t at_ms;
	size_t label; /* 0: none */
	size_t story; /* of the method at work: number of the item that began it */
};

struct bench {
	struct arena arena;
	LIST(struct item_of) all;
	LIST(struct str) labels;
};

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
	return x ^ x >> 32;
}

/* ---- reading ---- */

static struct str text_of(const json_t *line, const char *member)
{
	const json_t *value = json_object_get(line, member);

	return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value)) : STR_NONE;
}

static int add_item(struct bench *b, struct identity *identity, const json_t *line)
{
	struct item_of *to = list_add(&b->arena, &b->all);
	struct arena scratch = ARENA_INIT(MEMORY_MAX);
	struct item it;
	int result = to == NULL ? -1 : 0;

	item_init(&it);
	it.title = (struct text){.value = text_of(line, "title"), .kind = TEXT_PLAIN};
	it.content = (struct text){.value = text_of(line, "content"), .kind = TEXT_PLAIN};
	it.link = text_of(line, "link");
	if (result == 0)
		result = identity_assign(identity, &scratch, &it);
	if (result == 0) {
		to->digest = arena_str(&b->arena, it.digest);
		to->sketch = arena_str(&b->arena, it.sketch);
		to->source = arena_str(&b->arena, domain_registrable(text_of(line, "source")));
		to->at_ms = (int64_t)(json_number_value(json_object_get(line, "time")) * 1000);
	}
	arena_release(&scratch);
	return result;
}

static int read_stream(struct bench *b, const char *path)
{
	FILE *in = fopen(path, "re");
	struct error err = {0};
	struct identity *identity = identity_new(&err);
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int result = in == NULL || identity == NULL ? -1 : 0;

	parse_prepare();
	while (result == 0 && (len = getline(&line, &room, in)) > 0) {
		json_t *object = json_loadb(line, (size_t)len, 0, NULL);

		result = object == NULL ? -1 : add_item(b, identity, object);
		json_decref(object);
	}
	identity_free(identity);
	free(line);
	if (in != NULL)
		fclose(in);
	return result;
}

static size_t label_number(struct bench *b, struct str name)
{
	struct str *added;

	for (size_t i = b->labels.count; i > 0; i--)
		if (str_eq(b->labels.items[i - 1], name))
			return i;
	added = list_add(&b->arena, &b->labels);
	if (added == NULL)
		return 0;
	*added = arena_str(&b->arena, name);
	return b->labels.count;
}

static int read_labels(struct bench *b, const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while (in != NULL && (len = getline(&line, &room, in)) > 0) {
		struct str rest = str_make(line, (size_t)len), number, story;
		long long n;

		if (!str_split(&rest, '\t', &number) || !str_split(&rest, '\t', &story) || !str_to_int(number, &n) ||
			n < 0 || (size_t)n >= b->all.count)
			continue;
		if (!str_eq(story, STR("-")))
			b->all.items[n].label = label_number(b, story);
	}
	free(line);
	if (in != NULL)
		fclose(in);
	return in != NULL && b->labels.count > 0 ? 0 : -1;
}

/* ---- scoring ---- */

struct cell {
	size_t label, story;
};

static int by_cell(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	if (x->label != y->label)
		return x->label < y->label ? -1 : 1;
	return x->story < y->story ? -1 : x->story > y->story;
}

static int by_story(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	return x->story < y->story ? -1 : x->story > y->story;
}

static double pairs(size_t n)
{
	return (double)n * ((double)n - 1) / 2;
}

/* Pairs within runs of equal cells. */
static double pairs_of_runs(const struct cell *cells, size_t count, bool label, bool story)
{
	double sum = 0;
	size_t run = 0;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && (!label || cells[i].label == cells[i - 1].label) &&
			(!story || cells[i].story == cells[i - 1].story))
			run++;
		else
			run = 1;
		sum += (double)run - 1;
	}
	return sum;
}

static void score(const struct bench *b, const char *name, double spent)
{
	struct cell *cells = calloc(b->all.count, sizeof(*cells));
	double both, truth, found, expected;
	size_t count = 0;

	for (size_t i = 0; cells != NULL && i < b->all.count; i++)
		if (b->all.items[i].label != 0)
			cells[count++] = (struct cell){b->all.items[i].label, b->all.items[i].story};
	if (count == 0)
		return;
	qsort(cells, count, sizeof(*cells), by_cell);
	both = pairs_of_runs(cells, count, true, true);
	truth = pairs_of_runs(cells, count, true, false);
	qsort(cells, count, sizeof(*cells), by_story);
	found = pairs_of_runs(cells, count, false, true);
	expected = truth * found / pairs(count);
	printf("%-34s ARI %.3f  P %.3f  R %.3f  %7.1f us an item\n", name,
		(both - expected) / ((truth + found) / 2 - expected), found > 0 ? both / found : 1, both / truth,
		1e6 * spent / (double)b->all.count);
	free(cells);
}

/* ---- methods ---- */

static void exact(struct bench *b)
{
	double start = seconds();

	for (size_t i = 0; i < b->all.count; i++) {
		struct item_of *x = &b->all.items[i];

		x->story = i;
		for (size_t k = 0; k < i && x->story == i; k++)
			if (str_eq(b->all.items[k].digest, x->digest))
				x->story = b->all.items[k].story;
	}
	score(b, "exact hash of title and body", seconds() - start);
}

static void simhash(struct bench *b, uint64_t *hashes, int distance)
{
	double start = seconds();
	struct sketch s;
	char name[64];

	for (size_t i = 0; i < b->all.count; i++) {
		int votes[64] = {0};

		hashes[i] = 0;
		if (sketch_decode(b->all.items[i].sketch, &s) == 0)
			for (size_t k = 0; k < s.shingle_count; k++)
				for (unsigned bit = 0; bit < 64; bit++)
					votes[bit] += mix(s.shingles[k]) >> bit & 1 ? 1 : -1;
		for (unsigned bit = 0; bit < 64; bit++)
			hashes[i] |= (uint64_t)(votes[bit] > 0) << bit;
		b->all.items[i].story = i;
		for (size_t k = 0; k < i && b->all.items[i].story == i; k++)
			if (__builtin_popcountll(hashes[i] ^ hashes[k]) <= distance)
				b->all.items[i].story = b->all.items[k].story;
	}
	snprintf(name, sizeof(name), "SimHash 64, Hamming <= %d", distance);
	score(b, name, seconds() - start);
}

/* Joins the first item that agrees in a whole band, as LSH does. */
static void minhash(struct bench *b, uint64_t (*minima)[HASHES])
{
	double start = seconds();
	struct sketch s;

	for (size_t i = 0; i < b->all.count; i++) {
		memset(minima[i], 0xff, sizeof(minima[i]));
		if (sketch_decode(b->all.items[i].sketch, &s) != 0)
			s.shingle_count = 0;
		for (size_t k = 0; k < s.shingle_count; k++) {
			for (size_t h = 0; h < HASHES; h++) {
				uint64_t value = mix(s.shingles[k] + h * UINT64_C(0x632BE59BD9B4E019));

				minima[i][h] = value < minima[i][h] ? value : minima[i][h];
			}
		}
		b->all.items[i].story = i;
		for (size_t k = 0; k < i && s.shingle_count > 0 && b->all.items[i].story == i; k++)
			for (size_t band = 0; band < BANDS; band++)
				if (memcmp(&minima[i][band * ROWS], &minima[k][band * ROWS], ROWS * sizeof(uint64_t)) ==
					0)
					b->all.items[i].story = b->all.items[k].story;
	}
	score(b, "MinHash LSH, 20 bands of 5", seconds() - start);
}

static int group_one(struct bench *b, struct grouping *g, size_t i, struct error *err)
{
	struct item_of *x = &b->all.items[i];
	struct grouping_item r = {
		.item_id = (int64_t)i + 1, .source = x->source, .at_ms = x->at_ms, .sketch = x->sketch};
	struct story_answer answer;
	int result;

	for (size_t k = 0; k < i; k++) {
		if (!str_eq(b->all.items[k].digest, x->digest))
			continue;
		x->story = b->all.items[k].story;
		return grouping_record(g, &r, (int64_t)x->story + 1, RELATION_COPY, NULL, err);
	}
	result = grouping_decide(g, &r, &answer, err);
	if (result != 0)
		return result;
	x->story = answer.story_id != 0 ? (size_t)answer.story_id - 1 : i;
	return grouping_record(g, &r, (int64_t)x->story + 1, answer.relation, &answer, err);
}

static int ours(struct bench *b, const char *name, const struct story_params *params)
{
	struct error err = {0};
	struct grouping *g = NULL;
	struct sql_db *db;
	double start = seconds();
	int result = sql_open(&db, NULL, SQL_MEMORY, &err, "cannot open");

	if (result == 0)
		result = grouping_create_tables(db, &err);
	if (result == 0)
		g = grouping_new(db, params, &err);
	result = g == NULL ? -1 : 0;
	for (size_t i = 0; i < b->all.count && result == 0; i++)
		result = group_one(b, g, i, &err);
	if (result == 0)
		score(b, name, seconds() - start);
	else
		fprintf(stderr, "dedup: %s\n", err.text);
	grouping_free(g);
	sql_close(db);
	return result;
}

static int run(struct bench *b)
{
	uint64_t *hashes = calloc(b->all.count, sizeof(*hashes));
	uint64_t(*minima)[HASHES] = calloc(b->all.count, sizeof(*minima));
	struct story_params no_filter = story_params_default, no_guard = story_params_default;
	int result = hashes == NULL || minima == NULL ? -1 : 0;

	no_filter.boilerplate = false;
	no_guard.guard = false;
	if (result == 0) {
		exact(b);
		simhash(b, hashes, 3);
		simhash(b, hashes, 10);
		minhash(b, minima);
		result = ours(b, "sitrepd", &story_params_default);
	}
	if (result == 0)
		result = ours(b, "sitrepd without boilerplate filter", &no_filter);
	if (result == 0)
		result = ours(b, "sitrepd without guard of numbers", &no_guard);
	free(hashes);
	free(minima);
	return result;
}

int main(int argc, char **argv)
{
	struct bench b = {0};
	int result;

	if (argc != 3) {
		fputs("usage: dedup STREAM.jsonl LABELS.tsv\n", stderr);
		return EXIT_FAILURE;
	}
	arena_init(&b.arena, MEMORY_MAX);
	result = read_stream(&b, argv[1]);
	if (result == 0)
		result = read_labels(&b, argv[2]);
	if (result != 0)
		fputs("dedup: cannot read the stream or its labels\n", stderr);
	else
		result = run(&b);
	arena_release(&b.arena);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
