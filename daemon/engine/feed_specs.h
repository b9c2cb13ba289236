/* SPDX-License-Identifier: ISC */
/* feed_specs.h: the configuration's feeds in the writer's form. */
#ifndef SITREP_ENGINE_FEED_SPECS_H
#define SITREP_ENGINE_FEED_SPECS_H

#include "sitrep/config/config.h"
#include "sitrep/model/specs.h"

/* The enabled feeds.  Without memory the result, or url or categories of a spec, is NULL. */
struct feed_spec *feed_specs_make(const struct config *c, size_t *count);
void feed_specs_free(struct feed_spec *specs, size_t count);

#endif
