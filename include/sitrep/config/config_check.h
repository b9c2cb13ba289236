/* SPDX-License-Identifier: ISC */
/* config_check.h: a configuration read and judged whole: syntax, rules, secrets.
 *
 * Used by the daemon at start and on reload, by `sitrepd --check` and by `sitrep check`. */
#ifndef SITREP_CONFIG_CONFIG_CHECK_H
#define SITREP_CONFIG_CONFIG_CHECK_H

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

/* known: as in config_load_named(). 0 and *out when there is no mistake; else a negative code. mistakes then holds all
 * mistakes, unless path could not be opened or there was no memory. It holds the warnings in either case. */
int config_load_checked(const char *path, struct config_names *known, struct config **out,
	struct config_mistakes *mistakes, struct error *err);

#endif
