/* SPDX-License-Identifier: ISC */
/* view.h: the query of the river, of searches and of their feeds: which stories, and how they are shown.
 *
 *     q         a rule, as in match = of sitrepd.conf(5)
 *     category, lang, feed      one value each, may be repeated: any of them
 *     min       at least so many outlets
 *     alert     the name of a rule, "any", or "high" (high and urgent)
 *     view      "lines": headlines alone
 *     before, after     RFC3339-time,ID: the stories below or above that row
 *
 * A struct view borrows its texts. */
#ifndef SITREP_PAGES_VIEW_H
#define SITREP_PAGES_VIEW_H

#include <stdbool.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/store/reader.h"

enum { VIEW_VALUES_MAX = 16, VIEW_LEAST_MAX = 1000 };

struct view_values {
	struct str items[VIEW_VALUES_MAX];
	size_t count;
};

struct view {
	struct str rule;
	struct view_values categories, languages, feeds;
	int least;        /* outlets; 0: any number */
	struct str alert; /* STR_NONE: with or without */
	bool is_lines;
	enum view_part { VIEW_NEWEST, VIEW_BEFORE, VIEW_AFTER } part;
	struct river_place place; /* of the part */
};

/* Takes a parameter, whose value stays borrowed; an empty value is as if there was none.  1; 0: no view has a parameter
 * of that name; -EINVAL: err has a sentence about the value. */
int view_take(struct view *v, struct str name, struct str value, struct error *err);

/* Appends the view as a query, "?category=naval&min=2", escaped for an address but not for markup; equal views give
 * equal queries.  Nothing for a view of everything. */
enum view_scope {
	VIEW_FILTERS, /* for feeds and events */
	VIEW_SHOWN,   /* with view */
	VIEW_PLACED,  /* with before and after too */
};
void view_write(struct buf *out, const struct view *v, enum view_scope scope);
/* Reads a query that view_write() wrote, with or without its "?", into a; 0, -EINVAL or -ENOMEM. */
int view_read(struct view *v, struct str query, struct arena *a);

/* Whether it has no filter but the rule. */
bool view_is_ruled_alone(const struct view *v);
/* Whether stories are left out. */
bool view_is_filtered(const struct view *v);
/* Appends it in words: "naval, 2 outlets or more"; "River" without a filter. */
void view_words(struct buf *out, const struct view *v);

/* Whether a story is in the view; its rule is not looked at. */
bool view_has(const struct view *v, const struct story *s);

#endif
