/* SPDX-License-Identifier: ISC */
/* identity_trust.h: whether a feed's guids or links are reliable identities of its items.
 *
 * Some generators make a new guid at each poll, some also a new link (with a session's number).  Such items are found
 * again by their text or link (intake.h), but each poll adds an alias for each item, and an item whose text changes too
 * counts as new.  So unknown identities are counted over the last 20 polls that brought a document; a feed's first
 * document is not counted.  When more than half of them belong to items that the feed had already, its items are
 * matched by link from then on; when that happens again, by text.  Fewer than 8 unknown identities, or fewer than 3
 * documents with such items, decide nothing: a site that moves changes all its identities once.  The change is never
 * undone, since stable links are as good as guids; a feed with another URL begins anew. */
#ifndef SITREP_IDENTITY_IDENTITY_TRUST_H
#define SITREP_IDENTITY_IDENTITY_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

enum { TRUST_POLLS = 20, TRUST_BYTES = TRUST_POLLS * 4 };

struct trust_poll {
	uint16_t unknown; /* identities that were not known */
	uint16_t seen;    /* of these, items whose text or link the feed had already */
};

struct identity_trust {
	struct trust_poll polls[TRUST_POLLS]; /* the oldest one first */
	size_t count;
};

/* The sums over all polls, and the number of polls with seen > 0. */
struct trust_sum {
	size_t unknown, seen, polls;
};

/* Adds the counts of a document, and drops the oldest poll if there are more than TRUST_POLLS. */
void identity_trust_note(struct identity_trust *t, size_t unknown, size_t seen);
/* Whether the feed's items need another identity; *sum has the counts that decide. */
bool identity_trust_is_lost(const struct identity_trust *t, struct trust_sum *sum);

/* Encodes for the database; returns the number of bytes used.  Decoding gives an empty window for invalid bytes. */
size_t identity_trust_encode(const struct identity_trust *t, uint8_t out[TRUST_BYTES]);
void identity_trust_decode(struct identity_trust *t, struct str bytes);

#endif
