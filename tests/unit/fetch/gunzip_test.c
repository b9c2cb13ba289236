/* SPDX-License-Identifier: ISC */
/* gzip streams as servers send them: in any pieces, with several members, with bytes behind the end, damaged. */
#include <zlib.h>

#include "../../../daemon/fetch/gunzip.h"
#include "../scratch.h"

enum { PACKED_MAX = 64 * 1024, TEXT_MAX = 64 * 1024 };

static void pack(struct buf *out, const char *text)
{
	z_stream z = {.next_in = (z_const unsigned char *)(uintptr_t)text, .avail_in = (uInt)strlen(text)};
	unsigned char bytes[1024];

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = bytes;
	z.avail_out = sizeof(bytes);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(buf_append(out, bytes, sizeof(bytes) - z.avail_out), 0);
	deflateEnd(&z);
}

static int keep(void *arg, struct str piece)
{
	return buf_append(arg, piece.data, piece.len) == 0 ? 0 : -EMSGSIZE;
}

/* Unpacks bytes in pieces of that size; the first code that is not 0. */
static int unpack(struct str bytes, size_t piece, struct buf *out)
{
	struct gunzip *g = gunzip_new();
	int result = 0;

	assert_non_null(g);
	buf_clear(out);
	for (size_t at = 0; at < bytes.len && result == 0; at += piece)
		result = gunzip_write(
			g, str_slice(bytes, at, at + piece < bytes.len ? at + piece : bytes.len), keep, out);
	gunzip_free(g);
	return result;
}

TEST(members_in_any_pieces_and_bytes_behind)
{
	static const char *const behind[] = {"", "\n", "<!-- cached -->", "\x1f\x8b\x08 no member"};
	struct buf *packed = scratch(PACKED_MAX), *text = scratch(TEXT_MAX);

	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		buf_clear(packed);
		pack(packed, "<rss>first, ");
		pack(packed, "second</rss>");
		assert_int_equal(buf_puts(packed, behind[i]), 0);
		assert_int_equal(buf_append(packed, "\0\0\0", 3), 0);
		for (size_t piece = 1; piece < 8; piece++) {
			assert_int_equal(unpack(buf_str(packed), piece, text), 0);
			assert_true(str_eq(buf_str(text), STR("<rss>first, second</rss>")));
		}
	}
}

TEST(damage_is_told_and_a_short_stream_gives_what_came)
{
	struct buf *packed = scratch(PACKED_MAX), *text = scratch(TEXT_MAX);

	pack(packed, "<rss>all of it</rss>");
	assert_int_equal(unpack(str_slice(buf_str(packed), 0, packed->len - 8), 1, text), 0);
	assert_true(str_eq(buf_str(text), STR("<rss>all of it</rss>")));
	packed->data[packed->len - 8] ^= 1;
	assert_int_equal(unpack(buf_str(packed), 4096, text), -EBADMSG);
	assert_int_equal(unpack(STR("\x1f\x8b\x08 this is not gzip"), 4096, text), -EBADMSG);
}

TEST(sink_ends_the_work)
{
	struct buf *packed = scratch(PACKED_MAX), *text = scratch(8);

	pack(packed, "<rss>more than fits</rss>");
	assert_int_equal(unpack(buf_str(packed), 4096, text), -EMSGSIZE);
}
