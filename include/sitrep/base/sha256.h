/* SPDX-License-Identifier: ISC */
/* sha256.h: SHA-256 of a text that comes in pieces: begin, add ..., end.  The functions return 0 or -EIO. */
#ifndef SITREP_BASE_SHA256_H
#define SITREP_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

enum { SHA256_LEN = 32, SHA256_HEX = 65 };

struct sha256; /* a context, reusable */

/* NULL with err without memory, or when OpenSSL has no SHA-256.  A worker calls this before its sandbox closes, since
 * OpenSSL opens its configuration file on first use. */
struct sha256 *sha256_new(struct error *err);
void sha256_free(struct sha256 *h);

/* The hash of the pieces, one behind the other.  digest may be one of them. */
int sha256_of(struct sha256 *h, const struct str *pieces, size_t count, uint8_t digest[SHA256_LEN]);

/* Lower-case hex with a NUL behind it; out has 2 * len + 1 bytes. */
void hex_encode(char *out, const uint8_t *bytes, size_t len);

#endif
