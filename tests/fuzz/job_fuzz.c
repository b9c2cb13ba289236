/* SPDX-License-Identifier: ISC */
/* What the daemon says to a worker: jobs, rules and headers.  What is taken is written as the same bytes again, and
 * lies within the message. */
#include "fuzz.h"
#include "sitrep/base/utf8.h"
#include "sitrep/worker/job.h"

static struct buf out;

FUZZ_SETUP
{
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
	uint8_t written[MESSAGE_RULES_LEN];
	uint64_t size;

	if (rules_message_decode(message, &size) != 0)
		return;
	rules_message_encode(written, size);
	fuzz_require(str_eq(str_make((const char *)written, sizeof(written)), message), message);
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

	check_job(message);
	check_rules(message);
	check_header(data, size);
	return 0;
}
