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
	NS_CC,
	NS_PRISM,
	NS_SLASH,
	NS_WFW,
	NS_THR,
};

/* Which vocabulary an NS_FEED name is from, where the namespace says so. */
enum family { FAMILY_UNSAID, FAMILY_RSS, FAMILY_ATOM };

struct ns_meaning {
	enum ns ns;
	enum family family;
	struct str version; /* of the format, where the namespace says it */
};

/* By address, in any of its spellings; by prefix where the address is not known or none was declared. */
struct ns_meaning xmlns_lookup(struct str prefix, struct str uri);

#endif
