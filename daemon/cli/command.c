/* SPDX-License-Identifier: ISC */
/* The table of commands, and the messages of all commands: usage and failure. */
#include "sitrep/cli/command.h"

#include <getopt.h>

#include "client.h"
#include "sitrep/base/utf8.h"

const struct argument_option sitrep_options[SITREP_OPTIONS + 1] = {
	[SITREP_CONFIG] = {"config", 'c', "FILE", ARGUMENT_FILE,
		"configuration that says where the daemon's sockets are"},
	[SITREP_SOCKET] = {"socket", '\0', "PATH", ARGUMENT_FILE, "the socket itself"},
	[SITREP_SHOW_VERSION] = {"version", 'V', NULL, ARGUMENT_NONE, "the version"},
};

const struct exit_row sitrep_exits[] = {
	{EXIT_DONE, "The command succeeded."},
	{EXIT_TROUBLE, "The command failed, and a sentence on standard error says why. refresh: a poll failed. feeds "
		       "--failing: a feed fails. check: the configuration has a mistake."},
	{EXIT_USAGE, "The command line is wrong."},
	{.help = NULL},
};

static const struct command *const commands[] = {
	&command_tail,
	&command_feeds,
	&command_explain,
	&command_status,
	&command_refresh,
	&command_parse,
	&command_discover,
	&command_why,
	&command_split,
	&command_join,
	&command_stories,
	&command_check,
	&command_backup,
	&command_reload,
	&command_pause,
	&command_resume,
};

const struct command *command_at(size_t i)
{
	return i < sizeof(commands) / sizeof(commands[0]) ? commands[i] : NULL;
}

const struct argument_option command_no_options[] = {{.name = NULL}};
const struct argument_option command_json_option[] = {
	{"json", 'j', NULL, ARGUMENT_NONE, "print JSON"},
	{.name = NULL},
};

static void write_usage(const struct command *c, FILE *out)
{
	(void)fprintf(out, "usage: sitrep %s%s%s%s\n\n%s.\n", c->name, c->options[0].name != NULL ? " [OPTIONS]" : "",
		c->arguments[0] != '\0' ? " " : "", c->arguments, c->summary);
	(void)fprintf(out, "%s\n", c->help);
	arguments_write(out, c->options);
}

int command_wrong(const struct command *c)
{
	write_usage(c, stderr);
	return EXIT_USAGE;
}

int command_next(const struct command *c, int argc, char **argv, int *status)
{
	int option = arguments_next(c->options, false, argc, argv);

	if (option == ARGUMENTS_HELP) {
		write_usage(c, stdout);
		*status = EXIT_DONE;
	} else if (option == ARGUMENTS_WRONG) {
		*status = command_wrong(c);
	} else if (option == ARGUMENTS_END && (argc - optind < c->least || argc - optind > c->most)) {
		*status = command_wrong(c);
	}
	return option;
}

int command_json(const struct command *c, int argc, char **argv, bool *json)
{
	int status = -1;

	while (command_next(c, argc, argv, &status) >= 0)
		*json = true;
	return status;
}

int command_fail(const struct command *c, const char *sentence)
{
	struct buf line = BUF_INIT(2 * ERROR_TEXT_MAX);

	/* The sentence may quote text from outside. */
	(void)utf8_one_line(&line, str_from(sentence));
	(void)fprintf(stderr, "sitrep: %s: %s\n", c->name, line.data != NULL ? line.data : "");
	buf_release(&line);
	return EXIT_TROUBLE;
}
