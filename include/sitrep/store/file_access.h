/* file_access.h: whether the daemon's user can use its files, found out before SQLite is.
 *
 * A database that root restored, a file system that was mounted read-only: SQLite opens the file all the same, reading
 * only, and fails at the first poll.  Looked at by stat(2) and access(2) alone: the database's file must not be opened
 * and closed by hand while a connection exists (POSIX locks). */
#ifndef SITREP_STORE_FILE_ACCESS_H
#define SITREP_STORE_FILE_ACCESS_H

#include "sitrep/base/error.h"

/* The state folder, and in it the database, its WAL and index, and the lock file, as far as they are there.
 * Otherwise a negative errno value, and in err what is wrong with which file (owner, mode) and the command that
 * mends it, ready for a shell. */
int file_access_check(const char *dir, struct error *err);

#endif
