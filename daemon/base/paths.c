/* The daemon and the command line are started by different people in different environments, so the rule
 * by which both find the sockets stands here once. */
#include "sitrep/base/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *join(const char *dir, size_t dir_len, const char *name)
{
	size_t size = dir_len + strlen(name) + 2;
	char *path = malloc(size);

	if (path != NULL)
		(void)snprintf(path, size, "%.*s/%s", (int)dir_len, dir, name);
	return path;
}

/* systemd lists several folders with a colon between; the first is ours. */
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
	return from_service != NULL ? first_of_list(from_service) : strdup("/var/lib/sitrepd");
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
	/* What is in the way of a folder is said here, not by whoever opens a file in it. */
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}
