/* feed_note.h: what a document says of its feed: its title and the address of its site.
 *
 * Changes what is in memory alone; the caller saves it. */
#ifndef SITREP_INGEST_FEED_NOTE_H
#define SITREP_INGEST_FEED_NOTE_H

#include <stdbool.h>

#include "sitrep/base/error.h"
#include "sitrep/model/document.h"
#include "sitrep/store/feed_store.h"

/* What the document says of the feed; *changed when it calls itself something else. -ENOMEM. */
int feed_note_facts(
	struct feed_row *row, const struct feed_facts *facts, bool is_private, bool *changed, struct error *err);
#endif
