/* SPDX-License-Identifier: ISC */
/* Compares host names with the daemon's, and credentials with those of token and users files. */
#include "sitrep/publish/http_access.h"

#include <errno.h>
#include <nettle/base64.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "http_gate.h"
#include "http_host.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/sha256.h"
#include "sitrep/config/access_list.h"
#include "sitrep/text/url.h"
#include "sitrep/websub/websub_endpoint.h"

enum {
	/* Of an Authorization field, and of a token in an address. */
	CREDENTIAL_MAX = 1024,
	NAME_MAX_LEN = 256,
};

/* The credentials of [http], which open everything, or of one output. */
struct readers {
	struct access_list list;
	uint8_t (*digests)[SHA256_LEN]; /* of the tokens */
	char *output;                   /* NULL: those of [http] */
};

struct http_access {
	char **names; /* without port */
	size_t name_count;
	struct readers *readers; /* the first one: of [http] */
	size_t reader_count;
};

/* ---- names ---- */

static int add_name(struct http_access *a, struct str name)
{
	if (name.len > 1 && str_ends(name, STR(".")))
		name.len--;
	a->names[a->name_count] = strndup(name.data, name.len);
	return a->names[a->name_count++] != NULL ? 0 : -ENOMEM;
}

/* An IDN has its punycode form on the wire; url_host() makes it. */
static int add_host_of(struct http_access *a, const char *before, const char *text)
{
	struct buf url = BUF_INIT(4096);
	struct arena arena;
	struct str host;
	int result = 0;

	arena_init(&arena, 64 * 1024);
	buf_printf(&url, "%s%s", before, text);
	host = url_host(&arena, buf_str(&url));
	if (buf_failed(&url))
		result = -ENOMEM;
	else if (!str_empty(host))
		result = add_name(a, host);
	arena_release(&arena);
	buf_release(&url);
	return result;
}

static int add_names(struct http_access *a, const struct config *c, const char *base_url)
{
	int result;

	a->names = calloc(c->http_host_count + 2, sizeof(*a->names));
	if (a->names == NULL)
		return -ENOMEM;
	result = add_host_of(a, "", base_url);
	for (size_t i = 0; result == 0 && i < c->http_host_count; i++)
		result = add_host_of(a, "http://", c->http_hosts[i]);
	return result == 0 ? add_name(a, STR("localhost")) : result;
}

enum http_host_verdict http_access_judge_host(const struct http_access *a, struct str authority)
{
	struct str name;

	switch (http_host_read(authority, &name)) {
	case HTTP_HOST_BAD:
		return HTTP_HOST_MALFORMED;
	case HTTP_HOST_ADDRESS:
		return HTTP_HOST_OURS;
	case HTTP_HOST_NAME:
		break;
	}
	for (size_t i = 0; a != NULL && i < a->name_count; i++)
		if (str_eq_nocase(str_from(a->names[i]), name))
			return HTTP_HOST_OURS;
	return a != NULL ? HTTP_HOST_OTHER : HTTP_HOST_OURS;
}

/* ---- credentials ---- */

struct credential {
	bool has_token, has_password;
	uint8_t token[SHA256_LEN]; /* the digest */
	struct str user, password; /* in the buffer of read_credential() */
};

static void take_token(struct credential *c, struct str token)
{
	c->has_token = true;
	sha256_of(&token, 1, c->token);
}

/* Reads the credential of the request into *c, whose texts point into room.  A password may also be a token, for
 * programs and browsers that know no bearer tokens. */
static void read_credential(const struct http_request *r, struct buf *room, struct credential *c)
{
	static const struct str bearer = {"Bearer ", 7}, basic = {"Basic ", 6};
	struct base64_decode_ctx decoder;
	uint8_t plain[CREDENTIAL_MAX];
	size_t len = sizeof(plain);
	struct str value;
	bool is_good;

	*c = (struct credential){0};
	if (!http_request_field(r, "Authorization", room)) {
		if (!buf_failed(room) && http_request_argument(r, "token", room))
			take_token(c, buf_str(room));
		return;
	}
	value = buf_str(room);
	if (str_starts_nocase(value, bearer)) {
		take_token(c, str_trim(str_slice(value, bearer.len, value.len)));
		return;
	}
	if (!str_starts_nocase(value, basic))
		return;
	value = str_trim(str_slice(value, basic.len, value.len));
	base64_decode_init(&decoder);
	is_good = value.len > 0 && BASE64_DECODE_LENGTH(value.len) <= sizeof(plain) &&
		  base64_decode_update(&decoder, &len, plain, value.len, value.data) && base64_decode_final(&decoder) &&
		  memchr(plain, '\0', len) == NULL && memchr(plain, ':', len) != NULL;
	if (is_good) {
		buf_clear(room);
		buf_append(room, plain, len);
	}
	explicit_bzero(plain, sizeof(plain));
	if (!is_good || buf_failed(room))
		return;
	c->has_password = true;
	c->password = buf_str(room);
	str_split(&c->password, ':', &c->user);
	take_token(c, c->password);
}

/* Compares with all tokens, so that the time does not tell which one matched. */
static bool has_token(const struct readers *r, const struct credential *c)
{
	unsigned found = 0;

	for (size_t i = 0; i < r->list.token_count; i++)
		found |= CRYPTO_memcmp(r->digests[i], c->token, SHA256_LEN) == 0;
	return c->has_token && found != 0;
}

/* The hash of the user.  An unlisted user gets another user's hash and is_known false, so that the time of the check
 * does not tell which users exist. */
static const char *hash_of(const struct readers *r, struct str user, bool *is_known)
{
	const char *hash = r->list.user_count > 0 ? r->list.users[0].hash : NULL;

	*is_known = false;
	for (size_t i = 0; i < r->list.user_count; i++) {
		if (!str_eq(str_from(r->list.users[i].name), user))
			continue;
		hash = r->list.users[i].hash;
		*is_known = true;
	}
	return hash;
}

static enum http_gate ask_readers(
	const struct readers *r, struct http_verifier *v, const struct credential *c, const uint8_t address[16])
{
	const char *hash;
	bool is_known;

	if (has_token(r, c))
		return HTTP_GATE_PASSED;
	hash = c->has_password ? hash_of(r, c->user, &is_known) : NULL;
	if (hash == NULL)
		return HTTP_GATE_BARRED;
	switch (http_verifier_ask(v, address, c->user, c->password, hash)) {
	case HTTP_VERDICT_RIGHT:
		return is_known ? HTTP_GATE_PASSED : HTTP_GATE_BARRED;
	case HTTP_VERDICT_WRONG:
		return HTTP_GATE_BARRED;
	case HTTP_VERDICT_WAITS:
		return HTTP_GATE_WAITS;
	case HTTP_VERDICT_REFUSED:
		break;
	}
	return HTTP_GATE_BUSY;
}

/* The output that the path leads to, in any case and format, if it has readers of its own: "/output/naval.atom". */
static const struct readers *readers_of(const struct http_access *a, struct str path)
{
	static const struct str prefix = {"/output/", 8};
	const struct readers *best = NULL;
	size_t best_len = 0;

	if (!str_starts_nocase(path, prefix))
		return NULL;
	path = str_slice(path, prefix.len, path.len);
	for (size_t i = 1; i < a->reader_count; i++) {
		struct str name = str_from(a->readers[i].output);
		bool ends = path.len == name.len ||
			    (path.len > name.len && (path.data[name.len] == '.' || path.data[name.len] == '/'));

		if (!ends || !str_starts_nocase(path, name) || name.len < best_len)
			continue;
		best = &a->readers[i];
		best_len = name.len;
	}
	return best;
}

/* True for requests that need no credential: by monitors, crawlers, hubs, and CORS preflights. */
static bool is_for_all(const struct http_request *r)
{
	return r->method == HTTP_OPTIONS || str_eq(r->path, STR("/healthz")) || str_eq(r->path, STR("/robots.txt")) ||
	       websub_endpoint_has(r->path);
}

/* The verdict of two files: PASSED when one of them passes, else the more temporary refusal (BUSY, WAITS, BARRED). */
static enum http_gate combine_gates(enum http_gate a, enum http_gate b)
{
	return a == HTTP_GATE_PASSED || b == HTTP_GATE_PASSED ? HTTP_GATE_PASSED : a > b ? a : b;
}

enum http_gate http_access_ask(
	const struct http_access *a, struct http_verifier *v, const struct http_request *r, const uint8_t address[16])
{
	const struct readers *own = a != NULL ? readers_of(a, r->path) : NULL;
	struct buf room = BUF_INIT(CREDENTIAL_MAX);
	enum http_gate gate = HTTP_GATE_BARRED;
	struct credential c;

	if (a == NULL || (own == NULL && access_list_is_empty(&a->readers[0].list)))
		return HTTP_GATE_OPEN;
	read_credential(r, &room, &c);
	if (c.has_token || c.has_password) {
		gate = ask_readers(&a->readers[0], v, &c, address);
		if (own != NULL && gate != HTTP_GATE_PASSED)
			gate = combine_gates(gate, ask_readers(own, v, &c, address));
	}
	if (room.data != NULL)
		explicit_bzero(room.data, room.len);
	buf_release(&room);
	return gate == HTTP_GATE_BARRED && is_for_all(r) ? HTTP_GATE_OPEN : gate;
}

/* ---- life ---- */

static int add_readers(struct http_access *a, const char *output, const struct config_path *token_file,
	const struct config_path *users_file, struct error *err)
{
	struct readers *r = &a->readers[a->reader_count];
	struct config_place ignored;
	int result = access_list_load(&r->list, token_file, users_file, &ignored, err);

	if (result != 0)
		return result;
	a->reader_count++;
	r->digests = calloc(r->list.token_count + 1, sizeof(*r->digests));
	r->output = output != NULL ? strdup(output) : NULL;
	if (r->digests == NULL || (output != NULL && r->output == NULL))
		return error_sys(err, -ENOMEM, "cannot serve HTTP");
	for (size_t i = 0; i < r->list.token_count; i++) {
		const struct str token = str_from(r->list.tokens[i]);

		sha256_of(&token, 1, r->digests[i]);
	}
	return 0;
}

static int add_all_readers(struct http_access *a, const struct config *c, struct error *err)
{
	int result;

	a->readers = calloc(c->outputs.count + 1, sizeof(*a->readers));
	if (a->readers == NULL)
		return error_sys(err, -ENOMEM, "cannot serve HTTP");
	result = add_readers(a, NULL, &c->http_token_file, &c->http_users_file, err);
	for (size_t i = 0; result == 0 && i < c->outputs.count; i++) {
		const struct config_rule *o = &c->outputs.items[i];

		if (o->token_file.text != NULL || o->users_file.text != NULL)
			result = add_readers(a, o->name, &o->token_file, &o->users_file, err);
	}
	return result;
}

struct http_access *http_access_new(const struct config *c, const char *base_url, struct error *err)
{
	struct http_access *a = calloc(1, sizeof(*a));

	if (a == NULL || add_names(a, c, base_url) != 0)
		error_sys(err, -ENOMEM, "cannot serve HTTP");
	else if (add_all_readers(a, c, err) == 0)
		return a;
	http_access_free(a);
	return NULL;
}

bool http_access_asks(const struct http_access *a)
{
	return !access_list_is_empty(&a->readers[0].list);
}

void http_access_free(struct http_access *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->name_count; i++)
		free(a->names[i]);
	for (size_t i = 0; i < a->reader_count; i++) {
		access_list_release(&a->readers[i].list);
		free(a->readers[i].digests);
		free(a->readers[i].output);
	}
	free(a->readers);
	free(a->names);
	free(a);
}
