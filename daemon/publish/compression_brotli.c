/* SPDX-License-Identifier: ISC */
/* Brotli (RFC 7932), by libbrotlienc. The Makefile leaves this file out of a build without the library. */
#include <brotli/encode.h>
#include <errno.h>
#include <stdint.h>

#include "compression_coder.h"

enum {
	QUALITY = 5,
	/* Bits of the window. A larger one makes longer blocks, and the end of a block longer turns. */
	WINDOW = 18,
	PIECE = 48 * 1024,
};

static void *begin_brotli(size_t document_len)
{
	BrotliEncoderState *state = BrotliEncoderCreateInstance(NULL, NULL, NULL);
	uint32_t hint = document_len < UINT32_MAX ? (uint32_t)document_len : UINT32_MAX;

	if (state != NULL && (!BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, QUALITY) ||
				     !BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, WINDOW) ||
				     !BrotliEncoderSetParameter(state, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT) ||
				     !BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT, hint))) {
		BrotliEncoderDestroyInstance(state);
		return NULL;
	}
	return state;
}

static int step_brotli(void *state, struct compression_place *place, bool last)
{
	BrotliEncoderOperation operation = last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
	const uint8_t *in = (const uint8_t *)place->in;
	uint8_t *out = (uint8_t *)place->out;
	bool good = BrotliEncoderCompressStream(state, operation, &place->in_len, &in, &place->out_len, &out, NULL);

	place->in = (const char *)in;
	place->out = (char *)out;
	if (!good)
		return -EIO;
	if (last)
		return BrotliEncoderIsFinished(state) ? 0 : -ENOSPC;
	return place->in_len == 0 ? 0 : -ENOSPC;
}

static void end_brotli(void *state)
{
	BrotliEncoderDestroyInstance(state);
}

const struct compression_coder compression_brotli = {"br", "br", PIECE, begin_brotli, step_brotli, end_brotli};
