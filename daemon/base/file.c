/* SPDX-License-Identifier: ISC */
/* Reads in pieces: a pipe and a file in /proc have no known size. */
#include "sitrep/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sitrep/base/pages.h"

enum { CHUNK = 64 * 1024 };

/* Makes room for a large file, so that it is not copied while it is read.  Its size is 0 for a pipe, and may change
 * meanwhile. */
static int reserve_file(struct buf *out, off_t size)
{
	if (size < CHUNK || (uintmax_t)size > out->max - out->len)
		return 0;
	if (buf_reserve(out, (size_t)size) == 0)
		pages_take(out->data + out->len, (size_t)size);
	return out->failed;
}

int file_read_fd(int fd, struct buf *out)
{
	char chunk[CHUNK];
	struct stat st = {0};
	ssize_t n;
	int result;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return -EISDIR;
	result = reserve_file(out, st.st_size);
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
	/* O_NOCTTY: if path is a terminal, it must not become the daemon's controlling terminal. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int result;

	if (fd < 0)
		return -errno;
	result = file_read_fd(fd, out);
	close(fd);
	return result;
}

int file_read_regular(const char *path, struct buf *out)
{
	/* O_NONBLOCK: else the open of a named pipe waits for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int result;

	if (fd < 0)
		return -errno;
	result = fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) ? -ESPIPE : file_read_fd(fd, out);
	close(fd);
	return result;
}

int file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int result;

	if (fd < 0)
		return -errno;
	result = fsync(fd) == 0 ? 0 : -errno;
	close(fd);
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

int file_keep_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		/* open() takes the lowest number that is free */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			return errno != 0 ? -errno : -EBADF;
	return 0;
}
