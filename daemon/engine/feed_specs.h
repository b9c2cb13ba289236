/* feed_specs.h: the configuration's feeds as the writer wants them. */
#ifndef SITREP_ENGINE_FEED_SPECS_H
#define SITREP_ENGINE_FEED_SPECS_H

#include "sitrep/config/config.h"
#include "sitrep/model/specs.h"

/* The feeds that are to be polled, of which a member may be NULL without memory; NULL: all. */
struct feed_spec *feed_specs_make(const struct config *c, size_t *count);
void feed_specs_free(struct feed_spec *specs, size_t count);

#endif
