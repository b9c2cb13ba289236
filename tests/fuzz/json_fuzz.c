/* SPDX-License-Identifier: ISC */
/* JSON as it is published: what is mended is JSON for the library, once mended it stays as it is, and what the library
 * takes as it came keeps its value. */
#include "fuzz.h"

#include <jansson.h>

#include "../../daemon/parse/jsonrepair.h"
#include "sitrep/base/utf8.h"

enum { FLAGS = JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL };

static struct buf once, twice, text;

FUZZ_SETUP
{
	buf_init(&once, FUZZ_BUF_MAX);
	buf_init(&twice, FUZZ_BUF_MAX);
	buf_init(&text, FUZZ_BUF_MAX);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *root, *sound;
	bool cut;

	/* The text has been through the character sets before. */
	buf_clear(&text);
	fuzz_require(utf8_repair(&text, fuzz_str(data, size)) == 0, fuzz_str(data, size));
	buf_clear(&once);
	fuzz_require(json_repair(&once, buf_str(&text), &cut) == 0, buf_str(&text));
	fuzz_require(utf8_valid(buf_str(&once)), buf_str(&text));
	if (once.len == 0)
		return 0;
	root = json_loadb(once.data, once.len, FLAGS, NULL);
	fuzz_require(root != NULL, buf_str(&text));
	buf_clear(&twice);
	fuzz_require(json_repair(&twice, buf_str(&once), &cut) == 0 && !cut, buf_str(&text));
	fuzz_require(str_eq(buf_str(&once), buf_str(&twice)), buf_str(&text));
	sound = json_loadb(text.data, text.len, FLAGS, NULL);
	if (sound != NULL)
		fuzz_require(json_typeof(sound) == json_typeof(root) &&
				     json_object_size(sound) == json_object_size(root) &&
				     json_array_size(sound) == json_array_size(root),
			buf_str(&text));
	json_decref(sound);
	json_decref(root);
	return 0;
}
