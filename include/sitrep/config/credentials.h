/* SPDX-License-Identifier: ISC */
/* credentials.h: a feed's secrets, read from the files that the configuration names.
 *
 * They are read when a configuration is taken over, never while polling, so that a slow file cannot delay the loop.
 * They are wiped when released. */
#ifndef SITREP_CONFIG_CREDENTIALS_H
#define SITREP_CONFIG_CREDENTIALS_H

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

/* Certificate files may hold a chain, authority files a company's whole list. */
enum { CREDENTIALS_FILE_MAX = 16 * 1024, CREDENTIALS_PEM_MAX = 512 * 1024 };

struct credentials {
	char *password; /* NULL: none */
	char *bearer;
	char **headers;         /* NULL-terminated, or NULL */
	struct buf client_cert; /* PEM; empty: none */
	struct buf client_key;
	struct buf authorities;
};

/* A relative file is looked for in $CREDENTIALS_DIRECTORY first.  A file that cannot be read, is larger
 * than its limit or holds control characters is an error; so is PEM that OpenSSL cannot read, an encrypted key, and a
 * key of another certificate. */
int credentials_load(struct credentials *c, const struct config_feed *feed, struct error *err);
void credentials_release(struct credentials *c);

#endif
