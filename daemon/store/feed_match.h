/* SPDX-License-Identifier: ISC */
/* feed_match.h: which row of the database each configured feed has. */
#ifndef SITREP_STORE_FEED_MATCH_H
#define SITREP_STORE_FEED_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/sql/sql.h"
#include "sitrep/store/feed_store.h"

struct feed_match {
	int64_t id; /* 0: no row yet */
	bool same_key;
	uint8_t key[STORE_KEY_LEN]; /* first bytes of the SHA-256 of the feed's key (feed_key.h) */
};

/* A feed of a subscription list gets the row of its key, under any name.  Another feed gets the row of its name, else
 * the row of its key.  A row whose name goes to another feed is renamed: if it is claimed, to "~7" (its number) until
 * feed_store_sync() gives it its own name; if its feed has left, to "name~7".
 *
 * A row of an older version has no key: its key is made of the URL that was shown, without the user. */
int feed_match_all(struct feed_store *f, const struct feed_spec *feeds, size_t count, struct feed_match *matches,
	struct error *err);

#endif
