/* SPDX-License-Identifier: ISC */
/* churn.h: a part of a text that changes at each poll is no news.
 *
 * A counter, a clock, "3 minutes ago", a fingerprint, a list of related links, two texts in turn: each poll brings
 * another text of such an item, and each would be an update.  A part is ignored once it has changed at five polls in a
 * row while nothing else did.  Such a part is what stands at the ends or in brackets of a title (title_core.h), or
 * sentences between others that stay; a text that the item had before, of the last few, is one half of a pair.  Ignored
 * is no more than was seen to change: when another sentence changes, or more of them do, or the title says something
 * else, that is told, and the count begins again.
 *
 * What is ignored is still kept, but once an hour at most, and nobody is called for it (intake.h). */
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
	uint64_t stable;             /* hash of what did not change */
	uint64_t texts[CHURN_TEXTS]; /* the last texts, by the beginning of their digests; 0: none */
	int64_t document;            /* the feed's document that changed it last, by number */
	int64_t kept_ms;             /* when an ignored text was kept last */
	uint32_t sentences;          /* that changed at once, at most */
	uint32_t polls;              /* in a row; CHURN_POLLS at most */
};

/* The difference between an old and a new text. */
struct churn_change {
	uint64_t stable;
	uint64_t before, after; /* the texts, by the beginning of their digests */
	uint32_t sentences;     /* of the new text that the old one did not have */
	bool title;             /* the title says something else */
	bool mostly;            /* more changed than stayed */
};

/* Buffers, reused from comparison to comparison. */
struct churn_reader {
	struct buf before, after;
	uint64_t *sentences; /* of the text before, sorted */
};
int churn_reader_init(struct churn_reader *r);
void churn_reader_release(struct churn_reader *r);

/* All but the texts.  0 or negative errno. */
int churn_compare(
	struct churn_reader *r, const struct item *before, const struct item *after, struct churn_change *change);

/* Notes a change; is it to be ignored?  in_row: the feed's last document changed the item too, or this is the first. */
bool churn_note(struct churn *c, const struct churn_change *change, bool in_row);

enum { CHURN_BYTES = 8 + 8 * CHURN_TEXTS + 8 + 8 + 4 + 4 };
void churn_encode(const struct churn *c, uint8_t out[CHURN_BYTES]);
/* Other bytes than those are nothing remembered. */
void churn_decode(struct churn *c, struct str bytes);

#endif
