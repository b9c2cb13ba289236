/* SPDX-License-Identifier: ISC */
/* feed_note.h: a feed's own title and site address, taken from its document.
 *
 * Changes row in memory only; the caller saves it. */
#ifndef SITREP_INGEST_FEED_NOTE_H
#define SITREP_INGEST_FEED_NOTE_H

#include <stdbool.h>

#include "sitrep/base/error.h"
#include "sitrep/model/document.h"
#include "sitrep/store/feed_store.h"

/* Copies title and site address from facts to row; *changed is set when one of them differs. -ENOMEM. */
int feed_note_facts(
	struct feed_row *row, const struct feed_facts *facts, bool is_private, bool *changed, struct error *err);
#endif
