/* SPDX-License-Identifier: ISC */
/* arguments.h: a program's command line by a table of options.
 *
 * The table is read by the program, printed as its usage, and turned into completion files by the build
 * (daemon/describe).  Every table has --help without a row. */
#ifndef SITREP_BASE_ARGUMENTS_H
#define SITREP_BASE_ARGUMENTS_H

#include <stdbool.h>
#include <stdio.h>

/* What a value or an argument is, for completion. */
enum argument_kind {
	ARGUMENT_NONE,
	ARGUMENT_TEXT, /* completed by nothing */
	ARGUMENT_FILE,
	ARGUMENT_FOLDER,
	ARGUMENT_FEED,  /* the name of a configured feed */
	ARGUMENT_EVENT, /* the name of an event of the log */
	ARGUMENT_COMMAND,
};

struct argument_option {
	const char *name;        /* "state-dir"; NULL ends a table */
	char letter;             /* 'j'; '\0': the option has a name only */
	const char *value;       /* its name in the usage, "DIR"; NULL: the option takes no value */
	enum argument_kind kind; /* of the value */
	const char *help;        /* without a full stop */
};

enum { ARGUMENT_OPTIONS_MAX = 16 };

enum { ARGUMENTS_END = -1, ARGUMENTS_HELP = -2, ARGUMENTS_WRONG = -3 };

/* Reads the next option: returns its index in the table, its value is getopt's optarg.  ARGUMENTS_END: no option is
 * left, and argv[optind] is the first argument that is no option; with stops, reading ends at that argument even if
 * options follow it.  ARGUMENTS_WRONG: arguments_mistake() says why. */
int arguments_next(const struct argument_option *options, bool stops, int argc, char **argv);

enum { ARGUMENTS_MISTAKE_MAX = 256 };
/* After ARGUMENTS_WRONG: writes the mistake into text, "unknown option --jsn, did you mean --json?", and returns it. */
const char *arguments_mistake(const struct argument_option *options, char **argv, char text[ARGUMENTS_MISTAKE_MAX]);

/* A line for each option. */
void arguments_write(FILE *out, const struct argument_option *options);

/* A row of the manual page's section on exit statuses. */
struct exit_row {
	int status;
	const char *help; /* NULL ends a table */
};

#endif
