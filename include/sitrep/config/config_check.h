/* SPDX-License-Identifier: ISC */
/* config_check.h: loads a configuration and checks all of it: syntax, rules, secrets.
 *
 * Used by the daemon at start and on reload, by `sitrepd --check` and by `sitrep check`. */
#ifndef SITREP_CONFIG_CONFIG_CHECK_H
#define SITREP_CONFIG_CONFIG_CHECK_H

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

/* CONFIG_TO_CHECK: a feed's file with a secret that cannot be read is a mistake; files and folders that [fetch] and
 * [http] name are checked, too.  CONFIG_TO_RUN: such a file is a warning, since that feed alone fails. */
enum config_use { CONFIG_TO_CHECK, CONFIG_TO_RUN };

/* known: as in config_load_named(). 0 and *out when there is no mistake; else a negative code. mistakes then holds all
 * mistakes, unless path could not be opened or there was no memory. It holds the warnings in either case. */
int config_load_checked(const char *path, enum config_use use, struct config_names *known, struct config **out,
	struct config_mistakes *mistakes, struct error *err);

/* Appends a rule that is not in the configuration (match), with its definitions and lists put in, as if it stood at the
 * configuration's end.  A definition with a mistake counts as unknown; a list's relative path begins at the folder of
 * path, the configuration's file.  Adds the rule's warnings ("sitrep: warning: match: at column 9: ..."); those on
 * names of feeds only when c has feeds.  Errors as rule_expand(). */
int config_expand_rule(struct config *c, const char *path, const char *match, struct buf *out,
	struct config_mistakes *warnings, struct error *err);

#endif
