/* SPDX-License-Identifier: ISC */
/* command_line.h: the command line of sitrepd: options and exit statuses. */
#ifndef SITREP_CONFIG_COMMAND_LINE_H
#define SITREP_CONFIG_COMMAND_LINE_H

#include "sitrep/base/arguments.h"

enum sitrepd_option {
	SITREPD_CONFIG,
	SITREPD_STATE_DIR,
	SITREPD_CHECK,
	SITREPD_AS_SERVICE,
	SITREPD_VERIFY,
	SITREPD_HELP_CONFIG,
	SITREPD_SAMPLE_CONFIG,
	SITREPD_VERSION,
	SITREPD_OPTIONS
};

extern const struct argument_option sitrepd_options[SITREPD_OPTIONS + 1];
/* Exit status for a mistake in the configuration: EX_CONFIG of sysexits(3).  sitrepd.service has it in
 * RestartPreventExitStatus=. */
enum { SITREPD_EXIT_CONFIG = 78 };
/* The exit statuses, for the manual page: EXIT_SUCCESS, EXIT_FAILURE and SITREPD_EXIT_CONFIG. */
extern const struct exit_row sitrepd_exits[];

#endif
