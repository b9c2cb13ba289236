/* SPDX-License-Identifier: ISC */
/* export.h: static files: the feeds, archives and pages in a folder, for a web server that knows nothing of sitrepd.
 *
 *     index.html  style.DIGEST.css ...                the river, and what its pages use
 *     story/ID.html  story/ID.json                    the stories that are or were in the river
 *     feed.atom  category/NAME.atom  output/NAME.atom  alert/NAME.atom        and .rss, .json
 *     feed.archive-17.atom ...                        archives (RFC 5005)
 *     outputs.opml
 *     FILE.gz  FILE.br  FILE.zst                      compressed forms, each where it is smaller
 *
 * After a change the documents are made in turns of the loop, and written in a thread (export_files.h).  A document
 * that has not changed leaves its file alone.  A failure ends the pass, is logged once, and the next pass comes after
 * 5 seconds, then 10, up to ten minutes. */
#ifndef SITREP_PUBLISH_EXPORT_H
#define SITREP_PUBLISH_EXPORT_H

#include "sitrep/publish/publish.h"

struct event_base;
struct export;

/* fn and arg as for publish_new().  NULL with err. */
struct export *export_new(
	struct event_base *base, const char *state_dir, publish_status_fn *fn, void *arg, struct error *err);
void export_free(struct export *e); /* waits for the file that is being written */

/* As publish_set_config(), but base_url is copied, and replaced by the option url of [publish]. */
void export_set_config(
	struct export *e, const struct config *config, const char *base_url, const struct feed_table *feeds);
/* Something was committed that outputs show. */
void export_note_change(struct export *e);
/* The last failure while it lasts; NULL: there is none. */
const char *export_trouble(const struct export *e);

#endif
