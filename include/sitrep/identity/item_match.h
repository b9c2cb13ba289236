/* SPDX-License-Identifier: ISC */
/* item_match.h: decides whether an item of a document is the same as a stored one.
 *
 * Asked about an item whose identity its feed has not had before, once for each stored item with the same text or link;
 * and about an item whose link is its only identity, when the link has another text now.  A pure function: facts in,
 * decision out.
 *
 * The evidence is guid, link, date, place in the document and length of the text.  An item that was given another
 * guid keeps its date and replaces the old one in the document.  A new item has a new guid, a new link and another
 * date, or is in the document together with the old one: three alarms in the same words are three alarms.  A link
 * alone proves nothing: every item of a channel may have the channel's link.  In doubt the item is new.  The first
 * matching row decides:
 *
 *   known item     text        link      place     guid    date            other                     decision
 *   own feed's     same        any       shown     any     any                                       look-alike
 *                  same        any       gone      same    any                                       same
 *                  same        same      gone      none    not another                               same
 *                  same        any       gone      any     same                                      same
 *                  same        same      gone      any     same day                                  same
 *                  same        any       gone      any     same day        long, or all renamed      same
 *                  same        any       gone      any     near            long                      same
 *                  same        any       gone      any     unknown         long, or all renamed      same
 *                  same        same      gone      any     unknown         not alone                 same
 *                  same        any       gone      any     any                                       look-alike
 *                  same        any       pruned    any     later                                     none
 *                  same        any       pruned    any     any             not short                 tombstone
 *                  alike       same      gone      any     any                                       changed
 *                  but counter any       gone      any     same                                      changed
 *                  but counter any       gone      any     near, unknown   long                      changed
 *                  but counter any       gone      any     unknown or day  all renamed               changed
 *                  read again  any       gone      none    same, same day, unknown                   same
 *   another's      same        any       pruned    any     later                                     none
 *                  same        any       pruned    any     any             within the window         tombstone
 *                  same        any       pruned    any     not unknown                               tombstone
 *                  same        same      any       any     any                                       copy
 *                  same        any       any       any     same, near                                copy
 *                  same        any       any       any     any             repeated                  look-alike
 *                  same        any       any       any     any             within the window         copy
 *                  same        any       any       any     any                                       look-alike
 *                  alike       same      any       any     any                                       copy
 *                  unrelated   same      any       any     same                                      copy
 *   anything else                                                                                    none
 *
 * "But counter": the same but for a counter, clock or age of its title (title_core.h).  "Read again": alike, and the
 * known item was parsed by an earlier program with another CANON_VERSION.  "Same day": both dates are the same and
 * have no time of day, so that several items may have them.  "Near": at most a minute apart, as when a generator
 * dates an item anew.  "All renamed": most items of the document have texts that the feed had under other
 * identities, and these texts differ from each other.  "Alone": the document has no other item.  "Repeated": the
 * item's own feed had the text before.  "Later", of a pruned item: later than the time at which it was last seen. */
#ifndef SITREP_IDENTITY_ITEM_MATCH_H
#define SITREP_IDENTITY_ITEM_MATCH_H

#include <stdbool.h>
#include <stdint.h>

enum match_owner { OWNER_SELF = 1, OWNER_OTHER = 2 };
enum match_text { TEXT_SAME = 1, TEXT_ALIKE = 2, TEXT_UNRELATED = 4, TEXT_BUT_COUNTER = 8, TEXT_READ_AGAIN = 16 };
enum match_link { LINK_SAME = 1, LINK_OTHER = 2 }; /* other: the links differ, or one is missing */
enum match_place { PLACE_GONE = 1, PLACE_SHOWN = 2, PLACE_PRUNED = 4 };
enum match_guid { GUID_SAME = 1, GUID_OTHER = 2, GUID_NONE = 4 }; /* none: the item has none */
enum match_date { DATE_SAME = 1, DATE_SAME_DAY = 2, DATE_NEAR = 4, DATE_OTHER = 8, DATE_UNKNOWN = 16 };
enum match_length { LENGTH_SHORT = 1, LENGTH_MIDDLE = 2, LENGTH_LONG = 4 };
enum match_document { DOCUMENT_ALONE = 1, DOCUMENT_STEADY = 2, DOCUMENT_RENAMED = 4 };

/* Facts about an unknown item, compared with a known one. */
struct match_facts {
	enum match_owner owner; /* whether the known item is the same feed's */
	enum match_text text;
	enum match_link link;
	enum match_place place; /* whether the known item is in the document too, or was pruned */
	enum match_guid guid;
	enum match_date date;
	enum match_length length; /* of the text */
	enum match_document document;
	bool repeated;  /* the unknown item's own feed had its text before */
	bool in_window; /* the two are at most [dedup] window apart */
};

enum match_decision {
	MATCH_NONE,      /* not related to the known item */
	MATCH_LOOKALIKE, /* a new item with the known item's words: its own story, linked to the known one's */
	MATCH_TOMBSTONE, /* the item was pruned, and is not stored again */
	MATCH_COPY,      /* another outlet's copy: joins the known item's story */
	MATCH_CHANGED,   /* the known item with another identity and another text */
	MATCH_SAME,      /* the known item with another identity */
	MATCH_DECISIONS
};

enum match_decision item_match(const struct match_facts *f);

/* Texts of fewer than 8 tokens are too often equal by chance; texts of 40 and more are never written twice. */
enum { MATCH_TOKENS_MIN = 8, MATCH_TOKENS_LONG = 40 };
enum match_length match_length(uint32_t tokens);

/* TIME_NONE: unknown. */
enum match_date match_date(int64_t a_ms, int64_t b_ms);

#endif
