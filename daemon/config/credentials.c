/* SPDX-License-Identifier: ISC */
/* Secrets stand in files of their own, so that the configuration can be shown to others. A relative name is looked for
 * among the service manager's credentials first.
 *
 * OpenSSL parses certificates and keys once here, so that a wrong file is a mistake with file and line, not a feed that
 * fails later. */
#include "sitrep/config/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

static int open_secret(const char *path)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char joined[4096];
	int fd;

	if (path[0] != '/' && directory != NULL) {
		int n = snprintf(joined, sizeof(joined), "%s/%s", directory, path);

		if (n > 0 && (size_t)n < sizeof(joined)) {
			fd = open(joined, O_RDONLY | O_CLOEXEC | O_NOCTTY);
			if (fd >= 0 || errno != ENOENT)
				return fd;
		}
	}
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static int read_secret(struct buf *out, const char *path, struct error *err)
{
	char chunk[1024], limit[TIME_TEXT_MAX];
	struct stat st;
	ssize_t n;
	int result = 0;
	int fd = open_secret(path);

	if (fd < 0)
		return error_sys(err, -errno, "cannot open %s", path);
	/* Allocated at full size, since a growing buffer would leave copies of the secret in freed memory. */
	if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size < out->max)
		(void)buf_reserve(out, (size_t)st.st_size);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		result = buf_append(out, chunk, (size_t)n);
		if (result == -E2BIG)
			(void)error_set(
				err, result, "%s is larger than %s", path, size_format(limit, (int64_t)out->max));
		else if (result != 0)
			(void)error_sys(err, result, "cannot read %s", path);
		if (result != 0)
			break;
	}
	if (n < 0)
		result = error_sys(err, -errno, "cannot read %s", path);
	(void)close(fd);
	explicit_bzero(chunk, sizeof(chunk));
	return result;
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

/* Loads a file that holds one line. */
static int load_line(char **out, const char *path, struct error *err)
{
	struct buf content = BUF_INIT(CREDENTIALS_FILE_MAX);
	struct str line;
	int result = read_secret(&content, path, err);

	if (result != 0)
		goto out;
	line = str_trim(buf_str(&content));
	if (str_empty(line) || !is_plain(line)) {
		result = error_set(err, -EINVAL, "%s does not hold one line of text", path);
		goto out;
	}
	*out = strndup(line.data, line.len);
	if (*out == NULL)
		result = error_sys(err, -ENOMEM, "cannot read %s", path);
out:
	if (content.data != NULL)
		explicit_bzero(content.data, content.len);
	buf_release(&content);
	return result;
}

static int load_headers(char ***out, const char *path, struct error *err)
{
	struct buf content = BUF_INIT(CREDENTIALS_FILE_MAX);
	struct str rest, line;
	size_t count = 0;
	int result = read_secret(&content, path, err);

	if (result != 0)
		goto out;
	rest = buf_str(&content);
	while (str_split(&rest, '\n', &line))
		count++;
	*out = calloc(count + 1, sizeof(**out));
	if (*out == NULL) {
		result = error_sys(err, -ENOMEM, "cannot read %s", path);
		goto out;
	}
	count = 0;
	rest = buf_str(&content);
	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (str_empty(line) || line.data[0] == '#')
			continue;
		if (!is_plain(line) || str_find_char(line, ':', 0) == STR_NPOS) {
			result = error_set(err, -EINVAL, "%s: expected lines of the form \"Name: value\"", path);
			goto out;
		}
		(*out)[count] = strndup(line.data, line.len);
		if ((*out)[count++] == NULL) {
			result = error_sys(err, -ENOMEM, "cannot read %s", path);
			goto out;
		}
	}
out:
	if (content.data != NULL)
		explicit_bzero(content.data, content.len);
	buf_release(&content);
	return result;
}

/* ---- certificates ---- */

static void wipe_pem(struct buf *pem)
{
	if (pem->data != NULL)
		explicit_bzero(pem->data, pem->len);
	buf_release(pem);
}

/* Replaces OpenSSL's password callback, which would ask at the terminal. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static X509 *read_certificate(const struct buf *pem)
{
	BIO *in = BIO_new_mem_buf(pem->data, (int)pem->len);
	X509 *certificate = in != NULL ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : NULL;

	BIO_free(in);
	return certificate;
}

static EVP_PKEY *read_key(const struct buf *pem)
{
	BIO *in = BIO_new_mem_buf(pem->data, (int)pem->len);
	EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;

	BIO_free(in);
	return key;
}

static int load_pem(struct buf *out, const char *path, struct error *err)
{
	buf_init(out, CREDENTIALS_PEM_MAX);
	return read_secret(out, path, err);
}

static int load_authorities(struct buf *out, const char *path, struct error *err)
{
	X509 *first;
	int result = load_pem(out, path, err);

	if (result != 0)
		return result;
	first = read_certificate(out);
	if (first == NULL)
		result = error_set(err, -EINVAL, "%s holds no certificate in PEM form", path);
	X509_free(first);
	return result;
}

static int load_client(struct credentials *c, const char *cert_path, const char *key_path, struct error *err)
{
	X509 *certificate = NULL;
	EVP_PKEY *key = NULL;
	int result = load_pem(&c->client_cert, cert_path, err);

	if (key_path == NULL)
		key_path = cert_path;
	if (result == 0)
		result = load_pem(&c->client_key, key_path, err);
	if (result != 0)
		goto out;
	certificate = read_certificate(&c->client_cert);
	key = read_key(&c->client_key);
	if (certificate == NULL)
		result = error_set(err, -EINVAL, "%s holds no certificate in PEM form", cert_path);
	else if (key == NULL)
		result = error_set(
			err, -EINVAL, "%s holds no key in PEM form that can be read without a passphrase", key_path);
	else if (X509_check_private_key(certificate, key) != 1)
		result = error_set(
			err, -EINVAL, "the key in %s is not that of the certificate in %s", key_path, cert_path);
out:
	X509_free(certificate);
	EVP_PKEY_free(key);
	return result;
}

int credentials_load(struct credentials *c, const struct config_feed *feed, struct error *err)
{
	int result = 0;

	*c = (struct credentials){0};
	if (feed->client_key != NULL && feed->client_cert == NULL)
		return error_set(err, -EINVAL, "client-key without client-cert");
	if (feed->password_file != NULL)
		result = load_line(&c->password, feed->password_file, err);
	if (result == 0 && feed->bearer_file != NULL)
		result = load_line(&c->bearer, feed->bearer_file, err);
	if (result == 0 && feed->header_file != NULL)
		result = load_headers(&c->headers, feed->header_file, err);
	if (result == 0 && feed->client_cert != NULL)
		result = load_client(c, feed->client_cert, feed->client_key, err);
	if (result == 0 && feed->ca_file != NULL)
		result = load_authorities(&c->authorities, feed->ca_file, err);
	if (result != 0)
		credentials_release(c);
	return result;
}

static void wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void credentials_release(struct credentials *c)
{
	wipe(c->password);
	wipe(c->bearer);
	for (char **h = c->headers; h != NULL && *h != NULL; h++)
		wipe(*h);
	free(c->headers);
	wipe_pem(&c->client_cert);
	wipe_pem(&c->client_key);
	wipe_pem(&c->authorities);
	*c = (struct credentials){0};
}
