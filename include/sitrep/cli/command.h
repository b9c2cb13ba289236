/* SPDX-License-Identifier: ISC */
/* command.h: the table of the commands of `sitrep`, from which its usage and the completion files are made. */
#ifndef SITREP_CLI_COMMAND_H
#define SITREP_CLI_COMMAND_H

#include <stddef.h>

#include "sitrep/base/arguments.h"

/* Exit statuses; sitrep_exits has their meaning. */
enum { EXIT_DONE = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2 };

struct client_options;

struct command {
	const char *name;
	const struct argument_option *options; /* run() reads a table of its own, by command_next() (client.h) */
	const char *arguments;                 /* after the options: "[FEED]" */
	enum argument_kind kind;
	int least, most; /* the least and the greatest number of arguments */
	const char *summary;
	const char *help; /* further lines of the usage behind the summary; NULL: none */
	int (*run)(const struct client_options *options); /* returns the exit status */
};

/* The commands in the order of the usage; NULL after the last one. */
const struct command *command_at(size_t i);

enum sitrep_option { SITREP_CONFIG, SITREP_SOCKET, SITREP_SHOW_VERSION, SITREP_OPTIONS };

/* The options before the command. */
extern const struct argument_option sitrep_options[SITREP_OPTIONS + 1];
extern const struct exit_row sitrep_exits[];

#endif
