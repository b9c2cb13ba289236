/* SPDX-License-Identifier: ISC */
/* The route to a server: the addresses that may be connected to, the proxy, and the certificates that TLS trusts.
 *
 * An address is checked (guard.h) when a socket is made for it, and again before a request goes out on a reused
 * connection.  So a name cannot change its address between check and use. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/fetch/guard.h"
#include "transfer_state.h"

/* ---- which addresses ---- */

/* Notes the first refused address. kind: from guard_refuses(), or NULL for a listener of this daemon. */
static void note_refused(struct transfer *tr, const struct sockaddr *address, const char *kind)
{
	struct hop *hop = &tr->hop;
	const void *bytes;
	char text[INET6_ADDRSTRLEN] = "?";

	if (hop->addresses_refused++ > 0)
		return;
	bytes = address->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
					      : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
	inet_ntop(address->sa_family, bytes, text, sizeof(text));
	if (kind == NULL)
		snprintf(hop->refused, sizeof(hop->refused), "%s is where this daemon itself listens", text);
	else
		snprintf(hop->refused, sizeof(hop->refused), "%s is %s %s address, not allowed by [fetch] allow", text,
			guard_article(kind), kind);
}

static bool is_not_own(struct transfer *tr, const struct sockaddr *address)
{
	if (!guard_is_own(address, tr->owner->own, tr->owner->own_count))
		return true;
	note_refused(tr, address, NULL);
	return false;
}

static bool is_allowed(struct transfer *tr, const struct sockaddr *address)
{
	const char *kind;

	if (!is_not_own(tr, address))
		return false;
	kind = guard_refuses(address, &tr->allow);
	if (kind == NULL || (tr->allow_private && guard_is_private(address)))
		return true;
	note_refused(tr, address, kind);
	return false;
}

/* Whether the address in text is allowed.  *known: text is an address. */
static bool is_allowed_text(struct transfer *tr, const char *text, uint16_t port, bool *known)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	*known = true;
	/* also as "127.1" and "0x7f000001", which a proxy's resolver may understand */
	if (inet_aton(text, &in.sin_addr) == 1)
		return is_allowed(tr, (const struct sockaddr *)&in);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		return is_allowed(tr, (const struct sockaddr *)&in6);
	*known = false;
	return false;
}

/* RFC 6761, 6.3: the name means loopback everywhere. */
static bool is_localhost(struct str name)
{
	static const struct str localhost = {"localhost", 9};

	return str_eq_nocase(name, localhost) ||
	       (name.len > localhost.len && name.data[name.len - localhost.len - 1] == '.' &&
		       str_eq_nocase(str_slice(name, name.len - localhost.len, name.len), localhost));
}

/* A proxy resolves names itself, so names are not checked.  An address in the URL is checked as without a proxy. */
bool transfer_route_may_ask_proxy(struct transfer *tr)
{
	char *host = NULL, *port_text = NULL;
	long long port = 0;
	size_t len;
	bool known, allowed = false;

	if (curl_url_get(tr->url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
		curl_url_get(tr->url, CURLUPART_PORT, &port_text, CURLU_DEFAULT_PORT) != CURLUE_OK ||
		!str_to_int(str_from(port_text), &port))
		goto out;
	len = strlen(host);
	if (len > 2 && host[0] == '[') {
		host[len - 1] = '\0';
		allowed = is_allowed_text(tr, host + 1, (uint16_t)port, &known) && known;
		goto out;
	}
	if (len > 1 && host[len - 1] == '.')
		host[--len] = '\0';
	allowed = is_allowed_text(tr, is_localhost(str_make(host, len)) ? "127.0.0.1" : host, (uint16_t)port, &known) ||
		  !known;
out:
	curl_free(host);
	curl_free(port_text);
	return allowed;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
	struct transfer *tr = arg;
	int fd;

	/* Curl makes a new connection for each stream that the server refuses. */
	if (tr->hop.http2_tries == HTTP2_TRIES_MAX)
		return CURL_SOCKET_BAD;
	if (!(tr->by_proxy ? is_not_own(tr, &address->addr) : is_allowed(tr, &address->addr)))
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
	if (fd < 0) {
		tr->hop.socket_errno = errno;
		return CURL_SOCKET_BAD;
	}
	tr->hop.addresses_tried++;
	return fd;
}

/* Whether the connection has agreed on HTTP/2 (ALPN). */
static bool is_http2(CURL *easy)
{
	const struct curl_tlssessioninfo *info = NULL;
	const unsigned char *name = NULL;
	unsigned len = 0;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL ||
		info->backend != CURLSSLBACKEND_OPENSSL || info->internals == NULL)
		return false;
	SSL_get0_alpn_selected(info->internals, &name, &len);
	return str_eq(str_make((const char *)name, len), STR("h2"));
}

/* Called by curl before it sends a request: the connection may have been opened for a feed with other exceptions. */
static int on_before_request(void *arg, char *remote, char *local UNUSED, int remote_port, int local_port UNUSED)
{
	struct transfer *tr = arg;
	bool known;

	tr->hop.over_http2 = is_http2(tr->easy);
	if (tr->hop.over_http2 && tr->hop.http2_tries++ == HTTP2_TRIES_MAX)
		return CURL_PREREQFUNC_ABORT;
	if (tr->by_proxy || is_allowed_text(tr, remote, (uint16_t)remote_port, &known))
		return CURL_PREREQFUNC_OK;
	tr->hop.addresses_tried = 0;
	return CURL_PREREQFUNC_ABORT;
}

/* ---- proxy and TLS ---- */

/* Lets the proxy resolve names.  With the plain schemes (socks5://) curl would resolve them here, and give the proxy an
 * address that was not checked. */
static int set_proxy(CURL *easy, const char *proxy)
{
	static const struct {
		const char *plain, *remote;
	} schemes[] = {{"socks5://", "socks5h://"}, {"socks4://", "socks4a://"}};
	struct buf text = BUF_INIT(LIMIT_URL);
	const char *rest = proxy;
	int result;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!str_starts_nocase(str_from(proxy), str_from(schemes[i].plain)))
			continue;
		buf_puts(&text, schemes[i].remote);
		rest = proxy + strlen(schemes[i].plain);
	}
	buf_puts(&text, rest);
	result = !buf_failed(&text) && curl_easy_setopt(easy, CURLOPT_PROXY, text.data) == CURLE_OK ? 0 : -ENOMEM;
	buf_release(&text);
	return result;
}

static int set_blob(CURL *easy, CURLoption option, struct str pem)
{
	struct curl_blob blob = {.data = (void *)(uintptr_t)pem.data, .len = pem.len, .flags = CURL_BLOB_COPY};

	return pem.len == 0 || curl_easy_setopt(easy, option, &blob) == CURLE_OK ? 0 : -ENOMEM;
}

/* CURLOPT_SSL_CTX_FUNCTION: called once there is a connection for the handshake. */
static CURLcode on_tls_context(CURL *easy UNUSED, void *context UNUSED, void *arg)
{
	struct transfer *tr = arg;

	tr->hop.tls_begun = true;
	return CURLE_OK;
}

/* Old servers renegotiate in the unsafe way (RFC 5746). */
static CURLcode on_old_tls_context(CURL *easy, void *context, void *arg)
{
	(void)SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
	return on_tls_context(easy, context, arg);
}

static int set_tls_versions(struct transfer *tr, bool allow_old)
{
	CURL *easy = tr->easy;

	SET(CURLOPT_SSL_CTX_DATA, tr);
	SET(CURLOPT_SSL_CTX_FUNCTION, allow_old ? on_old_tls_context : on_tls_context);
	SET(CURLOPT_SSLVERSION, (long)(allow_old ? CURL_SSLVERSION_TLSv1_0 : CURL_SSLVERSION_TLSv1_2));
	if (!allow_old)
		return 0;
	/* OpenSSL accepts TLS 1.1 and older, SHA-1 and short keys at this level only. */
	SET(CURLOPT_SSL_CIPHER_LIST, "DEFAULT:@SECLEVEL=0");
	return 0;
}

int transfer_route_prepare(struct transfer *tr, const struct transfer_request *request)
{
	const struct transfers *t = tr->owner;
	CURL *easy = tr->easy;
	const char *proxy = request->proxy != NULL ? request->proxy : t->proxy;

	tr->by_proxy = proxy != NULL && proxy[0] != '\0';
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET(CURLOPT_OPENSOCKETDATA, tr);
	SET(CURLOPT_PREREQFUNCTION, on_before_request);
	SET(CURLOPT_PREREQDATA, tr);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, (long)DNS_CACHE_S);
	SET(CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, (long)HAPPY_EYEBALLS_MS);
	/* Both are always set, since curl takes an unset one from the environment. */
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "");
	if (tr->by_proxy && set_proxy(easy, proxy) != 0)
		return -ENOMEM;
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)t->connect_timeout_ms);
	if (set_tls_versions(tr, request->allow_old_tls) != 0)
		return -ENOMEM;
	if (set_blob(easy, CURLOPT_SSLCERT_BLOB, request->client_cert) != 0 ||
		set_blob(easy, CURLOPT_SSLKEY_BLOB, request->client_key) != 0)
		return -ENOMEM;
	/* The feed's own authorities replace the bundle. The system's stay trusted through the folder, unless [fetch]
	 * ca-file replaces them. */
	if (request->authorities.len > 0) {
		if (t->ca_file != NULL)
			SET(CURLOPT_CAPATH, NULL);
		return set_blob(easy, CURLOPT_CAINFO_BLOB, request->authorities);
	}
	if (t->ca_file != NULL)
		SET(CURLOPT_CAINFO, t->ca_file);
	/* With a folder beside the bundle, curl reads the whole bundle for each connection, which takes 30 ms on the
	 * loop; without a folder, once a day. */
	if (t->ca_file != NULL || t->has_ca_bundle)
		SET(CURLOPT_CAPATH, NULL);
	return 0;
}
