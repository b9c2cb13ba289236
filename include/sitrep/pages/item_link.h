/* SPDX-License-Identifier: ISC */
/* item_link.h: where an item leads. */
#ifndef SITREP_PAGES_ITEM_LINK_H
#define SITREP_PAGES_ITEM_LINK_H

#include "sitrep/model/document.h"

/* Its link, else its first enclosure; STR_NONE: it has neither. */
struct str item_own_link(const struct item *it);

#endif
