/* SPDX-License-Identifier: ISC */
/* document_check_test.c: what an honest worker sends is let through, and what it costs; what no parser makes is not.
 * The lies that a whole daemon is told are in tests/hostile/worker.c. */
#include <dirent.h>

#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/identity/identity.h"
#include "sitrep/model/wire.h"
#include "sitrep/parse/parse.h"
#include "sitrep/worker/document_check.h"

enum { FEED_MAX = 4 * 1024 * 1024, MEMORY_MAX = 256 * 1024 * 1024, ROUNDS = 20 };

static const struct known_rules no_rules;
static struct arena arena;
static struct buf bytes;
static struct identity *identity;

static void setup(void)
{
	struct error err;

	arena_init(&arena, MEMORY_MAX);
	buf_init(&bytes, MEMORY_MAX);
	identity = identity_new(&err);
	assert_non_null(identity);
	parse_prepare();
}

static void teardown(void)
{
	identity_free(identity);
	arena_release(&arena);
	buf_release(&bytes);
}

/* The wire bytes of a feed as a worker makes them; false when it is no feed. */
static bool work(struct str body, struct document *d)
{
	const struct parse_input in = {.body = body, .url = STR("https://feeds.example/dir/feed.xml")};

	arena_clear(&arena);
	buf_clear(&bytes);
	if (parse_feed(&in, &arena, d, NULL) != 0)
		return false;
	for (size_t i = 0; i < d->items.count; i++)
		assert_int_equal(identity_assign(identity, &arena, &d->items.items[i]), 0);
	assert_int_equal(wire_encode_document(&bytes, d), 0);
	return true;
}

static int check(struct error *err)
{
	struct document d;

	return document_check(buf_str(&bytes), &no_rules, &arena, &d, err);
}

TEST(samples_pass)
{
	static char body[FEED_MAX];
	DIR *folder = opendir("tests/samples");
	struct dirent *entry;
	int count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		char path[512];
		struct document d;
		struct error err = {0};
		FILE *file;
		size_t len;

		snprintf(path, sizeof(path), "tests/samples/%s", entry->d_name);
		file = entry->d_name[0] != '.' ? fopen(path, "rb") : NULL;
		if (file == NULL)
			continue;
		len = fread(body, 1, sizeof(body), file);
		fclose(file);
		if (!work(str_make(body, len), &d))
			continue;
		count++;
		if (check(&err) != 0)
			fail_msg("%s: %s", entry->d_name, err.text);
	}
	closedir(folder);
	assert_true(count >= 5);
}

/* Texts that only just are, or only just are not, what a document may hold: the parser mends them. */
TEST(odd_feeds_pass)
{
	static const char *const pieces[] = {"a&#x85;b", "a&#x7f;b", "&#xfffe;", "a\302\233b", "\x01", "a\x1b[31m",
		"\xE2\x80\xAE reversed", "\xEF\xBB\xBF", "&lt;b&gt;x&lt;/b&gt;", "&lt;script&gt;x&lt;/script&gt;",
		"javascript:alert(1)", "https://a.example/\xC2\x85", "https://a.example/\xE2\x80\xAE", "https://[::1",
		"mailto:a@b.example", "-0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z",
		"Mon, 01 Jan 0001 00:00:00 -2359"};
	struct buf *feed = scratch(1 << 20);

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct document d;
		struct error err = {0};
		const char *p = pieces[i];

		buf_clear(feed);
		buf_printf(feed,
			"<rss "
			"version='2.0'><channel><title>%s</title><link>%s</link><item><title>%s</title><guid>%s</guid>"
			"<description>%s</description><pubDate>%s</pubDate><author>%s</author><category>%s</category>"
			"<comments>%s</comments></item><item><link>%s</link></item></channel></rss>",
			p, p, p, p, p, p, p, p, p, p);
		assert_true(work(buf_str(feed), &d));
		if (check(&err) != 0)
			fail_msg("\"%s\": %s", p, err.text);
	}
}

/* Everything at its limit, and beyond: the parser cuts. */
TEST(long_texts_pass)
{
	struct buf *feed = scratch(1 << 26), *text = scratch(1 << 24);
	struct document d;
	struct error err = {0};

	while (text->len < LIMIT_ITEM_CONTENT + 100)
		buf_puts(text, "long text \xC3\xA9 ");
	buf_printf(feed,
		"<rss "
		"version='2.0'><channel><title>%s</title><managingEditor>%s</managingEditor><item><title>%s</title>"
		"<guid>%s</guid><link>https://a.example/%s</link><description>%s</description><author>%s</author>"
		"<category>%s</category></item></channel></rss>",
		text->data, text->data, text->data, text->data, text->data, text->data, text->data, text->data);
	assert_true(work(buf_str(feed), &d));
	assert_int_equal(d.items.count, 1);
	assert_ok(check(&err) == 0, err);
}

/* What cannot be told by a whole worker: damage anywhere in the bytes is refused with a sentence, or harms nothing. */
TEST(damaged_bytes_are_refused_or_harmless)
{
	static const char feed[] =
		"<rss version='2.0'><channel><title>F</title><item><title>T</title><guid>1</guid>"
		"<link>https://a.example/1</link><description>&lt;p&gt;Words of it&lt;/p&gt;</description>"
		"</item></channel></rss>";
	struct document d;
	int refused = 0;

	assert_true(work(str_from(feed), &d));
	for (size_t i = 0; i < bytes.len; i++) {
		struct error err = {0};
		char before = bytes.data[i];

		for (int bit = 0; bit < 8; bit++) {
			bytes.data[i] = (char)(before ^ (1 << bit));
			if (check(&err) == 0)
				continue;
			assert_int_equal(err.code, -EPROTO);
			assert_true(err.text[0] != '\0');
			refused++;
		}
		bytes.data[i] = before;
	}
	assert_true(refused > 100);
}

/* Not a bar, since machines differ: the figure is for the reader. */
TEST(what_an_item_costs)
{
	struct buf *feed = scratch(1 << 24);
	struct document d;
	struct error err = {0};
	int64_t before_us, least_us = INT64_MAX, reading_us = INT64_MAX;
	struct arena own;

	buf_puts(feed, "<rss version='2.0'><channel><title>F</title>");
	for (int i = 0; i < 1000; i++) {
		buf_printf(feed,
			"<item><title>Frigate %d leaves port for a week of "
			"drills</title><guid>https://a.example/%d</guid>"
			"<link>https://a.example/2026/11/frigate-%d</link><pubDate>Mon, 23 Nov 2026 10:52:35 "
			"GMT</pubDate>"
			"<author>desk@a.example (Desk)</author><category>naval</category><description><![CDATA[",
			i, i, i);
		for (int k = 0; k < 8; k++)
			buf_printf(feed,
				"<p>The frigate squadron left the <a href=\"https://a.example/base/%d\">naval base</a> "
				"at "
				"Halden for a week of drills &amp; exercises.</p>",
				k);
		buf_puts(feed, "]]></description></item>");
	}
	buf_puts(feed, "</channel></rss>");
	assert_true(work(buf_str(feed), &d));
	/* Its memory is the same at each round, as the pool's is between usual feeds. */
	arena_init(&own, MEMORY_MAX);
	for (int i = 0; i < ROUNDS; i++) {
		int64_t took_us;

		arena_clear(&own);
		before_us = clock_thread_cpu_us();
		assert_int_equal(document_check(buf_str(&bytes), &no_rules, &own, &d, &err), 0);
		took_us = clock_thread_cpu_us() - before_us;
		least_us = took_us < least_us ? took_us : least_us;
		arena_clear(&own);
		before_us = clock_thread_cpu_us();
		assert_int_equal(wire_decode_document(buf_str(&bytes), &own, &d, &err), 0);
		took_us = clock_thread_cpu_us() - before_us;
		reading_us = took_us < reading_us ? took_us : reading_us;
	}
	arena_release(&own);
	print_message("an item with 1.3 KB of markup and 8 links: reading it %.2f us, checking it %.2f us\n",
		(double)reading_us / 1000, (double)(least_us - reading_us) / 1000);
}

TEST_GROUP(setup, teardown)
