/* Representations.  The ETag is made from the bytes, so it is the same after a restart, and a reader that
 * asks with it gets its 304. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "http_internal.h"
#include "sitrep/sha256.h"

enum {
	/* Below this a packet is a packet. */
	GZIP_LEAST = 512,
	/* Two thirds of the best size at a fifth of its time: this runs on the main loop. */
	GZIP_LEVEL = 3,
	ETAG_BYTES = 12,
};

struct http_body *http_body_new(char *data, size_t len, const char *content_type, int64_t modified_ms)
{
	struct http_body *b = calloc(1, sizeof(*b));
	struct sha256 *hash = sha256_new(NULL);
	uint8_t digest[SHA256_LEN];

	if (b == NULL || hash == NULL || sha256_begin(hash) != 0 || sha256_add(hash, str_make(data, len)) != 0 ||
		sha256_end(hash, digest) != 0) {
		sha256_free(hash);
		free(b);
		free(data);
		return NULL;
	}
	sha256_free(hash);
	b->data = data;
	b->len = len;
	b->content_type = content_type;
	b->modified_ms = modified_ms;
	b->references = 1;
	hex_encode(b->tag, digest, ETAG_BYTES);
	return b;
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
	free(b->data);
	free(b->gzip);
	free(b);
}

size_t http_body_size(const struct http_body *b)
{
	return sizeof(*b) + b->len + b->gzip_len;
}

bool http_body_compress(struct http_body *b)
{
	z_stream z = {0};
	uLong bound;
	char *packed;

	if (b->gzip != NULL)
		return true;
	/* 16 more window bits ask zlib for the gzip format. */
	if (b->gzip_refused || b->len < GZIP_LEAST ||
		deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	bound = deflateBound(&z, b->len);
	packed = malloc(bound);
	if (packed != NULL) {
		z.next_in = (Bytef *)b->data;
		z.avail_in = (uInt)b->len;
		z.next_out = (Bytef *)packed;
		z.avail_out = (uInt)bound;
		if (deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < b->len) {
			char *fitted = realloc(packed, z.total_out);

			b->gzip = fitted != NULL ? fitted : packed;
			b->gzip_len = z.total_out;
			packed = NULL;
		}
	}
	b->gzip_refused = b->gzip == NULL;
	free(packed);
	(void)deflateEnd(&z);
	return b->gzip != NULL;
}
