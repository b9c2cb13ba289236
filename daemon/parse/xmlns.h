/* SPDX-License-Identifier: ISC */
/* xmlns.h: namespaces as feeds spell them. */
#ifndef SITREP_PARSE_XMLNS_H
#define SITREP_PARSE_XMLNS_H

#include "sitrep/base/str.h"

enum ns {
	NS_UNKNOWN,
	NS_FEED, /* RSS and Atom in all versions, and names without a namespace */
	NS_XML,
	NS_RDF,
	NS_DC,
	NS_DCTERMS,
	NS_CONTENT,
	NS_MEDIA,
	NS_ITUNES,
	NS_GOOGLEPLAY,
	NS_SY,
	NS_FEEDBURNER,
	NS_XHTML,
	NS_ADMIN,
};

/* The vocabulary of an NS_FEED name; FAMILY_UNSAID when its namespace does not tell. */
enum family { FAMILY_UNSAID, FAMILY_RSS, FAMILY_ATOM };

struct ns_meaning {
	enum ns ns;
	enum family family;
	struct str version; /* of the format, if the namespace tells */
};

/* The meaning of a namespace: by its address in any spelling, or by the prefix when the address is not known or not
 * declared.  NS_UNKNOWN also for modules of which no element is read. */
struct ns_meaning xmlns_lookup(struct str prefix, struct str uri);

#endif
