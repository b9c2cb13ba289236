/* SPDX-License-Identifier: ISC */
/* http_gate.h: the checks of a request that http.c makes by the access (http_access.h). */
#ifndef SITREP_PUBLISH_HTTP_GATE_H
#define SITREP_PUBLISH_HTTP_GATE_H

#include "http_verifier.h"
#include "sitrep/base/str.h"
#include "sitrep/publish/http.h"
#include "sitrep/publish/http_access.h"

enum http_host_verdict { HTTP_HOST_OURS, HTTP_HOST_OTHER, HTTP_HOST_MALFORMED };

/* Without an access every well-formed host is ours. */
enum http_host_verdict http_access_judge_host(const struct http_access *a, struct str authority);

/* OPEN: everybody may have the document.  PASSED: the request has a credential.  BARRED: it has none, or a wrong one.
 * WAITS and BUSY: as WAITS and REFUSED of the verifier. */
enum http_gate { HTTP_GATE_OPEN, HTTP_GATE_PASSED, HTTP_GATE_BARRED, HTTP_GATE_WAITS, HTTP_GATE_BUSY };

/* address is the peer's, for the limit of failures.  Without an access everything is open. */
enum http_gate http_access_ask(
	const struct http_access *a, struct http_verifier *v, const struct http_request *r, const uint8_t address[16]);

#endif
