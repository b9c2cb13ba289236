/* SPDX-License-Identifier: ISC */
/* A preloaded library that notes what the daemon writes and syncs, so that a test can make the files as a power cut
 * would have left them (power.py), and what it tells on sockets, so that the test knows what was seen by then.
 *
 *     LD_PRELOAD=build/tests/faults/power.so POWER_TRACE=file POWER_FOLDER=/state sitrepd ...
 *
 * Active in a program named sitrepd alone.  Only files below POWER_FOLDER are noted.  Writes, truncations and changes
 * of names are noted after they were done, syncs after they have returned, and what goes to a socket before it is sent:
 * in this order a trace cut at any place never promises more than a disk would have kept, nor forgets what somebody may
 * have seen.
 *
 * A note is: a byte for its kind, three numbers of 64 bits (the file's inode, an offset, the length of the data), two
 * of 32 bits (the lengths of a path and of a second one), the paths and the data, in the machine's byte order. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATH_LEN = 4096, TRACE_FD_MIN = 700 };

enum kind {
	MADE = 'c',      /* path: a file or folder that was not there */
	WRITTEN = 'w',   /* inode, offset, data */
	TRUNCATED = 't', /* inode, offset: the new length */
	SYNCED = 's',    /* inode; path, since it may be a folder */
	REMOVED = 'u',   /* path */
	RENAMED = 'r',   /* path, second path */
	TOLD = 'o',      /* inode: of the socket; data */
};

static int trace_fd = -1;
static char folder[PATH_LEN];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("POWER_TRACE"), *below = getenv("POWER_FOLDER");
	int fd;

	if (path == NULL || below == NULL || strcmp(program_invocation_short_name, "sitrepd") != 0)
		return;
	snprintf(folder, sizeof(folder), "%s", below);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		abort();
	/* out of the way of whoever counts descriptors */
	trace_fd = fcntl(fd, F_DUPFD_CLOEXEC, TRACE_FD_MIN);
	syscall(SYS_close, fd);
	if (trace_fd < 0)
		abort();
}

static bool is_below(const char *path)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static void put(const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = syscall(SYS_write, trace_fd, at, len);

		if (n < 0)
			abort();
		at += n;
		len -= (size_t)n;
	}
}

static void note(enum kind kind, uint64_t inode, uint64_t offset, const char *path, const char *second,
	const struct iovec *data, size_t count, size_t len)
{
	char head[1 + 3 * 8 + 2 * 4];
	uint32_t path_len = path != NULL ? (uint32_t)strlen(path) : 0;
	uint32_t second_len = second != NULL ? (uint32_t)strlen(second) : 0;
	uint64_t data_len = len;
	int code = errno;

	head[0] = (char)kind;
	memcpy(head + 1, &inode, 8);
	memcpy(head + 9, &offset, 8);
	memcpy(head + 17, &data_len, 8);
	memcpy(head + 25, &path_len, 4);
	memcpy(head + 29, &second_len, 4);
	pthread_mutex_lock(&lock);
	put(head, sizeof(head));
	put(path, path_len);
	put(second, second_len);
	for (size_t i = 0; i < count && len > 0; i++) {
		size_t part = data[i].iov_len < len ? data[i].iov_len : len;

		put(data[i].iov_base, part);
		len -= part;
	}
	pthread_mutex_unlock(&lock);
	errno = code;
}

/* The inode of a file below the folder, with its path; false: another file. */
static bool is_ours(int fd, char path[PATH_LEN], struct stat *st)
{
	char link[64];
	int code = errno;
	ssize_t n = -1;

	if (trace_fd >= 0 && fstat(fd, st) == 0 && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, PATH_LEN - 1);
	}
	errno = code;
	if (n < 0)
		return false;
	path[n] = '\0';
	return is_below(path);
}

static void note_write(int fd, int64_t offset, const struct iovec *data, size_t count, ssize_t written)
{
	char path[PATH_LEN];
	struct stat st;

	if (written <= 0 || !is_ours(fd, path, &st))
		return;
	if (offset < 0)
		offset = lseek(fd, 0, SEEK_CUR) - written;
	note(WRITTEN, st.st_ino, (uint64_t)offset, path, NULL, data, count, (size_t)written);
}

static void note_told(int fd, const struct iovec *data, size_t count)
{
	struct stat st;
	size_t len = 0;
	int code = errno;
	bool is_socket = trace_fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);

	errno = code;
	if (!is_socket)
		return;
	for (size_t i = 0; i < count; i++)
		len += data[i].iov_len;
	note(TOLD, st.st_ino, 0, NULL, NULL, data, count, len);
}

/* ---- names ---- */

/* open() and openat() go to the kernel, since glibc has several names for each. */
static int open_noted(int at, const char *path, int flags, mode_t mode)
{
	char absolute[PATH_LEN];
	struct stat st;
	bool makes = trace_fd >= 0 && (flags & O_CREAT) != 0 && fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) != 0;
	int fd = (int)syscall(SYS_openat, at, path, flags | O_LARGEFILE, mode);

	if (fd >= 0 && makes && is_ours(fd, absolute, &st))
		note(MADE, st.st_ino, 0, absolute, NULL, NULL, 0, 0);
	return fd;
}

static mode_t mode_of(int flags, va_list args)
{
	return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                                                                                     \
	int name(const char *path, int flags, ...)                                                                     \
	{                                                                                                              \
		va_list args;                                                                                          \
		mode_t mode;                                                                                           \
                                                                                                                       \
		va_start(args, flags);                                                                                 \
		mode = mode_of(flags, args);                                                                           \
		va_end(args);                                                                                          \
		return open_noted(AT_FDCWD, path, flags, mode);                                                        \
	}
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode)
{
	int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
	struct stat st;

	if (result == 0 && trace_fd >= 0 && is_below(path) && stat(path, &st) == 0)
		note(MADE, st.st_ino, 1, path, NULL, NULL, 0, 0);
	return result;
}

int unlink(const char *path)
{
	int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);

	if (result == 0 && trace_fd >= 0 && is_below(path))
		note(REMOVED, 0, 0, path, NULL, NULL, 0, 0);
	return result;
}

int rename(const char *from, const char *to)
{
	int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);

	if (result == 0 && trace_fd >= 0 && is_below(to))
		note(RENAMED, 0, 0, from, to, NULL, 0, 0);
	return result;
}

/* ---- contents ---- */

#define PWRITE(name, offset_type)                                                                                      \
	ssize_t name(int fd, const void *data, size_t len, offset_type offset)                                         \
	{                                                                                                              \
		struct iovec all = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};                              \
		ssize_t n = syscall(SYS_pwrite64, fd, data, len, offset);                                              \
                                                                                                                       \
		note_write(fd, offset, &all, 1, n);                                                                    \
		return n;                                                                                              \
	}
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t len)
{
	struct iovec all = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	ssize_t n;

	note_told(fd, &all, 1);
	n = syscall(SYS_write, fd, data, len);
	note_write(fd, -1, &all, 1, n);
	return n;
}

ssize_t writev(int fd, const struct iovec *data, int count)
{
	ssize_t n;

	note_told(fd, data, (size_t)count);
	n = syscall(SYS_writev, fd, data, count);
	note_write(fd, -1, data, (size_t)count, n);
	return n;
}

#define FTRUNCATE(name, offset_type)                                                                                   \
	int name(int fd, offset_type len)                                                                              \
	{                                                                                                              \
		char path[PATH_LEN];                                                                                   \
		struct stat st;                                                                                        \
		int result = (int)syscall(SYS_ftruncate, fd, len);                                                     \
                                                                                                                       \
		if (result == 0 && is_ours(fd, path, &st))                                                             \
			note(TRUNCATED, st.st_ino, (uint64_t)len, path, NULL, NULL, 0, 0);                             \
		return result;                                                                                         \
	}
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

/* The file system that the test runs on need not be asked: the trace alone is the disk. */
static int sync_noted(int fd)
{
	char path[PATH_LEN];
	struct stat st;

	if (is_ours(fd, path, &st)) {
		note(SYNCED, st.st_ino, 0, path, NULL, NULL, 0, 0);
		return 0;
	}
	return (int)syscall(SYS_fsync, fd);
}

int fsync(int fd)
{
	return sync_noted(fd);
}

int fdatasync(int fd)
{
	return sync_noted(fd);
}

/* ---- sockets ---- */

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	struct iovec all = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

	note_told(fd, &all, 1);
	return syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	note_told(fd, message->msg_iov, message->msg_iovlen);
	return syscall(SYS_sendmsg, fd, message, flags);
}
