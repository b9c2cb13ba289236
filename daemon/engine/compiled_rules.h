/* SPDX-License-Identifier: ISC */
/* compiled_rules.h: the rules of a configuration, compiled once, for the writer and the workers. */
#ifndef SITREP_ENGINE_COMPILED_RULES_H
#define SITREP_ENGINE_COMPILED_RULES_H

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"
#include "sitrep/store/stored_rules.h"
#include "sitrep/worker/pool.h"

struct compiled_rules {
	struct stored_rules *stored;
	struct pool_rules *pool;
};

/* Compiles the rules of c from its parsed ones, which are then gone.  Uses nothing but c, so that any thread may call
 * it: a list of 100,000 terms takes a twentieth of a second.  On failure r is empty. */
int compiled_rules_make(struct compiled_rules *r, struct config *c, struct error *err);
void compiled_rules_release(struct compiled_rules *r);

#endif
