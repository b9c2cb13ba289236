/* SPDX-License-Identifier: ISC */
#include "feed_lookup.h"

#include <errno.h>

#include "sitrep/base/nearest.h"

struct feed *feed_lookup(const struct stages *stages, struct str name, struct error *err)
{
	const struct config *c = stages->config;
	struct feed *found = feed_table_find(stages->feeds, name);
	const struct config_feed *disabled = found == NULL ? config_find_feed(c, name) : NULL;
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	if (found != NULL)
		return found;
	if (disabled != NULL)
		return error_set_null(err, -ENOENT,
			"feed %s is disabled; take \"enabled = no\" out of its section (%s:%u), then \"sitrep reload\"",
			disabled->name, disabled->place.file, disabled->place.line);
	for (size_t i = 0; i < c->feeds.count; i++)
		nearest = nearest_name(name, str_from(c->feeds.items[i].name), &best, nearest);
	error_set(err, -ENOENT, "no feed is named %.*s%s%s%s", STR_ARG(name), nearest != NULL ? ", did you mean " : "",
		nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
	return NULL;
}
