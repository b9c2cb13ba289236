/* SPDX-License-Identifier: ISC */
/* /proc/net/tcp and tcp6 have the inode of each listening socket, /proc/PID/fd those of each process. */
#include "process_name.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sitrep/base/str.h"

enum { LINE_MAX_LEN = 256 };
/* Words of a line of /proc/net/tcp; the state 0A is that of a listening socket. */
enum { LOCAL_ADDRESS = 1, STATE = 3, INODE = 9 };

char *process_name(char text[PROCESS_NAME_MAX], pid_t pid)
{
	char path[PATH_MAX], name[PROCESS_NAME_MAX / 2] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (file != NULL && fgets(name, sizeof(name), file) != NULL)
		name[strcspn(name, "\n")] = '\0';
	if (file != NULL)
		fclose(file);
	if (name[0] != '\0')
		snprintf(text, PROCESS_NAME_MAX, "%s (process %d)", name, (int)pid);
	else
		snprintf(text, PROCESS_NAME_MAX, "process %d", (int)pid);
	return text;
}

/* Sets target to "socket:[1234]", to which /proc/PID/fd/N links for the socket that listens on port. */
static bool find_socket(const char *list, uint16_t port, char target[LINE_MAX_LEN])
{
	FILE *file = fopen(list, "re");
	char line[LINE_MAX_LEN], end_of_address[8];
	bool found = false;

	snprintf(end_of_address, sizeof(end_of_address), ":%04X", (unsigned)port);
	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
		struct str rest = str_from(line), words[INODE + 1];
		size_t count = 0;

		while (count <= INODE && str_word(&rest, &words[count]))
			count++;
		found = count > INODE && str_ends(words[LOCAL_ADDRESS], str_from(end_of_address)) &&
			str_eq(words[STATE], STR("0A"));
		if (found)
			snprintf(target, LINE_MAX_LEN, "socket:[%.*s]", STR_ARG(words[INODE]));
	}
	if (file != NULL)
		fclose(file);
	return found;
}

/* Whether one of the process's descriptors leads to target. */
static bool has_socket(const char *pid, const char *target)
{
	char folder[PATH_MAX], path[PATH_MAX], link[LINE_MAX_LEN];
	const struct dirent *entry;
	bool found = false;
	DIR *fds;

	snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
	fds = opendir(folder);
	while (fds != NULL && !found && (entry = readdir(fds)) != NULL) {
		ssize_t n;

		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
			continue;
		n = readlink(path, link, sizeof(link) - 1);
		if (n > 0) {
			link[n] = '\0';
			found = strcmp(link, target) == 0;
		}
	}
	if (fds != NULL)
		closedir(fds);
	return found;
}

bool process_on_port(char text[PROCESS_NAME_MAX], uint16_t port)
{
	char target[LINE_MAX_LEN];
	const struct dirent *entry;
	bool found = false;
	DIR *processes;

	if (!find_socket("/proc/net/tcp", port, target) && !find_socket("/proc/net/tcp6", port, target))
		return false;
	processes = opendir("/proc");
	while (processes != NULL && !found && (entry = readdir(processes)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !has_socket(entry->d_name, target))
			continue;
		process_name(text, (pid_t)strtol(entry->d_name, NULL, 10));
		found = true;
	}
	if (processes != NULL)
		closedir(processes);
	return found;
}
