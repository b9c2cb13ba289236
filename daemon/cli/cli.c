/* SPDX-License-Identifier: ISC */
/* sitrep: the command line.  The table of commands is in command.c; most commands have a file of their own. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

static void usage(FILE *out)
{
	const struct command *c;

	(void)fputs("usage: sitrep [-c FILE] [--socket PATH] COMMAND [ARGUMENTS]\n\n", out);
	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		(void)fprintf(out, "  %-8s %-16s %s\n", c->name, c->arguments, c->summary);
	(void)fputc('\n', out);
	arguments_write(out, sitrep_options);
	(void)fputs("\nSee `sitrep COMMAND --help` and sitrep(1).\n", out);
}

static const struct command *find_command(const char *name)
{
	const struct command *c;
	size_t i = 0;

	while ((c = command_at(i)) != NULL && strcmp(c->name, name) != 0)
		i++;
	return c;
}

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
		(void)fprintf(stderr, "sitrep: cannot read the configuration %s: %s\n", path, strerror(failure));
	return -failure;
}

static int run_command(const struct client_options *options, int argc, char **argv)
{
	const struct command *command = find_command(argv[0]);

	if (command == NULL) {
		(void)fprintf(stderr, "sitrep: unknown command %s\n", argv[0]);
		usage(stderr);
		return EXIT_USAGE;
	}
	if (check_config_path(options->config_path) != 0)
		return EXIT_TROUBLE;
	optind = 0; /* the command parses its own options; 0 makes glibc start over */
	return command->run(options, argc, argv);
}

int cli_run(int argc, char **argv)
{
	struct client_options options = {0};
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
			(void)puts("sitrep " SITREP_VERSION);
			return EXIT_DONE;
		case SITREP_OPTIONS:
			break;
		}
	}
	if (option == ARGUMENTS_HELP) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (option == ARGUMENTS_WRONG || optind == argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	return known_status(run_command(&options, argc - optind, argv + optind));
}
