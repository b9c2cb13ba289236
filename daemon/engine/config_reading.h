/* SPDX-License-Identifier: ISC */
/* config_reading.h: reads a configuration in a thread of its own, since long lists of terms take long to compile. */
#ifndef SITREP_ENGINE_CONFIG_READING_H
#define SITREP_ENGINE_CONFIG_READING_H

#include "compiled_rules.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

struct event_base;
struct config_reading;

/* What was read.  On failure there is no config, and mistakes has the reasons. */
struct loaded_config {
	struct config *config;
	struct compiled_rules rules;
	struct buf mistakes; /* errors, or warnings: one a line */
	struct buf changes;  /* the differences to the configuration in force, one a line */
	struct error error;
};
void loaded_config_release(struct loaded_config *l);

/* Called in the loop, once.  The function takes what it needs out of l, and releases it. */
typedef void config_loaded_fn(void *arg, struct loaded_config *l);

/* Begins to read the file at path.  path and in_force must not change until fn is called.  NULL with err. */
struct config_reading *config_reading_begin(struct event_base *base, const char *path, const struct config *in_force,
	config_loaded_fn *fn, void *arg, struct error *err);
/* Waits for the thread, and frees g without a call of fn.  Not to be called after fn, when g is freed already. */
void config_reading_free(struct config_reading *g);

#endif
