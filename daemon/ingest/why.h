/* why.h: why an item is in its story, and what the rule says of two items now.
 *
 * Written as a JSON object for sitrep(1).  Of one item: how it was placed when it came, from table story_link, and
 * what the operator said since.  Of two: a comparison as the rule would make it now, from what is kept of their texts,
 * whatever was decided when they came; what is boilerplate and which settings are in force may have changed. */
#ifndef SITREP_INGEST_WHY_H
#define SITREP_INGEST_WHY_H

#include <sqlite3.h>

#include "named.h"
#include "sitrep/base/error.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/story/grouping.h"

enum why_statement { WHY_LINKS, WHY_SAID, WHY_STATEMENTS };

struct why {
	sqlite3_stmt *s[WHY_STATEMENTS];
	struct named *named; /* borrowed, as is grouping */
	struct grouping *grouping;
};

int why_init(struct why *y, sqlite3 *db, struct named *named, struct grouping *grouping, struct error *err);
void why_release(struct why *y);

/* Writes one object; other is STR_NONE for one item alone. */
int why_write(struct why *y, struct str item, struct str other, struct jsonw *w, struct error *err);

#endif
