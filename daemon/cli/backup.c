/* SPDX-License-Identifier: ISC */
/* sitrep backup: makes a checked copy of the database. This program reads the database itself, so the user needs access
 * to the state folder, and the daemon may run or not. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/paths.h"
#include "sitrep/store/backup.h"

/* The line of progress is rewritten at most this often. */
enum { SHOW_EVERY_MS = 200 };

static volatile sig_atomic_t wants_end;

static void on_signal(int number UNUSED)
{
	wants_end = 1;
}

struct showing {
	bool on_terminal;
	int64_t last_us;
};

static int show_progress(void *arg, enum backup_stage stage, int64_t done, int64_t total)
{
	struct showing *show = arg;
	int64_t now_us = clock_mono_us();

	if (show->on_terminal && now_us - show->last_us >= SHOW_EVERY_MS * 1000) {
		show->last_us = now_us;
		if (stage == BACKUP_COPY)
			fprintf(stderr, "\rcopying: %lld of %lld pages (%d %%) \033[K", (long long)done,
				(long long)total, total > 0 ? (int)(done * 100 / total) : 0);
		else
			fputs("\rchecking the copy \033[K", stderr);
	}
	return wants_end;
}

enum backup_option { BACKUP_STATE_DIR, BACKUP_FORCE, BACKUP_OPTIONS };

static const struct argument_option options_of_backup[BACKUP_OPTIONS + 1] = {
	[BACKUP_STATE_DIR] = {"state-dir", '\0', "DIR", ARGUMENT_FOLDER,
		"the daemon's state folder (default $STATE_DIRECTORY, else /var/lib/sitrepd)"},
	[BACKUP_FORCE] = {"force", 'f', NULL, ARGUMENT_NONE, "replace FILE"},
};

static int run_backup(const struct client_options *options)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct showing show = {.on_terminal = isatty(STDERR_FILENO) != 0};
	struct backup_options backup = {.progress = show_progress, .arg = &show};
	struct backup_result made;
	struct error err = {0};
	const char *named_dir = NULL;
	char *state_dir;
	int option, result, status = -1;

	while ((option = command_next(options, &status)) >= 0) {
		named_dir = option == BACKUP_STATE_DIR ? optarg : named_dir;
		backup.force = backup.force || option == BACKUP_FORCE;
	}
	if (status >= 0)
		return status;
	state_dir = paths_state_dir(named_dir);
	if (state_dir == NULL)
		return command_fail(&command_backup, "out of memory");
	backup.state_dir = state_dir;
	backup.file = command_argument(options, 0);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	result = backup_make(&backup, &made, &err);
	if (show.last_us != 0)
		fputs("\r\033[K", stderr);
	free(state_dir);
	if (result != 0)
		return command_fail(&command_backup, err.text);
	printf("%s: %lld bytes, %lld items in %lld stories, checked\n", backup.file, (long long)made.bytes,
		(long long)made.items, (long long)made.stories);
	return EXIT_DONE;
}

const struct command command_backup = {
	.name = "backup",
	.options = options_of_backup,
	.arguments = "FILE",
	.kind = ARGUMENT_FILE,
	.least = 1,
	.most = 1,
	.summary = "Copy the database, checked, while the daemon runs or not",
	.run = run_backup,
};
