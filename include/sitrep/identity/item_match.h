/* SPDX-License-Identifier: ISC */
/* item_match.h: whether an item of a document is one that is known.
 *
 * Asked for an item whose identity its feed has not shown before, once for each known item that has its text or its
 * link, and for an item that is known by nothing but a link under which another text stands now.  Facts in, decision
 * out; nothing is looked up or remembered here.
 *
 * The evidence is guid, link, date, place in the document and length of the text.  A renamed item keeps its date and
 * replaces the old one in the document.  A new one has a new guid, a new link and another date, or stands beside the
 * old one: three alarms in the same words are three alarms.  A link says nothing alone: a channel's address is the link
 * of everything in it.  Under doubt it is news.  The first row that fits decides:
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
 * "But counter": the same but for a counter, clock or age of its title (title_core.h).
 * "Read again": alike, and the known one was read by other rules of an earlier program (CANON_VERSION).
 * "Same day": both dates are the same and have no time of day, so that several items may have them.  "Near": a minute
 * apart at most, as where a generator dates an item anew.  "All renamed": most items of the document have texts that
 * the feed had under other identities, and not all of them the same.  "Alone": the document has no other item.
 * "Repeated": the item's own feed has had the text as well.  Later than a pruned item is later than it was seen. */
#ifndef SITREP_IDENTITY_ITEM_MATCH_H
#define SITREP_IDENTITY_ITEM_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum match_owner { OWNER_SELF = 1, OWNER_OTHER = 2 };
enum match_text { TEXT_SAME = 1, TEXT_ALIKE = 2, TEXT_UNRELATED = 4, TEXT_BUT_COUNTER = 8, TEXT_READ_AGAIN = 16 };
enum match_link { LINK_SAME = 1, LINK_OTHER = 2 }; /* another, or no link on either side */
enum match_place { PLACE_GONE = 1, PLACE_SHOWN = 2, PLACE_PRUNED = 4 };
enum match_guid { GUID_SAME = 1, GUID_OTHER = 2, GUID_NONE = 4 }; /* none: the item has none */
enum match_date { DATE_SAME = 1, DATE_SAME_DAY = 2, DATE_NEAR = 4, DATE_OTHER = 8, DATE_UNKNOWN = 16 };
enum match_length { LENGTH_SHORT = 1, LENGTH_MIDDLE = 2, LENGTH_LONG = 4 };
enum match_document { DOCUMENT_ALONE = 1, DOCUMENT_STEADY = 2, DOCUMENT_RENAMED = 4 };

/* Of an unknown item against a known one. */
struct match_facts {
	enum match_owner owner; /* whose the known item is */
	enum match_text text;
	enum match_link link;
	enum match_place place; /* where the known item is */
	enum match_guid guid;
	enum match_date date;
	enum match_length length; /* of the text */
	enum match_document document;
	bool repeated;  /* the unknown item's own feed has had its text */
	bool in_window; /* the two are no further apart than [dedup] window */
};

enum match_decision {
	MATCH_NONE,      /* nothing to do with the known item */
	MATCH_LOOKALIKE, /* news in the known item's words: a story of its own, linked to that of the known one */
	MATCH_TOMBSTONE, /* what was pruned does not come back */
	MATCH_COPY,      /* another outlet's report of the known item's story */
	MATCH_CHANGED,   /* the known item under another identity and with another text */
	MATCH_SAME,      /* the known item under another identity */
	MATCH_DECISIONS
};

enum match_decision item_match(const struct match_facts *f);

/* Texts of fewer tokens are too often the same by chance; texts of as many as this are not written twice. */
enum { MATCH_TOKENS_MIN = 8, MATCH_TOKENS_LONG = 40 };
enum match_length match_length(uint32_t tokens);

/* TIME_NONE: unknown. */
enum match_date match_date(int64_t a_ms, int64_t b_ms);

#endif
