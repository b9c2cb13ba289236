/* SPDX-License-Identifier: ISC */
#include "sitrep/base/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char default_state_dir[] = "/var/lib/sitrepd";

static char *join(const char *dir, size_t dir_len, const char *name)
{
	size_t size = dir_len + strlen(name) + 2;
	char *path = malloc(size);

	if (path != NULL)
		snprintf(path, size, "%.*s/%s", (int)dir_len, dir, name);
	return path;
}

/* STATE_DIRECTORY and RUNTIME_DIRECTORY may list several folders with a colon between; the first counts. */
static char *first_of_list(const char *list)
{
	return strndup(list, strcspn(list, ":"));
}

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] == '/' ? value : NULL;
}

char *paths_state_dir(const char *given)
{
	const char *from_service;

	if (given != NULL)
		return strdup(given);
	from_service = from_environment("STATE_DIRECTORY");
	return from_service != NULL ? first_of_list(from_service) : strdup(default_state_dir);
}

char *paths_runtime_dir(const char *state_dir)
{
	const char *from_service = from_environment("RUNTIME_DIRECTORY");
	const char *of_user = from_environment("XDG_RUNTIME_DIR");

	if (from_service != NULL)
		return first_of_list(from_service);
	if (access("/run/sitrepd", W_OK) == 0 || (access("/run/sitrepd", F_OK) != 0 && access("/run", W_OK) == 0))
		return strdup("/run/sitrepd");
	if (of_user != NULL)
		return join(of_user, strlen(of_user), "sitrepd");
	return strdup(state_dir);
}

char *paths_stream_socket(const char *configured, const char *runtime_dir)
{
	if (configured != NULL)
		return strdup(configured);
	return join(runtime_dir, strlen(runtime_dir), "stream.sock");
}

char *paths_control_socket(const char *configured, const char *stream_socket)
{
	const char *slash;

	if (configured != NULL)
		return strdup(configured);
	slash = strrchr(stream_socket, '/');
	if (slash == NULL)
		return strdup("control.sock");
	return join(stream_socket, (size_t)(slash - stream_socket), "control.sock");
}

/* Owns folder from now on; -ENOMEM when folder is NULL. */
static int add_place(struct paths_places *places, char *folder)
{
	if (folder == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < places->count; i++) {
		if (strcmp(places->folders[i], folder) == 0) {
			free(folder);
			return 0;
		}
	}
	places->folders[places->count++] = folder;
	return 0;
}

static int add_place_below(struct paths_places *places, const char *folder, const char *name)
{
	return add_place(places, join(folder, strlen(folder), name));
}

/* The state folder of `make run`, and below it that of `make demo`. */
static int add_places_of_make(struct paths_places *places)
{
	const char *state = from_environment("XDG_STATE_HOME");
	const char *home = from_environment("HOME");
	int result = 0;

	if (state != NULL) {
		result = add_place_below(places, state, "sitrepd");
		if (result == 0)
			result = add_place_below(places, state, "sitrepd/demo");
	} else if (home != NULL) {
		result = add_place_below(places, home, ".local/state/sitrepd");
		if (result == 0)
			result = add_place_below(places, home, ".local/state/sitrepd/demo");
	}
	return result;
}

int paths_places_init(struct paths_places *places, bool in_service)
{
	const char *from_service = in_service ? from_environment("RUNTIME_DIRECTORY") : NULL;
	const char *of_user = from_environment("XDG_RUNTIME_DIR");
	int result = 0;

	memset(places, 0, sizeof(*places));
	if (from_service != NULL)
		result = add_place(places, first_of_list(from_service));
	if (result == 0)
		result = add_place(places, strdup("/run/sitrepd"));
	if (result == 0 && of_user != NULL)
		result = add_place_below(places, of_user, "sitrepd");
	if (result == 0)
		result = add_places_of_make(places);
	if (result == 0)
		result = add_place(places, in_service ? paths_state_dir(NULL) : strdup(default_state_dir));
	return result;
}

void paths_places_release(struct paths_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->folders[i]);
	memset(places, 0, sizeof(*places));
}

char *paths_config(const char *given)
{
	return strdup(given != NULL ? given : SITREP_SYSCONFDIR "/sitrepd.conf");
}

int paths_make_dir(const char *path, unsigned mode)
{
	struct stat st;

	if (mkdir(path, (mode_t)mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	/* Reported here: the code that opens a file in it would name the wrong path. */
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}
