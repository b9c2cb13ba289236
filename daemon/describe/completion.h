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

/* The i-th command of p, NULL behind the last one. */
const struct command *program_command(const struct program *p, size_t i);
/* Appends what a shell does for an argument of this kind: action, and where that begins a list of names (of events, of
 * commands), the names and then end. */
void completion_values(
	struct buf *out, const struct program *p, enum argument_kind kind, const char *action, const char *end);

#endif
