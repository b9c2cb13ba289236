/* SPDX-License-Identifier: ISC */
/* link_header.h: the Link field of HTTP, RFC 8288, one link at a time.
 *
 *     struct str rest = str_from(field);
 *     struct link_value link;
 *     while (link_header_next(&rest, &link))
 *             if (link_has_rel(&link, STR("hub"))) ...
 *
 * Several fields are one list when joined by commas.  Pieces point into the field.  Each step consumes some input; text
 * that is not a link is skipped up to the next comma. */
#ifndef SITREP_FETCH_LINK_HEADER_H
#define SITREP_FETCH_LINK_HEADER_H

#include <stdbool.h>

#include "sitrep/base/str.h"

struct link_value {
	struct str href; /* between the angle brackets, perhaps relative */
	struct str rel;  /* relation types, space separated; absent when none is given */
	struct str type; /* as written, without quotes */
};

/* Cuts the next link off *rest.  A link about another document (anchor=) is skipped. */
bool link_header_next(struct str *rest, struct link_value *link);
/* True when name is one of the link's relation types, without regard to case. */
bool link_has_rel(const struct link_value *link, struct str name);

/* Reads the Link field of an answer for WebSub: the links with rel=hub, resolved against base, one a line, and the
 * first one with rel=self.  Both are NULL when there is no such link, or no memory; the caller frees them. */
void link_header_read_hubs(struct str field, const char *base, char **hubs, char **topic);

#endif
