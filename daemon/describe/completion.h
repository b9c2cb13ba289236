/* SPDX-License-Identifier: ISC */
/* completion.h: writes the shells' completion files from the command-line tables of sitrep and sitrepd. */
#ifndef SITREP_DESCRIBE_COMPLETION_H
#define SITREP_DESCRIBE_COMPLETION_H

#include "sitrep/base/arguments.h"
#include "sitrep/base/buf.h"
#include "sitrep/cli/command.h"

/* A program's command line. */
struct program {
	const char *name;
	const struct argument_option *options;
	const struct command *(*command_at)(size_t i); /* NULL: the program has no commands */
};

/* Appends the file for one shell. A failure stays in the buffer. */
void completion_bash(struct buf *out, const struct program *p);
void completion_zsh(struct buf *out, const struct program *p);
void completion_fish(struct buf *out, const struct program *p);

/* The command number i of p, from 0; NULL after the last one. */
const struct command *program_command(const struct program *p, size_t i);
/* Appends action, the shell's own text that completes an argument of this kind.  For events and commands, action begins
 * a list: their names follow, and then end.  Example for zsh: "(", the names, ")". */
void completion_values(
	struct buf *out, const struct program *p, enum argument_kind kind, const char *action, const char *end);

#endif
