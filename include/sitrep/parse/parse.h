/* SPDX-License-Identifier: ISC */
/* parse.h: a feed's bytes in, a document out.
 *
 * Recognises RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed 1.x (and CDF where it costs nothing) by
 * what the bytes say, not by the content type.  Broken XML is repaired where possible.  Runs in the
 * sandboxed workers, in `sitrep parse` and in tests; opens nothing, keeps nothing between calls. */
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
	struct str url;  /* final URL after redirects: the base of last resort */
	bool want_notes; /* fill document.notes */
};

/* Must be called once before parse_feed() in a process that is about to be sandboxed: loads what libxml2
 * and iconv would otherwise open later. */
int parse_prepare(struct error *err);

/* All of the document's text lives in a: the input may be freed before it.  -EBADMSG when the bytes are no feed; the
 * sentence says what they seem to be ("an HTML page titled ...", "empty").  -ENOMEM when a ran into its maximum. */
int parse_feed(const struct parse_input *in, struct arena *a, struct document *d, struct error *err);

#endif
