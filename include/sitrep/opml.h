/* opml.h: subscription lists (OPML 1.0 and 2.0), read and written. */
#ifndef SITREP_OPML_H
#define SITREP_OPML_H

#include "sitrep/arena.h"
#include "sitrep/buf.h"
#include "sitrep/error.h"
#include "sitrep/str.h"

struct opml_feed {
	struct str url;         /* xmlUrl */
	struct str title;       /* title or text */
	struct str site;        /* htmlUrl */
	struct str *categories; /* names of the outlines around it, outermost first, then the category attribute */
	size_t category_count;
	unsigned line;
};

struct opml {
	struct {
		struct opml_feed *items;
		size_t count;
		size_t cap;
	} feeds;
	struct str title;
};

/* text is the whole file; entries live in a. -EBADMSG with line and reason when it is no OPML. */
int opml_parse(struct str text, struct arena *a, struct opml *out, struct error *err);

/* A list is begun, its feeds follow one by one, then it is ended. */
void opml_write_begin(struct buf *out, struct str title);
void opml_write_feed(struct buf *out, const struct opml_feed *f);
void opml_write_end(struct buf *out);

#endif
