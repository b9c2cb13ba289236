/* SPDX-License-Identifier: ISC */
/* The unit's lines on user, credentials and file system are passed unchanged to systemd-run(1), so that the service
 * manager itself sets these up. */
#include "sitrep/base/service.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum { UNIT_TEXT_MAX = 1024 * 1024, ARGUMENTS_MAX = 256 };

/* The settings of systemd.exec(5) that decide what a process may see and do. */
static const char *const settings[] = {"User", "Group", "SupplementaryGroups", "DynamicUser", "UMask", "Environment",
	"EnvironmentFile", "LoadCredential", "LoadCredentialEncrypted", "SetCredential", "SetCredentialEncrypted",
	"StateDirectory", "StateDirectoryMode", "RuntimeDirectory", "RuntimeDirectoryMode", "RuntimeDirectoryPreserve",
	"CapabilityBoundingSet", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices",
	"PrivateUsers", "ProtectProc", "ProcSubset", "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths",
	"BindPaths", "BindReadOnlyPaths", "TemporaryFileSystem", "SystemCallArchitectures", "SystemCallFilter",
	"SystemCallErrorNumber"};

static bool is_setting(struct str key)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (str_eq(key, str_from(settings[i])))
			return true;
	return false;
}

static int read_all(int fd, struct buf *out)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && buf_append(out, chunk, (size_t)n) != 0)
			return -E2BIG;
	return n < 0 ? -errno : 0;
}

/* The unit and its drop-ins, as systemctl(1) prints them. */
static int read_unit(const char *unit, struct buf *out, struct error *err)
{
	char *argv[] = {(char[]){"systemctl"}, (char[]){"cat"}, (char[]){"--no-pager"}, NULL, NULL};
	posix_spawn_file_actions_t actions;
	char *name = strdup(unit);
	int ends[2], status = 0, result;
	pid_t child;

	argv[3] = name;
	if (name == NULL || pipe2(ends, O_CLOEXEC) != 0) {
		result = error_sys(err, name == NULL ? -ENOMEM : -errno, "cannot read %s", unit);
		free(name);
		return result;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	result = -posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (result == 0) {
		result = read_all(ends[0], out);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	free(name);
	if (result != 0)
		return error_sys(err, result, "cannot read %s with systemctl", unit);
	if (status != 0)
		return error_set(err, -ENOENT, "cannot read %s with systemctl: is the service installed?", unit);
	return 0;
}

/* Joins lines that end in a backslash. */
static void join_lines(struct buf *text)
{
	for (size_t i = 0; i + 1 < text->len; i++)
		if (text->data[i] == '\\' && text->data[i + 1] == '\n')
			text->data[i] = text->data[i + 1] = ' ';
}

/* Appends "--property=KEY=VALUE" for each line of the unit with a key of settings.  0, -E2BIG or -ENOMEM. */
static int add_properties(struct str text, char **argv, size_t *count)
{
	bool in_service = false;
	struct str line;

	while (str_split(&text, '\n', &line)) {
		size_t sign;

		line = str_trim(line);
		if (str_starts(line, STR("[")))
			in_service = str_eq(line, STR("[Service]"));
		sign = str_find_char(line, '=', 0);
		if (!in_service || sign == STR_NPOS || !is_setting(str_trim(str_slice(line, 0, sign))))
			continue;
		if (*count == ARGUMENTS_MAX)
			return -E2BIG;
		if (asprintf(&argv[*count], "--property=%.*s", STR_ARG(line)) < 0)
			return -ENOMEM;
		(*count)++;
	}
	return 0;
}

int service_exec_as_unit(const char *unit, const char *environment, char *const *command, struct error *err)
{
	static const char *const start[] = {"systemd-run", "--quiet", "--wait", "--pipe", "--collect"};
	char *argv[ARGUMENTS_MAX + 1] = {0};
	struct buf text = BUF_INIT(UNIT_TEXT_MAX);
	size_t count = 0;
	int result = read_unit(unit, &text, err);

	if (result != 0)
		goto out;
	join_lines(&text);
	result = -ENOMEM;
	for (size_t i = 0; i < sizeof(start) / sizeof(start[0]); i++)
		if ((argv[count++] = strdup(start[i])) == NULL)
			goto failed;
	if (asprintf(&argv[count], "--setenv=%s", environment) < 0)
		goto failed;
	count++;
	result = add_properties(buf_str(&text), argv, &count);
	if (result != 0)
		goto failed;
	for (size_t i = 0; command[i] != NULL; i++) {
		result = count == ARGUMENTS_MAX ? -E2BIG : -ENOMEM;
		if (count == ARGUMENTS_MAX || (argv[count++] = strdup(command[i])) == NULL)
			goto failed;
	}
	execvp(argv[0], argv);
	result = -errno;
failed:
	error_sys(err, result, "cannot run %s as %s", command[0], unit);
out:
	for (size_t i = 0; i < count; i++)
		free(argv[i]);
	buf_release(&text);
	return result;
}
