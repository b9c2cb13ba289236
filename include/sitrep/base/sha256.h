/* SPDX-License-Identifier: ISC */
/* sha256.h: SHA-256 of a text that comes in pieces, and hex. It allocates nothing and cannot fail. */
#ifndef SITREP_BASE_SHA256_H
#define SITREP_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

enum { SHA256_LEN = 32, SHA256_HEX = 65 };

/* The hash of the pieces, one behind the other.  digest may be one of them. */
void sha256_of(const struct str *pieces, size_t count, uint8_t digest[SHA256_LEN]);

/* Lower-case hex with a NUL behind it; out has 2 * len + 1 bytes. */
void hex_encode(char *out, const uint8_t *bytes, size_t len);

#endif
