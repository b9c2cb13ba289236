/* SPDX-License-Identifier: ISC */
/* Unpacks a gzip stream with zlib, one member after the other. */
#include "gunzip.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	GZIP_WINDOW = MAX_WBITS + 16, /* zlib's value for gzip only */
	OUT_SIZE = 16 * 1024,
};

struct gunzip {
	z_stream z;
	bool has_member; /* a member is complete: bytes that are not another member are ignored */
	bool has_ended;
	unsigned char out[OUT_SIZE];
};

bool gunzip_is_magic(struct str bytes)
{
	return str_starts(bytes, STR("\x1f\x8b\x08"));
}

struct gunzip *gunzip_new(void)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (g != NULL && inflateInit2(&g->z, GZIP_WINDOW) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (g == NULL)
		return;
	(void)inflateEnd(&g->z);
	free(g);
}

int gunzip_write(struct gunzip *g, struct str packed, gunzip_sink_fn *sink, void *arg)
{
	z_stream *z = &g->z;
	int code = Z_OK, result = 0;

	z->next_in = (z_const Bytef *)(uintptr_t)packed.data;
	z->avail_in = (uInt)packed.len;
	while (!g->has_ended && result == 0 && code != Z_BUF_ERROR) {
		z->next_out = g->out;
		z->avail_out = OUT_SIZE;
		code = inflate(z, Z_NO_FLUSH);
		if (z->avail_out < OUT_SIZE)
			result = sink(arg, str_make((const char *)g->out, OUT_SIZE - z->avail_out));
		if (code == Z_STREAM_END) {
			g->has_member = true;
			(void)inflateReset(z);
		} else if (code == Z_DATA_ERROR && g->has_member && z->total_out == 0) {
			g->has_ended = true;
		} else if (code != Z_OK && code != Z_BUF_ERROR && result == 0) {
			result = code == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
		}
	}
	return result;
}
