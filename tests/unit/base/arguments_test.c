/* SPDX-License-Identifier: ISC */
/* Command lines by a table. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "sitrep/base/arguments.h"

enum { LOUD, LEVEL, STATE, OPTION_COUNT };

static const struct argument_option options[OPTION_COUNT + 1] = {
	[LOUD] = {"loud", 'l', NULL, ARGUMENT_NONE, "be loud"},
	[LEVEL] = {"level", 'n', "NUMBER", ARGUMENT_TEXT, "how loud"},
	[STATE] = {"state", '\0', "DIR", ARGUMENT_FOLDER, "where"},
};

/* The options found in a line, "0 1=3 2=x", then what ended it and the first argument. */
static void assert_read(const char *line, bool stops, const char *expected)
{
	char program[] = "program", copy[128], found[256] = "", *argv[16] = {program};
	int argc = 1, option;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	optind = 0;
	opterr = 0;
	while ((option = arguments_next(options, stops, argc, argv)) >= 0)
		(void)snprintf(found + strlen(found), sizeof(found) - strlen(found), "%d%s%s ", option,
			options[option].value != NULL ? "=" : "", options[option].value != NULL ? optarg : "");
	(void)snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s %s",
		option == ARGUMENTS_END    ? "end"
		: option == ARGUMENTS_HELP ? "help"
					   : "wrong",
		optind < argc ? argv[optind] : "-");
	assert_string_equal(found, expected);
}

TEST(reading)
{
	assert_read("", false, "end -");
	assert_read("-l -n 3 --state x file", false, "0 1=3 2=x end file");
	assert_read("--level=3 -n4 file -l", false, "1=3 1=4 0 end file");
	assert_read("-l command -n 3", true, "0 end command");
	assert_read("-l -- -n", false, "0 end -n");
	assert_read("-l --help", false, "0 help -");
	assert_read("-h", true, "help -");
	assert_read("--colour", false, "wrong -");
	assert_read("-n", false, "wrong -");
	assert_read("-s", false, "wrong -");
}

TEST(usage)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	arguments_write(out, options);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "  -l, --loud          be loud\n"
				  "  -n, --level NUMBER  how loud\n"
				  "      --state DIR     where\n"
				  "  -h, --help          this text\n");
	free(text);
}
