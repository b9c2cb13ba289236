/* SPDX-License-Identifier: ISC */
/* Messages between subscriber and hub, their tokens, secrets and signatures.
 *
 * The callback is a public address, so a call is checked in three ways: its path holds 256 random bits, a
 * verification must match a request of ours, and the signature of a push must match its whole body.  Secrets are
 * compared in constant time. */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/sha256.h"
#include "sitrep/text/url.h"
#include "websub_subscription.h"

enum {
	RANDOM_LEN = 32,
	TOKEN_DIGITS = 2 * RANDOM_LEN,
	/* Longest feed number in a token. */
	NUMBER_DIGITS_MAX = 18,
};

/* ---- callback and secret ---- */

static int put_random(struct buf *out)
{
	unsigned char bytes[RANDOM_LEN];
	char hex[TOKEN_DIGITS + 1];
	ssize_t len;

	do
		len = getrandom(bytes, sizeof(bytes), 0);
	while (len < 0 && errno == EINTR);
	/* getrandom() never returns fewer bytes when up to 256 are asked for. */
	if (len != (ssize_t)sizeof(bytes))
		return -EIO;
	hex_encode(hex, bytes, sizeof(bytes));
	buf_puts(out, hex);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(hex, sizeof(hex));
	return buf_failed(out) ? -ENOMEM : 0;
}

int websub_make_callback(struct websub_state *s, const char *base_url, struct error *err)
{
	struct str base = str_from(base_url);
	struct buf callback = BUF_INIT(LIMIT_URL), secret = BUF_INIT(WEBSUB_SECRET_LEN + 1);
	int result;

	while (base.len > 0 && base.data[base.len - 1] == '/')
		base.len--;
	buf_printf(&callback, "%.*s/websub/%lld-", STR_ARG(base), (long long)s->feed_id);
	result = put_random(&callback);
	if (result == 0)
		result = put_random(&secret);
	if (result != 0) {
		buf_release(&callback);
		buf_release(&secret);
		return error_sys(err, result, "cannot make a callback address");
	}
	free(s->callback);
	free(s->secret);
	s->callback = buf_take(&callback, NULL);
	s->secret = buf_take(&secret, NULL);
	return 0;
}

int64_t websub_token_feed(struct str text)
{
	size_t hyphen = str_find_char(text, '-', 0);
	long long number;

	if (hyphen == STR_NPOS || hyphen > NUMBER_DIGITS_MAX || text.len != hyphen + 1 + TOKEN_DIGITS)
		return 0;
	for (size_t i = 0; i < hyphen; i++)
		if (!char_is_digit(text.data[i]))
			return 0;
	return str_to_int(str_slice(text, 0, hyphen), &number) && number > 0 ? number : 0;
}

static struct str last_segment(struct str url)
{
	size_t from = url.len;

	while (from > 0 && url.data[from - 1] != '/')
		from--;
	return str_slice(url, from, url.len);
}

bool websub_token_is(const struct websub_state *s, struct str text)
{
	struct str token = last_segment(str_from(s->callback));

	return token.len > 0 && token.len == text.len && CRYPTO_memcmp(token.data, text.data, token.len) == 0;
}

/* ---- the request ---- */

static void put_field(struct buf *out, const char *name, struct str value)
{
	if (out->len > 0)
		buf_putc(out, '&');
	buf_puts(out, name);
	buf_putc(out, '=');
	url_add_escaped(out, value, "-._~");
}

int websub_write_request(struct buf *out, const struct websub_state *s)
{
	char lease[24];

	snprintf(lease, sizeof(lease), "%d", WEBSUB_LEASE_S);
	put_field(out, "hub.mode", STR("subscribe"));
	put_field(out, "hub.topic", str_from(s->topic));
	put_field(out, "hub.callback", str_from(s->callback));
	put_field(out, "hub.lease_seconds", str_from(lease));
	put_field(out, "hub.secret", str_from(s->secret));
	return out->failed;
}

/* ---- the hub's calls ---- */

enum websub_intent websub_intent(const struct websub_state *s, struct str mode, struct str topic)
{
	bool asked = s->asked_ms != TIME_NONE || s->errors > 0 || s->verified_ms != TIME_NONE;

	if (s->phase == WEBSUB_NONE || !asked || !str_eq(str_from(s->topic), topic))
		return WEBSUB_INTENT_UNKNOWN;
	if (str_eq(mode, STR("denied")))
		return WEBSUB_INTENT_DENIED;
	/* A late or second verification is accepted as well. */
	if (str_eq(mode, STR("subscribe")) && s->phase != WEBSUB_DENIED)
		return WEBSUB_INTENT_SUBSCRIBE;
	return WEBSUB_INTENT_UNKNOWN;
}

/* Reads len bytes in hexadecimal; false when text has another length or other characters. */
static bool read_hex(struct str text, unsigned char *out, size_t len)
{
	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = char_hex_value(text.data[2 * i]), low = char_hex_value(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

static const EVP_MD *find_method(struct str name)
{
	if (str_eq_nocase(name, STR("sha256")))
		return EVP_sha256();
	if (str_eq_nocase(name, STR("sha1")))
		return EVP_sha1();
	if (str_eq_nocase(name, STR("sha384")))
		return EVP_sha384();
	if (str_eq_nocase(name, STR("sha512")))
		return EVP_sha512();
	return NULL;
}

bool websub_signature_fits(struct str secret, struct str signature, struct str body)
{
	unsigned char given[EVP_MAX_MD_SIZE], made[EVP_MAX_MD_SIZE];
	unsigned made_len = 0;
	struct str rest = str_trim(signature), name;
	const EVP_MD *method;

	if (!str_split(&rest, '=', &name) || str_empty(secret))
		return false;
	method = find_method(str_trim(name));
	if (method == NULL || !read_hex(str_trim(rest), given, (size_t)EVP_MD_get_size(method)))
		return false;
	if (HMAC(method, secret.data, (int)secret.len, (const unsigned char *)(body.data != NULL ? body.data : ""),
		    body.len, made, &made_len) == NULL)
		return false;
	return made_len == (unsigned)EVP_MD_get_size(method) && CRYPTO_memcmp(given, made, made_len) == 0;
}
