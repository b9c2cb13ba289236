/* SPDX-License-Identifier: ISC */
/* bytes_seed.c: what our own code writes, as the first corpus of the targets that read it damaged.
 *
 * usage: bytes_seed history|stored|near|job|learnt FOLDER */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/ingest/burst.h"
#include "../../daemon/ingest/growth.h"
#include "../../daemon/story/posting_row.h"
#include "sitrep/base/codec.h"
#include "sitrep/base/le.h"
#include "sitrep/identity/canon.h"
#include "sitrep/identity/identity.h"
#include "sitrep/identity/identity_trust.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/schedule/feed_history.h"
#include "sitrep/schedule/post_gaps.h"
#include "sitrep/sql/seal.h"
#include "sitrep/store/record.h"
#include "sitrep/worker/job.h"

/* 2026-11-23T10:00:00Z */
#define NOW_MS INT64_C(1795428000000)

enum { SEED_MAX = 1024 * 1024 };

static const char text[] =
	"The frigate left port on Monday with 210 sailors and 14 boats, the ministry said on 3 March.";

static const char *folder;
static unsigned written;
static int failed;

static void put(const struct buf *seed)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/bytes-%u", folder, written++);
	f = fopen(path, "wb");
	if (f == NULL || buf_failed(seed) || fwrite(seed->data, 1, seed->len, f) != seed->len)
		failed = 1;
	if (f != NULL && fclose(f) != 0)
		failed = 1;
}

static void put_history(void)
{
	struct buf out = BUF_INIT(SEED_MAX);
	struct feed_history h;

	feed_history_init(&h);
	for (int poll = 0; poll < 3; poll++) {
		int64_t published_ms[] = {NOW_MS + poll * 3600000 - 1000, NOW_MS + poll * 3600000 - 900000};
		struct rhythm_poll p = {
			.at_ms = NOW_MS + poll * 3600000, .published_ms = published_ms, .fresh = 2, .shown = 20};

		buf_clear(&out);
		feed_history_encode(&h, &out);
		put(&out);
		rhythm_note_poll(&h.rhythm, &p);
		h.retry_after_ms = 60000;
		h.hints.ttl_ms = 3600000;
	}
	buf_release(&out);
}

static void put_sketch(struct buf *out)
{
	static struct sketch s;
	struct buf tokens = BUF_INIT(SEED_MAX);
	size_t count = 0;

	canon_tokens(&tokens, str_from(text), &count);
	sketch_make(&s, STR("frigate left "), buf_str(&tokens), str_from(text));
	/* the length of a first sketch, which is none */
	buf_append(out, "\0\0", 2);
	sketch_encode(out, &s);
	buf_release(&tokens);
}

static void put_trust(struct buf *out)
{
	uint8_t bytes[TRUST_BYTES];
	struct identity_trust t = {0};

	for (size_t i = 0; i < 5; i++)
		identity_trust_note(&t, i, i / 2);
	buf_putc(out, 1);
	buf_append(out, bytes, identity_trust_encode(&t, bytes));
}

static void put_record(struct buf *out)
{
	struct buf record = BUF_INIT(SEED_MAX);
	struct error err;
	struct identity *id = identity_new(&err);
	struct item it = {.title = {.kind = TEXT_PLAIN, .value = STR("Frigate left")},
		.content = {.kind = TEXT_HTML, .value = STR("<p>It left.</p>")},
		.link = STR("https://feeds.example/1")};
	struct arena a = ARENA_INIT(SEED_MAX);

	if (id == NULL || identity_assign(id, &a, &it) != 0 || record_encode(&record, &it) != 0)
		failed = 1;
	buf_putc(out, 3);
	buf_add(out, buf_str(&record));
	identity_free(id);
	arena_release(&a);
	buf_release(&record);
}

static void add_postings(struct buf *row)
{
	for (uint64_t i = 1; i <= 3; i++) {
		le_append(row, 1, POSTING_TAG_BYTES);
		le_append(row, i, POSTING_ID_BYTES);
	}
	posting_row_seal(row, 3);
}

static void put_stored(void)
{
	static void (*const puts[])(struct buf * out) = {put_sketch, put_trust, put_record};
	static const char *const others[] = {"\2sealed", "\0048d2c1111-2222-8333-8444-555566667777", "\7abacadae"};
	struct buf out = BUF_INIT(SEED_MAX), row = BUF_INIT(SEED_MAX);

	for (size_t i = 0; i < sizeof(puts) / sizeof(puts[0]); i++) {
		buf_clear(&out);
		puts[i](&out);
		put(&out);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		buf_clear(&out);
		buf_puts(&out, others[i]);
		put(&out);
	}
	add_postings(&row);
	buf_clear(&out);
	buf_putc(&out, 6);
	buf_add(&out, buf_str(&row));
	put(&out);
	buf_release(&row);
	buf_release(&out);
}

/* A row in the form that near_fuzz.c reads its pieces in. */
static void add_piece(struct buf *out, char table, const struct buf *blob)
{
	char head[] = {table, 3, 0, (char)blob->len};

	buf_append(out, head, sizeof(head));
	buf_add(out, buf_str(blob));
}

static void put_near(void)
{
	struct buf out = BUF_INIT(SEED_MAX), blob = BUF_INIT(SEED_MAX);

	add_postings(&blob);
	add_piece(&out, 0, &blob);
	put(&out);
	buf_clear(&blob);
	for (uint64_t i = 1; i <= 4; i++)
		le_append(&blob, i, SKETCH_SHINGLE_BITS / 8);
	seal_add(&blob);
	add_piece(&out, 1, &blob);
	add_piece(&out, 2, &blob);
	buf_clear(&blob);
	add_piece(&out, 4, &blob);
	put(&out);
	buf_release(&blob);
	buf_release(&out);
}

static void put_job(void)
{
	struct job j = {.feed = STR("usni"),
		.categories = STR("naval\nus"),
		.url = STR("https://feeds.example/"),
		.content_type = STR("text/xml"),
		.body = STR("<rss/>"),
		.want_notes = true};
	struct message_header h = {.kind = MESSAGE_JOB, .job = 7, .length = 99};
	struct buf out = BUF_INIT(SEED_MAX);
	uint8_t header[MESSAGE_HEADER_LEN], size[MESSAGE_RULES_LEN];

	job_encode_head(&out, &j);
	buf_add(&out, j.body);
	put(&out);
	buf_clear(&out);
	rules_message_encode(size, 123456);
	buf_append(&out, size, sizeof(size));
	put(&out);
	message_header_encode(header, &h);
	buf_clear(&out);
	buf_append(&out, header, sizeof(header));
	put(&out);
	buf_release(&out);
}

/* The first byte is the one by which learnt_fuzz.c knows what follows. */
static struct code begin_learnt(struct buf *out, char kind)
{
	buf_clear(out);
	buf_putc(out, kind);
	return (struct code){.out = out};
}

static void put_learnt(void)
{
	struct buf out = BUF_INIT(SEED_MAX);
	struct burst_figures figures;
	struct post_gaps post_gaps;
	struct growth growth;
	struct burst burst;
	struct code c;
	double expected;

	post_gaps_init(&post_gaps);
	burst_init(&burst);
	growth_init(&growth);
	for (int64_t day = 0; day < 40; day++) {
		post_gaps_pass(&post_gaps, 0.5 * (double)(1 + day % 9) * (double)(1 + day));
		post_gaps_meet(&post_gaps, NOW_MS + day * 86400000);
		burst_note(&burst, NOW_MS + day * 86400000, &figures);
		growth_note(&growth, NOW_MS + day * 86400000, GROWTH_LEAST + day % 5, &expected);
	}
	c = begin_learnt(&out, 0);
	post_gaps_code(&c, &post_gaps);
	put(&out);
	c = begin_learnt(&out, 1);
	burst_code(&c, &burst);
	put(&out);
	c = begin_learnt(&out, 2);
	growth_code(&c, &growth);
	put(&out);
	buf_release(&out);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *target;
		void (*put)(void);
	} kinds[] = {{"history", put_history}, {"stored", put_stored}, {"near", put_near}, {"job", put_job},
		{"learnt", put_learnt}};

	folder = argc == 3 ? argv[2] : NULL;
	for (size_t i = 0; folder != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[1], kinds[i].target) == 0)
			kinds[i].put();
	if (written == 0 || failed != 0)
		fputs("bytes_seed: no seeds; usage: bytes_seed history|stored|near|job|learnt FOLDER\n", stderr);
	return written > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
