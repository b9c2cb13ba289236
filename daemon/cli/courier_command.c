/* SPDX-License-Identifier: ISC */
/* Each command is a process group of its own, so that Ctrl-C ends tail and not a delivery in the middle.  It reads the
 * event from a file in memory, so that a command that reads nothing, or only a part, blocks nothing. */
#include "courier_command.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "sitrep/base/clock.h"

enum { KILL_AFTER_MS = 10 * 1000, END_WAIT_MS = 3 * 1000, END_STEP_MS = 20 };

/* A descriptor to read the body from, or a negative code. */
static int open_body(const struct delivery *one)
{
	int fd = memfd_create("sitrep-event", MFD_CLOEXEC), result = 0;

	if (fd < 0)
		return -errno;
	for (size_t written = 0; result == 0 && written < one->len;) {
		ssize_t n = write(fd, one->body + written, one->len - written);

		if (n < 0)
			result = -errno;
		else
			written += (size_t)n;
	}
	if (result == 0 && lseek(fd, 0, SEEK_SET) != 0)
		result = -errno;
	if (result == 0)
		return fd;
	close(fd);
	return result;
}

/* A process group of its own, and the signal mask and handlers that a shell gives its commands. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, ours;

	sigemptyset(&none);
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGPIPE);
	sigaddset(&ours, SIGCHLD);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &ours);
	posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

/* 0, or an errno. */
static int spawn_command(const char *command, int body, pid_t *pid)
{
	char shell[] = "/bin/sh", option[] = "-c";
	char *copy = strdup(command);
	char *argv[] = {shell, option, copy, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int result = copy != NULL ? posix_spawn_file_actions_init(&actions) : ENOMEM;

	if (result != 0)
		goto out;
	result = posix_spawnattr_init(&attributes);
	if (result != 0)
		goto out_actions;
	result = posix_spawn_file_actions_adddup2(&actions, body, STDIN_FILENO);
	if (result == 0)
		result = set_attributes(&attributes);
	if (result == 0)
		result = posix_spawn(pid, shell, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
out_actions:
	posix_spawn_file_actions_destroy(&actions);
out:
	free(copy);
	return result;
}

int courier_command_start(struct courier_commands *c, struct delivery *one, int64_t now_ms, struct error *err)
{
	int body = open_body(one), result = body < 0 ? body : 0;
	size_t i = 0;

	while (c->running[i].pid != 0)
		i++;
	if (result == 0)
		result = -spawn_command(c->command, body, &c->running[i].pid);
	if (body >= 0)
		close(body);
	if (result != 0) {
		c->running[i].pid = 0;
		return error_sys(err, result, "cannot run the command");
	}
	c->running[i].delivery = one;
	c->running[i].end_ms = now_ms + COURIER_COMMAND_MS;
	c->running[i].was_ended = false;
	return 0;
}

static void set_reason(struct courier_result *result, int status, bool was_ended)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	result->outcome = COURIER_FAILED;
	if (was_ended) {
		snprintf(result->reason, sizeof(result->reason), "the command took longer than 10 min");
	} else if (WIFEXITED(status)) {
		result->outcome = WEXITSTATUS(status) == EX_DATAERR ? COURIER_REFUSED : COURIER_FAILED;
		snprintf(result->reason, sizeof(result->reason), "the command ended with status %d",
			WEXITSTATUS(status));
	} else {
		snprintf(
			result->reason, sizeof(result->reason), "the command was ended by signal %d", WTERMSIG(status));
	}
}

bool courier_command_take(struct courier_commands *c, int64_t now_ms, struct courier_result *result)
{
	for (size_t i = 0; i < COURIER_AT_ONCE_MAX; i++) {
		pid_t pid = c->running[i].pid;
		int status = 0;

		if (pid == 0)
			continue;
		if (waitpid(pid, &status, WNOHANG) == pid) {
			*result = (struct courier_result){.delivery = c->running[i].delivery};
			set_reason(result, status, c->running[i].was_ended);
			c->running[i].pid = 0;
			return true;
		}
		if (now_ms >= c->running[i].end_ms) {
			kill(-pid, c->running[i].was_ended ? SIGKILL : SIGTERM);
			c->running[i].was_ended = true;
			c->running[i].end_ms = now_ms + KILL_AFTER_MS;
		}
	}
	return false;
}

void courier_command_end(struct courier_commands *c)
{
	int64_t end_ms = clock_mono_ms() + END_WAIT_MS;
	bool is_left = true;

	for (size_t i = 0; i < COURIER_AT_ONCE_MAX; i++)
		if (c->running[i].pid != 0)
			kill(-c->running[i].pid, SIGTERM);
	while (is_left && clock_mono_ms() < end_ms) {
		is_left = false;
		for (size_t i = 0; i < COURIER_AT_ONCE_MAX; i++) {
			if (c->running[i].pid != 0 && waitpid(c->running[i].pid, NULL, WNOHANG) != 0)
				c->running[i].pid = 0;
			is_left = is_left || c->running[i].pid != 0;
		}
		if (is_left)
			poll(NULL, 0, END_STEP_MS);
	}
	for (size_t i = 0; i < COURIER_AT_ONCE_MAX; i++)
		if (c->running[i].pid != 0)
			kill(-c->running[i].pid, SIGKILL);
}
