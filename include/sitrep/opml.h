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

int opml_write(struct buf *out, struct str title, const struct opml_feed *feeds, size_t count);

#endif
