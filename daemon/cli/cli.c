/* SPDX-License-Identifier: ISC */
/* sitrep: the command line.  The table of commands is in command.c; most commands have a file of their own. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/file.h"

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
	const struct command *command = command_find(argv[0], &nearest);

	if (command == NULL)
		return command_unknown(argv[0]);
	if (check_config_path(options->config_path) != 0)
		return EXIT_TROUBLE;
	return command_run(command, options, argc, argv);
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
		return command_missing(arguments_mistake(sitrep_options, argv, mistake));
	if (optind == argc)
		return command_missing("no command is given, such as status, feeds or tail");
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
