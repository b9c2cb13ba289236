/* SPDX-License-Identifier: ISC */
/* config_opml.h: the configuration as subscription lists (OPML): one of the feeds that it names, one of the feeds that
 * the daemon makes.
 *
 *     config_opml_begin(&o, config, out);
 *     while (config_opml_write(&o, out, 100, fn, arg))
 *             ... another turn of the loop ... */
#ifndef SITREP_CONFIG_CONFIG_OPML_H
#define SITREP_CONFIG_CONFIG_OPML_H

#include <stdbool.h>

#include "sitrep/config/config.h"
#include "sitrep/parse/opml.h"

struct config_opml {
	const struct config *config;
	size_t at;          /* of config's outlines */
	const char *folder; /* that is open */
};

/* Sets url, site and *shown (opml_write_feed()) of an outline; its title and name are set.  False: it is left out. */
typedef bool config_opml_fn(void *arg, const struct config_outline *outline, struct opml_feed *feed, struct str *shown);

/* config must outlive o. */
void config_opml_begin(struct config_opml *o, const struct config *config, struct buf *out);
/* Writes the next outlines, at most that many.  False when all are written, and the end of the list.  The enabled
 * feeds stand in folders: those of the lists that they came from, or one for each category. */
bool config_opml_write(struct config_opml *o, struct buf *out, size_t most, config_opml_fn *fn, void *arg);

/* Appends a whole list of our own feeds, as Atom: everything, and folders of outputs, alerts and categories. base_url
 * ends without a slash.  0, out's failure, or -ENOMEM. */
int config_opml_outputs(const struct config *config, const char *base_url, struct buf *out);

#endif
