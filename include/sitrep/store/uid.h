/* SPDX-License-Identifier: ISC */
/* uid.h: the stable names (uids) of items and stories: 16 bytes in the database, a UUID (RFC 9562) as text. */
#ifndef SITREP_STORE_UID_H
#define SITREP_STORE_UID_H

#include <stdint.h>

#include "sitrep/base/sha256.h"
#include "sitrep/base/str.h"
#include "sitrep/sql/sql.h"

/* "8d2c...-..." */
enum { UID_TEXT_MAX = 37 };

/* A UUID of version 8 (RFC 9562), whose content is free: a hash of the pieces. */
void uid_make(const struct str *pieces, size_t count, uint8_t uid[STORE_KEY_LEN]);

/* Writes a uid of 16 bytes as text; "" when it has another length. */
void uid_write(char text[UID_TEXT_MAX], struct str uid);
/* -EINVAL when text is no uid. */
int uid_parse(struct str text, uint8_t uid[STORE_KEY_LEN]);

#endif
