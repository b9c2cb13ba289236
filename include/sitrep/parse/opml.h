/* SPDX-License-Identifier: ISC */
/* opml.h: subscription lists (OPML 1.0 and 2.0), read and written.
 *
 * Lists come from other feed readers and from text editors, so reading tolerates names in any case, a bare & or < in
 * a value, a quotation mark inside a quoted value, HTML's entities, any encoding, and wrong nesting.  An outline
 * that cannot be read is left out and reported with its line.
 *
 * An outline is a feed when it has an xmlUrl, or a url and a type such as "rss".  The outlines around it are its
 * folders.  Lists that sitrepd writes have attributes with the prefix "sitrep", which other readers ignore: name,
 * the feed's name in the configuration, and hidden="yes" when its address is written without a secret. */
#ifndef SITREP_PARSE_OPML_H
#define SITREP_PARSE_OPML_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct opml_feed {
	struct str url;         /* http or https, cleaned as url_resolve() does; feed:// and its like are http:// */
	struct str title;       /* title or text, one line; in sitrepd's lists only a configured title */
	struct str site;        /* htmlUrl */
	struct str name;        /* sitrep:name */
	bool hidden;            /* sitrep:hidden: a secret was removed from url */
	struct str folder;      /* the names of the outlines around it, outermost first, a newline between */
	struct str *categories; /* of the category attribute */
	size_t category_count;
	unsigned line;
};

/* An outline that is left out, or another fault of the list: a sentence for the operator. */
struct opml_fault {
	unsigned line;
	const char *text;
};

struct opml {
	LIST(struct opml_feed) feeds; /* in the order of the document */
	LIST(struct opml_fault) faults;
};

/* text is the whole file; entries live in a.  0, -EBADMSG when it is not a subscription list, -E2BIG or -ENOMEM. */
int opml_parse(struct str text, struct arena *a, struct opml *out, struct error *err);

/* Calls in this order: begin, then folders and feeds, then end. */
void opml_write_begin(struct buf *out, struct str title);
void opml_write_folder(struct buf *out, struct str name);
void opml_write_folder_end(struct buf *out);
/* f->title is the configured title, or empty.  shown becomes the outline's text: that title, else the feed's own. */
void opml_write_feed(struct buf *out, const struct opml_feed *f, struct str shown);
void opml_write_end(struct buf *out);

#endif
