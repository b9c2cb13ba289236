/* SPDX-License-Identifier: ISC */
/* credentials.h: a feed's secrets, read from the files that the configuration names.
 *
 * They are read at the start of each poll, so that a new password counts at once, and a missing file fails its feed
 * alone.  The files are small, and a pipe in place of one does not block the loop.  Secrets are wiped when released. */
#ifndef SITREP_CONFIG_CREDENTIALS_H
#define SITREP_CONFIG_CREDENTIALS_H

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

/* Limits of a file with a secret, and of a PEM file, which may hold a company's whole list of authorities. */
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
 * key of another certificate.  *place is then the line of the file's option; place may be NULL. */
int credentials_load(
	struct credentials *c, const struct config_feed *feed, struct config_place *place, struct error *err);
/* 0 when path is a file of certificates that OpenSSL can read; else a negative code with err.  path->text is not NULL.
 */
int credentials_check_authorities(const struct config_path *path, struct error *err);
void credentials_release(struct credentials *c);

#endif
