/* SPDX-License-Identifier: ISC */
/* Charsets: valid UTF-8 comes out, whatever went in and whatever was declared.  The first line is the label that the
 * server named. */
#include "fuzz.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/charset.h"

static struct arena arena;
static struct buf out;

FUZZ_SETUP
{
	arena_init(&arena, FUZZ_ARENA_MAX);
	buf_init(&out, FUZZ_BUF_MAX);
	charset_prepare();
	return 0;
}

static void check_choice(struct str body, struct str label, bool is_xml)
{
	struct charset_choice choice;
	struct str text;

	arena_clear(&arena);
	buf_clear(&out);
	fuzz_require(charset_to_utf8(&out, &arena, body, label, is_xml, &choice, &text) == 0, body);
	fuzz_require(utf8_valid(text), body);
	fuzz_require(utf8_valid(choice.name) && choice.name.len > 0, body);
	fuzz_require(utf8_valid(choice.declared), body);
	fuzz_require(choice.by != NULL, body);
	/* three bytes of UTF-8 for each byte, a few for what a converter still held */
	fuzz_require(text.len <= 4 * body.len + 16, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = fuzz_str(data, size);
	struct str label = fuzz_first_line(&body);
	int result;

	check_choice(body, label, true);
	check_choice(body, label, false);
	buf_clear(&out);
	result = charset_convert(&out, body, label);
	fuzz_require(result == 0 || result == -EINVAL, body);
	fuzz_require(utf8_valid(buf_str(&out)), body);
	return 0;
}
