/* SPDX-License-Identifier: ISC */
/* compression_coder.h: one compression library, for compression.c only. */
#ifndef SITREP_PUBLISH_COMPRESSION_CODER_H
#define SITREP_PUBLISH_COMPRESSION_CODER_H

#include <stdbool.h>
#include <stddef.h>

/* Where a coder reads, and where it writes; both are moved along. */
struct compression_place {
	const char *in;
	size_t in_len;
	char *out;
	size_t out_len;
};

struct compression_coder {
	const char *name, *suffix;
	size_t piece; /* bytes that take about two milliseconds */
	/* document_len: of the whole document.  NULL without memory. */
	void *(*begin)(size_t document_len);
	/* Reads all of in, which is the document's last piece with last.  0; -ENOSPC when out is full; or -EIO. */
	int (*step)(void *state, struct compression_place *place, bool last);
	void (*end)(void *state);
};

extern const struct compression_coder compression_brotli, compression_zstd;

#endif
