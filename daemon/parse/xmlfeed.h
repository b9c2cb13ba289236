/* SPDX-License-Identifier: ISC */
/* xmlfeed.h: the events of an XML feed to a document.
 *
 * RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0 and CDF are one vocabulary here: a table says for each place
 * (feed, item, image, person ...), namespace and name what becomes of an element and how strong its word is
 * beside others for the same member (xmlfeed_rules.c).  Dialects mix freely, as they do in real feeds.
 *
 * Three things on which readers differ are decided so: a relative address is resolved against xml:base, else
 * against where the document came from, in RSS too, never against the channel's link; an RSS title is text
 * unless it holds a reference or the tag of an HTML element; and FeedBurner's original link does not replace
 * the item's link but is added to its links as "canonical". */
#ifndef SITREP_PARSE_XMLFEED_H
#define SITREP_PARSE_XMLFEED_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"
#include "xmlread.h"

struct xmlfeed;

/* Will fill d, which is initialised here; its text lives in a, or where base and language do.  NULL without
 * memory. */
struct xmlfeed *xmlfeed_new(struct arena *a, struct document *d, struct str base, struct str language);
void xmlfeed_free(struct xmlfeed *x);

struct xml_events xmlfeed_events(struct xmlfeed *x);

/* Closes what is open and completes the document.  A text that was broken off is left out, and so is
 * the item around it unless its title and its id or link came before.  0, -ENOMEM, or -EBADMSG when no feed was seen.
 */
int xmlfeed_finish(struct xmlfeed *x, bool truncated);

/* The root element's name; STR_NONE before there was one. */
struct str xmlfeed_root(const struct xmlfeed *x);

/* The form of the first date that was read (date.h), NULL when there was none. */
const char *xmlfeed_date_rule(const struct xmlfeed *x);

#endif
