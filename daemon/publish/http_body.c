/* SPDX-License-Identifier: ISC */
/* Bodies of answers. The ETag is made from the bytes, so it is the same after a restart, and a reader that sends it
 * still gets 304. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "http_internal.h"
#include "sitrep/base/sha256.h"

enum {
	/* A smaller body fits one packet anyway. */
	GZIP_LEAST = 512,
	/* Two thirds of the best saving in a fifth of the time, since this runs on the main loop. */
	GZIP_LEVEL = 3,
	/* Bytes compressed in one turn of the loop, which takes about two milliseconds. */
	GZIP_PIECE = 256 * 1024,
	ETAG_BYTES = 12,
};

struct http_body *http_body_new(char *data, size_t len, const char *content_type, int64_t modified_ms)
{
	struct http_body *b = calloc(1, sizeof(*b));
	struct str content = str_make(data, len);
	uint8_t digest[SHA256_LEN];

	if (b == NULL) {
		free(data);
		return NULL;
	}
	sha256_of(&content, 1, digest);
	b->data = data;
	b->len = len;
	b->content_type = content_type;
	b->modified_ms = modified_ms;
	b->references = 1;
	hex_encode(b->tag, digest, ETAG_BYTES);
	return b;
}

struct str http_body_bytes(const struct http_body *b)
{
	return str_make(b->data, b->len);
}

const char *http_body_tag(const struct http_body *b)
{
	return b->tag;
}

struct http_body *http_body_new_changes(char *data, size_t len, const struct http_body *whole)
{
	struct http_body *b = http_body_new(data, len, whole->content_type, whole->modified_ms);

	if (b != NULL)
		memcpy(b->tag, whole->tag, sizeof(b->tag));
	return b;
}

static void end_packing(struct http_body *b)
{
	if (b->packing != NULL)
		(void)deflateEnd(b->packing);
	free(b->packing);
	free(b->packed);
	b->packing = NULL;
	b->packed = NULL;
}

struct http_body *http_body_ref(struct http_body *b)
{
	b->references++;
	return b;
}

void http_body_unref(struct http_body *b)
{
	if (b == NULL || --b->references > 0)
		return;
	end_packing(b);
	free(b->data);
	free(b->gzip);
	free(b);
}

size_t http_body_size(const struct http_body *b)
{
	return sizeof(*b) + b->len + b->gzip_len + (b->packing != NULL ? b->packed_max : 0);
}

/* False without memory. */
static bool begin_packing(struct http_body *b)
{
	z_stream *z = calloc(1, sizeof(*z));

	/* MAX_WBITS + 16 selects the gzip format. */
	if (z == NULL || deflateInit2(z, GZIP_LEVEL, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(z);
		return false;
	}
	b->packed_max = deflateBound(z, b->len);
	b->packed = malloc(b->packed_max);
	b->packing = z;
	z->next_in = (Bytef *)b->data;
	z->next_out = (Bytef *)b->packed;
	z->avail_out = (uInt)b->packed_max;
	return b->packed != NULL;
}

static enum http_gzip finish_packing(struct http_body *b, bool good)
{
	size_t len = b->packing != NULL ? b->packing->total_out : 0;
	char *fitted;

	if (good && len < b->len) {
		fitted = realloc(b->packed, len);
		b->gzip = fitted != NULL ? fitted : b->packed;
		b->gzip_len = len;
		b->packed = NULL;
	}
	b->gzip_refused = b->gzip == NULL;
	end_packing(b);
	return b->gzip != NULL ? HTTP_GZIP_READY : HTTP_GZIP_NONE;
}

enum http_gzip http_body_compress(struct http_body *b)
{
	size_t left;
	int result;

	if (b->gzip != NULL)
		return HTTP_GZIP_READY;
	if (b->gzip_refused || b->len < GZIP_LEAST)
		return HTTP_GZIP_NONE;
	if (b->packing == NULL && !begin_packing(b))
		return finish_packing(b, false);
	left = b->len - b->packing->total_in;
	b->packing->avail_in = (uInt)(left < GZIP_PIECE ? left : GZIP_PIECE);
	result = deflate(b->packing, left <= GZIP_PIECE ? Z_FINISH : Z_NO_FLUSH);
	if (result == Z_OK && left > GZIP_PIECE)
		return HTTP_GZIP_LATER;
	return finish_packing(b, result == Z_STREAM_END);
}
