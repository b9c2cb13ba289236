/* SPDX-License-Identifier: ISC */
/* What the daemon says to a worker: jobs, rules and headers.  What is taken is written as the same bytes again, and
 * lies within the message. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/utf8.h"
#include "sitrep/worker/job.h"

static struct arena arena;
static struct buf out;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	arena_init(&arena, FUZZ_ARENA_MAX);
	buf_init(&out, FUZZ_BUF_MAX);
	return 0;
}

static void check_job(struct str message)
{
	struct job j, again;
	struct error err = {0};

	if (job_decode(message, &j, &err) != 0) {
		fuzz_require(err.code == -EPROTO && err.text[0] != '\0', message);
		return;
	}
	fuzz_require(j.body.len <= message.len, message);
	buf_clear(&out);
	fuzz_require(job_encode_head(&out, &j) == 0 && buf_add(&out, j.body) == 0, message);
	fuzz_require(job_decode(buf_str(&out), &again, &err) == 0, message);
	fuzz_require(str_eq(j.feed, again.feed) && str_eq(j.url, again.url) && str_eq(j.body, again.body), message);
	fuzz_require(str_eq(j.categories, again.categories) && str_eq(j.content_type, again.content_type), message);
	fuzz_require(j.want_notes == again.want_notes, message);
}

static void check_rules(struct str message)
{
	struct rule_source *rules = NULL, *again = NULL;
	size_t count = 0, again_count = 0;
	struct error err = {0};

	if (rules_decode(message, &arena, &rules, &count, &err) != 0) {
		fuzz_require(err.code < 0 && err.text[0] != '\0', message);
		return;
	}
	buf_clear(&out);
	fuzz_require(rules_encode(&out, rules, count) == 0, message);
	fuzz_require(rules_decode(buf_str(&out), &arena, &again, &again_count, &err) == 0, message);
	fuzz_require(count == again_count, message);
	for (size_t i = 0; i < count; i++)
		fuzz_require(str_eq(rules[i].name, again[i].name) && str_eq(rules[i].expression, again[i].expression),
			message);
}

static void check_header(const uint8_t *data, size_t size)
{
	uint8_t written[MESSAGE_HEADER_LEN];
	struct message_header h;
	struct error err = {0};

	if (size < MESSAGE_HEADER_LEN || message_header_decode(data, 1000000, &h, &err) != 0)
		return;
	fuzz_require(h.length <= 1000000, fuzz_str(data, size));
	message_header_encode(written, &h);
	fuzz_require(memcmp(written, data, sizeof(written)) == 0, fuzz_str(data, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str message = fuzz_str(data, size);

	arena_clear(&arena);
	check_job(message);
	check_rules(message);
	check_header(data, size);
	return 0;
}
