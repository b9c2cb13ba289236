/* SPDX-License-Identifier: ISC */
/* xmlfeed.h: builds a document from the events of an XML feed.
 *
 * RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0 and CDF are one vocabulary here.  A table (xmlfeed_rules.c) has for each
 * place (feed, item, image, person ...), namespace and name the action of the element and its rank among the elements
 * that set the same member.  Dialects may be mixed, as they are in real feeds.  Feed readers differ on three points:
 *
 *   - a relative address is resolved against xml:base, else against the document's URL, in RSS too; never against the
 *     channel's link;
 *   - an RSS title is text unless it holds a reference or the tag of an HTML element;
 *   - FeedBurner's original link does not replace the item's link but is added to its links as "canonical". */
#ifndef SITREP_PARSE_XMLFEED_H
#define SITREP_PARSE_XMLFEED_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"
#include "xmlread.h"

struct xmlfeed;

/* Initialises d, which the events then fill.  Its text lives in a, or where base and language live.  NULL without
 * memory. */
struct xmlfeed *xmlfeed_new(struct arena *a, struct document *d, struct str base, struct str language);
void xmlfeed_free(struct xmlfeed *x);

struct xml_events xmlfeed_events(struct xmlfeed *x);

/* Closes open elements and completes the document.  truncated: the text was cut; the open text is then dropped, and so
 * is its item unless the item's title and its id or link are complete.  0, -ENOMEM, or -EBADMSG when there was no
 * feed. */
int xmlfeed_finish(struct xmlfeed *x, bool truncated);

/* The root element's name; STR_NONE before there was one. */
struct str xmlfeed_root(const struct xmlfeed *x);

/* The rule of the first date that was read (date.h); NULL when no date was read. */
const char *xmlfeed_date_rule(const struct xmlfeed *x);

#endif
