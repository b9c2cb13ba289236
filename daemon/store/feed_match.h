/* feed_match.h: which row of the database each configured feed has. */
#ifndef SITREP_STORE_FEED_MATCH_H
#define SITREP_STORE_FEED_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/sql/sql.h"
#include "sitrep/store/feed_store.h"

struct feed_match {
	int64_t id; /* 0: it has none yet */
	bool same_key;
	uint8_t key[STORE_KEY_LEN]; /* of the SHA-256 of its key (feed_key.h) */
};

/* A feed of a list has the row of its key, whatever that row's name is.  Another feed has the row of its name, else of
 * its key.  Rows that have another feed's name from now on are renamed: those in use get names that no feed can have,
 * until feed_store_sync() gives them their own; those that left keep their name with "~" and their number behind it.
 *
 * A row of an older version has no key: it is made of the address that was shown, without the user. */
int feed_match_all(struct feed_store *f, const struct feed_spec *feeds, size_t count, struct feed_match *matches,
	struct error *err);

#endif
