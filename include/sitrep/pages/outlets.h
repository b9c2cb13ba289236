/* SPDX-License-Identifier: ISC */
/* outlets.h: the names of outlets.
 *
 * A name of several feeds, or a generic one ("World", "Latest news"), is shown with the host of the site. */
#ifndef SITREP_PAGES_OUTLETS_H
#define SITREP_PAGES_OUTLETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/schedule/feed_table.h"
#include "sitrep/store/reader.h"

/* The titles of feeds, counted. */
struct outlets {
	struct outlet_slot {
		uint64_t hash; /* of the title without case; 0: free */
		bool repeated;
	} * slots; /* never more than half full */
	size_t slot_count;
};

/* Counts the titles of all feeds again. 0, or -ENOMEM with the counts unchanged. */
int outlets_count(struct outlets *o, const struct feed_table *feeds);
void outlets_release(struct outlets *o);

/* Appends the name of the source, unescaped: "Halden Gazette", "World (bbc.example)". */
void outlets_put_name(struct buf *out, const struct outlets *o, const struct source *source);

/* The outlets of a story's reports, each once: first the lead's, then the others in the order of appearance. */
struct story_outlet {
	size_t name_from, name_len; /* in names */
	size_t report;              /* its first one, in the story's list */
	size_t reports;
	int64_t first_ms; /* of the first of these: its arrival, in a story that began in a backlog its own date */
	struct str link;  /* of its first report with a link; STR_NONE: no report has one */
};

struct story_outlets {
	struct buf names;
	struct story_outlet items[STORY_REPORTS_MAX];
	size_t count;
};

void story_outlets_init(struct story_outlets *so, const struct outlets *o, const struct story *s);
void story_outlets_release(struct story_outlets *so);
struct str story_outlets_name(const struct story_outlets *so, size_t n);

#endif
