/* SPDX-License-Identifier: ISC */
/* churn.h: ignores a part of a text that changes at each poll.
 *
 * An item with a counter, a clock, "3 minutes ago", a list of related links or two alternating texts has another text
 * at each poll, and each would be an update.  A part of the text is ignored once it has changed at five polls in a row
 * while nothing else did.  The part may be at an end or in brackets of the title (title_core.h), or sentences between
 * unchanged ones; or the new text may be one of the item's last few texts.  Only the part that was seen to change is
 * ignored.  If another sentence changes, or more sentences do, or the title's words do, that is an update, and the
 * count begins again.  Ignored changes are stored once an hour at most, and raise no event (intake.h). */
#ifndef SITREP_IDENTITY_CHURN_H
#define SITREP_IDENTITY_CHURN_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

enum { CHURN_POLLS = 5, CHURN_TEXTS = 4 };

/* The history of an item's changed texts. */
struct churn {
	uint64_t stable;             /* hash of the unchanged part */
	uint64_t texts[CHURN_TEXTS]; /* the last texts, by the beginning of their digests; 0: none */
	int64_t document;            /* the number of the feed's document that changed it last */
	int64_t kept_ms;             /* when an ignored text was last stored */
	uint32_t sentences;          /* the largest number of sentences that changed at once */
	uint32_t polls;              /* in a row; CHURN_POLLS at most */
};

/* The difference between an old and a new text. */
struct churn_change {
	uint64_t stable;
	uint64_t before, after; /* the texts, by the beginning of their digests */
	uint32_t sentences;     /* sentences of the new text that the old one lacks */
	bool title;             /* the title has other words */
	bool mostly;            /* more of the text changed than stayed */
};

/* Buffers, reused from comparison to comparison. */
struct churn_reader {
	struct buf before, after;
	uint64_t *sentences; /* of the text before, sorted */
};
int churn_reader_init(struct churn_reader *r);
void churn_reader_release(struct churn_reader *r);

/* Sets all members but before and after. 0 or negative errno. */
int churn_compare(
	struct churn_reader *r, const struct item *before, const struct item *after, struct churn_change *change);

/* Notes a change; true: it is to be ignored.  in_row: the feed's document before this one changed the item too, or this
 * is the item's first change. */
bool churn_note(struct churn *c, const struct churn_change *change, bool in_row);

enum { CHURN_BYTES = 8 + 8 * CHURN_TEXTS + 8 + 8 + 4 + 4 };
void churn_encode(const struct churn *c, uint8_t out[CHURN_BYTES]);
/* Invalid bytes give an empty history. */
void churn_decode(struct churn *c, struct str bytes);

#endif
