/* SPDX-License-Identifier: ISC */
/* sitrep: the command line, the table of commands, and help.  Most commands have a file of their own. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/file.h"
#include "sitrep/base/nearest.h"

enum { MISTAKE_MAX = 512 };

/* ---- commands ---- */

static const struct command command_help;

static const struct command *const commands[] = {
	&command_tail,
	&command_top,
	&command_feeds,
	&command_explain,
	&command_status,
	&command_refresh,
	&command_parse,
	&command_discover,
	&command_import,
	&command_export,
	&command_why,
	&command_split,
	&command_join,
	&command_forget,
	&command_alerts,
	&command_silence,
	&command_search,
	&command_story,
	&command_stories,
	&command_match,
	&command_check,
	&command_backup,
	&command_reload,
	&command_pause,
	&command_resume,
	&command_help,
};

const struct command *command_at(size_t i)
{
	return i < sizeof(commands) / sizeof(commands[0]) ? commands[i] : NULL;
}

/* The command of this name, or NULL; *nearest is then the most similar name, or NULL. */
static const struct command *find_command(const char *name, const char **nearest)
{
	const struct command *c;
	size_t best = SIZE_MAX;

	*nearest = NULL;
	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		if (strcmp(c->name, name) == 0)
			return c;
		*nearest = nearest_name(str_from(name), str_from(c->name), &best, *nearest);
	}
	return NULL;
}

/* ---- help ---- */

static const char usage_line[] = "usage: sitrep [-c FILE] [--socket PATH] COMMAND [ARGUMENTS]\n";

static void print_commands(void)
{
	const struct command *c;

	fputs(usage_line, stdout);
	putchar('\n');
	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		printf("  %-8s %-16s %s\n", c->name, c->arguments, c->summary);
	putchar('\n');
	arguments_write(stdout, sitrep_options);
	puts("\nSee `sitrep help COMMAND` and sitrep(1).");
}

/* Reports a mistake before the command's name. */
static int report_mistake(const char *mistake)
{
	fprintf(stderr, "sitrep: %s\n%sSee `sitrep help` for the commands.\n", mistake, usage_line);
	return EXIT_USAGE;
}

/* "sitrep: unknown command tial, did you mean tail?" */
static int report_unknown(const char *name, const char *nearest)
{
	char mistake[MISTAKE_MAX];

	snprintf(mistake, sizeof(mistake), "unknown command %s%s%s%s", name, nearest != NULL ? ", did you mean " : "",
		nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
	return report_mistake(mistake);
}

static int run_help(const struct client_options *options)
{
	const char *name = command_argument(options, 0), *nearest;
	const struct command *c = name != NULL ? find_command(name, &nearest) : NULL;

	if (name != NULL && c == NULL)
		return report_unknown(name, nearest);
	if (c != NULL)
		command_usage(c);
	else
		print_commands();
	return EXIT_DONE;
}

static const struct command command_help = {
	.name = "help",
	.options = command_no_options,
	.arguments = "[COMMAND]",
	.kind = ARGUMENT_COMMAND,
	.most = 1,
	.summary = "Show the usage of a command, or all commands",
	.run = run_help,
};

/* ---- the command line ---- */

/* Asserts that the manual page lists the exit status. */
static int known_status(int status)
{
	size_t i = 0;

	while (sitrep_exits[i].help != NULL && sitrep_exits[i].status != status)
		i++;
	assert(sitrep_exits[i].help != NULL);
	return status;
}

/* A configuration file given with --config must exist, even if the command does not need it. */
static int check_config_path(const char *path)
{
	struct stat st;
	int failure = 0;

	if (path == NULL)
		return 0;
	if (access(path, R_OK) != 0)
		failure = errno;
	else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		failure = EISDIR;
	if (failure != 0)
		fprintf(stderr, "sitrep: cannot read the configuration %s: %s\n", path, strerror(failure));
	return -failure;
}

static int run_command(struct client_options *options, int argc, char **argv)
{
	const char *nearest;
	const struct command *c = find_command(argv[0], &nearest);
	int status = -1;

	if (c == NULL)
		return report_unknown(argv[0], nearest);
	if (check_config_path(options->config_path) != 0)
		return EXIT_TROUBLE;
	options->command = c;
	options->argc = argc;
	options->argv = argv;
	optind = 0; /* makes glibc start over, with the options of the command */
	if (c->options == command_no_options || c->options == command_json_option)
		while (command_next(options, &status) >= 0)
			options->json = true;
	return status >= 0 ? status : c->run(options);
}

static int run_line(int argc, char **argv)
{
	struct client_options options = {0};
	char mistake[ARGUMENTS_MISTAKE_MAX], help[] = "help", *help_argv[] = {help, NULL};
	int option;

	optind = 0; /* makes glibc start over */
	while ((option = arguments_next(sitrep_options, true, argc, argv)) >= 0) {
		switch ((enum sitrep_option)option) {
		case SITREP_CONFIG:
			options.config_path = optarg;
			break;
		case SITREP_SOCKET:
			options.socket_path = optarg;
			break;
		case SITREP_SHOW_VERSION:
			puts("sitrep " SITREP_VERSION);
			return EXIT_DONE;
		case SITREP_OPTIONS:
			break;
		}
	}
	if (option == ARGUMENTS_HELP)
		return run_command(&options, 1, help_argv);
	if (option == ARGUMENTS_WRONG)
		return report_mistake(arguments_mistake(sitrep_options, argv, mistake));
	if (optind == argc)
		return report_mistake("no command is given, such as status, feeds or tail");
	return run_command(&options, argc - optind, argv + optind);
}

/* Reports a failure of standard output, for all commands: a full disk, a pipe whose reader has ended. */
static int check_output(int status)
{
	int failure = output_failure();

	if (failure == 0)
		return status;
	if (failure == ENOSPC || failure == EDQUOT)
		fprintf(stderr, "sitrep: cannot write the output: %s; make room and run the command again\n",
			strerror(failure));
	else if (failure == EPIPE)
		fputs("sitrep: cannot write the output: the program that reads it has ended\n", stderr);
	else if (failure == EAGAIN)
		fputs("sitrep: cannot write the output: the pipe is full and non-blocking; let a program read it, or "
		      "write "
		      "to a file\n",
			stderr);
	else
		fprintf(stderr, "sitrep: cannot write the output: %s\n", strerror(failure));
	return EXIT_TROUBLE;
}

int cli_run(int argc, char **argv)
{
	if (file_keep_standard() != 0)
		return known_status(EXIT_TROUBLE);
	setlocale(LC_CTYPE, ""); /* for the characters that the terminal can show */
	return known_status(check_output(run_line(argc, argv)));
}
