/* SPDX-License-Identifier: ISC */
/* bytes_seed.c: what our own code writes, as the first corpus of the targets that read it damaged.
 *
 * usage: bytes_seed habits|stored|near|job FOLDER */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/story/posting_row.h"
#include "sitrep/identity/canon.h"
#include "sitrep/identity/identity.h"
#include "sitrep/identity/identity_trust.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/schedule/feed_history.h"
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

	(void)snprintf(path, sizeof(path), "%s/bytes-%u", folder, written++);
	f = fopen(path, "wb");
	if (f == NULL || buf_failed(seed) || fwrite(seed->data, 1, seed->len, f) != seed->len)
		failed = 1;
	if (f != NULL && fclose(f) != 0)
		failed = 1;
}

static void put_habits(void)
{
	struct buf out = BUF_INIT(SEED_MAX);
	struct feed_history h;

	feed_history_init(&h);
	for (int poll = 0; poll < 3; poll++) {
		int64_t published_ms[] = {NOW_MS + poll * 3600000 - 1000, NOW_MS + poll * 3600000 - 900000};
		struct rhythm_poll p = {
			.at_ms = NOW_MS + poll * 3600000, .published_ms = published_ms, .fresh = 2, .shown = 20};

		buf_clear(&out);
		(void)feed_history_encode(&h, &out);
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

	(void)canon_tokens(&tokens, str_from(text), &count);
	sketch_make(&s, STR("frigate left "), buf_str(&tokens), str_from(text));
	/* the length of a first sketch, which is none */
	(void)buf_append(out, "\0\0", 2);
	(void)sketch_encode(out, &s);
	buf_release(&tokens);
}

static void put_trust(struct buf *out)
{
	uint8_t bytes[TRUST_BYTES];
	struct identity_trust t = {0};

	for (size_t i = 0; i < 5; i++)
		identity_trust_note(&t, i, i / 2);
	(void)buf_putc(out, 1);
	(void)buf_append(out, bytes, identity_trust_encode(&t, bytes));
}

static void put_record(struct buf *out)
{
	struct buf record = BUF_INIT(SEED_MAX);
	struct error err;
	struct identity *id = identity_new(&err);
	struct item it = {.title = {.kind = TEXT_PLAIN, .value = STR("Frigate left")},
		.content = {.kind = TEXT_HTML, .value = STR("<p>It left.</p>")},
		.link = STR("https://feeds.example/1")};
	struct arena a;

	arena_init(&a, SEED_MAX);
	if (id == NULL || identity_assign(id, &a, &it) != 0 || record_encode(&record, &it) != 0)
		failed = 1;
	(void)buf_putc(out, 3);
	(void)buf_add(out, buf_str(&record));
	identity_free(id);
	arena_release(&a);
	buf_release(&record);
}

static void add_postings(struct buf *row)
{
	for (uint64_t i = 1; i <= 3; i++) {
		(void)posting_add_bytes(row, 1, POSTING_TAG_BYTES);
		(void)posting_add_bytes(row, i, POSTING_ID_BYTES);
	}
	(void)posting_row_seal(row, 3);
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
		(void)buf_puts(&out, others[i]);
		put(&out);
	}
	add_postings(&row);
	buf_clear(&out);
	(void)buf_putc(&out, 6);
	(void)buf_add(&out, buf_str(&row));
	put(&out);
	buf_release(&row);
	buf_release(&out);
}

/* A row in the form that near_fuzz.c reads its pieces in. */
static void add_piece(struct buf *out, char table, const struct buf *blob)
{
	char head[] = {table, 3, 0, (char)blob->len};

	(void)buf_append(out, head, sizeof(head));
	(void)buf_add(out, buf_str(blob));
}

static void put_near(void)
{
	struct buf out = BUF_INIT(SEED_MAX), blob = BUF_INIT(SEED_MAX);

	add_postings(&blob);
	add_piece(&out, 0, &blob);
	put(&out);
	buf_clear(&blob);
	for (uint64_t i = 1; i <= 4; i++)
		(void)posting_add_bytes(&blob, i, SKETCH_SHINGLE_BITS / 8);
	(void)seal_add(&blob);
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
	static const struct rule_source rules[] = {{STR("alert/a"), STR("frigate*")}, {STR("output/b"), STR("x OR y")}};
	struct job j = {.feed = STR("usni"),
		.categories = STR("naval\nus"),
		.url = STR("https://feeds.example/"),
		.content_type = STR("text/xml"),
		.body = STR("<rss/>"),
		.want_notes = true};
	struct message_header h = {.kind = MESSAGE_JOB, .job = 7, .length = 99};
	struct buf out = BUF_INIT(SEED_MAX);
	uint8_t header[MESSAGE_HEADER_LEN];

	(void)job_encode_head(&out, &j);
	(void)buf_add(&out, j.body);
	put(&out);
	buf_clear(&out);
	(void)rules_encode(&out, rules, 2);
	put(&out);
	message_header_encode(header, &h);
	buf_clear(&out);
	(void)buf_append(&out, header, sizeof(header));
	put(&out);
	buf_release(&out);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *target;
		void (*put)(void);
	} kinds[] = {{"habits", put_habits}, {"stored", put_stored}, {"near", put_near}, {"job", put_job}};

	folder = argc == 3 ? argv[2] : NULL;
	for (size_t i = 0; folder != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(argv[1], kinds[i].target) == 0)
			kinds[i].put();
	if (written == 0 || failed != 0)
		(void)fputs("bytes_seed: no seeds; usage: bytes_seed habits|stored|near|job FOLDER\n", stderr);
	return written > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
