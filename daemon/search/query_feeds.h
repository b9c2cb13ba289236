/* SPDX-License-Identifier: ISC */
/* query_feeds.h: the feeds during one query: their names, titles, categories and publishers may change at any time, so
 * they are not in the index. */
#ifndef SEARCH_QUERY_FEEDS_H
#define SEARCH_QUERY_FEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/rules/rule_plan.h"
#include "sitrep/store/item_follow.h"

struct query_feed {
	int64_t id;
	struct str name, categories, title, publisher;
	struct str title_words;           /* as rule_words() writes them */
	const uint32_t *category_numbers; /* of categories in struct query_feeds */
	size_t category_count;
};

struct query_feeds {
	struct query_feed *items; /* by id */
	size_t count, cap;
	struct str *categories; /* each once */
	size_t category_count, category_cap;
	struct arena *arena;
};

/* All is in a.  0 or a negative code. */
int query_feeds_read(struct query_feeds *f, struct arena *a, struct item_follow *items, struct error *err);
/* NULL: there is no such feed. */
const struct query_feed *query_feeds_find(const struct query_feeds *f, int64_t id);
/* Does the feed itself have the term: its name, a category, its title or publisher? */
bool query_feed_has(const struct query_feed *f, const struct rule_plan_term *term);

#endif
