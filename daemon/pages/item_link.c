/* SPDX-License-Identifier: ISC */
/* Where an item leads. */
#include "sitrep/pages/item_link.h"

#include "sitrep/text/url.h"

struct str item_own_link(const struct item *it)
{
	if (url_is_web(it->link))
		return it->link;
	for (size_t i = 0; i < it->enclosures.count; i++)
		if (url_is_web(it->enclosures.items[i].url))
			return it->enclosures.items[i].url;
	return STR_NONE;
}
