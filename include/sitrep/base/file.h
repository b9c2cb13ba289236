/* SPDX-License-Identifier: ISC */
/* file.h: whole files into memory, and onto the disk. */
#ifndef SITREP_BASE_FILE_H
#define SITREP_BASE_FILE_H

#include "sitrep/base/buf.h"

/* Appends everything that can be read from fd. 0, -EISDIR for a folder, another negative errno, or out's failure:
 * -E2BIG when there is more than out may hold. */
int file_read_fd(int fd, struct buf *out);
/* The same, of the file at path. */
int file_read(const char *path, struct buf *out);
/* The same, for files that others name: -ESPIPE for a named pipe, which file_read() would open only when a writer does.
 */
int file_read_regular(const char *path, struct buf *out);

/* Waits until the file at path, or the list of names in the folder at path, is on the disk.  0 or negative errno.  Do
 * not use it on a file on which the process holds POSIX locks: it opens and closes the file, which drops them. */
int file_sync(const char *path);
/* The same for the folder that path is in. */
int file_sync_parent(const char *path);

/* Puts /dev/null in the place of standard input, output and error where they are closed, so that no file or socket
 * opened later gets their numbers, and with them what is printed or logged. Writing to them fails. For the beginning of
 * a program. 0 or negative errno. */
int file_keep_standard(void);

#endif
