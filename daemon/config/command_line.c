/* SPDX-License-Identifier: ISC */
#include "sitrep/config/command_line.h"

#include <stdlib.h>

const struct argument_option sitrepd_options[SITREPD_OPTIONS + 1] = {
	[SITREPD_CONFIG] = {"config", 'c', "FILE", ARGUMENT_FILE,
		"configuration (default " SITREP_SYSCONFDIR "/sitrepd.conf)"},
	[SITREPD_STATE_DIR] = {"state-dir", '\0', "DIR", ARGUMENT_FOLDER,
		"folder of the database (default $STATE_DIRECTORY, else /var/lib/sitrepd)"},
	[SITREPD_CHECK] = {"check", '\0', NULL, ARGUMENT_NONE,
		"read the configuration, report every mistake, and exit"},
	[SITREPD_AS_SERVICE] = {"as-service", '\0', NULL, ARGUMENT_NONE,
		"with --check: as sitrepd.service would see it (user, credentials, paths); needs root"},
	[SITREPD_VERIFY] = {"verify", '\0', NULL, ARGUMENT_NONE, "check the database, report all damage, and exit"},
	[SITREPD_HELP_CONFIG] = {"help-config", '\0', NULL, ARGUMENT_NONE, "list all options of the configuration"},
	[SITREPD_SAMPLE_CONFIG] = {"sample-config", '\0', NULL, ARGUMENT_NONE,
		"print a configuration with every option, commented"},
	[SITREPD_VERSION] = {"version", 'V', NULL, ARGUMENT_NONE, "the version"},
};

const struct exit_row sitrepd_exits[] = {
	{EXIT_SUCCESS, "The daemon was stopped, or a check found no fault."},
	{EXIT_FAILURE,
		"The daemon could not start, and one line on standard error says why; or a check found a fault; or "
		"the command line is wrong."},
	{SITREPD_EXIT_CONFIG,
		"The daemon could not start because of a mistake in the configuration, which standard error names. The "
		"service is not started again for it."},
	{.help = NULL},
};
