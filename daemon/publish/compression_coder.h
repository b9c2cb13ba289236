/* SPDX-License-Identifier: ISC */
/* packing_coder.h: one compression library, for packing.c only. */
#ifndef SITREP_PUBLISH_PACKING_CODER_H
#define SITREP_PUBLISH_PACKING_CODER_H

#include <stdbool.h>
#include <stddef.h>

/* Where a coder reads, and where it writes; both are moved along. */
struct packing_place {
	const char *in;
	size_t in_len;
	char *out;
	size_t out_len;
};

struct packing_coder {
	const char *name, *suffix;
	size_t piece; /* bytes that take about two milliseconds */
	/* document_len: of the whole document.  NULL without memory. */
	void *(*begin)(size_t document_len);
	/* Reads all of in, which is the document's last piece with last.  0; -ENOSPC when out is full; or -EIO. */
	int (*step)(void *state, struct packing_place *place, bool last);
	void (*end)(void *state);
};

extern const struct packing_coder packing_brotli, packing_zstd;

#endif
