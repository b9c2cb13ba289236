/* SPDX-License-Identifier: ISC */
/* job_test.c: what goes over a worker's socket comes through whole, and what is cut, lies or is noise is refused. */
#include "../scratch.h"
#include "sitrep/base/utf8.h"
#include "sitrep/worker/job.h"

enum { MESSAGE_MAX = 1024 * 1024, ARENA_MAX = 16 * 1024 * 1024, ROUNDS = 20000 };

static void assert_refused(int result, const struct error *err)
{
	assert_int_equal(result, -EPROTO);
	assert_int_equal(err->code, -EPROTO);
	assert_true(err->text[0] != '\0');
}

static bool same(struct str a, struct str b)
{
	return (a.data == NULL) == (b.data == NULL) && str_eq(a, b);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(2685821657736338717);
}

/* ---- headers ---- */

TEST(headers)
{
	static const enum message_kind kinds[] = {
		MESSAGE_HELLO, MESSAGE_RULES, MESSAGE_JOB, MESSAGE_DOCUMENT, MESSAGE_FAILURE};
	static const uint32_t numbers[] = {0, 1, 0x01020304, UINT32_MAX};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
			struct message_header sent = {kinds[i], numbers[k], numbers[3 - k]}, got;
			uint8_t bytes[MESSAGE_HEADER_LEN];

			message_header_encode(bytes, &sent);
			assert_int_equal(message_header_decode(bytes, UINT32_MAX, &got, NULL), 0);
			assert_int_equal(got.kind, sent.kind);
			assert_int_equal(got.job, sent.job);
			assert_int_equal(got.length, sent.length);
		}
	}
}

TEST(bad_headers)
{
	static const uint32_t kinds[] = {0, MESSAGE_FAILURE + 1, 256 + MESSAGE_JOB, UINT32_MAX};
	struct message_header good = {.kind = MESSAGE_DOCUMENT, .job = 7, .length = 1000}, got;
	uint8_t bytes[MESSAGE_HEADER_LEN];
	struct error err = {0};

	message_header_encode(bytes, &good);
	assert_int_equal(message_header_decode(bytes, 1000, &got, &err), 0);
	assert_refused(message_header_decode(bytes, 999, &got, &err), &err);
	assert_refused(message_header_decode(bytes, 0, &got, &err), &err);
	for (size_t i = 0; i < 4; i++) {
		bytes[i] ^= 1;
		assert_refused(message_header_decode(bytes, UINT32_MAX, &got, &err), &err);
		bytes[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct message_header odd = {.kind = (enum message_kind)kinds[i]};

		message_header_encode(bytes, &odd);
		assert_refused(message_header_decode(bytes, UINT32_MAX, &got, &err), &err);
	}
}

/* ---- jobs ---- */

static const struct job full_job = {
	.feed = {"alpha", 5},
	.categories = {"naval\nus", 8},
	.publisher = {"Alpha House", 11},
	.url = {"https://a.example/feed", 22},
	.content_type = {"text/xml; charset=\xff", 19},
	.content_location = {"", 0},
	.want_notes = true,
};

TEST(jobs)
{
	static const char body[] = "<rss>\0\xff</rss>";
	struct job jobs[3] = {full_job}, got;

	jobs[2] = full_job;
	jobs[2].want_notes = false;
	jobs[2].content_language = STR("en");
	for (size_t i = 0; i < 3; i++) {
		struct buf *message = scratch(MESSAGE_MAX);

		assert_int_equal(job_encode_head(message, &jobs[i]), 0);
		assert_int_equal(buf_append(message, body, sizeof(body)), 0);
		assert_int_equal(job_decode(buf_str(message), &got, NULL), 0);
		assert_true(same(got.feed, jobs[i].feed));
		assert_true(same(got.categories, jobs[i].categories));
		assert_true(same(got.publisher, jobs[i].publisher));
		assert_true(same(got.url, jobs[i].url));
		assert_true(same(got.content_type, jobs[i].content_type));
		assert_true(same(got.content_location, jobs[i].content_location));
		assert_true(same(got.content_language, jobs[i].content_language));
		assert_true(same(got.body, str_make(body, sizeof(body))));
		assert_true(got.want_notes == jobs[i].want_notes);
	}
}

TEST(cut_jobs)
{
	struct buf *message = scratch(MESSAGE_MAX);
	struct error err = {0};
	struct job got;

	assert_int_equal(job_encode_head(message, &full_job), 0);
	for (size_t len = 0; len < message->len; len++) {
		assert_refused(job_decode(scratch_copy(str_slice(buf_str(message), 0, len)), &got, &err), &err);
	}
	assert_int_equal(job_decode(buf_str(message), &got, &err), 0);
	assert_int_equal(got.body.len, 0);
}

TEST(no_room_for_a_job)
{
	for (size_t max = 0; max < 64; max++) {
		struct buf *message = scratch(max);

		assert_int_equal(job_encode_head(message, &full_job), -E2BIG);
	}
}

/* ---- rules ---- */

TEST(rules_that_are_known)
{
	static const struct rule_source rules[] = {
		{{"alert/strait", 12}, {"taiwan* AND frigate*", 20}},
		{{"", 0}, {"x", 1}},
		{{"output/naval", 12}, {"\xed\x95\x9c*", 4}},
	};
	static const size_t places[] = {1, 0, 2};

	for (size_t n = 0; n <= sizeof(rules) / sizeof(rules[0]); n++) {
		struct known_rules known;

		assert_int_equal(known_rules_make(&known, n > 0 ? rules : NULL, n), 0);
		assert_int_equal(known.count, n);
		for (size_t i = 0; i < n; i++) {
			const struct known_rule *found = known_rules_find(&known, rules[i].name);

			assert_non_null(found);
			assert_int_equal(found->place, i);
			assert_true(same(found->name, rules[i].name));
			assert_true(same(found->expression, rules[i].expression));
			assert_true(n < 3 || known.items[i].place == places[i]);
		}
		assert_null(known_rules_find(&known, STR("alert/other")));
		known_rules_release(&known);
	}
}

TEST(message_of_rules)
{
	static const uint64_t sizes[] = {0, 1, 4096, UINT32_MAX, UINT64_C(1) << 40, UINT64_MAX};
	uint8_t message[MESSAGE_RULES_LEN + 1] = {0};
	uint64_t size = 7;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		rules_message_encode(message, sizes[i]);
		assert_int_equal(rules_message_decode(str_make((const char *)message, MESSAGE_RULES_LEN), &size), 0);
		assert_true(size == sizes[i]);
	}
	for (size_t len = 0; len < sizeof(message); len++)
		if (len != MESSAGE_RULES_LEN)
			assert_int_equal(rules_message_decode(str_make((const char *)message, len), &size), -EPROTO);
	assert_int_equal(rules_message_decode(str_make((const char *)message, sizeof(message)), &size), -EPROTO);
}

/* ---- failures ---- */

TEST(failures)
{
	static const int codes[] = {-EPERM, -EBADMSG, -ENOMEM, -4095};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct buf *message = scratch(MESSAGE_MAX);
		struct error err = {0};

		assert_int_equal(
			failure_encode(message, codes[i], STR("not a feed: 100%s \xe2\x80\x9cHTML\xe2\x80\x9d")), 0);
		assert_int_equal(failure_decode(buf_str(message), &err), 0);
		assert_int_equal(err.code, codes[i]);
		assert_string_equal(err.text, "not a feed: 100%s \xe2\x80\x9cHTML\xe2\x80\x9d");
	}
}

TEST(failures_that_are_none)
{
	static const struct str bad[] = {
		{"", 0}, {"\1\0\0", 3}, {"\0\0\0\0no", 6}, {"\0\x10\0\0no", 6}, {"\xff\xff\xff\xffno", 6}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = {0};

		assert_refused(failure_decode(scratch_copy(bad[i]), &err), &err);
	}
}

/* The sentence goes into log lines: it is one line, it is text, and it is not longer than an error has room for. */
TEST(hostile_sentences)
{
	struct buf *message = scratch(MESSAGE_MAX);
	struct error err = {0};

	assert_int_equal(failure_encode(message, -EBADMSG, STR(" a\nb\x1b[31m\xff\0c\xe2\x80\xae")), 0);
	assert_int_equal(failure_decode(buf_str(message), &err), 0);
	assert_int_equal(err.code, -EBADMSG);
	assert_true(utf8_valid(str_from(err.text)));
	assert_null(strpbrk(err.text, "\n\x1b"));
	assert_non_null(strstr(err.text, "a b"));
	assert_null(strstr(err.text, "\xe2\x80\xae"));
	buf_clear(message);
	assert_int_equal(failure_encode(message, -EBADMSG, STR("")), 0);
	for (int i = 0; i < ERROR_TEXT_MAX; i++)
		assert_int_equal(buf_puts(message, "\xe2\x82\xac"), 0);
	assert_int_equal(failure_decode(buf_str(message), &err), 0);
	assert_int_equal(err.code, -EBADMSG);
	assert_true(utf8_valid(str_from(err.text)));
	assert_in_range(strlen(err.text), ERROR_TEXT_MAX - 8, ERROR_TEXT_MAX - 1);
}

/* ---- noise ---- */

static bool within(struct str part, struct str whole)
{
	return part.data == NULL ||
	       (part.data >= whole.data && part.len <= (size_t)(whole.data + whole.len - part.data));
}

TEST(noise)
{
	uint64_t seed = 20261123;

	for (int round = 0; round < ROUNDS; round++) {
		uint8_t noise[80];
		size_t len = (size_t)(next_random(&seed) % sizeof(noise));
		struct str copy;
		struct error err = {0};
		struct job j;

		/* small lengths, so that some of it is taken */
		for (size_t i = 0; i < len; i++)
			noise[i] = (uint8_t)(i % 4 == 1 && round % 2 == 0 ? next_random(&seed) % 4 : 0);
		for (int i = 0; i < 4 && len > 0; i++)
			noise[next_random(&seed) % len] = (uint8_t)next_random(&seed);
		copy = scratch_copy(str_make((const char *)noise, len));
		if (job_decode(copy, &j, NULL) == 0)
			assert_true(within(j.feed, copy) && within(j.categories, copy) && within(j.url, copy) &&
				    within(j.content_type, copy) && within(j.content_location, copy) &&
				    within(j.content_language, copy) && within(j.body, copy));
		failure_decode(copy, &err);
		assert_true(err.code < 0 && utf8_valid(str_from(err.text)));
	}
}
