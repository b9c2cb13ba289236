/* SPDX-License-Identifier: ISC */
#include "sitrep/base/next_steps.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sitrep/base/log.h"
#include "sitrep/base/paths.h"

enum { COMMAND_MAX = 512 };

static const char *socket_path(const char *name)
{
	static const char scheme[] = "unix:";

	return strncmp(name, scheme, sizeof(scheme) - 1) == 0 ? name + sizeof(scheme) - 1 : name;
}

/* Whether the client finds this socket without --socket: it looks in the socket's folder, and no folder that comes
 * before has a socket of the same name. */
static bool is_found(const char *path, const char *file)
{
	struct paths_places places;
	bool found = false, other = false;

	if (paths_places_init(&places, false) == 0) {
		for (size_t i = 0; i < places.count && !found && !other; i++) {
			char at[COMMAND_MAX];

			snprintf(at, sizeof(at), "%s/%s", places.folders[i], file);
			found = strcmp(at, path) == 0;
			other = !found && access(at, F_OK) == 0;
		}
	}
	paths_places_release(&places);
	return found;
}

/* `sitrep` beside the daemon, as in the build folder, else the one in PATH. */
static void write_client(char client[COMMAND_MAX], const char *program)
{
	const char *slash = strrchr(program, '/');

	if (slash != NULL) {
		snprintf(client, COMMAND_MAX, "%.*s/sitrep", (int)(slash - program), program);
		if (access(client, X_OK) == 0)
			return;
	}
	snprintf(client, COMMAND_MAX, "sitrep");
}

static void log_command(const char *client, const char *name, const char *file, const char *command, const char *shows)
{
	const char *path = socket_path(name);
	char text[2 * COMMAND_MAX];

	if (is_found(path, file))
		snprintf(text, sizeof(text), "%s %s", client, command);
	else
		snprintf(text, sizeof(text), "%s --socket %s %s", client, path, command);
	log_emit(LOG_LEVEL_INFO, "try next", "command", text, "shows", shows, NULL);
}

void next_steps_log(const char *program, const char *page, const char *stream, const char *control)
{
	char client[COMMAND_MAX];

	write_client(client, program);
	if (stream != NULL)
		log_command(client, stream, "stream.sock", "tail", "items and alerts as they come");
	else
		log_command(client, control, "control.sock", "status", "what the daemon is doing");
	log_command(client, control, "control.sock", "feeds", "the health of each feed");
	if (page != NULL)
		log_emit(LOG_LEVEL_INFO, "try next", "page", page, "shows", "the stories, in a browser", NULL);
}
