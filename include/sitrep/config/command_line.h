/* SPDX-License-Identifier: ISC */
/* command_line.h: the command line of sitrepd: options and exit statuses. */
#ifndef SITREP_CONFIG_COMMAND_LINE_H
#define SITREP_CONFIG_COMMAND_LINE_H

#include "sitrep/base/arguments.h"

enum sitrepd_option {
	SITREPD_CONFIG,
	SITREPD_STATE_DIR,
	SITREPD_CHECK,
	SITREPD_VERIFY,
	SITREPD_HELP_CONFIG,
	SITREPD_SAMPLE_CONFIG,
	SITREPD_VERSION,
	SITREPD_OPTIONS
};

extern const struct argument_option sitrepd_options[SITREPD_OPTIONS + 1];
/* Its exit statuses: EXIT_SUCCESS and EXIT_FAILURE. */
extern const struct exit_row sitrepd_exits[];

#endif
