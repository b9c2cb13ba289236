/* SPDX-License-Identifier: ISC */
/* search.c: what the search index and its answers cost, by the number of items.
 *
 * usage: search FOLDER [ITEMS...]
 *
 * Fills a database in the folder with so many items (default 10,000, 100,000 and 1,000,000; each number goes on from
 * the one before), of 500 feeds, in stories of one or two, over 180 days.  Words are drawn by Zipf's law from two
 * million; a text has 40 to 400 of them, 200 on average.  After each number the index is built, and printed are: the
 * time it took, its size beside that of the texts, and the median and the 95th percentile of 300 searches each: for a
 * word of the title of some item, found in less than 1 % of the items; for ten such words, one of which or all of which
 * are wanted; for a word that nearly every item has; and for two neighbouring words as a phrase.  By time, thirty
 * stories, with counts by month, category, feed and language. */
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../../daemon/search/search_index.h"
#include "sitrep/search/search.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/record.h"
#include "sitrep/store/store.h"

enum { FEEDS = 500, SEARCHES = 300, TITLE_WORDS = 9, TEN = 10, ITEMS_A_COMMIT = 20000, RARE_RANK = 2000 };

#define VOCABULARY 2e6
#define START_MS INT64_C(1779876000000)
#define KEPT_MS (INT64_C(180) * 24 * 3600 * 1000)

struct bench {
	const char *folder;
	struct store store;
	struct sql_stmt *add_item, *add_story;
	struct search_index *index;
	struct searcher *searcher;
	struct buf title, body, record;
	int64_t items, text_bytes, all_items;
	struct error err;
};

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t next(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* The chance of rank r is one in r, as far as two million. */
static uint64_t draw_rank(uint64_t *seed)
{
	double u = (double)(next(seed) >> 11) / 9007199254740992.0;

	return (uint64_t)exp(u * log(VOCABULARY));
}

/* Letters of the rank; frequent words are short. */
static void put_word(struct buf *out, uint64_t rank)
{
	static const char consonants[] = "bcdfghjklmnprstvwz", vowels[] = "aeiou";

	for (uint64_t left = rank + 17; left > 0; left /= 90) {
		buf_putc(out, consonants[left % 18]);
		buf_putc(out, vowels[left / 18 % 5]);
	}
}

/* The words of an item's title: the same each time. */
static void title_ranks(int64_t item, uint64_t ranks[TITLE_WORDS])
{
	uint64_t seed = (uint64_t)item * 7919;

	for (int i = 0; i < TITLE_WORDS; i++)
		ranks[i] = draw_rank(&seed);
}

static void make_item(struct bench *b, int64_t item)
{
	uint64_t seed = (uint64_t)item * 104729, ranks[TITLE_WORDS];
	size_t words = 40 + next(&seed) % 160 + next(&seed) % 201;

	buf_clear(&b->title);
	buf_clear(&b->body);
	title_ranks(item, ranks);
	for (int i = 0; i < TITLE_WORDS; i++) {
		put_word(&b->title, ranks[i]);
		buf_putc(&b->title, ' ');
	}
	for (size_t i = 0; i < words; i++) {
		/* one word in ten is of the title's subject */
		put_word(&b->body, i % 10 == 3 ? ranks[next(&seed) % TITLE_WORDS] : draw_rank(&seed));
		buf_puts(&b->body, i % 12 == 11 ? ". " : " ");
	}
}

static int add_feeds(struct bench *b)
{
	int result = 0;

	for (int i = 1; i <= FEEDS && result == 0; i++) {
		char name[32], url[64], category[32];

		snprintf(name, sizeof(name), "feed%d", i);
		snprintf(url, sizeof(url), "https://feed%d.example/", i);
		snprintf(category, sizeof(category), "category%d", i % 20);
		result = sql_run_once(b->store.db,
			"INSERT INTO feed(id, active, backlog, health, failure, http_status, errors, polls, "
			"not_modified,"
			" bytes, items, server_wait, rank, name, url, categories) VALUES(?1, 1, 0, 0, 0, 200, 0, 0, 0, "
			"0, 0,"
			" 0, 0, ?2, ?3, ?4)",
			&b->err, "feeds", as_int(i), as_cstr(name), as_cstr(url), as_cstr(category));
	}
	return result;
}

static int add_item(struct bench *b, int64_t id)
{
	static const char *const languages[] = {"en", "en", "en", "de", "fr", "ru"};
	static const char digest[32];
	uint8_t uid[STORE_KEY_LEN] = {0};
	int64_t at_ms = START_MS + KEPT_MS / b->all_items * id, story = id % 5 == 0 ? id - 1 : id;
	struct item it;
	char link[64];
	int result = 0;

	make_item(b, id);
	item_init(&it);
	snprintf(link, sizeof(link), "https://feed%d.example/%lld", (int)(id % FEEDS), (long long)id);
	it.link = str_from(link);
	it.language = str_from(languages[id % 6]);
	it.identity = it.digest = str_make(digest, sizeof(digest));
	it.title = (struct text){.kind = TEXT_PLAIN, .value = buf_str(&b->title)};
	it.content = (struct text){.kind = TEXT_PLAIN, .value = buf_str(&b->body)};
	it.plain_title = buf_str(&b->title);
	it.plain_summary = str_slice(buf_str(&b->body), 0, 300);
	memcpy(uid, &id, sizeof(id));
	buf_clear(&b->record);
	result = record_encode(&b->record, &it);
	if (result == 0 && story == id)
		result = sql_run(b->add_story, &b->err, "stories", as_int(id), as_int(at_ms), as_key(uid));
	if (result == 0)
		result = sql_run(b->add_item, &b->err, "items", as_int(id), as_int(1 + id % FEEDS), as_int(story),
			as_key(uid), as_int(at_ms), as_blob(b->record.data, b->record.len));
	b->text_bytes += (int64_t)(b->title.len + b->body.len);
	return result;
}

static int add_items(struct bench *b, int64_t until)
{
	int result = 0;

	while (b->items < until && result == 0) {
		result = sql_exec(b->store.db, "BEGIN IMMEDIATE", &b->err, "items");
		for (int i = 0; i < ITEMS_A_COMMIT && b->items < until && result == 0; i++)
			result = add_item(b, ++b->items);
		if (result == 0)
			result = sql_run_once(b->store.db, "UPDATE counter SET item_id = ?1, items = ?1, stories = ?1",
				&b->err, "items", as_int(b->items));
		if (result == 0)
			result = sql_exec(b->store.db, "COMMIT; PRAGMA wal_checkpoint(PASSIVE)", &b->err, "items");
	}
	return result;
}

static int build(struct bench *b)
{
	atomic_bool stop = false;
	double clock = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
	int64_t before = b->items;
	char path[512];
	struct stat st;
	int result;

	while ((result = search_index_step(b->index, &stop, &b->err)) == 1)
		;
	if (result != 0)
		return result;
	snprintf(path, sizeof(path), "%s/search.db", b->folder);
	if (stat(path, &st) != 0)
		return error_sys(&b->err, -errno, "%s", path);
	printf("%9lld items: index built in %.0f s (%.0f s of processor), %.1f MB, %.1f %% of the texts (%.0f bytes "
	       "each)\n",
		(long long)before, seconds(CLOCK_MONOTONIC) - clock, seconds(CLOCK_THREAD_CPUTIME_ID) - cpu,
		(double)st.st_size / 1e6, 100.0 * (double)st.st_size / (double)b->text_bytes,
		(double)b->text_bytes / (double)b->items);
	return 0;
}

/* ---- searches ---- */

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A word of a title that few items have. */
static void put_rare(struct buf *out, uint64_t *seed, int64_t items)
{
	uint64_t ranks[TITLE_WORDS];

	for (;;) {
		title_ranks(1 + (int64_t)(next(seed) % (uint64_t)items), ranks);
		for (int i = 0; i < TITLE_WORDS; i++)
			if (ranks[i] >= RARE_RANK) {
				put_word(out, ranks[i]);
				return;
			}
	}
}

enum search_kind { ONE_WORD, TEN_OR, TEN_AND, FREQUENT, PHRASE, BEST, KINDS };

static const char *const kinds[KINDS] = {[ONE_WORD] = "one word",
	[TEN_OR] = "one of ten words",
	[TEN_AND] = "all of ten words",
	[FREQUENT] = "a word of most items",
	[PHRASE] = "a phrase",
	[BEST] = "one word, best first"};

static void make_rule(struct buf *out, enum search_kind kind, uint64_t *seed, int64_t items)
{
	uint64_t ranks[TITLE_WORDS];

	buf_clear(out);
	if (kind == ONE_WORD || kind == BEST) {
		put_rare(out, seed, items);
	} else if (kind == FREQUENT) {
		put_word(out, 1 + next(seed) % 8);
	} else if (kind == PHRASE) {
		title_ranks(1 + (int64_t)(next(seed) % (uint64_t)items), ranks);
		buf_putc(out, '"');
		put_word(out, ranks[2]);
		buf_putc(out, ' ');
		put_word(out, ranks[3]);
		buf_putc(out, '"');
	} else {
		for (int i = 0; i < TEN; i++) {
			if (i > 0)
				buf_puts(out, kind == TEN_OR ? " OR " : " AND ");
			put_rare(out, seed, items);
		}
	}
}

static int search(struct bench *b, enum search_kind kind)
{
	struct buf rule = BUF_INIT(4096);
	double times[SEARCHES], cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
	uint64_t seed = 4711;
	size_t found = 0;
	int result = 0;

	for (int i = 0; i < SEARCHES && result == 0; i++) {
		struct search_query q = {
			.sort = kind == BEST ? SEARCH_BEST : SEARCH_NEW, .limit = 30, .facets = true, .snippets = true};
		struct search_result r;
		double began;

		make_rule(&rule, kind, &seed, b->items);
		q.rule = buf_str(&rule);
		began = seconds(CLOCK_MONOTONIC);
		result = searcher_run(b->searcher, &q, &r, &b->err);
		times[i] = 1000 * (seconds(CLOCK_MONOTONIC) - began);
		if (result == 0) {
			found += r.found;
			search_result_release(&r);
		}
	}
	buf_release(&rule);
	if (result != 0)
		return result;
	qsort(times, SEARCHES, sizeof(times[0]), by_time);
	printf("          %-22s median %6.1f ms, 95 %% below %6.1f ms (%.1f ms of processor), %zu stories on average\n",
		kinds[kind], times[SEARCHES / 2], times[SEARCHES * 95 / 100],
		1000 * (seconds(CLOCK_THREAD_CPUTIME_ID) - cpu) / SEARCHES, found / SEARCHES);
	return 0;
}

static int measure(struct bench *b, int64_t items)
{
	int result = add_items(b, items);

	if (result == 0)
		result = build(b);
	for (int kind = 0; kind < KINDS && result == 0; kind++)
		result = search(b, (enum search_kind)kind);
	fflush(stdout);
	return result;
}

static int open_all(struct bench *b)
{
	int result = store_open(&b->store, b->folder, STORE_WRITE, &b->err);

	if (result == 0)
		result = sql_prepare_once(b->store.db,
			"INSERT INTO item(id, feed_id, story_id, digest, canon_version, rev, first_seen, sort_ms, uid, "
			"record)"
			" VALUES(?1, ?2, ?3, ?4, 2, 0, ?5, ?5, ?4, ?6)",
			&b->add_item, &b->err, "items");
	if (result == 0)
		result = sql_prepare_once(b->store.db,
			"INSERT INTO story(id, sort_ms, first_seen, last_seen, updated, sources, reports, uid)"
			" VALUES(?1, ?2, ?2, ?2, ?2, 1, 1, ?3)",
			&b->add_story, &b->err, "stories");
	if (result == 0)
		result = add_feeds(b);
	b->index = search_index_new(b->folder, &b->err);
	b->searcher = searcher_new(b->folder, &b->err);
	return b->index == NULL || b->searcher == NULL ? -ENOMEM : result;
}

static int64_t number_of(const char *text)
{
	long long number = 0;

	return str_to_int(str_from(text), &number) && number > 0 ? number : 1;
}

int main(int argc, char **argv)
{
	static const char *const usual[] = {"10000", "100000", "1000000"};
	struct bench b = {.folder = argc > 1 ? argv[1] : NULL,
		.title = BUF_INIT(65536),
		.body = BUF_INIT(65536),
		.record = BUF_INIT(1048576)};
	int count = argc > 2 ? argc - 2 : 3, result;

	if (b.folder == NULL) {
		fputs("usage: search FOLDER [ITEMS...]\n", stderr);
		return 2;
	}
	b.all_items = number_of(argc > 2 ? argv[argc - 1] : usual[2]);
	result = open_all(&b);
	for (int i = 0; i < count && result == 0; i++)
		result = measure(&b, number_of(argc > 2 ? argv[2 + i] : usual[i]));
	if (result != 0)
		fprintf(stderr, "search: %s\n", b.err.text);
	searcher_free(b.searcher);
	search_index_free(b.index);
	sql_finalize(&b.add_item, 1);
	sql_finalize(&b.add_story, 1);
	store_close(&b.store);
	buf_release(&b.title);
	buf_release(&b.body);
	buf_release(&b.record);
	return result != 0;
}
