/* SPDX-License-Identifier: ISC */
/* config_change.h: applies a configuration, whole or not at all. */
#ifndef SITREP_ENGINE_CONFIG_CHANGE_H
#define SITREP_ENGINE_CONFIG_CHANGE_H

#include "compiled_rules.h"
#include "pipeline.h"
#include "planner.h"
#include "refreshes.h"
#include "stages.h"

struct config_change;

/* The parts of the engine that a change modifies. */
struct config_change_parts {
	struct stages *stages;
	struct planner *planner;
	struct pipeline *pipeline;
	struct refreshes *refreshes;
};

/* Called in the loop.  err->code 0: the new configuration is in force; else nothing has changed. */
typedef void config_change_fn(void *arg, const struct error *err);

/* Owns config and the content of rules from here on, also on failure.  NULL with err: nothing has changed, and done is
 * not called.  Else done is called once, when the loop handles the writer's reports; the change is freed by then.  It
 * may be freed before that only when the writer has ended. */
struct config_change *config_change_begin(const struct config_change_parts *parts, struct config *config,
	struct compiled_rules *rules, config_change_fn *done, void *arg, struct error *err);
void config_change_free(struct config_change *ch);

#endif
