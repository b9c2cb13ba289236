/* SPDX-License-Identifier: ISC */
/* Nettle's SHA-256. OpenSSL's allocates when it is first used, and its version 3.0 crashes there without memory. */
#include "sitrep/base/sha256.h"

#include <nettle/sha2.h>

void sha256_of(const struct str *pieces, size_t count, uint8_t digest[SHA256_LEN])
{
	struct sha256_ctx context;

	sha256_init(&context);
	for (size_t i = 0; i < count; i++)
		sha256_update(&context, pieces[i].len, (const uint8_t *)pieces[i].data);
	sha256_digest(&context, SHA256_LEN, digest);
}

void hex_encode(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 0xf];
	}
	*out = '\0';
}
