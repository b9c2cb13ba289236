/* config_check.h: a configuration read and judged whole: syntax, rules, secrets.
 *
 * What the daemon takes at start and on reload, and what `sitrepd --check` and `sitrep check` report. */
#ifndef SITREP_CONFIG_CONFIG_CHECK_H
#define SITREP_CONFIG_CONFIG_CHECK_H

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

/* Beside known names (config.h).  *out only when there is no mistake; otherwise a negative code, and mistakes holds all
 * of them unless the file itself could not be opened or there was no memory.  Warnings stand in mistakes in either
 * case. */
int config_load_checked(const char *path, struct config_names *known, struct config **out,
	struct config_mistakes *mistakes, struct error *err);

#endif
