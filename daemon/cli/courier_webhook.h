/* SPDX-License-Identifier: ISC */
/* courier_webhook.h: the requests of sitrep tail --webhook that are under way. */
#ifndef SITREP_CLI_COURIER_WEBHOOK_H
#define SITREP_CLI_COURIER_WEBHOOK_H

#include <curl/curl.h>

#include "courier.h"
#include "sitrep/config/credentials.h"

struct request;

struct courier_webhook {
	CURLM *multi;
	const char *url, *content_type;
	struct credentials credentials;               /* its password is the secret */
	struct request *running[COURIER_AT_ONCE_MAX]; /* NULL: free */
	struct buf secret;                            /* the key: the password's bytes, or what whsec_ has in base64 */
};

/* Why no request can be sent to the address; NULL: it is well-formed. */
const char *courier_webhook_mistake(const char *url);

/* w is to be released even after a failure. */
int courier_webhook_init(struct courier_webhook *w, const struct courier_options *options, struct error *err);
/* Ends the requests under way. */
void courier_webhook_release(struct courier_webhook *w);
int courier_webhook_start(struct courier_webhook *w, struct delivery *one, struct error *err);
bool courier_webhook_take(struct courier_webhook *w, struct courier_result *result);

#endif
