/* sitrep: the command line.  A table of commands; what each does stands in a file of its name. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

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

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void usage(FILE *out)
{
	(void)fputs("usage: sitrep [-c FILE] [--socket PATH] COMMAND [ARGUMENTS]\n\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(
			out, "  %-8s %-16s %s\n", commands[i]->name, commands[i]->arguments, commands[i]->summary);
	(void)fputs("\n"
		    "  -c, --config FILE   configuration that says where the daemon's sockets are\n"
		    "      --socket PATH   the socket itself\n"
		    "  -h, --help          this text; `sitrep COMMAND --help` for a command's own\n"
		    "  -V, --version       the version\n"
		    "\nSee sitrep(1).\n",
		out);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* A configuration that the user named must be there, whatever the command does with it. */
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

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"config", required_argument, NULL, 'c'},
		{"socket", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	struct client_options options = {0};
	const struct command *command;
	int c;

	while ((c = getopt_long(argc, argv, "+c:hV", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options.config_path = optarg;
			break;
		case 's':
			options.socket_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_DONE;
		case 'V':
			(void)puts("sitrep " SITREP_VERSION);
			return EXIT_DONE;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	command = find_command(argv[optind]);
	if (command == NULL) {
		(void)fprintf(stderr, "sitrep: unknown command %s\n", argv[optind]);
		usage(stderr);
		return EXIT_USAGE;
	}
	if (check_config_path(options.config_path) != 0)
		return EXIT_TROUBLE;
	argc -= optind;
	argv += optind;
	optind = 0; /* the command reads its own options anew; 0 makes glibc start over */
	return command->run(&options, argc, argv);
}
