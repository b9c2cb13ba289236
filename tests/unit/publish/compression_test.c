/* SPDX-License-Identifier: ISC */
/* compression_test.c: compressed forms are made in pieces, and are never larger than the document. */
#include "../scratch.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "../../../daemon/publish/http_internal.h"

enum { LEN = 6 * 1024 * 1024 };

static char *make_text(void)
{
	char *data = malloc(LEN);

	assert_non_null(data);
	for (size_t i = 0; i < LEN; i++)
		data[i] = (char)('a' + (i * i / 7 + i / 1000) % 26);
	return data;
}

static void assert_unpacks(struct str packed, const char *data)
{
	char *back = scratch_take(malloc(LEN));
	z_stream z = {0};

	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	z.next_in = (Bytef *)packed.data;
	z.avail_in = (uInt)packed.len;
	z.next_out = (Bytef *)back;
	z.avail_out = LEN;
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, LEN);
	assert_memory_equal(back, data, LEN);
	inflateEnd(&z);
}

TEST(in_pieces)
{
	for (int i = 0; i < COMPRESSION_CODINGS; i++) {
		enum compression_coding c = (enum compression_coding)i;
		char *data = make_text();
		struct http_body *b = http_body_new(data, LEN, "text/plain", INT64_MIN);
		size_t empty, pieces = 0;
		enum http_compression result;

		assert_non_null(b);
		empty = http_body_size(b);
		if (!compression_is_known(c)) {
			assert_int_equal(http_body_compress(b, c), HTTP_COMPRESSION_NONE);
			http_body_unref(b);
			continue;
		}
		do {
			result = http_body_compress(b, c);
			pieces++;
			/* room for the form is counted while it is made */
			assert_true(result != HTTP_COMPRESSION_LATER || http_body_size(b) == empty + LEN);
		} while (result == HTTP_COMPRESSION_LATER);
		assert_int_equal(result, HTTP_COMPRESSION_READY);
		assert_true(pieces >= LEN / (128 * 1024));
		assert_true(b->forms[c].len < LEN / 2);
		assert_int_equal(http_body_size(b), empty + b->forms[c].len);
		if (c == COMPRESSION_GZIP)
			assert_unpacks(str_make(b->forms[c].data, b->forms[c].len), data);
		http_body_unref(b);
		/* one that is let go in the middle */
		b = http_body_new(make_text(), LEN, "text/plain", INT64_MIN);
		assert_non_null(b);
		assert_int_equal(http_body_compress(b, c), HTTP_COMPRESSION_LATER);
		http_body_unref(b);
	}
}

/* Noise of all lengths round the bound of a block: its form would be larger, and there is none. */
TEST(never_larger)
{
	static const size_t lengths[] = {1, 2, 511, 512, 4096, 65535, 65536, 131072, 200001};
	char *noise = scratch_take(malloc(200001));
	uint32_t seed = 7;

	for (size_t i = 0; i < 200001; i++) {
		seed = seed * 1664525 + 1013904223;
		noise[i] = (char)(seed >> 24);
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (int k = 0; k < COMPRESSION_CODINGS; k++) {
			struct compression *p =
				compression_new((enum compression_coding)k, str_make(noise, lengths[i]));
			int result = 1;

			assert_int_equal(p != NULL, compression_is_known((enum compression_coding)k));
			while (p != NULL && result == 1)
				result = compression_step(p);
			if (p != NULL)
				assert_int_equal(result, -ENOSPC);
			compression_free(p);
		}
}
