/* SPDX-License-Identifier: ISC */
/* SHA-256 through OpenSSL's EVP.  Looking the algorithm up takes longer than hashing an item, so it is
 * done once for the process. */
#include "sitrep/base/sha256.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

struct sha256 {
	EVP_MD_CTX *context;
};

static EVP_MD *algorithm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void forget_algorithm(void)
{
	EVP_MD_free(algorithm);
	algorithm = NULL;
}

static void fetch_algorithm(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	(void)atexit(forget_algorithm);
}

struct sha256 *sha256_new(struct error *err)
{
	struct sha256 *h = malloc(sizeof(*h));

	(void)pthread_once(&fetched, fetch_algorithm);
	if (h != NULL)
		h->context = algorithm != NULL ? EVP_MD_CTX_new() : NULL;
	if (h == NULL || h->context == NULL) {
		free(h);
		(void)error_set(err, -ENOMEM, "cannot prepare SHA-256");
		return NULL;
	}
	return h;
}

void sha256_free(struct sha256 *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->context);
	free(h);
}

int sha256_begin(struct sha256 *h)
{
	return EVP_DigestInit_ex2(h->context, algorithm, NULL) == 1 ? 0 : -EIO;
}

int sha256_add(struct sha256 *h, struct str data)
{
	return EVP_DigestUpdate(h->context, data.data, data.len) == 1 ? 0 : -EIO;
}

int sha256_end(struct sha256 *h, uint8_t digest[SHA256_LEN])
{
	return EVP_DigestFinal_ex(h->context, digest, NULL) == 1 ? 0 : -EIO;
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
