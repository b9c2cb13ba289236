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
	ARGUMENT_TEXT, /* nothing that can be guessed */
	ARGUMENT_FILE,
	ARGUMENT_FOLDER,
	ARGUMENT_FEED,  /* the name of a configured feed */
	ARGUMENT_EVENT, /* the name of an event of the log */
};

struct argument_option {
	const char *name;        /* "state-dir"; NULL ends a table */
	char letter;             /* 'j'; '\0': there is only the name */
	const char *value;       /* as the usage calls it: "DIR"; NULL: the option has none */
	enum argument_kind kind; /* of the value */
	const char *help;        /* without a full stop */
};

enum { ARGUMENT_OPTIONS_MAX = 16 };

/* What arguments_next() returns beside the place of an option in its table. */
enum { ARGUMENTS_END = -1, ARGUMENTS_HELP = -2, ARGUMENTS_WRONG = -3 };

/* The next option, its value in getopt's optarg.  ARGUMENTS_END: optind is the place of the first argument that is no
 * option; with stops, no option is looked for behind that.  ARGUMENTS_WRONG was told on standard error. */
int arguments_next(const struct argument_option *options, bool stops, int argc, char **argv);

/* A line for each option. */
void arguments_write(FILE *out, const struct argument_option *options);

/* An exit status, and the sentence of the manual page on it. */
struct exit_row {
	int status;
	const char *help; /* NULL ends a table */
};

#endif
