/* SPDX-License-Identifier: ISC */
/* opml.h: subscription lists (OPML 1.0 and 2.0), read and written.
 *
 * Lists come from other feed readers and from people's editors, so they are read for their tags alone: elements and
 * attributes in any case, a bare & or < in a value, a quotation mark inside a quoted value, HTML's entities, any
 * encoding, nesting that is wrong.  An outline that cannot be read is left out and told, with its line.
 *
 * An outline is a feed when it has an xmlUrl, or a url and a type such as "rss".  The outlines around it are its
 * folders.  Lists of our own carry attributes of the prefix "sitrep", which other readers ignore: name, the feed's name
 * in the configuration, and hidden="yes" when a secret was taken out of its address. */
#ifndef SITREP_PARSE_OPML_H
#define SITREP_PARSE_OPML_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct opml_feed {
	struct str url;         /* http or https, cleaned as url_resolve() does; feed:// and its like are http:// */
	struct str title;       /* title or text, one line; of our own lists only what was configured */
	struct str site;        /* htmlUrl */
	struct str name;        /* sitrep:name */
	bool hidden;            /* sitrep:hidden: the url has lost a secret */
	struct str folder;      /* the names of the outlines around it, outermost first, a newline between */
	struct str *categories; /* of the category attribute */
	size_t category_count;
	unsigned line;
};

/* An outline that is left out, or something else that a person should know. */
struct opml_fault {
	unsigned line;
	const char *text;
};

struct opml {
	struct {
		struct opml_feed *items;
		size_t count;
		size_t cap;
	} feeds; /* in the order of the document */
	struct {
		struct opml_fault *items;
		size_t count;
		size_t cap;
	} faults;
};

/* text is the whole file; entries live in a. -EBADMSG when it is no subscription list, -E2BIG, -ENOMEM. */
int opml_parse(struct str text, struct arena *a, struct opml *out, struct error *err);

/* A list is begun, folders and feeds follow, then it is ended. */
void opml_write_begin(struct buf *out, struct str title);
void opml_write_folder(struct buf *out, struct str name);
void opml_write_folder_end(struct buf *out);
/* title is what was configured; shown is its text: the title, or what the feed calls itself. */
void opml_write_feed(struct buf *out, const struct opml_feed *f, struct str shown);
void opml_write_end(struct buf *out);

#endif
