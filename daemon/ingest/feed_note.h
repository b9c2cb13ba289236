/* feed_note.h: what an outcome says of its feed: when it was asked, what came of it, where it is and what it calls
 * itself.
 *
 * Changes what is in memory alone; the caller saves it.  Strings are moved out of the outcome. */
#ifndef SITREP_INGEST_FEED_NOTE_H
#define SITREP_INGEST_FEED_NOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/error.h"
#include "sitrep/ingest/writer.h"
#include "sitrep/model/document.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/store/feed_store.h"

/* It was asked; then either of the next two. */
void feed_note_poll(struct feed_state *s, const struct poll_outcome *o);
/* whole: no item of the document was left out. */
void feed_note_success(struct feed_state *s, struct poll_outcome *o, bool whole);
void feed_note_failure(struct feed_state *s, struct poll_outcome *o);

/* What the document says of the feed; *changed when it calls itself something else. -ENOMEM. */
int feed_note_facts(
	struct feed_row *row, const struct feed_facts *facts, bool is_private, bool *changed, struct error *err);
/* Notes how many items the document shows; has the feed lost them?  One that had items and shows none has most likely
 * lost them, and is asked less until they are back.  One that was empty before and came back is one that is empty when
 * nothing happens. */
bool feed_note_shown(struct feed_row *row, size_t shown);

/* The outcome is a failure from now on. */
void poll_outcome_fail(struct poll_outcome *o, enum poll_failure failure, const char *sentence);

#endif
