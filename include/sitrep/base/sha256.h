/* SPDX-License-Identifier: ISC */
/* sha256.h: SHA-256 over pieces, the algorithm looked up once for the process. */
#ifndef SITREP_BASE_SHA256_H
#define SITREP_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

enum { SHA256_LEN = 32, SHA256_HEX = 65 };

struct sha256; /* a context, reusable */

/* Fetches the algorithm and makes a context; NULL without memory or provider.  A worker calls this before
 * its sandbox closes, since OpenSSL opens its configuration on first use. */
struct sha256 *sha256_new(struct error *err);
void sha256_free(struct sha256 *h);

int sha256_begin(struct sha256 *h);
int sha256_add(struct sha256 *h, struct str data);
int sha256_end(struct sha256 *h, uint8_t digest[SHA256_LEN]);

/* Lower-case hex with a NUL behind it; out has 2 * len + 1 bytes. */
void hex_encode(char *out, const uint8_t *bytes, size_t len);

#endif
