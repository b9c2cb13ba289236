/* SPDX-License-Identifier: ISC */
/* feed_lookup.h: the feed that an operator names. */
#ifndef SITREP_ENGINE_FEED_LOOKUP_H
#define SITREP_ENGINE_FEED_LOOKUP_H

#include "stages.h"

/* NULL with err, which tells how a disabled feed is enabled, or the most similar name. */
struct feed *feed_lookup(const struct stages *stages, struct str name, struct error *err);

#endif
