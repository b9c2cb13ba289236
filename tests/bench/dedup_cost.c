/* SPDX-License-Identifier: ISC */
/* dedup_cost.c: what it costs to find an item's story, by the number of items in the window.
 *
 * usage: dedup_cost FOLDER [ITEMS...]
 *
 * Fills a database in the folder with so many items (default 10,000 and 100,000), spread over two weeks, each with a
 * sketch as long as that of a report of 200 words; one in five is a copy of an earlier one with a few shingles
 * changed.  Then 2,000 more are asked about and kept, one transaction for every twenty, and the time and room an item
 * took are printed: processor time, since what the clock says depends on the disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sitrep/base/str.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/grouping.h"

enum { SHINGLES = 200, NUMBERS = 10, MEASURED = 2000, BATCH = 20, COPY_EVERY = 5, CACHE_KIB = 64 * 1024 };

#define START_MS INT64_C(1795428000000)
#define WINDOW_MS (INT64_C(14) * 24 * 3600 * 1000)

struct bench {
	struct sql_db *db;
	struct grouping *g;
	struct buf bytes;
	struct error err;
	size_t joined;
};

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * UINT64_C(0x9E3779B97F4A7C15);
	x = (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
	return x ^ x >> 32;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Item n; a copy has seven in eight shingles of its original. */
static void synthesise(struct sketch *s, size_t n)
{
	uint64_t original = n % COPY_EVERY == 0 && n >= COPY_EVERY ? n - COPY_EVERY + 1 : n;

	memset(s, 0, sizeof(*s));
	s->version = SKETCH_VERSION;
	s->words = SHINGLES;
	s->opening_count = SKETCH_OPENING_WHOLE;
	s->shingle_count = SHINGLES;
	s->number_count = NUMBERS;
	for (size_t i = 0; i < SHINGLES; i++)
		s->shingles[i] = mix((i % 8 == 0 ? (uint64_t)n : original) << 16 | i) >> (64 - SKETCH_SHINGLE_BITS);
	for (size_t i = 0; i < NUMBERS; i++)
		s->numbers[i] = mix(original << 16 | (SHINGLES + i)) >> (64 - SKETCH_SHINGLE_BITS);
	memcpy(s->opening, s->shingles, SKETCH_OPENING_WHOLE * sizeof(s->opening[0]));
	qsort(s->opening, SKETCH_OPENING_WHOLE, sizeof(s->opening[0]), compare);
	qsort(s->shingles, SHINGLES, sizeof(s->shingles[0]), compare);
	qsort(s->numbers, NUMBERS, sizeof(s->numbers[0]), compare);
}

static int take(struct bench *b, size_t n, int64_t at_ms)
{
	struct story_answer answer;
	struct grouping_item r = {.item_id = (int64_t)n + 1, .at_ms = at_ms};
	struct sketch s;
	char source[32];
	int result;

	synthesise(&s, n);
	buf_clear(&b->bytes);
	result = sketch_encode(&b->bytes, &s);
	snprintf(source, sizeof(source), "outlet-%zu.example", n % 997);
	r.source = str_from(source);
	r.sketch = buf_str(&b->bytes);
	if (result == 0)
		result = grouping_decide(b->g, &r, &answer, &b->err);
	if (result != 0)
		return result;
	b->joined += answer.story_id != 0;
	return grouping_record(
		b->g, &r, answer.story_id != 0 ? answer.story_id : r.item_id, answer.relation, &answer, &b->err);
}

static int take_range(struct bench *b, size_t from, size_t to, size_t all, size_t batch)
{
	int result = 0;

	for (size_t n = from; n < to && result == 0; n++) {
		if ((n - from) % batch == 0)
			result = sql_exec(b->db, "BEGIN", &b->err, "BEGIN");
		if (result == 0)
			result = take(b, n, START_MS + (int64_t)((double)n / (double)all * (double)WINDOW_MS));
		if (result == 0 && ((n - from) % batch == batch - 1 || n + 1 == to))
			result = sql_exec(b->db, "COMMIT", &b->err, "COMMIT");
	}
	return result;
}

static int open_database(struct bench *b, const char *path)
{
	char pragmas[200];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_sys(&b->err, -errno, "cannot create %s", path);
	close(fd);
	snprintf(pragmas, sizeof(pragmas),
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -%d", CACHE_KIB);
	if (sql_open(&b->db, path, SQL_WRITE, &b->err, path) != 0 || sql_exec(b->db, pragmas, &b->err, path) != 0 ||
		grouping_create_tables(b->db, &b->err) != 0)
		return -1;
	b->g = grouping_new(b->db, &story_params_default, &b->err);
	return b->g == NULL ? -1 : 0;
}

static int measure(const char *folder, size_t items)
{
	struct bench b = {.bytes = BUF_INIT(SKETCH_BYTES_MAX)};
	char path[4096], extra[4110];
	double start, filled, filled_wall, spent, spent_wall;
	size_t all = items + MEASURED;
	int64_t bytes = 0;
	int result;

	snprintf(path, sizeof(path), "%s/dedup-cost-%ld.db", folder, (long)getpid());
	result = open_database(&b, path);
	start = seconds(CLOCK_PROCESS_CPUTIME_ID);
	if (result == 0)
		result = take_range(&b, 0, items, all, 1000);
	filled = seconds(CLOCK_PROCESS_CPUTIME_ID);
	filled_wall = seconds(CLOCK_MONOTONIC);
	if (result == 0)
		result = take_range(&b, items, all, all, BATCH);
	spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - filled;
	spent_wall = seconds(CLOCK_MONOTONIC) - filled_wall;
	if (result == 0)
		result = sql_ask_int(b.db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
			&bytes, &b.err, path);
	if (result == 0)
		printf("%zu items: %.0f us of CPU an item while filling, then %.0f (%.0f by the clock); "
		       "%.0f bytes an item; %zu joined\n",
			items, 1e6 * (filled - start) / (double)items, 1e6 * spent / MEASURED,
			1e6 * spent_wall / MEASURED, (double)bytes / (double)all, b.joined);
	else
		fprintf(stderr, "dedup_cost: %s\n", b.err.text);
	fflush(stdout);
	grouping_free(b.g);
	sql_close(b.db);
	buf_release(&b.bytes);
	unlink(path);
	snprintf(extra, sizeof(extra), "%s-wal", path);
	unlink(extra);
	snprintf(extra, sizeof(extra), "%s-shm", path);
	unlink(extra);
	return result;
}

int main(int argc, char **argv)
{
	static const size_t usual[] = {10000, 100000};
	int result = 0;

	if (argc < 2) {
		fputs("usage: dedup_cost FOLDER [ITEMS...]\n", stderr);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; argc == 2 && i < sizeof(usual) / sizeof(usual[0]) && result == 0; i++)
		result = measure(argv[1], usual[i]);
	for (int i = 2; i < argc && result == 0; i++) {
		long long items;

		if (!str_to_int(str_from(argv[i]), &items) || items < 1000 || items > 100000000) {
			fputs("dedup_cost: items are a number from 1000 on\n", stderr);
			return EXIT_FAILURE;
		}
		result = measure(argv[1], (size_t)items);
	}
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
