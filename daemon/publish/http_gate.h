/* SPDX-License-Identifier: ISC */
/* http_gate.h: the questions that http.c asks an access (http_access.h) about a request. */
#ifndef SITREP_PUBLISH_HTTP_GATE_H
#define SITREP_PUBLISH_HTTP_GATE_H

#include "sitrep/base/str.h"
#include "sitrep/publish/http_access.h"

enum http_host_verdict { HTTP_HOST_OURS, HTTP_HOST_OTHER, HTTP_HOST_MALFORMED };

/* Without an access every well-formed host is ours. */
enum http_host_verdict http_access_judge_host(const struct http_access *a, struct str authority);

#endif
