/* SPDX-License-Identifier: ISC */
/* What a worker may send: a document, an item, and the messages around them.  What is accepted is written and read
 * again as the same; everything else is refused with a sentence. */
#include "fuzz.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/utf8.h"
#include "sitrep/model/document.h"
#include "sitrep/model/wire.h"
#include "sitrep/worker/job.h"

static struct arena arena;
static struct buf once, twice, json;

FUZZ_SETUP
{
	arena_init(&arena, FUZZ_ARENA_MAX);
	buf_init(&once, FUZZ_BUF_MAX);
	buf_init(&twice, FUZZ_BUF_MAX);
	buf_init(&json, FUZZ_BUF_MAX);
	return 0;
}

static void check_refusal(int result, const struct error *err, struct str bytes)
{
	fuzz_require(result == -EPROTO || result == -ENOMEM, bytes);
	fuzz_require(err->code == result && err->text[0] != '\0', bytes);
	fuzz_require(utf8_valid(str_from(err->text)), bytes);
}

static void check_document(struct str bytes)
{
	struct document d;
	struct jsonw w = JSONW_INIT(&json);
	struct error err = {0};
	int result = wire_decode_document(bytes, &arena, &d, &err);

	if (result != 0) {
		check_refusal(result, &err, bytes);
		return;
	}
	buf_clear(&once);
	buf_clear(&twice);
	buf_clear(&json);
	fuzz_require(wire_encode_document(&once, &d) == 0, bytes);
	fuzz_require(wire_decode_document(buf_str(&once), &arena, &d, &err) == 0, bytes);
	fuzz_require(wire_encode_document(&twice, &d) == 0, bytes);
	fuzz_require(str_eq(buf_str(&once), buf_str(&twice)), bytes);
	document_write_json(&w, &d);
	fuzz_require(utf8_valid(buf_str(&json)) && !buf_failed(&json), bytes);
}

static void check_item(struct str bytes)
{
	struct item it;
	struct error err = {0};
	int result = wire_decode_item(bytes, &arena, &it, &err);

	if (result != 0) {
		check_refusal(result, &err, bytes);
		return;
	}
	buf_clear(&once);
	buf_clear(&twice);
	fuzz_require(wire_encode_item(&once, &it) == 0, bytes);
	fuzz_require(wire_decode_item(buf_str(&once), &arena, &it, &err) == 0, bytes);
	fuzz_require(wire_encode_item(&twice, &it) == 0, bytes);
	fuzz_require(str_eq(buf_str(&once), buf_str(&twice)), bytes);
}

static void check_messages(struct str bytes)
{
	struct error err = {0};
	struct message_header header;
	struct job job;

	if (bytes.len >= MESSAGE_HEADER_LEN &&
		message_header_decode((const uint8_t *)bytes.data, 1024, &header, &err) == 0) {
		uint8_t again[MESSAGE_HEADER_LEN];

		message_header_encode(again, &header);
		fuzz_require(memcmp(again, bytes.data, sizeof(again)) == 0 && header.length <= 1024, bytes);
	}
	if (job_decode(bytes, &job, &err) == 0)
		fuzz_require(job.body.len <= bytes.len, bytes);
	memset(&err, 0, sizeof(err));
	failure_decode(bytes, &err);
	fuzz_require(err.code < 0 && utf8_valid(str_from(err.text)), bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = fuzz_str(data, size);

	arena_clear(&arena);
	check_document(bytes);
	check_item(bytes);
	check_messages(bytes);
	return 0;
}
