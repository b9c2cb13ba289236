/* SPDX-License-Identifier: ISC */
/* Reads in pieces, since the file may be a pipe or lie in /proc, and then has no known size. */
#include "sitrep/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read_fd(int fd, struct buf *out)
{
	char chunk[64 * 1024];
	struct stat st;
	ssize_t n;
	int result = 0;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return -EISDIR;
	while (result == 0 && (n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n > 0)
			result = buf_append(out, chunk, (size_t)n);
		else if (errno != EINTR)
			result = -errno;
	}
	return result;
}

int file_read(const char *path, struct buf *out)
{
	/* A terminal that happens to be named must not become the daemon's own. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int result;

	if (fd < 0)
		return -errno;
	result = file_read_fd(fd, out);
	(void)close(fd);
	return result;
}

int file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int result;

	if (fd < 0)
		return -errno;
	result = fsync(fd) == 0 ? 0 : -errno;
	(void)close(fd);
	return result;
}

int file_sync_parent(const char *path)
{
	char *folder = strdup(path), *slash;
	int result;

	if (folder == NULL)
		return -ENOMEM;
	slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[slash == folder] = '\0';
	result = file_sync(slash != NULL ? folder : ".");
	free(folder);
	return result;
}
