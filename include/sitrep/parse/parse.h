/* SPDX-License-Identifier: ISC */
/* parse.h: makes a document of a feed's bytes.
 *
 * RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed 1.x and CDF are recognised by the bytes, not by the content
 * type.  Broken XML and JSON are repaired where possible.  Runs in the sandboxed workers, in `sitrep parse` and in
 * tests; opens no file, and keeps no state between calls. */
#ifndef SITREP_PARSE_PARSE_H
#define SITREP_PARSE_PARSE_H

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/document.h"

struct parse_input {
	struct str body;
	struct str content_type; /* the HTTP header's value, absent when there was none */
	struct str content_location;
	struct str content_language;
	struct str url;  /* final URL after redirects: the base where the feed and content_location give no other */
	bool want_notes; /* fill document.notes */
};

/* Must be called once before parse_feed(), and in a worker before its sandbox closes: opens the files that libxml2 and
 * iconv would otherwise open later. */
void parse_prepare(void);

/* All text of the document lives in a, so the input may be freed first.  0.  -EBADMSG when the bytes are not a feed:
 * the sentence names their likely kind ("not a feed but an HTML page titled ...").  -ENOMEM also when a has reached its
 * maximum. */
int parse_feed(const struct parse_input *in, struct arena *a, struct document *d, struct error *err);

#endif
