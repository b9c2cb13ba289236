/* SPDX-License-Identifier: ISC */
/* Reads files that hold secrets. */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"

/* A relative path is the name of a credential, if there is one. */
static int open_secret(const struct config_path *path)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char joined[PATH_MAX];
	int fd;

	if (path->text[0] != '/' && directory != NULL) {
		int n = snprintf(joined, sizeof(joined), "%s/%s", directory, path->text);

		if (n > 0 && (size_t)n < sizeof(joined)) {
			fd = open(joined, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
			if (fd >= 0 || errno != ENOENT)
				return fd;
		}
	}
	return open(path->full, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int secret_read(struct buf *out, const struct config_path *path, struct error *err)
{
	char chunk[1024], limit[TIME_TEXT_MAX];
	struct stat st;
	ssize_t n;
	int result = 0;
	int fd = open_secret(path);

	if (fd < 0)
		return error_sys(err, -errno, "cannot open %s", path->full);
	/* Allocated at full size, since a growing buffer would leave copies of the secret in freed memory. */
	if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size < out->max)
		buf_reserve(out, (size_t)st.st_size);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		result = buf_append(out, chunk, (size_t)n);
		if (result == -E2BIG)
			error_set(
				err, result, "%s is larger than %s", path->full, size_format(limit, (int64_t)out->max));
		else if (result != 0)
			error_sys(err, result, "cannot read %s", path->full);
		if (result != 0)
			break;
	}
	if (n < 0)
		result = error_sys(err, -errno, "cannot read %s", path->full);
	close(fd);
	explicit_bzero(chunk, sizeof(chunk));
	return result;
}

void secret_wipe(struct buf *secret)
{
	if (secret->data != NULL)
		explicit_bzero(secret->data, secret->len);
	buf_release(secret);
}
