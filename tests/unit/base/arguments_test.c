/* SPDX-License-Identifier: ISC */
/* Command lines by a table. */
#include <getopt.h>

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
	char program[] = "program", copy[128], found[256] = "", *argv[16] = {program}, *rest = copy, *word;
	int argc = 1, option;

	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strtok_r(rest, " ", &rest)) != NULL)
		argv[argc++] = word;
	optind = 0;
	while ((option = arguments_next(options, stops, argc, argv)) >= 0)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%d%s%s ", option,
			options[option].value != NULL ? "=" : "", options[option].value != NULL ? optarg : "");
	snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s %s",
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

static void assert_mistake(const char *line, const char *expected)
{
	char text[ARGUMENTS_MISTAKE_MAX], program[] = "program", copy[128], *argv[] = {program, copy, NULL};

	snprintf(copy, sizeof(copy), "%s", line);
	optind = 0;
	assert_int_equal(arguments_next(options, false, 2, argv), ARGUMENTS_WRONG);
	assert_string_equal(arguments_mistake(options, argv, text), expected);
}

TEST(mistakes)
{
	assert_mistake("--lowd", "unknown option --lowd, did you mean --loud?");
	assert_mistake("--colour", "unknown option --colour");
	assert_mistake("--stat3=/tmp", "unknown option --stat3, did you mean --state?");
	assert_mistake("--hepl", "unknown option --hepl, did you mean --help?");
	assert_mistake("--l", "several options begin with --l");
	assert_mistake("-x", "unknown option -x");
	assert_mistake("--level", "option --level needs a value: --level NUMBER");
	assert_mistake("-n", "option --level needs a value: --level NUMBER");
	assert_mistake("--loud=3", "option --loud takes no value");
	assert_mistake("--help=3", "option --help takes no value");
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
