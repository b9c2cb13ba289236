/* SPDX-License-Identifier: ISC */
/* xmlread.h: events of XML, well-formed or not.
 *
 * Three functions, each usable alone. xml_repair() repairs the text before a parser reads it. xml_read() is
 * libxml2's parser: fast, strict about names and nesting. xml_read_loose() is a reader of our own for text that
 * libxml2 refuses: it accepts any tags and closes open elements.  Both readers call the same events in document
 * order. */
#ifndef SITREP_PARSE_XMLREAD_H
#define SITREP_PARSE_XMLREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

struct xml_name {
	struct str prefix; /* absent or empty without one */
	struct str local;
	struct str uri; /* absent when the prefix is not declared */
};

/* A namespace declaration is an attribute too: its prefix is "xmlns", its local name the declared prefix. */
struct xml_attr {
	struct xml_name name;
	struct str value; /* references resolved */
};

/* Strings live only during the call.  The three strings of a name live until the reader returns. */
struct xml_events {
	void *ctx;
	void (*start)(void *ctx, const struct xml_name *name, const struct xml_attr *attrs, size_t count);
	void (*text)(void *ctx, struct str text); /* in any number of pieces */
	void (*end)(void *ctx);                   /* of the innermost open element */
	bool (*stopped)(void *ctx);               /* called now and then; true ends the reading */
};

struct xml_outcome {
	bool wellformed;
	bool undeclared; /* well-formed but for undeclared prefixes */
	bool truncated;  /* the root element was not closed */
	char why[160];   /* the first mistake, with its line; empty: none */
};

struct xml_repair {
	bool junk;     /* text before the first tag was dropped */
	bool controls; /* control characters were dropped */
	bool unknown;  /* HTML's named references, which XML does not know, became numeric ones */
	bool stray;    /* a bare & or < was escaped */
	bool unclosed; /* a CDATA section or comment had no end */
	bool long_tag; /* a tag is longer than LIMIT_XML_TAG: too long for libxml2 */
};

/* Repairs text, which must be valid UTF-8, in all respects but the nesting of elements.  Afterwards the declaration
 * comes first; there is no DOCTYPE (its simple entities are resolved, the others dropped), no reference but numeric
 * ones and XML's five, no control character, no bare & or <.  *fixed is a part of text when nothing had to change, else
 * text that was appended to out.  0, out's failure, or -ENOMEM. */
int xml_repair(struct buf *out, struct arena *a, struct str text, struct xml_repair *what, struct str *fixed);

/* Whether libxml2 may read text unrepaired: no DOCTYPE before the first element, no tag over LIMIT_XML_TAG, no
 * reference that XML and HTML read differently.  The text may still not be well-formed. */
bool xml_is_tame(struct str text);

/* Initialises libxml2, which would otherwise load files later. */
void xml_read_prepare(void);

/* text is UTF-8; an encoding named in its declaration is ignored.  0, or -ENOMEM.  Bad XML is not a failure: its
 * readable part gives events, and *outcome has the mistake. */
int xml_read(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome);
/* The same, but reading ends at the first mistake. */
int xml_read_sound(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome);
/* The tolerant reader. */
int xml_read_loose(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome);

#endif
