/* SPDX-License-Identifier: ISC */
/* uid.h: the stable names (uids) of items and stories: 16 bytes in the database, a UUID (RFC 9562) as text. */
#ifndef SITREP_STORE_UID_H
#define SITREP_STORE_UID_H

#include <stdint.h>

#include "sitrep/base/str.h"
#include "sitrep/sql/sql.h"

/* "8d2c...-...": an RFC 9562 version 8 UUID, made from the feed's first name and the item's identity. */
enum { UID_TEXT_MAX = 37 };

/* Writes a uid of 16 bytes as text; "" when it has another length. */
void uid_write(char text[UID_TEXT_MAX], struct str uid);
/* -EINVAL when text is no uid. */
int uid_parse(struct str text, uint8_t uid[STORE_KEY_LEN]);

#endif
