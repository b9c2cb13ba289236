/* completion.h: completion files for the shells, from the tables of both programs' command lines. */
#ifndef SITREP_DESCRIBE_COMPLETION_H
#define SITREP_DESCRIBE_COMPLETION_H

#include "sitrep/base/arguments.h"
#include "sitrep/base/buf.h"
#include "sitrep/cli/command.h"

/* A program's command line. */
struct program {
	const char *name;
	const struct argument_option *options;
	const struct command *(*command_at)(size_t i); /* NULL: it has no commands */
};

/* Appends the file of one shell.  Failures stick to the buffer. */
void completion_bash(struct buf *out, const struct program *p);
void completion_zsh(struct buf *out, const struct program *p);
void completion_fish(struct buf *out, const struct program *p);

/* The i-th command of p, NULL behind the last one. */
const struct command *program_command(const struct program *p, size_t i);
/* Appends the events of the log, with blanks between. */
void completion_events(struct buf *out);

#endif
