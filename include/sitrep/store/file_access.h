/* SPDX-License-Identifier: ISC */
/* file_access.h: whether the daemon's user can use its files, checked before SQLite opens them.
 *
 * If root restored the database, or its file system is read-only, SQLite still opens the file, but only for reading,
 * and the first poll fails.  The check uses stat(2) and access(2) only: the database's file must not be opened and
 * closed by hand while a connection exists (POSIX locks). */
#ifndef SITREP_STORE_FILE_ACCESS_H
#define SITREP_STORE_FILE_ACCESS_H

#include "sitrep/base/error.h"

/* Checks the state folder and, if they exist, the database, its WAL and index, and the lock file.  0; or negative
 * errno, and err names the file, the problem (owner, mode) and the shell command that solves it. */
int file_access_check(const char *dir, struct error *err);

#endif
