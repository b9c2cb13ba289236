/* SPDX-License-Identifier: ISC */
/* Reads secrets from files of their own, so that the configuration can be shown to others.
 *
 * Certificates and keys are parsed once here, so that a feed's failure names the file. */
#include "sitrep/config/credentials.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "secret_file.h"
#include "sitrep/base/str.h"
#include "sitrep/base/units.h"

/* Loads a file that holds one line. */
static int load_line(char **out, const struct config_path *path, struct error *err)
{
	struct buf content = BUF_INIT(CREDENTIALS_FILE_MAX);
	struct str line;
	int result = secret_read(&content, path, err);

	if (result != 0)
		goto out;
	line = str_trim(buf_str(&content));
	if (str_empty(line) || str_has_below(line, ' ')) {
		result = error_set(err, -EINVAL, "%s: expected one line of text", path->full);
		goto out;
	}
	*out = strndup(line.data, line.len);
	if (*out == NULL)
		result = error_sys(err, -ENOMEM, "cannot read %s", path->full);
out:
	secret_wipe(&content);
	return result;
}

static int load_headers(char ***out, const struct config_path *path, struct error *err)
{
	struct buf content = BUF_INIT(CREDENTIALS_FILE_MAX);
	struct str rest, line;
	size_t count = 0;
	int result = secret_read(&content, path, err);

	if (result != 0)
		goto out;
	rest = buf_str(&content);
	while (str_split(&rest, '\n', &line))
		count++;
	*out = calloc(count + 1, sizeof(**out));
	if (*out == NULL) {
		result = error_sys(err, -ENOMEM, "cannot read %s", path->full);
		goto out;
	}
	count = 0;
	rest = buf_str(&content);
	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (str_empty(line) || line.data[0] == '#')
			continue;
		if (str_has_below(line, ' ') || str_find_char(line, ':', 0) == STR_NPOS) {
			result = error_set(err, -EINVAL, "%s: expected lines of the form \"Name: value\"", path->full);
			goto out;
		}
		(*out)[count] = strndup(line.data, line.len);
		if ((*out)[count++] == NULL) {
			result = error_sys(err, -ENOMEM, "cannot read %s", path->full);
			goto out;
		}
	}
out:
	secret_wipe(&content);
	return result;
}

/* ---- certificates ---- */

/* Replaces OpenSSL's password callback, which would ask at the terminal. */
static int no_passphrase(char *out UNUSED, int size UNUSED, int writing UNUSED, void *arg UNUSED)
{
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

static int load_pem(struct buf *out, const struct config_path *path, struct error *err)
{
	buf_init(out, CREDENTIALS_PEM_MAX);
	return secret_read(out, path, err);
}

static int load_certificate(struct buf *out, const struct config_path *path, struct error *err)
{
	X509 *certificate;
	int result = load_pem(out, path, err);

	if (result != 0)
		return result;
	certificate = read_certificate(out);
	if (certificate == NULL)
		result = error_set(err, -EINVAL, "%s holds no certificate in PEM form", path->full);
	X509_free(certificate);
	return result;
}

int credentials_check_authorities(const struct config_path *path, struct error *err)
{
	struct buf pem;
	int result = load_certificate(&pem, path, err);

	secret_wipe(&pem);
	return result;
}

static int load_client_key(
	struct credentials *c, const struct config_path *cert, const struct config_path *key, struct error *err)
{
	X509 *certificate = read_certificate(&c->client_cert);
	EVP_PKEY *secret = NULL;
	int result = load_pem(&c->client_key, key, err);

	if (result != 0)
		goto out;
	secret = read_key(&c->client_key);
	if (secret == NULL)
		result = error_set(
			err, -EINVAL, "%s holds no key in PEM form that can be read without a passphrase", key->full);
	else if (X509_check_private_key(certificate, secret) != 1)
		result = error_set(
			err, -EINVAL, "the key in %s does not belong to the certificate in %s", key->full, cert->full);
out:
	X509_free(certificate);
	EVP_PKEY_free(secret);
	return result;
}

/* True when the option was given; *at is then its file. */
static bool is_given(const struct config_path *path, const struct config_path **at)
{
	if (path->text != NULL)
		*at = path;
	return path->text != NULL;
}

int credentials_load(
	struct credentials *c, const struct config_feed *feed, struct config_place *place, struct error *err)
{
	const struct config_path *key = feed->client_key.text != NULL ? &feed->client_key : &feed->client_cert;
	const struct config_path *at = NULL; /* the file that is read */
	int result = 0;

	*c = (struct credentials){0};
	if (is_given(key, &at) && feed->client_cert.text == NULL)
		result = error_set(err, -EINVAL, "client-key without client-cert");
	if (result == 0 && is_given(&feed->password_file, &at))
		result = load_line(&c->password, at, err);
	if (result == 0 && is_given(&feed->bearer_file, &at))
		result = load_line(&c->bearer, at, err);
	if (result == 0 && is_given(&feed->header_file, &at))
		result = load_headers(&c->headers, at, err);
	if (result == 0 && is_given(&feed->client_cert, &at))
		result = load_certificate(&c->client_cert, at, err);
	if (result == 0 && is_given(key, &at))
		result = load_client_key(c, &feed->client_cert, at, err);
	if (result == 0 && is_given(&feed->ca_file, &at))
		result = load_certificate(&c->authorities, at, err);
	if (result == 0)
		return 0;
	if (place != NULL)
		*place = at->place;
	credentials_release(c);
	return result;
}

void credentials_release(struct credentials *c)
{
	cstr_wipe(c->password);
	cstr_wipe(c->bearer);
	for (char **h = c->headers; h != NULL && *h != NULL; h++)
		cstr_wipe(*h);
	free(c->headers);
	secret_wipe(&c->client_cert);
	secret_wipe(&c->client_key);
	secret_wipe(&c->authorities);
	*c = (struct credentials){0};
}
