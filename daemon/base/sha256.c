/* SPDX-License-Identifier: ISC */
/* Looking up the algorithm takes OpenSSL longer than hashing an item, so it is done once for the process. */
#include "sitrep/base/sha256.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
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
	atexit(forget_algorithm);
}

struct sha256 *sha256_new(struct error *err)
{
	struct sha256 *h = malloc(sizeof(*h));

	pthread_once(&fetched, fetch_algorithm);
	if (h != NULL)
		h->context = algorithm != NULL ? EVP_MD_CTX_new() : NULL;
	if (h == NULL || h->context == NULL) {
		free(h);
		error_set(err, -ENOMEM, "cannot prepare SHA-256: no memory, or OpenSSL does not offer it");
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

int sha256_of(struct sha256 *h, const struct str *pieces, size_t count, uint8_t digest[SHA256_LEN])
{
	bool good = EVP_DigestInit_ex2(h->context, algorithm, NULL) == 1;

	for (size_t i = 0; i < count && good; i++)
		good = EVP_DigestUpdate(h->context, pieces[i].data, pieces[i].len) == 1;
	return good && EVP_DigestFinal_ex(h->context, digest, NULL) == 1 ? 0 : -EIO;
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
