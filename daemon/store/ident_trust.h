/* ident_trust.h: by what the items of a feed are recognised, and when that has proven worthless.
 *
 * A guid is meant to stay, and in some feeds it is made anew at each poll; in some the link carries a session, too.
 * Such items are found again by their digest or link all the same, each time under a new name.  When most of a
 * feed's new names turn out to be old items, over several of its last polls, the next better thing is taken for the
 * name: the canonical link in place of the guid, the digest in place of the link.  There is no way back, since the
 * names given meanwhile are all kept; a feed with another URL begins anew.
 *
 * Pure: the numbers of the last polls in, a mode out. */
#ifndef SITREP_STORE_IDENT_TRUST_H
#define SITREP_STORE_IDENT_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/feed_state.h"
#include "sitrep/str.h"

enum {
	IDENT_POLLS = 20,
	/* Fewer new names, or old items in fewer polls than these, are no proof: a site that moves changes all at once.
	 */
	IDENT_NEW_MIN = 8,
	IDENT_POLLS_MIN = 3,
	IDENT_TRUST_BYTES = 2 + 2 * IDENT_POLLS,
};

/* Of one poll's document: names that were never seen, and how many of those are items that were.  At most 255. */
struct ident_poll {
	uint8_t fresh, again;
};

/* A zeroed struct trusts. */
struct ident_trust {
	enum ident_mode mode;
	uint8_t next; /* place of the poll after the last */
	struct ident_poll polls[IDENT_POLLS];
};

/* Notes a poll that brought a document; true when the mode has changed by it. *fresh and *again are then what it was
 * judged by. */
bool ident_trust_note(struct ident_trust *t, int *fresh, int *again);

/* IDENT_TRUST_BYTES that say all of it, and back; what is no such bytes is a feed that is trusted. */
void ident_trust_encode(const struct ident_trust *t, uint8_t bytes[IDENT_TRUST_BYTES]);
void ident_trust_decode(struct str bytes, struct ident_trust *t);

#endif
