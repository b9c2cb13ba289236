/* SPDX-License-Identifier: ISC */
/* opml_scan.h: cuts a subscription list, even a faulty one, into tags. */
#ifndef SITREP_PARSE_OPML_SCAN_H
#define SITREP_PARSE_OPML_SCAN_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/str.h"

enum { OPML_ATTRIBUTES_MAX = 32 };

struct opml_attribute {
	struct str name;
	struct str raw; /* between the quotation marks */
};

struct opml_tag {
	struct str name; /* without its prefix */
	bool is_end;     /* </name> */
	bool is_empty;   /* <name/> */
	bool is_cut;     /* the text ends inside one of its values */
	unsigned line;
	struct opml_attribute attributes[OPML_ATTRIBUTES_MAX];
	size_t count;
};

struct opml_scan {
	struct str text; /* UTF-8 */
	size_t pos;
	size_t counted; /* the offset up to which lines are counted */
	unsigned line;
	bool has_subset; /* a DOCTYPE declares entities of its own */
};

void opml_scan_init(struct opml_scan *s, struct str text);
/* False at the end. */
bool opml_scan_next(struct opml_scan *s, struct opml_tag *tag);
bool opml_scan_has(const struct opml_tag *tag, const char *attribute);
/* The attribute's value as text on one line, references resolved; STR("") when it has none.  STR_NONE: no memory. */
struct str opml_scan_value(
	const struct opml_scan *s, const struct opml_tag *tag, const char *attribute, struct arena *a);

#endif
