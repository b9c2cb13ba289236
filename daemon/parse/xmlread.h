/* SPDX-License-Identifier: ISC */
/* xmlread.h: XML as events, from bytes that are often not XML.
 *
 * Three steps, each usable alone.  xml_repair() mends what can be mended in the text itself before any
 * parser sees it.  xml_read() is libxml2's parser: fast, strict about names and nesting.
 * xml_read_loose() is a reader of our own for what libxml2 gives up on: it accepts any tags, closes what
 * was left open and never fails.  Both call the same events in document order. */
#ifndef SITREP_PARSE_XMLREAD_H
#define SITREP_PARSE_XMLREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct xml_name {
	struct str prefix; /* absent or empty without one */
	struct str local;
	struct str uri; /* absent when the prefix is not declared */
};

/* A declaration of a namespace is one too: prefix "xmlns", and the declared prefix as its local name. */
struct xml_attr {
	struct xml_name name;
	struct str value; /* references resolved */
};

/* All strings live only during the call, but the three of a name, which live as long as the reading. */
struct xml_events {
	void *ctx;
	void (*start)(void *ctx, const struct xml_name *name, const struct xml_attr *attrs, size_t count);
	void (*text)(void *ctx, struct str text); /* in any number of pieces */
	void (*end)(void *ctx);                   /* of the innermost open element */
	bool (*stopped)(void *ctx);               /* asked now and then: true ends the reading */
};

struct xml_outcome {
	bool wellformed;
	bool undeclared; /* well-formed but for prefixes that nobody declared */
	bool truncated;  /* the root element was not closed */
	char why[160];   /* the first thing that was wrong, with its line; empty when nothing was */
};

struct xml_repair {
	bool junk;     /* something stood before the first tag */
	bool controls; /* control characters were dropped */
	bool entities; /* named references became characters; no mistake by itself */
	bool unknown;  /* HTML's names used without being declared */
	bool stray;    /* a bare & or < was escaped */
	bool unclosed; /* a CDATA section or comment without an end */
	bool long_tag; /* a tag over LIMIT_XML_TAG: libxml2 should not see this */
	struct str doctype_name;
};

/* Text, which has to be valid UTF-8, as well-formed as can be had without looking at the nesting: the
 * declaration first, no DOCTYPE (its simple entities are resolved, the others dropped), only numeric
 * references and the five of XML, no control characters, no bare & or <.  *fixed is text itself when
 * nothing had to change, else what was appended to out.  0, out's failure, -ENOMEM. */
int xml_repair(struct buf *out, struct arena *a, struct str text, struct xml_repair *what, struct str *fixed);

/* Can libxml2 be given text as it is?  No DOCTYPE before the first element, no tag over LIMIT_XML_TAG, and no reference
 * that XML and HTML read differently; whether it is well-formed is for the reading to find out. */
bool xml_is_tame(struct str text);

/* Loads what libxml2 initialises late. */
void xml_read_prepare(void);

/* text is UTF-8; an encoding named in its declaration is ignored.  0 unless there was no memory: bad XML is
 * told by *outcome, after the events of what could be read. */
int xml_read(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome);
/* The same, ended by the first mistake. */
int xml_read_sound(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome);
int xml_read_loose(struct str text, struct arena *a, const struct xml_events *events, struct xml_outcome *outcome);

#endif
