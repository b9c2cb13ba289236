/* SPDX-License-Identifier: ISC */
/* link_header.h: reads the Link field of HTTP (RFC 8288), one link at a time.
 *
 *     struct str rest = str_from(field);
 *     struct link_value link;
 *     while (link_header_next(&rest, &link))
 *             if (link_has_rel(&link, STR("hub"))) ...
 *
 * Several fields, joined by commas, are read as one list.  The parts of a link point into the field.  Text that is not
 * a link is skipped up to the next comma. */
#ifndef SITREP_FETCH_LINK_HEADER_H
#define SITREP_FETCH_LINK_HEADER_H

#include <stdbool.h>

#include "sitrep/base/str.h"

struct link_value {
	struct str href; /* between the angle brackets; may be relative */
	struct str rel;  /* relation types, space separated; absent when none is given */
	struct str type; /* as written, without quotes */
};

/* Cuts the next link off *rest.  A link about another document (anchor=) is skipped. */
bool link_header_next(struct str *rest, struct link_value *link);
/* True when name is one of the link's relation types; upper and lower case are equal. */
bool link_has_rel(const struct link_value *link, struct str name);

/* Finds the links that WebSub needs, resolved against base: *hubs has those with rel=hub, one a line, *topic the first
 * one with rel=self.  NULL: there is none, or no memory.  The caller frees both. */
void link_header_read_hubs(struct str field, const char *base, char **hubs, char **topic);

#endif
