/* SPDX-License-Identifier: ISC */
/* identity_trust.h: whether a feed's items can be known by what the feed gives them as identities.
 *
 * Some generators make a new guid for each poll, some a new link as well (a session's number).  Such items are found
 * again by their text or their link (intake.h), at the price of a new alias an item and poll; and each of them is one
 * change of text away from being taken for news.  So what becomes of identities that are not known is counted over
 * the last 20 polls that brought a document: when more than half of them turn out to be items that the feed had
 * already, its items are known by their links from then on, and when that happens again, by their texts.
 *
 * Fewer than 8 such identities say nothing, nor do those of fewer than 3 documents: a site that moves once changes all
 * of its identities, and keeps the new ones.  A feed's first document is not counted.  There is no way back, since
 * links that do not change are as good as guids; a feed that gets another URL begins anew. */
#ifndef SITREP_IDENTITY_IDENTITY_TRUST_H
#define SITREP_IDENTITY_IDENTITY_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

enum { TRUST_POLLS = 20, TRUST_BYTES = TRUST_POLLS * 4 };

struct trust_poll {
	uint16_t unknown; /* identities that were not known */
	uint16_t seen;    /* of these, whose text or link the feed had already */
};

struct identity_trust {
	struct trust_poll polls[TRUST_POLLS]; /* the oldest one first */
	size_t count;
};

/* The sums over all polls, and how many of these had anything seen. */
struct trust_sum {
	size_t unknown, seen, polls;
};

/* One document more; the oldest one of too many is forgotten. */
void identity_trust_note(struct identity_trust *t, size_t unknown, size_t seen);
/* Is it time to know the feed's items by something else?  *sum says why. */
bool identity_trust_is_lost(const struct identity_trust *t, struct trust_sum *sum);

/* As bytes for the database: how many of out are used.  Other bytes than those give an empty window. */
size_t identity_trust_encode(const struct identity_trust *t, uint8_t out[TRUST_BYTES]);
void identity_trust_decode(struct identity_trust *t, struct str bytes);

#endif
