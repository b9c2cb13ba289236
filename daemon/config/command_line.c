/* SPDX-License-Identifier: ISC */
/* The options and exit statuses of sitrepd. */
#include "sitrep/config/command_line.h"

#include <stdlib.h>

const struct argument_option sitrepd_options[SITREPD_OPTIONS + 1] = {
	[SITREPD_CONFIG] = {"config", 'c', "FILE", ARGUMENT_FILE,
		"configuration (default " SITREP_SYSCONFDIR "/sitrepd.conf)"},
	[SITREPD_STATE_DIR] = {"state-dir", '\0', "DIR", ARGUMENT_FOLDER,
		"folder of the database (default $STATE_DIRECTORY, else /var/lib/sitrepd)"},
	[SITREPD_CHECK] = {"check", '\0', NULL, ARGUMENT_NONE,
		"read the configuration, report every mistake, and exit"},
	[SITREPD_VERIFY] = {"verify", '\0', NULL, ARGUMENT_NONE, "check the database, report all damage, and exit"},
	[SITREPD_HELP_CONFIG] = {"help-config", '\0', NULL, ARGUMENT_NONE, "list all options of the configuration"},
	[SITREPD_SAMPLE_CONFIG] = {"sample-config", '\0', NULL, ARGUMENT_NONE,
		"print a configuration with every option, commented"},
	[SITREPD_VERSION] = {"version", 'V', NULL, ARGUMENT_NONE, "the version"},
};

const struct exit_row sitrepd_exits[] = {
	{EXIT_SUCCESS, "The daemon ended in order, or a check found no fault."},
	{EXIT_FAILURE,
		"The daemon could not start, and one line on standard error says why; or a check found a fault; or "
		"the command line is wrong."},
	{.help = NULL},
};
