/* SPDX-License-Identifier: ISC */
#include "sitrep/sql/seal.h"

#include <errno.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sitrep/base/le.h"

enum { MARK_BYTES = 6, SUM_BYTES = SEAL_BYTES - MARK_BYTES };

/* A member in the form of wire.h: tag 255, length eight, then four bytes that are not valid text. */
static const char mark[MARK_BYTES] = {'\xFF', '\x08', '\xF8', 'S', 'r', '\xF9'};

uint32_t seal_sum(struct str bytes)
{
	return (uint32_t)XXH3_64bits(bytes.data != NULL ? bytes.data : "", bytes.len);
}

int seal_add(struct buf *out)
{
	uint32_t sum = seal_sum(buf_str(out));

	buf_append(out, mark, MARK_BYTES);
	return le_append(out, sum, SUM_BYTES);
}

int seal_open(struct str bytes, struct str *content)
{
	*content = bytes;
	if (bytes.len < SEAL_BYTES || memcmp(bytes.data + bytes.len - SEAL_BYTES, mark, MARK_BYTES) != 0)
		return 0;
	content->len -= SEAL_BYTES;
	if (le_get(bytes.data + content->len + MARK_BYTES, SUM_BYTES) == seal_sum(*content))
		return 1;
	*content = STR_NONE;
	return -EUCLEAN;
}
