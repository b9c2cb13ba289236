/* file.h: whole files into memory. */
#ifndef SITREP_FILE_H
#define SITREP_FILE_H

#include "sitrep/buf.h"

/* Appends everything that can be read from fd. 0, -EISDIR for a folder, another negative errno, or out's failure:
 * -E2BIG when there is more than out may hold. */
int file_read_fd(int fd, struct buf *out);
/* The same, of the file at path. */
int file_read(const char *path, struct buf *out);

#endif
