/* SPDX-License-Identifier: ISC */
/* Zstandard (RFC 8878), by libzstd. The Makefile leaves this file out of a build without the library. */
#include <errno.h>
#include <stdint.h>
#include <zstd.h>

#include "compression_coder.h"

enum {
	LEVEL = 6,
	/* Bits of the window: 1 MiB, which every decoder must have room for (RFC 9659 has 8 MiB). */
	WINDOW = 20,
	PIECE = 128 * 1024,
};

static void *begin_zstd(size_t document_len)
{
	ZSTD_CCtx *state = ZSTD_createCCtx();

	if (state != NULL && (ZSTD_isError(ZSTD_CCtx_setParameter(state, ZSTD_c_compressionLevel, LEVEL)) ||
				     ZSTD_isError(ZSTD_CCtx_setParameter(state, ZSTD_c_windowLog, WINDOW)) ||
				     ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(state, document_len)))) {
		ZSTD_freeCCtx(state);
		return NULL;
	}
	return state;
}

static int step_zstd(void *state, struct compression_place *place, bool last)
{
	ZSTD_inBuffer in = {place->in, place->in_len, 0};
	ZSTD_outBuffer out = {place->out, place->out_len, 0};
	size_t left;

	do
		left = ZSTD_compressStream2(state, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
	while (!ZSTD_isError(left) && out.pos < out.size && (last ? left > 0 : in.pos < in.size));
	place->in += in.pos;
	place->in_len -= in.pos;
	place->out += out.pos;
	place->out_len -= out.pos;
	if (ZSTD_isError(left))
		return -EIO;
	return (last ? left == 0 : place->in_len == 0) ? 0 : -ENOSPC;
}

static void end_zstd(void *state)
{
	ZSTD_freeCCtx(state);
}

const struct compression_coder compression_zstd = {"zstd", "zst", PIECE, begin_zstd, step_zstd, end_zstd};
