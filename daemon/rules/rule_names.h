/* SPDX-License-Identifier: ISC */
/* rule_names.h: the names under which language and publisher of an item are found, from the whole to the widest. */
#ifndef RULES_RULE_NAMES_H
#define RULES_RULE_NAMES_H

#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

/* Bytes: the words of a summary, an author's name or an address; a longer one is searched as far as this. */
enum { RULE_FIELD_WORDS_MAX = 256 * 1024 };

/* "zh-Hant-TW" gives "zh-Hant", then "zh", then "". */
struct str rule_wider_language(struct str tag);

/* The address of the outlet that the item names as its source, else the item's own. */
struct str rule_outlet_url(const struct item *it);
/* "news.usni.org" of "https://news.usni.org/a"; absent: it has no host. */
struct str rule_host_of(struct str url);
/* "news.usni.org" gives "usni.org", then "org", then "". */
struct str rule_wider_host(struct str host);

#endif
